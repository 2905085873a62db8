"""The grid of a sweep: which values of which parameters, and variant number → parameters without a list of all.

Axes are parameters of the strategy, or options of execution (slippage, participation, retries …). Those of execution
turn fastest, so that neighbouring variants share their decisions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from screener.backtest.strategy import Strategy, Value
from screener.core.config import ExecutionOptions, checked
from screener.core.errors import UsageError

MAX_VARIANTS = 10_000_000
LARGEST = 2**63 - 1  # of the whole numbers that a column of the file holds


@dataclass(frozen=True)
class Grid:
    """Axes in the order in which they turn, the last one fastest; values without repeats."""

    params: tuple[tuple[str, tuple[Value, ...]], ...]  # of the strategy
    execution: tuple[tuple[str, tuple[Value, ...]], ...] = ()  # of ExecutionOptions

    @property
    def axes(self) -> tuple[tuple[str, tuple[Value, ...]], ...]:
        """All axes, those of the strategy first."""
        return self.params + self.execution

    def __len__(self) -> int:
        return prod(len(values) for _, values in self.axes)

    def variant(self, number: int) -> tuple[dict[str, Value], dict[str, Value]]:
        """(strategy parameters, execution options) of variant 0 ≤ number < len."""
        chosen: dict[str, Value] = {}
        for name, values in reversed(self.axes):
            number, at = divmod(number, len(values))
            chosen[name] = values[at]
        return tuple({name: chosen[name] for name, _ in axes} for axes in (self.params, self.execution))  # type: ignore[return-value]

    def plain(self) -> dict[str, list[Value]]:
        """Axis → its values."""
        return {name: list(values) for name, values in self.axes}


def parse_grid(strategy: Strategy, words: Sequence[str]) -> Grid:
    """`k=1,2,3`, `hold=5:60:5` (whole numbers, both ends) → the grid. Raises UsageError for what is not understood."""
    axes = [_axis(strategy, word) for word in words]
    names = [name for name, _ in axes]
    for name in names:
        if names.count(name) > 1:
            raise UsageError("an axis named twice", where="--grid", got=name, expected="one --grid per parameter")
    grid = Grid(
        tuple(axis for axis in axes if axis[0] in strategy.types),
        tuple(axis for axis in axes if axis[0] not in strategy.types),
    )
    if len(grid) > MAX_VARIANTS:
        raise UsageError("too many variants", where="--grid", got=len(grid), expected=f"at most {MAX_VARIANTS:,}")
    return grid


def _axis(strategy: Strategy, word: str) -> tuple[str, tuple[Value, ...]]:
    name, equals, text = word.partition("=")
    known = (*strategy.types, *ExecutionOptions.model_fields)
    if not equals or not text or name not in known:
        raise UsageError("axis not understood", where="--grid", got=repr(word), expected=_expected(strategy))
    convert = strategy.convert if name in strategy.types else _execution_value
    values = tuple(dict.fromkeys(convert(name, item) for item in _items(word, text)))
    if any(isinstance(value, int) and abs(value) > LARGEST for value in values):
        raise UsageError("number too large", where=f"--grid {name}", got=repr(text), expected=f"at most {LARGEST}")
    return name, values


def _expected(strategy: Strategy) -> str:
    own = ", ".join(f"{name}={value},…" for name, value in strategy.defaults.items()) or "no parameter of the strategy"
    return f"{own}; or an option of execution: {', '.join(ExecutionOptions.model_fields)}"


def _items(word: str, text: str) -> list[str]:
    """The texts of the values; `a:b` and `a:b:step` are ranges of whole numbers, both ends included."""
    if ":" not in text:
        return [item.strip() for item in text.split(",")]
    try:
        first, last, *rest = (int(part) for part in text.split(":"))
        step = rest[0] if rest else 1
        span = range(first, last + 1, step) if len(rest) < 2 and step > 0 else range(0)
    except ValueError:
        span = range(0)
    if not 0 < len(span) <= MAX_VARIANTS:
        raise UsageError("range not understood", where="--grid", got=repr(word), expected="first:last[:step]")
    return [str(value) for value in span]


def _execution_value(name: str, text: str) -> Value:
    value: Value = getattr(checked(ExecutionOptions, where=f"--grid {name}", **{name: text}), name)
    return value


def changed_execution(options: ExecutionOptions, values: Mapping[str, Any]) -> ExecutionOptions:
    """Options with the values of one variant, which the grid has checked one by one."""
    return options.model_copy(update=dict(values)) if values else options
