"""What in an answer nobody could know at the moment it speaks of: one rule for screens, back-tests and event studies.

1. A span over every loaded stock: whoever was delisted since may be missing, whenever the span begins.
2. From the day of the packaged report on, its choice of firms is no hindsight.
3. Of a list of the user's: firms that stand on it without a day.
4. Before the report, the universe `report` is the choice itself, and `known` follows the announcements of firms that it
   chose (announcements with a `report_row`; for a single moment, those known by then).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from screener.core.config import REPORT_KNOWN_AT, AnyUniverse, Universe
from screener.core.watched import Watched
from screener.point_in_time.columns import cells

if TYPE_CHECKING:
    from screener.point_in_time.market import Market

HINDSIGHT = "HINDSIGHT"
_AS_LOADED = "whichever the store holds today; delisted ones may be missing"


def hindsight(market: Market, universe: AnyUniverse, since: datetime, *, span: bool = True) -> str:
    """What is known against an answer over the firms of a universe, in one line; empty where nothing is.

    since: when its first decision is taken, Asia/Shanghai. span: it goes on from there to the end of the market, else
    it speaks of that moment only, out of what was known then.
    """
    if isinstance(universe, Watched):
        count = len(universe.undated)
        said = f"{universe.name} does not say since when it holds {count} of its {len(universe.members)} firms"
        return f"{HINDSIGHT} list of firms: {said}" if count else ""
    if universe is Universe.MARKET and span:
        return f"{HINDSIGHT} list of stocks: {_AS_LOADED}"
    if since >= REPORT_KNOWN_AT:
        return ""
    day = f"{REPORT_KNOWN_AT:%Y-%m-%d}"
    if universe is Universe.REPORT:
        return f"{HINDSIGHT} universe: the {len(market.report_symbols)} firms were chosen on {day}"
    if not (market.report_symbols if span else _followed(market, since)):
        return ""
    return f"{HINDSIGHT} list of firms: whose announcements were followed was chosen on {day}"


def _followed(market: Market, known_by: datetime) -> bool:
    """True where an announcement that the report lists was known by then."""
    rows = market.announcements
    told = zip(cells(rows, "report_row"), cells(rows, "known_at"), strict=True)
    return any(number is not None and at <= known_by for number, at in told)
