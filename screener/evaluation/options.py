"""The options of a run as an answer names them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from screener.core.config import BacktestOptions


def rules_of(options: BacktestOptions, without: Iterable[str] = ()) -> dict[str, Any]:
    """Every option of execution and of the screen by its name, but those of `without`.

    These vary and are told elsewhere, or the strategy has a parameter of that name, which counts.
    """
    screen = options.screen.model_dump(mode="json", exclude={"universe"})  # that of the run counts
    every = {**options.execution.model_dump(mode="json"), **screen}
    return {name: value for name, value in every.items() if name not in set(without)}
