"""Realised bands of one rating: edges, dates, statuses, both forms, both bases."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.errors import ScreenerError
from screener.core.tables import packaged
from screener.evaluation import rating as rt
from tests.cases import drawn
from tests.evaluation.rating.world import (
    CALENDAR,
    FLAT,
    LATE,
    SIX,
    START,
    SYMBOL,
    TWELVE,
    WEEKDAYS,
    WINNER,
    market,
    rated,
    ratings,
    series,
)


def verdict(reading: str, prices: rt.PriceSeries, *, benchmark: rt.PriceSeries = FLAT, as_of: date = LATE, **more: Any):  # type: ignore[no-untyped-def]
    found = rt.evaluate(more.pop("rating", rated()), prices, benchmark, CALENDAR, as_of, **more)
    return next(v for v in found if v.reading == reading)


@pytest.mark.parametrize(
    ("price", "level", "band"),
    [
        (11.0, 100.0, rt.UP),
        (10.99, 100.0, rt.NEUTRAL),
        (9.0, 100.0, rt.DOWN),
        (9.01, 100.0, rt.NEUTRAL),
        (13.0, 120.0, rt.UP),  # 1.3 − 1.2 is 0.10000000000000009 or less in floats
        (12.3, 113.0, rt.UP),
        (11.1, 121.0, rt.DOWN),
    ],
)
def test_exact_edges_belong_to_the_outer_bands(price: float, level: float, band: str) -> None:
    got = verdict("E6", series({START: 10.0, SIX: price}), benchmark=series({START: 100.0, SIX: level}))
    assert (got.status, got.band) == ("final", band)


@settings(max_examples=drawn(100))
@given(st.integers(1, 500), st.integers(1, 500), st.integers(-1, 1))
def test_edges_hold_for_any_price(p0: int, b0: int, cents: int) -> None:
    """own = other + 10 % exactly, and one cent beside it."""
    price, base = (p0 * 15) / 10 + cents / 100, float(p0)
    got = rt.relative_return(
        series({START: base, SIX: price}), series({START: float(b0), SIX: b0 * 14 / 10}), START, SIX
    )
    assert got is not None
    assert got.arithmetic == Fraction(1, 10) + Fraction(cents, 100 * p0)
    assert (rt.band_of(got.arithmetic) == rt.UP) is (cents >= 0)


@pytest.mark.parametrize(
    ("day", "months", "end", "unknown"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28), True),
        (date(2024, 8, 31), 6, date(2025, 2, 28), False),
        (date(2025, 8, 31), 6, date(2026, 2, 27), False),  # the 28th is a Saturday
        (date(2025, 6, 20), 6, date(2025, 12, 19), False),
        (date(2026, 6, 30), 6, date(2026, 12, 30), False),
        (date(2026, 6, 30), 12, date(2027, 6, 30), True),
    ],
)
def test_horizon_is_clipped_and_rolled_back(day: date, months: int, end: date, unknown: bool) -> None:
    assert rt.horizon_end(day, months, CALENDAR) == (end, unknown)


@pytest.mark.parametrize(
    ("as_of", "statuses"),
    [
        (date(2025, 1, 14), ["pending"] * 4),
        (SIX - timedelta(days=1), ["pending"] * 4),
        (SIX, ["final", "partial", "partial", "partial"]),
        (TWELVE - timedelta(days=1), ["final", "partial", "partial", "partial"]),
        (TWELVE, ["final"] * 4),
    ],
)
def test_status_follows_the_as_of_date(as_of: date, statuses: list[str]) -> None:
    got = rt.evaluate(rated(), series({START: 10.0, SIX: 12.0}), FLAT, CALENDAR, as_of)
    assert [v.status for v in got] == statuses
    assert all(v.band is None and v.relative_return is None for v in got if v.status != "final")


def test_pending_shows_the_way_so_far_without_a_band() -> None:
    got = verdict("E6", series({START: 10.0, date(2025, 3, 3): 12.0}), as_of=date(2025, 4, 1))
    assert (got.so_far, got.so_far_band, got.so_far_date) == (pytest.approx(0.2), rt.UP, date(2025, 4, 1))
    assert got.band is None


def test_nothing_after_the_as_of_date_is_used() -> None:
    calm, wild = series({START: 10.0}), series({START: 10.0, date(2025, 4, 2): 99.0})
    found = [rt.evaluate(rated(), prices, FLAT, CALENDAR, date(2025, 4, 1)) for prices in (calm, wild)]
    assert found[0] == found[1]


def test_mean_reading_is_the_mean_over_sessions() -> None:
    middle = date(2025, 10, 15)
    inside = [day for day in WEEKDAYS if SIX <= day <= TWELVE]
    expected = np.mean([0.3 if day >= middle else 0.0 for day in inside])
    got = verdict("W", series({START: 10.0, middle: 13.0}))
    assert got.relative_return == pytest.approx(expected)
    assert got.relative_return_geometric == pytest.approx(expected)


def test_extremes_are_an_upper_bound_and_never_a_verdict() -> None:
    got = verdict("A", series({START: 10.0, SIX: 8.0, date(2025, 9, 1): 12.0, date(2025, 9, 2): 10.0}))
    assert (got.highest, got.lowest, got.relative_return) == (pytest.approx(0.2), pytest.approx(-0.2), got.highest)
    assert (got.band, got.hit) == (None, None)


@pytest.mark.parametrize(("geometric", "band"), [(False, rt.UP), (True, rt.NEUTRAL)])
def test_forms_that_disagree_are_flagged(geometric: bool, band: str) -> None:
    got = verdict(
        "E6", series({START: 10.0, SIX: 15.0}), benchmark=series({START: 100.0, SIX: 140.0}), geometric=geometric
    )
    assert (got.band, got.forms_disagree) == (band, True)
    assert got.relative_return_arithmetic == 0.1
    assert got.relative_return_geometric == pytest.approx(15 / 14 - 1)


def test_the_close_before_is_shown_beside() -> None:
    got = verdict("E6", series({date(2024, 1, 1): 8.0, START: 10.0}))
    assert (got.relative_return, got.relative_return_from_close_before) == (0.0, 0.25)
    assert got.band_from_close_before == rt.UP


def test_a_report_of_a_sunday_starts_at_mondays_close() -> None:
    got = verdict("E6", FLAT, rating=rated(start=date(2025, 1, 19)))
    assert (got.start, got.horizon_end) == (date(2025, 1, 20), date(2025, 7, 18))


@pytest.mark.parametrize("band", [rt.NEUTRAL, rt.DOWN, rt.UNRATED])
def test_a_changed_rating_supersedes(band: str) -> None:
    changed = date(2025, 3, 3)
    prices = series({START: 10.0, changed: 11.5, SIX: 12.0})
    got = verdict("E6", prices, others=[rated(), rated(band, changed)])
    assert (got.status, got.superseded_on, got.band, got.relative_return) == ("superseded", changed, None, 0.15)
    assert (got.full_horizon_status, got.full_horizon_return, got.full_horizon_band) == ("final", 0.2, rt.UP)


@pytest.mark.parametrize(
    "other",
    [
        rated(start=date(2025, 3, 3), action="维持"),
        rated(rt.DOWN, date(2025, 7, 16)),  # after the six months
        rated(rt.DOWN, date(2025, 1, 2)),  # before
        rt.Rating("301396.SZ", "someone else", rt.DOWN, date(2025, 3, 3)),
        rt.Rating("300857.SZ", "broker", rt.DOWN, date(2025, 3, 3)),
    ],
)
def test_these_do_not_supersede(other: rt.Rating) -> None:
    assert verdict("E6", series({START: 10.0, SIX: 12.0}), others=[rated(), other]).status == "final"


def test_a_change_between_months_6_and_12_leaves_the_sixth_month_alone() -> None:
    found = rt.evaluate(rated(), FLAT, FLAT, CALENDAR, LATE, others=[rated(rt.DOWN, date(2025, 9, 1))])
    assert [v.status for v in found] == ["final", "superseded", "superseded", "superseded"]


def test_a_change_after_the_as_of_date_is_not_known() -> None:
    got = verdict("E6", FLAT, as_of=date(2025, 3, 1), others=[rated(rt.DOWN, date(2025, 3, 3))])
    assert got.status == "pending"


def test_a_halted_share_is_stale_and_keeps_its_last_close() -> None:
    got = verdict("E6", series({START: 10.0, date(2025, 3, 3): 12.0}, until=date(2025, 4, 1)))
    assert (got.status, got.band, got.so_far) == ("stale", None, pytest.approx(0.2))
    assert "2025-04-01 is older than the horizon end" in got.reason


def test_a_benchmark_that_ends_early_says_so() -> None:
    got = verdict("E6", FLAT, benchmark=series({START: 100.0}, until=date(2025, 4, 1)))
    assert (got.status, got.reason) == ("stale", "benchmark ends early: 2025-04-01")


def test_a_horizon_beyond_the_known_sessions_is_marked() -> None:
    case = rated(start=date(2026, 8, 31))
    pending, stale = (verdict("E6", FLAT, rating=case, as_of=day) for day in (date(2026, 9, 30), date(2027, 3, 1)))
    assert (pending.status, pending.session_unknown, pending.horizon_end) == ("pending", True, date(2027, 2, 28))
    assert (stale.status, stale.next_step) == ("stale", "screener fetch --only calendar")


def test_a_share_listed_after_the_report_has_no_base() -> None:
    days = np.array([day for day in WEEKDAYS if day > date(2025, 2, 3)], dtype="datetime64[D]")
    got = verdict("E6", rt.PriceSeries(days, np.ones(days.size)))
    assert (got.status, got.relative_return) == ("not_evaluable", None)


def test_every_candidate_date_gets_its_verdicts() -> None:
    found = rt.evaluate(rated(last=date(2025, 1, 20)), FLAT, FLAT, CALENDAR, LATE)
    assert sorted({v.candidate.day for v in found}) == [15, 16, 17, 20]
    assert len(found) == 16


@pytest.mark.parametrize("text", ["买入", "", "outperform"])
def test_an_unknown_rating_is_refused(text: str) -> None:
    with pytest.raises(ScreenerError, match="rating not understood"):
        rated(text)


def test_the_packaged_bands_say_the_same() -> None:
    for row in packaged("bands").filter(pl.col("low").is_not_null() | pl.col("high").is_not_null()).to_dicts():
        for edge, closed in ((row["low"], row["low_closed"]), (row["high"], row["high_closed"])):
            assert edge is None or (rt.band_of(rt.exact(edge)) == row["rating"]) is closed


@pytest.mark.parametrize(
    ("first", "then", "apart"),
    [
        ({"rating": rt.UP}, {"rating": rt.DOWN}, True),
        ({"rating": rt.UP}, {"rating": rt.UP, "action": "维持"}, False),
        ({"rating": rt.UP, "printed": "买入"}, {"rating": rt.UP, "printed": "增持"}, True),
        ({"rating": None, "printed": "强推"}, {"rating": None, "printed": "强推"}, False),
        ({"rating": rt.UP}, {"rating": None, "printed": "强推"}, False),
        ({"rating": rt.UP}, {"rating": rt.UP, "action": "终止"}, True),
    ],
)
def test_a_rating_is_superseded_by_another_word_of_the_same_broker(
    first: dict[str, Any], then: dict[str, Any], apart: bool
) -> None:
    one, other = (rt.Rating(SYMBOL, "b", report_date=day, **told) for day, told in ((START, first), (SIX, then)))
    assert (rt.superseded_on(one, START, [one, other], LATE) == SIX) is apart


def test_a_rating_nobody_understands_is_shown_and_never_hits() -> None:
    told = {"rating": None, "printed": "强推"}
    (six, *_) = rt.judge(ratings(told), market(WINNER), LATE)
    assert (six.rated.word, six.band, six.hit, six.standard) == ("强推 (?)", rt.UP, None, None)
    assert rt.hit_rates([six]) == ()


@pytest.mark.parametrize(("printed", "own"), [("买入", True), ("增持", False)])
def test_a_final_rating_is_held_against_the_brokers_own_figures_too(printed: str, own: bool) -> None:
    told = {"broker": "东吴证券", "printed": printed, "rating": rt.UP}
    (six, *_) = rt.judge(ratings(told), market(WINNER), LATE)
    assert (six.hit, six.own_hit, six.as_dict()["own_low"]) == (True, own, 0.15 if printed == "买入" else 0.05)
