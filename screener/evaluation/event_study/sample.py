"""From announcements to events: day 0, what is uncertain about it, and what happened together.

1. A time of release is known: before 09:15 of session s → s; 09:15–15:00 → s, flagged `intraday`; later → the session
   after. A press item that is dated but carries no time counts as the evening of its day.
2. Only a date is known: printed day = the first session on or after it, flagged `day0_uncertain`; the other reading is
   the session after. Dates roll forward, never back.
3. A halted day 0 moves to the resumption, flagged; after more than 10 sessions without trade the event is left out.
4. Announcements of one firm within `gap` sessions of the first are one event with a set of kinds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from enum import StrEnum
from operator import itemgetter

import numpy as np

from screener.core.arrays import Ints
from screener.core.config import CLOSE_TIME, DECISION_TIME
from screener.evaluation.event_study.kinds import EventKind, firm_work
from screener.evaluation.event_study.series import Stack
from screener.point_in_time.announcements import Announcement, Commitment
from screener.point_in_time.market import Market

EXACT = ("exchange_time", "press_report")
MERGE_SESSIONS = 5
LONGEST_HALT = 10


class Reading(StrEnum):
    """Which session is day 0 where only a date is known."""

    PRINTED = "printed"
    AFTER = "after"


@dataclass(frozen=True)
class Event:
    """One event of one firm; `row` and `day0` are the session of day 0, `others` what else it announced near."""

    symbol: str
    row: int
    day0: date
    event_date: date
    basis: str | None
    announcements: tuple[str, ...]
    kinds: tuple[str, ...]
    flags: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dropped:
    """An announcement that is not in the test, and why."""

    announcement: str
    symbol: str
    event_date: date
    reason: str


# What the first line calls a reason that carries a number or a sentence.
_SHORT = (
    ("to estimate from", "too young"),
    ("halted for", "halted too long"),
    ("window not over", "window not over"),
    ("the benchmark or", "without a return of the index"),
)


def in_short(reasons: Mapping[str, int]) -> dict[str, int]:
    """Events by reason as the first line counts them: `39 days to estimate from: too few` → `too young`."""
    counts: dict[str, int] = {}
    for reason, count in reasons.items():
        short = next((short for part, short in _SHORT if part in reason), reason)
        counts[short] = counts.get(short, 0) + count
    return counts


def day_zero(row: Announcement, sessions: Sequence[date], reading: Reading) -> tuple[int, tuple[str, ...]]:
    """(session index, flags) of an announcement; the index is len(sessions) or more past the last one."""
    if row.known_at_basis not in EXACT:
        return bisect_left(sessions, row.event_date) + (reading is Reading.AFTER), ("day0_uncertain",)
    day, moment = row.known_at.date(), row.known_at.time()
    first = bisect_left(sessions, day)
    on_session = first < len(sessions) and sessions[first] == day
    if on_session and moment >= CLOSE_TIME:
        return first + 1, ()
    return first, ("intraday",) if on_session and _in_hours(moment) else ()


def _in_hours(moment: time) -> bool:
    return DECISION_TIME <= moment < CLOSE_TIME


def events_of(
    market: Market, kind: EventKind, reading: Reading, gap: int = MERGE_SESSIONS
) -> tuple[list[Event], list[Dropped]]:
    """Events of a kind in order of day 0, before any look at prices, and those outside the bars."""
    return dated(announced_as(market, kind), market.sessions.tolist(), reading, gap)


def announced_as(market: Market, kind: EventKind) -> list[Announcement]:
    """Announcements that are events of a kind."""
    told, work = commitments_by_announcement(market), firm_work(market)
    return [row for row in market.announcements if kind.holds(row, told.get(row.announcement_id, ()), work)]


def dated(
    rows: Sequence[Announcement], sessions: Sequence[date], reading: Reading, gap: int
) -> tuple[list[Event], list[Dropped]]:
    """As `events_of`, of these announcements."""
    found, dropped = [], []
    for row in rows:
        t, flags = day_zero(row, sessions, reading)
        before = row.event_date < sessions[0] if sessions else True
        if before or t >= len(sessions):
            reason = "before the first bar" if before else "after the last bar"
            dropped.append(Dropped(row.announcement_id, row.symbol, row.event_date, reason))
            continue
        found.append(
            Event(
                row.symbol,
                t,
                sessions[t],
                row.event_date,
                row.known_at_basis,
                (row.announcement_id,),
                (row.kind,),
                flags,
            )
        )
    return merged(found, gap), dropped


def read_after(
    rows: Sequence[Announcement], sessions: Sequence[date], gap: int, printed: tuple[list[Event], list[Dropped]]
) -> tuple[list[Event], list[Dropped]]:
    """As `dated` on the session after; the events of firms whose announcements all have their time are the printed."""
    moved = {row.symbol for row in rows if row.known_at_basis not in EXACT}
    events, dropped = dated([row for row in rows if row.symbol in moved], sessions, Reading.AFTER, gap)
    events += [event for event in printed[0] if event.symbol not in moved]
    dropped += [row for row in printed[1] if row.symbol not in moved]
    told = {row.announcement: row for row in dropped}
    in_order = [told[row.announcement_id] for row in rows if row.announcement_id in told]
    return sorted(events, key=lambda event: (event.row, event.symbol)), in_order


def merged(events: Sequence[Event], gap: int) -> list[Event]:
    """Events of one firm within `gap` sessions of the first become that first one."""
    kept: list[Event] = []
    latest: dict[str, int] = {}
    for event in sorted(events, key=lambda e: (e.row, e.symbol, e.announcements)):
        at = latest.get(event.symbol)
        if at is not None and event.row - kept[at].row <= gap:
            first = kept[at]
            kept[at] = replace(
                first,
                announcements=first.announcements + event.announcements,
                kinds=tuple(dict.fromkeys(first.kinds + event.kinds)),
                flags=tuple(dict.fromkeys((*first.flags, *event.flags, "merged"))),
            )
            continue
        latest[event.symbol] = len(kept)
        kept.append(event)
    return kept


def commitments_by_announcement(market: Market) -> Mapping[str, list[Commitment]]:
    """Announcement → its commitments."""
    found: dict[str, list[Commitment]] = defaultdict(list)
    for commitment in market.commitments:
        found[commitment.announcement_id].append(commitment)
    return found


def all_days(market: Market) -> list[tuple[int, int, Announcement]]:
    """(printed session, column, announcement) of every announcement inside the bars."""
    cells, sessions = [], market.sessions.tolist()
    for row in market.announcements:
        t, _ = day_zero(row, sessions, Reading.PRINTED)
        if sessions and row.event_date >= sessions[0] and t < len(sessions):
            cells.append((t, market.index_of(row.symbol), row))
    return cells


@dataclass(frozen=True)
class FirmDays:
    """What one firm announced: printed sessions, rising; announcements with their place in the order of release."""

    sessions: list[int]
    rows: list[tuple[int, Announcement]]

    def between(self, first: int, last: int) -> list[Announcement]:
        """Announcements of these sessions, both included, in the order of release."""
        found = self.rows[bisect_left(self.sessions, first) : bisect_right(self.sessions, last)]
        return [row for _, row in sorted(found, key=itemgetter(0))]


def days_by_firm(cells: Sequence[tuple[int, int, Announcement]]) -> dict[str, FirmDays]:
    """Cells of `all_days` by firm."""
    grouped: dict[str, list[tuple[int, int, Announcement]]] = defaultdict(list)
    for k, (t, _, row) in enumerate(cells):
        grouped[row.symbol].append((t, k, row))
    days = {}
    for symbol, found in grouped.items():
        found.sort(key=itemgetter(0, 1))
        days[symbol] = FirmDays([t for t, _, _ in found], [(k, row) for _, k, row in found])
    return days


def with_others(events: Sequence[Event], days: Mapping[str, FirmDays], span: tuple[int, int]) -> list[Event]:
    """Flags `confounded` where the firm announced something else inside the event window (sessions around day 0)."""
    out = []
    for event in events:
        near = days[event.symbol].between(event.row + span[0] - 1, event.row + span[1]) if event.symbol in days else []
        others = tuple(
            f"{row.announcement_id} {row.kind}" for row in near if row.announcement_id not in event.announcements
        )
        out.append(replace(event, others=others, flags=(*event.flags, "confounded")) if others else event)
    return out


def placed(stack: Stack, firms: Ints, rows: Ints, last_offset: int) -> tuple[Ints, Ints, dict[int, str]]:
    """Day 0 of J events of `firms` on the sessions `rows`: resumption after a halt counts as day 0.

    ((J,) its position in the firm's traded days, (J,) sessions it was put off, event → why it is left out).
    """
    positions, lengths = stack.positions(firms, rows), stack.lengths[firms]
    index, traded = stack.find(firms, positions[:, None])
    waited = np.zeros(len(rows), dtype=np.int64)
    there = traded[:, 0]
    waited[there] = stack.rows[index[there, 0]] - rows[there]
    why = {int(i): "no trade after it" for i in np.flatnonzero(~there)}
    why |= {int(i): f"halted for {waited[i]} sessions" for i in np.flatnonzero(waited > LONGEST_HALT)}
    cut = there & (waited <= LONGEST_HALT) & (positions + last_offset >= lengths)
    why |= dict.fromkeys(np.flatnonzero(cut).tolist(), "window not over: the bars end inside it")
    return positions, waited, why
