"""Facts of the recorded market: the books against the plain ledger, holders through corporate actions, the load."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from screener.backtest import engine, robustness, strategy
from screener.backtest.kernel.rows import REASONS
from screener.backtest.portfolio import Decisions
from screener.backtest.result import BacktestResult
from screener.core.config import BacktestOptions
from screener.point_in_time.market import Market
from screener.store.database import Store
from screener.store.loading import load_folder
from tests.oracle.plain_ledger import PlainResult, run_plain
from tests.recorded import market_dir, recorded_market

FIVE = ("equal_weight", "backlog_yield", "order_drift", "purchase_drift", "buy_and_hold")
SPAN = BacktestOptions(start=date(2024, 10, 8), end=date(2026, 8, 21))
JINGANG, XIECHUANG = "300093.SZ", "300857.SZ"
HELD = 10_000


@pytest.fixture(scope="module")
def recorded() -> Market:
    return recorded_market()


@cache
def back_test(name: str) -> BacktestResult:
    decide, params = strategy.load(name).bind()
    return engine.run(recorded_market(), decide, SPAN, params=params, name=name)


def asked(result: BacktestResult) -> list[tuple[int, dict[str, float]]]:
    """The decisions as the plain ledger wants them."""
    symbols, decisions = result.market.symbols, result.decisions
    weights = [{s: w for s, w in zip(symbols, row, strict=True) if w} for row in decisions.weights.tolist()]
    return list(zip(decisions.when.tolist(), weights, strict=True))


COSTS = ("requested", "filled", "amount", "commission", "stamp_duty", "transfer_fee", "slippage", "attempt")


def our_orders(result: BacktestResult) -> set[tuple[object, ...]]:
    """(session, symbol, reason, money …) of every order, fen."""
    rows = result.execution.orders
    return {
        (int(r["session"]), int(r["symbol"]), REASONS[r["reason"]], *(int(r[name]) for name in COSTS)) for r in rows
    }


def plain_orders(plain: PlainResult) -> set[tuple[object, ...]]:
    return {(o.t, o.n, o.reason, *(getattr(o, name) for name in COSTS)) for o in plain.orders}


@pytest.mark.parametrize("name", FIVE)
def test_every_order_and_every_close_equals_the_plain_ledger_to_the_fen(recorded: Market, name: str) -> None:
    result = back_test(name)
    last = result.first + len(result.sessions) - 1
    plain = run_plain(recorded, asked(result), result.first, last, SPAN.execution)
    assert len(result.sessions) == 458 and len(result.fills) > 0
    assert our_orders(result) == plain_orders(plain) and len(plain.orders) == len(result.orders)
    assert np.abs(result.execution.equity - np.array(plain.equity)).max() == 0
    assert np.abs(result.execution.cash - np.array(plain.cash)).max() == 0


def holder(market: Market, symbol: str, bought: date, until: date) -> BacktestResult:
    """Buys 10 000 shares at the open of `bought` and keeps them."""
    first, last = market.session_index(bought), market.session_index(until)
    options = BacktestOptions(start=bought, end=until)
    weights = np.zeros((1, len(market.symbols)))
    n = market.index_of(symbol)
    weights[0, n] = HELD * market.reference[first, n] / options.execution.initial_cash
    decisions = Decisions(np.array([first]), weights)
    return engine.finish(market, decisions, options, params={}, name="holder", span=(first, last + 1))


def shares_and_mark(result: BacktestResult, symbol: str, day: date) -> tuple[int, float, float]:
    """(shares, price per share, cash) after the close of `day`."""
    t, n = result.market.session_index(day), result.market.index_of(symbol)
    return (
        int(result.shares[t - result.first, n]),
        float(result.market.mark[t, n]),
        float(result.cash[t - result.first]),
    )


def test_a_restructuring_gives_the_holder_nothing_and_takes_nothing(recorded: Market) -> None:
    result = holder(recorded, JINGANG, date(2025, 11, 17), date(2025, 11, 21))
    before, after = (shares_and_mark(result, JINGANG, date(2025, 11, day)) for day in (18, 20))
    assert before == (HELD, 14.83, before[2]) and after == (HELD, 15.42, before[2])
    t = recorded.session_index(date(2025, 11, 20)) - result.first
    assert result.equity[t] - result.equity[t - 2] == pytest.approx(HELD * (15.42 - 14.83), abs=0.005)


def test_the_reference_price_of_that_day_moves_the_limits_only(recorded: Market) -> None:
    t, n = recorded.session_index(date(2025, 11, 20)), recorded.index_of(JINGANG)
    assert recorded.reference[t, n] == 13.07 and recorded.limit_up[t, n] == 15.68
    assert recorded.share_factor[t, n] == recorded.share_factor[t - 1, n]


def test_ten_become_fourteen_and_the_cash_is_paid(recorded: Market) -> None:
    result = holder(recorded, XIECHUANG, date(2026, 4, 17), date(2026, 4, 23))
    before, after = (shares_and_mark(result, XIECHUANG, date(2026, 4, day)) for day in (21, 22))
    action = next(a for a in recorded.actions if a.t == recorded.session_index(date(2026, 4, 22)) and
                  recorded.symbols[a.n] == XIECHUANG)  # fmt: skip
    assert (before[0], after[0], action.shares_to_holder) == (HELD, 14_000, 0.4)
    assert action.cash_to_holder > 0
    assert after[2] - before[2] == pytest.approx(HELD * action.cash_to_holder, abs=0.006)


def test_a_raw_fall_of_a_seventh_was_a_gain_of_a_fifth(recorded: Market) -> None:
    result = holder(recorded, XIECHUANG, date(2026, 4, 17), date(2026, 4, 23))
    t, n = recorded.session_index(date(2026, 4, 22)), recorded.index_of(XIECHUANG)
    value = result.equity - result.cash + (result.cash - result.cash[0])
    at = t - result.first
    assert recorded.close[t, n] / recorded.close[t - 1, n] - 1 == pytest.approx(-0.144, abs=0.001)
    assert value[at] / value[at - 1] - 1 == pytest.approx(0.20, abs=0.002)


def test_what_one_open_earlier_would_have_earned() -> None:
    honest = back_test("order_drift")
    cheating = robustness.one_open_earlier(honest)
    assert honest.total_return == pytest.approx(-0.0693, abs=5e-5)
    assert cheating.total_return > honest.total_return + 0.2
    assert cheating.strategy.endswith(f"({robustness.ONE_OPEN_EARLIER})")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder: Path = market_dir()
    store = Store.create_or_open(tmp_path_factory.mktemp("recorded") / "store.duckdb")
    load_folder(store, folder)
    return store


def test_the_folder_loads_as_it_is(loaded: Store) -> None:
    counts = {name: loaded.latest(name).height for name in ("bars", "indices", "actions", "shares")}
    assert counts == {"bars": 308_987, "indices": 12_720, "actions": 19, "shares": 20}
    assert loaded.latest("bars")["symbol"].n_unique() == 811


def test_its_odd_rows_are_counted_as_findings(loaded: Store) -> None:
    found = loaded.frame("findings").group_by("dataset", "check").len().sort("dataset", "check")
    assert found.rows() == [
        ("bars", "price_limit", 47), ("bars", "unit_band", 11), ("bars", "zero_volume", 1),
        ("indices", "not_a_session", 1),
    ]  # fmt: skip
    odd = loaded.frame("findings").filter(pl.col("check") == "price_limit")
    assert {"603629.SH 2026-07-07", f"{XIECHUANG} 2026-04-22"} <= set(odd["row_key"])
