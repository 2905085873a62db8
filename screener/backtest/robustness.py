"""How much of a result hangs on one firm, on the fill price, on the size of the account, on one open.

Each re-run executes the decisions that were taken, changed in one stated way; the strategy is not asked again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from screener.backtest.engine import execute
from screener.backtest.holdings import holdings
from screener.backtest.portfolio import Decisions
from screener.backtest.result import BacktestResult
from screener.core.config import SESSIONS_PER_YEAR, BacktestOptions

ONE_OPEN_EARLIER = "cheating: every decision executed one session before it was taken"


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
    decisions, options = decisions or result.decisions, options or result.options
    execution = execute(result.market, decisions, options.execution, *span)
    named = name or result.strategy
    return replace(result, strategy=named, options=options, decisions=decisions, execution=execution)


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
    average = holdings(result).worth / len(result.sessions)
    if not average.any():
        return None
    share = average / average.sum()
    return float(1 / np.square(share).sum())


def days_to_trade(result: BacktestResult) -> float | None:
    """Median over all holdings (one per session and firm) of shares ÷ (participation × median volume before it).

    Sessions needed to sell the position at the allowed pace; infinite where the volume is 0, None without a holding.
    """
    return holdings(result).days_to_trade


def turnover(result: BacktestResult) -> float:
    """(bought + sold) ÷ 2 ÷ mean equity, per year of 242 sessions."""
    traded = float(result.execution.orders["amount"].sum()) / 100
    years = len(result.sessions) / SESSIONS_PER_YEAR
    return traded / 2 / float(result.equity.mean()) / years
