"""AAR and CAAR around day 0, and the mean path with its band for whoever draws it.

1. A day of the path is the mean of the abnormal returns of the events that have one; CAAR is the sum so far.
2. Band: per event the running sum of its abnormal returns; mean ± t(n−1) × sd ÷ √(effective n), each day by itself; no
   band for a study that only describes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from screener.core.arrays import Floats
from screener.evaluation.event_study.model import Window

PATH = Window(-10, 10)


@dataclass(frozen=True)
class PathDay:
    """One session of the path; returns as fractions."""

    offset: int  # sessions from day 0
    aar: float | None
    caar: float
    n: int


@dataclass(frozen=True, eq=False)
class MeanPath:
    """Fractions by session; low and high are NaN where no band may be drawn."""

    offsets: list[int]  # sessions from day 0
    caar: Floats
    low: Floats
    high: Floats


def path_days(around: Floats) -> tuple[PathDay, ...]:
    """A day for each session −10 … +10 out of the abnormal returns (n, 21) of n events; none without an event."""
    days: list[PathDay] = []
    total = 0.0
    for k, offset in enumerate(PATH.offsets.tolist() if len(around) else ()):
        column = around[np.isfinite(around[:, k]), k]
        aar = float(column.mean()) if len(column) else None
        total += aar or 0.0
        days.append(PathDay(offset, aar, total, len(column)))
    return tuple(days)


def running_sums(around: Floats) -> Floats:
    """(n, 21) running sum of each event's abnormal returns; NaN from a gap on."""
    return np.asarray(np.cumsum(around, axis=1))


def mean_path(days: Sequence[PathDay], around: Floats, worth: float, *, band: bool) -> MeanPath:
    """The path with its 95 % band, where `band` allows one; worth: effective n of the events."""
    caar = np.array([day.caar for day in days], dtype=np.float64)
    half = np.full(len(caar), np.nan)
    n = len(around)
    if n > 2 and band:
        from scipy.special import stdtrit

        sums = running_sums(around)
        left = np.isfinite(sums).sum(axis=0)  # events near the last session have no later days yet
        wide = left > 1
        spread = np.nanstd(sums[:, wide], axis=0, ddof=1) / np.sqrt(worth * left[wide] / n)
        half[wide] = stdtrit(left[wide] - 1, 0.975) * spread
    return MeanPath([day.offset for day in days], caar, caar - half, caar + half)
