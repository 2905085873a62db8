"""Series out of a market: shares of a holder, levels by when they were known, rows as they stood then, baskets."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from screener.evaluation import rating as rt
from screener.point_in_time.market import Market
from tests.evaluation.rating.world import FLAT, LATE, SIX, START, SYMBOL, action, bars, market, series
from tests.recorded import recorded_market

EX, BEFORE, AFTER = date(2025, 3, 3), date(2025, 2, 28), date(2025, 3, 4)


def raw(*days: date) -> rt.PriceSeries:
    return rt.PriceSeries(np.array(days, dtype="datetime64[D]"), np.array([14.0, 10.0, 11.0]))


def world(kind: str, shares: float, cash: float, day: date = EX, *, halted: bool = False) -> Market:
    """14 yuan before, 10 on the ex-date, 11 after; `halted`: no bar on the ex-date, 10 and 11 follow it."""
    days = (BEFORE, AFTER, date(2025, 3, 5)) if halted else (BEFORE, EX, AFTER)
    return market(raw(*days), actions=action(kind, shares, cash, day))


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
    found = world(kind, shares, cash)
    assert rt.price_of(found, SYMBOL, LATE).values.tolist() == split
    assert rt.wealth_of(found, SYMBOL, LATE).values.tolist() == pytest.approx(total)


def test_an_action_during_a_halt_works_at_the_next_close() -> None:
    assert rt.price_of(world("bonus", 0.4, 0.0, halted=True), SYMBOL, LATE).values.tolist() == [14.0, 14.0, 15.4]


def test_an_action_on_a_sunday_works_on_monday() -> None:
    assert rt.price_of(world("bonus", 0.4, 0.0, date(2025, 3, 2)), SYMBOL, LATE).values.tolist() == [14.0, 14.0, 15.4]


def test_later_closes_and_actions_do_not_change_the_series() -> None:
    assert rt.price_of(world("bonus", 0.4, 0.0, AFTER), SYMBOL, EX).values.tolist() == [14.0, 10.0]


def test_after_an_action_without_a_rule_there_is_no_series_and_the_verdict_says_so() -> None:
    held = world("rights", 0.3, 0.0)
    assert rt.price_of(held, SYMBOL, LATE).last is None and rt.wealth_of(held, SYMBOL, LATE).last is None
    row = {
        "subject": SYMBOL,
        "subject_kind": "stock",
        "broker": "b",
        "rating": "中性",
        "report_date": BEFORE,
        "market": "A",
    }
    verdicts = [verdict for judged in rt.judge(pl.DataFrame([row]), held, LATE) for verdict in judged.verdicts]
    assert verdicts and all("without a rule (rights)" in verdict.reason for verdict in verdicts)


@pytest.mark.parametrize("symbol", ["600000.SH", "NVDA"])
def test_a_share_without_bars_is_an_empty_series(symbol: str) -> None:
    assert rt.price_of(market(FLAT), symbol, LATE).last is None


def test_a_ten_per_cent_edge_stays_exact_through_a_split() -> None:
    """7.15 × 1.4 ÷ 9.10 − 1 is 10 % exactly; in floats it is less or more."""
    days = np.array([BEFORE, EX], dtype="datetime64[D]")
    split = market(rt.PriceSeries(days, np.array([9.1, 7.15])), actions=action("bonus", 0.4, 0.0, EX))
    (_, p0), (_, p1) = (rt.price_of(split, SYMBOL, LATE).at(day) for day in (BEFORE, EX))  # type: ignore[misc]
    assert p1 / p0 - 1 == Fraction(1, 10)


@pytest.mark.parametrize(("index", "last"), [("000300.SH", SIX), ("SPX.GI", date(2025, 7, 14))])
def test_a_foreign_level_is_known_the_morning_after(index: str, last: date) -> None:
    assert rt.level_of(market(FLAT, {index: FLAT}), index, SIX).last == last


def test_an_index_that_is_not_stored_is_empty() -> None:
    assert rt.level_of(market(FLAT), "801750.SI", LATE).last is None


def test_a_price_that_was_corrected_later_counts_as_it_stood() -> None:
    corrected = bars(s301396_SZ=series({START: 20.0}, until=SIX)).filter(pl.col("session") == SIX)
    later = corrected.with_columns(known_at=pl.lit(datetime(2026, 1, 5, 12)))
    found = market(FLAT, bars=pl.concat([bars(s301396_SZ=FLAT), later]))
    at = [rt.price_of(found, SYMBOL, day).at(SIX) for day in (date(2025, 12, 31), LATE)]
    assert [point[1] for point in at if point] == [100, 20]


def test_basket_buys_equal_amounts_and_waits() -> None:
    one, two = series({START: 10.0, SIX: 20.0}), series({START: 50.0, SIX: 25.0}, until=SIX)
    got = rt.basket([one, two], START)
    assert (got.at(START)[1], got.at(SIX)[1], got.last) == (1, Fraction(5, 4), LATE)  # type: ignore[index]


def test_a_split_of_the_recorded_market_is_no_loss() -> None:
    found, before, after = recorded_market(), date(2026, 5, 28), date(2026, 5, 29)
    column = found.close[:, found.index_of(SYMBOL)]
    p0, p1 = (rt.exact(column[found.session_index(day)]) for day in (before, after))
    whole = rt.price_of(found, SYMBOL, LATE)
    (_, w0), (_, w1) = whole.at(before), whole.at(after)  # type: ignore[misc]
    assert w1 / w0 == p1 / p0 * Fraction(7, 5)
