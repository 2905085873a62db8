"""Rows of `make bench` about a day's update: requests of the second day and seconds before the first of them.

1. The providers are the loopback's, the functions are akshare's own, the store is one whose firms had their own pass.
2. Pauses are left out: what is counted is what a polite run would wait for.
3. Seconds before the first request: reading the ledger, planning every piece, choosing.
"""

from __future__ import annotations

import contextlib
import io
import os
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from screener.core.calendar import packaged_calendar
from screener.sources import akshare_cninfo, registry
from screener.sources.http import Policy
from screener.store.database import Store
from screener.store.fetch.plan import DEFAULT_SINCE, FetchPlan
from screener.store.fetch.run import fetch
from tests.loopback.passed import passed
from tests.loopback.server import Loopback, redirected
from tests.loopback.world import World

if TYPE_CHECKING:
    from tests.bench.bench import Row

SIZES = (12, 500, 5_500)
MOST = {12: 60, 500: 1_000, 5_500: 1_000}  # requests
FIRST, EVE, DAY, LAST = date(2025, 4, 28), date(2025, 5, 14), date(2025, 5, 15), date(2025, 6, 30)


def firms(count: int) -> tuple[str, ...]:
    """Of both exchanges, as many of the one as of the other."""
    shanghai = [f"{start + n}.SH" for start in (600_000, 601_000, 603_000) for n in range(1_000)]
    pairs = zip((f"{300_000 + n}.SZ" for n in range(1, 3_000)), shanghai, strict=False)
    return tuple(sorted([firm for pair in pairs for firm in pair][:count]))


def second_day(folder: Path, count: int) -> tuple[int, float, float]:
    """Requests, seconds before the first, seconds in all."""
    world = World(firms(count), FIRST, LAST, notices_per_quarter=25, until=EVE)
    world.dividends = {firm: [] for firm in world.symbols}
    path = folder / f"daily-{count}.duckdb"
    Store.create_or_open(path, now=datetime(2025, 1, 1)).close()
    passed(path, world, world.symbols, datetime.combine(EVE, datetime.min.time()).replace(hour=18), DEFAULT_SINCE)
    world.until, server, first = DAY, Loopback(world), list[float]()
    server.mode = lambda address: first.append(time.perf_counter()) or "ok"  # type: ignore[func-returns-value]
    akshare_cninfo.forget_firms()
    wire = registry.wire(Policy(pace=0))
    os.environ["TQDM_DISABLE"] = "1"
    with redirected(server.server_address[1]), contextlib.redirect_stderr(io.StringIO()):
        started = time.perf_counter()
        done = fetch(path, FetchPlan(world.symbols), wire, now=lambda: datetime(2025, 5, 15, 18))
    server.stop()
    done.raise_for_failures()
    return wire.asked.total(), first[0] - started, time.perf_counter() - started


def rows(row: type[Row], folder: Path) -> Iterator[Row]:
    """Requests for each size; then the planning of many against that of few, by firm."""
    packaged_calendar()
    before: dict[int, float] = {}
    for count in SIZES:
        asked, before[count], whole = second_day(folder, count)
        told = f"{before[count]:.2f} s before the first, {whole:.0f} s in all without pauses"
        yield row(f"daily update, {count:,} firms: requests", told, asked, MOST[count], "requests")
    few, many = SIZES[1:]
    growth = (before[many] - before[SIZES[0]]) / (before[few] - before[SIZES[0]])
    told = f"{before[few]:.2f} s of {few:,}, {before[many]:.2f} s of {many:,} firms, both less those of {SIZES[0]}"
    yield row("daily update: time before the first request", told, growth / (many / few), 2)
