"""What could be had: the return from the first open on, apart from the gap before it, and whether an order filled.

1. A buy at the open of day 0 fills only where the open is below the limit; else it is tried at the next 5 opens.
2. Overnight gap = open ÷ base − 1: over before anyone could act on the news. Attainable = close of the window's last
   session (at least the day after the fill: T+1) ÷ open of the fill − 1, ex-right.
3. Both readings of the open stand side by side; what never filled is shown with what it would have made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from screener.core.arrays import Floats
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
class _Fill:
    gap: float
    day0: float
    tries: int  # −1: never
    held: float  # from the open of the fill (of day 0 if never) to the end
    index: float


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


def attainable(held: Held, events: Sequence[Event], last: int, reading: str) -> Attainable:
    """Means over events whose day 0 is `event.row`, held to `last` sessions after it (at least one after the fill)."""
    fills = [fill for event in events if (fill := _fill(held, event, last)) is not None]
    done = [fill for fill in fills if fill.tries >= 0]
    lost = [fill for fill in fills if fill.tries < 0]
    return Attainable(
        reading,
        len(fills),
        _mean([fill.gap for fill in fills]),
        _mean([fill.day0 for fill in fills]),
        _mean([fill.held for fill in done]),
        _mean([fill.held - fill.index for fill in done]),
        sum(fill.tries == 0 for fill in fills),
        len(done),
        len(lost),
        _mean([fill.held for fill in lost]),
    )


def _fill(held: Held, event: Event, last: int) -> _Fill | None:
    market = held.market
    n, sessions = market.index_of(event.symbol), len(market.sessions)
    traded = np.flatnonzero(np.isfinite(market.open[event.row :, n])) + event.row
    if not len(traded):
        return None
    first = int(traded[0])
    tries = next((k for k, t in enumerate(traded[: RETRIES + 1]) if _buyable(market, int(t), n)), -1)
    bought = int(traded[max(tries, 0)])
    end = max(first + last, bought + 1)
    if end >= sessions:
        return None
    wealth = held.wealth[end, n] / held.wealth[bought, n]
    had = float(wealth * market.close[bought, n] / market.open[bought, n] - 1.0)
    day0 = float(market.close[first, n] / market.open[first, n] - 1.0)
    gap = float(market.open[first, n] / held.base[first, n] - 1.0)
    return _Fill(gap, day0, tries, had, float(held.index[end] / held.index_open[bought] - 1.0))


def _buyable(market: Market, t: int, n: int) -> bool:
    limit = market.limit_up[t, n]
    return bool(np.isnan(limit) or market.open[t, n] < limit - holder.CENT_FRACTION)


def _mean(values: Sequence[float]) -> float | None:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else None
