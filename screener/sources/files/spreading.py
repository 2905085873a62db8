"""Rows in any order → pieces of about PIECE rows in which every firm stands whole; firms in order.

1. Where the rows stand by firm they are cut between firms.
2. Else they are spread over files of some firms each, in a folder that is gone afterwards, and read file by file. Of
   one firm they stay in the order of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
    frames: Iterator[pl.DataFrame], counts: pl.DataFrame, closing: ExitStack, *, text: bool = False
) -> Iterator[pl.DataFrame]:
    """Frames in any order. `counts`: the rows of each text in the column `symbol`, with the firm that it means, if any.

    Rows without are left out.
    """
    import pyarrow
    from pyarrow import ipc

    folder = closing.enter_context(own_folder("load"))
    firms = counts.drop_nulls("firm").group_by("firm").agg(pl.col("count").sum()).sort("firm")
    rows = TEXT_PIECE if text else PIECE
    firms = firms.select("firm", piece=pl.col("count").cast(pl.Int64).cum_sum().sub(pl.col("count")) // rows)
    whose = counts.join(firms, on="firm", how="left").select("symbol", pl.col("piece").fill_null(_NO_PIECE))
    paths: dict[int, Path] = {piece: folder / str(piece) for piece in firms["piece"].unique(maintain_order=True)}
    writers: dict[int, Any] = {}
    with ExitStack() as writing:
        for frame in frames:
            placed = frame.join(whose, on="symbol", maintain_order="left", nulls_equal=True)
            for (piece,), part in placed.filter(pl.col("piece").ne_missing(_NO_PIECE)).group_by("piece"):
                table = part.drop("piece").to_arrow()
                if piece not in writers:
                    file = writing.enter_context(pyarrow.OSFile(str(paths[piece]), "wb"))
                    writers[piece] = writing.enter_context(ipc.new_stream(file, table.schema))
                writers[piece].write_table(table)
    yield from _read_back(paths.values())


def _read_back(paths: Iterable[Path]) -> Iterator[pl.DataFrame]:
    from pyarrow import ipc

    for path in paths:
        with ipc.open_stream(path.read_bytes()) as stream:
            yield pl.DataFrame(stream.read_all()).rechunk()
        path.unlink()
