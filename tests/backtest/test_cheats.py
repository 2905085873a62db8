"""Cheats on purpose: what each of them is told, by the text, by the barrier, by the kernel, or by its own decisions.

`TEXT` are caught before they run. `RUN` are run all the same, as a back-test with --unchecked would: what they reach
for is refused, or is not there. `COMPARED` reach for nothing that can be refused, and are caught by their decisions.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from screener.backtest import lookahead
from screener.backtest.confined import landlock, process, run
from screener.backtest.confined.feed import Feed
from screener.core.config import Universe
from screener.core.errors import StrategyError
from screener.point_in_time.market import Market
from tests.cases import LONG, later
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
EXTRA = """import math, operator
class Endless(dict):
    def items(self):
        while True: yield self.one, 0.0
class Bomb:
    def __reduce__(self): return print, ('run',)
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
    "today in parts": ("np.datetime64('To' + 'day')", NOW),
    "now in bytes": ("np.array([b'NOW'], 'M8[s]')", NOW),
    "the address of a value": ("id(panel)", "uses id"),
    "the engine of polars": ("from polars._plr import PyDataFrame", "imports the private polars._plr"),
    "another name for it": ("from polars import _plr as p", "imports _plr of polars"),
    "the C library by numba": (
        "from numba import types; types.ExternalFunction('open', None)",
        "uses ExternalFunction",
    ),
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
    "a frame of an error": (
        "try:\n        1 / 0\n    except ZeroDivisionError as e:\n        e.__traceback__.tb_frame.f_back",
        "looks behind a function or a frame",
    ),
    "a frame of a generator": ("(x for x in ()).gi_frame.f_back", "looks behind a function or a frame"),
    "memory through another's hands": (
        "import gc; collections.Counter(map(gc.get_objects, [0]))",
        "walks through memory",
    ),
    "who refers to the panel": ("import gc; gc.get_referrers(panel)", "walks through memory"),
    "ctypes of numpy": ("np.ctypeslib.ctypes.string_at(id(panel), 8)", "reaches into memory by ctypes"),
    "a library by numpy": ("np.ctypeslib.ctypes.CDLL(None).open", "reaches into memory by ctypes"),
    "the memory of a process": ("open('/proc/self/mem', 'rb').seek(0)", FILE),
    "the environment in a file": ("open('/proc/self/environ').read()", FILE),
    "the name of the process": ("open('/proc/self/cmdline').read()", FILE),
    "mmap": ("import mmap; mmap.mmap(-1, 10)", "maps memory"),
    "open_memmap": ("np.lib.format.open_memmap('/etc/passwd')", FILE),
    "a descriptor": ("import os; [os.read(fd, 1) for fd in range(3, 30)]", "reads or writes a descriptor"),
    "an answer of its own": (
        "import os; [os.write(fd, b'x' * 99) for fd in range(3, 30)]",
        "reads or writes a descriptor",
    ),
    "the socket of the run": ("import socket; socket.socket(fileno=3)", LINE),
    "every variable": ("import os; dict(os.environ.items())", "asks its environment"),
    "variables in bytes": ("import os; os.environb[b'PATH']", "asks its environment"),
    "a signal that comes later": ("import signal; signal.setitimer(signal.ITIMER_REAL, 1)", "sets a signal"),
    "a thread": ("import threading; threading.Thread(target=print).start()", "starts a thread"),
    "a thread by another's hands": (
        "from concurrent.futures import ThreadPoolExecutor as T; T().submit(print)",
        "starts a thread",
    ),
    "the barrier": ("from screener.backtest.confined import barrier", "imports screener.backtest.confined"),
    "the barrier of sys": (
        "import sys; sys.modules['screener.backtest.confined.barrier'].Barrier._told = print",
        "KeyError: 'screener.backtest.confined.barrier'",
    ),
    "the comparer": (
        "import screener.backtest.lookahead as l; l.compare = print",
        "imports screener.backtest.confined",
    ),
    "csv by polars": ("pl.read_csv('/etc/passwd')", FILE),
    "a glob by polars": ("pl.scan_parquet('/tmp/*.parquet').collect()", FILE),
    "a reader at its home": ("import polars.io.csv as c; c.read_csv('/etc/passwd')", FILE),
    "sql by polars": ("pl.sql(\"SELECT * FROM read_csv('/etc/passwd')\", eager=True)", FILE),
    "written by polars": ("pl.DataFrame({'a': [1]}).write_csv('/tmp/told.csv')", FILE),
    "an endless answer": ("Endless.one = panel.symbols[0]; return Endless()", "hangs and was stopped"),
    "an answer that is code": ("return {panel.symbols[0]: Bomb()}", "a weight that is no finite number"),
    "a million symbols": ("return {str(n): 0.0 for n in range(10 ** 6)}", "an unknown symbol"),
    "a firm that nobody knew": (
        "later = [s for s in panel.symbols if s not in panel.universe]\n    return {later[0]: 1.0}",
        "a symbol outside the universe",
    ),
    "a changed universe": (
        "later = [s for s in panel.symbols if s not in panel.universe]\n    "
        "Panel.universe = property(lambda self: self.symbols)\n    return {later[0]: 1.0}",
        "not target weights",
    ),
    "all memory": (f"np.empty({os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')}, np.uint8)", "MemoryError"),
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
    "chance by polars": (
        "k = pl.Series([1, 2, 3, 4]).shuffle()[0]\n    return {panel.universe[0]: k / 4} if panel.universe else None",
        CHANCE,
    ),
    "cut or whole": ("if len(panel._market.commitments) > len(panel.commitments): return {}", LATER),
    "a private attribute by its name": (
        "close = operator.attrgetter('_market.close')(panel)\n    if np.nansum(close[panel.t + 1:]) > 0: return {}",
        LATER,
    ),
    "a note in the data": (
        "panel.close\n    seen = panel._market._arrays['close']\n    "
        "if seen[-1, 0] == 7: return {}\n    seen[-1, 0] = 7",
        KEPT,
    ),
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
        taken(written(tmp_path, body, extra=EXTRA), patience=0.7 if "hang" in line else 10.0)


@pytest.fixture
def no_landlock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on a system that has none: the process that forks is started anew, and ended."""
    monkeypatch.setattr(process, "_LANDLOCK", False)
    monkeypatch.setattr(process, "_place", [])
    yield
    for place in process._place:
        place.close()


@pytest.mark.usefixtures("no_landlock")
def test_without_landlock_the_hook_refuses_the_same_and_says_that_it_is_alone(tmp_path: Path) -> None:
    for cheat in [*RUN][:: 1 if LONG else 4]:
        body, line = RUN[cheat]
        with pytest.raises(StrategyError, match=line):
            taken(written(tmp_path, body, extra=EXTRA), patience=0.7 if "hang" in line else 10.0)
            pytest.fail(cheat)
    assert taken(written(tmp_path, "pass")).how == "behind an audit hook only: no Landlock on this system"


@pytest.mark.parametrize("landlocked", [False, *later(True)])
def test_where_python_cannot_fork_each_run_is_a_process(
    landlocked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_FORKS", False)
    monkeypatch.setattr(process, "_LANDLOCK", landlocked)
    source = written(tmp_path, "pass")
    with monkeypatch.context() as forks:
        forks.setattr(process, "_FORKS", True)
        forks.setattr(process, "_LANDLOCK", True)
        there = taken(source).rows
    assert str(taken(source).rows) == str(there)
    with pytest.raises(StrategyError, match="hangs and was stopped"):
        taken(written(tmp_path, "while True: pass"), patience=0.7)


def test_a_strategy_does_not_pay_for_what_it_takes_to_tell_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = Feed.step

    def slow(feed: Feed, t: int) -> dict[str, Any]:
        time.sleep(2.0 if t == 300 else 0.0)
        return step(feed, t)

    monkeypatch.setattr(Feed, "step", slow)
    assert len(taken(written(tmp_path, "return {}"), patience=1.5).rows) == 40


@pytest.mark.parametrize("cheat", COMPARED)
def test_its_decisions_give_it_away(cheat: str, tmp_path: Path) -> None:
    body, line = COMPARED[cheat]
    source = written(tmp_path, body, extra=EXTRA)
    found = taken(source)
    with pytest.raises(StrategyError, match=line):
        lookahead.compare(source, market(), Universe.KNOWN, {}, found)


@pytest.mark.parametrize(
    "body",
    [
        "if np.nansum(panel.close.base[panel.t:]) > 0: return {}",
        "if np.nansum(panel._market.close[panel.t:]) > 0: return {}",
        "if np.nansum(panel._market._need('close')[panel.t:]) > 0: return {}",
        "if len(panel._market.commitments) > len(panel.commitments): return {}",
        "serving = panel._market._need.__closure__[0].cell_contents\n    "
        "if np.nansum(serving._fed._need('close')[panel.t:]) > 0: return {}",
    ],
)
def test_what_is_later_is_not_there_however_it_is_looked_for(body: str, tmp_path: Path) -> None:
    source = written(tmp_path, body)
    assert all(row[0] and len(row[0][0]) for row in taken(source).rows)


@pytest.mark.skipif(not landlock.version(), reason="no Landlock in this kernel")
def test_a_reader_in_native_code_is_refused_by_the_kernel(tmp_path: Path) -> None:
    extra = """import numba
opened = numba.types.ExternalFunction("open", numba.types.int32(numba.types.voidptr, numba.types.int32))
@numba.njit
def number(name): return opened(name.ctypes, 0)
NAME = np.frombuffer(bytes(NAME_OF, "ascii") + bytes(1), np.uint8)
"""
    there = tmp_path / "later.csv"
    there.write_text("a\n1\n")
    source = written(tmp_path, "return None if number(NAME) < 0 else {}", f"NAME_OF = {str(there)!r}\n{extra}")
    assert all(row == [None] for row in taken(source).rows)


SIBLINGS = """
import ctypes, os
from pathlib import Path
from typing import Any
from screener.backtest.confined import landlock
text = ctypes.create_string_buffer(b"later")
landlock.restrict([Path("/usr")])
ask, told = os.pipe()
other = os.fork()
if not other:
    landlock.apart()
    os.read(ask, 1)
    os._exit(0)
if not os.fork():
    landlock.apart()
    class Part(ctypes.Structure):
        _fields_ = [("at", ctypes.c_void_p), ("size", ctypes.c_size_t)]
    here, there = Part(ctypes.addressof(ctypes.create_string_buffer(5)), 5), Part(ctypes.addressof(text), 5)
    read = ctypes.CDLL(None, use_errno=True).process_vm_readv
    os._exit(max(0, read(other, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)))
print(os.waitstatus_to_exitcode(os.wait()[1]))
os.write(told, b"!")
"""


@pytest.mark.skipif(not landlock.version(), reason="no Landlock in this kernel")
def test_a_run_cannot_read_the_memory_of_another() -> None:
    done = subprocess.run([sys.executable, "-c", SIBLINGS], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"
