"""`screener backtest STRATEGY`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import CsvDir, Db, Json, Patience, UniverseOption, Xlsx
from screener.core.config import UNTIL_DECIDED, FillAt, Universe

if TYPE_CHECKING:
    from screener.research import Appraisal


Start = Annotated[
    str | None, typer.Option(help="First session; default: 60 sessions into the data (--warm-up).", metavar="D")
]
Retries = Annotated[
    int | None,
    typer.Option(help="Further opens at which a blocked buy is tried; default: until the decision changes.", min=0),
]


def backtest(
    strategy: Annotated[str, typer.Argument(help="Name or file; screener strategies lists them.", metavar="STRATEGY")],
    start: Start = None,
    end: Annotated[str | None, typer.Option(help="Last session; default: the last common one.", metavar="D")] = None,
    param: Annotated[list[str] | None, typer.Option(help="A parameter of the strategy.", metavar="K=V")] = None,
    universe: UniverseOption = Universe.KNOWN,
    cash: Annotated[float, typer.Option(help="Initial cash, yuan.", min=1)] = 10_000_000.0,
    commission: Annotated[float, typer.Option(help="Rate per side.", min=0)] = 0.00025,
    floor: Annotated[float, typer.Option(help="Least commission of an order, yuan.", min=0)] = 5.0,
    slippage: Annotated[float, typer.Option(help="Of the open, against you.", min=0)] = 0.0005,
    participation: Annotated[float, typer.Option(help="Of the median volume.", min=0)] = 0.10,
    participation_sessions: Annotated[int, typer.Option(help="Sessions of that median.", min=1, metavar="N")] = 20,
    retries: Retries = None,
    near_limit: Annotated[float, typer.Option(help="A fill so near a limit is counted.", min=0)] = 0.005,
    warm_up: Annotated[int, typer.Option(help="Sessions before the default start.", min=0, metavar="N")] = 60,
    fill_at: Annotated[FillAt, typer.Option(help="Price of a fill.")] = "open",
    full: Annotated[bool, typer.Option("--full", help="Months, drawdowns, contributions, trades.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw it: .html, .png or .svg.", metavar="FILE")] = None,
    export: Annotated[Path | None, typer.Option(help="Write orders, fills … as Parquet.", metavar="DIR")] = None,
    audit: Annotated[bool, typer.Option("--audit/--no-audit", help="Replay the books in vectorbt.")] = True,
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Without the look-ahead check; it says so.")] = False,
    patience: Patience = 10.0,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
) -> None:
    """Back-test a strategy under A-share rules and costs against the CSI 300.

    Example: screener backtest order_drift --start 2024-10-08 --end 2026-08-21 --param hold=20
    """
    from screener.commands.output import Out, show
    from screener.research import open

    found = open(db).backtest(
        strategy,
        start=start,
        end=end,
        universe=universe,
        warm_up=warm_up,
        params=param or [],
        audited=audit,
        unchecked=unchecked,
        patience=patience,
        initial_cash=cash,
        commission_rate=commission,
        commission_floor=floor,
        slippage=slippage,
        participation=participation,
        participation_sessions=participation_sessions,
        retries=UNTIL_DECIDED if retries is None else retries,
        near_limit=near_limit,
        fill_at=fill_at,
    )
    if plot is not None:
        from screener.report.charts import plot_backtest

        plot_backtest(found, plot)
    if export is not None:
        found.result.export(export)
    show(found, partial(_draw, full=full), Out(as_json, csv, xlsx))


def _draw(found: Appraisal, *, full: bool) -> None:
    """Figures first, then the audit: importing vectorbt takes seconds, and the figures do not wait for it."""
    from screener.commands.progress import working
    from screener.report.backtest import print_audit, print_full, print_headline, print_statistics

    print_headline(found)
    print_statistics(found, full=full)
    if full:
        print_full(found)
    if found.audited:
        with working("auditing in vectorbt"):
            checked = found.audit
        print_audit(checked)
