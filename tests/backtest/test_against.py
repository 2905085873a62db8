"""What is held against the decision, and how much of the decided weight is invested."""

from __future__ import annotations

import numpy as np
import pytest

from screener.backtest.against import AgainstDecision, against_decision
from screener.backtest.robustness import at_cash
from tests.backtest.markets import make_market, trade

FLAT = np.full(12, 10.0)
FREE = {"transfer": 0.0, "stamp_duty": 0.0}


def test_an_exit_that_is_blocked_is_held_against_the_decision() -> None:
    opens = np.array([8.0 if 5 <= t < 9 else 10.0 for t in range(12)])
    found = against_decision(trade(make_market(FLAT, open=opens, **FREE), {1: 1.0, 5: 0.0}))
    assert (found.positions, found.sessions, found.longest) == (1, 4, 4)


def test_nothing_is_held_against_a_decision_that_is_filled_at_once() -> None:
    found = against_decision(trade(make_market(FLAT, **FREE), {1: 0.5, 5: 0.0}, slippage=0.0, commission_floor=0.0))
    assert found == AgainstDecision(0, 0, 0, pytest.approx(1.0, abs=2e-3))


def test_what_volume_does_not_let_in_is_not_invested() -> None:
    market = make_market(FLAT, volume=np.full(12, 10_000.0), **FREE)
    result = trade(market, {1: 1.0}, cash=1_000_000.0, participation=0.1, retries=0)
    assert against_decision(result).invested == pytest.approx(0.01, rel=0.05)
    assert at_cash(result, 10).initial_cash == 10_000_000.0


def test_without_a_decision_nothing_is_judged() -> None:
    assert against_decision(trade(make_market(FLAT, **FREE), {})) == AgainstDecision(0, 0, 0, None)
