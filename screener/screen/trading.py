"""How a firm's shares trade, as known at a moment: what one asks before believing that a score could be acted on.

1. `adv20_cny`: mean amount of the last 20 sessions, those without a bar left out; unknown where fewer than half have
   one with an amount.
2. `return_20`, `return_60`: the last close over the one so many sessions before, split-adjusted, cash left out (as
   `point_in_time.holder` has it); unknown where there is no bar in one of the two sessions.
3. `st`: a known spell of ST, *ST or the delisting period covers the day, which is how price limits see it.
4. `listed_days`: calendar days since the first day of trading, where the store knows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np

from screener.core.config import LOOK_BACK
from screener.core.symbols import board_of
from screener.point_in_time.listed import first_days, under_warning
from screener.point_in_time.panel import Panel

ADV_SESSIONS = 20


@dataclass(frozen=True, slots=True)
class Traded:
    """See the steps above; yuan, fractions, calendar days."""

    board: str
    st: bool
    listed_days: int | None
    adv20_cny: float | None
    return_20: float | None
    return_60: float | None


def traded(panel: Panel, symbol: str) -> Traded:
    """How `symbol` traded up to the last close the panel knows."""
    n, first = panel.index_of(symbol), first_days(panel).get(symbol)
    return Traded(
        board=str(board_of(symbol)),
        st=symbol in under_warning(panel),
        listed_days=None if first is None else (panel.session - first).days,
        adv20_cny=_average(panel, n),
        return_20=_return(panel, n, 20),
        return_60=_return(panel, n, LOOK_BACK - 1),
    )


def _average(panel: Panel, n: int) -> float | None:
    amounts = panel.amount[-ADV_SESSIONS:, n] if _whole(panel, ADV_SESSIONS) else np.array([])
    known = amounts[np.isfinite(amounts)]
    return round(float(known.mean()), 2) if 2 * known.size >= ADV_SESSIONS else None


def _return(panel: Panel, n: int, count: int) -> float | None:
    if not _whole(panel, count + 1):
        return None
    close, factor = panel.close[:, n], panel.share_factor[:, n]
    found = float(close[-1] * factor[-1] / (close[-1 - count] * factor[-1 - count]) - 1.0)
    return found if isfinite(found) else None


def _whole(panel: Panel, count: int) -> bool:
    """True where the last `count` sessions are all there: a market made for a few days holds no others."""
    return panel.t >= count and panel.sessions_since(panel.t - count) == count - 1
