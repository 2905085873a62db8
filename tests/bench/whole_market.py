"""Rows of `make bench` about a store of the whole market: each with its limit measured beside it in the same run.

1. The market (5 500 stocks × 2 500 sessions) and stores of it are made once (`full_market`); every question is a fresh
   process, told by its processor time and its peak memory, which other work on the machine moves least.
2. Questions about a day: against the import of the libraries. Back-tests of all stocks: against DuckDB's own scan of
   the columns into Arrow and the kernel alone. Facts: the same question at 100 of them. Corrections: the same
   back-test without any.
3. Exports: against DuckDB's own of the same query.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from datetime import time as clock
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tests.bench import full_market
from tests.bench.made_up import made_up_market

if TYPE_CHECKING:
    from tests.bench.bench import Row

ROOT = Path(__file__).resolve().parents[2]
STOCKS, SESSIONS, SHORT = 5_500, 2_500, 248
LOADED = 1_000  # sessions of a load that takes seconds: still too many to be held whole
DAY = ("screen --universe market", "explain 301396", "alerts --since 2026-06-01", "status")
OF_FACTS = (
    *("screen", "explain 301396", "diff 2026-03-31 2026-06-30", "alerts --since 2026-05-01"),
    *("backtest order_drift --no-audit --patience 100", "events --draws 999"),
)
_MOST_EVENTS = 20_000  # facts of a store whose events are studied here: of more it takes minutes
FLOOR = "import polars, duckdb, pydantic, typer"
SCAN = (
    "import duckdb, sys; con = duckdb.connect(sys.argv[1], read_only=True)\n"
    "con.execute('SET preserve_insertion_order = false')\n"
    "rows = con.sql('SELECT symbol, session, open, high, low, close, volume, amount FROM bars')\n"
    "with rows.to_arrow_reader(500_000) as reader: print(sum(batch.num_rows for batch in reader))"
)
_ROWS = "SELECT * FROM bars LIMIT 300000"
COPY = (
    "import duckdb, sys; con = duckdb.connect(sys.argv[1], read_only=True)\n"
    f"con.execute(f\"COPY ({_ROWS}) TO '{{sys.argv[2]}}'\")"
)
# Runs a process and prints its processor time and its peak memory, of a Python that does nothing else.
_MEASURED = (
    "import resource, subprocess, sys\n"
    "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)\n"
    "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
    "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, done.returncode, done.stderr[-300:])"
)


@dataclass(frozen=True)
class Cost:
    """Seconds of processor time and peak megabytes of one process."""

    seconds: float
    megabytes: float


def cost(*words: object, runs: int = 1) -> Cost:
    """The cheapest of some runs of a Python with these words."""
    found = []
    for _ in range(runs):
        command = [sys.executable, "-c", _MEASURED, sys.executable, *map(str, words)]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(maxsplit=3)
        if int(told[2]) not in (0, 10):  # alerts were found
            raise SystemExit(f"bench: {' '.join(map(str, words))} failed: {told[3:]}")
        found.append(Cost(float(told[0]), float(told[1])))
    return min(found, key=lambda one: one.seconds)


def asked(question: str, db: Path, runs: int = 1) -> Cost:
    """A question of the command line."""
    return cost("cli.py", *question.split(), "--db", db, runs=runs)


def rows(row: type[Row], folder: Path, *, full: bool) -> Iterator[Row]:
    """Every row; `full`: those that take minutes too."""
    db = store(SESSIONS)
    yield from _of_a_day(row, db)
    yield from _of_exports(row, db, folder)
    yield from _of_facts(row, (100, 1_000, 20_000, 200_000) if full else (100, 20_000))
    yield from _of_corrections(row, (0, 6, 50) if full else (0, 6))
    if full:
        yield from _of_backtests(row, db)


def store(sessions: int) -> Path:
    """The market without further facts."""
    return full_market.store_of(f"market-{STOCKS}x{sessions}", full_market.market_files(STOCKS, sessions))


def _of_a_day(row: type[Row], db: Path) -> Iterator[Row]:
    floor = cost("-c", FLOOR, runs=3).seconds
    for question in DAY:
        found = asked(question, db, runs=2)
        told = f"{found.seconds:.2f} s against {floor:.2f} s of imports"
        yield row(f"{question.split(' --since')[0]}, whole market", told, found.seconds / floor, 4)
        yield row("  peak memory", f"{STOCKS:,} stocks × {SESSIONS:,} sessions", found.megabytes, 500, "MB")


def _of_exports(row: type[Row], db: Path, folder: Path) -> Iterator[Row]:
    for kind, words in (("json", ("--json",)), ("csv", ("--csv", folder / "csv", "--rows", "1"))):
        bare = cost("-c", COPY, db, folder / f"bars.{kind}", runs=2).seconds
        ours = cost("cli.py", "query", _ROWS, *words, "--db", db, runs=2).seconds
        yield row(f"query --{kind}, 300 000 rows", f"{ours:.2f} s against {bare:.2f} s of DuckDB", ours / bare, 2)


def _of_facts(row: type[Row], sizes: tuple[int, ...]) -> Iterator[Row]:
    stores = {size: _with_facts(size) for size in sizes}
    for question in OF_FACTS:
        few = {size: db for size, db in stores.items() if size <= _MOST_EVENTS or not question.startswith("events")}
        # The second run tells what a question costs; the first back-test also checks its strategy for look-ahead.
        taken = {size: asked(question, db, runs=2 if size <= _MOST_EVENTS else 1).seconds for size, db in few.items()}
        told = ", ".join(f"{seconds:.2f} s at {size:,}" for size, seconds in taken.items())
        yield row(f"{question.split()[0]}, 20 000 facts against 100", told, taken[20_000] / taken[100], 3)


def _with_facts(size: int) -> Path:
    from screener.store.database import Store
    from screener.store.loading import load_folder

    path = full_market.kept() / f"facts-{size}.duckdb"
    if not path.exists():
        draft = path.with_suffix(".part")
        shutil.copyfile(store(SHORT), draft)
        with Store.create_or_open(draft) as into:
            load_folder(into, full_market.facts_files(size, STOCKS))
        draft.rename(path)
    return path


def _of_corrections(row: type[Row], counts: tuple[int, ...]) -> Iterator[Row]:
    question = "backtest equal_weight --universe market --no-audit"
    found = {count: asked(question, _corrected(count), runs=2) for count in counts}
    last = counts[-1]
    for name, unit in (("seconds", "s"), ("megabytes", "MB")):
        figures = {count: getattr(each, name) for count, each in found.items()}
        told = ", ".join(f"{figure:.1f} {unit} at {count}" for count, figure in figures.items())
        yield row(f"back-test after corrections, {name}", told, figures[last] / figures[0], 1.2)


def _corrected(count: int) -> Path:
    """The short market, after as many evenings on which a few bars of the day before were told anew."""
    from screener.store.database import Store
    from screener.store.ingest import ingest_all
    from screener.store.parts import Part

    path = full_market.kept() / f"corrected-{count}.duckdb"
    if path.exists():
        return path
    draft = path.with_suffix(".part")
    shutil.copyfile(store(SHORT), draft)
    days = full_market.sessions_of(SHORT)
    with Store.create_or_open(draft) as into:
        bars = pl.read_parquet(full_market.market_files(STOCKS, SHORT) / "bars.parquet")
        for n in range(count):
            day = 60 + n * (SHORT - 70) // max(count, 1)
            some = bars.filter(pl.col("session") == days[day]).sample(20, seed=n).with_columns(close=pl.col("low"))
            evening = datetime.combine(days[day + 1], clock(20))
            ingest_all(into, [Part("bars", some, "corrected")], now=evening, replacing=True)
    draft.rename(path)
    return path


def _of_backtests(row: type[Row], db: Path) -> Iterator[Row]:
    scan, kernel = cost("-c", SCAN, db, runs=2).seconds, _kernel_alone()
    for words, most in (("--no-audit", 3), ("", 6)):
        found = asked(f"backtest equal_weight --universe market {words}", db, runs=2)
        told = f"{found.seconds:.1f} s against {scan:.2f} s of DuckDB's scan and {kernel:.2f} s of the kernel"
        yield row(f"backtest, all stocks {words or '(audited)'}", told, found.seconds / (scan + kernel), most)
        yield row("  peak memory", f"{STOCKS:,} stocks × {SESSIONS:,} sessions", found.megabytes, 1_500, "MB")


def _kernel_alone() -> float:
    """Seconds of processor time of one run over as many stocks and sessions, all of them anew each month."""
    from screener.backtest import engine
    from screener.backtest.portfolio import Decisions
    from screener.core.config import ExecutionOptions

    market, when = made_up_market(SESSIONS, STOCKS), np.arange(60, SESSIONS, 21)
    decisions = Decisions(when, np.full((len(when), STOCKS), 1 / STOCKS))
    taken = []
    for _ in range(3):  # the first one loads
        started = time.process_time()
        engine.execute(market, decisions, ExecutionOptions(), 60, SESSIONS)
        taken.append(time.process_time() - started)
    return min(taken)


def loading(row: type[Row], folder: Path, *, full: bool) -> Iterator[Row]:
    """A load of the market, and of the same files once more; without `full` of fewer sessions."""
    sessions = SESSIONS if full else LOADED
    source, db = full_market.market_files(STOCKS, sessions), folder / "loaded.duckdb"
    copy = (
        "import duckdb, sys; con = duckdb.connect(sys.argv[1])\n"
        "con.execute('SET enable_progress_bar = false')\n"
        "con.execute(f\"CREATE TABLE bars AS SELECT * FROM '{sys.argv[2]}'\"); con.close()"
    )
    bare = cost("-c", copy, folder / "plain.duckdb", source / "bars.parquet")
    told = f"{STOCKS:,} stocks × {sessions:,} sessions"
    for name, most in (("load", 3), ("load once more, nothing new", 3)):
        ours = cost("cli.py", "load", source, "--db", db)
        said = f"{ours.seconds:.1f} s against {bare.seconds:.1f} s of CREATE TABLE AS SELECT"
        yield row(f"{name}, {told}", said, ours.seconds / bare.seconds, most)
        yield row("  peak memory", f"against {bare.megabytes:.0f} MB", ours.megabytes, 1_500, "MB")
