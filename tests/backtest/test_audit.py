"""The vectorbt replay agrees with honest books and names the session where they were cooked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from screener.backtest import audit
from screener.backtest.kernel.rows import Execution
from screener.core.config import ExecutionOptions, Rights
from screener.core.errors import AuditMismatch
from screener.point_in_time.market import Market
from tests.backtest.kernel.test_oracle_agrees import run_kernel
from tests.cases import each_once
from tests.oracle.random_market import Chances, random_decisions, random_market

BUSY = Chances(3, 80, 5, halt=0.1, no_volume=0.05, at_limit=0.2, action=0.1, late=0.4, volume=1e6, fee_change=40)
ENDS = replace(BUSY, action=0.06, ending=0.4, symbols=8)


@dataclass
class Run:
    """What the audit asks of a back-test, and nothing else."""

    market: Market
    first: int
    execution: Execution


def busy(seed: int = 3, *, cash: float = 1e7, floor: float = 5.0, of: Chances = BUSY, rights: Rights = "lapse") -> Run:
    market = random_market(replace(of, seed=seed))
    options = ExecutionOptions(initial_cash=cash, commission_floor=floor, rights=rights)
    asked = [(t, weights) for t, weights in random_decisions(market, seed, 0.4) if t >= 2]
    return Run(market, 2, run_kernel(market, asked, options, 2))


def flat(cash: float, floor: float, weights: list[float]) -> Run:
    """One stock at exactly one yuan, no fee but the floor, a decision in each of the first sessions."""
    market = random_market(Chances(sessions=6, symbols=1, no_limit=1.0))
    ones: dict[str, Any] = dict.fromkeys(("open", "high", "low", "close", "reference"), np.ones((6, 1)))
    free: dict[str, Any] = dict.fromkeys(("transfer_rate", "transfer_per_share"), np.zeros((6, 1)))
    market = replace(
        market, **ones, **free, purchase_duty=np.zeros(6), volume=np.full((6, 1), 1e6), amount=np.full((6, 1), 1e6)
    )
    asked = [(t + 1, {market.symbols[0]: weight}) for t, weight in enumerate(weights)]
    options = ExecutionOptions(
        initial_cash=cash, commission_floor=floor, commission_rate=0.0, slippage=0.0, participation=1.0
    )
    return Run(market, 0, run_kernel(market, asked, options))


def middle_fill(run: Run, side: int) -> int:
    at = np.flatnonzero((run.execution.orders["filled"] > 0) & (run.execution.orders["side"] == side))
    return int(at[len(at) // 2])


def session(run: Run, t: int) -> str:
    return str(run.market.sessions[t])


@pytest.mark.parametrize("seed", range(5))
def test_the_replay_agrees_through_halts_limits_and_corporate_actions(seed: int) -> None:
    run = busy(seed)
    report = audit.audit(run)
    assert report.sessions == 78
    assert report.max_abs_diff_cny < 1e-7
    assert len(run.execution.actions) > 0


@pytest.mark.parametrize("rights", ["lapse", "subscribe"])
def test_the_replay_agrees_where_series_end_merge_and_offer_rights(rights: Rights) -> None:
    ends = 0
    for seed in range(6):
        run = busy(seed, of=ENDS, rights=rights)
        assert audit.audit(run).max_abs_diff_cny < 1e-7
        ends += int((run.execution.actions["added"] < 0).sum())
    assert ends > 5


@pytest.mark.parametrize("cash", [1_234.56, 99_999.99, 1e9])
def test_the_replay_agrees_with_little_and_with_much_cash(cash: float) -> None:
    assert audit.audit(busy(cash=cash)).max_abs_diff_cny < 1e-5


@pytest.mark.parametrize("side", [1, -1])
def test_one_fen_a_share_in_one_fill_names_its_session(side: int) -> None:
    run = busy()
    row = run.execution.orders[middle_fill(run, side)]  # a view: what it is told, the books are told
    row["amount"] += row["filled"]
    with pytest.raises(AuditMismatch, match=session(run, row["session"])) as caught:
        audit.audit(run)
    assert caught.value.exit_code == 1


def test_one_fen_in_one_fee_is_seen() -> None:
    run = busy()
    at = middle_fill(run, 1)
    run.execution.orders["commission"][at] -= 1
    with pytest.raises(AuditMismatch, match=session(run, run.execution.orders["session"][at])):
        audit.audit(run)


@pytest.mark.parametrize("field", ["cash", "added"])
def test_a_corporate_action_booked_otherwise_than_written_is_seen(field: str) -> None:
    run = busy()
    run.execution.actions[field][0] += 1
    with pytest.raises(AuditMismatch, match=session(run, run.execution.actions["session"][0])):
        audit.audit(run)


def test_sessions_between_trades_are_compared_and_take_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    run, replayed, books = flat(1e4, 5.0, [0.5]), list[Any](), audit._books

    def keep(*given: Any) -> Any:
        replayed.append(books(*given))
        return replayed[-1]

    monkeypatch.setattr(audit, "_books", keep)
    audit.audit(run)
    assert [len(kept.cash) for kept in replayed] == [2]  # the first session, and that of the purchase
    run.execution.equity[4] += 1
    with pytest.raises(AuditMismatch, match=session(run, 4)):
        audit.audit(run)


@pytest.mark.parametrize("series", ["equity", "cash"])
def test_one_fen_in_one_session_is_seen(series: str) -> None:
    run = busy()
    getattr(run.execution, series)[30] += 1
    with pytest.raises(AuditMismatch, match=session(run, run.first + 30)):
        audit.audit(run)


def _spend_double(run: Run) -> int:
    at = middle_fill(run, 1)
    run.execution.orders["amount"][at] += 2 * run.execution.initial_cash
    return at


def _sell_double(run: Run) -> int:
    at = middle_fill(run, -1)
    run.execution.orders["filled"][at] += 10**9
    return at


@pytest.mark.parametrize("cook", [_spend_double, _sell_double])
def test_cash_or_shares_that_are_not_there_are_refused_in_their_session(cook: Callable[[Run], int]) -> None:
    run = busy()
    at = cook(run)
    with pytest.raises(AuditMismatch, match=session(run, run.execution.orders["session"][at])):
        audit.audit(run)


def test_a_run_without_a_fill_agrees() -> None:
    run = flat(1_000.0, 5.0, [])
    assert audit.audit(run) == audit.AuditReport("rust", 0.0, 6)


def test_cash_spent_to_the_last_fen_agrees() -> None:
    run = flat(100.0, 0.0, [1.0, 0.0])
    assert run.execution.cash.min() == 0
    assert audit.audit(run).max_abs_diff_cny < 1e-9


def test_a_sale_whose_fees_exceed_its_amount_agrees() -> None:
    run = flat(401.0, 300.0, [0.3, 0.0])
    sale = run.execution.orders[-1]
    assert sale["side"] == -1 and sale["commission"] > sale["amount"]
    assert audit.audit(run).max_abs_diff_cny < 1e-9


def test_the_portfolio_of_a_notebook_ends_at_our_equity_and_holds_our_shares() -> None:
    run = busy()
    portfolio: Any = audit.portfolio(run)
    assert portfolio.value().iloc[-1] == pytest.approx(run.execution.equity[-1] / 100, abs=0.01)
    held = dict(zip(run.market.symbols, run.execution.final_shares.tolist(), strict=True))
    theirs = portfolio.assets().iloc[-1].round(6).to_dict()
    assert theirs == {symbol: held[symbol] for symbol in theirs}
    assert sum(theirs.values()) == sum(held.values()) > 0


@pytest.mark.parametrize(("of", "cells"), each_once([BUSY, ENDS], [1, 60]))
def test_a_replay_of_some_sessions_at_a_time_agrees_too(
    monkeypatch: pytest.MonkeyPatch, of: Chances, cells: int
) -> None:
    run = busy(of=of)
    whole = audit.audit(run)
    monkeypatch.setattr(audit, "_CELLS", cells)
    parts = audit.audit(run)
    assert whole.sessions == parts.sessions and parts.max_abs_diff_cny < 1e-6


@pytest.mark.parametrize("cells", [1, 60])
def test_what_was_cooked_is_found_in_a_later_part(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    monkeypatch.setattr(audit, "_CELLS", cells)
    run = busy()
    at = middle_fill(run, 1)
    run.execution.orders["commission"][at] += 100
    session = str(run.market.sessions[run.execution.orders["session"][at]])
    with pytest.raises(AuditMismatch, match=session):
        audit.audit(run)


def test_without_the_rust_engine_numba_replays_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(package: str) -> str:
        raise PackageNotFoundError(package)

    monkeypatch.setattr(audit, "version", missing)
    engine, note = audit._engine()
    assert engine == "numba"
    assert "vectorbt-rust" in note


def test_importing_the_audit_imports_neither_vectorbt_nor_pandas() -> None:
    check = "import sys, screener.backtest.audit; sys.exit(bool({'vectorbt', 'pandas', 'numba'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


@pytest.mark.parametrize("imported", [False, True])
def test_quantstats_is_not_imported_with_vectorbt_and_is_there_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imported: bool
) -> None:
    (tmp_path / "quantstats.py").touch()
    (tmp_path / "vectorbt.py").write_text("try:\n    import quantstats as qs\nexcept ImportError:\n    qs = None\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("vectorbt", "quantstats"):
        monkeypatch.setitem(sys.modules, name, None)  # what was there comes back after the test
        del sys.modules[name]
    before = import_module("quantstats") if imported else None
    assert audit._vectorbt().qs is sys.modules.get("quantstats") is before
    assert import_module("quantstats").__file__ == str(tmp_path / "quantstats.py")


@pytest.mark.long
def test_an_audit_leaves_quantstats_to_who_asks_for_it() -> None:
    check = (
        "import sys; from screener.backtest.warm import warm_kernel\n"
        "from screener.backtest.audit import audit, portfolio\n"
        "result = warm_kernel(); audit(result); assert not any('quantstats' in name for name in sys.modules)\n"
        "print(type(portfolio(result).qs()).__name__)"
    )
    said = subprocess.run([sys.executable, "-c", check], check=True, capture_output=True, text=True).stdout
    assert said.strip() == "QSAdapter"
