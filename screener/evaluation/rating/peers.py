"""What would have come of a rating about another stock of the same days: the null of a rater without skill.

1. Peers: every stock that anybody rated, and the firms of the theme: the same industry on the same days.
2. For each final rating, the relative return of every peer from the same base session to the same end, and whether the
   called band would have been hit.
3. A rater without skill has picked his stocks blindly: for each stock he covers, any peer could stand in its place, for
   all his ratings of it at once (he does not choose anew each time). The number of hits is then a sum of independent
   draws, one per covered stock, and its distribution is exact: prices stay as they were, so that overlapping windows
   and one theme that moves together do no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from screener.core.arrays import Days, Floats
from screener.core.config import BENCHMARK
from screener.evaluation.rating.judged import Judged
from screener.evaluation.rating.model import DOWN, EDGE, UP
from screener.evaluation.rating.series import level_of, price_of
from screener.point_in_time.market import Market

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Peers:
    """Split-adjusted prices (T, N) of the peers and levels (T,) of the benchmark on its own days; NaN where none."""

    symbols: tuple[str, ...]
    days: Days
    prices: Floats
    level: Floats

    @classmethod
    def of(cls, rated: Sequence[str], market: Market, as_of: date) -> Peers:
        """The peers of these rated stocks as known by the close of `as_of`."""
        names = sorted({*rated, *(symbol for symbol in market.universe_entry if symbol in market.symbols)})
        level = level_of(market, BENCHMARK, as_of)
        series = [price_of(market, name, as_of) for name in names]
        held = np.column_stack([one.carried(level.dates) for one in series]) if series else np.empty((0, 0))
        return cls(tuple(names), level.dates, held, level.values)

    def would_hit(self, row: Judged) -> Floats:
        """(N,) 1 where a peer would have reached the called band, 0 where not, NaN where it had no price."""
        start, end = row.headline.start, row.horizon_end
        if start is None:
            return np.full(len(self.symbols), np.nan)
        base, last = (int(np.searchsorted(self.days, np.datetime64(day), side="right")) - 1 for day in (start, end))
        if base < 0:
            return np.full(len(self.symbols), np.nan)
        gain = self.prices[last] / self.prices[base] - self.level[last] / self.level[base]
        up, down = gain >= float(EDGE) - _ROUNDING, gain <= -float(EDGE) + _ROUNDING
        hit = {UP: up, DOWN: down}.get(row.rated.call, ~up & ~down)
        return np.where(np.isfinite(gain), hit, np.nan)


@dataclass(frozen=True)
class Chance:
    """How often somebody who picks blindly would have hit: expected hits, and P(as many hits as seen, or more)."""

    expected: float
    p: float


def chance(rows: Sequence[Judged], hits: int, peers: Peers) -> Chance | None:
    """The null of these final ratings; None where no peer has a price for one of them."""
    covered: dict[str, list[Floats]] = {}
    for row in rows:
        covered.setdefault(row.rated.subject, []).append(peers.would_hit(row))
    total = np.array([1.0])
    for would in covered.values():
        for draw in _draws(would):
            if draw is None:
                return None
            total = np.convolve(total, draw)
    return Chance(float(total @ np.arange(len(total))), min(float(total[hits:].sum()), 1.0))


def _draws(would: Sequence[Floats]) -> list[Floats | None]:
    """Distributions of the hits of one covered stock: of all its ratings at once over the peers that have them all."""
    table = np.vstack(would)
    whole = np.isfinite(table).all(axis=0)
    if whole.sum() >= 2:
        return [_distribution(table[:, whole].sum(axis=0), len(would))]
    return [_distribution(one[np.isfinite(one)], 1) for one in would]


def _distribution(hits: Floats, most: int) -> Floats | None:
    if not hits.size:
        return None
    return np.bincount(hits.astype(np.int64), minlength=most + 1) / hits.size
