"""A small world behind the loopback, a seeded store, and one piece of work at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl

from screener.core.calendar import packaged_calendar
from screener.core.errors import ScreenerError
from screener.sources import akshare_cninfo, registry
from screener.sources.http import Policy
from screener.store.database import Store
from screener.store.fetch.plan import FetchPlan, Task
from screener.store.fetch.run import FetchRun
from screener.store.fetch.summary import Outcome, Summary
from tests.loopback.server import Loopback, redirected
from tests.loopback.world import World

FIRST, LAST = date(2025, 4, 1), date(2025, 6, 30)
NOW = datetime(2025, 6, 30, 18)
SYMBOL, SHANGHAI = "300093.SZ", "603629.SH"
PATIENT, HURRIED = 20.0, 0.5  # seconds; the second where a provider is slow on purpose
Mode = Callable[[str], str]


def small_world(**changes: object) -> World:
    """Two firms over one quarter."""
    return World((SYMBOL, SHANGHAI), FIRST, LAST, **changes)  # type: ignore[arg-type]


def on(target: str, mode: str, dead: tuple[str, ...] = ()) -> Mode:
    """`mode` for addresses that hold `target`; 403 for those that hold a word of `dead`."""
    return lambda address: mode if target in address else "403" if any(word in address for word in dead) else "ok"


@dataclass
class Scene:
    """A store, a server and the clock of one test."""

    path: Path
    server: Loopback
    now: datetime = NOW

    symbols: tuple[str, ...] = (SYMBOL, SHANGHAI)

    def attempt(self, dataset: str, subject: str, mode: Mode | None = None, timeout: float = PATIENT) -> Outcome:
        """One piece of work under a mode of the server; every circuit is closed before."""
        akshare_cninfo.forget_firms()
        self.server.mode = mode or (lambda address: "ok")
        task, plan = Task(dataset, subject, FIRST, LAST), FetchPlan(self.symbols, FIRST)
        with registry.wire(Policy(pace=0, timeout=timeout, connect=timeout)) as wire:
            run = FetchRun(self.path, plan, wire, lambda: self.now)
            run.calendar = packaged_calendar()
            run.once([task])
        return run.summary.outcomes[0]

    def latest(self, table: str) -> pl.DataFrame:
        """Newest versions of a table."""
        with Store.open_read_only(self.path) as store:
            return store.latest(table)

    def findings(self) -> list[str]:
        """What providers disagree about."""
        with Store.open_read_only(self.path) as store:
            return store.frame("findings").filter(pl.col("dataset") == "providers")["detail"].to_list()


@contextmanager
def scene(folder: Path, seeded: Path, world: World | None = None) -> Iterator[Scene]:
    """A scene with a store of its own."""
    path = folder / "store.duckdb"
    shutil.copy(seeded, path)
    server = Loopback(world or small_world(), delay=HURRIED * 1.6)
    try:
        with redirected(server.server_address[1]):
            yield Scene(path, server)
    finally:
        server.stop()


def exit_code(outcome: Outcome) -> int:
    """What the command would end with."""
    try:
        Summary([outcome]).raise_for_failures()
    except ScreenerError as error:
        return error.exit_code
    return 0
