"""The range and the default of an option are those of the model's field it fills."""

from __future__ import annotations

import inspect
from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel

from screener.commands import backtest, diff, explain, report, screen
from screener.core.config import BacktestOptions, ExecutionOptions, ScreenOptions

Model = type[BaseModel]
_EXECUTION: Model = ExecutionOptions
_BACKTEST: Model = BacktestOptions
_SCREEN: Model = ScreenOptions
FIELDS: dict[str, tuple[Model, str]] = {
    "cash": (_EXECUTION, "initial_cash"),
    "commission": (_EXECUTION, "commission_rate"),
    "floor": (_EXECUTION, "commission_floor"),
    "warm_up": (_BACKTEST, "warm_up"),
    "lag": (_SCREEN, "lag_months"),
    "vat": (_SCREEN, "vat_rate"),
} | {name: (_EXECUTION, name) for name in ("slippage", "participation", "participation_sessions", "near_limit")}
COMMANDS = (backtest.backtest, screen.screen, explain.explain, diff.diff, report.report)
OF_NO_MODEL = {"patience", "rows", "top"}  # of the process that decides, and of what is printed
NUMBERS = [
    (command, name)
    for command in COMMANDS
    for name, hint in get_type_hints(command).items()
    if name not in {"return", *OF_NO_MODEL} and hint in (int, float, int | None, float | None)
]


def option(command: Any, name: str) -> Any:
    return get_type_hints(command, include_extras=True)[name].__metadata__[0]


def bounds(model: type[BaseModel], field: str) -> dict[str, float]:
    """What the JSON schema of the model says of a field."""
    schema = model.model_json_schema()["properties"][field]
    return {key: schema[name] for key, name in (("min", "minimum"), ("max", "maximum")) if name in schema}


@pytest.mark.parametrize(("command", "name"), NUMBERS, ids=lambda one: getattr(one, "__name__", one))
def test_every_option_that_is_a_number_has_the_range_of_its_field(command: Any, name: str) -> None:
    model, field = FIELDS.get(name, (_EXECUTION, name))
    shown = option(command, name)
    assert {key: getattr(shown, key) for key in ("min", "max")} == bounds(model, field)
    default = inspect.signature(command).parameters[name].default
    assert default is None or default == model.model_fields[field].default
