"""The execution kernel and the plain ledger, written independently from the same rules, agree to the fen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from screener.backtest import engine
from screener.backtest.kernel.rows import REASONS, Execution
from screener.backtest.portfolio import Decisions
from screener.core.config import ExecutionOptions
from screener.core.tables.actions import ENDING, GIVING, KINDS, RIGHTS
from screener.point_in_time.market import Market
from tests.cases import drawn
from tests.oracle.plain_ledger import PlainResult, run_plain
from tests.oracle.random_market import CHANCES, OPTIONS, Chances, random_decisions, random_market

FIELDS = (
    *("requested", "filled", "amount", "commission", "stamp_duty", "transfer_fee", "slippage", "attempt"),
    *("dividend_tax", "dividend_tax_due"),
)
ROUGH = Chances(
    1, 120, 6, halt=0.15, no_volume=0.1, at_limit=0.4, action=0.1, late=0.5, volume=1e5, fee_change=60, ending=0.05
)
Asked = list[tuple[int, dict[str, float]]]


def run_kernel(market: Market, asked: Asked, options: ExecutionOptions, first: int = 0) -> Execution:
    weights = np.zeros((len(asked), len(market.symbols)))
    for row, (_, wanted) in zip(weights, asked, strict=True):
        row[:] = [wanted.get(symbol, 0.0) for symbol in market.symbols]
    when = np.array([t for t, _ in asked], dtype=np.int64)
    return engine.execute(market, Decisions(when, weights), options, first, len(market.sessions))


def both(market: Market, asked: Asked, options: ExecutionOptions, first: int = 0) -> tuple[Execution, PlainResult]:
    asked = [(t, wanted) for t, wanted in asked if t >= first]
    plain = run_plain(market, asked, first, len(market.sessions) - 1, options)
    return run_kernel(market, asked, options, first), plain


def kernel_rows(run: Execution) -> dict[Any, dict[str, Any]]:
    """(session, symbol) → row; a symbol has at most one order in a session."""
    rows = {(int(row["session"]), int(row["symbol"])): row for row in run.orders}
    assert len(rows) == len(run.orders)
    return {key: _kernel_row(row) for key, row in rows.items()}


def _kernel_row(row: Any) -> dict[str, Any]:
    filled = bool(row["filled"])
    words = {"side": "buy" if row["side"] > 0 else "sell", "reason": REASONS[row["reason"]]}
    price = {"price": float(row["price"]) if filled else None, "near_limit": filled and bool(row["near_limit"])}
    return words | price | {name: int(row[name]) for name in FIELDS}


def plain_rows(plain: PlainResult) -> dict[Any, dict[str, Any]]:
    rows = {(order.t, order.n): order for order in plain.orders}
    assert len(rows) == len(plain.orders)
    return {key: _plain_row(order) for key, order in rows.items()}


def _plain_row(order: Any) -> dict[str, Any]:
    price = {"price": order.price if order.filled else None, "near_limit": order.near_limit}
    return {"side": order.side, "reason": order.reason} | price | {name: getattr(order, name) for name in FIELDS}


def assert_same(run: Execution, plain: PlainResult) -> None:
    ours, theirs = kernel_rows(run), plain_rows(plain)
    assert {k: ours.get(k) for k in theirs} == theirs
    assert ours.keys() == theirs.keys()
    assert run.equity.tolist() == plain.equity
    assert run.cash.tolist() == plain.cash
    assert {n: int(h) for n, h in enumerate(run.final_shares) if h} == {n: h for n, h in plain.shares.items() if h}


@settings(max_examples=drawn(250), suppress_health_check=[HealthCheck.too_slow])
@given(CHANCES, OPTIONS, st.integers(0, 999), st.sampled_from([0.3, 0.1, 1.0]), st.integers(0, 5))
@example(ROUGH, ExecutionOptions(), 1, 0.3, 0)
def test_kernel_and_plain_ledger_agree_order_by_order(
    chances: Chances, options: ExecutionOptions, seed: int, often: float, first: int
) -> None:
    market = random_market(chances)
    asked = random_decisions(market, seed, often)
    assert_same(*both(market, asked, options, min(first, chances.sessions - 1)))


def test_the_random_markets_reach_every_reason_and_every_kind_of_action() -> None:
    reasons, kinds = set(), set()
    for seed in range(6):
        market, options = random_market(replace(ROUGH, seed=seed)), ExecutionOptions(initial_cash=200_000.0 * 10**seed)
        run, plain = both(market, random_decisions(market, seed, 0.3), options)
        assert_same(run, plain)
        reasons |= {order.reason for order in plain.orders}
        kinds |= {KINDS[code] for code in run.actions["kind"]}
    assert reasons == set(REASONS) - {"t_plus_1"}  # sells precede buys: nothing can break T+1
    assert kinds >= {*GIVING, RIGHTS, *ENDING}


@pytest.mark.parametrize("what", ["amount", "reason", "equity"])
def test_the_comparison_notices_one_fen_and_one_reason(what: str) -> None:
    market, options = random_market(ROUGH), ExecutionOptions()
    run, plain = both(market, random_decisions(market, 1, 0.3), options)
    if what == "equity":
        run.equity[-1] += 1
    else:
        run.orders[what][0] += 1
    with pytest.raises(AssertionError):
        assert_same(run, plain)
