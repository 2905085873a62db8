"""What an order costs and what a corporate action brings, to the fen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from screener.point_in_time.corporate import Action
from tests.backtest.markets import NAN, make_market, trade

FLAT = np.full(8, 10.0)


def costs(cash: float, **terms: Any) -> dict[str, float]:
    return trade(make_market(FLAT), {1: 0.5, 3: 0.0}, cash=cash, **terms).costs


def test_commission_is_a_rate_with_a_floor_for_each_order() -> None:
    assert costs(2_000.0, commission_rate=0.00025, commission_floor=5.0)["commission"] == 2 * 5.0
    assert costs(2e6, commission_rate=0.00025, commission_floor=5.0)["commission"] == 2 * 250.0


def test_stamp_duty_is_paid_on_sales_only() -> None:
    assert costs(2e6)["stamp_duty"] == 1_000_000 * 0.0005


def test_stamp_duty_follows_the_date() -> None:
    market = make_market(FLAT, stamp_duty=0.001)
    market.stamp_duty[4:] = 0.0005
    early, late = (trade(market, {1: 0.5, t: 0.0}, cash=2e6).costs["stamp_duty"] for t in (3, 4))
    assert (early, late) == (1_000.0, 500.0)


def test_the_transfer_fee_counts_amount_and_shares() -> None:
    assert costs(2e6)["transfer_fee"] == 2 * 10.0
    by_share = make_market(FLAT, transfer=0.0, transfer_per_share=np.full(8, 0.0003))
    assert trade(by_share, {1: 0.5}, cash=2e6).costs["transfer_fee"] == 30.0


def test_slippage_is_what_the_price_lost_against_the_open() -> None:
    result = trade(make_market(FLAT), {1: 0.5}, cash=2e6, slippage=0.001)
    assert result.orders["price"].to_list() == [pytest.approx(10.01)]
    assert result.costs["slippage"] == pytest.approx(1_000.0)


@pytest.mark.parametrize(
    ("kind", "shares", "cash", "held", "paid"),
    [
        ("cash", 0.0, 0.123, 1_000, 123.0),
        ("bonus", 0.4, 0.0, 1_400, 0.0),
        ("bonus_and_cash", 0.3, 0.05, 1_300, 50.0),
        ("bonus", 0.0006, 0.0, 1_000, 0.6 * 9.99),  # 0.6 of a share, at the reference price
        ("restructuring_conversion", 0.0, 0.0, 1_000, 0.0),
        ("restructuring_conversion", 1.3, 0.0, 1_000, 0.0),  # the new shares go to others
    ],
)
def test_what_a_holder_of_1000_shares_gets(kind: str, shares: float, cash: float, held: int, paid: float) -> None:
    market = make_market(FLAT, actions=[Action(3, 0, kind, shares, cash, 9.99)])
    result = trade(market, {1: 1.0}, cash=10_010.0)
    assert result.execution.final_shares[0] == held
    assert result.cash[-1] - result.cash[0] == pytest.approx(round(paid, 2))


def test_the_open_of_the_ex_date_is_too_late_to_receive() -> None:
    market = make_market(FLAT, actions=[Action(3, 0, "cash", 0.0, 1.0, 10.0)])
    assert len(trade(market, {3: 1.0}).actions) == 0
    assert trade(market, {1: 1.0, 3: 0.0}).actions["cash"].to_list() == [9_900.0]


def test_two_actions_of_one_day_both_count_the_shares_held_before() -> None:
    both = [Action(3, 0, "bonus", 1.0, 0.0, NAN), Action(3, 0, "cash", 0.0, 0.5, NAN)]
    result = trade(make_market(FLAT, actions=both), {1: 1.0}, cash=10_010.0)
    assert result.actions.select("held", "added", "cash").rows() == [(1_000, 1_000, 0.0), (1_000, 0, 500.0)]


def test_an_ex_date_without_a_trade_moves_no_value() -> None:
    market = make_market(np.array([10.0, 10.0, 10.0, 5.0, 5.0]), actions=[Action(3, 0, "bonus", 1.0, 0.0, NAN)])
    assert len(set(trade(market, {1: 1.0}).equity)) == 1
