"""Tax on dividends by how long a share was held, oldest lots first: by hand, to the fen."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from screener.backtest.result import BacktestResult
from screener.core.rules import packaged_rules
from screener.point_in_time.corporate import Action
from screener.point_in_time.prices import holding_periods
from tests.backtest.markets import NAN, make_market, trade

BOUGHT = date(2024, 10, 8)


def held(sold: int, *, actions: tuple[Action, ...] = (), **terms: Any) -> BacktestResult:
    """10 000 shares bought on session 1 (2024-10-09), a dividend of 1 yuan on session 3, sold on session `sold`."""
    given = (Action(3, 0, "cash", 0.0, 1.0, 10.0), *actions)
    market = make_market(np.full(260, 10.0), actions=given, transfer=0.0, stamp_duty=0.0)
    return trade(market, {1: 1.0, sold: 0.0}, **terms)


@pytest.mark.parametrize(
    ("sold", "rate"),
    [
        ("2024-10-14", 0.2),
        ("2024-11-08", 0.2),  # held up to the day before: less than a month
        ("2024-11-11", 0.1),  # the first session after 11-09
        ("2025-10-09", 0.1),  # a year to the day
        ("2025-10-10", 0.0),
    ],
)
def test_the_rate_follows_the_days_held(sold: str, rate: float) -> None:
    sessions = make_market(np.full(260, 10.0)).sessions
    assert str(sessions[1]) == "2024-10-09"
    at = int(np.searchsorted(sessions, np.datetime64(sold)))
    assert str(sessions[at]) == sold
    assert held(at).dividend_tax_due == 10_000 * rate


def test_the_tax_is_taken_only_where_asked_for() -> None:
    off, on = held(4), held(4, dividend_tax=True)
    assert (off.orders["dividend_tax"].sum(), on.orders["dividend_tax"].sum()) == (0.0, 2_000.0)
    assert off.final_value - on.final_value == 2_000.0


def test_the_oldest_lot_is_sold_first_and_takes_its_dividend_along() -> None:
    dividend = [Action(3, 0, "cash", 0.0, 1.0, 10.0)]
    market = make_market(np.full(60, 10.0), actions=dividend, transfer=0.0, stamp_duty=0.0)
    # 5 000 shares before the dividend and 5 500 after it; then the old ones and 200 of the new are sold.
    result = trade(market, {1: 0.5, 5: 1.0, 7: 0.4953, 40: 0.0})
    sells = result.orders.filter(side="sell").select("filled", "dividend_tax_due").rows()
    assert sells == [(5_200, 1_000.0), (5_300, 0.0)]


def test_a_part_of_a_lot_leaves_the_rest_of_its_tax() -> None:
    market = make_market(
        np.full(60, 10.0), actions=[Action(3, 0, "cash", 0.0, 0.333, 10.0)], transfer=0.0, stamp_duty=0.0
    )
    rows = trade(market, {1: 1.0, 4: 0.5, 5: 0.0}).orders.filter(side="sell")
    assert rows["dividend_tax_due"].sum() == pytest.approx(10_000 * 0.333 * 0.2, abs=0.01)


def test_bonus_shares_are_a_lot_of_their_own_day() -> None:
    # 10 000 become 14 000 on session 30; the second dividend is paid on all of them.
    more = (Action(30, 0, "bonus", 0.4, 0.0, 10.0), Action(32, 0, "cash", 0.0, 1.0, 10.0))
    found = held(40, actions=more)
    old = 10_000 * 2.0 * 0.1  # held more than a month by then
    new = 4_000 * 1.0 * 0.2
    assert found.dividend_tax_due == old + new


def test_a_delisted_holding_owes_nothing_and_a_merged_one_keeps_its_days() -> None:
    gone = np.where(np.arange(60) < 30, 10.0, NAN)
    dividend = Action(3, 0, "cash", 0.0, 1.0, 10.0)
    turn = Action(30, 0, "merger", 0.0, 0.0, NAN, into=1, into_ratio=0.5)
    market = make_market(
        np.column_stack([gone, np.full(60, 20.0)]),
        symbols=("300001.SZ", "300002.SZ"),
        actions=[dividend, turn],
        transfer=0.0,
        stamp_duty=0.0,
    )
    assert trade(market, {1: [1.0, 0.0], 31: [0.0, 0.0]}).dividend_tax_due == 1_000.0  # held since session 1


@pytest.mark.parametrize(
    ("bought", "over"),
    [
        ("2024-01-31", "2024-03-01"),
        ("2023-01-31", "2023-03-01"),
        ("2024-10-08", "2024-11-11"),
        ("2024-12-31", "2025-02-03"),
    ],
)
def test_a_month_ends_on_its_own_last_day(bought: str, over: str) -> None:
    weekdays = np.arange("2023-01-03", "2025-12-31", dtype="datetime64[D]")
    sessions = weekdays[np.is_busday(weekdays)]
    at = int(np.searchsorted(sessions, np.datetime64(bought)))
    assert str(sessions[holding_periods(sessions, packaged_rules())["month_over"][at]]) == over
