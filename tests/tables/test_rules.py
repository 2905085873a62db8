"""Dated market rules against marina-rules (an independent record of the notices) and exact arithmetic."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import marina_rules  # type: ignore[import-untyped]
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.calendar import packaged_calendar
from screener.core.config import ExecutionOptions
from screener.core.errors import RuleGap
from screener.core.price_rules import ex_right_reference, limit_prices
from screener.core.rules import packaged_rules
from screener.core.symbols import Board
from screener.core.tables import packaged

RULES = packaged_rules()
FOUNDED = {
    Board.SSE_MAIN: date(2005, 1, 1),
    Board.SZSE_MAIN: date(2005, 1, 1),
    Board.CHINEXT: date(2009, 10, 30),
    Board.STAR: date(2019, 7, 22),
    Board.BSE: date(2021, 11, 15),
}
MARINA = {
    Board.SSE_MAIN: ("XSHG", "main_board", "st_main"),
    Board.SZSE_MAIN: ("XSHE", "main_board", "st_main"),
    Board.CHINEXT: ("XSHE", "chinext", "st_chinext"),
    Board.STAR: ("XSHG", "star", "st_star"),
    Board.BSE: ("BJSE", "bse", "st_bse"),
}
CHANGES = [date(*d) for d in [(2008, 9, 19), (2015, 8, 1), (2020, 8, 24), (2022, 4, 29), (2023, 8, 28), (2026, 7, 6)]]
DAYS = sorted(
    {day + timedelta(days=shift) for day in CHANGES for shift in (-1, 0, 1)}
    | {date(year, month, 15) for year in range(2009, 2027) for month in (1, 5, 9)}
)


def spans(rule: str, scope: str, side: str) -> list[tuple[date, date]]:
    """Intervals of a rule as seen from one side, oldest first."""
    frame = packaged("rules").filter(
        (pl.col("rule") == rule) & (pl.col("scope") == scope) & pl.col("side").is_in([side, "both"])
    )
    return sorted((start, end or date.max) for start, end in frame.select("start", "end").iter_rows())


@pytest.mark.parametrize("st_name", [False, True])
@pytest.mark.parametrize("board", Board)
def test_limit_prices_are_those_of_the_oracle(board: Board, st_name: bool) -> None:
    market, plain, special = MARINA[board]
    for day in (day for day in DAYS if day >= FOUNDED[board]):
        rate = RULES.value("price_limit", f"{board}_st" if st_name else board, day)
        for price in (0.37, 4.55, 10.37, 45.65, 255.63):
            oracle = marina_rules.limit_price(price, special if st_name else plain, day.isoformat(), market=market)
            assert limit_prices(price, rate) == oracle, (board, day, price)


@pytest.mark.parametrize("day", [day for day in DAYS if day >= date(2008, 9, 19)], ids=str)
def test_stamp_duty_is_that_of_the_oracle_and_only_the_seller_pays(day: date) -> None:
    oracle = marina_rules.rule_at("stamp_duty_sell", day.isoformat(), market="XSHG+XSHE")
    assert RULES.value("stamp_duty", "all", day, side="sell") == oracle
    assert RULES.value("stamp_duty", "all", day, side="buy") == 0


@pytest.mark.parametrize("board", [Board.SSE_MAIN, Board.SZSE_MAIN, Board.CHINEXT, Board.STAR])
def test_transfer_fee_is_that_of_the_oracle(board: Board) -> None:
    for day in (day for day in DAYS if day >= max(FOUNDED[board], date(2015, 8, 1))):
        oracle = marina_rules.rule_at("transfer_fee_each_side", day.isoformat(), market=MARINA[board][0])
        assert RULES.value("transfer_fee_rate", board, day) == oracle
        assert RULES.value("transfer_fee_per_share", board, day) == 0


def test_the_commission_of_a_back_test_keeps_the_bounds_of_the_oracle() -> None:
    asked, day = ExecutionOptions(), "2026-06-30"
    assert asked.commission_rate <= marina_rules.rule_at("commission_cap", day, market="XSHG+XSHE")
    assert asked.commission_floor == marina_rules.rule_at("commission_min_per_order_cny", day, market="XSHG+XSHE")


@pytest.mark.parametrize("board", Board)
def test_first_sessions_without_a_limit(board: Board) -> None:
    after = {Board.BSE: 1}.get(board, 5)
    assert RULES.value("no_limit_sessions", board, date(2024, 7, 19)) == after
    day = FOUNDED[board]
    while day < date(2026, 1, 1):
        assert RULES.value("no_limit_sessions", board, day) in (1, 5)
        day += timedelta(days=200)


@pytest.mark.parametrize(
    ("board", "day", "per_share", "rate"),
    [
        (Board.SSE_MAIN, date(2015, 7, 31), 0.0003, 0.0),
        (Board.SSE_MAIN, date(2012, 8, 31), 0.000375, 0.0),
        (Board.SSE_MAIN, date(2012, 5, 31), 0.0005, 0.0),
        (Board.SZSE_MAIN, date(2015, 7, 31), 0.0, 0.0000255),
        (Board.CHINEXT, date(2015, 7, 31), 0.0, 0.0000255),
    ],
)
def test_transfer_fee_before_2015_went_by_shares_in_shanghai(
    board: Board, day: date, per_share: float, rate: float
) -> None:
    assert RULES.value("transfer_fee_per_share", board, day) == per_share
    assert RULES.value("transfer_fee_rate", board, day) == rate


@pytest.mark.parametrize(("board", "lot"), [(b, {"star": (200, 1), "bse": (100, 1)}.get(b, (100, 100))) for b in Board])
def test_lots(board: Board, lot: tuple[int, int]) -> None:
    assert RULES.lot(board, FOUNDED[board]) == lot
    assert RULES.lot(board, date(2026, 11, 20)) == lot


@pytest.mark.parametrize(
    "rule",
    ["price_limit", "no_limit_sessions", "lot_minimum", "lot_step", "transfer_fee_rate", "transfer_fee_per_share"],
)
@pytest.mark.parametrize("board", Board)
def test_every_board_is_covered_from_its_founding_to_the_open_end(board: Board, rule: str) -> None:
    for scope in (board, f"{board}_st") if rule == "price_limit" else (board,):
        rows = spans(rule, scope, "sell")
        assert rows[0][0] <= FOUNDED[board]
        assert rows[-1][1] == date.max
        assert all(left[1] == right[0] for left, right in pairwise(rows))


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_stamp_duty_is_covered_since_2005_for_both_sides(side: str) -> None:
    rows = spans("stamp_duty", "all", side)
    assert rows[0][0] <= date(2005, 1, 1)
    assert rows[-1][1] == date.max
    assert all(left[1] == right[0] for left, right in pairwise(rows))


def test_no_two_rows_of_a_rule_hold_on_the_same_day() -> None:
    keys = set(packaged("rules").select("rule", "scope").iter_rows())
    for key in ((rule, scope, side) for rule, scope in keys for side in ("buy", "sell")):
        rows = spans(*key)
        assert all(start < end for start, end in rows), key
        assert all(left[1] <= right[0] for left, right in pairwise(rows)), key


def test_a_date_before_the_board_is_a_gap_not_a_guess() -> None:
    with pytest.raises(RuleGap):
        RULES.value("price_limit", "star", date(2019, 7, 21))
    assert RULES.find("price_limit", "star", date(2019, 7, 21)) is None


def test_a_rule_over_sessions_is_what_it_is_on_each_of_them() -> None:
    days = np.array(packaged_calendar().between(date(2005, 1, 4), date(2026, 12, 31))[::7], dtype="datetime64[D]")
    for rule, scope in set(packaged("rules").select("rule", "scope").iter_rows()):
        for side in ("buy", "sell"):
            one_by_one = [RULES.find(rule, scope, day, side=side) for day in days.astype(object)]
            np.testing.assert_array_equal(RULES.over(rule, scope, days, side=side), np.array(one_by_one, dtype=float))


def test_a_gap_inside_sessions_is_named_from_where_a_rule_is_needed() -> None:
    days = np.array(["2019-07-19", "2019-07-22"], dtype="datetime64[D]")
    assert RULES.over("price_limit", "star", days, since=1)[1] == 0.2
    with pytest.raises(RuleGap, match="2019-07-19"):
        RULES.over("price_limit", "star", days, since=0)


def test_a_rule_changes_on_its_first_day() -> None:
    assert RULES.value("price_limit", "sse_main_st", date(2026, 7, 5)) == 0.05
    assert RULES.value("price_limit", "sse_main_st", date(2026, 7, 6)) == 0.10
    assert RULES.value("price_limit", "chinext_st", date(2025, 6, 24)) == 0.20


@pytest.mark.parametrize("rate", ["0.05", "0.1", "0.2", "0.3"])
def test_limit_prices_are_exact_for_9900_prices(rate: str) -> None:
    for fen in range(100, 10_000):
        price, step = Decimal(fen) / 100, Decimal("0.01")
        up = (price * (1 + Decimal(rate))).quantize(step, ROUND_HALF_UP)
        down = (price * (1 - Decimal(rate))).quantize(step, ROUND_HALF_UP)
        assert limit_prices(fen / 100, float(rate)) == (float(up), float(down))


@pytest.mark.parametrize(("rate", "wrong"), [(0.1, 130), (0.05, 129)])
def test_a_float_round_would_be_wrong(rate: float, wrong: int) -> None:
    naive = [round(fen / 100 * (1 + rate), 2) for fen in range(100, 10_000)]
    assert (
        sum(limit_prices(fen / 100, rate)[0] != up for fen, up in zip(range(100, 10_000), naive, strict=True)) == wrong
    )


@given(st.integers(1, 10_000_000), st.sampled_from([0.05, 0.1, 0.2, 0.3]))
def test_limits_lie_at_least_a_tick_away_and_above_nothing(fen: int, rate: float) -> None:
    up, down = limit_prices(fen / 100, rate)
    assert round(up * 100) >= fen + 1
    assert 1 <= round(down * 100) <= max(fen - 1, 1)


@pytest.mark.parametrize(
    ("prev", "terms", "expected"),
    [
        (255.63, {"shares": 0.4}, 182.59),
        (10.00, {"cash": 0.25}, 9.75),
        (10.00, {"cash": 0.5, "shares": 0.3}, 7.31),
        (10.00, {"rights": 0.3, "rights_price": 6.0}, 9.08),
        (10.25, {"shares": 1.0}, 5.13),  # half up, where banker's rounding gives 5.12
        (8.88, {}, 8.88),
    ],
)
def test_ex_right_reference(prev: float, terms: dict[str, float], expected: float) -> None:
    assert ex_right_reference(prev, **terms) == expected


@given(st.integers(100, 100_000), st.integers(0, 20), st.integers(0, 90))
def test_ex_right_reference_keeps_the_value_of_a_holding(fen: int, tenths: int, cash_fen: int) -> None:
    reference = ex_right_reference(fen / 100, cash=cash_fen / 100, shares=tenths / 10)
    worth = Decimal(str(reference)) * (1 + Decimal(tenths) / 10) + Decimal(cash_fen) / 100
    assert abs(worth - Decimal(fen) / 100) <= Decimal("0.005") * (1 + Decimal(tenths) / 10)
