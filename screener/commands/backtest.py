"""`screener backtest STRATEGY`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.commands.options import (
    BACKTEST,
    EXECUTION,
    Cash,
    Commission,
    CsvDir,
    Db,
    Floor,
    Json,
    NearLimit,
    Participation,
    ParticipationSessions,
    Patience,
    Retries,
    RowsOption,
    Slippage,
    Strategy,
    UniverseOption,
    WarmUp,
    Xlsx,
)
from screener.core.config import UNTIL_DECIDED, FillAt, Rights, Universe

if TYPE_CHECKING:
    from screener.research import Appraisal


Start = Annotated[
    str | None, typer.Option(help="First session; default: 60 sessions into the data (--warm-up).", metavar="D")
]

Tax = Annotated[
    bool, typer.Option("--dividend-tax/--no-dividend-tax", show_default=False, help="Take it when a sale makes it due.")
]
Given = dict[str, Any]


def backtest(
    strategy: Strategy,
    start: Start = None,
    end: Annotated[str | None, typer.Option(help="Last session; default: the last common one.", metavar="D")] = None,
    param: Annotated[list[str] | None, typer.Option(help="A parameter of the strategy.", metavar="K=V")] = None,
    universe: UniverseOption = Universe.KNOWN,
    cash: Cash = EXECUTION.initial_cash,
    commission: Commission = EXECUTION.commission_rate,
    floor: Floor = EXECUTION.commission_floor,
    slippage: Slippage = EXECUTION.slippage,
    participation: Participation = EXECUTION.participation,
    participation_sessions: ParticipationSessions = EXECUTION.participation_sessions,
    retries: Retries = None,
    near_limit: NearLimit = EXECUTION.near_limit,
    warm_up: WarmUp = BACKTEST.warm_up,
    rights: Annotated[Rights, typer.Option(help="What a holder does with a rights issue.")] = EXECUTION.rights,
    dividend_tax: Tax = EXECUTION.dividend_tax,
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
    rows: RowsOption = 200,
) -> None:
    """Back-test a strategy under A-share rules and costs against the CSI 300.

    Example: screener backtest order_drift --start 2024-10-08 --end 2026-08-21 --param hold=20
    """
    from screener.commands.output import Out, show
    from screener.research import open

    span: Given = {"start": start, "end": end, "universe": universe, "warm_up": warm_up, "initial_cash": cash}
    checks: Given = {"audited": audit, "unchecked": unchecked, "patience": patience}
    costs: Given = {"commission_rate": commission, "commission_floor": floor, "slippage": slippage}
    tries = UNTIL_DECIDED if retries is None else retries
    volume: Given = {"participation": participation, "participation_sessions": participation_sessions, "retries": tries}
    rules: Given = {"near_limit": near_limit, "fill_at": fill_at, "rights": rights, "dividend_tax": dividend_tax}
    found = open(db).backtest(strategy, params=param or [], **span, **checks, **costs, **volume, **rules)
    if plot is not None:
        from screener.report.plots import plot_backtest

        plot_backtest(found, plot)
    if export is not None:
        found.result.export(export)

    def workbook(path: Path) -> None:
        from screener.report.words import language
        from screener.report.workbook import write_book

        write_book(path, found, language(), found.full() if full else None)

    show(found, partial(_draw, full=full), Out(as_json, csv, xlsx, rows), workbook=workbook)


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
