"""Cheats on purpose: what each of them is told, by the text, by the barrier, by the kernel, or by its own decisions.

`TEXT` are caught before they run. `RUN` are run all the same, as a back-test with --unchecked would: what they reach
for is refused, or is not there. `COMPARED` reach for nothing that can be refused, and are caught by their decisions.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from screener.backtest import lookahead
from screener.backtest.confined import landlock, run
from screener.core.config import Universe
from screener.core.errors import StrategyError
from screener.point_in_time.market import Market
from tests.synthetic import synthetic_frames

STORE = "/tmp/a-store-of-somebody.duckdb"
HEAD = '''"""Cheats."""
import collections
import datetime as days
import functools
import statistics
import numpy as np
import polars as pl
from screener import Panel
SEEN = []
{extra}

def weights(panel):
    {body}
    return {{panel.universe[0]: 1.0}} if panel.universe else None
'''
EXTRA = """import math
def asked(t, seen=[]):
    seen.append(t)
    return len(seen)
@functools.lru_cache(maxsize=None)
def CACHE(week):
    return asked(week) % 2
"""
NOW, LATER = "asks what time it is", "the decision changes when everything later is deleted"
KEPT, CHANCE = "the decision depends on what was kept between calls", "chance or the clock decides"
FILE, LINE, PROGRAM = "opens a file", "opens a connection", "starts a program"

TEXT = {
    "duckdb": ("import duckdb; duckdb.connect('s.duckdb')", "imports duckdb"),
    "sqlite": ("import sqlite3; sqlite3.connect('s.db')", "imports sqlite3"),
    "a socket": ("import socket; socket.create_connection(('127.0.0.1', 9))", "imports socket"),
    "a program": ("import subprocess; subprocess.run(['cat', 'x'])", "imports subprocess"),
    "os.system": ("import os; os.system('cat x')", "imports os"),
    "memory": ("import gc; gc.get_objects()", "imports gc"),
    "frames": ("import inspect; inspect.stack()", "imports inspect"),
    "ctypes": ("import ctypes; ctypes.string_at(id(panel), 8)", "imports ctypes"),
    "a thread": ("import threading; threading.Thread(target=print).start()", "imports threading"),
    "pickle": ("import pickle; pickle.loads(b'')", "imports pickle"),
    "marshal": ("import marshal; marshal.loads(b'')", "imports marshal"),
    "the store": ("from screener.store.database import Store", "imports screener.store.database"),
    "the front door": ("from screener import open as read", "imports screener.open"),
    "the market": ("panel._market.close[-1]", "uses the private attribute _market"),
    "subclasses": ("object.__subclasses__()", "uses the private attribute __subclasses__"),
    "globals": ("weights.__globals__['panel']", "uses the private attribute __globals__"),
    "another module's sys": ("statistics.sys.modules['duckdb']", "uses modules of another module"),
    "the environment": ("import os; os.environ['SCREENER_DB']", "imports os"),
    "the clock": ("days.datetime.now()", NOW),
    "today": ("np.datetime64('today')", NOW),
    "randomness": ("import random; random.random()", "imports random"),
    "a changed class": ("Panel.tradable_universe = lambda self: ()", "changes Panel.tradable_universe"),
    "a changed numpy": ("np.nansum = None", "changes np.nansum"),
    "a changed polars": ("pl.DataFrame.sum = None", "changes pl.DataFrame.sum"),
    "eval": ("eval('1')", "uses eval"),
}
RUN = {
    "a file": ("open('/etc/passwd').read()", FILE),
    "a file of the package": (f"open({str(Path(run.__file__))!r}).read()", FILE),
    "a file written": (f"open({STORE!r}, 'w')", "writes a file"),
    "memmap": ("np.memmap('/etc/passwd', mode='r')", FILE),
    "fromfile": ("np.fromfile('/etc/passwd')", FILE),
    "a file, quietly": ("try:\n        open('/etc/passwd')\n    except Exception:\n        pass", FILE),
    "duckdb": ("import duckdb; duckdb.connect('s.duckdb')", "imports duckdb"),
    "sqlite": ("import sqlite3; sqlite3.connect('s.db')", "imports sqlite3"),
    "a socket": ("import socket; socket.create_connection(('127.0.0.1', 9))", LINE),
    "a program": ("import subprocess; subprocess.run(['cat', 'x'])", PROGRAM),
    "os.system": ("import os; os.system('cat x')", PROGRAM),
    "os.execv": ("import os; os.execv('/bin/cat', ['cat'])", PROGRAM),
    "a fork": ("import os; os.fork()", "starts a process"),
    "memory": ("import gc; gc.get_objects()", "walks through memory"),
    "frames": ("import sys; sys._getframe(1)", "looks at the frames"),
    "ctypes": ("import ctypes; ctypes.string_at(id(panel), 8)", "reaches into memory by ctypes"),
    "marshal": ("import marshal; marshal.loads(marshal.dumps(1))", "loads code"),
    "the store": ("from screener.store.database import Store", "imports screener.store"),
    "the feed": ("from screener.backtest.confined.feed import Feed", "imports screener.backtest.confined.feed"),
    "a table": ("from screener.core.tables import packaged; packaged('commitments')", FILE),
    "duckdb of sys": ("statistics.sys.modules['duckdb'].connect('x')", "KeyError: 'duckdb'"),
    "the environment": ("import os; os.environ.get('SCREENER_DB')", "asks its environment"),
    "the clock": ("import time; time.time()", NOW),
    "now": ("days.datetime.now()", NOW),
    "today": ("days.date.today()", NOW),
    "randomness": ("import random; random.random()", "draws random numbers"),
    "numpy's randomness": ("np.random.rand()", "draws random numbers"),
    "an exit": ("import os; os._exit(0)", "ended the process it ran in"),
    "a hang": ("while True: pass", "hangs and was stopped"),
    "a hang in C": ("sum(range(10 ** 18))", "hangs and was stopped"),
}
COMPARED = {
    "the array behind a view": ("if np.nansum(panel.close.base[panel.t:]) > 0: return {}", LATER),
    "a global": ("SEEN.append(panel.t)\n    if len(SEEN) > 9: return {}", KEPT),
    "a mutable default": ("if asked(panel.t) > 9: return {}", KEPT),
    "a mark on a module": ("math.seen = getattr(math, 'seen', 0) + 1\n    if math.seen > 9: return {}", KEPT),
    "chance": ("return {panel.universe[0]: np.random.default_rng().random()}", CHANCE),
    "a year of states": ("if CACHE(panel.t // 7): return {}", KEPT),
}


@cache
def market() -> Market:
    return Market.build(synthetic_frames())


def written(folder: Path, body: str, extra: str = "") -> run.Source:
    path = folder / "cheat.py"
    path.write_text(HEAD.format(body=body, extra=extra), encoding="utf-8")
    return run.source_of(path)


def taken(source: run.Source, patience: float = 10.0) -> run.Taken:
    return run.taken(source, market(), Universe.KNOWN, range(300, 340), first=300, patience=patience)


@pytest.mark.parametrize("cheat", TEXT)
def test_its_text_gives_it_away(cheat: str, tmp_path: Path) -> None:
    body, line = TEXT[cheat]
    source = written(tmp_path, body)
    with pytest.raises(StrategyError, match=rf"LOOK-AHEAD: the strategy {line}"):
        lookahead.refuse_text(source.text, str(source.path))


@pytest.mark.parametrize("cheat", RUN)
def test_what_it_reaches_for_is_refused_where_it_runs(cheat: str, tmp_path: Path) -> None:
    body, line = RUN[cheat]
    with pytest.raises(StrategyError, match=line):
        taken(written(tmp_path, body), patience=0.7 if "hang" in cheat else 10.0)


@pytest.mark.parametrize("cheat", COMPARED)
def test_its_decisions_give_it_away(cheat: str, tmp_path: Path) -> None:
    body, line = COMPARED[cheat]
    source = written(tmp_path, body, extra=EXTRA)
    found = taken(source)
    with pytest.raises(StrategyError, match=line):
        lookahead.compare(source, market(), Universe.KNOWN, {}, found)


def test_what_later_is_not_there_is_zero_where_it_decides(tmp_path: Path) -> None:
    source = written(tmp_path, "if np.nansum(panel.close.base[panel.t:]) > 0: return {}")
    assert all(row[0] and len(row[0][0]) for row in taken(source).rows)


@pytest.mark.skipif(not landlock.version(), reason="no Landlock in this kernel")
@pytest.mark.parametrize("call", ["pl.read_csv", "pl.scan_csv", "pl.read_parquet"])
def test_a_reader_in_native_code_is_refused_by_the_kernel(call: str, tmp_path: Path) -> None:
    there = tmp_path / "later.csv"
    there.write_text("a\n1\n")
    with pytest.raises(StrategyError, match=r"[Pp]ermission denied"):
        taken(written(tmp_path, f"pl.DataFrame({call}({str(there)!r}).lazy().collect())"))
