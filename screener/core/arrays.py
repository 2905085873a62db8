"""Names for the types of numpy arrays, one each; a docstring or a comment beside them gives shape and unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Days = NDArray[np.datetime64]  # datetime64[D]
Times = NDArray[np.datetime64]  # datetime64[us]
