"""Names for the types of numpy arrays, one each; a docstring or a comment beside them gives shape and unit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_ROWS = 64
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Days = NDArray[np.datetime64]  # datetime64[D]
Times = NDArray[np.datetime64]  # datetime64[us]


def strips(rows: int) -> Iterator[slice]:
    """Rows 0 … rows in strips: what is computed of a whole market in between would not fit beside it."""
    return (slice(first, min(first + _ROWS, rows)) for first in range(0, rows, _ROWS))


def to_fen(yuan: Floats) -> Floats:
    """(n,) amounts rounded to two decimals, each as Python's own `round` has it, which takes a microsecond apiece."""
    hundredths = yuan * 100.0
    rounded = np.rint(hundredths) / 100.0
    near_half = np.abs(hundredths - np.floor(hundredths) - 0.5) <= 2.0 * np.spacing(np.abs(hundredths))
    for n in np.flatnonzero(near_half).tolist():  # here the product's own rounding may have taken the wrong side
        rounded[n] = round(float(yuan[n]), 2)
    return np.asarray(rounded)
