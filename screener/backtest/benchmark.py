"""The index a back-test is set against: its levels on the sessions of the run, and what is said where they are missing.

1. The level before the run is the close of the session before it, no older one.
2. A missing day costs that day: `core.paired` compounds over it. It is named here, before the first figure.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from screener.core.arrays import Days, Floats
from screener.core.config import BENCHMARK
from screener.core.stands_on import first_of
from screener.point_in_time.market import Market


def session_before(market: Market, first: int) -> np.datetime64:
    """The session before the market's session `first`, out of the calendar where the bars begin there."""
    if first:
        before: np.datetime64 = market.sessions[first - 1]
        return before
    day: date = market.sessions[0].astype(object)
    known = market.calendar.first < day
    return np.datetime64(market.calendar.before(day) if known else day - timedelta(days=1), "D")


def benchmark_levels(market: Market, first: int, last: int, index: str = BENCHMARK) -> tuple[Floats, Floats]:
    """Closes (T + 1,) from that of the session before the span, opens (T,); NaN where the index has none."""
    close, opening = np.full(last - first + 1, np.nan), np.full(last - first, np.nan)
    if index in market.indices:
        series = market.indices[index]
        close[:], opened = series.on(_days(market, first, last))
        opening[:] = opened[1:]
    return close, opening


def remarks_on_benchmark(market: Market, first: int, last: int, index: str = BENCHMARK) -> tuple[str, ...]:
    """What a reader must know of the index over sessions first ≤ t < last: where it begins, which days it lacks."""
    if index not in market.indices:
        return (f"no {index} in the store: nothing to compare with",)
    days, close = _days(market, first, last), benchmark_levels(market, first, last, index)[0]
    there = np.flatnonzero(~np.isnan(close))
    begins = market.indices[index].dates[0]
    if len(there) < 2:
        return (f"{index} has {len(there) or 'no'} close from {days[0]} to {days[-1]}: nothing to compare with",)
    told = []
    if there[0]:
        why = f"begins {begins}" if begins >= days[0] else f"has no close from {days[0]} to {days[there[0] - 1]}"
        told.append(f"{index} {why}: relative figures start at its close of {days[there[0]]}")
    if there[-1] < last - first:
        told.append(f"{index} has no close after {days[there[-1]]}: relative figures end there")
    lost = days[[row for one, two in pairwise(there.tolist()) for row in range(one + 1, two)]]
    if len(lost):
        told.append(f"{index} has no close on {_named(lost, last - first)}: returns beside it run over the gap")
    return tuple(told)


def _named(lost: Days, of: int) -> str:
    """`1 of 55 sessions (2026-02-24)`."""
    return f"{len(lost)} of {of} sessions ({first_of([str(day) for day in lost])})"


def _days(market: Market, first: int, last: int) -> Days:
    """(T + 1,) from the session before the span."""
    return np.concatenate([[session_before(market, first)], market.sessions[first:last]])
