"""Ratings of any table against a market: benchmarks, industries, candidate dates, duplicates, hit rates."""

from __future__ import annotations

from datetime import date

import pytest

from screener.core.errors import ScreenerError
from screener.evaluation import rating as rt
from tests.evaluation.rating.world import FLAT, LATE, SIX, START, TWELVE, WINNER, market, ratings, series

INDUSTRY = {"subject": "计算机", "subject_kind": "industry"}


def first(*args, **more) -> rt.Judged:  # type: ignore[no-untyped-def]
    return rt.judge(*args, **more)[0]


def test_a_judged_rating_has_the_named_keys() -> None:
    row = first(ratings({}), market(WINNER), LATE)
    keys = "subject broker rating report_date benchmark status horizon_end relative_return band reading"
    assert list(row.as_dict())[:10] == keys.split()
    assert (row.rated.subject, row.status, row.band, row.hit) == ("301396.SZ", "final", rt.UP, True)


def test_a_us_rating_is_held_against_both_indices() -> None:
    levels = {"SPX.GI": FLAT, "IXIC.GI": series({START: 100.0, SIX: 115.0}), "SOX.GI": WINNER}
    chips = ratings({"subject": "chips", "subject_kind": "industry", "industry_index": "SOX.GI", "market": "US"})
    rows = rt.judge(chips, market(WINNER, levels), LATE)
    six = [(row.benchmark, row.band) for row in rows if row.reading == "E6"]
    assert six == [("SPX.GI", rt.UP), ("IXIC.GI", rt.NEUTRAL)]


def test_a_market_without_a_benchmark_is_refused() -> None:
    with pytest.raises(ScreenerError, match="no benchmark"):
        rt.judge(ratings({"market": "JP", "subject": "X"}), market(WINNER), LATE)


@pytest.mark.parametrize("as_of", [date(2025, 7, 14), SIX])
def test_an_industry_without_a_series_says_what_is_missing(as_of: date) -> None:
    row = first(ratings(INDUSTRY), market(WINNER), as_of)
    assert (row.status, row.headline.reason) == ("not_evaluable", "no industry series")
    assert row.headline.next_step == "load an index and name it with --industry-index ID"


def test_an_industry_with_a_named_index_is_evaluated() -> None:
    found = market(WINNER, {"000300.SH": FLAT, "801750.SI": WINNER})
    row = first(ratings(INDUSTRY), found, LATE, industry_index=["801750.SI"])
    assert (row.status, row.relative_return, row.confirmed) == ("final", 0.2, True)


@pytest.mark.parametrize("abroad", ["NEEQ", "HK"])
def test_a_benchmark_that_is_not_loaded_is_named(abroad: str) -> None:
    row = first(ratings({"subject": "NVDA", "market": abroad}), market(WINNER), LATE)
    assert row.status == "not_evaluable" and row.benchmark in row.headline.reason


def test_a_verdict_that_hangs_on_the_report_date_has_no_band() -> None:
    moved = series({START: 10.0, date(2025, 1, 16): 11.5, SIX: 12.0})
    row = first(ratings({"report_date_last": date(2025, 1, 16)}), market(moved), LATE)
    assert (row.depends_on_date, row.band, row.hit, row.bands) == (True, None, None, [rt.NEUTRAL, rt.UP])
    assert row.relative_return_range == pytest.approx((12 / 11.5 - 1, 0.2))


def test_total_return_stands_beside_where_it_is_stored() -> None:
    levels = {"000300.SH": FLAT, "H00300.CSI": series({START: 100.0, SIX: 102.0})}
    row = first(ratings({}), market(WINNER, levels), LATE)
    assert row.total is not None and (row.relative_return, row.total.relative_return) == (0.2, 0.18)
    assert first(ratings({}), market(WINNER), LATE).total is None


def test_a_rating_of_the_future_is_not_listed() -> None:
    interval = ratings({"report_date_last": date(2025, 1, 20)})
    assert rt.judge(interval, market(WINNER), date(2025, 1, 19)) == ()
    assert len(rt.judge(interval, market(WINNER), date(2025, 1, 20))) == 4


def test_the_least_conclusive_date_is_the_headline() -> None:
    row = first(ratings({"report_date_last": date(2025, 1, 20)}), market(WINNER), date(2025, 7, 17))
    assert [verdict.status for verdict in row.verdicts] == ["final", "final", "final", "pending"]
    assert (row.status, row.headline.candidate, row.band) == ("pending", date(2025, 1, 20), None)


def test_hit_rates_count_first_ratings_only() -> None:
    table = ratings({}, {"report_date": date(2025, 2, 3), "action": "维持"})
    line = rt.hit_rates(rt.judge(table, market(WINNER), LATE))[0]
    assert (line.reading, line.n, line.hits, line.rate, line.duplicates) == ("E6", 1, 1, 1.0, 1)
    assert line.interval is not None and line.interval[0] == pytest.approx(0.2065, abs=1e-4)


def test_no_final_rating_no_rate() -> None:
    line = rt.hit_rates(rt.judge(ratings({}), market(WINNER), date(2025, 2, 3)))[0]
    assert (line.n, line.rate, line.interval, line.waiting[rt.Status.PENDING]) == (0, None, None, 1)
    assert line.as_dict()["hit_rate"] is None and line.as_dict()["pending"] == 1


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        ([(START, SIX)] * 12, 1.0),
        ([(START, SIX), (SIX, TWELVE)], 2.0),
        ([(date(2025, 1, 1), date(2025, 1, 11)), (date(2025, 1, 6), date(2025, 1, 16))], 1.5),
        ([], 0.0),
    ],
)
def test_effective_n_of_overlapping_windows(windows: list[tuple[date, date]], expected: float) -> None:
    assert rt.effective_n(windows) == pytest.approx(expected)
