"""Returns of the firms and of the factors, from one trade to the next.

1. Return of a session with a bar: what a holder had since the last bar (point_in_time.holder). After a halt it spans d
   sessions.
2. Factors are compounded over the same d sessions (Maynes–Rumsey 1993).
3. The sector factor of a firm is the equal-weight mean of the other firms of the theme, without those that have an
   event of their own on that day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from screener.core.arrays import Flags, Floats, Ints, strips
from screener.core.config import BENCHMARK
from screener.core.errors import DataRefused
from screener.point_in_time import holder
from screener.point_in_time.indices import IndexSeries
from screener.point_in_time.market import Market

SECTOR_MINIMUM = 3  # firms that a sector return must stand on


@dataclass(frozen=True)
class Stack:
    """The sessions in which each firm traded, of many firms one below the other: no loop reads a (firm, position)."""

    y: Floats  # (R,) simple return since the last trade; NaN on a firm's first
    x: Floats  # (R, F) factor returns over the same sessions; column 0 the market
    days: Floats  # (R,) sessions since the last trade, 1 where it was never halted
    rows: Ints  # (R,) session index in the market
    at_limit: Flags  # (R,) closed at the day's limit
    firm: Ints  # (R,) number of the firm
    starts: Ints  # (firms,) first row of each
    lengths: Ints  # (firms,)

    def batches(self, rows: int) -> Iterator[slice]:
        """Neighbouring firms with about so many rows together, at least one."""
        first, held = 0, 0
        for n, length in enumerate(self.lengths.tolist()):
            if held and held + length > rows:
                yield slice(first, n)
                first, held = n, 0
            held += length
        if first < len(self.lengths):
            yield slice(first, len(self.lengths))

    def part(self, firms: slice) -> Stack:
        """Some neighbours of it, numbered from 0."""
        starts, lengths = self.starts[firms], self.lengths[firms]
        rows = slice(int(starts[0]), int(starts[-1] + lengths[-1]))
        return Stack(
            self.y[rows],
            self.x[rows],
            self.days[rows],
            self.rows[rows],
            self.at_limit[rows],
            firm=self.firm[rows] - firms.start,
            starts=starts - starts[0],
            lengths=lengths,
        )

    def positions(self, firms: Ints, rows: Ints) -> Ints:
        """(J,) position in its firm's own days of the first one not before session `rows` (J,); the length if none."""
        span = int(max(self.rows.max(initial=0), rows.max(initial=0))) + 1
        found = np.searchsorted(self.firm * span + self.rows, firms * span + rows)
        return np.asarray(found - self.starts[firms], dtype=np.int64)

    def find(self, firms: Ints, at: Ints) -> tuple[Ints, Flags]:
        """((J, m) rows of positions `at` (J, m) of `firms` (J,), whether there is one)."""
        lengths = self.lengths[firms][:, None]
        inside = (at >= 0) & (at < lengths)
        return self.starts[firms][:, None] + np.clip(at, 0, np.maximum(lengths - 1, 0)), inside


def benchmark_series(market: Market) -> IndexSeries:
    """The index that returns are compared with. Raises DataRefused without it."""
    if BENCHMARK not in market.indices:
        raise DataRefused(
            "no index to compare with", where="events", expected=BENCHMARK, next_step="screener fetch --only indices"
        )
    return market.indices[BENCHMARK]


def daily_returns(levels: Floats) -> Floats:
    """(T,) simple returns of levels (T,); NaN on the first."""
    return np.concatenate(([np.nan], levels[1:] / levels[:-1] - 1.0))


def sector_members(market: Market) -> Ints:
    """Columns of the theme's firms: those the report names; every symbol with bars where none is named."""
    named = [market.index_of(symbol) for symbol in market.report_symbols]
    columns = named or range(len(market.symbols))
    return np.array([n for n in columns if market.first_bar[n] < len(market.sessions)], dtype=np.int64)


def event_days(shape: tuple[int, int], cells: Iterable[tuple[int, int]], after: int = 1) -> Flags:
    """(T, N): the session of an event and `after` more, as only the date of most releases is known."""
    marked = np.zeros((shape[0] + after, shape[1]), dtype=bool)
    t, n = np.array([*cells], dtype=np.int64).reshape(-1, 2).T
    for later in range(after + 1):
        marked[t + later, n] = True
    return marked[: shape[0]]


@dataclass(frozen=True)
class Sector:
    """What the theme's firms made together; members that resume from a halt or have an event that day are skipped."""

    others: Floats  # (T, N) mean return of the other members; NaN where fewer than SECTOR_MINIMUM are left

    @classmethod
    def of(cls, returns: Floats, gaps: Floats, members: Ints, marked: Flags) -> Sector:
        """The members' returns (T, N) added up once, and each taken off again."""
        member, others = np.zeros(returns.shape[1], dtype=bool), np.empty(returns.shape)
        member[members] = True
        for rows in strips(*returns.shape):
            usable = np.isfinite(returns[rows]) & (gaps[rows] == 1) & ~marked[rows] & member
            values = np.where(usable, returns[rows], 0.0)
            total = values.sum(axis=1, keepdims=True) - values
            count = usable.sum(axis=1, keepdims=True) - usable
            others[rows] = np.where(count >= SECTOR_MINIMUM, total / np.maximum(count, 1), np.nan)
        return cls(others)

    def without(self, t: Ints, own: Ints) -> Floats:
        """Leave-one-out equal-weight return of sessions `t` for columns `own`."""
        return np.asarray(self.others[t, own])


def compounded(daily: Callable[[Ints, Ints], Floats], rows: Ints, columns: Ints, days: Floats) -> Floats:
    """(R,) returns of a factor over the `days` sessions up to each of `rows`; NaN if one is missing.

    `daily`: of these sessions what the factor made for these columns.
    """
    out = np.array(daily(rows, columns))
    for span in np.unique(days[days > 1]).astype(np.int64).tolist():
        late = np.flatnonzero(days == span)
        over = rows[late, None] - np.arange(span - 1, -1, -1)
        out[late] = np.prod(1.0 + daily(over, columns[late, None]), axis=1) - 1.0
    out[np.isnan(days)] = np.nan
    return out


def stack_of(market: Market, symbols: Sequence[str], marked: Flags, *, sector: bool = True) -> Stack:
    """The series of the symbols in their order; factors: market, and the leave-one-out sector where asked for.

    Raises DataRefused without the benchmark index.
    """
    returns, gaps, at_limit = (
        holder.returns(market),
        holder.trading_gaps(market.close),
        holder.closed_at_limit(market),
    )
    market_daily = daily_returns(benchmark_series(market).on(market.sessions)[0])
    chosen = np.array([market.index_of(symbol) for symbol in symbols], dtype=np.int64)
    firm, rows = (found.astype(np.int64) for found in np.nonzero(np.isfinite(market.close[:, chosen].T)))
    columns = chosen[firm]
    days = gaps[rows, columns]
    factors: list[Callable[[Ints, Ints], Floats]] = [lambda t, _: market_daily[t]]
    if sector:
        factors.append(Sector.of(returns, gaps, sector_members(market), marked).without)
    lengths = np.bincount(firm, minlength=len(chosen))
    return Stack(
        y=returns[rows, columns],
        x=np.column_stack([compounded(daily, rows, columns, days) for daily in factors]),
        days=days,
        rows=rows,
        at_limit=at_limit[rows, columns],
        firm=firm,
        starts=np.cumsum(lengths) - lengths,
        lengths=lengths,
    )
