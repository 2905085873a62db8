"""One sweep from grid to file.

1. The grid is cut into blocks of consecutive variants, the same ones whatever the engine.
2. The engine (this machine, or Ray) hands them back in order; each is written and its trials go to the ledger.
3. Ctrl-C: what is finished is stitched into the file, and the same sweep goes on with --resume. A second Ctrl-C leaves
   the parts as they are, which does as well.
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
from screener.backtest.sweep.parts import Parts
from screener.backtest.sweep.results import Results, SweepStopped, is_of
from screener.point_in_time.market import Market

Span = tuple[int, int]
Progress = Callable[[int, int], None]  # (variants done, variants in all)
BLOCKS = 10  # about as many as a sweep is cut into: each is one pass of the strategy over the sessions
SMALLEST, LARGEST = 10, 500  # variants a block
AGAIN = "the same command with --resume"


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
    UsageError where `file` is no sweep's, another sweep is writing there, or an unfinished one lies there and `resume`
    was not asked; ScreenerError where something cannot be written.
    """
    parts = Parts(file, job)
    if resume and is_of(file, job):
        parts.clear()
        return Results(file, job)
    spans = spans_of(len(job.grid))
    with parts.opened(resume=resume):
        try:
            if ledger is not None:
                trials.append(ledger, ())  # one that cannot be written is found before the first variant
            left = parts.missing(spans)
            with closing(cast(Any, _blocks(market, job, left, engine, workers, address))) as blocks:
                _collect(parts, blocks, left, ledger, progress)
        except KeyboardInterrupt:
            raise _stopped(parts, spans) from None
        try:
            parts.stitch()
            parts.finish()
        except KeyboardInterrupt:
            raise SweepStopped(f"stopped after all {len(job.grid)} variants", next_step=AGAIN) from None
    return Results(file, job)


def _collect(
    parts: Parts, blocks: Iterator[Block], left: Sequence[Span], ledger: Path | None, progress: Progress
) -> None:
    """Write the blocks as they come."""
    count = len(parts.job.grid)
    done = count - sum(stop - start for start, stop in left)
    progress(done, count)
    for block in blocks:
        # The ledger first: a crash in between makes a variant tried twice, which counts once.
        if ledger is not None:
            trials.append(ledger, block.trials)
        parts.add(block)
        done += len(block.returns)
        progress(done, count)


def _stopped(parts: Parts, spans: Sequence[Span]) -> SweepStopped:
    """What is finished goes into the file, unless a second Ctrl-C comes."""
    count = len(parts.job.grid)
    done = count - sum(stop - start for start, stop in parts.missing(spans))
    try:
        kept = parts.stitch()
    except KeyboardInterrupt:
        kept = 0
    where = str(parts.file) if kept else ""
    return SweepStopped(f"stopped after {done} of {count} variants", where=where, next_step=AGAIN)


def _blocks(
    market: Market, job: Job, spans: Sequence[Span], engine: EngineName, workers: int | None, address: str | None
) -> Iterator[Block]:
    if engine is EngineName.RAY:
        return ray_engine.blocks(market, job, spans, workers, address)
    return local.blocks(market, job, spans, workers)
