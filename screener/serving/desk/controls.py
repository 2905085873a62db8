"""The controls of the rooms: what each takes and what it stands at.

1. A control is called as the option of the command is, with `_` for `-`.
2. Its default and its range are those of the model's field it fills: the desk knows none of its own.
3. A blank control is not asked: the front door then takes its own default, which the control's words tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, get_args

from pydantic import BaseModel

from screener.core.config import UNTIL_DECIDED, BacktestOptions, ExecutionOptions, ScreenOptions, Universe
from screener.core.settings import COSTS, SCREENING

YES, NO = "true", "false"
# Groups of a form. `MAIN` stands open, the others are a click away.
MAIN, COUNTING, LISTING, COST, EXECUTION, CHECKS, MORE = (
    *("main", "counting", "listing", "costs"),
    *("execution", "checks", "more"),
)


@dataclass(frozen=True)
class Control:
    """One control: `kind` is text, date, number, choice or flag; `least` and `most` of a number."""

    name: str
    kind: str = "text"
    default: str = ""
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    group: str = MAIN

    @property
    def negated(self) -> bool:
        """Whether the command can be told no: where a setting, or the default, may say yes."""
        return self.kind == "flag" and (self.default == YES or self.name in SCREENING or self.name in COSTS)


def word(value: Any) -> str:
    """A value as somebody would type it."""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else f"{value:.10f}".rstrip("0")
    return str(value.value) if isinstance(value, Enum) else str(value)


def of_field(model: type[BaseModel], name: str, field: str, group: str = MAIN) -> Control:
    """The control that fills a field of a model."""
    found = model.model_fields[field]
    bounds = {name: getattr(one, name) for one in found.metadata for name in ("ge", "le") if hasattr(one, name)}
    values = (NO, YES) if found.annotation is bool else tuple(map(word, _values(found.annotation)))
    kind = "flag" if found.annotation is bool else "choice" if values else "number"
    default = "" if found.default in (None, UNTIL_DECIDED) else word(found.default)
    return Control(name, kind, default, values, bounds.get("ge"), bounds.get("le"), group)


def _values(annotation: Any) -> Iterator[Any]:
    """The values of a closed list; none for anything else."""
    if isinstance(annotation, type):
        yield from annotation if issubclass(annotation, Enum) else ()
    else:
        yield from (one for one in get_args(annotation) if isinstance(one, str))


def flag(name: str, group: str, default: str = NO) -> Control:
    """Yes or no."""
    return Control(name, "flag", default, (NO, YES), group=group)


def choice(name: str, values: tuple[str, ...], group: str = MAIN) -> Control:
    """One of these; the first is the default."""
    return Control(name, "choice", values[0], values, group=group)


AS_OF, START, END = (Control(name, "date") for name in ("as_of", "start", "end"))
UNIVERSE = choice("universe", tuple(map(str, Universe)))
STRATEGY = Control("strategy", "strategy")
COUNTED = tuple(of_field(ScreenOptions, name, SCREENING[name]) for name in ("policy", "burn", "lag"))
FINER = tuple(
    of_field(ScreenOptions, name, SCREENING[name], COUNTING) for name in ("vat", "confirmed_only", "attributable")
)
LISTED = (
    Control("where", group=LISTING),
    Control("sort", default="rank", group=LISTING),
    Control("top", "number", least=1, group=LISTING),
    flag("with_proposals", LISTING),
)
CASH = of_field(ExecutionOptions, "cash", COSTS["cash"])
CHARGED = tuple(
    of_field(ExecutionOptions, name, COSTS[name], COST)
    for name in ("commission", "floor", "slippage", "dividend_tax")
)  # fmt: skip
EXECUTED = (
    *(
        of_field(ExecutionOptions, name, COSTS[name], EXECUTION)
        for name in ("participation", "participation_sessions", "retries", "near_limit", "rights", "fill_at")
    ),
    of_field(BacktestOptions, "warm_up", "warm_up", EXECUTION),
)
CHECKED = (
    flag("audit", CHECKS, YES),
    flag("unchecked", CHECKS),
    Control("patience", "number", "10", least=0.1, group=CHECKS),
)
EVENT = (
    choice("kind", ("order", "all")),  # and what the store knows
    Control("window"),
    choice("model", ("two_factor", "market", "market_adjusted")),
    Control("draws", "number", "9999", least=99, most=99_999, group=MORE),
    Control("seed", "number", "0", least=0, group=MORE),
)
RATED = (
    Control("industry_index"),
    flag("scorecard", MAIN),
    choice("by", ("broker", "analyst", "rating", "year")),
    flag("geometric", MORE),
)
