"""`screener sweep STRATEGY`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from screener.commands.options import CsvDir, Db, Json, RowsOption, Strategy, UniverseOption, Xlsx
from screener.core.config import Universe

Engine = Literal["local", "ray"]
Grid = Annotated[
    list[str],
    typer.Option(help="Values of a parameter, or of an option of execution: 1,2,3 or 5:60:5.", metavar="K=A,B,C"),
]
Start = Annotated[str | None, typer.Option(help="First session; default: 60 sessions into the data.", metavar="D")]
Workers = Annotated[int | None, typer.Option(help="Processes; default: one per core, where it pays.", min=1)]
Address = Annotated[str | None, typer.Option(help="Ray cluster; default: one started here.", metavar="HOST:PORT")]
Walk = Annotated[str | None, typer.Option(help="Choose on one window, trade the next.", metavar="train=N,test=N")]
Variants = Annotated[
    Path | None, typer.Option(help="Parquet of all variants; default: in sweeps beside the store.", metavar="FILE")
]
Plot = Annotated[Path | None, typer.Option(help="Draw the Sharpe ratios: .html, .png or .svg.", metavar="FILE")]


def sweep(
    strategy: Strategy,
    grid: Grid,
    start: Start = None,
    end: Annotated[str | None, typer.Option(help="Last session; default: the last common one.", metavar="D")] = None,
    universe: UniverseOption = Universe.KNOWN,
    engine: Annotated[Engine, typer.Option(help="This machine, or a Ray cluster.")] = "local",
    workers: Workers = None,
    address: Address = None,
    walk_forward: Walk = None,
    out: Variants = None,
    plot: Plot = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what was interrupted.")] = False,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
    rows: RowsOption = 200,
) -> None:
    """Back-test every variant of a grid; the best ones beside what luck would have given.

    Example: screener sweep order_drift --grid hold=5:60:5 --grid retries=0,5 --walk-forward train=252,test=63
    """
    from screener.commands.output import Out, show
    from screener.core.errors import ScreenerError
    from screener.core.settings import settings
    from screener.report.sweep import print_sweep
    from screener.research import open

    if plot is not None:
        from screener.report.plots import checked_ending

        checked_ending(plot)  # before hours of work
    with _progress() as progress:
        found = open(db).sweep(
            strategy,
            grid,
            start=start,
            end=end,
            universe=universe,
            execution=settings().costs(),
            progress=progress,
            engine=engine,
            workers=workers,
            address=address,
            resume=resume,
            out=out,
            walk_forward=walk_forward,
        )
    show(found, print_sweep, Out(as_json, csv, xlsx, rows))
    if plot is not None:
        from screener.report.plots import plot_sweep

        plot_sweep(found, plot)
    if found.walk_refused:  # the sweep is shown all the same: it may have taken hours
        raise ScreenerError(f"no walk-forward: {found.walk_refused}; with --resume all variants are there")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar with the time left on stderr; silent where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda done, count: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from screener.report.lines import console
    from screener.report.words import told

    parts = (TextColumn(told("variants")), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*parts, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("variants", total=None)
        yield lambda done, count: bar.update(task, completed=done, total=count)
