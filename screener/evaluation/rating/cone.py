"""Where a rating stands between its report date and month 12, and how far chance alone would carry it.

1. Start: the last candidate report date of the rating; of several rated industries the one of the packaged report, else
   the newest. Ends: months 6 and 12 of it.
2. Paths so far, relative to the benchmark, from the close of the first session on or after the start: the rated series
   first, then the others that may stand for it; last the report's own firms, equal weight, as context: it rates none.
3. Cone: ±1.96 σ √n of the first path, σ = standard deviation of its daily relative log returns over at most
   `CONE_SESSIONS` before the start; a random walk without drift, no forecast.
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
from screener.core.tables import packaged
from screener.evaluation.rating.evaluate import FIRST_MONTHS, LAST_MONTHS
from screener.evaluation.rating.judged import Judged
from screener.evaluation.rating.model import PriceSeries, Rating
from screener.evaluation.rating.series import level_of, price_of
from screener.point_in_time.market import Market

CONE_SESSIONS = 120
RATED, BESIDE, CONTEXT = "rated", "beside", "context"
_Z95, _DAYS_PER_YEAR = 1.96, 365.25


@dataclass(frozen=True, slots=True)
class Path:
    """Relative return (fractions) on each session from the base on; σ of one session before it."""

    name: str
    kind: str  # rated | beside | context
    days: tuple[date, ...]
    values: tuple[float, ...]
    sigma: float
    members: int = 1  # firms in a basket

    @property
    def so_far(self) -> float:
        """The last of it."""
        return self.values[-1]

    @property
    def until(self) -> date:
        """Its day."""
        return self.days[-1]


@dataclass(frozen=True, slots=True)
class Cone:
    """`paths` is empty where prices or levels are too few; the first of them gives the cone its width."""

    start: date
    ends: tuple[date, date]  # month 6 and month 12
    benchmark: str
    paths: tuple[Path, ...] = ()

    @property
    def main(self) -> Path | None:
        """The path the cone is drawn around."""
        return self.paths[0] if self.paths else None

    @property
    def sigma_of_a_year(self) -> float | None:
        """Sigma of the first path × √sessions of a year."""
        return None if self.main is None else self.main.sigma * sqrt(SESSIONS_PER_YEAR)

    def half_width(self, day: date) -> float:
        """1.96 σ √(sessions from the start to `day`). Raises ValueError where no path is known."""
        if self.main is None:
            raise ValueError("no path, no cone")
        return _Z95 * self.main.sigma * sqrt(SESSIONS_PER_YEAR * (day - self.start).days / _DAYS_PER_YEAR)


def cone(judged: Sequence[Judged], market: Market, as_of: date) -> Cone | None:
    """The cone of the rated industry up to the close of `as_of`; None where no industry is rated."""
    rating = _shown([row.rated for row in judged if row.rated.subject_kind == "industry"])
    if rating is None:
        return None
    stand_ins = list(dict.fromkeys(row.stand_in for row in judged if row.rated == rating and row.stand_in))
    series = [(level_of(market, one.index, as_of), one.label, RATED if one.main else BESIDE, 1) for one in stand_ins]
    bare = _bare(rating)
    held, members = _basket(market, bare.start, as_of)
    return _with_paths(bare, [*series, (held, "", CONTEXT, members)], market, as_of)


def stock_cone(rating: Rating, market: Market, as_of: date) -> Cone:
    """The cone of one rated stock of the A market up to the close of `as_of`."""
    own = (price_of(market, rating.subject, as_of), rating.subject, RATED, 1)
    return _with_paths(_bare(rating), [own], market, as_of)


def _shown(rated: Sequence[Rating]) -> Rating | None:
    """The packaged report's own rating; else the newest."""
    own = set(packaged("ratings")["rating_id"])
    return max(rated, key=lambda rating: (rating.rating_id in own, _last_day(rating)), default=None)


def _last_day(rating: Rating) -> date:
    return rating.report_date_last or rating.report_date


def _bare(rating: Rating) -> Cone:
    start = _last_day(rating)
    return Cone(start, (add_months(start, FIRST_MONTHS), add_months(start, LAST_MONTHS)), BENCHMARK)


def _with_paths(bare: Cone, series: Sequence[tuple[PriceSeries, str, str, int]], market: Market, as_of: date) -> Cone:
    level = level_of(market, bare.benchmark, as_of)
    days = market.sessions[market.sessions <= np.datetime64(min(as_of, level.last or date.min))]
    found = (_path(bare, one, level, days) for one in series)
    return Cone(bare.start, bare.ends, bare.benchmark, tuple(path for path in found if path is not None))


def _path(bare: Cone, told: tuple[PriceSeries, str, str, int], level: PriceSeries, days: Days) -> Path | None:
    """None where the series is not known from two sessions before the start on."""
    series, name, kind, members = told
    if series.last is None:
        return None
    days = days[days <= np.datetime64(series.last)]
    base = int(np.searchsorted(days, np.datetime64(bare.start)))
    own, index = (one.carried(days) for one in (series, level))
    known = np.flatnonzero(np.isfinite(own) & np.isfinite(index))
    first = max(0, base - CONE_SESSIONS, int(known[0]) if known.size else base)
    if base >= len(days) or base - first < 2:
        return None
    path = own[base:] / own[base] - index[base:] / index[base]
    before = [np.diff(np.log(one[first : base + 1])) for one in (own, index)]
    sigma = float(np.std(before[0] - before[1], ddof=1))
    return Path(name, kind, tuple(days[base:].tolist()), tuple(path.tolist()), sigma, members)


def _basket(market: Market, start: date, as_of: date) -> tuple[PriceSeries, int]:
    """The report's firms, bought with equal amounts `CONE_SESSIONS` before the start, and at the start once more.

    In the basket are firms that had a price when the sigma starts.
    """
    days = market.sessions[market.sessions <= np.datetime64(as_of)]
    base = int(np.searchsorted(days, np.datetime64(start)))
    first = max(0, base - CONE_SESSIONS)
    shares = [price_of(market, symbol, as_of) for symbol in market.report_symbols]
    held = np.column_stack([share.carried(days[first:]) for share in shares]) if shares else np.empty((0, 0))
    held = held[:, np.isfinite(held[0])] if held.size else held
    since = base - first
    if not held.size or since >= len(held):
        return PriceSeries(days[:0], np.array([])), 0
    before, after = _mean(held[: since + 1]), _mean(held[since:])
    return PriceSeries(days[first:], np.concatenate((before, before[-1] * after[1:]))), held.shape[1]


def _mean(held: Floats) -> Floats:
    """(T,) equal amounts in the first row, left alone; 1 there."""
    return np.asarray((held / held[0]).mean(axis=1))
