"""Does a strategy keep the contract, and see only what was known? Asked with every back-test, once a code and data.

1. The text: what it imports, private attributes, code made at run time, the clock, changes to what is not its own.
2. Its decisions are taken in a process that was told, session by session, what was known by then and nothing more
   (`confined`): what that process does not hold cannot have been used. These are the decisions that are executed.
3. They are taken once more, on every session, the last one first, the file loaded anew for each, by a process that
   holds the whole market with everything later in place. Both must be equal to the last digit.

So each decision compared is a function of the panel: it is the same with everything later deleted and with it there,
whatever was asked before or after. Not proved: that no hindsight was written into the file (a name, a date), and what
the strategy does with other parameters, on other sessions, or in a process that no kernel confines (`Verdict.how`).
A difference is told apart by asking that session alone, some times over: several answers are chance, another one than
in sequence is what was kept between calls, and one that only the later part changes is look-ahead in the strict sense.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import polars as pl

from screener.backtest import engine
from screener.backtest.confined import run
from screener.backtest.confined.run import PATIENCE, Row, Source, Taken
from screener.core.answer import Answer, Tables
from screener.core.config import AnyUniverse, BacktestOptions, Universe
from screener.core.errors import StrategyError, UsageError
from screener.core.stands_on import StandsOn
from screener.point_in_time.market import Market

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
_NAMES = ("__import__", "eval", "exec", "compile", "open", "globals", "vars", "setattr", "delattr", "id", "input")
_CLOCK = ("now", "utcnow", "today", "time_ns", "perf_counter", "monotonic")
_DOORS: tuple[str, ...] = (
    "sys",
    "os",
    "modules",
    "environ",
    "builtins",
    "importlib",
    "subprocess",
    "socket",
    "ctypes",
    "ctypeslib",
)
_DOORS += ("ExternalFunction", "carray", "farray")  # of numba: any function of the C library, any address
LATER = "the decision changes when everything later is deleted"
KEPT = "the decision depends on what was kept between calls: asked alone, it is another"
CHANCE = "chance or the clock decides: asked again about one session, the strategy answers otherwise"
_ASKED_AGAIN = 8  # times that tell chance from what is kept
_EXPECTED = "everything from the panel, where each row has its known_at"


@dataclass(frozen=True, repr=False, eq=False)
class Check(Answer):
    """What was tried, how it was confined, and how fast a decision is."""

    strategy: str
    sessions: int
    decisions: int
    microseconds: float
    how: str
    stands_on: StandsOn

    def _plain(self) -> dict[str, Any]:
        names = ("strategy", "sessions", "decisions", "microseconds", "how")
        return {name: getattr(self, name) for name in names}

    def frame(self) -> pl.DataFrame:
        """One row."""
        return pl.DataFrame([self._plain()])

    def _tables(self) -> Tables:
        return {"check": [self._plain()]}


def check(name: str, market: Market, *, universe: AnyUniverse = Universe.KNOWN, patience: float = PATIENCE) -> Check:
    """A strategy by name or path with its default parameters. Raises StrategyError with the first session at fault."""
    source = run.source_of(name)
    refuse_text(source.text, str(source.path))
    strategy = run.of_source(source, patience)
    first, last = _span(market, universe)
    params = dict(strategy.defaults)
    found = run.taken(source, market, universe, range(first, last), [params], first=first, patience=patience)
    compare(source, market, universe, params, found, patience=patience)
    decided = sum(row[0] is not None for row in found.rows)
    speed = found.seconds / max(1, last - first) * 1e6
    return Check(strategy.name, last - first, decided, speed, found.how, market.stands_on(universe=str(universe)))


def _span(market: Market, universe: AnyUniverse) -> tuple[int, int]:
    """That of a back-test; the whole market where it is too short for one."""
    try:
        return engine.span_of(market, BacktestOptions(universe=universe))[:2]
    except UsageError:
        return 0, len(market.sessions)


def compare(
    source: Source,
    market: Market,
    universe: AnyUniverse,
    params: Mapping[str, Any],
    found: Taken,
    *,
    patience: float = PATIENCE,
) -> None:
    """`found`, taken on what was known, against the same decisions with everything later there.

    Raises StrategyError with the first session on which they differ, and why.
    """
    first, when = found.when[0], found.when
    backwards = when[::-1]
    other = run.taken(
        source, market, universe, backwards, [params], first=first, whole=True, fresh=True, patience=patience
    )
    for t, row, there in zip(when, found.rows, other.rows[::-1], strict=True):
        if not same(row[0], there[0]):
            _say(source, market, universe, params, (t, first, row[0], there[0]), patience)


def _say(
    source: Source,
    market: Market,
    universe: AnyUniverse,
    params: Mapping[str, Any],
    seen: tuple[int, int, Row, Row],
    patience: float,
) -> NoReturn:
    """Raises StrategyError with why session t was decided otherwise; `seen`: t, the first session, both decisions."""
    t, first, row, there = seen

    def alone(*, whole: bool = False) -> Row:
        found = run.taken(source, market, universe, [t], [params], first=first, whole=whole, patience=patience)
        return found.rows[0][0]

    once, *more = (alone() for _ in range(_ASKED_AGAIN))
    other = next((answer for answer in more if not same(answer, once)), None)
    if not all(same(answer, once) for answer in more):
        why, got, expected = CHANCE, other, once
    elif not same(once, row):
        why, got, expected = KEPT, row, once
    elif not same(alone(whole=True), once):
        why, got, expected = LATER, there, row
    else:
        why, got, expected = KEPT, there, once
    raise StrategyError(
        f"LOOK-AHEAD: {why}",
        where=f"{source.path}, session {market.sessions[t]}",
        got=short(got, market.symbols),
        expected=short(expected, market.symbols),
    )


def same(one: Row, other: Row) -> bool:
    """Equal to the last digit."""
    if one is None or other is None:
        return one is other
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def short(row: Row, symbols: tuple[str, ...]) -> str:
    """A decision in a few words."""
    if row is None:
        return "None"
    return "{" + ", ".join(f"{symbols[n]}: {weight:.4f}" for n, weight in list(zip(*row, strict=True))[:4]) + "}"


def refuse_text(text: str, path: str) -> None:
    """What the text alone gives away. Raises StrategyError; a text that does not parse is left to whoever loads it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    imported = {name for node in ast.walk(tree) for name in _bound_by(node)}
    for node in ast.walk(tree):
        for what in (*_told_by(node), *_changes(node, imported)):
            where = f"{path}:{getattr(node, 'lineno', 0)}"
            raise StrategyError(f"LOOK-AHEAD: the strategy {what}", where=where, expected=_EXPECTED)


def _told_by(node: ast.AST) -> Iterator[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    if names == ["screener"] and isinstance(node, ast.ImportFrom):
        names = [f"screener.{alias.name}" for alias in node.names if alias.name not in _FRONT_DOOR]
    reaches = "which can reach past the panel"
    yield from (f"imports {name}, {reaches}" for name in names if not _within(name, _ALLOWED) or _within(name, _BARRED))
    yield from (f"imports the private {name}, {reaches}" for name in names if "._" in name)
    if isinstance(node, ast.ImportFrom):
        doors = (alias.name for alias in node.names if alias.name in _DOORS or alias.name.startswith("_"))
        yield from (f"imports {name} of {node.module}, {reaches}" for name in doors)
    if isinstance(node, ast.Attribute):
        yield from _by_attribute(node, reaches)
    if isinstance(node, ast.Name) and node.id in _NAMES:
        yield f"uses {node.id}, {reaches}"
    if _text_of(node).strip().lower() in ("now", "today"):  # numpy reads them as the time of day, in any case
        yield "asks what time it is"


def _text_of(node: ast.AST) -> str:
    """The text that a constant, or a sum of constants, holds; else empty."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return node.value if isinstance(node.value, str) else node.value.decode("latin-1")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text_of(node.left) + _text_of(node.right)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_text_of, node.values))
    return _text_of(node.value) if isinstance(node, ast.FormattedValue) else ""


def _by_attribute(node: ast.Attribute, reaches: str) -> Iterator[str]:
    if node.attr.startswith("_"):
        yield f"uses the private attribute {node.attr}, {reaches}"
    if node.attr in _DOORS:
        yield f"uses {node.attr} of another module, {reaches}"
    if node.attr in _CLOCK:
        yield "asks what time it is"


def _bound_by(node: ast.AST) -> list[str]:
    """Names that an import binds."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return []
    return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]


def _changes(node: ast.AST, imported: set[str]) -> Iterator[str]:
    """A change to a module, or to a class of one."""
    targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else []
    targets = [*targets, node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else targets
    for target in targets:
        root: ast.AST = target
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        if root is not target and isinstance(root, ast.Name) and root.id in imported:
            yield f"changes {ast.unparse(target)}, which is not its own"


def _within(name: str, roots: tuple[str, ...]) -> bool:
    return any(name == root or name.startswith(f"{root}.") for root in roots)
