"""What a sweep has found so far, on disk.

1. Each finished block is one file in `FILE.parts`, written whole or not at all: a crash loses nothing that was there.
2. `parts.json` says which sweep they belong to; only the same sweep goes on with them.
3. `stitch` makes FILE out of the parts, one row group per block, a block in memory at a time.
4. When all variants are there the parts are removed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from screener.backtest.sweep.job import FIGURES, Block, Job
from screener.core.errors import DataRefused, ScreenerError, UsageError

Floats = NDArray[np.float64]
Span = tuple[int, int]
_COUNTS = ("fills", "refusals", "longest_holding")
_OWN = ("variant", "returns", *FIGURES)
_IDENTITY = b"screener.sweep"
MATRIX_CELLS = 8_000_000  # 64 MB of returns: what the statistics over all variants may hold at once


class SweepStopped(ScreenerError):
    """Interrupted; what was finished is in the file."""

    exit_code = 130


def column(axis: str) -> str:
    """The column of an axis: its name, unless a figure is called so."""
    return f"{axis}_" if axis in _OWN else axis


@dataclass(frozen=True)
class Parts:
    """The blocks of one sweep that are finished, beside the file they will become."""

    file: Path
    job: Job

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return self.file.with_name(f"{self.file.name}.parts")

    def open(self, *, resume: bool) -> None:
        """Make the folder, or go on with what is in it. Raises UsageError where that is another sweep, or not asked."""
        note = self.folder / "parts.json"
        if note.is_file():
            if note.read_text(encoding="utf-8") != self.job.identity:
                raise UsageError(
                    "another sweep was left unfinished there", where=str(self.folder),
                    next_step="finish it, name another --out, or delete that folder",
                )  # fmt: skip
            if not resume:
                raise UsageError(
                    "this sweep was left unfinished",
                    where=str(self.folder),
                    next_step="--resume, or delete that folder",
                )
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _replace(note, self.job.identity.encode())
        except OSError as error:
            raise ScreenerError("cannot write there", where=str(self.folder), got=error.strerror) from error

    def missing(self, spans: Sequence[Span]) -> list[Span]:
        """Blocks that are still to be done."""
        return [span for span in spans if not self._path(span[0]).is_file()]

    def add(self, block: Block) -> None:
        """Write a block."""
        path = self._path(block.start)
        part = path.with_suffix(".tmp")
        frame_of(self.job, block).write_parquet(part, compression="zstd")
        part.replace(path)

    def stitch(self) -> int:
        """Write the file out of the blocks there are, in order; returns the number of variants in it."""
        import pyarrow.parquet as pq

        paths = sorted(self.folder.glob("*.parquet"))
        if not paths:
            return 0
        draft, rows = self.file.with_name(f"{self.file.name}.tmp"), 0
        schema = pq.read_schema(paths[0])
        schema = schema.with_metadata({**(schema.metadata or {}), _IDENTITY: self.job.identity.encode()})
        with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
            for path in paths:
                table = pq.read_table(path)
                rows += table.num_rows
                writer.write_table(table.cast(schema), row_group_size=table.num_rows)
        draft.replace(self.file)
        return rows

    def finish(self) -> None:
        """Remove the parts of a file that is complete."""
        shutil.rmtree(self.folder)

    def _path(self, start: int) -> Path:
        return self.folder / f"{start:08d}.parquet"


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_suffix(".tmp")
    draft.write_bytes(data)
    draft.replace(path)


def frame_of(job: Job, block: Block) -> pl.DataFrame:
    """variant, one column per axis, figures (null where unknown), session returns as an array of T."""
    count = len(block.returns)
    chosen = [job.grid.variant(block.start + row) for row in range(count)]
    variants = [{**params, **execution} for params, execution in chosen]
    axes = {column(name): [variant[name] for variant in variants] for name, _ in job.grid.axes}
    figures = [pl.Series(name, block.figures[name], nan_to_null=True) for name in FIGURES]
    return pl.DataFrame(
        [
            pl.Series("variant", range(block.start, block.start + count), dtype=pl.Int64),
            *(pl.Series(name, values) for name, values in axes.items()),
            *(series.cast(pl.Int64) if series.name in _COUNTS else series for series in figures),
            pl.Series("returns", block.returns, dtype=pl.Array(pl.Float64, block.returns.shape[1])),
        ]
    )


@dataclass(frozen=True)
class Results:
    """A finished (or stitched) sweep in its file; returns are read a block at a time."""

    file: Path
    job: Job

    def figures(self) -> pl.DataFrame:
        """One row per variant: axes and figures, without the returns."""
        return pl.read_parquet(self.file, columns=[name for name in self._names() if name != "returns"])

    def _names(self) -> list[str]:
        return list(pl.read_parquet_schema(self.file))

    def blocks(self) -> Iterator[Floats]:
        """(B, T) session returns of consecutive variants."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.file) as file:
            for number in range(file.num_row_groups):
                cells = file.read_row_group(number, columns=["returns"])["returns"].combine_chunks()
                yield cells.flatten().to_numpy().reshape(len(cells), -1)

    def matrix(self, first: int = 0, last: int | None = None) -> tuple[Floats, int]:
        """((T, M) returns of sessions first ≤ t < last, step): every variant, or every step-th of very many."""
        step = max(1, -(-len(self.job.grid) * (self.job.last - self.job.first) // MATRIX_CELLS))
        kept, number = [], 0
        for block in self.blocks():
            kept.append(block[-number % step :: step, first:last])
            number += len(block)
        return np.concatenate(kept).T, step

    def returns_of(self, variant: int) -> Floats:
        """(T,) session returns of one variant."""
        row = variant
        for block in self.blocks():
            if row < len(block):
                return np.array(block[row])
            row -= len(block)
        raise DataRefused("no such variant in the file", where=str(self.file), got=variant)


def is_of(file: Path, job: Job) -> bool:
    """True where `file` holds every variant of this very sweep."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(file)
    except (OSError, pa.ArrowException):
        return False
    own = (metadata.metadata or {}).get(_IDENTITY, b"")
    return bool(own == job.identity.encode() and metadata.num_rows == len(job.grid))


def identity_of(file: Path) -> dict[str, object]:
    """What a file says about the sweep it came from."""
    import pyarrow.parquet as pq

    own = (pq.read_metadata(file).metadata or {}).get(_IDENTITY, b"{}")
    return dict(json.loads(own))
