"""The file of a sweep: one row per variant, one row group per block, and which sweep it came from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from screener.backtest.sweep.job import FIGURES, Block, Job
from screener.core.arrays import Floats
from screener.core.errors import ScreenerError

_COUNTS = ("fills", "refusals", "longest_holding")
_OWN = ("variant", "returns", *FIGURES)
IDENTITY = b"screener.sweep"
MATRIX_CELLS = 8_000_000  # 64 MB of returns: what the statistics over all variants may hold at once


class SweepStopped(ScreenerError):
    """Interrupted; what was finished is in the file."""

    exit_code = 130


def column(axis: str) -> str:
    """The column of an axis: its name, unless a figure is called so."""
    return f"{axis}_" if axis in _OWN else axis


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

    @property
    def longest_holding(self) -> int:
        """Sessions of the longest unbroken holding of one symbol in any variant."""
        found = pl.read_parquet(self.file, columns=["longest_holding"])["longest_holding"].max()
        return int(found or 0)  # type: ignore[arg-type]

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


def is_of(file: Path, job: Job) -> bool:
    """True where `file` holds every variant of this very sweep."""
    said, rows = _footer(file)
    return said.get(IDENTITY) == job.identity.encode() and rows == len(job.grid)


def is_sweep(file: Path) -> bool:
    """True where a sweep has written `file`, whole or not."""
    return IDENTITY in _footer(file)[0]


def rows_of(file: Path) -> int:
    """Rows of a Parquet file; -1 where it is none, cut short, or not there."""
    return _footer(file)[1]


def _footer(file: Path) -> tuple[dict[bytes, bytes], int]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not os.path.isfile(file):  # noqa: PTH113 - this one answers for every name; a FIFO would be waited for
        return {}, -1
    try:
        found = pq.read_metadata(file)
    except (OSError, pa.ArrowException):
        return {}, -1
    return dict(found.metadata or {}), int(found.num_rows)
