"""The clock, the environment, chance, and what polars reads and writes: functions that refuse a strategy.

They raise no event that an audit hook would hear, so each is replaced in the process that asks a strategy; libraries go
on using the clock, the environment and chance. What is written in C and belongs to a type (`datetime.now`) is replaced
in the type's own dictionary. Not seen: a text put together at run time that numpy takes for the time of day.
"""

from __future__ import annotations

import _thread
import ctypes
import datetime
import gc
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import polars as pl

from screener.backtest.confined.barrier import Barrier

TIME, ENVIRONMENT, CHANCE = "asks what time it is", "asks its environment", "draws random numbers without a seed"
_CLOCK: tuple[str, ...] = (
    "time",
    "localtime",
    "gmtime",
    "ctime",
    "strftime",
    "perf_counter",
    "monotonic",
    "process_time",
)
_CLOCK += ("time_ns", "perf_counter_ns", "monotonic_ns", "process_time_ns", "thread_time", "clock_gettime", "asctime")
_ASKS = ("getenv", "getenvb", "urandom", "getpid", "getppid", "getcwd", "uname", "times", "stat", "lstat", "getloadavg")
_NATIVE = ("read_", "scan_", "write_", "sink_", "deserialize", "serialize")
_DRAWS = ("random", "randint", "choice", "choices", "shuffle", "sample", "uniform", "gauss", "randrange", "seed")
_NUMPY_DRAWS = ("rand", "randn", "random", "randint", "choice", "permutation", "shuffle", "uniform", "normal", "seed")


def refuse(barrier: Barrier) -> None:
    """For the rest of this process."""
    for module, names, what in (
        (time, _CLOCK, TIME),
        (os, _ASKS, ENVIRONMENT),
        (os, ("read", "write", "pread", "pwrite", "dup", "dup2"), "reads or writes a descriptor"),
        (signal, ("signal", "setitimer", "alarm"), "sets a signal"),
        (random, _DRAWS, CHANCE),
        (np.random, _NUMPY_DRAWS, CHANCE),
    ):
        for name in names:
            if hasattr(module, name):
                setattr(module, name, _refusing(barrier, getattr(module, name), what))
    os.environ = _Environment(barrier)  # type: ignore[assignment]  # noqa: B003 — it is the mapping that is asked
    if hasattr(os, "environb"):
        os.environb = _Environment(barrier)  # type: ignore[assignment]
    _refuse_readers(barrier)
    for module, name in ((threading, "_start_new_thread"), (_thread, "start_new_thread"), (_thread, "start_new")):
        setattr(module, name, _refused(barrier, "starts a thread"))
    for name in ("now", "utcnow", "today"):
        _replace(datetime.datetime, name, _refusing(barrier, getattr(datetime.datetime, name), TIME))
    _replace(datetime.date, "today", _refusing(barrier, datetime.date.today, TIME))


def _refuse_readers(barrier: Barrier) -> None:
    """What polars reads or writes it reads in native code."""
    modules = [module for name, module in [*sys.modules.items()] if name.startswith("polars.io.")]
    for owner in (pl, pl.DataFrame, pl.LazyFrame, *modules):
        for name in dir(owner):
            if name.startswith(_NATIVE):
                setattr(owner, name, _refused(barrier, "opens a file", f"by {name} of polars"))
    for owner, name in ((pl, "sql"), (pl.DataFrame, "sql"), (pl.LazyFrame, "sql"), (pl.SQLContext, "execute")):
        setattr(owner, name, _without_files(barrier, getattr(owner, name)))


def _refused(barrier: Barrier, what: str, got: str = "") -> Callable[..., Any]:
    def asked(*arguments: Any, **options: Any) -> Any:
        barrier.refuse(what, got)

    return asked


def _without_files(barrier: Barrier, real: Callable[..., Any]) -> Callable[..., Any]:
    """SQL of polars; its functions `read_csv`, `read_parquet` … open files."""

    def asked(*arguments: Any, **options: Any) -> Any:
        if any("read_" in str(text).lower() for text in (*arguments, *options.values()) if isinstance(text, str)):
            barrier.refuse("opens a file", "by SQL of polars")
        return real(*arguments, **options)

    return asked


def _refusing(barrier: Barrier, real: Callable[..., Any], what: str) -> Callable[..., Any]:
    def asked(*arguments: Any, **options: Any) -> Any:
        barrier.only_libraries(what)
        return real(*arguments, **options)

    return asked


def _replace(kind: type, name: str, function: Callable[..., Any]) -> None:
    """In the dictionary behind the read-only view that a type of C shows."""
    behind = gc.get_referents(kind.__dict__)[0]
    behind[name] = staticmethod(function)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))


class _Environment(dict[Any, Any]):
    """What libraries are configured by; a strategy that asks is refused."""

    def __init__(self, barrier: Barrier) -> None:
        super().__init__(os.environ)
        self._barrier = barrier

    def __getattribute__(self, name: str) -> Any:
        if name != "_barrier":
            self._barrier.only_libraries(ENVIRONMENT)
        return super().__getattribute__(name)

    def __getitem__(self, name: Any) -> Any:
        self._barrier.only_libraries(ENVIRONMENT)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._barrier.only_libraries(ENVIRONMENT)
        return super().__contains__(name)

    def __iter__(self) -> Iterator[Any]:
        self._barrier.only_libraries(ENVIRONMENT)
        return super().__iter__()
