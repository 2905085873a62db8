"""The same run without its best firm, at the day's average, one open earlier; how concentrated, how big."""

from __future__ import annotations

import numpy as np
import pytest

from screener.backtest import robustness
from tests.backtest.markets import make_market, trade

RISE = np.linspace(10, 20, 11)
THREE = ("300001.SZ", "300002.SZ", "300003.SZ")


def three_firms(weights: list[float], **arrays: object):  # type: ignore[no-untyped-def]
    close = np.column_stack([RISE, RISE[::-1], np.full(11, 10.0)])
    return trade(make_market(close, symbols=THREE, transfer=0.0, stamp_duty=0.0, **arrays), {1: weights})  # type: ignore[arg-type]


def test_without_the_best_firm_its_weight_stays_in_cash() -> None:
    result = three_firms([0.3, 0.3, 0.3])
    without = robustness.without_best_firm(result)
    assert without is not None
    assert without.symbol == "300001.SZ"
    assert result.final_value - without.result.final_value == pytest.approx(without.contribution)
    assert without.result.total_return == pytest.approx(
        result.total_return - without.contribution / result.initial_cash
    )
    assert "without 300001.SZ" in without.result.strategy


def test_a_run_that_bought_nothing_has_no_best_firm() -> None:
    nothing = three_firms([0.0, 0.0, 0.0])
    assert robustness.without_best_firm(nothing) is None
    assert robustness.effective_firms(nothing) is None
    assert robustness.days_to_trade(nothing) is None
    assert robustness.turnover(nothing) == 0


def test_equal_positions_count_as_their_number_and_one_position_as_one() -> None:
    close = np.full((11, 3), 10.0)
    market = make_market(close, symbols=THREE)
    assert robustness.effective_firms(trade(market, {1: [0.3, 0.3, 0.3]})) == pytest.approx(3.0)
    assert robustness.effective_firms(trade(market, {1: [0.6, 0.3, 0.0]})) == pytest.approx(1 / (4 / 9 + 1 / 9))


def test_days_to_trade_is_shares_over_the_allowed_pace() -> None:
    result = trade(make_market(np.full(11, 10.0), volume=np.full(11, 10_000.0)), {1: 0.5}, participation=1.0)
    assert result.execution.final_shares[0] == 5_000
    assert robustness.days_to_trade(result) == 0.5


def test_turnover_is_half_the_traded_amount_over_mean_equity_a_year() -> None:
    market = make_market(np.full(243, 10.0), transfer=0.0, stamp_duty=0.0)
    assert robustness.turnover(trade(market, {1: 0.5, 100: 0.0})) == pytest.approx(0.5)


def test_the_day_s_average_changes_the_price_alone() -> None:
    result = three_firms([0.5, 0.0, 0.0], amount=np.full((11, 3), 11_500_000.0))
    bought = result.fills["filled"][0]
    dearer = bought * (11.5 - result.fills["price"][0])
    assert bought > 0
    other = robustness.at_day_average(result)
    assert other.final_value == pytest.approx(result.final_value - dearer, abs=bought * 11.5 * 3e-4)  # its commission


def test_one_open_earlier_moves_every_fill_by_a_session_and_says_it_cheats() -> None:
    market = make_market(np.full(11, 10.0))
    result = trade(market, {1: 0.5, 2: 0.6, 5: 0.0})
    earlier = robustness.one_open_earlier(result)
    assert earlier.fills["session"].to_list() == [market.sessions[t].item() for t in (1, 4)]
    assert earlier.fills["filled"].to_list() == [6_000, 6_000]  # the decision of 2 takes the place of that of 1
    assert "cheating" in earlier.strategy


@pytest.mark.parametrize("volume", [20_000.0, 1_000_000.0])
def test_what_is_not_written_down_comes_to_the_same(volume: float) -> None:
    result = three_firms([0.3, 0.6, 0.1], volume=np.full((11, 3), volume))
    assert result.filled
    again = robustness.at_cash(result, 1)
    assert (again.final_value, again.total_return) == (result.final_value, result.total_return)
