"""Levels of indices, each in its own market's days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from screener.core.arrays import Days, Floats, Times
from screener.point_in_time.prices import carried


@dataclass(frozen=True, slots=True)
class IndexSeries:
    """Levels of an index in its own market's days; `open` is NaN where only closes are stored."""

    dates: Days
    known_at: Times
    open: Floats
    close: Floats

    def on(self, sessions: Days) -> tuple[Floats, Floats]:
        """(closes, opens), (T,) each, on these sessions; NaN where the index has none."""
        close, opening = np.full(len(sessions), np.nan), np.full(len(sessions), np.nan)
        if len(self.dates):
            at = np.minimum(np.searchsorted(self.dates, sessions), len(self.dates) - 1)
            found = self.dates[at] == sessions
            close[found], opening[found] = self.close[at[found]], self.open[at[found]]
        return close, opening

    def carried(self, sessions: Days) -> Floats:
        """(T,) the last close not later than each session; NaN before the first."""
        return carried(self.dates, self.close, sessions)


def index_series(frame: pl.DataFrame) -> dict[str, IndexSeries]:
    """Index → its levels, from rows of the table `indices`."""
    series = {}
    for (name,), rows in frame.sort("index", "session").group_by("index", maintain_order=True):
        series[str(name)] = IndexSeries(
            rows["session"].to_numpy().astype("datetime64[D]"),
            rows["known_at"].to_numpy(),
            rows["open"].fill_null(float("nan")).to_numpy(),
            rows["close"].to_numpy(),
        )
    return series
