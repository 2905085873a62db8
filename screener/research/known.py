"""Announcements as they were known on a day."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from screener.core.answer import Rows
from screener.core.days import Day, day_of, in_order
from screener.core.errors import UsageError
from screener.research.asked import asked_day
from screener.research.part import Part

if TYPE_CHECKING:
    from screener.research.questions import Research


def announcements(
    house: Research, day: Day, *, symbol: str | None = None, kind: str | None = None, since: Day = None
) -> Rows:
    """Newest first: what could be read by the end of `day`, each as it read then; `since` is a day of known_at.

    Raises UsageError for an unknown kind, a day before everything or before `since`, UnknownSymbol.
    """
    wanted, first = house.symbol(symbol) if symbol else None, day_of(since)
    in_order(first, day_of(day))
    market = house.market(Part.FOLLOWED, days=[day_of(day)])
    kinds = market.kinds["kind"].to_list()
    if kind is not None and kind not in kinds:
        raise UsageError("kind unknown", got=kind, expected=" | ".join(kinds))
    panel = market.at_day(asked_day(market, day))
    rows = [
        row
        for row in panel.announcements
        if wanted in (None, row.symbol) and kind in (None, row.kind) and (first is None or row.known_at.date() >= first)
    ]
    rows.sort(key=lambda row: (row.known_at, row.announcement_id), reverse=True)
    return Rows("announcements", [asdict(row) for row in rows], panel.stands_on())
