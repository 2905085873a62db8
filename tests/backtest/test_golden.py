"""A whole back-test as readable text. GOLDEN_WRITE=1 rewrites it; read the difference before committing it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl

from screener.backtest import ledger, robustness
from screener.backtest.engine import run
from screener.backtest.result import BacktestResult
from screener.core.config import BacktestOptions, ExecutionOptions, Universe
from screener.point_in_time.corporate import Action
from screener.point_in_time.market import Market
from screener.point_in_time.panel import Panel
from tests.backtest.markets import NAN, make_market

GOLDEN = Path(__file__).parent.parent / "golden" / "backtest_three_firms.txt"
SYMBOLS = ("300001.SZ", "600001.SH", "688001.SH")


def three_firms() -> Market:
    """A riser that hits its limit, a halted payer of a bonus, a thin STAR stock."""
    t = np.arange(30)
    riser = np.round(10 * 1.02**t, 2)
    riser[12] = round(riser[11] * 1.2, 2)
    riser[13:] = np.round(riser[12] * 1.01 ** np.arange(17), 2)
    payer = np.where(t < 15, 8.0 + 0.1 * (t % 3), 5.7 + 0.1 * (t % 4))
    payer[18:21] = NAN
    star = np.round(50 + 5 * np.sin(t / 3), 2)
    close = np.column_stack([riser, payer, star])
    volume = np.where(np.isnan(close), NAN, np.array([400_000.0, 3_000_000.0, 30_000.0]))
    bonus = Action(15, 1, "bonus_and_cash", 0.4, 0.0833, NAN)
    return make_market(close, symbols=SYMBOLS, volume=volume, actions=[bonus])


def weights(panel: Panel) -> dict[str, float] | None:
    """Equal weight every fourth session, the last firm left out at the end."""
    if panel.t % 4:
        return None
    return dict.fromkeys(SYMBOLS[: 3 if panel.t < 20 else 2], 0.33)


def told(result: BacktestResult) -> str:
    """Orders, actions and totals as text."""
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=200, tbl_formatting="ASCII_MARKDOWN", float_precision=4):
        tables = f"{result.orders}\n\n{result.actions}\n"
    profits = "".join(f"{symbol}: {yuan:.2f}\n" for symbol, yuan in result.contributions.items())
    days = zip(result.sessions.astype(str), result.equity, result.cash, strict=True)
    return (
        f"{tables}\ncosts: {result.costs}\nrefusals: {result.refusals_by_reason}\n"
        f"effective firms: {robustness.effective_firms(result):.4f}\n"
        f"days to trade: {robustness.days_to_trade(result):.4f}\n"
        f"turnover: {robustness.turnover(result):.4f}\nprofit by firm:\n{profits}"
        "session, equity, cash\n" + "".join(f"{day} {equity:.2f} {cash:.2f}\n" for day, equity, cash in days)
    )


def test_three_firms_trade_as_written_down() -> None:
    options = BacktestOptions(universe=Universe.MARKET, warm_up=8, execution=ExecutionOptions(initial_cash=1e6))
    result = run(three_firms(), weights, options)
    ledger.verify(result)
    if os.environ.get("GOLDEN_WRITE"):
        GOLDEN.write_text(told(result), encoding="utf-8")
    assert told(result) == GOLDEN.read_text(encoding="utf-8")
