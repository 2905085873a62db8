"""Invariants over random markets and decisions: no fen appears or vanishes, and nothing sees the future."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.backtest import ledger
from screener.backtest.result import BacktestResult
from screener.core.errors import AuditMismatch
from screener.point_in_time.corporate import Action
from screener.point_in_time.market import Market
from tests.backtest.markets import NAN, make_market, trade
from tests.cases import drawn

SYMBOLS = ("300001.SZ", "600001.SH", "688001.SH", "920001.BJ")
SESSIONS = 40
REAL: dict[str, Any] = {"commission_rate": 0.00025, "commission_floor": 5.0, "slippage": 0.0005, "participation": 0.1}


def random_market(seed: int) -> Market:
    """Prices that jump to limits, halts, thin volume, actions; readable only as a stress test."""
    rng = np.random.default_rng(seed)
    shape = SESSIONS, len(SYMBOLS)
    close = np.round(20 * np.exp(np.cumsum(rng.normal(0, 0.06, shape), axis=0)) + 1, 2)
    close[rng.random(shape) < 0.1] = NAN
    kinds = ("cash", "bonus", "bonus_and_cash", "restructuring_conversion")
    actions = [
        Action(int(t), int(rng.integers(4)), kinds[rng.integers(4)], float(rng.choice([0, 0.3, 0.4567])), 0.123, NAN)
        for t in np.sort(rng.choice(np.arange(2, SESSIONS), 5, replace=False))
    ]
    opens = np.round(close * (1 + rng.normal(0, 0.04, shape)), 2)
    volume = np.where(np.isnan(close), NAN, np.floor(np.exp(rng.normal(10, 2, shape))))
    return make_market(close, symbols=SYMBOLS, open=opens, volume=volume, actions=actions, limit=0.1)


def random_decisions(seed: int) -> dict[int, np.ndarray]:
    rng = np.random.default_rng(seed + 1_000_000)
    days = np.sort(rng.choice(np.arange(1, SESSIONS), rng.integers(1, 20), replace=False))
    return {int(t): rng.dirichlet(np.ones(5))[:4] * (rng.random(4) < 0.7) for t in days}


def random_run(seed: int) -> BacktestResult:
    cash = float(10 ** (4 + seed % 4))
    return trade(random_market(seed), random_decisions(seed), cash=cash, **REAL)


@settings(max_examples=drawn(100))
@given(st.integers(0, 10**6))
def test_money_is_conserved_to_the_fen_in_every_session(seed: int) -> None:
    result = random_run(seed)
    ledger.verify(result)
    gained = round((result.final_value - result.initial_cash) * 100)
    assert round(sum(result.contributions.values()) * 100) == gained


@settings(max_examples=drawn(100))
@given(st.integers(0, 10**6))
def test_nothing_is_negative_and_nothing_is_bought_and_sold_in_one_session(seed: int) -> None:
    result = random_run(seed)
    assert (result.shares >= 0).all()
    assert result.execution.cash.min() >= 0
    fills = result.fills.group_by("session", "symbol").len()
    assert fills.height == 0 or fills["len"].max() == 1


@settings(max_examples=drawn(60))
@given(st.integers(0, 10**6), st.integers(2, SESSIONS - 1))
def test_later_rows_cannot_change_earlier_results(seed: int, cut: int) -> None:
    whole, market, rng = random_run(seed), random_market(seed), np.random.default_rng(seed)
    scrambled = {}
    for name in ("open", "high", "low", "close", "volume", "amount", "reference"):
        scrambled[name] = getattr(market, name).copy()
        scrambled[name][cut:] *= rng.uniform(0.5, 2)
    scrambled["limit_permille"] = market.limit_permille.copy()
    scrambled["limit_permille"][cut:] = rng.integers(-1, 300)
    late = {t: w for t, w in random_decisions(seed).items() if t < cut}
    other = trade(replace(market, **scrambled), late, cash=whole.initial_cash, **REAL)
    assert other.equity[: cut - 1].tolist() == whole.equity[: cut - 1].tolist()
    known = int((whole.execution.orders["session"] < cut).sum())
    assert other.orders[:known].equals(whole.orders[:known])


@pytest.mark.parametrize(
    ("part", "field", "message"),
    [
        ("orders", "amount", "cash"),
        ("orders", "filled", "positions"),
        ("cash", None, "cash"),
        ("equity", None, "equity"),
        ("final_shares", None, "shares"),
    ],
)
def test_one_fen_or_one_share_too_much_is_noticed(part: str, field: str | None, message: str) -> None:
    result = trade(make_market(np.full(8, 10.0)), {1: 0.5})
    array = getattr(result.execution, part)
    (array[field] if field else array)[-1] += 1
    with pytest.raises(AuditMismatch, match=message):
        ledger.verify(result)


def test_contributions_are_profits_after_costs_by_firm() -> None:
    close = np.column_stack([np.linspace(10, 20, 11), np.full(11, 10.0), np.full(11, 10.0)])
    market = make_market(close, symbols=("300001.SZ", "300002.SZ", "300003.SZ"), transfer=0.0)
    result = trade(market, {1: [0.4, 0.4, 0.0]}, commission_floor=5.0)
    assert result.contributions == {"300001.SZ": 4_000 * 9.0 - 5.0, "300002.SZ": -5.0}
