"""Bars as they were known by a moment, out of the cells of a market.

Later sessions are left out, and what was corrected later is put back. No frame of all bars is made for it, and where no
bar was corrected no cell is copied.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np
import polars as pl

from screener.core.arrays import Days, Floats, Ints
from screener.core.bars import Bars
from screener.core.config import CLOSE_TIME
from screener.point_in_time.cells import KEY, UNKNOWN, Cells, Places, cells_of, handed, put
from screener.point_in_time.versions import latest

_CLOSE = np.timedelta64(CLOSE_TIME.hour * 60 + CLOSE_TIME.minute, "m")


@dataclass(frozen=True, eq=False)
class Earlier:
    """What was known of the bars in `cells` by a moment; of cells that tell every session, see `tells_all`."""

    cells: Cells
    as_of: datetime

    @property
    def tells_all(self) -> bool:
        """False where bars are of a few days alone, or where rules leave out the first or the last one."""
        if self.cells.bars.asked is not None:
            return False
        t, n = cells_of(self.cells.ends, self.cells.sessions, self.cells.symbols)
        return not np.isnan(self.cells.arrays["close"][t, n]).any()

    @cached_property
    def bars(self) -> Bars:
        """Whose they are, how far they reach, and of corrected rows the versions."""
        there = ~np.isnan(self._arrays["close"])
        traded = self._sessions[there.any(axis=1)]
        symbols = np.flatnonzero(there.any(axis=0)).tolist()
        told = self.cells.bars.sources.items()
        since = {name: day for name, day in told if datetime.combine(day, CLOSE_TIME) <= self.as_of}
        return replace(
            handed(self._versions, since),
            symbols=tuple(self.cells.symbols[n] for n in symbols),
            first=traded[0].item() if len(traded) else None,
            last=traded[-1].item() if len(traded) else None,
            whose=self.cells.bars.whose,
        )

    def chosen(self, sessions: Days, symbols: tuple[str, ...]) -> Cells:
        """The cells of these sessions, which follow each other, and symbols."""
        first = int(np.searchsorted(self._sessions, sessions[0])) if len(sessions) else 0
        rows = slice(first, first + len(sessions))
        place = {symbol: n for n, symbol in enumerate(self.cells.symbols)}
        columns = np.array([place.get(symbol, -1) for symbol in symbols], dtype=np.int64)
        if symbols == self.cells.symbols:
            arrays = {name: array[rows] for name, array in self._arrays.items()}
        else:
            arrays = {name: _columns(array[rows], columns) for name, array in self._arrays.items()}
        return Cells.of(self.bars, sessions, symbols, arrays, self._told(rows, columns, sessions, symbols))

    @cached_property
    def _sessions(self) -> Days:
        return self.cells.sessions[self.cells.sessions + _CLOSE <= np.datetime64(self.as_of)]

    @cached_property
    def _versions(self) -> pl.DataFrame:
        """Of rows that were corrected at any time the versions known by then."""
        return self.cells.bars.versions.filter(pl.col("known_at") <= self.as_of)

    @cached_property
    def _arrays(self) -> dict[str, Floats]:
        arrays = {name: array[: len(self._sessions)] for name, array in self.cells.arrays.items()}
        if self.cells.bars.versions.height:
            arrays = {name: array.copy() for name, array in arrays.items()}
            at = cells_of(self.cells.bars.versions, self._sessions, self.cells.symbols)
            for array in arrays.values():
                array[at] = np.nan
            put(arrays, latest(self._versions, KEY), self._sessions, self.cells.symbols)
        return arrays

    def _told(self, rows: slice, columns: Ints, sessions: Days, symbols: tuple[str, ...]) -> Places | None:
        """Who told each cell, as a position in the sources known by then; None where one told all."""
        place = {name: k for k, name in enumerate(self.bars.sources)}
        if len(place) < 2:
            return None
        moved = np.array([place.get(name, 0) for name in self.cells.bars.sources], np.min_scalar_type(len(place) - 1))
        if self.cells.told is None:
            found = np.full((len(sessions), len(symbols)), moved[:1].sum(), moved.dtype)
        else:
            found = moved[self.cells.told[rows]][:, columns]
        t, n = cells_of(self.bars.versions, sessions, symbols)
        found[t, n] = 0
        alone = self._versions.join(self.bars.versions, on=KEY, how="anti")  # one version was known by then
        t, n = cells_of(alone, sessions, symbols)
        found[t, n] = [place[name] for name in alone["source"].fill_null(UNKNOWN)]
        return found


def _columns(array: Floats, columns: Ints) -> Floats:
    """Columns of an array, NaN for −1."""
    found: Floats = array[:, columns]
    found[:, columns < 0] = np.nan
    return found
