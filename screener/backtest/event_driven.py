"""Holding rules that event strategies share."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from screener.core.calendar import add_months
from screener.core.config import DECISION_TIME, Universe
from screener.core.watched import Watched
from screener.point_in_time.announcements import Commitment
from screener.point_in_time.panel import Panel, commitments_from, first_used, known_counts, memo_of

Wanted = Callable[[Commitment], bool]


def hold_after(panel: Panel, wanted: Wanted, sessions: int) -> dict[str, float] | None:
    """Equal weight over firms with a `wanted` commitment first usable in the last `sessions` sessions.

    None while the set of firms is the one of the session before, so that nothing is traded for rounding alone.
    """
    symbols, entries = _recent(panel, wanted, sessions)
    since, today = bisect_right(entries, panel.t - sessions), bisect_left(entries, panel.t)
    held, before = _may_hold(panel, {*symbols[since:]}), _may_hold(panel, {*symbols[:today]}, before=True)
    if held == before and not panel.first_decision:
        return None
    return {symbol: 1 / len(held) for symbol in sorted(held)}


def _may_hold(panel: Panel, symbols: set[str], *, before: bool = False) -> set[str]:
    """Without firms that a list does not hold, now or at the decision before; the other rules follow orders."""
    if panel.rule is Universe.REPORT:
        return symbols.intersection(panel.universe)
    if not isinstance(panel.rule, Watched):
        return symbols
    day = panel.previous_session if before else None
    moment = datetime.combine(day, DECISION_TIME) if day else panel.as_of
    return {symbol for symbol in symbols if panel.rule.holds(symbol, moment)}


@dataclass
class _Asked:
    """The places begin ≤ place < end of the commitments that were asked about; of those of them that were wanted the
    firms, the places in order and the first sessions."""

    begin: int
    end: int
    symbols: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)


def _recent(panel: Panel, wanted: Wanted, sessions: int) -> tuple[Sequence[str], Sequence[int]]:
    """The firms of wanted commitments that could first be used at most `sessions` sessions ago, and in which session
    each could.

    Older ones are not asked about, and in a run from session to session each of the others once.
    """
    memo, (known, _, _) = memo_of(panel), known_counts(panel)
    begin, key = first_used(panel, panel.t - sessions), ("wanted", wanted)
    asked: _Asked | None = memo.get(key)
    if asked is None or not asked.begin <= begin <= asked.end:
        asked = memo[key] = _Asked(begin, begin)
    for row in commitments_from(panel, asked.end):
        if wanted(row):
            asked.symbols.append(row.symbol)
            asked.places.append(asked.end)
            asked.entries.append(panel.t - panel.age(row))
        asked.end += 1
    recent = slice(bisect_left(asked.entries, panel.t - sessions), bisect_left(asked.places, known))
    return asked.symbols[recent], asked.entries[recent]


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
