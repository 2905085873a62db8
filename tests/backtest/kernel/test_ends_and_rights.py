"""What a holder is left with where a series ends, becomes another stock, or offers rights: by hand, to the fen."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from screener.backtest.against import against_decision
from screener.backtest.result import BacktestResult
from screener.point_in_time.corporate import Action
from tests.backtest.markets import NAN, trade
from tests.backtest.markets import make_market as with_fees

FLAT = np.full(8, 10.0)
PAIR = ("300001.SZ", "300002.SZ")
make_market = partial(with_fees, transfer=0.0, stamp_duty=0.0)
GONE = np.array([10.0, 10.0, 10.0, 10.0, NAN, NAN, NAN, NAN])


def turned(kind: str, ratio: float, cash: float = 0.0, heir: Any = 4.0, orders: Any = None) -> BacktestResult:
    """10 000 shares of the first stock, which becomes the second before the open of session 4."""
    heir = np.full(8, heir) if np.isscalar(heir) else heir
    action = Action(4, 0, kind, 0.0, cash, NAN, into=1, into_ratio=ratio)
    market = make_market(np.column_stack([GONE, heir]), symbols=PAIR, actions=[action])
    return trade(market, orders or {1: [1.0, 0.0]})


@pytest.mark.parametrize(("paid", "value"), [(0.0, 0.0), (1.25, 12_500.0), (0.0001, 1.0)])
def test_a_delisted_share_pays_what_is_stated_and_is_gone(paid: float, value: float) -> None:
    market = make_market(GONE, actions=[Action(4, 0, "delisting", 0.0, paid, NAN)])
    result = trade(market, {1: 1.0})
    assert result.equity.tolist() == [100_000.0] * 3 + [value] * 4
    assert result.execution.final_shares[0] == 0
    assert result.contributions == {"300001.SZ": value - 100_000.0}


def test_nobody_buys_what_is_listed_no_more() -> None:
    market = make_market(GONE, actions=[Action(4, 0, "delisting", 0.0, 0.0, NAN)])
    assert trade(market, {5: 1.0}).orders["reason"].to_list() == ["not_listed"]


def test_a_merger_gives_whole_shares_of_the_other_and_the_fraction_in_cash() -> None:
    result = turned("merger", 0.62005, cash=0.5, heir=4.01)
    assert result.execution.final_shares.tolist() == [0, 6_200]
    assert result.cash[-1] == 10_000 * 0.5 + 2.01  # half of a share at 4.01, half up
    assert result.equity[-1] == pytest.approx(result.cash[-1] + 6_200 * 4.01)


def test_what_a_share_became_is_profit_of_its_own_firm_from_that_day_on() -> None:
    heir = np.array([4.0, 4.0, 4.0, 4.0, 4.0, 4.2, 4.4, 4.5])
    found = turned("merger", 2.0, heir=heir).contributions
    assert found == {"300001.SZ": 2 * 10_000 * 4.0 - 100_000, "300002.SZ": 2 * 10_000 * 0.5}


def test_a_renumbered_share_goes_on_at_its_own_price_under_its_new_code() -> None:
    later = np.array([NAN, NAN, NAN, NAN, 10.5, 11.0, 11.0, 11.0])
    result = turned("renumbering", 1.0, heir=later)
    assert result.market.reference[4].tolist()[1] == 10.0  # so its limits are those of the price before
    assert result.equity.tolist() == [100_000.0] * 3 + [105_000.0, 110_000.0, 110_000.0, 110_000.0]
    assert against_decision(result).positions == 0


def test_a_sell_that_waits_in_a_halt_goes_on_in_what_the_share_became() -> None:
    halted = np.array([10.0, 10.0, NAN, NAN, NAN, NAN, NAN, NAN])
    action = Action(4, 0, "merger", 0.0, 0.0, NAN, into=1, into_ratio=2.0)
    market = make_market(np.column_stack([halted, np.full(8, 5.0)]), symbols=PAIR, actions=[action])
    rows = trade(market, {1: [0.5, 0.5], 2: [0.0, 0.5]}).orders.filter(side="sell")
    assert rows.select("symbol", "filled", "reason").rows() == [
        (PAIR[0], 0, "halted"),
        (PAIR[0], 0, "halted"),
        (PAIR[1], 10_000, ""),
    ]


def test_into_a_stock_that_is_not_stored_nothing_is_booked() -> None:
    market = make_market(GONE, actions=[Action(4, 0, "merger", 0.0, 0.0, NAN, into_ratio=0.62)])
    result = trade(market, {1: 1.0})
    assert (result.execution.final_shares[0], result.final_value) == (10_000, 100_000.0)


@pytest.mark.parametrize(
    ("answer", "cash", "held", "left"),
    [
        ("lapse", 150_000.0, 10_000, 50_000.0),
        ("subscribe", 150_000.0, 13_000, 35_000.0),
        ("subscribe", 105_003.0, 11_000, 3.0),  # 5 003 yuan buy 1 000 at 5
    ],
)
def test_rights_lapse_or_are_bought_as_far_as_the_cash_goes(answer: str, cash: float, held: int, left: float) -> None:
    offer = Action(3, 0, "rights", 0.0, 0.0, NAN, rights_ratio=0.3, rights_price=5.0)
    result = trade(make_market(FLAT, actions=[offer]), {1: 100_000 / cash}, cash=cash, rights=answer)
    assert (result.execution.final_shares[0], result.cash[-1]) == (held, left)
    assert result.market.reference[3, 0] == 8.85  # (10 + 0.3 × 5) ÷ 1.3


def test_rights_on_unknown_terms_are_held_through_and_lapse() -> None:
    offer = Action(3, 0, "rights", 0.0, 0.0, NAN, rights_ratio=NAN, rights_price=NAN)
    result = trade(make_market(FLAT, actions=[offer]), {1: 1.0}, rights="subscribe")
    assert (result.execution.final_shares[0], result.final_value) == (10_000, 100_000.0)


def test_a_share_that_ends_on_an_ex_date_of_its_heir_gets_what_the_heir_gives() -> None:
    both = [Action(4, 0, "merger", 0.0, 0.0, NAN, into=1, into_ratio=1.0), Action(4, 1, "bonus", 1.0, 0.0, NAN)]
    market = make_market(np.column_stack([GONE, np.full(8, 4.0)]), symbols=PAIR, actions=both)
    reversed_order = replace(market, actions=tuple(reversed(both)))
    for one in (market, reversed_order):
        assert trade(one, {1: [1.0, 0.0]}).execution.final_shares.tolist() == [0, 20_000]
