"""A small market and a small strategy to sweep, and the shortest way to do it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from screener.backtest import strategy
from screener.backtest.sweep import Job, Results, job_of, parse_grid, run_sweep
from screener.core.config import BacktestOptions, Universe
from screener.point_in_time.market import Market
from tests.backtest.markets import make_market

SESSIONS = 240
TEXT = '''"""Hold the k firms that rose most over `look` sessions, for `hold` sessions."""


def weights(panel, *, k: int = 1, look: int = 5, hold: int = 5):
    if panel.t % hold and not panel.first_decision:
        return None
    rise = panel.close[-1] / panel.close[-1 - look]
    top = sorted(range(len(rise)), key=lambda n: -rise[n])[:k]
    return {panel.symbols[n]: 0.9 / k for n in top}
'''


def moving_market(seed: int = 0) -> Market:
    """Four symbols that wander, made up; the index stays where it is."""
    steps = np.random.default_rng(seed).normal(0.001, 0.02, (SESSIONS, 4))
    symbols = ("000001.SZ", "300001.SZ", "300002.SZ", "600001.SH")
    return make_market(np.round(20 * np.exp(np.cumsum(steps, axis=0)), 2), symbols=symbols, first=date(2024, 10, 8))


def write_strategy(folder: Path, text: str = TEXT, name: str = "momentum") -> Path:
    """A strategy file."""
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return path


def job(market: Market, file: Path, words: Sequence[str]) -> Job:
    """A sweep of the grid in `words` over the whole market."""
    chosen = strategy.load(str(file))
    options = BacktestOptions(universe=Universe.MARKET, warm_up=20)
    return job_of(market, chosen, parse_grid(chosen, words), options)


def swept(folder: Path, words: Sequence[str], *, out: str = "out.parquet", text: str = TEXT, **how: Any) -> Results:
    """The finished sweep."""
    market = moving_market()
    return run_sweep(market, job(market, write_strategy(folder, text), words), folder / out, **how)


def rows(results: Results) -> pl.DataFrame:
    """Everything in the file."""
    return pl.read_parquet(results.file)
