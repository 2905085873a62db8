"""When returns do not vary: a spread of rounding has no Sharpe ratio, whatever it comes to."""

from __future__ import annotations

import numpy as np

from screener.core.arrays import Flags, Floats

FLAT = 1e-12  # rounding of prices that never moved
# Of the mean: interest credited to the fen moves by the rounding alone; a ratio of 1 500 a year is no market's.
STEADY = 0.01


def flat(returns: Floats) -> bool:
    """Whether (T,) returns do not vary, but for rounding; True of fewer than two."""
    return returns.size < 2 or bool(flat_rows(returns[None, :])[0])


def flat_rows(returns: Floats) -> Flags:
    """(B,) the same for the rows of (B, T) returns."""
    spread, mean = returns.std(axis=1, ddof=1), returns.mean(axis=1)
    rows: Flags = spread < np.maximum(FLAT, STEADY * np.abs(mean))
    return rows
