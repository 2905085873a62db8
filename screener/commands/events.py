"""`screener events`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import CsvDir, Db, Json, Xlsx

if TYPE_CHECKING:
    from screener.evaluation.event_study import Overview, Overviews

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
    full: Annotated[bool, typer.Option("--full", help="All tests, models, the path and every event.")] = False,
    draws: Annotated[int, typer.Option("--draws", help="Placebo draws.", min=99, max=99_999)] = 9999,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the placebo draws.")] = 0,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw the mean path: .html, .png or .svg.", metavar="FILE")
    ] = None,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
) -> None:
    """Event study: did announcements of a kind move the price? What may be concluded stands before any figure.

    Example: screener events --kind purchase --window 0:1 --full
    """
    from screener.commands.context import market_of
    from screener.evaluation.event_study import Bench, Overview, look, parse_model, parse_window

    chosen, normal = parse_window(window), parse_model(model)
    if plot is not None:
        _drawable(kind, plot)
    written = as_json or csv is not None or xlsx is not None
    bench = Bench(market_of(db), draws=draws, seed=seed)
    answer = look(bench, kind, chosen, model=normal, full=full or written)
    if plot is not None and isinstance(answer, Overview):
        from screener.report.charts import plot_events

        plot_events(answer, plot)
    _show(answer, full=full, as_json=as_json, csv=csv, xlsx=xlsx)


def _drawable(kind: str, plot: Path) -> None:
    """Said before the study is made."""
    from screener.core.errors import UsageError
    from screener.evaluation.event_study import ALL
    from screener.report.charts import checked_ending

    checked_ending(plot)
    if kind == ALL:
        raise UsageError("one picture shows one kind", got="--kind all", expected="one kind with --plot")


def _show(answer: Overview | Overviews, *, full: bool, as_json: bool, csv: Path | None, xlsx: Path | None) -> None:
    from screener.commands.output import hand_out, print_json
    from screener.report.events import print_events
    from screener.report.tables import say

    hand_out(answer.tables(), csv=csv)
    hand_out(answer.sheets(), answer.stands_on.as_dict, xlsx=xlsx)
    if as_json:
        print_json(answer.as_dict())
        return
    for stamp in answer.stands_on.stamps:
        say(stamp)
    print_events(answer, full=full)
    say(answer.stands_on.line)
