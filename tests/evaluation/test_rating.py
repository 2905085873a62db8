"""Realised bands: edges, dates, statuses, benchmarks, series, hit rates, and the recorded market."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.calendar import Calendar
from screener.core.errors import ScreenerError
from screener.core.tables import packaged
from screener.evaluation import rating as rt
from tests.recorded import market_dir

DAYS = [date(2024, 1, 1) + timedelta(days=k) for k in range(1096)]
WEEKDAYS = [day for day in DAYS if day.weekday() < 5]  # 2024-01-01 … 2026-12-31
CALENDAR = Calendar(WEEKDAYS)
START = date(2025, 1, 15)  # a Wednesday; month 6 ends Tue 2025-07-15, month 12 Thu 2026-01-15
SIX, TWELVE = date(2025, 7, 15), date(2026, 1, 15)
LATE = date(2026, 6, 30)


def series(levels: Mapping[date, float], until: date = LATE, name: str = "s") -> rt.PriceSeries:
    """Constant between the given dates, one row per weekday until `until`."""
    days = [day for day in WEEKDAYS if day <= until]
    values, now = [], next(iter(levels.values()))
    for day in days:
        now = levels.get(day, now)
        values.append(now)
    return rt.PriceSeries(np.array(days, dtype="datetime64[D]"), np.array(values), name)


FLAT = series({START: 100.0}, name="index")


def rated(band: str = rt.UP, start: date = START, last: date | None = None, **more: Any) -> rt.Rating:
    return rt.Rating("301396.SZ", "broker", band, start, last, **more)


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


@settings(max_examples=100, deadline=None)
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


# --- series ---------------------------------------------------------------------------------------------------------

EX = date(2025, 3, 3)


def closes_of(symbol: str, *rows: tuple[date, float]) -> pl.DataFrame:
    return pl.DataFrame([(symbol, *row) for row in rows], schema=["symbol", "session", "close"], orient="row")


def action(kind: str, shares: float, cash: float, day: date = EX) -> pl.DataFrame:
    row = {"symbol": "S", "ex_date": day, "kind": kind, "shares_to_holder": shares, "cash_to_holder": cash}
    return pl.DataFrame([row | {"reference_price": None}])


BEFORE, AFTER = date(2025, 2, 28), date(2025, 3, 4)
RAW = closes_of("S", (BEFORE, 14.0), (EX, 10.0), (AFTER, 11.0))


@pytest.mark.parametrize(
    ("kind", "shares", "cash", "split", "total"),
    [
        ("bonus", 0.4, 0.0, [14.0, 14.0, 15.4], [14.0, 14.0, 15.4]),
        ("cash", 0.0, 0.5, [14.0, 10.0, 11.0], [14.0, 10.5, 11.55]),
        ("bonus_and_cash", 0.4, 0.5, [14.0, 14.0, 15.4], [14.0, 14.5, 15.95]),
        ("restructuring_conversion", 0.0, 0.0, [14.0, 10.0, 11.0], [14.0, 10.0, 11.0]),
        ("restructuring_conversion", 1.5, 0.0, [14.0, 10.0, 11.0], [14.0, 10.0, 11.0]),
    ],
)
def test_adjusted_series_hand_numbers(
    kind: str, shares: float, cash: float, split: list[float], total: list[float]
) -> None:
    acts = action(kind, shares, cash)
    assert rt.split_adjusted(RAW, acts, "S", LATE).values.tolist() == split
    assert rt.total_return(RAW, acts, "S", LATE).values.tolist() == pytest.approx(total)


def test_an_action_during_a_halt_works_at_the_next_close() -> None:
    acts = action("bonus", 0.4, 0.0, date(2025, 3, 1))
    assert rt.split_adjusted(RAW, acts, "S", LATE).values.tolist() == [14.0, 14.0, 15.4]


def test_later_closes_and_actions_do_not_change_the_series() -> None:
    acts = action("bonus", 0.4, 0.0, AFTER)
    assert rt.split_adjusted(RAW, acts, "S", EX).values.tolist() == [14.0, 10.0]


def test_an_action_without_a_rule_is_refused() -> None:
    with pytest.raises(ScreenerError, match="without a rule"):
        rt.split_adjusted(RAW, action("rights", 0.3, 0.0), "S", LATE)


def test_basket_buys_equal_amounts_and_waits() -> None:
    one, two = series({START: 10.0, SIX: 20.0}), series({START: 50.0, SIX: 25.0}, until=SIX)
    got = rt.basket([one, two], START)
    assert (got.at(START)[1], got.at(SIX)[1], got.last) == (1, Fraction(5, 4), LATE)  # type: ignore[index]


# --- judge ----------------------------------------------------------------------------------------------------------

BENCHMARKS = pl.DataFrame(
    {
        "market": ["A", "NEEQ", "HK", "US", "US"],
        "index": ["000300.SH", "899001.GSI", "HSI.HI", "IXIC.GI", "SPX.GI"],
        "rank": [1, 1, 1, 2, 1],
    }
)
NO_ACTIONS = action("cash", 0.0, 0.0).clear()


def long(key: str, **many: rt.PriceSeries) -> pl.DataFrame:
    frames = [
        pl.DataFrame({key: [name] * s.values.size, "session": s.dates, "close": s.values}) for name, s in many.items()
    ]
    return pl.concat(frames)


def data(prices: rt.PriceSeries, **indices: rt.PriceSeries) -> rt.RatingData:
    named = indices or {"000300.SH": FLAT}
    closes = long("symbol", **{"301396.SZ": prices, "NVDA": prices})
    return rt.RatingData(closes, long("index", **named), NO_ACTIONS, BENCHMARKS, CALENDAR)


def frame(*rows: Mapping[str, Any]) -> pl.DataFrame:
    plain = {
        "rating_id": "R", "subject": "301396", "subject_kind": "stock", "broker": "broker", "rating": rt.UP,
        "action": None, "report_date": START, "report_date_last": None, "market": "A", "industry_index": None,
        "known_at": None,
    }  # fmt: skip
    return pl.DataFrame([plain | row for row in rows], infer_schema_length=None)


WINNER = series({START: 10.0, SIX: 12.0})


def test_judge_gives_the_named_keys() -> None:
    row = rt.judge(frame({}), data(WINNER), LATE)[0]
    keys = "subject broker rating report_date benchmark status horizon_end relative_return band reading"
    assert list(row)[:10] == keys.split()
    assert (row["subject"], row["status"], row["band"], row["hit"]) == ("301396.SZ", "final", rt.UP, True)


def test_us_rating_is_held_against_both_indices() -> None:
    indices = {"SPX.GI": FLAT, "IXIC.GI": series({START: 100.0, SIX: 115.0})}
    rows = rt.judge(frame({"subject": "NVDA", "market": "US"}), data(WINNER, **indices), LATE)
    six = [(row["benchmark"], row["band"]) for row in rows if row["reading"] == "E6"]
    assert six == [("SPX.GI", rt.UP), ("IXIC.GI", rt.NEUTRAL)]


def test_a_market_without_a_benchmark_is_refused() -> None:
    with pytest.raises(ScreenerError, match="no benchmark"):
        rt.judge(frame({"market": "JP", "subject": "X"}), data(WINNER), LATE)


@pytest.mark.parametrize(("as_of", "status"), [(date(2025, 7, 14), "not_evaluable"), (SIX, "not_evaluable")])
def test_an_industry_without_a_series_says_what_is_missing(as_of: date, status: str) -> None:
    row = rt.judge(frame({"subject": "计算机", "subject_kind": "industry"}), data(WINNER), as_of)[0]
    assert (row["status"], row["reason"]) == (status, "no industry series")
    assert row["next_step"] == "load an index and name it with --industry-index ID"


def test_an_industry_with_a_named_index_is_evaluated() -> None:
    given_data = data(WINNER, **{"000300.SH": FLAT, "801750.SI": WINNER})
    ratings = frame({"subject": "计算机", "subject_kind": "industry"})
    row = rt.judge(ratings, given_data, LATE, industry_index="801750.SI")[0]
    assert (row["status"], row["relative_return"], row["confirmed"]) == ("final", 0.2, True)


@pytest.mark.parametrize("market", ["NEEQ", "HK"])
def test_a_benchmark_that_is_not_loaded_is_named(market: str) -> None:
    row = rt.judge(frame({"subject": "NVDA", "market": market}), data(WINNER), LATE)[0]
    assert row["status"] == "not_evaluable" and row["benchmark"] in row["reason"]


def test_a_verdict_that_hangs_on_the_report_date_has_no_band() -> None:
    moved = series({START: 10.0, date(2025, 1, 16): 11.5, SIX: 12.0})
    row = rt.judge(frame({"report_date_last": date(2025, 1, 16)}), data(moved), LATE)[0]
    assert (row["depends_on_date"], row["band"], row["hit"], row["bands"]) == (True, None, None, [rt.NEUTRAL, rt.UP])
    assert (row["relative_return_low"], row["relative_return_high"]) == pytest.approx((12 / 11.5 - 1, 0.2))


def test_total_return_stands_beside_where_it_is_stored() -> None:
    indices = {"000300.SH": FLAT, "H00300.CSI": series({START: 100.0, SIX: 102.0})}
    row = rt.judge(frame({}), data(WINNER, **indices), LATE)[0]
    assert (row["relative_return"], row["relative_total_return"]) == (0.2, 0.18)
    assert rt.judge(frame({}), data(WINNER), LATE)[0]["relative_total_return"] is None


def test_a_rating_of_the_future_is_not_listed() -> None:
    interval = frame({"report_date_last": date(2025, 1, 20)})
    assert rt.judge(interval, data(WINNER), date(2025, 1, 19)) == []
    assert len(rt.judge(interval, data(WINNER), date(2025, 1, 20))) == 4


def test_hit_table_counts_first_ratings_only() -> None:
    rows = rt.judge(frame({}, {"report_date": date(2025, 2, 3), "action": "维持"}), data(WINNER), LATE)
    line = rt.hit_table(rows)[0]
    assert (line["reading"], line["n"], line["hits"], line["hit_rate"], line["duplicates"]) == ("E6", 1, 1, 1.0, 1)
    assert line["low"] == pytest.approx(0.2065, abs=1e-4)


def test_no_final_rating_no_rate() -> None:
    line = rt.hit_table(rt.judge(frame({}), data(WINNER), date(2025, 2, 3)))[0]
    assert (line["n"], line["hit_rate"], line["low"], line["pending"]) == (0, None, None, 1)


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


# --- the recorded market --------------------------------------------------------------------------------------------

REPORT = {
    "subject": "计算机·人工智能", "subject_kind": "industry", "action": "维持", "report_date": date(2026, 6, 22),
    "report_date_last": date(2026, 6, 30),
}  # fmt: skip
BEHIND = {22: -0.0523, 23: -0.0648, 24: -0.1120, 25: -0.1021, 26: -0.0949, 29: -0.0699, 30: -0.1047}


def recorded() -> rt.RatingData:
    folder = market_dir()
    closes, indices = (pl.read_parquet(folder / f"{name}.parquet") for name in ("bars_12", "indices"))
    actions = pl.read_csv(folder / "adjustments_12.csv", try_parse_dates=True)
    sessions = pl.read_csv(folder / "sessions.csv", try_parse_dates=True)["session"].to_list()
    return rt.RatingData(closes, indices, actions, BENCHMARKS, Calendar(sessions))


@pytest.mark.parametrize(("index", "status"), [(None, "not_evaluable"), ("000300.SH", "pending")])
def test_the_report_of_june_2026_has_no_verdict_yet(index: str | None, status: str) -> None:
    rows = rt.judge(frame(REPORT), recorded(), date(2026, 10, 9), industry_index=index)
    assert [row["status"] for row in rows] == [status] * 4
    assert (rows[0]["horizon_end_first"], rows[0]["horizon_end"]) == (date(2026, 12, 22), date(2026, 12, 30))
    assert all(row["band"] is None and row["relative_return"] is None for row in rows)


def test_the_basket_is_5_to_11_points_behind_by_report_date() -> None:
    market = recorded()
    firms = {symbol: symbol for symbol in market.closes["symbol"].unique()}
    dates = rt.candidates(rt.rating_of(frame(REPORT).row(0, named=True)), market.calendar)
    rows = [r for r in rt.context(firms, dates, market, date(2026, 10, 9)) if r["subject"] == "basket"]
    assert {r["candidate"].day: r["so_far"] for r in rows} == pytest.approx(BEHIND, abs=1e-4)
    assert {(r["status"], r["so_far_date"], r["note"]) for r in rows} == {
        ("so_far", date(2026, 8, 21), "not rated by the report")
    }


def test_context_rows_carry_no_verdict() -> None:
    market = recorded()
    rows = rt.context({"301396.SZ": "宏景科技"}, [date(2026, 6, 30)], market, date(2026, 10, 9))
    assert len(rows) == 2 and not any({"band", "hit", "relative_return"} & row.keys() for row in rows)


def test_a_split_inside_the_window_is_no_loss() -> None:
    market = recorded()
    raw = rt.series_of(market.closes, "symbol", "301396.SZ", LATE)
    whole = rt.split_adjusted(market.closes, market.actions, "301396.SZ", LATE)
    before, after = date(2026, 5, 28), date(2026, 5, 29)
    (_, p0), (_, p1) = raw.at(before), raw.at(after)  # type: ignore[misc]
    (_, w0), (_, w1) = whole.at(before), whole.at(after)  # type: ignore[misc]
    assert w1 / w0 == p1 / p0 * Fraction(7, 5)
