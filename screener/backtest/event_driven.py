"""Holding rules that event strategies share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from weakref import WeakKeyDictionary

from screener.core.calendar import add_months
from screener.core.config import DECISION_TIME
from screener.point_in_time.announcements import Commitment
from screener.point_in_time.panel import Panel, memo_of

Wanted = Callable[[Commitment], bool]
Ages = tuple[tuple[int, str], ...]


def hold_after(panel: Panel, wanted: Wanted, sessions: int) -> dict[str, float] | None:
    """Equal weight over firms with a `wanted` commitment first usable in the last `sessions` sessions.

    None while the set of firms is the one of the session before, so that nothing is traded for rounding alone.
    """
    ages = _ages(panel, wanted)
    held = {symbol for age, symbol in ages if age < sessions}
    before = {symbol for age, symbol in ages if 1 <= age <= sessions}
    if held == before and not panel.first_decision:
        return None
    return {symbol: 1 / len(held) for symbol in sorted(held)}


# The variants of a sweep ask the same panels the same question. One answer is kept a panel, as long as the panel lives.
_ASKED: WeakKeyDictionary[Panel, tuple[Wanted, Ages]] = WeakKeyDictionary()


def _ages(panel: Panel, wanted: Wanted) -> Ages:
    """(sessions since it could first be used, symbol) of each wanted commitment."""
    asked = _ASKED.get(panel)
    if asked is None or asked[0] is not wanted:
        asked = _ASKED[panel] = wanted, tuple((panel.age(row), row.symbol) for row in panel.commitments if wanted(row))
    return asked[1]


Standing = tuple[tuple[datetime, datetime, date, str], ...]  # known at, followed by another at, last day, symbol


def follow_ratings(panel: Panel, rating: str, months: int, broker: str = "") -> dict[str, float] | None:
    """Equal weight over firms of the universe that some broker rates `rating` now.

    A rating stands from the session after it was known until the same broker says something else about the firm,
    `months` at most. broker: one of them alone. None while the set of firms is the one of the session before, but on
    the first session of a month, when firms that have entered the universe meanwhile come in.
    """
    stands, previous = _standing(panel, rating, months, broker), panel.previous_session
    held = _held(stands, panel.as_of)
    before = _held(stands, datetime.combine(previous, DECISION_TIME)) if previous else None
    if held == before and not (panel.is_first_of_month or panel.first_decision):
        return None
    firms = sorted(held.intersection(panel.tradable_universe()))
    return {symbol: 1 / len(firms) for symbol in firms}


def _held(stands: Standing, moment: datetime) -> set[str]:
    day = moment.date()
    return {symbol for known, ended, last, symbol in stands if known < moment < ended and day <= last}


def _standing(panel: Panel, rating: str, months: int, broker: str) -> Standing:
    """The spells of a rating among those known by now; kept until one more is known."""
    memo, asked = memo_of(panel), ("ratings", rating, months, broker, len(panel.ratings))
    if asked not in memo:
        told = [row for row in panel.ratings if row.rating is not None and broker in ("", row.broker)]
        following: dict[tuple[str, str], datetime] = {}
        spells = []
        for row in reversed(told):
            ended = following.get((row.broker, row.symbol), datetime.max)
            following[row.broker, row.symbol] = row.known_at
            if row.rating == rating:
                spells.append((row.known_at, ended, add_months(row.report_date, months), row.symbol))
        memo[asked] = tuple(spells)
    stands: Standing = memo[asked]
    return stands
