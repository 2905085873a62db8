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
from screener.core.paired import pair
from screener.evaluation.performance.drawdown import Drawdown, worst_drawdown
from screener.evaluation.performance.figures import (
    Estimate,
    annualized_return,
    downside_deviation,
    hit_rate,
    missing,
    sharpe,
    simple_returns,
    sortino,
    total_return,
    volatility,
)
from screener.evaluation.performance.relative import by_month, relative


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
    the first, NaN where there is none. dates: (T+1,) of the same rows. benchmark_open: its open of the session after
    its first level here.
    Raises ScreenerError where equity is not positive or the lengths differ.
    """
    wealth = _checked(equity)
    level = _levels(benchmark, wealth.size)
    returns, q = simple_returns(wealth), sessions_per_year
    days = None if dates is None else np.asarray(dates, dtype="datetime64[D]")
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
        **relative(pair(wealth, level), benchmark_open, days, q),
    )


def monthly_table(
    equity: Sequence[float] | Floats,
    benchmark: Sequence[float] | Floats | None,
    dates: Sequence[date] | Days,
) -> pl.DataFrame:
    """Per month: month "2026-06", sessions, strategy, benchmark, excess (difference); shapes as in `performance`.

    The first and the last month may be cut; their products are the returns of the whole span. Where the benchmark has
    no close at a month's end, its last one counts, and the excess is that over the days it was taken from.
    """
    wealth = _checked(equity)
    return by_month(wealth, _levels(benchmark, wealth.size), np.asarray(dates, dtype="datetime64[D]"))


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
