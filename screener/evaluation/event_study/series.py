"""Returns of the firms and of the factors, from one trade to the next.

1. Base price of a session: the ex-right reference; where a court-approved conversion moved it without giving the holder
   anything, the holder's own last price.
2. Return of a session with a bar = close ÷ base − 1. After a halt it spans d sessions: nothing is filled with zeros.
3. Factors are compounded over the same d sessions (Maynes–Rumsey 1993).
4. The sector factor of a firm is the equal-weight mean of the other firms of the theme, without those that have an
   event of their own on that day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from screener.core.arrays import Flags, Floats, Ints
from screener.core.config import BENCHMARK
from screener.core.errors import DataRefused
from screener.point_in_time.market import Market

SECTOR_MINIMUM = 3  # firms that a sector return must stand on
CENT_FRACTION = 1e-6


@dataclass(frozen=True)
class FirmSeries:
    """One firm over the K sessions in which it traded."""

    symbol: str
    rows: Ints  # (K,) session index in the market
    y: Floats  # (K,) simple return since the last trade; NaN on the first
    days: Floats  # (K,) sessions since the last trade, 1 where it was never halted
    x: Floats  # (K, F) factor returns over the same sessions; column 0 the market
    at_limit: Flags  # (K,) closed at the day's limit

    def position(self, row: int) -> int:
        """Index of the first traded session not before session `row`; K where there is none."""
        return int(np.searchsorted(self.rows, row))


def holder_base(market: Market) -> Floats:
    """(T, N) yuan: what one share of the holder was worth before the session, per share held now."""
    base = np.array(market.reference)
    for action in market.actions:
        if action.kind != "restructuring_conversion" or action.t == 0:
            continue
        factor = market.mark[action.t - 1, action.n] / base[action.t, action.n]
        traded = np.flatnonzero(~np.isnan(market.close[action.t :, action.n]))
        until = action.t + (int(traded[0]) if traded.size else market.close.shape[0])
        base[action.t : until + 1, action.n] *= factor
    return base


def holder_returns(market: Market) -> Floats:
    """(T, N) simple returns of sessions with a bar, since the last bar; NaN elsewhere."""
    with np.errstate(invalid="ignore"):
        returns: Floats = market.close / holder_base(market) - 1.0
    return returns


def index_levels(market: Market, index: str = BENCHMARK) -> Floats:
    """(T,) closes of an index on the market's sessions; NaN where it has none. Raises DataRefused without the index."""
    if index not in market.indices:
        raise DataRefused(
            "no index to compare with", where="events", expected=index, next_step="screener fetch --only indices"
        )
    series, levels = market.indices[index], np.full(len(market.sessions), np.nan)
    at = np.searchsorted(market.sessions, series.dates)
    inside = at < len(market.sessions)
    inside[inside] = market.sessions[at[inside]] == series.dates[inside]
    levels[at[inside]] = series.close[inside]
    return levels


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


def sector_returns(returns: Floats, gaps: Floats, members: Ints, marked: Flags, own: int) -> Floats:
    """(T,) leave-one-out equal-weight return; members that resume from a halt or have an event that day are skipped."""
    others = members[members != own]
    usable = np.isfinite(returns[:, others]) & (gaps[:, others] == 1) & ~marked[:, others]
    count = usable.sum(axis=1)
    total = np.where(usable, returns[:, others], 0.0).sum(axis=1)
    return np.where(count >= SECTOR_MINIMUM, total / np.maximum(count, 1), np.nan)


def trading_gaps(close: Floats) -> Floats:
    """(T, N) sessions since the last bar, on sessions with a bar; NaN on the first and where there is none."""
    rows = np.arange(close.shape[0])[:, None]
    traded = np.isfinite(close)
    last = np.maximum.accumulate(np.where(traded, rows, -1), axis=0)
    before = np.vstack((np.full((1, close.shape[1]), -1), last[:-1]))
    return np.where(traded & (before >= 0), rows - before, np.nan)


def compounded(daily: Floats, rows: Ints, days: Floats) -> Floats:
    """(K,) returns of a daily factor (T,) over the `days` sessions up to each of `rows`; NaN if one is missing."""
    out: Floats = daily[rows].copy()
    for k in np.flatnonzero(days > 1):
        out[k] = np.prod(1.0 + daily[rows[k] - int(days[k]) + 1 : rows[k] + 1]) - 1.0
    out[np.isnan(days)] = np.nan
    return out


def closed_at_limit(market: Market) -> Flags:
    """(T, N) True where the close is the day's limit up or down."""
    with np.errstate(invalid="ignore"):
        up = market.close >= market.limit_up - CENT_FRACTION
        down = market.close <= market.limit_down + CENT_FRACTION
    return up | down


def firm_series(
    market: Market, symbols: Sequence[str], marked: Flags, *, sector: bool = True
) -> Mapping[str, FirmSeries]:
    """A FirmSeries for each symbol; factors: market, and the leave-one-out sector where asked for."""
    returns, gaps, at_limit = holder_returns(market), trading_gaps(market.close), closed_at_limit(market)
    levels, members = index_levels(market), sector_members(market)
    market_daily = np.concatenate(([np.nan], levels[1:] / levels[:-1] - 1.0))
    found = {}
    for symbol in symbols:
        n = market.index_of(symbol)
        rows = np.flatnonzero(np.isfinite(market.close[:, n])).astype(np.int64)
        days = gaps[rows, n]
        factors = [market_daily]
        if sector:
            factors.append(sector_returns(returns, gaps, members, marked, n))
        x = np.column_stack([compounded(daily, rows, days) for daily in factors])
        found[symbol] = FirmSeries(symbol, rows, returns[rows, n], days, x, at_limit[rows, n])
    return found
