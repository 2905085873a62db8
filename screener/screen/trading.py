"""How a firm's shares trade, as known at a moment: what one asks before believing that a score could be acted on.

1. `adv20_cny`: mean amount of the last 20 sessions, those without a bar left out; unknown where fewer than half have
   one with an amount.
2. `return_20`, `return_60`: the last close over the one so many sessions before, split-adjusted, cash left out (as
   `point_in_time.holder` has it); unknown where there is no bar in one of the two sessions.
3. `st`: a known spell of ST, *ST or the delisting period covers the day, which is how price limits see it.
4. `listed_days`: calendar days since the first day of trading, where the store knows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from screener.core.arrays import Floats
from screener.core.config import AVERAGED_SESSIONS, RETURN_SESSIONS
from screener.core.symbols import board_of
from screener.point_in_time.listed import first_days, under_warning
from screener.point_in_time.panel import Panel, memo_of


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
    return all_traded(panel)[panel.index_of(symbol)]


def all_traded(panel: Panel) -> Sequence[Traded]:
    """The same of every symbol of the panel, in order: as columns, as a screen of a whole market asks for thousands."""
    memo, key = memo_of(panel), ("traded", panel.as_of)
    if key not in memo:
        warned, first = under_warning(panel), first_days(panel)
        memo[key] = tuple(
            map(
                Traded,
                (str(board_of(symbol)) for symbol in panel.symbols),
                (symbol in warned for symbol in panel.symbols),
                ((panel.session - first[symbol]).days if symbol in first else None for symbol in panel.symbols),
                _known(_average(panel)),
                *(_known(_returns(panel, count)) for count in RETURN_SESSIONS),
            )
        )
    found: Sequence[Traded] = memo[key]
    return found


def _average(panel: Panel) -> Floats:
    first = panel.row_before(AVERAGED_SESSIONS - 1)
    if first is None or panel.t - first != AVERAGED_SESSIONS:  # the market holds a few of these sessions
        return np.full(len(panel.symbols), np.nan)
    amounts = panel.amount[first:]
    count = np.isfinite(amounts).sum(axis=0)
    mean = np.nansum(amounts, axis=0) / np.maximum(count, 1)
    return np.where(2 * count >= AVERAGED_SESSIONS, mean.round(2), np.nan)


def _returns(panel: Panel, count: int) -> Floats:
    before = panel.row_before(count)
    if before is None:
        return np.full(len(panel.symbols), np.nan)
    then, now = (panel.close[row] * panel.share_factor[row] for row in (before, -1))
    return np.asarray(now / then - 1.0)


def _known(figures: Floats) -> list[float | None]:
    return [value if isfinite(value) else None for value in figures.tolist()]
