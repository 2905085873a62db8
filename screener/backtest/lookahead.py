"""Does a strategy keep the contract, and does it see only what was known?

1. On sampled sessions the decision is taken four times: on the whole market, on one without everything later, on one
   whose later figures are scrambled, and once more on the whole market. All four must agree.
2. While it is loaded and while it decides, the strategy may open no file and no connection: what it could read there
   carries no known_at. Python's own reads show by an audit hook, those of polars by its readers, which are replaced for
   the moment; what would read past both (a database, a download) may not be imported.
"""

from __future__ import annotations

import ast
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
from screener.core.config import Universe
from screener.core.errors import StrategyError
from screener.point_in_time.cut import known_only, scrambled_after
from screener.point_in_time.market import Market
from screener.point_in_time.panel import Panel

Result = TypeVar("Result")
_BARRED = (
    "duckdb", "sqlite3", "pandas", "pyarrow", "requests", "urllib", "http", "socket", "akshare",
    "screener.store", "screener.sources", "screener.commands", "screener.core.tables",
)  # fmt: skip
_CODE = (".py", ".pyc", ".so", ".pyd", ".nbi", ".nbc")
_WATCHED = ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen")


@dataclass(frozen=True)
class Check:
    """What was tried and how fast a decision is."""

    strategy: str
    sessions: int
    decisions: int
    microseconds: float


def check(
    load: Callable[[], Strategy], market: Market, *, universe: Universe = Universe.KNOWN, samples: int = 12
) -> Check:
    """Raises StrategyError with the first session and difference; `load` is called under watch."""
    strategy = _watched(load, "while it is imported")
    _refuse_imports(strategy)
    decide, _ = strategy.bind()
    sampled = _sessions(market, decide, universe, samples)
    decided = 0
    for t in sampled:
        panel = market.panel(t, universe, first_decision=t == sampled[0])
        whole = _decide(strategy, decide, panel)
        for what, cut in (("deleted", known_only), ("scrambled", scrambled_after)):
            other = Market.build(cut(market.frames, panel.as_of), calendar=market.calendar)
            other_panel = other.panel_at(panel.as_of, universe, first_decision=panel.first_decision)
            _same(strategy, panel, whole, _decide(strategy, decide, other_panel), f"everything later is {what}")
        _same(strategy, panel, whole, _decide(strategy, decide, panel), "it is asked a second time")
        decided += whole is not None
    return Check(strategy.name, len(sampled), decided, _speed(market, decide, universe))


def _refuse_imports(strategy: Strategy) -> None:
    tree = ast.parse(strategy.path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            if any(name == barred or name.startswith(f"{barred}.") for barred in _BARRED):
                raise StrategyError(
                    f"LOOK-AHEAD: the strategy imports {name}, which reads past the panel",
                    where=f"{strategy.path}:{getattr(node, 'lineno', 0)}",
                    expected="everything from the panel, where each row has its known_at",
                )


def _sessions(market: Market, decide: Decide, universe: Universe, samples: int) -> list[int]:
    """Sessions spread over the span, moved to the next one on which the strategy decides anything."""
    total = len(market.sessions)
    chosen = set()
    for t in np.linspace(0, total - 1, samples + 2).astype(int)[1:-1].tolist():
        chosen.add(
            next((u for u in range(t, min(t + 25, total)) if _quiet(decide, market.panel(u, universe)) is not None), t)
        )
    return sorted(chosen)


def _quiet(decide: Decide, panel: Panel) -> Weights:
    try:
        return decide(panel)
    except Exception:  # reported by the watched call on the same session
        return {}


def _decide(strategy: Strategy, decide: Decide, panel: Panel) -> Weights:
    try:
        weights = _watched(lambda: decide(panel), f"while it decides on {panel.session}", strategy)
    except StrategyError:
        raise
    except Exception as error:
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
    if _seen is not None and event in _WATCHED and arguments and not str(arguments[0]).endswith(_CODE):
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
