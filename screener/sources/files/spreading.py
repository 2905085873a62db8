"""Rows in any order → pieces of about PIECE rows in which every firm stands whole; firms in order.

1. Where the rows stand by firm they are cut between firms.
2. Else they are spread over files of some firms each, in a folder that is gone afterwards, and read file by file. Of
   one firm they stay in the order of the file.
3. Of several files those of one firm come together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import polars as pl

from screener.core.own_folder import own_folder

PIECE, TEXT_PIECE = 750_000, 250_000  # rows, about; of text, which is longer and whose values are held beside it
_NO_PIECE = -1


def cut(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Frames sorted by symbol, put together and cut between firms."""
    held: list[pl.DataFrame] = []
    for frame in frames:
        held.append(frame)
        if sum(one.height for one in held) < PIECE:
            continue
        whole = pl.concat(held, rechunk=True)  # what is compared row by row is looked at in one piece of memory
        open_from = int(whole["symbol"].search_sorted(whole["symbol"][-1]))  # the last firm may go on
        if open_from:
            yield whole[:open_from]
        held = [whole[open_from:]]
    if held:
        yield pl.concat(held, rechunk=True)


def spread(
    files: Sequence[tuple[Iterator[pl.DataFrame], pl.DataFrame]], closing: ExitStack, *, text: bool = False
) -> Iterator[dict[int, pl.DataFrame]]:
    """(frames in any order, counts) of each file → the rows of some firms, by the number of the file that has them.

    `counts`: the rows of each text in the column `symbol`, with the firm that it means, if any. Rows without are left
    out.
    """
    folder = closing.enter_context(own_folder("load"))
    pieces = _pieces([counts for _, counts in files], TEXT_PIECE if text else PIECE)
    paths: dict[tuple[int, int], Path] = {}
    for number, (frames, counts) in enumerate(files):
        whose = counts.join(pieces, on="firm", how="left").select("symbol", pl.col("piece").fill_null(_NO_PIECE))
        for piece, path in _written(frames, whose, folder / str(number)).items():
            paths[piece, number] = path
    for piece in pieces["piece"].unique(maintain_order=True):
        yield {number: _read_back(paths[at, number]) for at, number in sorted(paths) if at == piece}


def _pieces(counts: Sequence[pl.DataFrame], rows: int) -> pl.DataFrame:
    """(firm, piece), in order of the firms."""
    firms = pl.concat([one.select("firm", pl.col("count").cast(pl.Int64)) for one in counts]).drop_nulls("firm")
    firms = firms.group_by("firm").agg(pl.col("count").sum()).sort("firm")
    return firms.select("firm", piece=pl.col("count").cum_sum().sub(pl.col("count")) // rows)


def _written(frames: Iterator[pl.DataFrame], whose: pl.DataFrame, name: Path) -> dict[int, Path]:
    """Piece → the file with its rows."""
    import pyarrow
    from pyarrow import ipc

    paths: dict[int, Path] = {}
    writers: dict[int, Any] = {}
    with ExitStack() as writing:
        for frame in frames:
            placed = frame.join(whose, on="symbol", maintain_order="left", nulls_equal=True)
            for (piece,), part in placed.filter(pl.col("piece").ne_missing(_NO_PIECE)).group_by("piece"):
                table = part.drop("piece").to_arrow()
                if piece not in writers:
                    paths[piece] = name.with_name(f"{name.name}-{piece}")
                    file = writing.enter_context(pyarrow.OSFile(str(paths[piece]), "wb"))
                    writers[piece] = writing.enter_context(ipc.new_stream(file, table.schema))
                writers[piece].write_table(table)
    return paths


def _read_back(path: Path) -> pl.DataFrame:
    from pyarrow import ipc

    with ipc.open_stream(path.read_bytes()) as stream:
        frame = pl.DataFrame(stream.read_all()).rechunk()
    path.unlink()
    return frame
