"""One sweep from words to answer.

1. Plan: strategy, grid, options and windows are read; all that can be wrong is found before the first variant.
2. Run: every variant is back-tested into a Parquet file, each written to the trial ledger.
3. Walk forward where it was asked for. It is one more thing that was tried: it goes to the ledger too. One that cannot
   be is said in the answer, for the sweep may have taken hours.
4. Measure: what takes long is computed here, so that Ctrl-C at any time says how to go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from screener.backtest import trials
from screener.backtest.checking import CheckedRun, checked_run
from screener.backtest.chosen import choose
from screener.backtest.confined import run
from screener.backtest.sweep import EngineName, Job, Results, SweepStopped, job_of, parse_grid, run_sweep, walk_forward
from screener.backtest.sweep.grid import changed_execution
from screener.backtest.sweep.job import source_of
from screener.backtest.sweep.run import AGAIN, Progress
from screener.backtest.sweep.walk_forward import WalkForward, Windows
from screener.core.config import BacktestOptions
from screener.core.errors import ScreenerError, StrategyError, UsageError
from screener.core.own_folder import OwnFolder
from screener.evaluation.sweep.answer import SweepAnswer
from screener.point_in_time.market import Market

AMONG = "a variant ends with another value when it is asked alone: something was kept between calls"
Axes = Sequence[str] | Mapping[str, Sequence[Any]]  # `hold=5:60:5` words, or axis → its values


@dataclass(frozen=True)
class SweepOptions:
    """Where and how a sweep is computed; results do not depend on engine, workers and address."""

    engine: EngineName = EngineName.LOCAL
    workers: int | None = None  # None: one per core, where it pays
    address: str | None = None  # of a Ray cluster; None: one started here
    resume: bool = False  # go on with what was interrupted
    out: Path | str | None = None  # Parquet of all variants; None: in `sweeps` beside the store
    walk_forward: Windows | str | None = None  # `train=252,test=63`

    def __post_init__(self) -> None:
        if self.address is not None and self.engine != EngineName.RAY:
            raise UsageError("an address is for Ray", got="--address", expected="--engine ray --address HOST:PORT")


@dataclass(frozen=True)
class _Plan:
    market: Market
    job: Job
    windows: Windows | None


def appraise_sweep(
    market: Market,
    strategy: str,
    grid: Axes,
    options: BacktestOptions | None = None,
    how: SweepOptions | None = None,
    *,
    ledger: Path | None = None,
    progress: Progress = lambda done, count: None,
) -> SweepAnswer:
    """Back-test every variant of a strategy (a name or a file) and measure what was found.

    `ledger`: the database beside whose trial ledger each variant is written, and by which the best is deflated; None: a
    folder that goes with the answer, so that only this sweep is counted. Raises StrategyError, UsageError (grid, span,
    windows, an unfinished sweep without `resume`), SweepStopped after Ctrl-C.
    """
    how = how or SweepOptions()
    plan = _plan(market, strategy, grid, options or BacktestOptions(), how.walk_forward)
    folder = OwnFolder("variants") if ledger is None else None
    store = ledger or Path(folder.path if folder else "") / "market"
    _checked(plan, store, 0)
    file = Path(how.out) if how.out else default_file(store, plan.job)
    with _stoppable(file):
        results = run_sweep(
            market,
            plan.job,
            file,
            engine=how.engine,
            workers=how.workers,
            address=how.address,
            resume=how.resume,
            ledger=store,
            progress=progress,
        )
        found = _measured(plan, results, store, folder)
        _ = found.summary
    return found


def default_file(store: Path, job: Job) -> Path:
    """Named after all that results depend on, so that `resume` finds it without `out`."""
    return store.with_name("sweeps") / f"{job.name}-{job.digest}.parquet"


def _plan(market: Market, strategy: str, grid: Axes, options: BacktestOptions, windows: Windows | str | None) -> _Plan:
    chosen = run.load(strategy)
    if isinstance(windows, str):
        windows = walk_forward.parse_windows(windows)
    job = job_of(market, chosen, parse_grid(chosen, _words(grid)), options)
    if windows is not None:
        walk_forward.check(job, windows)
    return _Plan(market, job, windows)


def _checked(plan: _Plan, store: Path, number: int) -> CheckedRun:
    """One variant with its look-ahead check: the first before all others, then the last and the best.

    The others are decided on what was known as well, but not compared.
    """
    job = plan.job
    source_of(job)
    values, execution = job.grid.variant(number)
    options = job.options.model_copy(update={"execution": changed_execution(job.options.execution, execution)})
    return checked_run(plan.market, choose(Path(job.file), {**job.fixed, **values}), options, ledger=store)


def _words(grid: Axes) -> Sequence[str]:
    if not isinstance(grid, Mapping):
        return grid
    return [f"{name}={','.join(map(str, values))}" for name, values in grid.items()]


@contextmanager
def _stoppable(file: Path) -> Iterator[None]:
    """Ctrl-C: what was computed is kept, so the next run goes on."""
    try:
        yield
    except KeyboardInterrupt:
        raise SweepStopped("stopped", where=str(file), next_step=AGAIN) from None


def _measured(plan: _Plan, results: Results, store: Path, folder: object) -> SweepAnswer:
    walk, refused = _walk(plan, results, store)
    ranked = results.figures().sort("sharpe", "variant", descending=[True, False], nulls_last=True)
    value = dict(ranked.select("variant", "final_value").iter_rows())
    for number in (len(plan.job.grid) - 1, int(ranked["variant"][0])):
        best = _checked(plan, store, number)
        among, alone = value[number], best.result.final_value
        if among != alone:
            where = f"{plan.job.file}, variant {number}"
            raise StrategyError(f"LOOK-AHEAD: {AMONG}", where=where, got=f"{among:,.2f}", expected=f"{alone:,.2f}")
    horizon = max(1, walk_forward.longest_hold(plan.job))
    return SweepAnswer(results, best.result, trials.read(store), horizon, walk, refused, best.verdict, folder)


def _walk(plan: _Plan, results: Results, store: Path) -> tuple[WalkForward | None, str]:
    """(The walk, why there is none)."""
    if plan.windows is None:
        return None, ""
    try:
        found = walk_forward.walk_forward(plan.market, results, plan.windows)
    except ScreenerError as error:
        return None, str(error)
    trials.append(store, [trials.trial_of(found.result, data=plan.job.data, code=plan.job.code)])
    return found, ""
