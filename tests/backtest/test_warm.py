"""Warming up runs the real kernel and the real replay on a made-up market."""

from __future__ import annotations

import subprocess
import sys

from screener.backtest import ledger, warm


def test_the_tiny_market_trades() -> None:
    result = warm.warm_kernel()
    ledger.verify(result)
    assert result.fills.height >= 1
    assert result.market.synthetic


def test_importing_the_engine_loads_neither_numba_nor_vectorbt() -> None:
    code = "import sys; from screener.backtest import engine, robustness, trials; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numba", "vectorbt", "pandas", "scipy"} & set(loaded)
