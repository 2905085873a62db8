"""`screener backtest STRATEGY`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.commands.options import CsvDir, Db, Json, UniverseOption, Xlsx
from screener.core.config import BacktestOptions, ExecutionOptions, FillAt, Universe
from screener.core.days import day_of

if TYPE_CHECKING:
    from screener.backtest.result import BacktestResult
    from screener.report.backtest import BacktestReport


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
    from pydantic import ValidationError

    from screener.core.errors import UsageError

    try:
        options = BacktestOptions(
            start=day_of(start),
            end=day_of(end),
            universe=universe,
            execution=ExecutionOptions(
                initial_cash=cash, commission_rate=commission, commission_floor=floor, slippage=slippage,
                participation=participation, fill_at=fill_at,
            ),
        )  # fmt: skip
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError("option out of range", where=where, got=first["input"], expected=first["msg"]) from None
    report = _run(strategy, param or [], options, db)
    if plot is not None:
        from screener.report.charts import plot_backtest

        plot_backtest(report, plot)
    _show(report, full=full, audited=audit, as_json=as_json, csv=csv, xlsx=xlsx, export=export)


def _run(name: str, pairs: list[str], options: BacktestOptions, db: Path | None) -> BacktestReport:
    from screener.backtest import engine, trials
    from screener.backtest.strategy import load
    from screener.commands.context import db_path, market_of
    from screener.report.backtest import BacktestReport

    chosen = load(name)
    decide, params = chosen.bind(chosen.parse(pairs))
    result = engine.run(market_of(db), decide, options, params=params, name=chosen.name)
    trials.append(db_path(db), [trials.trial_of(result, code=chosen.fingerprint)])
    return BacktestReport(result, trials.read(db_path(db)))


def _show(
    report: BacktestReport,
    *,
    full: bool,
    audited: bool,
    as_json: bool,
    csv: Path | None,
    xlsx: Path | None,
    export: Path | None,
) -> None:
    from screener.commands.output import print_json, write_csv
    from screener.report.backtest import print_audit, print_full, print_headline, print_statistics, summary

    result = report.result
    if not as_json:
        # Before the audit: importing vectorbt takes seconds, and the figures do not wait for it.
        print_headline(report)
        print_statistics(report, full=full)
        if full:
            print_full(report)
    checked = _audit(result) if audited else None
    if export is not None:
        _export(result, export)
    if csv is not None:
        write_csv(csv, _tables(report, checked))
    if xlsx is not None:
        _workbook(xlsx, report, checked)
    if as_json:
        print_json(summary(report, checked))
    elif checked:
        print_audit(checked)


def _export(result: BacktestResult, folder: Path) -> None:
    from screener.core.errors import ScreenerError

    try:
        result.export(folder)
    except OSError as error:
        raise ScreenerError("cannot write there", where=str(folder), got=error.strerror) from None


def _audit(result: BacktestResult) -> dict[str, Any]:
    from screener.commands.progress import working

    with working("auditing in vectorbt"):
        from screener.backtest.audit import audit

        return asdict(audit(result))


def _tables(report: BacktestReport, checked: dict[str, Any] | None) -> dict[str, list[dict[str, Any]]]:
    from screener.report.backtest import contributions, summary

    result = report.result
    return {
        "summary": [summary(report, checked)],
        "orders": result.orders.to_dicts(),
        "equity": result.equity_frame.to_dicts(),
        "contributions": contributions(result),
    }


def _workbook(path: Path, report: BacktestReport, checked: dict[str, Any] | None) -> None:
    from screener.report.sheets import write_tables

    tables = _tables(report, checked)
    figures = tables.pop("summary")[0]
    names = ("strategy", "params", "universe", "start", "end", "hindsight", "notes", "audit", "data")
    options = {name: str(value) for name, value in report.result.options.execution}
    shown = [{"figure": key, "value": value} for key, value in figures.items() if key not in names]
    write_tables(path, {"summary": shown, **tables}, {name: figures[name] for name in names} | options)
