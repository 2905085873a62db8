"""The packaged sessions are what the script makes of the calendar, and the calendar fails loudly past them."""

from __future__ import annotations

import runpy
from collections import Counter
from datetime import date

import pytest

from screener.core.calendar import packaged_calendar
from screener.core.errors import CalendarGap
from screener.core.resources import tables_dir
from screener.core.tables import packaged


def test_the_script_reproduces_the_file() -> None:
    script = tables_dir().parent / "make_sessions.py"
    if not script.is_file():
        pytest.skip("the script travels with the checkout, not with the package")
    made = runpy.run_path(str(script))
    assert made["as_csv"](made["sessions"]()) == (tables_dir() / "sessions.csv").read_text(encoding="utf-8")


def test_sessions_are_sorted_weekdays_without_repeats() -> None:
    days = packaged("sessions")["session"].to_list()
    assert days == sorted(set(days))
    assert {day.isoweekday() for day in days} == {1, 2, 3, 4, 5}
    assert (days[0], days[-1]) == (date(2005, 1, 4), date(2026, 12, 31))


@pytest.mark.parametrize(("year", "count"), [(2024, 242), (2025, 243), (2026, 242)])
def test_sessions_per_year(year: int, count: int) -> None:
    assert Counter(day.year for day in packaged("sessions")["session"])[year] == count


@pytest.mark.parametrize("day", ["2024-02-09", "2024-10-07", "2025-01-28", "2025-10-08", "2026-02-23", "2026-06-19"])
def test_closures_are_no_sessions(day: str) -> None:
    assert packaged_calendar().on_or_after(date.fromisoformat(day)) != date.fromisoformat(day)


def test_the_calendar_fails_past_its_last_session() -> None:
    calendar = packaged_calendar()
    with pytest.raises(CalendarGap):
        calendar.after(date(2026, 12, 31))
    with pytest.raises(CalendarGap):
        calendar.on_or_after(date(2027, 1, 4))


def test_steps_between_sessions() -> None:
    calendar = packaged_calendar()
    assert calendar.after(date(2026, 2, 13)) == date(2026, 2, 24)
    assert calendar.on_or_after(date(2025, 3, 8)) == date(2025, 3, 10)
    assert calendar.before(date(2024, 10, 8)) == date(2024, 9, 30)
    assert calendar.offset(date(2024, 9, 30), 1) == date(2024, 10, 8)
