"""Sessions of the Shanghai and Shenzhen exchanges. Fails loudly past the last session it knows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache

from screener.core.errors import CalendarGap
from screener.core.resources import tables_dir


class Calendar:
    """An immutable, sorted list of sessions."""

    def __init__(self, sessions: Iterable[date]) -> None:
        self._sessions: Sequence[date] = tuple(sorted(set(sessions)))
        if not self._sessions:
            raise CalendarGap("no sessions", expected="at least one session", next_step="screener status")

    @property
    def first(self) -> date:
        """First session known."""
        return self._sessions[0]

    @property
    def last(self) -> date:
        """Last session known."""
        return self._sessions[-1]

    def with_sessions(self, further: Iterable[date]) -> Calendar:
        """This calendar and further sessions; itself where none is new."""
        new = set(further).difference(self._sessions)
        return Calendar((*self._sessions, *new)) if new else self

    def on_or_after(self, day: date) -> date:
        """The first session not before `day`."""
        return self._at(bisect_left(self._sessions, day), day)

    def after(self, day: date) -> date:
        """The first session later than `day`."""
        return self._at(bisect_right(self._sessions, day), day)

    def on_or_before(self, day: date) -> date:
        """The last session not later than `day`."""
        return self._at(bisect_right(self._sessions, day) - 1, day)

    def before(self, day: date) -> date:
        """The last session earlier than `day`."""
        return self._at(bisect_left(self._sessions, day) - 1, day)

    def offset(self, session: date, count: int) -> date:
        """The session `count` sessions away from `session` (negative: earlier)."""
        return self._at(bisect_left(self._sessions, self.on_or_after(session)) + count, session)

    def between(self, first: date, last: date) -> Sequence[date]:
        """Sessions from `first` to `last`, both included."""
        return self._sessions[bisect_left(self._sessions, first) : bisect_right(self._sessions, last)]

    def _at(self, index: int, asked: date) -> date:
        if not 0 <= index < len(self._sessions):
            raise self._gap(asked)
        return self._sessions[index]

    def _within(self, day: date) -> None:
        if not self.first <= day <= self.last:
            raise self._gap(day)

    def _gap(self, day: date) -> CalendarGap:
        return CalendarGap(
            "date outside the known sessions",
            got=day,
            expected=f"{self.first} … {self.last}",
            next_step="screener fetch --only calendar",
        )


@lru_cache(maxsize=1)
def packaged_calendar() -> Calendar:
    """The sessions that travel with the package (data/tables/sessions.csv)."""
    heading, *rows = (tables_dir() / "sessions.csv").read_text(encoding="utf-8").splitlines()
    column = heading.split(",").index("session")
    # Without `csv`, which takes three times as long, and every command pays for it.
    return Calendar([date.fromisoformat(row.split(",", column + 1)[column]) for row in rows])


def add_months(day: date, months: int) -> date:
    """Same day number `months` calendar months later, clipped to the month's end."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(years, month + 1, 1)
    length = (first_of_next_month(first) - first).days
    return first.replace(day=min(day.day, length))


def first_of_next_month(day: date) -> date:
    """The first day of the month after `day`."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
