"""A back-test as quantstats, pyfolio and their like take it. pandas is imported when one of these is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class ForLibraries:
    """What a finished back-test gives to other libraries; see `research.bridges`."""

    @property
    def returns(self) -> Any:
        """pandas Series of session returns by day, named as the strategy, as quantstats and pyfolio take them."""
        return _bridges().returns_of(self)

    @property
    def benchmark_returns(self) -> Any:
        """pandas Series of the benchmark's returns on the same days."""
        return _bridges().benchmark_of(self)

    @property
    def positions(self) -> Any:
        """pandas DataFrame of yuan held after each close, a column a firm and `cash`, as pyfolio takes it."""
        return _bridges().positions_of(self)

    @property
    def transactions(self) -> Any:
        """pandas DataFrame of fills: amount (negative where sold), price, symbol, as pyfolio takes it."""
        return _bridges().transactions_of(self)


def _bridges() -> Any:
    """pandas is imported by who asks for it; the bridges stand above this room."""
    return import_module("screener.research.bridges")
