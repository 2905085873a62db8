"""What was held against the decision: shares that rules or volume did not let go, and weight that never got invested.

1. The decision in force at a close is the last one taken up to that session; before the first one nothing is judged.
2. A position is held against it where the decision gives its symbol nothing.
3. What was invested is the value of positions ÷ equity, as a part of the decided weight, on sessions that decide some.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from screener.backtest.result import BacktestResult
from screener.backtest.robustness import position_values
from screener.core.arrays import Flags, Floats
from screener.point_in_time.corporate import NOWHERE


@dataclass(frozen=True, slots=True)
class AgainstDecision:
    """How far the account was from what was decided."""

    positions: int  # symbols held at a close with decided weight 0
    sessions: int  # their sessions together
    longest: int  # sessions in a row of one of them
    invested: float | None  # mean part of the decided weight; None where no weight was ever decided


def against_decision(result: BacktestResult) -> AgainstDecision:
    """Judged at every close of the run."""
    decided = decided_weights(result)
    held = (result.shares > 0) & (decided == 0)
    total = np.nansum(decided, axis=1)
    some = total > 0
    invested = position_values(result).sum(axis=1)[some] / result.equity[some] / total[some]
    return AgainstDecision(
        positions=int(held.any(axis=0).sum()),
        sessions=int(held.sum()),
        longest=_longest(held),
        invested=float(invested.mean()) if some.any() else None,
    )


def decided_weights(result: BacktestResult) -> Floats:
    """(T, N) weights of the decision in force at each close; NaN before the first."""
    when, weights = result.decisions.when - result.first, result.decisions.weights
    last = np.searchsorted(when, np.arange(len(result.sessions)), side="right") - 1
    if not len(when):
        return np.full((len(result.sessions), len(result.market.symbols)), np.nan)
    decided = np.where((last >= 0)[:, None], weights[np.maximum(last, 0)], np.nan)
    for action in result.market.actions:
        row = action.t - result.first
        if action.ends and 0 <= row < len(decided) and last[row] >= 0:  # what was wanted is what it became
            until = int(np.searchsorted(last, last[row], side="right"))
            if action.into != NOWHERE:
                decided[row:until, action.into] += decided[row:until, action.n]
            decided[row:until, action.n] = 0.0
    return decided


def _longest(held: Flags) -> int:
    """Most rows in a row that are True, of any column."""
    run, longest = np.zeros(held.shape[1], np.int64), 0
    for row in held:
        run = np.where(row, run + 1, 0)
        longest = max(longest, int(run.max(initial=0)))
    return longest
