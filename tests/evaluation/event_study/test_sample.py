"""Day 0, merging, and what else a firm announced near an event."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.evaluation import event_study as es
from screener.evaluation.event_study import sample
from screener.point_in_time.announcements import Announcement
from tests.evaluation.event_study.cases import FIRST, A, B, event
from tests.point_in_time.markets import sessions

DAYS = list(sessions(30, FIRST))


def announced(known_at: datetime, basis: str, day: date | None = None) -> Announcement:
    return Announcement("X", A, day or known_at.date(), known_at, basis, "order", "", "reported")


MONDAY, FRIDAY, SATURDAY = datetime(2025, 3, 10), datetime(2025, 3, 7), datetime(2025, 3, 8)


@pytest.mark.parametrize(
    ("known_at", "basis", "day0", "flags"),
    [
        (MONDAY.replace(hour=8), "exchange_time", date(2025, 3, 10), ()),
        (MONDAY.replace(hour=9, minute=15), "exchange_time", date(2025, 3, 10), ("intraday",)),
        (MONDAY.replace(hour=15), "exchange_time", date(2025, 3, 11), ()),
        (FRIDAY.replace(hour=18), "exchange_time", date(2025, 3, 10), ()),
        (FRIDAY.replace(hour=23, minute=59, second=59), "press_report", date(2025, 3, 10), ()),
        (SATURDAY.replace(hour=12), "exchange_time", date(2025, 3, 10), ()),
        (MONDAY.replace(hour=23, minute=59, second=59), "date_only", date(2025, 3, 10), ("day0_uncertain",)),
        (SATURDAY.replace(hour=23, minute=59, second=59), "date_only", date(2025, 3, 10), ("day0_uncertain",)),
        (MONDAY.replace(hour=18), "price_inferred", date(2025, 3, 10), ("day0_uncertain",)),
    ],
)
def test_day_zero(known_at: datetime, basis: str, day0: date, flags: tuple[str, ...]) -> None:
    t, found = sample.day_zero(announced(known_at, basis), DAYS, es.Reading.PRINTED)
    assert (DAYS[t], found) == (day0, flags)


def test_the_other_reading_moves_only_what_is_uncertain() -> None:
    dated = announced(MONDAY, "date_only")
    timed = announced(MONDAY.replace(hour=8), "exchange_time")
    moved = [sample.day_zero(row, DAYS, es.Reading.AFTER)[0] for row in (dated, timed)]
    assert moved == [6, 5]


@given(
    st.lists(st.tuples(st.sampled_from([A, B]), st.integers(-1, 31), st.sampled_from(["date_only", "exchange_time"])))
)
def test_the_session_after_is_as_dated_anew(told: list[tuple[str, int, str]]) -> None:
    evening = datetime.combine(FIRST, time(20))
    rows = [
        replace(announced(evening + timedelta(day), basis), announcement_id=f"{k}", symbol=symbol)
        for k, (symbol, day, basis) in enumerate(told)
    ]
    printed, after = (sample.dated(rows, DAYS, reading, 5) for reading in es.Reading)
    assert sample.read_after(rows, DAYS, 5, printed) == after


def test_events_of_a_firm_within_the_gap_are_one_dated_at_the_first() -> None:
    found = sample.merged([event(10, name="a"), event(15, name="b"), event(16, name="c"), event(12, B, "d")], gap=5)
    assert [(e.symbol, e.row, e.announcements) for e in found] == [
        (A, 10, ("a", "b")),
        (B, 12, ("d",)),
        (A, 16, ("c",)),
    ]
    assert "merged" in found[0].flags


@given(st.lists(st.integers(0, 200), max_size=30), st.integers(1, 20))
def test_merged_events_never_stand_closer_than_the_gap(days: list[int], gap: int) -> None:
    found = sample.merged([event(day, name=str(k)) for k, day in enumerate(days)], gap)
    assert all(b.row - a.row > gap for a, b in pairwise(found))
    assert sum(len(e.announcements) for e in found) == len(days)


def cell(t: int, name: str, symbol: str = A) -> tuple[int, int, Announcement]:
    return t, 0, Announcement(name, symbol, FIRST, datetime(2025, 3, 3), "date_only", "order", "", "reported")


def test_what_a_firm_announced_near_an_event_confounds_it_in_the_order_of_release() -> None:
    cells = [
        cell(11, "late"),
        cell(9, "before"),
        cell(10, "X"),
        cell(8, "far"),
        cell(10, "other firm", B),
        cell(12, "after"),
    ]
    near, alone = sample.with_others([event(10), event(30)], sample.days_by_firm(cells), (0, 1))
    assert near.others == ("late order", "before order") and near.flags == ("confounded",)
    assert (alone.others, alone.flags) == ((), ())


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from([A, B])), max_size=40), st.integers(0, 40))
def test_neighbours_are_those_of_a_plain_search(cells: list[tuple[int, str]], row: int) -> None:
    made = [cell(t, f"n{k}", symbol) for k, (t, symbol) in enumerate(cells)]
    plain = [f"n{k} order" for k, (t, symbol) in enumerate(cells) if symbol == A and row - 2 <= t <= row + 3]
    (found,) = sample.with_others([event(row)], sample.days_by_firm(made), (-1, 3))
    assert list(found.others) == plain
