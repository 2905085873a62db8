"""What was held against the decision: shares that rules or volume did not let go, and weight that never got invested.

1. The decision in force at a close is the last one taken up to that session; before the first one nothing is judged.
2. A position is held against it where the decision gives its symbol nothing.
3. What was invested is the value of positions ÷ equity, as a part of the decided weight, on sessions that decide some.
"""

from __future__ import annotations

from dataclasses import dataclass

from screener.backtest.holdings import holdings
from screener.backtest.result import BacktestResult


@dataclass(frozen=True, slots=True)
class AgainstDecision:
    """How far the account was from what was decided."""

    positions: int  # symbols held at a close with decided weight 0
    sessions: int  # their sessions together
    longest: int  # sessions in a row of one of them
    invested: float | None  # mean part of the decided weight; None where no weight was ever decided


def against_decision(result: BacktestResult) -> AgainstDecision:
    """Judged at every close of the run."""
    held = holdings(result)
    some = held.weight > 0
    part = held.invested[some] / result.equity[some] / held.weight[some]
    return AgainstDecision(*held.against, float(part.mean()) if some.any() else None)
