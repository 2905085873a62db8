"""`make bench`: the speed targets as ratios measured in one run on this machine, never a timed test.

1. Start of commands: fresh processes with bytecode on, the best of some runs, against the bare import of the libraries.
2. The kernel: a made-up panel, every 20 sessions equal weights of the best 20 % by a random score. Against a bare loop
   that ranks and rebalances without any rule (fractional shares, one cash account, 3 bp to buy, 8 to sell): there our
   side ranks too. Against vectorbt's `from_orders` with a given call sequence: there both are given the weights.
3. Loading: a made-up panel as Parquet, checked and versioned, against DuckDB's own CREATE TABLE AS SELECT.
A row says what was not measured and why. Other work on the machine makes ratios of single runs wobble by a fifth.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
from numba import njit

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
EVERY, TOP, INVESTED = 20, 0.2, 0.98
CASH = 1e9  # small enough that participation seldom binds
BUY_FEE, SELL_FEE = 0.0003, 0.0008
FLOOR = "import polars, duckdb, pydantic, typer"
# Runs a command and prints nothing but the peak memory of its largest process.
PEAK = (
    "-c",
    "import resource, subprocess, sys\n"
    "subprocess.run([sys.executable, *sys.argv[1:]], check=True, capture_output=True)\n"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
)


@dataclass(frozen=True)
class Row:
    """One line of the table; `target` is an upper limit unless `at_least`."""

    work: str
    measured: str
    value: float | None
    target: float
    unit: str = "×"
    at_least: bool = False

    @property
    def verdict(self) -> str:
        """met, missed, or nothing where nothing was measured."""
        if self.value is None:
            return "not measured"
        met = self.value >= self.target if self.at_least else self.value <= self.target
        return "met" if met else "missed"

    def line(self) -> str:
        """Padded for a terminal."""
        value = "—" if self.value is None else f"{self.value:.2f} {self.unit}"
        sign = "≥" if self.at_least else "≤"
        return f"{self.work:<52}{value:>10}  {sign} {self.target:g} {self.unit:<3}{self.verdict:<14}{self.measured}"


def environment(**given: str) -> dict[str, str]:
    """The environment of a fresh process: bytecode on."""
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "COLUMNS": "120", **given}


def seconds(work: Callable[[], object], runs: int = 3) -> float:
    """Wall time of the best run."""
    best = float("inf")
    for _ in range(runs):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def process(*words: object, **given: str) -> Callable[[], str]:
    """A fresh Python with these words, to be called."""

    def call() -> str:
        command = [sys.executable, *map(str, words)]
        done = subprocess.run(command, cwd=ROOT, env=environment(**given), capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"bench: {' '.join(command)} failed: {done.stderr.strip()[-300:]}")
        return done.stdout

    return call


# 1. Commands


def command_rows(folder: Path, runs: int) -> Iterator[Row]:
    """Demo, screen, a second process of the kernel."""
    demo = process("cli.py", "demo", "--out", folder)
    demo()  # the first run after set-up may still compile
    yield Row("demo", "fresh process, wall time", seconds(demo, 1), 10, "s")
    for name, db in stores(folder):
        floor, screen = process("-c", FLOOR), process("cli.py", "screen", "--as-of", "2026-06-30", SCREENER_DB=str(db))
        floor(), screen()
        bare, full = (float("inf"), float("inf"))
        for _ in range(runs):  # in turn, so that other work on the machine hits both
            bare, full = min(bare, seconds(floor, 1)), min(full, seconds(screen, 1))
        yield Row(f"screen, {name}", f"{full:.2f} s against {bare:.2f} s of imports", full / bare, 2)
    yield second_process_row(runs)
    yield from sweep_rows(folder)


def second_process_row(runs: int) -> Row:
    """The kernel's machine code is on disk: what its first call takes in a fresh process that has its modules."""
    code = (
        "import time\nbegun = time.perf_counter()\n"
        "import numpy as np, screener.backtest.kernel.execution\nfrom screener.backtest import engine\n"
        "from screener.backtest.portfolio import Decisions\nfrom screener.backtest.warm import tiny_market\n"
        "from screener.core.config import ExecutionOptions\nmarket = tiny_market()\n"
        "decisions = Decisions(np.array([5]), np.full((1, len(market.symbols)), 0.5 / len(market.symbols)))\n"
        "called = time.perf_counter()\n"
        "engine.execute(market, decisions, ExecutionOptions(), 0, len(market.sessions))\n"
        "print(time.perf_counter() - called, called - begun)"
    )
    second = process("-c", code)
    second()
    call, imports = min(tuple(map(float, second().split())) for _ in range(3 * runs))
    told = f"first call to result; {imports:.2f} s of imports (polars, numba, scipy) before it"
    return Row("kernel in a second process", told, call, 0.3, "s")


def stores(folder: Path) -> Iterator[tuple[str, Path]]:
    """The demo's store, and one of the recorded market where it lies beside the checkout."""
    yield "12 firms (SYNTHETIC)", folder / "demo.duckdb"
    from tests.recorded import shared_dir

    shared = shared_dir()
    if shared is not None and (shared / "market").is_dir():
        db = folder / "recorded.duckdb"
        process("cli.py", "load", shared / "market", "--db", db)()
        yield "811 stocks (recorded)", db


def sweep_rows(folder: Path) -> Iterator[Row]:
    """1 000 variants through the command line, and the peak memory of one process of it beside that of 100."""
    words = ("cli.py", "sweep", "order_drift", "--workers", "1", "--db", folder / "demo.duckdb", "--grid")
    peaks = {}
    for variants in (40, 100, 1000):  # the first one warms
        work = process(*PEAK, *words, f"hold=1:{variants}:1", "--out", folder / f"sweep{variants}.parquet")
        started = time.perf_counter()
        peaks[variants] = int(work()) / 1024  # kB
        taken = time.perf_counter() - started
    yield Row("sweep, 1 000 variants over the 12 firms", "fresh process, warm cache, one worker", taken, 10, "s")
    told = f"{peaks[1000]:.0f} MB at 1 000 variants against {peaks[100]:.0f} at 100"
    yield Row("sweep, peak memory", told, peaks[1000] / peaks[100], 1.2)


# 2. The kernel


@njit(cache=True)
def bare_loop(opening: Any, closing: Any, scores: Any, top: int, cash: float) -> Any:
    """Equity after each close; targets valued at the previous close, traded at the open, nothing else."""
    sessions, count = closing.shape
    held, equity, decision = np.zeros(count), np.zeros(sessions), 0
    for t in range(sessions):
        if t % EVERY == 0:
            before = t - 1 if t else 0
            total = cash
            weight = np.zeros(count)
            weight[np.argsort(-scores[decision])[:top]] = INVESTED / top
            for n in range(count):
                total += held[n] * closing[before, n]
            for side in (-1, 1):
                for n in range(count):
                    delta = weight[n] * total / closing[before, n] - held[n]
                    if delta * side > 0:
                        amount = abs(delta) * opening[t, n]
                        cash -= side * amount + amount * (BUY_FEE if side > 0 else SELL_FEE)
                        held[n] += delta
            decision += 1
        value = cash
        for n in range(count):
            value += held[n] * closing[t, n]
        equity[t] = value
    return equity


def made_up_market(sessions: int, symbols: int, seed: int = 1) -> Any:
    """What the kernel reads of a market: prices within ±10 % limits, one symbol in 300 halted on a day."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, 0.02, (sessions, symbols)).clip(-0.099, 0.099)
    close = np.maximum(np.round(20 * np.exp(np.cumsum(steps, axis=0) * 0.3), 2), 1.0)
    reference = np.vstack([close[:1], close[:-1]])
    opening = np.round(reference * (1 + rng.normal(0, 0.005, close.shape)), 2)
    opening[rng.random(close.shape) < 1 / 300] = np.nan
    volume = np.full(close.shape, 5e7)
    return SimpleNamespace(
        symbols=tuple(range(symbols)), sessions=np.arange(sessions), actions=(), open=opening, high=close, low=close,
        close=close, volume=volume, amount=volume, reference=reference, mark=close,
        limit_up=np.round(reference * 1.1, 2), limit_down=np.round(reference * 0.9, 2),
        share_factor=np.ones_like(close), transfer_rate=np.full((sessions, 1), 1e-5),
        transfer_per_share=np.zeros((sessions, 1)), stamp_duty=np.full(sessions, 5e-4),
        lot_minimum=np.full(symbols, 100), lot_step=np.full(symbols, 100), first_bar=np.zeros(symbols, np.int64),
    )  # fmt: skip


def made_up_scores(sessions: int, symbols: int, seed: int = 2) -> Any:
    """(decisions, symbols): a random score for every 20th session."""
    return np.random.default_rng(seed).random((len(range(0, sessions, EVERY)), symbols))


def weights_of(scores: Any) -> Any:
    """Equal weights of the best fifth, row by row."""
    top = max(1, int(scores.shape[1] * TOP))
    best = np.argpartition(-scores, top - 1, axis=1)[:, :top]
    weights = np.zeros_like(scores)
    np.put_along_axis(weights, best, INVESTED / top, axis=1)
    return weights


def kernel_rows(sizes: list[tuple[int, int]], runs: int, *, vectorbt: bool) -> Iterator[Row]:
    """Our kernel with all rules against the bare loop, at the largest size against vectorbt too."""
    from screener.backtest import engine
    from screener.backtest.portfolio import Decisions
    from screener.core.config import ExecutionOptions

    options = ExecutionOptions(initial_cash=CASH)

    def rank_and_execute(market: Any, when: Any, scores: Any) -> None:
        engine.execute(market, Decisions(when, weights_of(scores)), options, 0, len(market.sessions))

    for symbols, sessions in [(20, 60), *sizes]:  # the first one compiles
        repeat = runs * (5 if symbols < 1000 else 1)  # a few milliseconds: other work on the machine hits single runs
        market, scores = made_up_market(sessions, symbols), made_up_scores(sessions, symbols)
        when, weights = np.arange(0, sessions, EVERY), weights_of(scores)
        filled, top = np.where(np.isnan(market.open), market.reference, market.open), max(1, int(symbols * TOP))
        decisions = Decisions(when, weights)
        ours = seconds(partial(rank_and_execute, market, when, scores), repeat)
        kernel = seconds(partial(engine.execute, market, decisions, options, 0, sessions), repeat)
        bare = seconds(partial(bare_loop, filled, market.close, scores, top, CASH), repeat)
        if symbols > 20:
            told = f"{ours * 1e3:.1f} ms against {bare * 1e3:.1f} ms"
            yield Row(f"kernel against a bare loop, {symbols} × {sessions}", told, ours / bare, 3)
    name, (symbols, sessions) = "kernel against vectorbt from_orders", sizes[-1]
    if not vectorbt:
        yield Row(f"{name}, {symbols} × {sessions}", "left out (--no-vectorbt)", None, 20, "×", at_least=True)
        return
    replay(made_up_market(60, 20), np.arange(0, 60, EVERY), weights_of(made_up_scores(60, 20)))  # compiles, loads
    theirs = replay(market, when, weights)
    told = f"{kernel:.3f} s against {theirs:.2f} s (its faster engine)"
    yield Row(f"{name}, {symbols} × {sessions}", told, theirs / kernel, 20, "×", at_least=True)


def growth(sizes: list[tuple[int, int]]) -> None:
    """Prints the kernel's time per symbol and session at several sizes: flat where cost is linear in both."""
    from screener.backtest import engine
    from screener.backtest.portfolio import Decisions
    from screener.core.config import ExecutionOptions

    largest = max(sizes)
    for symbols, sessions in sorted(
        {(max(n // 4, 20), t) for n, t in sizes} | set(sizes) | {(largest[0], largest[1] // 4)}
    ):
        market, when = made_up_market(sessions, symbols), np.arange(0, sessions, EVERY)
        decisions = Decisions(when, weights_of(made_up_scores(sessions, symbols)))
        options = ExecutionOptions(initial_cash=CASH)
        taken = seconds(partial(engine.execute, market, decisions, options, 0, sessions))
        print(
            f"kernel at {symbols:>5} × {sessions:<5}{taken * 1e3:>9.1f} ms {taken / symbols / sessions * 1e9:>8.1f} ns "
            f"a symbol and session", flush=True,
        )  # fmt: skip


def replay(market: Any, when: Any, weights: Any) -> float:
    """Seconds of the faster engine for the same targets as `targetpercent` orders in one group with shared cash."""
    import pandas as pd
    import vectorbt as vbt

    close = pd.DataFrame(market.close)
    size = np.full(market.close.shape, np.nan)
    size[when] = weights
    sequence = np.tile(np.arange(market.close.shape[1]), (len(market.close), 1))
    sequence[when] = np.argsort(np.diff(np.vstack([weights[:1] * 0, weights]), axis=0), axis=1, kind="stable")
    price = np.where(np.isnan(market.open), market.reference, market.open)
    times = []
    for engine in ("rust", "numba"):
        work = lambda e=engine: vbt.Portfolio.from_orders(  # noqa: E731
            close, size=size, size_type="targetpercent", price=price, direction="longonly", fees=BUY_FEE,
            init_cash=CASH, cash_sharing=True, group_by=True, call_seq=sequence, freq="1D", engine=e,
            max_orders=int(np.count_nonzero(~np.isnan(size))) + 1,
        )  # fmt: skip
        times.append(seconds(work, 1))
    return min(times)


# 3. Loading


def load_row(folder: Path, symbols: int, sessions: int, runs: int) -> Row:
    """A made-up panel of bars: our load against DuckDB's own copy of the same file."""
    import duckdb

    from screener.store.database import Store
    from screener.store.loading import load_folder

    path = folder / "panel" / "bars.parquet"
    path.parent.mkdir()
    rows = write_panel(path, symbols, sessions)
    bare, ours = float("inf"), float("inf")
    for run in range(runs):  # in turn; each until its file is closed
        with duckdb.connect(str(folder / f"plain{run}.duckdb")) as plain:
            started = time.perf_counter()
            plain.execute(f"CREATE TABLE bars AS SELECT * FROM '{path}'")
        bare = min(bare, time.perf_counter() - started)
        with Store.create_or_open(folder / f"load{run}.duckdb") as store:
            started = time.perf_counter()
            load_folder(store, path.parent)
        ours = min(ours, time.perf_counter() - started)
    told = f"{rows:,} rows: {ours:.2f} s against {bare:.2f} s; every check, version and finding included"
    return Row("load against CREATE TABLE AS SELECT", told, ours / bare, 3)


def write_panel(path: Path, symbols: int, sessions: int) -> int:
    """Bars of main-board codes over the last `sessions` sessions before 2026-07."""
    from screener.core.calendar import packaged_calendar

    days = packaged_calendar().between(date(2005, 1, 4), date(2026, 6, 30))[-sessions:]
    codes = [f"60{n:04d}.SH" for n in range(min(symbols, 2000))] + [f"00{n:04d}.SZ" for n in range(symbols - 2000)]
    market = made_up_market(len(days), symbols)
    high = np.maximum(market.close, np.nan_to_num(market.open)) + 0.01
    low = np.fmin(market.close, market.open) - 0.01
    cells = {"open": np.where(np.isnan(market.open), market.close, market.open), "high": high, "low": low}
    frame = pl.DataFrame(
        {
            "symbol": np.tile(np.array(codes), len(days)),
            "session": np.repeat(np.array(days, dtype="datetime64[D]"), symbols),
            **{name: values.ravel() for name, values in cells.items()},
            "close": market.close.ravel(),
            "volume": market.volume.ravel().astype(np.int64),
            "amount": (market.volume * market.close).ravel(),
        }
    ).with_columns(source=pl.lit("made up"))
    frame.write_parquet(path)
    return frame.height


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def arguments() -> argparse.Namespace:
    """Sizes; the defaults are those of the targets, the load's is smaller."""
    parser = argparse.ArgumentParser(description="Ratios of the speed targets, measured in one run.")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, the best counts")
    parser.add_argument("--sessions", type=int, default=2500)
    parser.add_argument("--symbols", type=int, nargs="+", default=[300, 5000])
    parser.add_argument("--load-symbols", type=int, default=2000)
    parser.add_argument("--load-sessions", type=int, default=500)
    parser.add_argument("--no-vectorbt", action="store_true")
    parser.add_argument("--only", choices=("commands", "kernel", "load"))
    return parser.parse_args()


def main() -> None:
    """Prints one row after the other."""
    asked, started = arguments(), time.perf_counter()
    with workplace() as folder:
        if asked.only in (None, "commands"):
            show(command_rows(folder, asked.runs))
        if asked.only in (None, "load"):
            show(iter([load_row(folder, asked.load_symbols, asked.load_sessions, asked.runs)]))
        if asked.only in (None, "kernel"):
            sizes = [(symbols, asked.sessions) for symbols in asked.symbols]
            show(kernel_rows(sizes, asked.runs, vectorbt=not asked.no_vectorbt))
            growth(sizes)
    print(f"{time.perf_counter() - started:.0f} s in all on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("not measured: ray, a market of 5 000 real stocks, a cold disk")


def show(rows: Iterator[Row]) -> None:
    """Each row as soon as it is known."""
    for row in rows:
        print(row.line(), flush=True)


if __name__ == "__main__":
    main()
