"""The clock, the environment and chance: functions that tell them refuse a strategy, while libraries go on using them.

They raise no event that an audit hook would hear, so each is replaced in the process that asks a strategy. What is
written in C and belongs to a type (`datetime.now`) is replaced in the type's own dictionary.
"""

from __future__ import annotations

import ctypes
import datetime
import gc
import os
import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from screener.backtest.confined.barrier import Barrier

TIME, ENVIRONMENT, CHANCE = "asks what time it is", "asks its environment", "draws random numbers without a seed"
_CLOCK = ("time", "time_ns", "localtime", "gmtime", "ctime", "strftime", "perf_counter", "monotonic", "process_time")
_DRAWS = ("random", "randint", "choice", "choices", "shuffle", "sample", "uniform", "gauss", "randrange", "seed")
_NUMPY_DRAWS = ("rand", "randn", "random", "randint", "choice", "permutation", "shuffle", "uniform", "normal", "seed")


def refuse(barrier: Barrier) -> None:
    """For the rest of this process."""
    for module, names, what in (
        (time, _CLOCK, TIME),
        (os, ("getenv", "urandom", "getpid"), ENVIRONMENT),
        (random, _DRAWS, CHANCE),
        (np.random, _NUMPY_DRAWS, CHANCE),
    ):
        for name in names:
            setattr(module, name, _refusing(barrier, getattr(module, name), what))
    os.environ = _Environment(barrier)  # type: ignore[assignment]  # noqa: B003 — it is the mapping that is asked
    for name in ("now", "utcnow", "today"):
        _replace(datetime.datetime, name, _refusing(barrier, getattr(datetime.datetime, name), TIME))
    _replace(datetime.date, "today", _refusing(barrier, datetime.date.today, TIME))


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


class _Environment(dict[str, str]):
    """What libraries are configured by; a strategy that asks is refused."""

    def __init__(self, barrier: Barrier) -> None:
        super().__init__(os.environ)
        self._barrier = barrier

    def __getitem__(self, name: str) -> str:
        self._barrier.only_libraries(ENVIRONMENT)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """As of a dictionary."""
        self._barrier.only_libraries(ENVIRONMENT)
        return super().get(name, default)
