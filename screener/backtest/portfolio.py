"""What a strategy returned → checked target weights, one row per decision."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Protocol, runtime_checkable

import numpy as np

from screener.backtest.strategy import Decide
from screener.core.arrays import Floats, Ints
from screener.core.config import AnyUniverse
from screener.core.errors import StrategyError
from screener.point_in_time.market import Market
from screener.point_in_time.panel import Panel

SUM_TOLERANCE = 1e-9
_NO_SHORTS = "a negative weight: short selling of A-shares is practically unavailable, so the back-test is long-only"


@dataclass(frozen=True)
class Decisions:
    """K decisions: session indices (K,) ascending, target weights (K, N) with 0 = no position."""

    when: Ints
    weights: Floats

    def __post_init__(self) -> None:
        if len(self.when) != len(self.weights) or any(b <= a for a, b in pairwise(self.when.tolist())):
            raise StrategyError("decisions are not one row per session in order", got=len(self.when))


@runtime_checkable
class Taker(Protocol):
    """What takes all decisions of a span at once: a strategy in a process of its own."""

    def take(self, market: Market, universe: AnyUniverse, span: tuple[int, int]) -> Decisions:
        """The decisions of sessions span[0] ≤ t < span[1]. Raises StrategyError."""


def collect(decide: Decide, panels: Iterable[tuple[int, Panel]], symbols: tuple[str, ...], name: str) -> Decisions:
    """Ask `decide` at each (session index, panel); None leaves everything as it is. Raises StrategyError."""
    columns = {symbol: n for n, symbol in enumerate(symbols)}
    when, rows = [], []
    for t, panel in panels:
        answer = decide(panel)
        if answer is not None:
            when.append(t)
            rows.append(weight_row(answer, panel, columns, name))
    weights = np.stack(rows) if rows else np.zeros((0, len(symbols)))
    return Decisions(np.array(when, dtype=np.int64), weights)


def weight_row(answer: Mapping[str, float], panel: Panel, columns: Mapping[str, int], name: str) -> Floats:
    """(N,) weights of one decision. Raises StrategyError where the answer breaks the contract."""
    where = f"{name} at {panel.session}"
    if not isinstance(answer, Mapping):
        raise StrategyError("not target weights", where=where, got=type(answer).__name__, expected="a dict or None")
    row = np.zeros(len(columns))
    allowed: Collection[str] = panel.universe
    if len(answer) > len(allowed) // 8:
        allowed = _as_set(panel.universe)
        if _fill(row, answer, columns, allowed):
            answer = {}
    for symbol, weight in answer.items():
        _check_weight(symbol, weight, where)
        if symbol not in columns:
            raise StrategyError("an unknown symbol", where=where, got=repr(symbol), expected="one of panel.universe")
        if weight > 0 and symbol not in allowed:
            raise StrategyError("a symbol outside the universe", where=where, got=symbol, expected="panel.universe")
        row[columns[symbol]] = weight
    total = math.fsum(row[np.flatnonzero(row)].tolist())
    if total > 1 + SUM_TOLERANCE:
        raise StrategyError("weights sum to more than 1", where=where, got=f"{total:.6f}", expected="at most 1")
    return row


@lru_cache(4)
def _as_set(symbols: tuple[str, ...]) -> frozenset[str]:
    """Once: the universe of one decision is mostly that of the next."""
    return frozenset(symbols)


def _fill(row: Floats, answer: Mapping[str, float], columns: Mapping[str, int], allowed: Set[str]) -> bool:
    """All weights of an answer at once; False, and no weight, where one of them is for a closer look."""
    if type(answer) is not dict or {*map(type, answer.values())} != {float} or not answer.keys() <= allowed:
        return False
    weights = np.fromiter(answer.values(), np.float64, len(answer))
    if not (np.isfinite(weights) & (weights >= 0)).all():
        return False
    try:
        row[[*map(columns.__getitem__, answer)]] = weights
    except KeyError:
        return False
    return True


def _check_weight(symbol: object, weight: object, where: str) -> None:
    if isinstance(weight, bool) or not isinstance(weight, int | float | np.number) or not math.isfinite(weight):
        raise StrategyError("a weight that is no finite number", where=f"{where}, {symbol}", got=repr(weight))
    if weight < 0:
        raise StrategyError(_NO_SHORTS, where=f"{where}, {symbol}", got=weight, expected="0 or more")
