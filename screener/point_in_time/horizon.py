"""How far past its last session a store may be asked: a backlog of one day over a price of another one is no score.

1. Up to the last session with prices every day may be asked.
2. After it, a day up to STALE_SESSIONS later that has come: its answers say how old their prices are.
3. Any later day is refused. Sessions after the known calendar are counted as weekdays.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from screener.core.calendar import Calendar
from screener.core.config import END_OF_DAY, STALE_SESSIONS
from screener.core.errors import CalendarGap, UsageError
from screener.point_in_time.market import Market


def within(market: Market, day: date, today: date) -> date:
    """`day`, if the market can be asked about it. Raises CalendarGap naming the last day that can."""
    last = market.last_session() if len(market.sessions) else None
    if last is not None and day <= last:
        return day
    if day > today:
        until = max(today, last) if last else today
        raise _refused("that day has not come yet", day, f"{until} or earlier", last)
    if last is not None and (count := sessions_between(market.calendar, last, day)) > STALE_SESSIONS:
        told = f"at most {STALE_SESSIONS} sessions after the last one in the store, {last}"
        raise _refused(f"the prices end {count} sessions before that day", day, told, last)
    return day


def cut(market: Market, day: date) -> Market:
    """The market as if nothing after a day had ever happened.

    Raises StoreError without prices, UsageError before the first one: there is nothing to show.
    """
    market.last_session()
    found = market.until(datetime.combine(day, END_OF_DAY))
    if not len(found.sessions):
        raise UsageError("no prices by that day", got=day, expected=f"{market.sessions[0]} or later")
    return found


def sessions_between(calendar: Calendar, after: date, until: date) -> int:
    """Sessions later than `after`, up to `until`; weekdays where the calendar ends before."""
    known = len(calendar.between(after + timedelta(days=1), until))
    start = max(after, calendar.last)
    weekdays = (start + timedelta(days=n) for n in range(1, (until - start).days + 1))
    return known + sum(day.weekday() < 5 for day in weekdays)


def _refused(what: str, day: date, expected: str, last: date | None) -> CalendarGap:
    step = f"ask about {last}, or screener fetch" if last else "screener fetch"
    return CalendarGap(what, got=day, expected=expected, next_step=step)
