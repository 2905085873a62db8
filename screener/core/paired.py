"""An account beside its benchmark: the days on which both have a value, and the returns between them.

1. A day without a level of the benchmark is left out on both sides: over it the returns of both are compounded.
2. A year then has as many paired returns as there are on average: sessions of a year × returns ÷ sessions they span.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from screener.core.arrays import Floats, Ints


@dataclass(frozen=True, eq=False)
class Paired:
    """P of T + 1 rows on which both have a value, in time order."""

    rows: Ints  # (P,) of the arrays they were taken from
    own: Floats  # (P,) values of the account there
    level: Floats  # (P,) of the benchmark
    of: int  # T + 1

    @property
    def n(self) -> int:
        """Paired returns."""
        return max(len(self.rows) - 1, 0)

    @property
    def sessions(self) -> int:
        """From the first of these days to the last."""
        return int(self.rows[-1] - self.rows[0]) if len(self.rows) else 0

    @cached_property
    def missing(self) -> Ints:
        """Rows without a level."""
        return np.setdiff1d(np.arange(self.of), self.rows)

    @cached_property
    def returns(self) -> Floats:
        """(P − 1,) of the account."""
        return self.own[1:] / self.own[:-1] - 1.0

    @cached_property
    def market(self) -> Floats:
        """(P − 1,) of the benchmark."""
        return self.level[1:] / self.level[:-1] - 1.0

    @property
    def own_return(self) -> float | None:
        """Of the account from the first of these days to the last; None where there are not two."""
        return float(self.own[-1] / self.own[0] - 1.0) if self.n else None

    @property
    def level_return(self) -> float | None:
        """Of the benchmark over the same days."""
        return float(self.level[-1] / self.level[0] - 1.0) if self.n else None

    def a_year(self, sessions_per_year: float) -> float:
        """Paired returns in a year of so many sessions."""
        return sessions_per_year * self.n / self.sessions if self.n else sessions_per_year


def pair(wealth: Floats, level: Floats) -> Paired:
    """(T + 1,) values of an account and levels of its benchmark, NaN where it has none."""
    rows = np.flatnonzero(np.isfinite(level) & (level > 0.0)).astype(np.int64)
    return Paired(rows, wealth[rows], level[rows], len(wealth))
