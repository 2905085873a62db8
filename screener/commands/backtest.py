"""`screener backtest STRATEGY`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import CsvDir, Db, Json, UniverseOption, Xlsx, parse_day
from screener.core.config import BacktestOptions, ExecutionOptions, FillAt, Universe, checked

if TYPE_CHECKING:
    from screener.backtest.result import BacktestResult
    from screener.evaluation.appraisal import Appraisal


def backtest(
    strategy: Annotated[str, typer.Argument(help="Name or file; screener strategies lists them.", metavar="STRATEGY")],
    start: Annotated[
        str | None, typer.Option(help="First session; default: 60 sessions into the data.", metavar="D")
    ] = None,
    end: Annotated[str | None, typer.Option(help="Last session; default: the last common one.", metavar="D")] = None,
    param: Annotated[list[str] | None, typer.Option(help="A parameter of the strategy.", metavar="K=V")] = None,
    universe: UniverseOption = Universe.KNOWN,
    cash: Annotated[float, typer.Option(help="Initial cash, yuan.", min=1)] = 10_000_000.0,
    commission: Annotated[float, typer.Option(help="Rate per side.", min=0)] = 0.00025,
    floor: Annotated[float, typer.Option(help="Least commission of an order, yuan.", min=0)] = 5.0,
    slippage: Annotated[float, typer.Option(help="Of the open, against you.", min=0)] = 0.0005,
    participation: Annotated[float, typer.Option(help="Of the median volume of 20 sessions.", min=0)] = 0.10,
    fill_at: Annotated[FillAt, typer.Option(help="Price of a fill.")] = "open",
    full: Annotated[bool, typer.Option("--full", help="Months, drawdowns, contributions, trades.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw it: .html, .png or .svg.", metavar="FILE")] = None,
    export: Annotated[Path | None, typer.Option(help="Write orders, fills … as Parquet.", metavar="DIR")] = None,
    audit: Annotated[bool, typer.Option("--audit/--no-audit", help="Replay the books in vectorbt.")] = True,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
) -> None:
    """Back-test a strategy under A-share rules and costs against the CSI 300.

    Example: screener backtest order_drift --start 2024-10-08 --end 2026-08-21 --param hold=20
    """
    from screener.commands.context import db_path, market_of
    from screener.evaluation.appraisal import appraise

    execution = checked(
        ExecutionOptions, initial_cash=cash, commission_rate=commission, commission_floor=floor, slippage=slippage,
        participation=participation, fill_at=fill_at,
    )  # fmt: skip
    options = checked(
        BacktestOptions, start=parse_day(start), end=parse_day(end), universe=universe, execution=execution
    )
    found = appraise(market_of(db), strategy, options, params=param or [], ledger=db_path(db), audited=audit)
    if plot is not None:
        from screener.report.charts import plot_backtest

        plot_backtest(found, plot)
    if not as_json:
        _print(found, full=full)  # before the audit: importing vectorbt takes seconds, the figures do not wait for it
    if audit:
        _audit(found)
    if export is not None:
        _export(found.result, export)
    _hand_out(found, as_json=as_json, csv=csv, xlsx=xlsx)


def _print(found: Appraisal, *, full: bool) -> None:
    from screener.report.backtest import print_full, print_headline, print_statistics
    from screener.report.tables import say

    for line in found.stands_on.stamps:
        say(line)
    print_headline(found)
    print_statistics(found, full=full)
    if full:
        print_full(found)


def _audit(found: Appraisal) -> None:
    from screener.commands.progress import working

    with working("auditing in vectorbt"):
        _ = found.audit


def _export(result: BacktestResult, folder: Path) -> None:
    from screener.core.errors import ScreenerError

    try:
        result.export(folder)
    except OSError as error:
        raise ScreenerError("cannot write there", where=str(folder), got=error.strerror) from None


def _hand_out(found: Appraisal, *, as_json: bool, csv: Path | None, xlsx: Path | None) -> None:
    from screener.commands.output import print_json, write_csv
    from screener.report.backtest import print_audit
    from screener.report.sheets import write_tables
    from screener.report.tables import say

    if csv is not None:
        write_csv(csv, found.tables())
    if xlsx is not None:
        write_tables(xlsx, found.sheets(), found.stands_on.as_dict())
    if as_json:
        print_json(found.as_dict())
        return
    if found.audited:
        print_audit(found.audit)
    say(found.stands_on.line)
