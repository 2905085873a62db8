"""Which series stand for a rated industry, what they say where they disagree, and the line a person reads."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from screener.core.tables import packaged
from screener.evaluation import rating as rt
from tests.evaluation.rating.world import FLAT, LATE, SIX, START, WINNER, market, rated, ratings, series

INDUSTRY = {"subject": "计算机·人工智能", "subject_kind": "industry"}
MAIN, CHECK = "801750.SI", "930651.CSI"
LOSER = series({START: 10.0, date(2025, 2, 3): 8.0})
SLOW = series({START: 10.0, date(2025, 2, 3): 10.5})


def lines(levels: dict[str, rt.PriceSeries], as_of: date = date(2025, 5, 5), **more: object) -> dict[str, rt.Line]:
    found = market(WINNER, {"000300.SH": FLAT, **levels})
    told = rt.lines(rt.judge(ratings({**INDUSTRY, **more}), found, as_of))
    return {line.stand_in.index: line for line in told if line.stand_in}


def test_the_table_names_five_series_for_the_rated_industry_the_main_one_first() -> None:
    found = rt.stand_ins(rated(subject_kind="industry"), packaged("industry_series"))
    assert found == ()
    told = rt.stand_ins(rt.Rating("计算机·人工智能", "b", rt.UP, START), packaged("industry_series"))
    assert [one.index for one in told] == [MAIN, CHECK, "930713.CSI", "931071.CSI", "930851.CSI"]
    assert [one.main for one in told] == [True, False, False, False, False] and all(one.reason for one in told)


@pytest.mark.parametrize(
    ("own", "given", "expected"),
    [
        (None, ["B", "A", "B"], [("B", "named_by_caller"), ("A", "named_by_caller")]),
        ("X", ["A"], [("A", "named_by_caller")]),
        ("X", [], [("X", "named_by_report")]),
        (None, [], []),
    ],
)
def test_the_caller_goes_before_the_report_and_the_report_before_the_table(
    own: str | None, given: list[str], expected: list[tuple[str, str]]
) -> None:
    rating = rated(subject_kind="industry", industry_index=own)
    told = rt.stand_ins(rating, packaged("industry_series"), given)
    assert [(one.index, one.certainty) for one in told] == expected


@pytest.mark.parametrize(("other", "apart"), [(SLOW, False), (LOSER, True)])
def test_series_that_would_end_in_different_bands_say_so(other: rt.PriceSeries, apart: bool) -> None:
    found = lines({MAIN: SLOW, CHECK: other})
    assert [found[index].depends_on_series for index in (MAIN, CHECK)] == [apart, apart]
    assert found["930713.CSI"].standing == "not_evaluable"


def test_one_series_alone_depends_on_no_other() -> None:
    (row, *_) = rt.judge(ratings(INDUSTRY), market(WINNER, {"000300.SH": FLAT, MAIN: SLOW}), SIX)
    assert row.depends_on_series is None and row.as_dict()["series"] == MAIN


def test_hit_rates_count_a_rating_once_by_its_main_series() -> None:
    found = market(WINNER, {"000300.SH": FLAT, MAIN: WINNER, CHECK: LOSER})
    (six, *_) = rt.hit_rates(rt.judge(ratings(INDUSTRY), found, LATE))
    assert (six.reading, six.n, six.hits) == ("E6", 1, 1)


@pytest.mark.parametrize(
    ("level", "as_of", "standing"),
    [
        (WINNER, date(2025, 7, 14), "pending"),
        (WINNER, SIX, "partial"),
        (WINNER, LATE, "held"),
        (LOSER, LATE, "not_held"),
        (series({START: 10.0, date(2026, 1, 15): 12.0}), LATE, "mixed"),
        (series({START: 10.0}, until=date(2025, 6, 2)), LATE, "stale"),
    ],
)
def test_a_line_says_where_the_rating_stands(level: rt.PriceSeries, as_of: date, standing: str) -> None:
    assert lines({MAIN: level}, as_of)[MAIN].standing == standing


def test_a_date_that_is_over_counts_with_its_end_in_the_way_so_far() -> None:
    """Three dates are over their sixth month, the last is not: the way so far is of all four."""
    level = series({START: 10.0, date(2025, 1, 20): 8.0, date(2025, 7, 16): 8.4})
    line = lines({MAIN: level}, date(2025, 7, 17), report_date_last=date(2025, 1, 20))[MAIN]
    assert (line.six.status, line.six.so_far_range) == ("pending", pytest.approx((-0.2, 0.05)))
    assert line.six.so_far_bands == sorted({rt.DOWN, rt.NEUTRAL}) and line.depends_on_date


def test_the_line_is_flat_for_files() -> None:
    row = lines({MAIN: SLOW})[MAIN].as_dict()
    assert (row["series"], row["today"], row["month_6_due"]) == (MAIN, [rt.NEUTRAL], SIX)
    assert pl.DataFrame([row]).height == 1
