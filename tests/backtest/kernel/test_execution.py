"""How one order fares under the rules: lots, halts, price limits, participation, cash, retries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from screener.core.price_rules import NO_LIMIT
from screener.point_in_time.corporate import Action
from screener.point_in_time.market import Market
from tests.backtest.markets import NAN, make_market, story, trade

BUY_ALL = {1: 1.0}
IN_AND_OUT = {1: 1.0, 3: 0.0}
STAR, BSE = "688001.SH", "920001.BJ"


def flat(sessions: int = 12, price: float = 10.0) -> np.ndarray:
    return np.full(sessions, price)


def one_price_days(days: range, price: float, sessions: int = 12) -> np.ndarray:
    """Opens of 10 yuan, except on `days`."""
    return np.array([price if t in days else 10.0 for t in range(sessions)])


def free(close: np.ndarray, **arrays: Any) -> Market:
    return make_market(close, transfer=0.0, stamp_duty=0.0, **arrays)


def test_a_decision_fills_at_the_open_of_its_own_session() -> None:
    result = trade(free(flat(), open=np.linspace(10.0, 11.1, 12)), {4: 0.5})
    assert result.orders["session"][0] == result.market.sessions[4]
    assert result.orders["price"].to_list() == [pytest.approx(10.4)]


def test_target_shares_are_priced_at_the_previous_close_not_at_the_open() -> None:
    assert story(trade(free(flat(), open=flat(price=9.0)), BUY_ALL)) == [(1, "buy", 10_000, 10_000, "")]


@pytest.mark.parametrize(
    ("symbol", "cash", "shares"),
    [
        ("300001.SZ", 1_990, 100),
        ("600001.SH", 999, 0),
        (STAR, 1_990, 0),
        (STAR, 2_010, 201),
        (BSE, 1_010, 101),
        (BSE, 990, 0),
    ],
)
def test_purchases_come_in_the_lots_of_their_board(symbol: str, cash: float, shares: int) -> None:
    result = trade(free(flat(), symbols=(symbol,)), BUY_ALL, cash=cash)
    assert result.execution.final_shares[0] == shares


def test_an_order_below_a_lot_is_refused_with_the_number_wanted_and_not_retried() -> None:
    result = trade(free(flat()), BUY_ALL, cash=999)
    assert story(result) == [(1, "buy", 99, 0, "lot")]
    assert result.orders["refused"].to_list() == [99]


def test_less_than_one_share_is_no_order() -> None:
    assert story(trade(free(flat()), BUY_ALL, cash=9)) == []


def test_leaving_sells_the_odd_lot_whole() -> None:
    bonus = Action(2, 0, "bonus", 0.45, 0.0, NAN)
    result = trade(free(flat(), actions=[bonus]), IN_AND_OUT, cash=1_000)
    assert story(result)[-1] == (3, "sell", 145, 145, "")


def test_reducing_keeps_to_lots() -> None:
    assert story(trade(free(flat()), {1: 1.0, 3: 0.55}, cash=1_000)) == [
        (1, "buy", 100, 100, ""),
        (3, "sell", 45, 0, "lot"),
    ]


@pytest.mark.parametrize(("tries", "last"), [({}, 11), ({"retries": 5}, 6), ({"retries": 0}, 1)])
def test_a_purchase_at_limit_up_is_tried_until_the_decision_changes_or_so_many_times(
    tries: dict[str, int], last: int
) -> None:
    market = free(flat(), open=one_price_days(range(1, 12), 12.0))
    result = trade(market, BUY_ALL, **tries)
    assert story(result) == [(t, "buy", 10_000, 0, "limit_up") for t in range(1, last + 1)]
    assert result.orders["attempt"].to_list() == list(range(last))


def test_a_sale_is_tried_until_it_is_filled_whatever_the_retries() -> None:
    market = free(flat(20), open=one_price_days(range(3, 15), 8.0, 20))
    told = story(trade(market, {1: 1.0, 3: 0.0}, retries=0))
    assert told[1:-1] == [(t, "sell", 10_000, 0, "limit_down") for t in range(3, 15)]
    assert told[-1] == (15, "sell", 10_000, 10_000, "")


@pytest.mark.parametrize("last_blocked", [1, 3, 5])
def test_a_blocked_purchase_fills_at_the_first_open_that_lets_it(last_blocked: int) -> None:
    market = free(flat(), open=one_price_days(range(1, last_blocked + 1), 12.0))
    assert story(trade(market, BUY_ALL))[-1] == (last_blocked + 1, "buy", 10_000, 10_000, "")


def test_no_retry_where_none_is_allowed() -> None:
    market = free(flat(), open=one_price_days(range(1, 3), 12.0))
    assert story(trade(market, BUY_ALL, retries=0)) == [(1, "buy", 10_000, 0, "limit_up")]


def test_a_sale_at_limit_down_is_refused_and_retried() -> None:
    result = trade(free(flat(), open=one_price_days(range(3, 5), 8.0)), IN_AND_OUT)
    assert [(t, reason) for t, side, *_, reason in story(result) if side == "sell"] == [
        (3, "limit_down"),
        (4, "limit_down"),
        (5, ""),
    ]


def test_a_sale_at_limit_up_and_a_purchase_at_limit_down_fill() -> None:
    opens = one_price_days(range(3, 4), 12.0)
    opens[1] = 8.0
    assert [row[-1] for row in story(trade(free(flat(), open=opens), IN_AND_OUT))] == ["", ""]


def test_a_session_without_limits_blocks_nothing() -> None:
    limited = free(flat(), open=one_price_days(range(1, 2), 30.0))
    market = replace(limited, limit_permille=np.full((12, 1), NO_LIMIT, np.int16))
    assert story(trade(market, BUY_ALL, cash=1e6))[0][2:] == (100_000, 33_300, "cash")


@pytest.mark.parametrize("field", ["close", "volume"])
def test_without_a_bar_or_without_volume_the_symbol_is_halted(field: str) -> None:
    missing = NAN if field == "close" else 0.0
    values = np.where(np.isin(np.arange(12), [2, 3]), missing, 10.0 if field == "close" else 1e6)
    market = free(values) if field == "close" else free(flat(), volume=values)
    assert [row[-1] for row in story(trade(market, {2: 1.0}, participation_sessions=5))] == ["halted", "halted", ""]


def test_a_halted_position_is_carried_at_the_last_close() -> None:
    close = flat(6)
    close[3:5] = NAN
    assert trade(free(close), BUY_ALL).equity.tolist() == [100_000.0] * 5


def test_a_symbol_without_a_price_yet_is_not_listed_and_not_retried() -> None:
    result = trade(free(one_price_days(range(0, 3), NAN)), BUY_ALL)
    assert story(result) == [(1, "buy", 0, 0, "not_listed")]
    assert result.orders["price"].to_list() == [None]


def test_an_order_takes_at_most_its_part_of_the_median_volume() -> None:
    result = trade(free(flat(), volume=np.full(12, 25_000.0)), BUY_ALL, participation=0.1)
    filled = [(row[0], row[3], row[4]) for row in story(result)]
    assert filled == [(t, 2_500, "participation") for t in range(1, 4)] + [(4, 2_500, "")]


def test_the_rest_of_a_capped_order_is_given_up_after_the_last_try() -> None:
    result = trade(free(flat(), volume=np.full(12, 5_000.0)), BUY_ALL, participation=0.1, retries=5)
    assert result.execution.final_shares[0] == 6 * 500
    assert result.orders["refused"].to_list()[-1] == 10_000 - 6 * 500


def test_an_exit_is_capped_too() -> None:
    volume = np.where(np.arange(12) < 2, 1e6, 4_000.0)
    result = trade(free(flat(), volume=volume), {1: 1.0, 8: 0.0}, participation=1.0, participation_sessions=3)
    assert [row[3] for row in story(result)][1:] == [4_000, 4_000, 2_000]


def test_the_median_skips_sessions_without_a_bar_and_reaches_before_the_start() -> None:
    close = flat()
    close[2:5] = NAN
    volume = np.array([1_000, 3_000, NAN, NAN, NAN, 900_000] + [1e6] * 6)
    result = trade(free(close, volume=volume), {5: 1.0}, first=5, participation_sessions=2, retries=0)
    assert story(result) == [(5, "buy", 10_000, 2_000, "participation")]


def test_volumes_before_a_bonus_count_in_the_shares_of_today() -> None:
    bonus = Action(4, 0, "bonus", 1.0, 0.0, NAN)
    market = free(np.where(np.arange(12) < 4, 10.0, 5.0), actions=[bonus], volume=np.full(12, 1_000.0))
    assert story(trade(market, {4: 1.0}, retries=0)) == [(4, "buy", 20_000, 2_000, "participation")]


def test_purchases_beyond_the_cash_are_scaled_together_and_the_rest_refused() -> None:
    market = free(np.full((6, 2), 10.0), symbols=("300001.SZ", "300002.SZ"), open=np.full((6, 2), 11.0))
    rows = story(trade(market, {1: [0.5, 0.5]}))
    assert rows == [(1, "buy", 5_000, 4_500, "cash"), (1, "buy", 5_000, 4_500, "cash")]


def test_sales_pay_for_purchases_of_the_same_open() -> None:
    market = free(np.full((6, 2), 10.0), symbols=("300001.SZ", "300002.SZ"))
    rows = story(trade(market, {1: [0.0, 1.0], 3: [1.0, 0.0]}))
    assert rows[1:] == [(3, "sell", 10_000, 10_000, ""), (3, "buy", 10_000, 10_000, "")]


def test_a_new_decision_replaces_what_is_pending() -> None:
    market = free(flat(), open=one_price_days(range(1, 4), 12.0))
    assert story(trade(market, {1: 1.0, 2: 0.0})) == [(1, "buy", 10_000, 0, "limit_up")]


def test_a_pending_target_grows_with_a_bonus() -> None:
    bonus = Action(2, 0, "bonus", 0.5, 0.0, NAN)
    opens = np.array([10.0, 12.0] + [6.7] * 6)
    market = free(np.array([10.0, 10.0] + [6.67] * 6), open=opens, actions=[bonus])
    assert [row[2] for row in story(trade(market, BUY_ALL, cash=50_000))] == [5_000, 7_500]


def test_a_fill_near_the_limit_is_flagged() -> None:
    opens = np.array([10.0, 11.95, 10.0, 10.0])
    assert trade(free(flat(4), open=opens), {1: 0.5}).orders["near_limit"].to_list() == [True]
    assert trade(free(flat(4)), {1: 0.5}).orders["near_limit"].to_list() == [False]


@pytest.mark.parametrize(("amount", "price"), [(10_500_000.0, 10.5), (NAN, 10.4)])
def test_filled_at_the_day_s_average_but_judged_by_the_open(amount: float, price: float) -> None:
    bars = {"high": flat(price=11.2), "low": flat(price=10.0), "amount": flat(price=amount)}
    result = trade(free(flat(), **bars), {1: 0.5}, fill_at="day_average")
    assert result.orders["price"].to_list() == [pytest.approx(price)]
    blocked = free(flat(), open=one_price_days(range(1, 2), 12.0), **bars)
    assert story(trade(blocked, {1: 0.5}, fill_at="day_average"))[0][-1] == "limit_up"


def test_slippage_stays_inside_the_day_s_limits() -> None:
    result = trade(free(flat(), open=one_price_days(range(1, 2), 11.99)), {1: 0.5}, slippage=0.01)
    assert result.orders["price"].to_list() == [12.0]
