"""`screener sweep STRATEGY`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from screener.commands.options import CsvDir, Db, Json, UniverseOption, Xlsx
from screener.core.config import BacktestOptions, Universe
from screener.core.days import day_of

if TYPE_CHECKING:
    from screener.backtest.sweep import Job, Results
    from screener.backtest.sweep.walk_forward import WalkForward, Windows
    from screener.point_in_time.market import Market
    from screener.report.sweep import SweepReport

Engine = Literal["local", "ray"]


def sweep(
    strategy: Annotated[str, typer.Argument(help="Name or file; screener strategies lists them.", metavar="STRATEGY")],
    grid: Annotated[
        list[str],
        typer.Option(help="Values of a parameter, or of an option of execution: 1,2,3 or 5:60:5.", metavar="K=A,B,C"),
    ],
    start: Annotated[
        str | None, typer.Option(help="First session; default: 60 sessions into the data.", metavar="D")
    ] = None,
    end: Annotated[str | None, typer.Option(help="Last session; default: the last common one.", metavar="D")] = None,
    universe: UniverseOption = Universe.KNOWN,
    engine: Annotated[Engine, typer.Option(help="This machine, or a Ray cluster.")] = "local",
    workers: Annotated[int | None, typer.Option(help="Processes; default: one per core, where it pays.", min=1)] = None,
    address: Annotated[
        str | None, typer.Option(help="Ray cluster; default: one started here.", metavar="HOST:PORT")
    ] = None,
    walk_forward: Annotated[
        str | None, typer.Option(help="Choose on one window, trade the next.", metavar="train=N,test=N")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Parquet of all variants; default: in sweeps beside the store.", metavar="FILE")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what was interrupted.")] = False,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
) -> None:
    """Back-test every variant of a grid; the best ones beside what luck would have given.

    Example: screener sweep order_drift --grid hold=5:60:5 --grid retries=0,5 --walk-forward train=252,test=63
    """
    from screener.commands.context import db_path, market_of
    from screener.core.errors import ScreenerError, UsageError

    if address is not None and engine != "ray":
        raise UsageError("an address is for Ray", got="--address", expected="--engine ray --address HOST:PORT")
    options = BacktestOptions(start=day_of(start), end=day_of(end), universe=universe)
    store = db_path(db)
    plan = _plan(strategy, grid, options, walk_forward, market_of(db))
    how = _How(engine, workers, address, resume, store, quiet=not sys.stderr.isatty())
    file = out or _default_file(store, plan.job)
    with _stoppable(file):
        report = _report(plan, _run(plan, file, how), store)
        _show(report, as_json=as_json, csv=csv, xlsx=xlsx)
    if report.walk_refused:  # the sweep is shown all the same: it may have taken hours
        raise ScreenerError(f"no walk-forward: {report.walk_refused}; with --resume all variants are there")


@dataclass(frozen=True)
class _Plan:
    market: Market
    job: Job
    windows: Windows | None


@dataclass(frozen=True)
class _How:
    engine: Engine
    workers: int | None
    address: str | None
    resume: bool
    store: Path
    quiet: bool


@contextmanager
def _stoppable(file: Path) -> Iterator[None]:
    """Ctrl-C: what was computed is kept, so the next run goes on."""
    from screener.backtest.sweep import SweepStopped

    try:
        yield
    except KeyboardInterrupt:
        raise SweepStopped("stopped", where=str(file), next_step="the same command with --resume") from None


def _plan(name: str, words: list[str], options: BacktestOptions, walk: str | None, market: Market) -> _Plan:
    """Everything that can be wrong is found here, before the first variant."""
    from screener.backtest.strategy import load
    from screener.backtest.sweep import job_of, parse_grid, walk_forward

    chosen = load(name)
    windows = walk_forward.parse_windows(walk) if walk is not None else None
    job = job_of(market, chosen, parse_grid(chosen, words), options)
    if windows is not None:
        walk_forward.check(job, windows)
    return _Plan(market, job, windows)


def _default_file(store: Path, job: Job) -> Path:
    """Named after all that results depend on, so that --resume finds it without --out."""
    return store.with_name("sweeps") / f"{job.name}-{job.digest}.parquet"


def _run(plan: _Plan, file: Path, how: _How) -> Results:
    from screener.backtest.sweep import EngineName, run_sweep

    with _progress(quiet=how.quiet) as progress:
        return run_sweep(
            plan.market, plan.job, file, engine=EngineName(how.engine), workers=how.workers, address=how.address,
            resume=how.resume, ledger=how.store, progress=progress,
        )  # fmt: skip


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar with the time left on stderr; silent where stderr is no terminal."""
    if quiet:
        yield lambda done, count: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from screener.report.tables import console

    parts = (TextColumn("variants"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*parts, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("variants", total=None)
        yield lambda done, count: bar.update(task, completed=done, total=count)


def _report(plan: _Plan, results: Results, store: Path) -> SweepReport:
    from screener.backtest import trials
    from screener.backtest.sweep.job import Worker
    from screener.backtest.sweep.walk_forward import longest_hold
    from screener.report.sweep import SweepReport

    walk, refused = _walk(plan, results, store)
    ranked = results.figures().sort("sharpe", "variant", descending=[True, False], nulls_last=True)
    best = Worker(plan.market, plan.job).result(int(ranked["variant"][0]))
    return SweepReport(results, best, trials.read(store), max(1, longest_hold(plan.job)), walk, refused)


def _walk(plan: _Plan, results: Results, store: Path) -> tuple[WalkForward | None, str]:
    """(The walk, why there is none). It is one more thing that was tried: it goes to the ledger too."""
    from screener.backtest import trials
    from screener.backtest.sweep import walk_forward
    from screener.core.errors import ScreenerError

    if plan.windows is None:
        return None, ""
    try:
        found = walk_forward.walk_forward(plan.market, results, plan.windows)
    except ScreenerError as error:
        return None, str(error)
    trials.append(store, [trials.trial_of(found.result, data=plan.job.data, code=plan.job.code)])
    return found, ""


def _show(report: SweepReport, *, as_json: bool, csv: Path | None, xlsx: Path | None) -> None:
    from screener.commands.output import hand_out, print_json
    from screener.report.sweep import print_sweep, summary

    found = summary(report)
    tables = _tables(report, found)
    hand_out({"summary": [_without(found, "walk_forward")], **tables}, csv=csv)
    figures = _opened(_without(found, "best", "walk_forward", *_STANDS_ON))
    standing = {name: found[name] for name in _STANDS_ON}
    lines = [{"figure": key, "value": value} for key, value in figures.items()]
    hand_out({"summary": lines, **tables}, lambda: _dated(_opened(standing)), xlsx=xlsx)
    if as_json:
        print_json(found)
    else:
        print_sweep(report)


_STANDS_ON = (
    "strategy", "grid", "fixed", "start", "end", "sessions", "universe", "data", "trials", "hindsight", "notes", "file",
)  # fmt: skip


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in names}


def _opened(row: dict[str, Any]) -> dict[str, Any]:
    """Groups of figures opened, so that each number has a cell of its own."""
    opened: dict[str, Any] = {}
    for key, value in row.items():
        opened |= {f"{key} {part}": each for part, each in value.items()} if isinstance(value, dict) else {key: value}
    return opened


def _tables(report: SweepReport, found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The best variants with what is left of each, all variants, the walk-forward where there is one."""
    from screener.backtest.sweep.results import column

    best = [
        {"variant": row["variant"], **{column(axis): value for axis, value in row["params"].items()}}
        | _without(row, "variant", "params")
        for row in found["best"]
    ]
    tables = {"best": best, "variants": report.results.figures().to_dicts()}
    walk = found["walk_forward"]
    if walk is None:
        return tables
    held, folds = _dated(_without(walk, "folds", "curve")), [_dated(fold) for fold in walk["folds"]]
    return tables | {"walk_forward": [held], "folds": folds, "curve": walk["curve"]}


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    """Days that the JSON holds as text, as days."""
    return {key: date.fromisoformat(value) if key.endswith(("start", "end")) else value for key, value in row.items()}
