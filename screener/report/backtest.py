"""A back-test as one dictionary (the JSON of the command line) and as the lines a person reads.

1. `summary`: every figure of the headline, computed once. 2. `print_headline`. 3. `print_full`: what `--full` adds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from screener.backtest import robustness
from screener.backtest.engine import benchmark_levels
from screener.backtest.result import BacktestResult
from screener.core.config import BENCHMARK, SESSIONS_PER_YEAR, TOTAL_RETURN_BENCHMARK
from screener.core.stands_on import sources
from screener.core.units import number, percent, signed_percent, yuan
from screener.evaluation.inference import key_rows, statistics
from screener.evaluation.performance import Estimate, Performance, drawdown_table, monthly_table, performance
from screener.report.spark import sparkline
from screener.report.tables import Field, print_pairs, print_table, say, text


@dataclass(frozen=True)
class BacktestReport:
    """Figures of a result, computed when asked and only once."""

    result: BacktestResult
    trials: pl.DataFrame | None = None  # the trial ledger, to deflate by

    @cached_property
    def wealth(self) -> np.ndarray:
        """(T + 1,) yuan from the starting capital."""
        return np.concatenate([[self.result.initial_cash], self.result.equity])

    @cached_property
    def dates(self) -> np.ndarray:
        """(T + 1,) days of `wealth`; the first stands for the evening before."""
        sessions = self.result.sessions
        return np.concatenate([[sessions[0] - np.timedelta64(1, "D")], sessions])

    @cached_property
    def performance(self) -> Performance:
        """Against the benchmark from the close before the first session."""
        return self._against(self.result.benchmark_close, float(self.result.benchmark_open[0]))

    def _against(self, levels: np.ndarray, opening: float) -> Performance:
        known = None if np.isnan(levels).any() else levels
        return performance(self.wealth, known, dates=self.dates, benchmark_open=None if np.isnan(opening) else opening)

    @cached_property
    def total_return_benchmark(self) -> tuple[float | None, np.datetime64 | None]:
        """(return of the total-return index from the close before the span, the last session it is stored for)."""
        close, _ = benchmark_levels(
            self.result.market, self.result.first, self.result.first + len(self.result.sessions), TOTAL_RETURN_BENCHMARK
        )
        known = np.flatnonzero(~np.isnan(close))
        if not len(known) or known[0] != 0 or known[-1] == 0:
            return None, None
        last = int(known[-1])
        return float(close[last] / close[0] - 1), self.result.sessions[last - 1]

    @cached_property
    def without_best(self) -> robustness.WithoutBest | None:
        """The same run without its most profitable firm."""
        return robustness.without_best_firm(self.result)

    @cached_property
    def day_average(self) -> BacktestResult:
        """The same run filled at the day's average price."""
        return robustness.at_day_average(self.result)

    @cached_property
    def statistics(self) -> list[dict[str, Any]]:
        """What can be inferred: rows figure, value, low, high, n, note."""
        levels = self.result.benchmark_close
        benchmark = None if np.isnan(levels).any() else levels[1:] / levels[:-1] - 1
        return statistics(self.result.returns, benchmark, self.trials)

    @property
    def data(self) -> dict[str, Any]:
        """Where the prices come from."""
        market = self.result.market
        return {
            "source": market.source,
            "synthetic": market.synthetic,
            "first_session": str(market.sessions[0]),
            "last_session": str(market.sessions[-1]),
        }


def summary(report: BacktestReport, audit: Mapping[str, Any] | None) -> dict[str, Any]:
    """The keys others script against; returns and rates as fractions, money in yuan, null where unknown."""
    result, best = report.result, report.without_best
    figures = report.performance.headline()
    names = (
        "total_return", "benchmark_return", "benchmark_return_from_open", "excess_return", "annualized_return",
        "volatility", "sharpe", "information_ratio", "alpha", "beta", "max_drawdown",
    )  # fmt: skip
    return {
        "strategy": result.strategy,
        "params": dict(result.params),
        "universe": str(result.universe),
        "start": str(result.sessions[0]),
        "end": str(result.sessions[-1]),
        "sessions": len(result.sessions),
        "initial_cash": result.initial_cash,
        "final_value": result.final_value,
        "benchmark": BENCHMARK,
        **{name: figures[name] for name in names},
        "benchmark_total_return": report.total_return_benchmark[0],
        "benchmark_total_return_to": report.total_return_benchmark[1],
        "filled_at_day_average": report.day_average.total_return,
        "turnover": robustness.turnover(result),
        "without_best_firm": best.result.total_return if best else None,
        "best_firm": best.symbol if best else None,
        "effective_firms": robustness.effective_firms(result),
        "days_to_trade": robustness.days_to_trade(result),
        "costs": result.costs,
        "statistics": report.statistics,
        "orders": len(result.orders),
        "fills": len(result.fills),
        "near_limit_fills": result.near_limit_fills,
        "refusals": result.refusals_by_reason,
        "audit": dict(audit) if audit else None,
        "hindsight": list(result.hindsight),
        "notes": list(result.notes),
        "data": report.data,
    }


def print_headline(report: BacktestReport) -> None:
    """What a reader must see before believing a figure."""
    result, figures = report.result, report.performance
    if result.market.synthetic:
        say("SYNTHETIC prices: made up, no statement about any market")
    for line in (*result.hindsight, *result.notes):
        say(line)
    given = "".join(f" {key}={value}" for key, value in result.params.items())
    span = f"{result.sessions[0]} … {result.sessions[-1]}, {len(result.sessions)} sessions"
    say(f"{result.strategy}{given} · {span} · universe {result.universe} · {yuan(result.initial_cash)} yuan")
    say()
    print_pairs([*_return_lines(report), *_risk_lines(figures), *_execution_lines(report)])


def _return_lines(report: BacktestReport) -> list[tuple[str, str]]:
    result, f, best = report.result, report.performance, report.without_best
    closes, opens = signed_percent(f.benchmark_return.value), signed_percent(f.benchmark_return_from_open.value)
    name = f"{best.symbol} {result.market.names.get(best.symbol, '')}".strip() if best else ""
    return [
        ("final value", f"{yuan(result.final_value)} yuan"),
        ("total return", signed_percent(result.total_return)),
        ("equity", sparkline(report.wealth, SPARK_WIDTH)),
        (BENCHMARK, f"{closes} from the close before · {opens} from the first open"),
        (TOTAL_RETURN_BENCHMARK, _total_return_line(report)),
        ("excess return", signed_percent(f.excess_return.value)),
        ("without its best firm", f"{signed_percent(best.result.total_return)} ({name})" if best else text(None)),
        ("filled at the day's average", signed_percent(report.day_average.total_return)),
    ]


def _total_return_line(report: BacktestReport) -> str:
    value, last = report.total_return_benchmark
    if value is None:
        stored = TOTAL_RETURN_BENCHMARK in report.result.market.indices
        return "no level for this span" if stored else "not in the store"
    cut = "" if last == report.result.sessions[-1] else f", only to {last}: not to be set against the rows above"
    return f"{signed_percent(value)} with dividends{cut}"


def _risk_lines(f: Performance) -> list[tuple[str, str]]:
    fall = f.drawdown
    span = f" ({fall.peak} → {fall.trough})" if fall and fall.peak else ""
    return [
        ("a year", f"{signed_percent(f.annualized_return.value)} · volatility {percent(f.volatility.value)}"),
        ("Sharpe (rf 0)", _with_interval(f.sharpe, number)),
        ("information ratio", _with_interval(f.information_ratio, number)),
        ("alpha a year · beta", f"{_with_interval(f.alpha, signed_percent)} · {number(f.beta.value)}"),
        ("largest drawdown", f"{percent(f.max_drawdown.value)}{span}"),
    ]


def _with_interval(estimate: Estimate, show: Callable[[float | None], str]) -> str:
    return f"{show(estimate.value)} [{show(estimate.low)}, {show(estimate.high)}], n {estimate.n}"


def _execution_lines(report: BacktestReport) -> list[tuple[str, str]]:
    result = report.result
    refusals = " · ".join(f"{reason} {count}" for reason, count in result.refusals_by_reason.items()) or "none"
    firms, days = robustness.effective_firms(result), robustness.days_to_trade(result)
    held = f"effective firms {number(firms, 1)} · days to trade {number(days)}"
    return [
        ("orders", f"{len(result.orders)}, fills {len(result.fills)} ({result.near_limit_fills} near a limit)"),
        ("refusals", refusals),
        ("costs, yuan", " · ".join(f"{name.replace('_', ' ')} {yuan(value)}" for name, value in result.costs.items())),
        ("turnover a year", f"{number(robustness.turnover(result))} · {held}"),
        ("data", f"{sources(report.data['source'])}, {report.data['first_session']} … {report.data['last_session']}"),
    ]


def print_statistics(report: BacktestReport, *, full: bool = False) -> None:
    """The inferences that matter with n and interval; all of them with `full`."""
    rows = report.statistics if full else [row for row in key_rows(report.statistics) if row["figure"] not in _SHOWN]
    say()
    print_table(_STATISTICS, [{**row, "figure": row["figure"].replace("_", " ")} for row in rows])


def print_audit(audit: Mapping[str, Any]) -> None:
    """That the books agree, and what this does not prove."""
    say(
        f"audit: vectorbt ({audit['engine']}) agrees on all {audit['sessions']} sessions, largest difference "
        f"{audit['max_abs_diff_cny']:.1e} yuan; it proves the arithmetic, not the facts"
    )
    if audit.get("note"):
        say(str(audit["note"]))


def print_full(report: BacktestReport) -> None:
    """Tracking error, capture, months, drawdowns, contributions, trades, and the band it would have earned."""
    result, f = report.result, report.performance
    print_pairs(
        [
            ("tracking error", percent(f.tracking_error.value)),
            ("capture up · down", f"{percent(f.up_capture.value)} · {percent(f.down_capture.value)}"),
            ("Sortino · Calmar", f"{number(f.sortino.value)} · {number(f.calmar.value)}"),
            ("winning sessions", _with_interval(f.hit_rate, percent)),
            ("band it would have earned", own_band(report)),
            ("one open earlier (cheating)", signed_percent(robustness.one_open_earlier(result).total_return)),
        ]
    )
    levels = None if np.isnan(result.benchmark_close).any() else result.benchmark_close
    print_table(_MONTHS, monthly_table(report.wealth, levels, report.dates).to_dicts(), title="Months")
    falls = drawdown_table(report.wealth, report.dates, top=5)
    shown = [Field(name, name.replace("_", " "), percent if name == "depth" else text) for name in falls.columns]
    print_table(shown, falls.to_dicts(), title="Drawdowns")
    print_table(_PROFITS, contributions(result), title="Contribution by firm")
    orders = result.orders
    kept = min(LAST_ORDERS, orders.height)
    print_table(
        _ORDERS, orders.tail(kept).to_dicts(), title=f"Last {kept} of {orders.height} orders (--export DIR: all)"
    )


def contributions(result: BacktestResult) -> list[dict[str, Any]]:
    """Profit of each firm after costs, yuan and share of the capital, the largest first."""
    profits = sorted(result.contributions.items(), key=lambda item: -item[1])
    names = result.market.names
    return [
        {"symbol": symbol, "firm": names.get(symbol, ""), "yuan": profit, "share": profit / result.initial_cash}
        for symbol, profit in profits
    ]


def own_band(report: BacktestReport) -> str:
    """The rating band the strategy itself would have earned over the span, held as a rated stock would be."""
    from screener.evaluation.rating import band_of, exact

    excess = report.performance.excess_return
    if excess.value is None:
        return "unknown: no benchmark over the span"
    half_year = len(report.result.sessions) >= SESSIONS_PER_YEAR // 2
    note = "" if half_year else " (span shorter than 6 months: no verdict)"
    return f"{band_of(exact(excess.value))} by {signed_percent(excess.value)} over the span{note}"


def compared(report: BacktestReport) -> dict[str, Any]:
    """One line of a comparison of strategies."""
    result, best = report.result, report.without_best
    refusals = " ".join(f"{reason} {count}" for reason, count in result.refusals_by_reason.items())
    return {
        "strategy": result.strategy,
        "total_return": result.total_return,
        "benchmark": report.performance.benchmark_return.value,
        "excess": report.performance.excess_return.value,
        "without_best": best.result.total_return if best else None,
        "fills": len(result.fills),
        "refusals": refusals or "none",
    }


COMPARED = (
    Field("strategy", "strategy"),
    Field("total_return", "return", signed_percent, right=True),
    Field("benchmark", "CSI 300", signed_percent, right=True),
    Field("excess", "excess", signed_percent, right=True),
    Field("without_best", "w/o best", signed_percent, right=True),
    Field("fills", "fills", right=True),
    Field("refusals", "refusals", wrap=True),
)
_SHOWN = ("sharpe", "alpha")  # stand in the headline
_STATISTICS = (
    Field("figure", "inference", wrap=True),
    *(Field(name, name, number, right=True) for name in ("value", "low", "high")),
    Field("n", "n", right=True),
    Field("note", "", wrap=True),
)
LAST_ORDERS = 40
SPARK_WIDTH = 48  # beside the longest label this fits in 80 columns
_MONTHS = (
    Field("month", "month"),
    Field("sessions", "n", right=True),
    *(Field(name, name, signed_percent, right=True) for name in ("strategy", "benchmark", "excess")),
)
_PROFITS = (
    Field("symbol", "symbol"),
    Field("firm", "firm"),
    Field("yuan", "profit, yuan", yuan, right=True),
    Field("share", "of the capital", signed_percent, right=True),
)
_ORDERS = (
    Field("session", "session"),
    Field("symbol", "symbol"),
    Field("side", "side"),
    Field("filled", "shares", lambda n: f"{n:,}", right=True),
    Field("price", "price", number, right=True),
    Field("amount", "yuan", yuan, right=True),
    Field("reason", "refused"),
)
