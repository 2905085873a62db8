"""Kills a fetch at seeded random moments and runs it again. Started as a process of its own by the tests.

    python -m tests.loopback.kills PORT SEEDED FOLDER FIRST_SEED COUNT

Everything is imported once; each fetch then runs in a forked child, so that a kill costs what the fetch costs. Nothing
that starts threads may run in the parent. Writes FOLDER/whole.duckdb (undisturbed), killed-N (after the kill) and
again-N (after the second run), and prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path

from screener.sources import registry
from screener.sources.http import Policy
from screener.store.fetch.plan import FetchPlan
from screener.store.fetch.run import fetch
from tests.loopback.server import redirected

SYMBOLS = ("300093.SZ",)
FIRST, LAST = date(2025, 4, 1), date(2025, 6, 30)
NOW = datetime(2025, 6, 30, 18)


def run(path: Path, port: int) -> None:
    """One whole fetch."""
    with redirected(port):
        plan = FetchPlan(SYMBOLS, FIRST, calendar_asked=True)
        fetch(path, plan, registry.wire(Policy(pace=0, timeout=20, connect=20)), now=lambda: NOW).raise_for_failures()


def forked(work: Callable[[], None]) -> int:
    """The process number of a child that does `work` and ends."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def wait(child: int) -> int:
    """How the child ended: its exit code, or minus the signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def copied(source: Path, target: Path) -> Path:
    """A store with its write-ahead log, if it has one."""
    for ending in ("", ".wal"):
        part = source.with_name(source.name + ending)
        if part.is_file():
            shutil.copy(part, target.with_name(target.name + ending))
    return target


def main(port: int, seeded: Path, folder: Path, first_seed: int, count: int) -> None:
    """Kills and runs again."""
    import akshare  # noqa: F401 - two seconds, once

    whole = copied(seeded, folder / "whole.duckdb")
    wait(forked(lambda: run(whole, port)))  # warms what the children share: the system's file cache
    shutil.copy(seeded, whole)
    started = time.monotonic()
    assert wait(forked(lambda: run(whole, port))) == 0
    length, told = time.monotonic() - started, []
    for seed in range(first_seed, first_seed + count):
        path = copied(seeded, folder / f"again-{seed}.duckdb")
        delay = random.Random(seed).uniform(0.0, length)
        child = forked(partial(run, path, port))
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
        killed = wait(child) == -signal.SIGKILL
        copied(path, folder / f"killed-{seed}.duckdb")
        assert wait(forked(partial(run, path, port))) == 0, seed
        told.append({"seed": seed, "after": round(delay, 3), "killed": killed})
    print(json.dumps({"seconds": round(length, 3), "kills": told}))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
