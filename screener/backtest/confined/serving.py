"""One run of one strategy, on its side of the wire."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from screener.backtest import strategy as strategies
from screener.backtest.confined import senses
from screener.backtest.confined.barrier import Barrier
from screener.backtest.confined.fed import Fed
from screener.backtest.confined.wire import Wire, packed
from screener.backtest.portfolio import weight_row
from screener.backtest.strategy import describe
from screener.core.errors import ScreenerError, StrategyError
from screener.point_in_time.panel import Panel

FRESH_FOR = 2.0  # seconds that loading anew may take of a run; then only now and then
NOW_AND_THEN = 20  # sessions
_clock = time.perf_counter


class Serving:
    """Loads the text, answers the questions."""

    def __init__(self, wire: Wire, allowed: Sequence[Path]) -> None:
        self._wire, self._allowed = wire, allowed
        self._fed: Fed | None = None
        self._fresh, self._loading = False, 0.0

    def serve(self) -> None:
        """Until the other end is closed."""
        begin = self._wire.told()
        self._path, self._text = Path(begin["path"]), begin["text"]
        self._barrier = Barrier(begin["path"], self._allowed)
        senses.refuse(self._barrier)
        self._barrier.forget_itself()
        self._barrier.install()
        self._answer(self._loaded)
        run = self._wire.told()
        self._begun(run["params"], run["name"], run["symbols"], fresh=run["fresh"])
        while True:
            asked = self._wire.told()
            self._answer(lambda asked=asked: self._decided(asked))

    def _begun(self, params: Sequence[Mapping[str, Any]], name: str, symbols: Sequence[str], *, fresh: bool) -> None:
        self._params, self._name, self._fresh = params, name, fresh
        self._columns = {symbol: n for n, symbol in enumerate(symbols)}
        self._bind()

    def _bind(self) -> None:
        self._decides = [self._strategy.bind(params)[0] for params in self._params]

    def _answer(self, make: Any) -> None:
        """What `make` returns, or the sentence of what it raised."""
        try:
            found = make()
            self._barrier.raise_refused()
        except (EOFError, TimeoutError):
            raise
        except ScreenerError as error:
            first = self._barrier.refused[0] if self._barrier.refused else error
            self._barrier.refused.clear()
            found = {"error": _told(first)}
        except BaseException as error:  # whatever a strategy raises is its sentence, not a traceback
            refused = self._barrier.refused
            found = {"error": _told(refused[0] if refused else StrategyError(f"strategy fails: {describe(error)}"))}
            refused.clear()
        self._wire.answer(found)

    def _loaded(self) -> dict[str, Any]:
        started = _clock()
        self._strategy = strategies.of_text(self._path, self._text)
        self._loading += _clock() - started
        types = {key: kind.__name__ for key, kind in self._strategy.types.items()}
        defaults = dict(self._strategy.defaults)
        return {"loaded": {"description": self._strategy.description, "defaults": defaults, "types": types}}

    def _decided(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        if "head" in asked:
            self._fed = Fed(asked["head"], lambda name: self._need(name))  # what a function closes over is refused
        if self._fed is None:
            raise StrategyError("asked before anything was told")
        if "mended" in asked:
            self._fed.mend(asked["mended"])
        self._fed.told(asked["more"])
        if self._fresh and (self._loading < FRESH_FOR or asked["t"] % NOW_AND_THEN == 0):
            self._loaded()
            self._bind()
        panel, started = self._fed.panel(asked), _clock()
        rows, numbers = self._rows(panel)
        return {"rows": rows, "of": numbers, "seconds": _clock() - started}

    def _rows(self, panel: Panel) -> tuple[list[Any], list[int]]:
        """(Each distinct decision once, as [columns, weights] or None to leave everything; its number per decider).

        Most variants of a sweep decide the same on most sessions.
        """
        if len(self._decides) == 1:  # nothing to compare it with
            answer = self._decides[0](panel)
            self._barrier.raise_refused()
            return [None if answer is None else self._row(answer, panel)], [0]
        rows: list[Any] = []
        numbers: list[int] = []
        seen: dict[Any, int] = {}
        for decide in self._decides:
            answer = decide(panel)
            self._barrier.raise_refused()
            key = _key(answer)
            if key not in seen:
                rows.append(None if answer is None else self._row(answer, panel))
                seen[key] = len(rows) - 1
            numbers.append(seen[key])
        return rows, numbers

    def _row(self, answer: Mapping[str, float], panel: Panel) -> list[Any]:
        row = weight_row(answer, panel, self._columns, self._name)
        columns = np.flatnonzero(row)
        return [packed(columns.astype(np.int64)), packed(row[columns])]

    def _need(self, name: str | list[str | int]) -> Any:
        self._wire.answer({"need": name})
        return self._wire.told()


def _key(answer: Any) -> Any:
    """Equal for equal decisions; one of its own for what is no plain decision."""
    if answer is None:
        return None
    try:
        key = tuple(answer.items()) if type(answer) is dict else object()
        hash(key)
    except TypeError:
        return object()
    return key


def _told(error: ScreenerError) -> dict[str, Any]:
    """The parts of the sentence, as JSON has them."""
    parts = {"got": error.got, "expected": error.expected}
    texts = {key: None if value is None else str(value) for key, value in parts.items()}
    return {"kind": type(error).__name__, "what": error.what, "where": error.where, "next": error.next_step, **texts}
