"""A firm's backlog over time: as the rules counted it on each day with what was known then, and how it runs off.

1. The past: `backlogs` of the panel at the end of each session; a later fact changes no earlier day.
2. The future: what of the contracts known now is left on the same day of each further month.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from screener.core.calendar import add_months
from screener.core.config import ScreenOptions
from screener.point_in_time.about import about
from screener.point_in_time.market import Market
from screener.screen.backlog import backlogs
from screener.screen.factors import Firm

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Planned:
    """What is left of a firm's running contracts, in yuan, on some days."""

    days: tuple[date, ...]
    yuan: tuple[float, ...]


def backlog_history(
    market: Market, options: ScreenOptions, symbols: Collection[str] | None = None
) -> Mapping[str, Floats]:
    """Symbol → (T,) yuan of backlog at the end of each session; NaN where nothing counted yet. T: the market's.

    `symbols`: of these firms; None: of all.
    """
    found: dict[str, Floats] = {}
    market = market if symbols is None else about(market, symbols)
    for t, day in enumerate(market.sessions):
        panel = market.at_day(day.astype(object), options.universe)
        for symbol, yuan in backlogs(panel, options).items():
            found.setdefault(symbol, np.full(len(market.sessions), np.nan))[t] = yuan
    return found if symbols is None else {symbol: found[symbol] for symbol in symbols if symbol in found}


def planned(firm: Firm, day: date) -> Planned:
    """Month by month from `day` to the end of the last running contract; nothing where none has a known end."""
    ends = [row.plan.end for row in firm.running if row.plan.end is not None]
    if not ends:
        return Planned((), ())
    days = [day]
    while days[-1] < max(ends):
        days.append(add_months(day, len(days)))
    return Planned(tuple(days), tuple(sum(row.plan.backlog(at) for row in firm.running) for at in days))
