"""The mean cumulative abnormal return around day 0 with its band, for whoever draws it.

Per event the running sum of its abnormal returns; mean ± t(n−1) × sd ÷ √(effective n), each day by itself; no band for
a study that only describes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from screener.core.arrays import Floats
from screener.core.errors import UsageError
from screener.evaluation.event_study.model import Model, gather
from screener.evaluation.event_study.study import PATH, Bench


@dataclass(frozen=True)
class MeanPath:
    """Fractions by session; low and high are NaN where no band may be drawn."""

    offsets: list[int]  # sessions from day 0
    caar: Floats
    low: Floats
    high: Floats


def mean_path(bench: Bench, found: Mapping[str, Any]) -> MeanPath:
    """The path of one `overview` with its 95 % band. Raises UsageError where no event is left to draw."""
    if not found["path"]:
        raise UsageError("nothing to draw: no event of this kind can be studied", got=found["kind"])
    caar = np.array([row["caar"] for row in found["path"]], dtype=np.float64)
    half = np.full(len(caar), np.nan)
    if found["n"] > 2 and not found["descriptive_only"]:
        sums = running_sums(bench, found)
        left = np.isfinite(sums).sum(axis=0)  # events near the last session have no later days yet
        wide = left > 1
        spread = np.nanstd(sums[:, wide], axis=0, ddof=1) / np.sqrt(found["n_effective"] * left[wide] / found["n"])
        half[wide] = stdtrit(left[wide] - 1, 0.975) * spread
    return MeanPath([row["offset"] for row in found["path"]], caar, caar - half, caar + half)


def running_sums(bench: Bench, found: Mapping[str, Any]) -> Floats:
    """(n, 21) running sum of each event's abnormal returns over sessions −10 … +10; NaN from a gap on."""
    events, series = found["events"], bench.ordered
    rows = np.searchsorted(bench.market.sessions, np.array([e["day0"] for e in events], dtype="datetime64[D]"))
    firms = np.array([bench.symbols.index(e["symbol"]) for e in events], dtype=np.int64)
    positions = np.array([series[f].position(int(t)) for f, t in zip(firms, rows, strict=True)], dtype=np.int64)
    gathered, _ = gather(series, firms, positions, PATH, Model(found["model"]))
    return np.asarray(np.cumsum(gathered.ar, axis=1))
