"""Which cases of a test `make test` runs, and which are left to `make soak`, which sets SCREENER_LONG."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import product
from typing import Any

import pytest

LONG = "SCREENER_LONG" in os.environ


def later(*values: Any) -> list[Any]:
    """Cases for `make soak` alone."""
    return [pytest.param(value, marks=pytest.mark.long) for value in values]


def each_once(*axes: Iterable[Any]) -> list[Any]:
    """Every combination of the values of some axes; in `make test` as few as it takes to have each value once."""
    values = [list(axis) for axis in axes]
    few = {tuple(n % len(axis) for axis in values) for n in range(max(map(len, values)))}
    cases = []
    for at in product(*(range(len(axis)) for axis in values)):
        case = [axis[n] for axis, n in zip(values, at, strict=True)]
        cases.append(pytest.param(*case, marks=[] if at in few else pytest.mark.long))
    return cases


def drawn(most: int) -> int:
    """How many examples are drawn: `most` of them in `make soak`."""
    return most if LONG else max(most // 5, 5)
