from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.screen.burn import fraction_left, months_between, quarter_of, quarter_starts

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("start", "day", "months"),
    [
        (date(2025, 1, 15), date(2025, 1, 15), 0.0),
        (date(2025, 1, 15), date(2025, 2, 15), 1.0),
        (date(2025, 1, 15), date(2025, 1, 30), 15 / 31),
        (date(2025, 2, 15), date(2025, 3, 1), 14 / 28),
        (date(2025, 1, 31), date(2025, 2, 28), 1.0),
        (date(2025, 1, 31), date(2025, 3, 14), 1 + 14 / 31),
        (date(2024, 6, 30), date(2027, 6, 30), 36.0),
    ],
)
def test_months_are_calendar_months_and_the_started_one_goes_by_days(start: date, day: date, months: float) -> None:
    assert months_between(start, day) == pytest.approx(months, abs=1e-12)


@given(start=DAYS, months=st.integers(1, 120), day=DAYS)
def test_work_left_never_grows_and_stays_between_none_and_all(start: date, months: int, day: date) -> None:
    today, tomorrow = fraction_left(start, months, day), fraction_left(start, months, day + timedelta(days=1))
    assert 0.0 <= tomorrow <= today <= 1.0


@given(start=DAYS, months=st.integers(1, 120))
def test_work_runs_from_its_start_to_its_last_day(start: date, months: int) -> None:
    from screener.core.calendar import add_months

    end = add_months(start, months)
    assert fraction_left(start, months, start) == 1.0 and fraction_left(start, months, end) == 0.0
    assert 0.0 < fraction_left(start, months, end - timedelta(days=1)) < 1.0


def test_quarters_start_after_the_day_and_reach_past_the_end() -> None:
    starts = quarter_starts(date(2025, 11, 20), date(2026, 4, 2))
    assert starts == [date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1)]
    assert [quarter_of(day) for day in starts] == ["2026Q1", "2026Q2", "2026Q3"]
