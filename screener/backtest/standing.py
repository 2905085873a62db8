"""What a result stands on that no trade can test: positions without a price at the end, actions nobody could book.

1. A position whose stock has no bar in the last session of the run is carried at its last close; one that came out of
   a merger and has had no bar at all, at the price it came with.
2. Rights on unknown terms lapse on what was held; a merger or renumbering into a stock that is not stored leaves the
   holding where it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from screener.backtest.kernel.rows import Execution, shares_after, value
from screener.core.tables.actions import TURNING
from screener.point_in_time.corporate import Action
from screener.point_in_time.market import Market

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Carried:
    """A position at its last close: when that was, how many sessions ago, and what it is counted with."""

    symbol: str
    last_session: date
    sessions: int
    yuan: float


def carried(market: Market, execution: Execution, last: int) -> tuple[Carried, ...]:
    """Positions at the end without a bar in session `last` − 1, by symbol."""
    held = np.flatnonzero((execution.final_shares > 0) & np.isnan(market.close[last - 1]))
    found = []
    for n in held.tolist():
        row = _priced_on(market, n, last)
        worth = int(value(execution.final_shares[[n]], market.row("mark", last - 1)[[n]])[0])
        session = market.sessions[row].astype(object)
        found.append(Carried(market.symbols[n], session, last - 1 - row, worth / 100))
    return tuple(found)


def _priced_on(market: Market, n: int, last: int) -> int:
    """The session of its last close; of a merger's heir that has had no bar, the session of the merger."""
    closes = np.flatnonzero(~np.isnan(market.close[:last, n]))
    return int(closes[-1] if len(closes) else np.isfinite(market.reference[:last, n]).argmax())


def remarks(market: Market, execution: Execution, first: int, last: int) -> tuple[str, ...]:
    """Both of the above as notes."""
    notes = []
    standing = carried(market, execution, last)
    if standing:
        worth = sum(row.yuan for row in standing)
        part = worth * 100 / execution.equity[-1] if execution.equity[-1] else 0.0
        told = [f"{row.symbol} since {row.last_session} ({row.sessions} sessions)" for row in standing]
        notes.append(f"{worth:,.0f} yuan ({part:.1%} of the final value) held without a price: {_first_of(told)}")
    unbooked = _unbooked(market, execution, first, last)
    if unbooked:
        told = [f"{market.symbols[row.n]} {row.kind} of {market.sessions[row.t]}" for row in unbooked]
        notes.append(f"not booked, as the store does not say on which terms or into which stock: {_first_of(told)}")
    return tuple(notes)


def _unbooked(market: Market, execution: Execution, first: int, last: int) -> list[Action]:
    """Actions on shares that were held before their session."""
    odd = [row for row in market.actions if first < row.t < last and _cannot_be_booked(row)]
    if not odd:
        return []
    held = shares_after(execution.orders, execution.actions, first, (last - first, len(market.symbols)))
    return [row for row in odd if held[row.t - 1 - first, row.n] > 0]


def _cannot_be_booked(action: Action) -> bool:
    return bool(np.isnan(action.rights_ratio + action.rights_price)) or (action.kind in TURNING and not action.ends)


def _first_of(told: Iterable[str]) -> str:
    lines = list(told)
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return ", ".join(lines[:_SHOWN]) + more
