"""Does a strategy keep the contract, and does it see only what was known?

1. On sampled sessions the decision is taken four times: on a market without everything later, on one whose later
   figures are scrambled, on the whole market, and there once more. All four must agree.
2. While it is loaded and while it decides, the strategy may open no file and no connection: what it could read there
   carries no known_at. Python's own reads show by an audit hook, those of polars by its readers, which are replaced for
   the moment; what would read past both (a database, a download) may not be imported.
"""

from __future__ import annotations

import ast
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from unittest import mock

import numpy as np
import polars as pl

from screener.backtest.portfolio import weight_row
from screener.backtest.strategy import Decide, Strategy, Weights, describe, where_in
from screener.core import tables
from screener.core.answer import Answer, Tables
from screener.core.config import Universe
from screener.core.errors import StrategyError
from screener.core.stands_on import StandsOn
from screener.point_in_time.cut import known_only, scrambled_after
from screener.point_in_time.market import Market
from screener.point_in_time.panel import Panel

Result = TypeVar("Result")
# What a decision may be made of. Anything else could read past the panel, or past this check.
_ALLOWED = (
    "__future__",
    "bisect",
    "collections",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "heapq",
    "itertools",
    "math",
    "operator",
    "re",
    "statistics",
    "typing",
    "numpy",
    "polars",
    "numba",
    "scipy",
    "sklearn",
    "screener.backtest.event_driven",
    "screener.core.config",
    "screener.point_in_time",
    "screener.screen",
)
# Names of the front door that hold nothing but what the panel holds; `open` is not among them.
_FRONT_DOOR = ("Panel", "Commitment", "hold_after", "follow_ratings", "scores", "factor_values")
_BARRED = ("polars.io", "numpy.ctypeslib", "numpy.lib")
_NAMES = ("__import__", "eval", "exec", "compile", "open", "globals", "vars")
_CODE = re.compile(r"\.(py|pyc|so|pyd|nbi|nbc)(\.\d+)?$")  # .pyc.123: bytecode being written
_WATCHED = ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen")


@dataclass(frozen=True, repr=False, eq=False)
class Check(Answer):
    """What was tried and how fast a decision is."""

    strategy: str
    sessions: int
    decisions: int
    microseconds: float
    stands_on: StandsOn

    def _plain(self) -> dict[str, Any]:
        names = ("strategy", "sessions", "decisions", "microseconds")
        return {name: getattr(self, name) for name in names}

    def frame(self) -> pl.DataFrame:
        """One row."""
        return pl.DataFrame([self._plain()])

    def _tables(self) -> Tables:
        return {"check": [self._plain()]}


def check(
    load: Callable[[], Strategy], market: Market, *, universe: Universe = Universe.KNOWN, samples: int = 12
) -> Check:
    """Raises StrategyError with the first session and difference; `load` is called under watch."""
    strategy = _watched(load, "while it is imported")
    _refuse_text(strategy)
    sampled = _sessions(market, strategy.bind()[0], universe, samples)
    decided = 0
    for t in sampled:
        panel = market.panel(t, universe, first_decision=t == sampled[0])
        # A module fresh from its file each time, and the cut markets first: nothing is remembered from the whole one.
        cut_answers = [(what, _decide(load(), cut)) for what, cut in _cuts(market, panel, universe)]
        fresh = load()
        whole = _decide(fresh, panel)
        for what, answer in [*cut_answers, ("it is asked a second time", _decide(fresh, panel))]:
            _same(strategy, panel, whole, answer, what)
        decided += whole is not None
    speed = _speed(market, strategy.bind()[0], universe)
    return Check(strategy.name, len(sampled), decided, speed, market.stands_on(universe=str(universe)))


def _cuts(market: Market, panel: Panel, universe: Universe) -> Iterator[tuple[str, Panel]]:
    """(when, the panel of the same moment) on markets without what came later, and with it scrambled."""
    for what, cut in (("deleted", known_only), ("scrambled", scrambled_after)):
        other = Market.build(cut(market.frames, panel.as_of), calendar=market.calendar)
        yield f"everything later is {what}", other.panel_at(panel.as_of, universe, first_decision=panel.first_decision)


def _refuse_text(strategy: Strategy) -> None:
    """What the text alone gives away: other imports, private attributes, code made at run time."""
    tree = ast.parse(strategy.path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        for what in _told_by(node):
            raise StrategyError(
                f"LOOK-AHEAD: the strategy {what}, which can reach past the panel",
                where=f"{strategy.path}:{getattr(node, 'lineno', 0)}",
                expected="everything from the panel, where each row has its known_at",
            )


def _told_by(node: ast.AST) -> Iterator[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    if names == ["screener"] and isinstance(node, ast.ImportFrom):
        names = [f"screener.{alias.name}" for alias in node.names if alias.name not in _FRONT_DOOR]
    yield from (f"imports {name}" for name in names if not _within(name, _ALLOWED) or _within(name, _BARRED))
    if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
        yield f"uses the private attribute {node.attr}"
    if isinstance(node, ast.Name) and node.id in _NAMES:
        yield f"uses {node.id}"


def _within(name: str, roots: tuple[str, ...]) -> bool:
    return any(name == root or name.startswith(f"{root}.") for root in roots)


def _sessions(market: Market, decide: Decide, universe: Universe, samples: int) -> list[int]:
    """Sessions spread over the span, moved to the next one on which the strategy decides anything.

    Only those after a session with a bar: a market cut inside a hole of all prices would end before it.
    """
    traded = np.flatnonzero(~np.isnan(market.close[:-1]).all(axis=1)) + 1
    traded = traded if len(traded) else np.zeros(1, dtype=np.int64)
    chosen = set()
    for k in np.linspace(0, len(traded) - 1, samples + 2).astype(int)[1:-1].tolist():
        near: list[int] = traded[k : k + 25].tolist()
        chosen.add(next((t for t in near if _quiet(decide, market.panel(t, universe)) is not None), near[0]))
    return sorted(chosen)


def _quiet(decide: Decide, panel: Panel) -> Weights:
    try:
        return decide(panel)
    except (Exception, SystemExit):  # reported by the watched call on the same session
        return {}


def _decide(strategy: Strategy, panel: Panel) -> Weights:
    decide, _ = strategy.bind()
    try:
        weights = _watched(lambda: decide(panel), f"while it decides on {panel.session}", strategy)
    except StrategyError:
        raise
    except (Exception, SystemExit) as error:
        where = f"{where_in(error, strategy.path)}, session {panel.session}"
        raise StrategyError(f"strategy fails: {describe(error)}", where=where) from error
    if weights is not None:
        weight_row(weights, panel, {symbol: n for n, symbol in enumerate(panel.symbols)}, strategy.name)
    return weights


def _same(strategy: Strategy, panel: Panel, whole: Weights, other: Weights, when: str) -> None:
    if whole != other:
        raise StrategyError(
            f"LOOK-AHEAD: the decision changes when {when}",
            where=f"{strategy.path}, session {panel.session}",
            got=_short(other),
            expected=_short(whole),
        )


def _short(weights: Weights) -> str:
    if weights is None:
        return "None"
    return "{" + ", ".join(f"{symbol}: {weight:.4f}" for symbol, weight in sorted(weights.items())[:4]) + "}"


def _speed(market: Market, decide: Decide, universe: Universe) -> float:
    """Mean microseconds of a decision over the last sessions, panel included."""
    sessions = range(max(0, len(market.sessions) - 250), len(market.sessions))
    start = time.perf_counter()
    for t in sessions:
        decide(market.panel(t, universe))
    return (time.perf_counter() - start) / max(1, len(sessions)) * 1e6


_seen: list[str] | None = None
_hooked = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _seen is not None and event in _WATCHED and arguments and not _CODE.search(str(arguments[0])):
        _seen.append(str(arguments[0]) if event == "open" else event)


@contextmanager
def _watching() -> Iterator[list[str]]:
    """Names of files and connections opened inside the block (an audit hook cannot be taken off, only put to sleep)."""
    global _seen, _hooked
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked = True
    tables.packaged.cache_clear()  # a table read once before would be read unseen
    _seen = []
    try:
        readers = {name: _noted(name) for name in dir(pl) if name.startswith(("read_", "scan_"))}
        with mock.patch.dict(vars(pl), readers):
            yield _seen
    finally:
        _seen = None


def _noted(name: str) -> Callable[..., Any]:
    """A reader of polars that is noted before it reads (it reads in native code, unseen by Python)."""
    reader = getattr(pl, name)

    def read(source: Any, *args: Any, **options: Any) -> Any:
        if _seen is not None and not isinstance(source, bytes):
            _seen.append(str(source))
        return reader(source, *args, **options)

    return read


def _watched(call: Callable[[], Result], when: str, strategy: Strategy | None = None) -> Result:
    with _watching() as seen:
        result = call()
        opened = [name for name in seen if not name.startswith("<")]
    if opened:
        raise StrategyError(
            f"LOOK-AHEAD: the strategy opens a file or a connection {when}",
            where=str(strategy.path) if strategy else "",
            got=opened[0],
            expected="everything from the panel, where each row has its known_at",
        )
    return result
