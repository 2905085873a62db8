"""One sweep from grid to file.

1. The grid is cut into blocks of consecutive variants, the same ones whatever the engine.
2. The engine (this machine, or Ray) hands them back in order; each is written and its trials go to the ledger.
3. Ctrl-C: what is finished is stitched into the file, and the same sweep goes on with --resume.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from screener.backtest import trials
from screener.backtest.sweep import local, ray_engine
from screener.backtest.sweep.job import Block, Job
from screener.backtest.sweep.results import Parts, Results, SweepStopped, is_of
from screener.point_in_time.market import Market

Span = tuple[int, int]
Progress = Callable[[int, int], None]  # (variants done, variants in all)
BLOCKS = 64  # about as many as a sweep is cut into
SMALLEST, LARGEST = 10, 500  # variants a block


class EngineName(StrEnum):
    """Where variants are computed."""

    LOCAL = "local"
    RAY = "ray"


def spans_of(count: int) -> list[Span]:
    """Blocks start ≤ number < stop of `count` variants."""
    size = min(LARGEST, max(SMALLEST, -(-count // BLOCKS)))
    return [(start, min(start + size, count)) for start in range(0, count, size)]


def run_sweep(
    market: Market,
    job: Job,
    file: Path,
    *,
    engine: EngineName = EngineName.LOCAL,
    workers: int | None = None,
    address: str | None = None,
    resume: bool = False,
    ledger: Path | None = None,
    progress: Progress = lambda done, count: None,
) -> Results:
    """Back-test every variant of the job and write `file` (Parquet).

    `ledger`: the database beside whose trial ledger each variant is written. Raises SweepStopped after Ctrl-C,
    UsageError where another or the same unfinished sweep lies there and `resume` was not asked.
    """
    if resume and is_of(file, job):
        return Results(file, job)
    parts, count, spans = Parts(file, job), len(job.grid), spans_of(len(job.grid))
    parts.open(resume=resume)
    left = parts.missing(spans)
    done = count - sum(stop - start for start, stop in left)
    progress(done, count)
    try:
        with closing(cast(Any, _blocks(market, job, left, engine, workers, address))) as blocks:
            for block in blocks:
                # The ledger first: a crash in between makes a variant tried twice, which counts once.
                if ledger is not None:
                    trials.append(ledger, block.trials)
                parts.add(block)
                done += len(block.returns)
                progress(done, count)
    except KeyboardInterrupt:
        kept = parts.stitch()
        raise SweepStopped(
            f"stopped after {kept} of {count} variants", where=str(file) if kept else "",
            next_step="the same command with --resume",
        ) from None  # fmt: skip
    parts.stitch()
    parts.finish()
    return Results(file, job)


def _blocks(
    market: Market, job: Job, spans: Sequence[Span], engine: EngineName, workers: int | None, address: str | None
) -> Iterator[Block]:
    if engine is EngineName.RAY:
        return ray_engine.blocks(market, job, spans, workers, address)
    return local.blocks(market, job, spans, workers)
