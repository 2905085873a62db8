"""How much of a result hangs on one firm, on the fill price, on the size of the account, on one open.

Each re-run executes the decisions that were taken, changed in one stated way; the strategy is not asked again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from screener.backtest.engine import finish
from screener.backtest.portfolio import Decisions
from screener.backtest.result import BacktestResult
from screener.core.arrays import Floats, Ints, strips
from screener.core.config import SESSIONS_PER_YEAR, BacktestOptions

ONE_OPEN_EARLIER = "cheating: every decision executed one session before it was taken"
_TOGETHER = 64  # firms


@dataclass(frozen=True)
class Course:
    """What a re-run came to. Its orders, as many as those of the run itself, are let go."""

    strategy: str
    final_value: float  # yuan after the last close
    total_return: float

    @classmethod
    def of(cls, result: BacktestResult) -> Course:
        """The account of a run at its end."""
        return cls(result.strategy, result.final_value, result.total_return)


@dataclass(frozen=True)
class WithoutBest:
    """The run without the firm that earned most; its weight stays in cash."""

    symbol: str
    contribution: float  # yuan after costs, in the run that held it
    result: Course


def rerun(
    result: BacktestResult,
    *,
    decisions: Decisions | None = None,
    options: BacktestOptions | None = None,
    name: str = "",
) -> BacktestResult:
    """The same span with other decisions or options."""
    span = (result.first, result.first + len(result.sessions))
    return finish(
        result.market,
        decisions or result.decisions,
        options or result.options,
        params=result.params,
        name=name or result.strategy,
        span=span,
        notes=result.notes,
    )


def without_best_firm(result: BacktestResult) -> WithoutBest | None:
    """Set the weight of the most profitable firm to 0 in every decision; None where nothing was ever bought.

    The other weights stay as decided, so what it would have had is cash; the strategy does not pick a replacement.
    """
    profits = result.contributions
    if not profits:
        return None
    best = max(profits, key=lambda symbol: (profits[symbol], symbol))
    weights = result.decisions.weights.copy()
    weights[:, result.market.index_of(best)] = 0.0
    changed = rerun(
        result, decisions=Decisions(result.decisions.when, weights), name=f"{result.strategy} without {best}"
    )
    return WithoutBest(best, profits[best], Course.of(changed))


def at_day_average(result: BacktestResult) -> BacktestResult:
    """Filled at the day's average price (amount ÷ volume); whether an order fills is still judged by the open."""
    execution = result.options.execution.model_copy(update={"fill_at": "day_average"})
    options = result.options.model_copy(update={"execution": execution})
    return rerun(result, options=options, name=f"{result.strategy} at the day's average")


def at_cash(result: BacktestResult, times: float) -> BacktestResult:
    """With so many times the cash: what the volume of the market lets a larger account do."""
    more = result.options.execution.model_copy(update={"initial_cash": result.initial_cash * times})
    options = result.options.model_copy(update={"execution": more})
    return rerun(result, options=options, name=f"{result.strategy} with {times:g} times the cash")


def one_open_earlier(result: BacktestResult) -> BacktestResult:
    """Every decision of session s executed at s − 1: cheating on purpose, to see what knowing a day earlier is worth.

    A decision of the first session stays where it is unless the next one takes its place.
    """
    earlier = np.maximum(result.decisions.when - 1, result.first)
    kept = np.append(earlier[1:] != earlier[:-1], True)[: len(earlier)]
    decisions = Decisions(earlier[kept], result.decisions.weights[kept])
    return rerun(result, decisions=decisions, name=f"{result.strategy} ({ONE_OPEN_EARLIER})")


def effective_firms(result: BacktestResult) -> float | None:
    """1 ÷ Σ share², share = a firm's part of the average position value over all sessions (inverse Herfindahl index).

    3 equal positions give 3; None where nothing was ever held.
    """
    total = np.zeros(len(result.market.symbols))
    for rows in strips(len(result.sessions)):
        for values in position_values(result, rows):
            total += values
    average = total / len(result.sessions)
    if not average.any():
        return None
    share = average / average.sum()
    return float(1 / np.square(share).sum())


def position_values(result: BacktestResult, rows: slice) -> Floats:
    """(T, N) yuan after each close, of some rows."""
    shares = result.shares[rows]
    return np.where(shares > 0, shares * result.marks[rows], 0.0)


def days_to_trade(result: BacktestResult) -> float | None:
    """Median over all holdings (one per session and firm) of shares ÷ (participation × median volume before it).

    Sessions needed to sell the position at the allowed pace; infinite where the volume is 0, None without a holding.
    """
    held = np.flatnonzero(result.shares.any(axis=0))
    if not len(held):
        return None
    needed, end = list[Floats](), result.first + len(result.sessions)
    for first in range(0, len(held), _TOGETHER):  # a strip of firms is turned at once: one column alone is slow to read
        some = held[first : first + _TOGETHER]
        arrays = (result.shares, result.market.volume[:end], result.market.share_factor[:end])
        turned = (np.ascontiguousarray(array[:, some].T) for array in arrays)
        needed += [_days_to_trade(result, *of_firm) for of_firm in zip(*turned, strict=True)]
    return float(np.median(np.concatenate(needed), overwrite_input=True))


def _days_to_trade(result: BacktestResult, shares: Ints, volume: Floats, factor: Floats) -> Floats:
    """The same for each session in which one firm was held; its volume and share factor up to the last session."""
    terms = result.options.execution
    bars = np.flatnonzero(~np.isnan(volume))
    spread = pl.Series(volume[bars] / factor[bars])
    rolling = spread.rolling_median(terms.participation_sessions, min_samples=1).to_numpy()
    latest = np.concatenate([[0.0], rolling])  # [k]: of the bars before bar k
    days = np.flatnonzero(shares)
    median = latest[np.searchsorted(bars, days + result.first)] * factor[days + result.first]
    pace = terms.participation * median
    needed: Floats = np.divide(shares[days], pace, out=np.full(len(days), np.inf), where=pace > 0)
    return needed


def turnover(result: BacktestResult) -> float:
    """(bought + sold) ÷ 2 ÷ mean equity, per year of 242 sessions."""
    traded = float(result.execution.orders["amount"].sum()) / 100
    years = len(result.sessions) / SESSIONS_PER_YEAR
    return traded / 2 / float(result.equity.mean()) / years
