"""`make bench`: the speed targets as ratios measured in one run on this machine, never a timed test.

1. Start of commands: fresh processes with bytecode on, the best of some runs, against the bare import of the libraries.
2. The kernel: a made-up panel, every 20 sessions equal weights of the best 20 % by a random score. Against a bare loop
   that ranks and rebalances without any rule (fractional shares, one cash account, 3 bp to buy, 8 to sell): there our
   side ranks too. Against vectorbt's `from_orders` with a given call sequence: there both are given the weights.
3. Loading: a made-up market as Parquet, checked and versioned, against DuckDB's own CREATE TABLE AS SELECT.
4. The whole market: see `whole_market`. A day's update: see `daily_update`.
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
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench import daily_update, whole_market  # noqa: E402 - found by the line above
from tests.bench.made_up import (  # noqa: E402 - found by the line above
    BUY_FEE,
    EVERY,
    TOP,
    bare_loop,
    made_up_market,
    made_up_scores,
    weights_of,
)

CASH = 1e9  # small enough that participation seldom binds
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
        digits = 2 if self.unit in ("×", "s") else 0
        value = "—" if self.value is None else f"{self.value:.{digits}f} {self.unit}"
        limit = f"{'≥' if self.at_least else '≤'} {self.target:g} {self.unit}"
        return f"{self.work:<56}{value:>12}  {limit:<16}{self.verdict:<14}{self.measured}"


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
        yield Row(f"screen, {name}", f"{full:.2f} s against {bare:.2f} s of imports", full / bare, 1.5)
    yield second_process_row(runs)
    yield reading_row(runs)
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


def reading_row(runs: int) -> Row:
    """A notice of five pages, read without OCR as `read` does: in a process of its own, bytes to proposals."""
    from screener.reading import bounded
    from tests.reading.made import large_pdf

    body = large_pdf(5)
    found = bounded.read(body)
    told = f"{len(found.pages)} pages, {len(found.proposals)} proposal, the start of the reading process included"
    return Row("reading one notice of five pages", told, seconds(lambda: bounded.read(body), runs), 1, "s")


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
        growth(sizes)
        return
    replay(made_up_market(60, 20), np.arange(0, 60, EVERY), weights_of(made_up_scores(60, 20)))  # compiles, loads
    theirs = replay(market, when, weights)
    told = f"{kernel:.3f} s against {theirs:.2f} s (its faster engine)"
    yield Row(f"{name}, {symbols} × {sessions}", told, theirs / kernel, 20, "×", at_least=True)
    growth(sizes)


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
            f"a symbol and session",
            flush=True,
        )


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
            close,
            size=size,
            size_type="targetpercent",
            price=price,
            direction="longonly",
            fees=BUY_FEE,
            init_cash=CASH,
            cash_sharing=True,
            group_by=True,
            call_seq=sequence,
            freq="1D",
            engine=e,
            max_orders=int(np.count_nonzero(~np.isnan(size))) + 1,
        )
        times.append(seconds(work, 1))
    return min(times)


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def arguments() -> argparse.Namespace:
    """Sizes; the defaults are those of the targets."""
    parser = argparse.ArgumentParser(description="Ratios of the speed targets, measured in one run.")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, the best counts")
    parser.add_argument("--sessions", type=int, default=2500)
    parser.add_argument("--symbols", type=int, nargs="+", default=[300, 5000])
    parser.add_argument("--no-vectorbt", action="store_true")
    parser.add_argument("--only", choices=("commands", "kernel", "load", "daily", "market"))
    parser.add_argument("--full", action="store_true", help="also the rows that take minutes")
    return parser.parse_args()


def main() -> int:
    """Prints one row after the other; 1 where a part could not be measured."""
    asked, started, broken = arguments(), time.perf_counter(), 0
    with workplace() as folder:
        for name, rows in parts(asked, folder).items():
            if asked.only in (None, name):
                broken += not shown(name, rows)
    print(f"{time.perf_counter() - started:.0f} s in all on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("not measured: ray, a market of 5 000 real stocks, a cold disk, a fetch from real providers")
    return min(broken, 1)


def parts(asked: argparse.Namespace, folder: Path) -> dict[str, Iterator[Row]]:
    """The parts by the words of `--only`; nothing runs before its first row is asked for."""
    sizes = [(symbols, asked.sessions) for symbols in asked.symbols]
    return {
        "commands": command_rows(folder, asked.runs),
        "load": whole_market.loading(Row, folder, full=asked.full),
        "daily": daily_update.rows(Row, folder),
        "market": whole_market.rows(Row, folder, full=asked.full),
        "kernel": kernel_rows(sizes, asked.runs, vectorbt=not asked.no_vectorbt),
    }


def shown(name: str, rows: Iterator[Row]) -> bool:
    """Prints each row as soon as it is known, then the seconds of the part; False where it broke: the others go on."""
    started, whole = time.perf_counter(), True
    try:
        for row in rows:
            print(row.line(), flush=True)
    except (Exception, SystemExit) as error:  # whatever it is, the figures of the others are wanted
        print(f"bench: {name} broke: {error!r}", flush=True)
        whole = False
    print(f"({name}: {time.perf_counter() - started:.0f} s)\n", flush=True)
    return whole


if __name__ == "__main__":
    sys.exit(main())
