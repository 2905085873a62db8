"""What is held against the decision, and how much of the decided weight is invested."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from screener.backtest.against import AgainstDecision, against_decision
from screener.backtest.robustness import at_cash
from screener.point_in_time.market import Market
from tests.backtest.markets import make_market, trade

FLAT = np.full(12, 10.0)


def free(**arrays: Any) -> Market:
    return make_market(FLAT, transfer=0.0, stamp_duty=0.0, **arrays)


def test_an_exit_that_is_blocked_is_held_against_the_decision() -> None:
    opens = np.array([8.0 if 5 <= t < 9 else 10.0 for t in range(12)])
    found = against_decision(trade(free(open=opens), {1: 1.0, 5: 0.0}))
    assert (found.positions, found.sessions, found.longest) == (1, 4, 4)


def test_nothing_is_held_against_a_decision_that_is_filled_at_once() -> None:
    found = against_decision(trade(free(), {1: 0.5, 5: 0.0}, slippage=0.0, commission_floor=0.0))
    assert (found.positions, found.sessions, found.longest) == (0, 0, 0)
    assert found.invested == pytest.approx(1.0, abs=2e-3)


def test_what_volume_does_not_let_in_is_not_invested() -> None:
    market = free(volume=np.full(12, 10_000.0))
    result = trade(market, {1: 1.0}, cash=1_000_000.0, participation=0.1, retries=0)
    assert against_decision(result).invested == pytest.approx(0.01, rel=0.05)
    assert at_cash(result, 10).initial_cash == 10_000_000.0


def test_without_a_decision_nothing_is_judged() -> None:
    assert against_decision(trade(free(), {})) == AgainstDecision(0, 0, 0, None)
