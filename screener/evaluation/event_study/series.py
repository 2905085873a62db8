"""Returns of the firms and of the factors, from one trade to the next.

1. Return of a session with a bar: what a holder had since the last bar (point_in_time.holder). After a halt it spans d
   sessions.
2. Factors are compounded over the same d sessions (Maynes–Rumsey 1993).
3. The sector factor of a firm is the equal-weight mean of the other firms of the theme, without those that have an
   event of their own on that day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from screener.core.arrays import Flags, Floats, Ints
from screener.core.config import BENCHMARK
from screener.core.errors import DataRefused
from screener.point_in_time import holder
from screener.point_in_time.indices import IndexSeries
from screener.point_in_time.market import Market

SECTOR_MINIMUM = 3  # firms that a sector return must stand on


@dataclass(frozen=True)
class FirmSeries:
    """One firm over the K sessions in which it traded."""

    symbol: str
    rows: Ints  # (K,) session index in the market
    y: Floats  # (K,) simple return since the last trade; NaN on the first
    days: Floats  # (K,) sessions since the last trade, 1 where it was never halted
    x: Floats  # (K, F) factor returns over the same sessions; column 0 the market
    at_limit: Flags  # (K,) closed at the day's limit


@dataclass(frozen=True)
class Stack:
    """The rows of many firms one below the other, so that any (firm, position) is read without a loop over firms."""

    y: Floats  # (R,)
    x: Floats  # (R, F)
    days: Floats  # (R,)
    rows: Ints  # (R,)
    at_limit: Flags  # (R,)
    firm: Ints  # (R,) number of the firm
    starts: Ints  # (firms,) first row of each
    lengths: Ints  # (firms,)

    @classmethod
    def of(cls, series: Sequence[FirmSeries] | Stack) -> Stack:
        """The same series, or those of a stack as it is."""
        if isinstance(series, Stack):
            return series
        lengths = np.array([len(one.rows) for one in series], dtype=np.int64)
        if not len(series):
            none = np.zeros(0)
            return cls(none, none[:, None], none, none.astype(np.int64), none.astype(bool), lengths, lengths, lengths)
        return cls(
            y=np.concatenate([one.y for one in series]),
            x=np.concatenate([one.x for one in series]),
            days=np.concatenate([one.days for one in series]),
            rows=np.concatenate([one.rows for one in series]),
            at_limit=np.concatenate([one.at_limit for one in series]),
            firm=np.repeat(np.arange(len(series)), lengths),
            starts=np.cumsum(lengths) - lengths,
            lengths=lengths,
        )

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
    marked = np.zeros(shape, dtype=bool)
    for t, n in cells:
        marked[t : t + after + 1, n] = True
    return marked


@dataclass(frozen=True)
class Sector:
    """What the theme's firms made together; members that resume from a halt or have an event that day are skipped."""

    values: Mapping[int, Floats]  # column of a member → (T,) its returns, 0 where it is skipped
    usable: Mapping[int, Flags]
    total: Floats  # (T,)
    count: Ints  # (T,)

    @classmethod
    def of(cls, returns: Floats, gaps: Floats, members: Ints, marked: Flags) -> Sector:
        """The members' returns (T, N) added up once, whoever is left out later."""
        usable = np.isfinite(returns[:, members]) & (gaps[:, members] == 1) & ~marked[:, members]
        values = np.where(usable, returns[:, members], 0.0)
        columns = members.tolist()
        return cls(
            dict(zip(columns, values.T, strict=True)),
            dict(zip(columns, usable.T, strict=True)),
            values.sum(axis=1),
            usable.sum(axis=1),
        )

    def without(self, own: int) -> Floats:
        """(T,) leave-one-out equal-weight return; NaN where fewer than SECTOR_MINIMUM firms are left."""
        total, count = self.total, self.count
        if own in self.values:
            total, count = total - self.values[own], count - self.usable[own]
        return np.where(count >= SECTOR_MINIMUM, total / np.maximum(count, 1), np.nan)


def compounded(daily: Floats, rows: Ints, days: Floats) -> Floats:
    """(K,) returns of a daily factor (T,) over the `days` sessions up to each of `rows`; NaN if one is missing."""
    out: Floats = daily[rows].copy()
    for k in np.flatnonzero(days > 1):
        out[k] = np.prod(1.0 + daily[rows[k] - int(days[k]) + 1 : rows[k] + 1]) - 1.0
    out[np.isnan(days)] = np.nan
    return out


def firm_series(
    market: Market, symbols: Sequence[str], marked: Flags, *, sector: bool = True
) -> Mapping[str, FirmSeries]:
    """A FirmSeries for each symbol; factors: market, and the leave-one-out sector where asked for.

    Raises DataRefused without the benchmark index.
    """
    returns, gaps, at_limit = holder.returns(market), holder.trading_gaps(market.close), holder.closed_at_limit(market)
    market_daily = daily_returns(benchmark_series(market).on(market.sessions)[0])
    theme = Sector.of(returns, gaps, sector_members(market), marked)
    found = {}
    for symbol in symbols:
        n = market.index_of(symbol)
        rows = np.flatnonzero(np.isfinite(market.close[:, n])).astype(np.int64)
        days = gaps[rows, n]
        factors = [market_daily]
        if sector:
            factors.append(theme.without(n))
        x = np.column_stack([compounded(daily, rows, days) for daily in factors])
        found[symbol] = FirmSeries(symbol, rows, returns[rows, n], days, x, at_limit[rows, n])
    return found
