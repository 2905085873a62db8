from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.calendar import add_months, first_of_next_month, packaged_calendar
from screener.core.errors import CalendarGap

D = date.fromisoformat


@pytest.mark.parametrize(
    ("month", "months", "expected"),
    [
        ("2026-08-31", 6, "2027-02-28"),
        ("2026-06-30", 6, "2026-12-30"),
        ("2023-08-31", 6, "2024-02-29"),
        ("2026-01-31", -1, "2025-12-31"),
        ("2026-06-22", 12, "2027-06-22"),
    ],
)
def test_months_keep_the_day_or_clip_to_the_month_end(month: str, months: int, expected: str) -> None:
    assert add_months(D(month), months) == D(expected)


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_the_next_month_starts_on_its_first(day: date) -> None:
    following = first_of_next_month(day)
    assert following.day == 1 and 1 <= (following - day).days <= 31


@pytest.mark.parametrize(
    ("ask", "day", "expected"),
    [
        ("on_or_after", "2024-10-01", "2024-10-08"),
        ("after", "2024-09-30", "2024-10-08"),
        ("on_or_before", "2024-10-07", "2024-09-30"),
        ("before", "2026-06-22", "2026-06-18"),
    ],
)
def test_holidays_are_stepped_over(ask: str, day: str, expected: str) -> None:
    assert getattr(packaged_calendar(), ask)(D(day)) == D(expected)


def test_a_date_past_the_last_session_fails_loudly() -> None:
    with pytest.raises(CalendarGap, match="known sessions"):
        packaged_calendar().after(packaged_calendar().last)


def test_offset_counts_sessions() -> None:
    assert packaged_calendar().offset(D("2024-09-30"), 1) == D("2024-10-08")
