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
from screener.core.arrays import Floats, strips
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
    count, width = len(result.sessions), len(result.market.symbols)
    ever, run, longest, sessions = np.zeros(width, bool), np.zeros(width, np.int64), 0, 0
    total, invested = np.zeros(count), np.zeros(count)
    for rows in strips(count):
        decided = decided_weights(result, rows)
        held = (result.shares[rows] > 0) & (decided == 0)
        total[rows], invested[rows] = np.nansum(decided, axis=1), position_values(result, rows).sum(axis=1)
        ever |= held.any(axis=0)
        sessions += int(held.sum())
        for row in held:
            run = np.where(row, run + 1, 0)
            longest = max(longest, int(run.max(initial=0)))
    some = total > 0
    part = invested[some] / result.equity[some] / total[some]
    return AgainstDecision(int(ever.sum()), sessions, longest, float(part.mean()) if some.any() else None)


def decided_weights(result: BacktestResult, rows: slice) -> Floats:
    """(T, N) weights of the decision in force at each close, of some rows; NaN before the first."""
    when, weights = result.decisions.when - result.first, result.decisions.weights
    last = np.searchsorted(when, np.arange(len(result.sessions)), side="right") - 1
    if not len(when):
        return np.full((rows.stop - rows.start, len(result.market.symbols)), np.nan)
    decided = np.where((last[rows] >= 0)[:, None], weights[np.maximum(last[rows], 0)], np.nan)
    for action in result.market.actions:
        row = action.t - result.first
        if action.ends and 0 <= row < len(last) and last[row] >= 0:  # what was wanted is what it became
            until = int(np.searchsorted(last, last[row], side="right"))
            part = slice(max(row - rows.start, 0), max(min(until, rows.stop) - rows.start, 0))
            if action.into != NOWHERE:
                decided[part, action.into] += decided[part, action.n]
            decided[part, action.n] = 0.0
    return decided
