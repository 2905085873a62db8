"""A series as one line of a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from screener.core.arrays import Floats

BLOCKS = "▁▂▃▄▅▆▇█"
FLAT = BLOCKS[3]  # a series that never moves is neither low nor high


def sparkline(values: Sequence[float] | Floats, width: int) -> str:
    """`values` (T,) as at most `width` blocks from the smallest shown to the largest; a blank where none is known.

    A longer series is thinned to evenly spaced values, the first and the last among them, so that the line ends where
    the series does; a peak between two of them is not shown.
    """
    known = np.asarray(values, dtype=np.float64)
    if width < 1 or not len(known):
        return ""
    if len(known) > width:
        known = known[np.linspace(0, len(known) - 1, width).round().astype(np.int64)] if width > 1 else known[-1:]
    finite = np.isfinite(known)
    if not finite.any():
        return " " * len(known)
    low, high = float(known[finite].min()), float(known[finite].max())
    if high <= low:
        return "".join(FLAT if seen else " " for seen in finite)
    # Halved first: the distance of two huge floats would overflow.
    steps = (known / 2 - low / 2) / (high / 2 - low / 2) * (len(BLOCKS) - 1)
    return "".join(BLOCKS[round(step)] if seen else " " for step, seen in zip(steps.tolist(), finite, strict=True))
