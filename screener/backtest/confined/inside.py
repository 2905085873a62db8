"""A function of a notebook: it lives in this process, among the notebook's own values, and cannot be sent to another.

1. Its panels are cut from what was told session by session (`fed`), as they are in a confined process.
2. While it decides, the audit hook of `barrier` refuses files, connections and programs. It cannot refuse the clock or
   what the function closes over: Markets and frames among those are refused by name before it runs.
3. A signal stops one that hangs, where there are signals (POSIX, the main thread).
"""

from __future__ import annotations

import inspect
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from types import FrameType
from typing import Any

import numpy as np
import polars as pl

from screener.backtest.confined.barrier import EXPECTED, Barrier, no_answer
from screener.backtest.confined.fed import Fed
from screener.backtest.confined.feed import Feed
from screener.backtest.confined.readable import readable
from screener.backtest.portfolio import Decisions, collect
from screener.backtest.strategy import Weights
from screener.core.config import AnyUniverse
from screener.core.errors import StrategyError
from screener.point_in_time.market import Market
from screener.point_in_time.panel import Panel

HOW = "in this process, behind an audit hook only: a function cannot be sent to another"
_HOLDS_MORE = (Market, Panel, pl.DataFrame, pl.LazyFrame, pl.Series, np.ndarray)
_DECIDING: ContextVar[Barrier | None] = ContextVar("deciding", default=None)
_installed: list[bool] = []


class Inside:
    """A function with its parameters, as the engine asks it: for all decisions of a span at once."""

    def __init__(self, function: Callable[..., Weights], params: Mapping[str, Any], name: str, patience: float) -> None:
        self.function, self.params, self.name, self.patience = function, params, name, patience
        self._barrier = Barrier(function.__code__.co_filename, readable())

    def take(self, market: Market, universe: AnyUniverse, span: tuple[int, int]) -> Decisions:
        """The decisions of sessions span[0] ≤ t < span[1], each on what was known. Raises what the function raises."""
        return collect(self._decide, _panels(market, universe, span), market.symbols, self.name)

    def compare(self, market: Market, universe: AnyUniverse, span: tuple[int, int], found: Decisions) -> None:
        """Once more, the last session first and everything later there. Raises StrategyError where one differs."""
        self._refuse_closure()
        whole = reversed([(t, market.panel(t, universe, first_decision=t == span[0])) for t in range(*span)])
        rows = dict(zip(found.when.tolist(), found.weights, strict=True))
        for t, panel in whole:
            again = collect(self._decide, [(t, panel)], market.symbols, self.name)
            if (t in rows) != bool(len(again.when)) or (t in rows and not np.array_equal(rows[t], again.weights[0])):
                why = "the decision changes when everything later is there, or when it is asked once more"
                raise StrategyError(f"LOOK-AHEAD: {why}", where=f"{self.name}, session {panel.session}")

    def _decide(self, panel: Panel) -> Weights:
        _install()
        token = _DECIDING.set(self._barrier)
        try:
            with _stopping(self.patience, f"{self.name}, on {panel.session}"):
                answer = self.function(panel, **self.params)
        finally:
            _DECIDING.reset(token)
        self._barrier.raise_refused()
        return answer

    def _refuse_closure(self) -> None:
        with suppress(ValueError, TypeError):
            around = inspect.getclosurevars(self.function)
            for name, value in {**around.globals, **around.nonlocals}.items():
                if isinstance(value, _HOLDS_MORE) or type(value).__name__ == "Research":
                    what = f"the strategy uses {name}, a {type(value).__name__} from outside"
                    raise StrategyError(f"LOOK-AHEAD: {what}", where=self.name, expected=EXPECTED)


def _panels(market: Market, universe: AnyUniverse, span: tuple[int, int]) -> Iterator[tuple[int, Panel]]:
    feed = Feed(market, universe, span[0])
    fed: Fed | None = None
    for t in range(*span):
        asked = feed.step(t)
        fed = Fed(asked["head"], lambda name: feed.need(name)) if fed is None or "head" in asked else fed
        if "mended" in asked:
            fed.mend(asked["mended"])
        fed.told(asked["more"])
        yield t, fed.panel(asked)


def _install() -> None:
    """One hook for the life of this process; it sleeps while no function decides."""
    if not _installed:
        _installed.append(True)
        sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    barrier = _DECIDING.get()
    if barrier is not None:
        barrier.hear(event, arguments)


@contextmanager
def _stopping(seconds: float, where: str) -> Iterator[None]:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise no_answer(where, seconds)

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
