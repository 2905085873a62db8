"""What could be had: the return from the first open on, apart from the gap before it, and whether an order filled.

1. A buy at the open of day 0 fills only where the open is below the limit; else it is tried at the next 5 opens.
2. Overnight gap = open ÷ base − 1: over before anyone could act on the news. Attainable = close of the window's last
   session (at least the day after the fill: T+1) ÷ open of the fill − 1, ex-right.
3. Both readings of the open stand side by side; what never filled is shown with what it would have made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from screener.core.arrays import Flags, Floats, Ints
from screener.evaluation.event_study.sample import Event
from screener.evaluation.event_study.series import benchmark_series
from screener.point_in_time import holder
from screener.point_in_time.market import Market

RETRIES = 5


@dataclass(frozen=True)
class Attainable:
    """Means over n events, as fractions; None where nothing is left to average."""

    reading: str
    n: int
    gap: float | None
    open_to_close_day0: float | None
    attainable: float | None  # of the filled, to the end of the window
    attainable_excess: float | None  # less the index from its own open, where it has one
    filled_at_once: int
    filled: int
    unfilled: int
    unfilled_return: float | None  # from the open of day 0, never had


@dataclass(frozen=True)
class _Fills:
    """(E,) of each order."""

    over: Flags  # False: its window is not over, or it never traded; the other figures say nothing then
    gap: Floats
    day0: Floats
    tries: Ints  # −1: never
    held: Floats  # from the open of the fill (of day 0 if never) to the end
    index: Floats

    def take(self, at: Ints) -> _Fills:
        """Those of some orders."""
        return _Fills(**{name: values[at] for name, values in vars(self).items()})


@dataclass(frozen=True, eq=False)
class Held:
    """What a holder had and what the index did, over the sessions of a market."""

    market: Market
    base: Floats  # (T, N) yuan before the session
    wealth: Floats  # (T, N)
    index: Floats  # (T,) closes
    index_open: Floats  # (T,)

    @classmethod
    def of(cls, market: Market) -> Held:
        """Raises DataRefused without the benchmark index."""
        series = benchmark_series(market).on(market.sessions)
        return cls(market, holder.base_prices(market), holder.wealth(market), *series)


def attainable(held: Held, readings: Mapping[str, Sequence[Event]], last: int) -> tuple[Attainable, ...]:
    """Means over the events of each reading, whose day 0 is `event.row`, held to `last` sessions after it (at least one
    after the fill). An event of several readings is looked at once."""
    days = len(held.market.sessions)
    orders = [_orders(held.market, events) for events in readings.values()]
    every = np.unique(np.concatenate(orders))
    fills = _fills(held, *np.divmod(every, days), last)
    places = (np.searchsorted(every, own) for own in orders)
    return tuple(_means(reading, fills.take(at[fills.over[at]])) for reading, at in zip(readings, places, strict=True))


def _orders(market: Market, events: Sequence[Event]) -> Ints:
    """(E,) column × sessions + session of each order."""
    columns = np.array([market.index_of(event.symbol) for event in events], dtype=np.int64)
    return columns * len(market.sessions) + np.array([event.row for event in events], dtype=np.int64)


def _means(reading: str, fills: _Fills) -> Attainable:
    done, lost = fills.tries >= 0, fills.tries < 0
    return Attainable(
        reading,
        len(fills.tries),
        _mean(fills.gap),
        _mean(fills.day0),
        _mean(fills.held[done]),
        _mean(fills.held[done] - fills.index[done]),
        int((fills.tries == 0).sum()),
        int(done.sum()),
        int(lost.sum()),
        _mean(fills.held[lost]),
    )


def _fills(held: Held, n: Ints, rows: Ints, last: int) -> _Fills:
    """What became of an order for each column `n` on session `rows`."""
    market = held.market
    opens, there = _next_opens(market, n, rows)
    limit = market.limits_up_of(opens, n[:, None])
    price = market.open[opens, n[:, None]]
    buyable = there & (np.isnan(limit) | (price < limit - holder.CENT_FRACTION))
    tries = np.where(buyable.any(axis=1), buyable.argmax(axis=1), -1)
    first, bought = opens[:, 0], opens[np.arange(len(n)), np.maximum(tries, 0)]
    end = np.maximum(first + last, bought + 1)
    over = there[:, 0] & (end < len(market.sessions))
    end = np.where(over, end, 0)
    wealth = held.wealth[end, n] / held.wealth[bought, n]
    return _Fills(
        over=over,
        gap=market.open[first, n] / held.base[first, n] - 1.0,
        day0=market.close[first, n] / market.open[first, n] - 1.0,
        tries=tries,
        held=wealth * market.close[bought, n] / market.open[bought, n] - 1.0,
        index=held.index[end] / held.index_open[bought] - 1.0,
    )


def _next_opens(market: Market, n: Ints, rows: Ints) -> tuple[Ints, Flags]:
    """((E, RETRIES + 1) sessions with an open of columns `n` from `rows` on, whether there is one)."""
    columns, own = np.unique(n, return_inverse=True)
    traded = np.isfinite(market.open[:, columns])
    days = np.nonzero(traded.T)[1]  # of the first column, then of the next
    before = np.zeros((len(traded) + 1, len(columns)), dtype=np.int32)
    np.cumsum(traded, axis=0, dtype=np.int32, out=before[1:])
    count = before[-1]
    place = before[rows, own][:, None] + np.arange(RETRIES + 1)
    there = place < count[own][:, None]
    start = (np.cumsum(count) - count)[own][:, None]
    return np.where(there, days[np.where(there, start + place, 0)] if len(days) else 0, 0), there


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None
