"""`python -m screener.backtest.warm`: compile the kernel into numba's cache, all that is called from Python, and load
the replay once."""

from __future__ import annotations

import sys
import time
from datetime import date, timedelta

import numpy as np
import polars as pl

from screener.backtest.engine import run
from screener.backtest.holdings import holdings
from screener.backtest.result import BacktestResult
from screener.core.calendar import Calendar
from screener.core.config import BacktestOptions, Universe
from screener.core.tables import TABLES
from screener.point_in_time.market import Market

_DAYS = [date(2024, 1, 1) + timedelta(days=number) for number in range(30)]


def tiny_market() -> Market:
    """One symbol, thirty sessions, a rising price; made up."""
    close = np.round(np.linspace(10, 12, len(_DAYS)), 2)
    bars = pl.DataFrame({"symbol": "300001.SZ", "session": _DAYS, "close": close, "volume": 1_000_000}).with_columns(
        *(pl.col("close").alias(name) for name in ("open", "high", "low")),
        source=pl.lit("SYNTHETIC"),
        known_at=pl.col("session").cast(pl.Datetime("us")) + pl.duration(hours=15),
    )
    checked = TABLES["bars"].check(bars).with_columns(bars["known_at"])
    return Market.build({"bars": checked}, calendar=Calendar(_DAYS))


def warm_kernel() -> BacktestResult:
    """Run the kernel once and walk what was held; numba keeps the code beside the package, or in $NUMBA_CACHE_DIR."""
    options = BacktestOptions(universe=Universe.MARKET, warm_up=5)
    result = run(tiny_market(), lambda panel: {"300001.SZ": 0.5}, options, name="warm")
    holdings(result)
    return result


def warm_replay(result: BacktestResult) -> str:
    """Replay it once; returns the engine that did."""
    from screener.backtest.audit import audit

    return audit(result).engine


def main() -> None:
    """Warm both and say on stderr how long each took."""
    started = time.perf_counter()
    result = warm_kernel()
    compiled = time.perf_counter()
    engine = warm_replay(result)
    done = time.perf_counter()
    print(f"kernel {compiled - started:.1f} s, replay ({engine}) {done - compiled:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
