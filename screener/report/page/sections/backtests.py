"""Back-tests against the CSI 300: curves, months, costs, refusals, trades; the headline beside its weakest points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from screener.core.config import BENCHMARK
from screener.core.units import UNKNOWN, number, percent, signed_percent, yuan
from screener.evaluation.appraisal import ROLLING, Appraisal
from screener.evaluation.appraised import FirmProfit
from screener.evaluation.dossier import Run
from screener.evaluation.performance import Estimate
from screener.report.backtest import audited
from screener.report.charts import COLOURS, DATES, Figure, figure, line, numbers
from screener.report.page.source import Canvas, PageSource

SHOWN_ORDERS, SHOWN_FALLS = 60, 3
ENDS = 20  # firms that earned most, and as many that lost most
WIDE = 4.0
STEPS = (0.02, 0.05, 0.10)  # edges of the shades of a month


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """A comparison, then each strategy by itself."""
    left_out = {name: source.told(why) for name, why in source.left_out.items()}
    if not source.runs:
        return {"compared": [], "runs": [], "left_out": left_out}
    # A strategy with a result that does not balance to the fen is not shown: this raises.
    for run in source.runs:
        run.appraisal.verify()
    canvas.array("days", [str(day) for day in source.runs[0].appraisal.curves.dates])
    canvas.chart("equity", _equity(source))
    return {
        "benchmark": BENCHMARK,
        "rolling": ROLLING,
        "compared": [_compared(run) for run in source.runs],
        "runs": [_run(source, canvas, run) for run in source.runs],
        "left_out": left_out,
        "audited": all(run.appraisal.audited for run in source.runs),
    }


def _equity(source: PageSource) -> Figure:
    w = source.words["backtests"]
    first = source.runs[0].appraisal.curves
    traces = [line("#days", numbers(first.benchmark), w["benchmark"], "@muted", line={"dash": "dash"})]
    for number_, run in enumerate(source.runs):
        colour = COLOURS[number_ % len(COLOURS)]
        traces.append(line("#days", numbers(run.appraisal.curves.strategy), run.name, colour))
    axis = {"type": "log", "tickformat": ".3~g", "hoverformat": ".3f", "dtick": "D2" if _wide(source) else "D1"}
    return figure(traces, yaxis=axis, xaxis=DATES)


def _wide(source: PageSource) -> bool:
    """True where some curve spans so much that a tick at 1, 2 and 5 is enough."""
    grown = np.concatenate([run.appraisal.curves.strategy for run in source.runs])
    return bool(grown.max() / grown.min() > WIDE)


def _compared(run: Run) -> dict[str, Any]:
    found = run.appraisal.compared
    return {
        "name": run.name,
        "total": found.total_return,
        "benchmark": found.benchmark,
        "from_open": found.benchmark_from_open,
        "excess": found.excess,
        "without_best": found.without_best,
        "drawdown": found.max_drawdown,
        "sharpe": found.sharpe,
        "fills": found.fills,
        "refused": sum(found.refusals.values()),
    }


def _run(source: PageSource, canvas: Canvas, run: Run) -> dict[str, Any]:
    found, result, w = run.appraisal, run.appraisal.result, source.words["backtests"]
    fall = line("#days", numbers(found.curves.drawdown), w["drawdown"], "@c2", fill="tozeroy")
    rolling = line("#days", numbers(found.curves.rolling_excess), w["excess"], "@c3")
    return {
        "name": run.name,
        "description": source.described(run.description),
        "total": result.total_return,
        "without_best": found.compared.without_best,
        "params": dict(result.params),
        "hindsight": bool(result.hindsight),
        "notes": [source.told(note) for note in result.notes],
        "checks": _checks(source, found),
        "span": f"{result.sessions[0]} … {result.sessions[-1]}",
        "sessions": len(result.sessions),
        "figures": _figures(source, run),
        "drawdown": canvas.chart(f"drawdown-{run.name}", figure([fall], yformat=".0%", showlegend=False, xaxis=DATES)),
        "excess": canvas.chart(f"excess-{run.name}", figure([rolling], yformat="+.0%", showlegend=False, xaxis=DATES)),
        "years": _months(found),
        "falls": found.falls.head(SHOWN_FALLS).to_dicts(),
        "refusals": _refusals(source, result.refusals_by_reason),
        "costs": [(source.word("costs", name), value) for name, value in result.costs.items()],
        "cost_share": sum(result.costs.values()) / result.initial_cash,
        "profits": _ends(found.profits),
        "between": max(len(found.profits) - 2 * ENDS, 0),
        "orders": result.orders.tail(SHOWN_ORDERS).reverse().to_dicts(),
        "orders_in_all": result.placed,
    }


def _ends(rows: Sequence[FirmProfit]) -> Sequence[FirmProfit]:
    return rows if len(rows) <= 2 * ENDS else [*rows[:ENDS], *rows[-ENDS:]]


def _checks(source: PageSource, found: Appraisal) -> list[str]:
    """Whether it saw what was not known then, and whether another keeps the same books."""
    look = [f"look-ahead check: {found.look_ahead}"] if found.look_ahead else []
    books = [audited(found.audit)] if found.audited else []
    return [source.told(one) for one in (*look, *books)]


def _figures(source: PageSource, run: Run) -> list[tuple[str, str, str]]:
    """(label, value, what stands beside it)."""
    found, result, w = run.appraisal, run.appraisal.result, source.words["backtests"]
    f, best, index = found.performance, found.without_best, found.total_return_benchmark
    held = f"{source.name_of(best.symbol)} {yuan(best.contribution)}" if best else ""
    worst = f"{f.drawdown.peak} → {f.drawdown.trough}" if f.drawdown and f.drawdown.peak else ""
    return [
        (w["total"], signed_percent(result.total_return), f"{yuan(result.final_value)} {w['yuan']}"),
        (
            w["benchmark"],
            signed_percent(f.benchmark_return.value),
            f"{w['from_open']} {signed_percent(f.benchmark_return_from_open.value)}",
        ),
        (w["with_dividends"], signed_percent(index.value), f"→ {index.until}" if index.until else w["not_stored"]),
        (w["excess"], signed_percent(f.excess_return.value), found.own_band.band or UNKNOWN),
        (w["without_best"], signed_percent(best.result.total_return if best else None), held),
        (w["at_average"], signed_percent(found.day_average.total_return), ""),
        (w["sharpe"], number(f.sharpe.value), _interval(f.sharpe, number)),
        (w["information"], number(f.information_ratio.value), _interval(f.information_ratio, number)),
        (w["tracking"], percent(f.tracking_error.value), f"n={f.tracking_error.n}"),
        (w["alpha"], signed_percent(f.alpha.value), _interval(f.alpha, signed_percent)),
        (w["drawdown"], percent(f.max_drawdown.value), worst),
        (w["turnover"], number(found.turnover), ""),
        (w["effective"], number(found.effective_firms, 1), f"{w['days_to_trade']} {number(found.days_to_trade)}"),
        (w["near_limit"], str(result.near_limit_fills), f"/ {result.filled}"),
    ]


def _interval(estimate: Estimate, show: Any) -> str:
    return f"[{show(estimate.low)}, {show(estimate.high)}] n={estimate.n}"


def _months(found: Appraisal) -> list[dict[str, Any]]:
    """Years, the latest first, each with twelve cells: excess over the benchmark (the return itself without one)."""
    cells = {row["month"]: _cell(row) for row in found.months.iter_rows(named=True)}
    years = sorted({month[:4] for month in cells}, reverse=True)
    return [{"year": year, "months": [cells.get(f"{year}-{m:02d}") for m in range(1, 13)]} for year in years]


def _cell(row: dict[str, Any]) -> dict[str, Any]:
    value = row["excess"] if row["excess"] is not None else row["strategy"]
    step = sum(abs(value) > edge for edge in STEPS)
    return {**row, "value": value, "shade": f"{'p' if value >= 0 else 'n'}{step}"}


def _refusals(source: PageSource, reasons: dict[str, int]) -> list[dict[str, Any]]:
    most = max(reasons.values(), default=1)
    return [{"reason": source.word("refusals", name), "n": n, "share": 100 * n / most} for name, n in reasons.items()]
