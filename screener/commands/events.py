"""`screener events`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from screener.commands.options import AsOf, CsvDir, Db, Json, RowsOption, Xlsx

Kind = Annotated[
    str,
    typer.Option(
        "--kind",
        help="order (also order_a, _b, _c) | service | investment | agreement | any kind of the store | all.",
        metavar="KIND",
    ),
]


def events(
    kind: Kind = "order",
    window: Annotated[
        str | None,
        typer.Option("--window", help="First and last session around day 0, as 0:1, -1:1, or adaptive.", metavar="A:B"),
    ] = None,
    model: Annotated[
        str, typer.Option("--model", help="two_factor | market | market_adjusted.", metavar="MODEL")
    ] = "two_factor",
    as_of: AsOf = None,
    full: Annotated[bool, typer.Option("--full", help="All tests, models, the path and every event.")] = False,
    draws: Annotated[int, typer.Option("--draws", help="Placebo draws.", min=99, max=99_999)] = 9999,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the placebo draws.", min=0)] = 0,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw the mean path: .html, .png or .svg.", metavar="FILE")
    ] = None,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
    rows: RowsOption = 200,
) -> None:
    """Event study: did announcements of a kind move the price? What may be concluded stands before any figure.

    Example: screener events --kind purchase --window 0:1 --full
    """
    from screener.commands.output import Out, show
    from screener.report.events import print_events
    from screener.research import open

    if plot is not None:
        _drawable(kind, plot)
    out = Out(as_json, csv, xlsx, rows)
    answer = open(db).events(kind, window, day=as_of, model=model, draws=draws, seed=seed, full=full or out.written)
    if plot is not None:
        from screener.report.plots import plot_events

        plot_events(answer, plot)
    show(answer, partial(print_events, full=full), out)


def _drawable(kind: str, plot: Path) -> None:
    """Said before the study is made."""
    from screener.core.errors import UsageError
    from screener.report.plots import checked_ending

    checked_ending(plot)
    if kind == "all":
        raise UsageError("one picture shows one kind", got="--kind all", expected="one kind with --plot")
