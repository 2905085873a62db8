"""The review as an answer: the report's own rating, its firms as context, stamps, tables; the recorded market."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from screener.core.calendar import Calendar, packaged_calendar
from screener.core.errors import UsageError
from screener.evaluation import rating as rt
from screener.point_in_time.market import Market
from tests.evaluation.rating.world import FLAT, LATE, SIX, WINNER, bars, indices, market, ratings
from tests.recorded import recorded_industries, recorded_market

BEHIND = {22: -0.0523, 23: -0.0648, 24: -0.1120, 25: -0.1021, 26: -0.0949, 29: -0.0699, 30: -0.1047}
NOVEMBER = date(2026, 11, 5)


# The report of June 2026 on the recorded market


@pytest.mark.parametrize(("index", "status", "series"), [((), "not_evaluable", 5), (["000300.SH"], "pending", 1)])
def test_the_report_of_june_2026_has_no_verdict_yet(index: list[str], status: str, series: int) -> None:
    rows = rt.review(recorded_market(), NOVEMBER, industry_index=index).judged
    assert [row.status for row in rows] == [status] * 4 * series
    assert (rows[0].verdicts[0].horizon_end, rows[0].horizon_end) == (date(2026, 12, 22), date(2026, 12, 30))
    assert all(row.band is None and row.relative_return is None for row in rows)


# so far of E6: low, high over the candidate dates, bands
SO_FAR = {
    "801750.SI": (0.0014, 0.0563, [rt.NEUTRAL]),
    "930651.CSI": (-0.0285, 0.0020, [rt.NEUTRAL]),
    "930713.CSI": (-0.1426, -0.0868, [rt.NEUTRAL, rt.DOWN]),
    "931071.CSI": (-0.1436, -0.0903, [rt.NEUTRAL, rt.DOWN]),
    "930851.CSI": (0.0127, 0.0615, [rt.NEUTRAL]),
}


@pytest.mark.parametrize("day", [date(2026, 8, 21), date(2026, 10, 9)])
def test_the_series_of_the_rated_industry_stand_side_by_side(day: date) -> None:
    """The second day is later than every level of the benchmark: nothing moves."""
    rows = [row for row in rt.review(recorded_industries(), day).judged if row.reading is rt.Reading.E6]
    told = {row.stand_in.index: (*row.so_far_range, row.so_far_bands) for row in rows if row.stand_in}
    assert {index: bands for index, (_, _, bands) in told.items()} == {i: b for i, (_, _, b) in SO_FAR.items()}
    assert [low for low, *_ in told.values()] == pytest.approx([low for low, *_ in SO_FAR.values()], abs=1e-4)
    assert [high for _, high, _ in told.values()] == pytest.approx([high for _, high, _ in SO_FAR.values()], abs=1e-4)
    assert all(row.depends_on_series and row.status is rt.Status.PENDING for row in rows)
    assert [row.main for row in rows] == [True, False, False, False, False]


def test_the_basket_is_5_to_11_points_behind_by_report_date() -> None:
    rows = [row for row in rt.review(recorded_market(), NOVEMBER).context if row.subject == rt.BASKET]
    assert {row.candidate.day: row.so_far for row in rows} == pytest.approx(BEHIND, abs=1e-4)
    assert {(row.status, row.so_far_date, row.note) for row in rows} == {
        ("so_far", date(2026, 8, 21), "not rated by the report")
    }


def test_context_rows_carry_no_verdict() -> None:
    rows = rt.context(recorded_market(), ["301396.SZ"], [date(2026, 6, 30)], NOVEMBER)
    assert len(rows) == 2 and not any({"band", "hit", "relative_return"} & row.as_dict().keys() for row in rows)


def test_firms_chosen_by_the_report_are_hindsight() -> None:
    found = rt.review(recorded_market(), NOVEMBER)
    assert "HINDSIGHT" in found.stands_on.hindsight and "12 firms" in found.stands_on.hindsight
    assert {row["hindsight"] for row in found.as_dict()} == {found.stands_on.hindsight}


# A market of which more is known than the package: its own calendar decides


def until_2027() -> Market:
    """Sessions, CSI 300 and a computer index to August 2027, the index 25 % up since July 2026."""
    first, last = date(2026, 1, 5), date(2027, 8, 31)
    later = pl.date_range(date(2027, 1, 4), last, eager=True)
    days = [*packaged_calendar().between(first, last), *later.filter(later.dt.weekday() < 6).to_list()]
    stamps = np.array(days, dtype="datetime64[D]")
    flat = rt.PriceSeries(stamps, np.full(len(days), 100.0))
    up = rt.PriceSeries(stamps, np.where(stamps > np.datetime64("2026-06-30"), 125.0, 100.0))
    frames = {"indices": indices({"000300.SH": flat, "801750.SI": up}), "bars": bars(s301396_SZ=flat)}
    return Market.build(frames, calendar=Calendar([*packaged_calendar().between(date(2024, 1, 2), last), *days]))


@pytest.mark.parametrize("day", [date(2027, 6, 30), date(2027, 8, 31)])
def test_month_12_of_the_packaged_report_becomes_final(day: date) -> None:
    rows = {row.reading: row for row in rt.review(until_2027(), day, industry_index=["801750.SI"]).judged}
    year = rows[rt.Reading.E12]
    assert (year.status, year.horizon_end, year.band, year.hit) == ("final", date(2027, 6, 30), rt.UP, True)
    assert (year.relative_return, year.depends_on_date) == (0.25, False)
    assert all(row.confirmed for row in rows.values()) and not any(v.session_unknown for v in year.verdicts)


def test_the_day_before_it_is_partial() -> None:
    rows = rt.review(until_2027(), date(2027, 6, 29), industry_index=["801750.SI"]).judged
    assert [row.status for row in rows] == ["final", "partial", "partial", "partial"]


# The answer


def test_the_answer_says_what_it_stands_on() -> None:
    found = rt.review(market(WINNER), SIX, ratings=ratings({}))
    standing = found.stands_on
    assert (standing.as_of, standing.price_session, standing.hindsight) == (SIX, SIX, "")
    assert standing.as_dict()["ratings"] == "given by the user" and not found.context
    assert found.as_dict()[0]["as_of"] == SIX and found.as_dict()[0]["synthetic"] is False


def test_the_answer_has_a_frame_and_tables_and_is_short() -> None:
    found = rt.review(market(WINNER), LATE, ratings=ratings({}), scorecard=True)
    assert found.frame().select("reading", "band").rows()[:2] == [("E6", rt.UP), ("E12", rt.UP)]
    assert [*found.tables()] == ["lines", "ratings", "context", "hits", "records", "scorecards", "matrix", "stands_on"]
    assert [card.reading for card in found.cards] == ["E6", "E12", "W"]
    assert len(repr(found).splitlines()) <= 40


@pytest.mark.parametrize(
    ("given", "said"), [(None, "no rating known by that day"), (ratings({}).clear(), "no rating given")]
)
def test_nothing_rated_is_said(given: pl.DataFrame | None, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        rt.review(market(FLAT), SIX, ratings=given)


def test_an_index_that_is_not_stored_by_that_day_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no such index.*expected 000300\.SH"):
        rt.review(market(FLAT), SIX, ratings=ratings({}), industry_index=["801750.SI"])
