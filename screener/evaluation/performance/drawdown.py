"""Falls below the running maximum, the starting capital included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from screener.core.arrays import Days, Floats


@dataclass(frozen=True, slots=True)
class Drawdown:
    """One fall below the running maximum; indices count the equity array, dates are None where none were given."""

    depth: float  # negative
    peak_index: int
    trough_index: int
    recovery_index: int | None  # None: not recovered by the end
    peak: date | None = None
    trough: date | None = None
    recovery: date | None = None


def drawdowns(equity: Sequence[float] | Floats, dates: Sequence[date] | Days | None = None) -> list[Drawdown]:
    """Every span below the running maximum (starting capital included), in time order. Shapes as in `performance`."""
    wealth = np.asarray(equity, dtype=np.float64)
    top = np.maximum.accumulate(wealth)
    edges = np.diff(np.concatenate(([False], wealth < top, [False])).astype(np.int8))
    spans = zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True)
    stamps = None if dates is None else np.asarray(dates, dtype="datetime64[D]").tolist()
    return [_drawdown(wealth, stamps, int(first), int(after)) for first, after in spans]


def worst_drawdown(equity: Sequence[float] | Floats, dates: Sequence[date] | Days | None = None) -> Drawdown | None:
    """The deepest span, the first of equals; None where equity never fell below its maximum."""
    return min(drawdowns(equity, dates), key=lambda fall: fall.depth, default=None)


def drawdown_table(equity: Sequence[float] | Floats, dates: Sequence[date] | Days, top: int = 10) -> pl.DataFrame:
    """The `top` deepest spans: depth, peak, trough, recovery (null: not yet), sessions down and back up."""
    deepest = sorted(drawdowns(equity, dates), key=lambda fall: fall.depth)[:top]
    rows = [
        (
            d.depth,
            d.peak,
            d.trough,
            d.recovery,
            d.trough_index - d.peak_index,
            None if d.recovery_index is None else d.recovery_index - d.trough_index,
        )
        for d in deepest
    ]
    days = dict.fromkeys(("peak", "trough", "recovery"), pl.Date())
    counts = dict.fromkeys(("sessions_down", "sessions_up"), pl.Int64())
    return pl.DataFrame(rows, schema={"depth": pl.Float64(), **days, **counts}, orient="row")


def _drawdown(wealth: Floats, stamps: Sequence[date] | None, first: int, after: int) -> Drawdown:
    peak, trough = first - 1, first + int(wealth[first:after].argmin())
    recovery = after if after < wealth.size else None
    return Drawdown(
        depth=float(wealth[trough] / wealth[peak] - 1.0),
        peak_index=peak,
        trough_index=trough,
        recovery_index=recovery,
        peak=None if stamps is None else stamps[peak],
        trough=None if stamps is None else stamps[trough],
        recovery=None if stamps is None or recovery is None else stamps[recovery],
    )
