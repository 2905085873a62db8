"""Days as people write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.days import day_of, is_before_today
from screener.core.errors import UsageError

NOW = "2026-03-31T08:00:00"
WRITTEN = ("{0:%Y-%m-%d}", "{0:%Y%m%d}", "{0:%Y/%m/%d}", "{0.year}/{0.month}/{0.day}", "{0.year}年{0.month}月{0.day}日")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCREENER_NOW", NOW)


@given(st.dates(date(1000, 1, 1)), st.sampled_from(WRITTEN))
def test_every_spelling_of_a_day_is_that_day(day: date, shape: str) -> None:
    assert day_of(shape.format(day)) == day == day_of(day) == day_of(datetime(day.year, day.month, day.day, 23))


@given(st.text(max_size=12) | st.from_regex(r"-?\d{1,9}[dwmy]?", fullmatch=True))
def test_any_text_is_a_day_or_one_sentence(text: str) -> None:
    try:
        assert isinstance(day_of(text), date)
    except UsageError as error:
        assert error.what == "date not understood" and "\n" not in str(error)


@given(st.integers(0, 700_000))
def test_days_before_today_are_counted_in_days(count: int) -> None:
    assert day_of(f"-{count}d") == date(2026, 3, 31) - timedelta(days=count)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", date(2026, 3, 31)),
        ("今天", date(2026, 3, 31)),
        (" Yesterday ", date(2026, 3, 30)),
        ("-1m", date(2026, 2, 28)),  # there is no 31st of February
        ("-1Y", date(2025, 3, 31)),
        ("-2w", date(2026, 3, 17)),
        ("２０２６－０６－３０", date(2026, 6, 30)),
        ("2026年 6月 30日", date(2026, 6, 30)),
        ("2026.6.30", date(2026, 6, 30)),
    ],
)
def test_words_and_full_width_are_read(text: str, day: date) -> None:
    assert day_of(text) == day


@pytest.mark.parametrize(
    "text",
    ["", "30.6.2026", "2026-6/30", "2026-06-31", "2026-13-01", "-0001y1", "-999999y", "+3d", "2026年6-30"],
)
def test_what_may_mean_something_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected a day like 2026-06-30"):
        day_of(text)


def test_only_a_time_before_today_looks_like_an_option() -> None:
    assert is_before_today("-30d") and not any(map(is_before_today, ("--csv", "-d", "2026-06-30", "today")))
