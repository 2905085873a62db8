"""How much of a result hangs on one firm, on the fill price, on the size of the account, on one open.

Each re-run executes the decisions that were taken, changed in one stated way; the strategy is not asked again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from screener.backtest.engine import execute, outcome
from screener.backtest.holdings import holdings
from screener.backtest.kernel.rows import Execution
from screener.backtest.portfolio import Decisions
from screener.backtest.result import BacktestResult
from screener.core.config import SESSIONS_PER_YEAR, ExecutionOptions

ONE_OPEN_EARLIER = "cheating: every decision executed one session before it was taken"


@dataclass(frozen=True)
class Course:
    """What a re-run came to. Its orders, as many as those of the run itself, are let go."""

    strategy: str
    initial_cash: float  # yuan
    final_value: float  # yuan after the last close

    @classmethod
    def of(cls, name: str, execution: Execution) -> Course:
        """The account at its end."""
        return cls(name, execution.initial_cash / 100, float(execution.equity[-1] / 100))

    @property
    def total_return(self) -> float:
        """Final value ÷ initial cash − 1."""
        return self.final_value / self.initial_cash - 1


@dataclass(frozen=True)
class WithoutBest:
    """The run without the firm that earned most; its weight stays in cash."""

    symbol: str
    contribution: float  # yuan after costs, in the run that held it
    result: Course


def _course(result: BacktestResult, decisions: Decisions, options: ExecutionOptions, name: str) -> Course:
    """The same span with other decisions or options."""
    return Course.of(name, outcome(result.market, decisions, options, *_span(result)))


def _span(result: BacktestResult) -> tuple[int, int]:
    return result.first, result.first + len(result.sessions)


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
    changed = Decisions(result.decisions.when, weights)
    course = _course(result, changed, result.options.execution, f"{result.strategy} without {best}")
    return WithoutBest(best, profits[best], course)


def at_day_average(result: BacktestResult) -> Course:
    """Filled at the day's average price (amount ÷ volume); whether an order fills is still judged by the open."""
    options = result.options.execution.model_copy(update={"fill_at": "day_average"})
    return _course(result, result.decisions, options, f"{result.strategy} at the day's average")


def at_cash(result: BacktestResult, times: float) -> Course:
    """With so many times the cash: what the volume of the market lets a larger account do."""
    options = result.options.execution.model_copy(update={"initial_cash": result.initial_cash * times})
    return _course(result, result.decisions, options, f"{result.strategy} with {times:g} times the cash")


def one_open_earlier(result: BacktestResult) -> BacktestResult:
    """Every decision of session s executed at s − 1: cheating on purpose, to see what knowing a day earlier is worth.

    A decision of the first session stays where it is unless the next one takes its place.
    """
    earlier = np.maximum(result.decisions.when - 1, result.first)
    kept = np.append(earlier[1:] != earlier[:-1], True)[: len(earlier)]
    decisions = Decisions(earlier[kept], result.decisions.weights[kept])
    execution = execute(result.market, decisions, result.options.execution, *_span(result))
    name = f"{result.strategy} ({ONE_OPEN_EARLIER})"
    return replace(result, strategy=name, decisions=decisions, execution=execution)


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
