"""All figures of one equity curve.

1. Equity (T+1,) starts with the capital before the first session; the benchmark (T+1,) with the close before it.
2. Simple returns per session; risk-free rate 0; a year has 242 sessions.
3. What cannot be estimated from so few sessions is None with the reason, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import polars as pl

from screener.core.arrays import Days, Floats
from screener.core.config import SESSIONS_PER_YEAR
from screener.core.errors import ScreenerError
from screener.evaluation.performance.drawdown import Drawdown, worst_drawdown
from screener.evaluation.performance.figures import (
    Estimate,
    alpha_beta,
    annualized_return,
    benchmark_return_from_open,
    capture,
    downside_deviation,
    hit_rate,
    missing,
    sharpe,
    simple_returns,
    sortino,
    total_return,
    volatility,
)


@dataclass(frozen=True, slots=True)
class Performance:
    """Figures of one equity curve; ratios and returns as fractions, a loss and a drawdown negative."""

    sessions: int
    sessions_per_year: int
    drawdown: Drawdown | None
    total_return: Estimate
    annualized_return: Estimate
    volatility: Estimate
    downside_deviation: Estimate
    sharpe: Estimate
    sortino: Estimate
    max_drawdown: Estimate
    calmar: Estimate
    hit_rate: Estimate
    benchmark_return: Estimate
    benchmark_return_from_open: Estimate
    excess_return: Estimate
    tracking_error: Estimate
    information_ratio: Estimate
    alpha: Estimate
    beta: Estimate
    up_capture: Estimate
    down_capture: Estimate

    def estimates(self) -> dict[str, Estimate]:
        """Every estimate by its name."""
        pairs = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in pairs if isinstance(value, Estimate)}

    def headline(self) -> dict[str, float | None]:
        """Name → value, None where it cannot be estimated."""
        return {name: estimate.value for name, estimate in self.estimates().items()}

    def frame(self) -> pl.DataFrame:
        """One row per figure: figure, value, low, high, se, n, reason."""
        rows = [(name, e.value, e.low, e.high, e.se, e.n, e.reason) for name, e in self.estimates().items()]
        floats = dict.fromkeys(("value", "low", "high", "se"), pl.Float64())
        return pl.DataFrame(
            rows, schema={"figure": pl.String(), **floats, "n": pl.Int64(), "reason": pl.String()}, orient="row"
        )


def performance(
    equity: Sequence[float] | Floats,
    benchmark: Sequence[float] | Floats | None = None,
    *,
    dates: Sequence[date] | Days | None = None,
    benchmark_open: float | None = None,
    sessions_per_year: int = SESSIONS_PER_YEAR,
) -> Performance:
    """All figures of an equity curve.

    equity: (T+1,) yuan, [0] the starting capital. benchmark: (T+1,) levels of the same sessions, [0] the close before
    the first. dates: (T+1,) of the same rows. benchmark_open: the benchmark's open of the first session.
    Raises ScreenerError where equity is not positive or the lengths differ.
    """
    wealth = _checked(equity)
    level = _levels(benchmark, wealth.size)
    returns, q = simple_returns(wealth), sessions_per_year
    fall = worst_drawdown(wealth, dates)
    yearly = annualized_return(wealth, q)
    return Performance(
        sessions=returns.size,
        sessions_per_year=q,
        drawdown=fall,
        total_return=total_return(wealth),
        annualized_return=yearly,
        volatility=volatility(returns, q),
        downside_deviation=downside_deviation(returns, q),
        sharpe=sharpe(returns, q),
        sortino=sortino(returns, q),
        max_drawdown=_max_drawdown(returns.size, fall),
        calmar=_calmar(yearly, fall),
        hit_rate=hit_rate(returns),
        **_relative(wealth, level, _benchmark_gap(benchmark, level), benchmark_open, q),
    )


def monthly_table(
    equity: Sequence[float] | Floats,
    benchmark: Sequence[float] | Floats | None,
    dates: Sequence[date] | Days,
) -> pl.DataFrame:
    """Per month: month "2026-06", sessions, strategy, benchmark, excess (difference); shapes as in `performance`.

    The first and the last month may be cut; their products are the returns of the whole span.
    """
    wealth = _checked(equity)
    level = _levels(benchmark, wealth.size)
    months = np.asarray(dates, dtype="datetime64[D]")[1:].astype("datetime64[M]")
    ends = np.append(np.flatnonzero(months[1:] != months[:-1]) + 1, months.size) if months.size else np.array([], int)
    starts = np.concatenate(([0], ends[:-1])).astype(int) if ends.size else ends
    own, other = wealth[ends] / wealth[starts] - 1.0, level[ends] / level[starts] - 1.0
    frame = pl.DataFrame(
        {
            "month": [str(month) for month in months[ends - 1]],
            "sessions": ends - starts,
            "strategy": own,
            "benchmark": other,
            "excess": own - other,
        },
        schema_overrides={"month": pl.String(), "sessions": pl.Int64()},
    )
    return frame.with_columns(pl.col("benchmark", "excess").fill_nan(None))


def _checked(equity: Sequence[float] | Floats) -> Floats:
    wealth = np.asarray(equity, dtype=np.float64)
    if wealth.ndim != 1 or wealth.size < 1 or not np.isfinite(wealth).all() or (wealth <= 0.0).any():
        raise ScreenerError("equity must be positive in every session", where="performance", expected="yuan > 0")
    return wealth


def _levels(benchmark: Sequence[float] | Floats | None, size: int) -> Floats:
    if benchmark is None:
        return np.full(size, np.nan)
    level = np.asarray(benchmark, dtype=np.float64)
    if level.shape != (size,):
        raise ScreenerError(
            "benchmark and equity differ in length", where="performance", got=level.shape, expected=size
        )
    return level


def _benchmark_gap(benchmark: object, level: Floats) -> str:
    """Why relative figures cannot be had; empty where they can."""
    if benchmark is None:
        return "no benchmark"
    lost = int((~np.isfinite(level) | (level <= 0.0)).sum())
    return f"benchmark missing in {lost} of {level.size} rows" if lost else ""


def _max_drawdown(n: int, fall: Drawdown | None) -> Estimate:
    if n < 1:
        return missing(0, "no session")
    return Estimate(fall.depth if fall else 0.0, n)


def _calmar(yearly: Estimate, fall: Drawdown | None) -> Estimate:
    """Annualised return ÷ depth of the worst drawdown."""
    if yearly.value is None:
        return yearly
    if fall is None:
        return missing(yearly.n, "no drawdown")
    return Estimate(yearly.value / -fall.depth, yearly.n)


_RELATIVE = (
    "benchmark_return",
    "benchmark_return_from_open",
    "excess_return",
    "tracking_error",
    "information_ratio",
    "alpha",
    "beta",
    "up_capture",
    "down_capture",
)


def _relative(wealth: Floats, level: Floats, lost: str, opened: float | None, q: int) -> dict[str, Estimate]:
    """What needs the benchmark; everything None with the same reason where a level is missing."""
    n = wealth.size - 1
    if lost:
        return {name: missing(n, lost) for name in _RELATIVE}
    returns, market = simple_returns(wealth), simple_returns(level)
    held, hurdle, active = total_return(wealth), total_return(level), returns - market
    alpha, beta = alpha_beta(returns, market, q)
    no_open = missing(n, "no open of the first session")
    values = (
        hurdle,
        no_open if opened is None or n < 1 else benchmark_return_from_open(opened, float(level[-1]), n),
        _difference(held, hurdle),
        volatility(active, q),
        sharpe(active, q),
        alpha,
        beta,
        capture(returns, market, up=True),
        capture(returns, market, up=False),
    )
    return dict(zip(_RELATIVE, values, strict=True))


def _difference(held: Estimate, hurdle: Estimate) -> Estimate:
    if held.value is None or hurdle.value is None:
        return missing(held.n, held.reason or hurdle.reason)
    return Estimate(held.value - hurdle.value, held.n)
