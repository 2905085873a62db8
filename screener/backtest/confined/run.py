"""A strategy that runs elsewhere: loaded, asked for its decisions on every session of a span, stopped if it hangs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from screener.backtest import strategy as strategies
from screener.backtest.confined.barrier import no_answer
from screener.backtest.confined.feed import Feed
from screener.backtest.confined.process import Opened, opened
from screener.backtest.confined.wire import LARGEST, unpacked
from screener.backtest.portfolio import SUM_TOLERANCE, Decisions
from screener.backtest.strategy import Strategy, Value, Weights
from screener.core import errors
from screener.core.config import AnyUniverse
from screener.core.errors import ScreenerError, StrategyError, UsageError
from screener.point_in_time.market import Market
from screener.point_in_time.panel import Panel

PATIENCE = 10.0  # seconds a strategy may take to be loaded, and for each decision
_START = 60.0  # seconds more for the first answer (the process may still be importing), and to tell a session
_A_WEIGHT = 64  # bytes of an answer
_NO_ANSWER = "not target weights: the process it ran in answers something else"
_LOADED: dict[str, type] = {"description": str, "types": dict, "defaults": dict}
_TYPES: dict[str, type] = {kind.__name__: kind for kind in (int, float, bool, str)}
Row = list[Any] | None


@dataclass(frozen=True)
class Source:
    """A strategy file: where it stands, and its text."""

    path: Path
    text: str


@dataclass
class Taken:
    """Decisions of P sets of parameters on K sessions; rows[k][p] = [columns, weights], None: everything is left."""

    when: Sequence[int]
    rows: list[list[Row]]
    symbols: int
    how: str = ""
    seconds: float = 0.0

    def decisions(self, p: int = 0) -> Decisions:
        """What the back-test executes of one set of parameters."""
        kept = [(t, row[p]) for t, row in zip(self.when, self.rows, strict=True) if row[p] is not None]
        weights = np.zeros((len(kept), self.symbols))
        for k, (_, found) in enumerate(kept):
            if found:
                weights[k, found[0]] = found[1]
        return Decisions(np.array([t for t, _ in kept], dtype=np.int64), weights)


def load(name: str, patience: float = PATIENCE) -> Strategy:
    """A strategy by name or path, looked at in a process of its own. Raises StrategyError as `strategy.load` does."""
    return of_source(source_of(name), patience)


def source_of(name: str | Path) -> Source:
    """The text of a strategy by name or path. Raises StrategyError."""
    path = name if isinstance(name, Path) else strategies.find(name)
    try:
        return Source(path, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise StrategyError("strategy cannot be read", where=str(path), got=error) from None


def of_source(source: Source, patience: float = PATIENCE) -> Strategy:
    """The same from its text; it can be asked by `taken` only. Raises StrategyError."""
    run = _Run(source, patience)
    with run:
        told = run.loaded
    types = {key: _TYPES[name] for key, name in told["types"].items()}
    return Strategy(source.path.stem, source.path, told["description"], _elsewhere, told["defaults"], types)


def _elsewhere(panel: Panel, **params: Value) -> Weights:
    raise StrategyError("a strategy is asked in a process of its own", where=str(panel.session))


@dataclass(frozen=True)
class Elsewhere:
    """A strategy with its parameters, as the engine asks it: for all decisions of a span at once."""

    source: Source
    params: Mapping[str, Any]
    patience: float = PATIENCE

    def taken(self, market: Market, universe: AnyUniverse, span: tuple[int, int]) -> Taken:
        """With how they were taken. Raises StrategyError."""
        given = [self.params]
        return taken(self.source, market, universe, range(*span), given, first=span[0], patience=self.patience)

    def take(self, market: Market, universe: AnyUniverse, span: tuple[int, int]) -> Decisions:
        """The decisions of sessions span[0] ≤ t < span[1]. Raises StrategyError."""
        return self.taken(market, universe, span).decisions()


def taken(
    source: Source,
    market: Market,
    universe: AnyUniverse,
    when: Iterable[int],
    params: Sequence[Mapping[str, Any]] = ({},),
    *,
    first: int,
    whole: bool = False,
    fresh: bool = False,
    patience: float = PATIENCE,
) -> Taken:
    """Decisions on the sessions `when` (ascending, unless `whole`); `first`: the one that begins the back-test.

    The process knows what was known at each decision, and nothing later; `whole`: everything, to compare with.
    `fresh`: the file is loaded anew for each session. Raises StrategyError, also for one that does not answer.
    """
    feed = Feed(market, universe, first, whole=whole)
    asked = list(when)
    with _Run(source, patience) as run:
        run.begin(list(params), source.path.stem, market.symbols, fresh=fresh)
        found = Taken(asked, [], len(market.symbols), run.how)
        for t in asked:
            answer = run.decided(feed, t, len(params))
            distinct = [_checked(row, feed, source, t) for row in answer["rows"]]
            found.rows.append([distinct[number] for number in answer["of"]])
            found.seconds += answer["seconds"]
    return found


def _whole(answer: Mapping[str, Any], params: int) -> bool:
    """True where an answer has its parts, and a row for each set of parameters, whatever the other process says."""
    rows, numbers = answer.get("rows"), answer.get("of")
    if not isinstance(rows, list) or not isinstance(numbers, list) or len(numbers) != params:
        return False
    of = range(len(rows))
    return isinstance(answer.get("seconds"), float) and all(type(n) is int and n in of for n in numbers)


def _checked(row: Any, feed: Feed, source: Source, t: int) -> Row:
    """A row as the contract has it, whatever the other process says. Raises StrategyError."""
    if row is None:
        return None
    symbols = feed.market.symbols
    try:
        columns, weights = unpacked(row[0], np.int64), unpacked(row[1], np.float64)
        right = columns.shape == weights.shape and bool(((columns >= 0) & (columns < len(symbols))).all())
        right = right and bool((np.isfinite(weights) & (weights > 0)).all()) and weights.sum() <= 1 + 2 * SUM_TOLERANCE
        right = right and bool((columns[1:] > columns[:-1]).all()) and feed.may_hold(columns)
    except (TypeError, ValueError, LookupError, OverflowError):
        right = False
    if not right:
        raise StrategyError(
            "not target weights", where=f"{source.path.stem} at {feed.market.sessions[t]}", got=str(row)[:60]
        )
    return [columns, weights]


class _Run:
    """One run, from loading on; ends with the block."""

    def __init__(self, source: Source, patience: float) -> None:
        if not 0 < patience < float("inf"):
            raise UsageError("option out of range", where="patience", got=patience, expected="seconds, more than 0")
        self._source, self._patience = source, patience
        self._session: np.datetime64 | None = None  # that is asked
        self._open: Opened = opened()
        self.how = self._open.how
        self._wire = self._open.wire
        self._wire.deadline = time.monotonic() + _START + patience
        try:
            self._wire.tell({"path": str(source.path), "text": source.text})
            self.loaded = self._loaded(self._answered())
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> _Run:
        return self

    def __exit__(self, *error: object) -> None:
        self._wire.close()
        self._open.kill()

    def begin(self, params: list[Any], name: str, symbols: tuple[str, ...], *, fresh: bool) -> None:
        """Which sets of parameters are asked."""
        self._wire.largest = LARGEST + _A_WEIGHT * len(params) * len(symbols)
        self._wire.tell({"params": params, "name": name, "symbols": symbols, "fresh": fresh})

    def decided(self, feed: Feed, t: int, params: int) -> dict[str, Any]:
        """The decisions of one session; what the strategy reads for the first time is told on the way."""
        self._session = feed.market.sessions[t]
        self._wire.deadline = time.monotonic() + _START  # to tell it takes of no strategy's time
        self._tell(feed.step(t))
        self._wire.deadline = time.monotonic() + self._patience * max(1, params)
        answer = self._answered()
        while "need" in answer:
            try:
                self._tell(feed.need(answer["need"]))
            except (KeyError, TypeError):
                raise self._error("nothing of that name is told") from None
            answer = self._answered()
        if not _whole(answer, params):
            raise self._error(_NO_ANSWER)
        return answer

    def _loaded(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        told: Any = answer.get("loaded")
        right = isinstance(told, dict) and all(isinstance(told.get(key), kind) for key, kind in _LOADED.items())
        right = right and told["types"].keys() == told["defaults"].keys()
        if not right or any(str(name) not in _TYPES for name in told["types"].values()):
            raise self._error("no strategy: the process it was loaded in answers something else")
        return dict(told)

    def _tell(self, message: Any) -> None:
        with suppress(TimeoutError, EOFError):  # said where the answer is awaited
            self._wire.tell(message)

    def _answered(self) -> dict[str, Any]:
        try:
            answer = self._wire.answered()
        except TimeoutError:
            raise no_answer(self._place(), self._patience) from None
        except EOFError:
            raise self._error("the strategy ended the process it ran in") from None
        except (ValueError, RecursionError):
            raise self._error(_NO_ANSWER) from None
        if "error" in answer:
            raise _error(answer["error"]) or self._error(_NO_ANSWER)
        return answer

    def _error(self, what: str, got: str | None = None) -> StrategyError:
        return StrategyError(what, where=self._place(), got=got)

    def _place(self) -> str:
        when = "while it is imported" if self._session is None else f"on {self._session}"
        return f"{self._source.path}, {when}"


def _error(told: Any) -> ScreenerError | None:
    """The sentence that the other process raised; None where it is none."""
    names = ("kind", "what", "where", "got", "expected", "next")
    if not isinstance(told, dict) or any(not isinstance(told.get(name, 0), str | None) for name in names):
        return None
    kind = getattr(errors, str(told["kind"]), StrategyError)
    made = kind if isinstance(kind, type) and issubclass(kind, ScreenerError) else StrategyError
    found: ScreenerError = made(
        told["what"],
        where=told["where"] or "",
        got=told["got"],
        expected=told["expected"],
        next_step=told["next"] or "",
    )
    return found
