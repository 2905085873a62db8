"""Where the report's firms stand between its report date and month 12, and how far chance alone would carry them.

1. Start: the last candidate report date of any rated industry. Ends: months 6 and 12 of it.
2. Path so far: relative return of the report's firms, equal weight, bought at the close of the first session on or
   after the start, against the benchmark. Context: the report rates none of them.
3. Cone: ±1.96 σ √n, σ = standard deviation of the daily relative log returns of the same basket over the
   `CONE_SESSIONS` before; a random walk without drift, no forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

import numpy as np

from screener.core.arrays import Days, Floats
from screener.core.calendar import add_months
from screener.core.config import BENCHMARK, SESSIONS_PER_YEAR
from screener.evaluation.rating.evaluate import FIRST_MONTHS, LAST_MONTHS
from screener.evaluation.rating.judged import Judged
from screener.evaluation.rating.model import PriceSeries
from screener.evaluation.rating.series import level_of, price_of
from screener.point_in_time.market import Market

CONE_SESSIONS = 120
_Z95, _DAYS_PER_YEAR = 1.96, 365.25


@dataclass(frozen=True, slots=True)
class Cone:
    """Returns are fractions. `path` is empty, and `sigma` None, where prices or levels are too few."""

    start: date
    ends: tuple[date, date]  # month 6 and month 12
    benchmark: str
    days: tuple[date, ...] = ()  # sessions from the base on
    path: tuple[float, ...] = ()  # relative return on each
    sigma: float | None = None  # of one session
    members: int = 0  # firms in the basket

    @property
    def so_far(self) -> float | None:
        """The last of the path."""
        return self.path[-1] if self.path else None

    @property
    def until(self) -> date | None:
        """Its day."""
        return self.days[-1] if self.days else None

    @property
    def sigma_of_a_year(self) -> float | None:
        """Sigma × √sessions of a year."""
        return None if self.sigma is None else self.sigma * sqrt(SESSIONS_PER_YEAR)

    def half_width(self, day: date) -> float:
        """1.96 σ √(sessions from the start to `day`). Raises ValueError where no sigma is known."""
        if self.sigma is None:
            raise ValueError("no path, no cone")
        return _Z95 * self.sigma * sqrt(SESSIONS_PER_YEAR * (day - self.start).days / _DAYS_PER_YEAR)


def cone(judged: Sequence[Judged], market: Market, as_of: date) -> Cone | None:
    """The cone of the report's firms up to the close of `as_of`; None where no industry is rated."""
    rated = [row.rated for row in judged if row.rated.subject_kind == "industry"]
    if not rated:
        return None
    start = max(rating.report_date_last or rating.report_date for rating in rated)
    bare = Cone(start, (add_months(start, FIRST_MONTHS), add_months(start, LAST_MONTHS)), BENCHMARK)
    level = level_of(market, BENCHMARK, as_of)
    days = market.sessions[market.sessions <= np.datetime64(min(as_of, level.last or date.min))]
    base = int(np.searchsorted(days, np.datetime64(start)))
    if base >= len(days) or not market.report_symbols:
        return bare
    return _filled(bare, [price_of(market, symbol, as_of) for symbol in market.report_symbols], level, days)


def _filled(bare: Cone, shares: Sequence[PriceSeries], level: PriceSeries, days: Days) -> Cone:
    """With path and sigma; in the basket are firms that had a price when the sigma starts."""
    base = int(np.searchsorted(days, np.datetime64(bare.start)))
    first = max(0, base - CONE_SESSIONS)
    held = np.column_stack([share.carried(days[first:]) for share in shares])
    held, index = held[:, np.isfinite(held[0])], level.carried(days[first:])
    since = base - first
    if since < 2 or not held.size or not np.isfinite(index[0]):
        return bare
    path = (held[since:] / held[since]).mean(axis=1) - index[since:] / index[since]
    own, other = (np.diff(np.log(x[: since + 1])) for x in (_basket(held), index))
    return Cone(
        bare.start,
        bare.ends,
        bare.benchmark,
        tuple(days[base:].tolist()),
        tuple(path.tolist()),
        float(np.std(own - other, ddof=1)),
        held.shape[1],
    )


def _basket(held: Floats) -> Floats:
    """(T,) equal-weight buy-and-hold from the first row."""
    return np.asarray((held / held[0]).mean(axis=1))
