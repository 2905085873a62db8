"""Names for the types of numpy arrays, one each; a docstring or a comment beside them gives shape and unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

_CELLS = 45_000  # of a strip, 360 kB: what is computed in between stays in the cache, and is no new memory each time
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shorts = NDArray[np.int16]
Flags = NDArray[np.bool_]
Days = NDArray[np.datetime64]  # datetime64[D]
Times = NDArray[np.datetime64]  # datetime64[us]


def times_of(names: Sequence[str], told: Mapping[str, datetime]) -> Times:
    """(N,) the time told of each name, NaT where there is none."""
    return np.array([told.get(name) for name in names], dtype="datetime64[us]")


def strips(rows: int, width: int) -> Iterator[slice]:
    """Rows 0 … rows of so many cells in strips: what is computed of a whole market between would not fit beside it."""
    size = max(1, _CELLS // max(width, 1))
    return (slice(first, min(first + size, rows)) for first in range(0, rows, size))


def to_fen(yuan: Floats) -> Floats:
    """(n,) amounts rounded to two decimals, each as Python's own `round` has it, which takes a microsecond apiece."""
    hundredths = yuan * 100.0
    rounded = np.rint(hundredths) / 100.0
    near_half = np.abs(hundredths - np.floor(hundredths) - 0.5) <= 2.0 * np.spacing(np.abs(hundredths))
    for n in np.flatnonzero(near_half).tolist():  # here the product's own rounding may have taken the wrong side
        rounded[n] = round(float(yuan[n]), 2)
    return np.asarray(rounded)


def distinct(*columns: np.ndarray) -> tuple[Ints, Ints]:
    """Of (n,) columns of whole numbers or days: a row of each of the d combinations that differ, and (n,) which of
    them each row has."""
    rows, which = np.zeros(min(len(columns[0]), 1), np.int64), np.zeros(len(columns[0]), np.int64)
    for column in columns:
        _, number = np.unique(column.astype(np.int64), return_inverse=True)
        _, rows, which = np.unique(which * (number.max(initial=0) + 1) + number, return_index=True, return_inverse=True)
    return rows, which
