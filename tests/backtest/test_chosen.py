"""A function of somebody's own as a strategy: its parameters, and the fingerprint by which it counts as a try."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from screener.backtest.chosen import choose, fingerprint_of
from screener.backtest.confined.inside import Inside
from screener.backtest.strategy import load

SIZE = 0.5


def sized(panel: Any) -> dict[str, float]:
    return {panel: SIZE}


def helped(panel: Any) -> dict[str, float]:
    return sized(panel)


def closed(size: float) -> Callable[[Any], dict[str, float]]:
    def weights(panel: Any) -> dict[str, float]:
        return {panel: size}

    return weights


def test_parameters_are_those_it_has_and_those_that_are_given() -> None:
    def weights(panel: Any, *, k: int = 1, **more: Any) -> dict[str, float]:
        return {panel: k + sum(more.values())}

    chosen = choose(weights, {"j": 2})
    assert chosen.params == {"k": 1, "j": 2} and isinstance(chosen.decide, Inside) and chosen.decide.params["j"] == 2


def test_a_file_is_the_same_by_name_by_path_and_loaded() -> None:
    by_name = choose("order_drift", ["hold=3"])
    path = load("order_drift").path
    for named in (path, str(path), load("order_drift")):
        chosen = choose(named, {"hold": 3})
        assert (chosen.name, chosen.code, chosen.params) == (by_name.name, by_name.code, by_name.params)


@pytest.mark.parametrize("named", [sized, helped])
def test_another_value_beside_it_is_another_try(named: FunctionType, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint_of(named)
    assert fingerprint_of(named) == before
    monkeypatch.setitem(named.__globals__, "SIZE", 0.6)
    assert fingerprint_of(named) != before


def test_another_closure_is_another_try() -> None:
    assert fingerprint_of(closed(0.1)) == fingerprint_of(closed(0.1)) != fingerprint_of(closed(0.2))


def test_text_without_a_file_counts_by_its_code() -> None:
    def made(text: str) -> Any:
        names: dict[str, Any] = {}
        exec(text, names)
        return names["weights"]

    one, other = (made(f"def weights(panel): return {{'x': {size}}}") for size in (0.1, 0.2))
    assert fingerprint_of(one) != fingerprint_of(other)
    assert fingerprint_of(one) == fingerprint_of(made("def weights(panel): return {'x': 0.1}"))


def test_a_function_that_calls_itself_has_a_fingerprint(tmp_path: Path) -> None:
    assert len(fingerprint_of(test_a_function_that_calls_itself_has_a_fingerprint)) == 16
