"""Bars as dense arrays, sessions × symbols, filled batch by batch: no frame of all bars is ever held.

1. Rows that have one version go to their cells in whatever order they come; what comes of the others is emptied again.
2. Of a row that was corrected the version written last stands; one that was taken back leaves its cell empty.
3. A frame of all bars is put together again only where somebody asks for it: a cut of the past does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from screener.core.arrays import Days, Flags, Floats, Ints
from screener.core.bars import FIELDS, Bars
from screener.core.config import CLOSE_TIME
from screener.core.errors import DataRefused
from screener.core.tables import TABLES
from screener.point_in_time.frames import Frames, frame_of
from screener.point_in_time.versions import latest, revising

KEY = TABLES["bars"].key
Places = NDArray[np.unsignedinteger[Any]]
UNKNOWN = "unknown"  # who told a row, where nobody says so
_NO_ROW = -1
_SCHEMA = {"symbol": pl.String, "session": pl.Date, **dict.fromkeys(FIELDS, pl.Float64), "source": pl.String}


@dataclass(frozen=True)
class Cells:
    """(T, N) arrays by field, NaN where there is no bar; `told` (T, N) who told it, as a position in `sources`."""

    sessions: Days
    symbols: tuple[str, ...]
    arrays: Mapping[str, Floats]
    told: Places | None  # None: one source told all
    bars: Bars
    ends: pl.DataFrame  # a bar of the first and of the last session: they tell the span, whatever rules leave out

    @classmethod
    def of(
        cls,
        bars: Bars,
        sessions: Days,
        symbols: tuple[str, ...],
        arrays: Mapping[str, Floats],
        told: Places | None,
    ) -> Cells:
        """Cells that hold all rows of some bars."""
        bars = replace(bars, rows=_read)  # a market outlives the store it was read from, and travels without it
        return cls(sessions, symbols, arrays, told, bars, _ends(sessions, symbols, arrays))

    def frame(self) -> pl.DataFrame:
        """Every bar as a row of the table, with its known_at; of corrected ones each version."""
        there = ~np.isnan(self.arrays["close"])
        versions = self.bars.versions
        there[cells_of(versions, self.sessions, self.symbols)] = False
        t, n = np.nonzero(there)
        told = pl.Series("told", self.told[t, n] if self.told is not None else np.zeros(len(t), np.uint8))
        values = {name: pl.Series(array[t, n]).fill_nan(None) for name, array in self.arrays.items()}
        frame = pl.DataFrame(
            {
                "symbol": pl.Series(self.symbols, dtype=pl.String).gather(n),
                "session": self.sessions[t],
                **values,
                "source": pl.Series([*self.bars.sources] or [""], dtype=pl.String).gather(told),
            }
        )
        left_out = self.ends.join(frame, on=KEY, how="anti").join(versions, on=KEY, how="anti")
        close = pl.duration(hours=CLOSE_TIME.hour, minutes=CLOSE_TIME.minute)
        known = pl.concat([frame, left_out.select(frame.columns)]).with_columns(
            pl.col("volume").cast(pl.Int64), known_at=pl.col("session").cast(pl.Datetime("us")) + close
        )
        return pl.concat([known, versions], how="diagonal_relaxed") if versions.height else known


class WithBars(Mapping[str, pl.DataFrame]):
    """The frames of a market; that of the bars is made when somebody asks for it."""

    def __init__(self, others: Mapping[str, pl.DataFrame], cells: Cells) -> None:
        self.others, self.cells = others, cells

    def __getitem__(self, name: str) -> pl.DataFrame:
        return self.cells.frame() if name == "bars" else self.others[name]

    def __iter__(self) -> Iterator[str]:
        yield from (name for name in self.others if name != "bars")
        yield "bars"

    def __len__(self) -> int:
        return len({*self.others, "bars"})

    def __contains__(self, name: object) -> bool:
        return name == "bars" or name in self.others


def several_versions(frames: Frames, name: str) -> pl.DataFrame:
    """A table with every row of which there are several versions; the bars are not put together for it."""
    return frames.cells.bars.versions if name == "bars" and isinstance(frames, WithBars) else frame_of(frames, name)


def handed(frame: pl.DataFrame, told_since: Mapping[str, date] | None = None) -> Bars:
    """A frame of bars, each with its known_at, as a store hands them over.

    `told_since`: further sources and their first sessions, where the frame is a part of a store.
    """
    several = _several_versions(frame)
    if "withdrawn" in frame.columns:
        several |= frame["withdrawn"].fill_null(False)
    versions, plain = frame.filter(several), frame.filter(~several)
    standing = pl.concat([plain, latest(versions, KEY)]) if versions.height else plain
    first, last = standing["session"].min(), standing["session"].max()
    told = pl.col("source").fill_null(UNKNOWN)
    own = dict(plain.group_by(told).agg(pl.col("session").min()).iter_rows())
    sources = dict(sorted({**own, **(told_since or {})}.items()))
    return Bars(
        symbols=tuple(standing["symbol"].unique().sort()),
        first=first if isinstance(first, date) else None,
        last=last if isinstance(last, date) else None,
        sources=sources,
        versions=versions,
        moments=tuple(revising(versions, TABLES["bars"])["known_at"].unique().sort()),
        rows=partial(_rows, plain, [*sources]),
    )


def _several_versions(frame: pl.DataFrame) -> pl.Series:
    """True where (symbol, session) stands twice or more. On whole numbers: ten times faster than on the texts."""
    symbol = frame["symbol"].cast(pl.Categorical).to_physical().cast(pl.Int64)
    key = symbol * 2**24 + frame["session"].to_physical()
    return key.is_duplicated() if key.n_unique() < frame.height else pl.repeat(False, frame.height, eager=True)


def _rows(frame: pl.DataFrame, sources: Sequence[str], symbols: Sequence[str]) -> Iterator[pl.DataFrame]:
    if frame.height:
        n = frame["symbol"].cast(pl.Enum(symbols)).to_physical()
        told = frame["source"].fill_null(UNKNOWN).cast(pl.Enum(sources)).to_physical()
        yield frame.select("session", *FIELDS).with_columns(n=n, told=told)


def filled(bars: Bars, sessions: Days, symbols: tuple[str, ...]) -> Cells:
    """The cells of all bars. Raises DataRefused for a bar on a day without a session."""
    size = len(sessions) * len(symbols)
    flat = {name: np.full(size, np.nan) for name in FIELDS}
    # A folder with a file for each firm has a source for each.
    told = np.zeros(size, np.min_scalar_type(len(bars.sources) - 1)) if len(bars.sources) > 1 else None
    days = _RowOfDay.of(sessions)
    for frame in bars.rows(symbols):
        at = days.rows_of(frame)
        if (strange := at == _NO_ROW).any():
            if bars.asked is None:  # of a few days alone: a row of another one, which was corrected, is none of theirs
                _refuse(frame.filter(pl.Series(strange)), symbols, bars.versions)
            frame, at = frame.filter(pl.Series(~strange)), at[~strange]
        at *= len(symbols)
        at += frame["n"].to_numpy()
        _put(flat, told, frame, at)
    _empty(flat, told, bars.versions, sessions, symbols)
    shape = len(sessions), len(symbols)
    arrays = {name: values.reshape(shape) for name, values in flat.items()}
    cells = Cells.of(bars, sessions, symbols, arrays, None if told is None else told.reshape(shape))
    if bars.versions.height:
        _stand(cells)
    return cells


def _ends(sessions: Days, symbols: Sequence[str], arrays: Mapping[str, Floats]) -> pl.DataFrame:
    """A bar of the first and one of the last session that have one."""
    rows = []
    for t in {0, len(sessions) - 1} if len(sessions) else ():
        for n in np.flatnonzero(~np.isnan(arrays["close"][t]))[:1].tolist():
            values = {name: None if np.isnan(array[t, n]) else float(array[t, n]) for name, array in arrays.items()}
            rows.append({"symbol": symbols[n], "session": sessions[t].item(), **values, "source": ""})
    return pl.DataFrame(rows, schema=_SCHEMA)


def _read(symbols: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Nothing: the rows are in the cells."""
    return iter(())


def _put(flat: Mapping[str, Floats], told: Places | None, frame: pl.DataFrame, at: Ints) -> None:
    for name, values in flat.items():
        values[at] = floats(frame[name])
    if told is not None:
        told[at] = frame["told"].to_numpy()


def floats(column: pl.Series) -> Floats:
    """Numbers of a column, NaN for null."""
    values = column if column.dtype == pl.Float64 else column.cast(pl.Float64)
    return np.asarray((values.fill_null(float("nan")) if values.null_count() else values).to_numpy())


@dataclass(frozen=True)
class _RowOfDay:
    """Day → row of its session; _NO_ROW where it is none."""

    first: int  # day of the first session, since 1970
    rows: Ints  # of every day up to the last session, and _NO_ROW for the days outside

    @classmethod
    def of(cls, sessions: Days) -> _RowOfDay:
        days = sessions.astype(np.int64)
        first, last = (int(days[0]), int(days[-1])) if len(days) else (0, -1)
        rows = np.full(last - first + 2, _NO_ROW)
        rows[days - first] = np.arange(len(days))
        return cls(first, rows)

    def rows_of(self, frame: pl.DataFrame) -> Ints:
        """Of the bars of a frame."""
        at = np.subtract(frame["session"].cast(pl.Int32).to_numpy(), self.first, dtype=np.int64)
        outside = len(self.rows) - 1
        if len(at) and not (at.min() >= 0 and at.max() < outside):
            at[(at < 0) | (at > outside)] = outside
        return np.asarray(self.rows.take(at))


def _refuse(strange: pl.DataFrame, symbols: Sequence[str], versions: pl.DataFrame) -> None:
    """Raises DataRefused for rows of one version."""
    whose = pl.Series("symbol", symbols, dtype=pl.String).gather(strange["n"])
    rows = strange.select("n", "session").with_columns(whose).join(versions, on=KEY, how="anti").sort("n", "session")
    if rows.height:
        raise DataRefused("a bar on a day without a session", where=rows["symbol"][0], got=rows["session"][0])


def _empty(
    flat: Mapping[str, Floats],
    told: Places | None,
    versions: pl.DataFrame,
    sessions: Days,
    symbols: Sequence[str],
) -> None:
    """Empties the cells of rows of several versions."""
    t, n = cells_of(versions, sessions, symbols)
    at = t * len(symbols) + n
    for values in flat.values():
        values[at] = np.nan
    if told is not None:
        told[at] = 0


def _stand(cells: Cells) -> None:
    """Puts what stands of the corrected rows into their cells, which no row has filled. Raises as `filled` does."""
    standing, whose = latest(cells.bars.versions, KEY), cells.bars.whose
    mine = standing if whose is None else standing.filter(pl.col("symbol").is_in(whose))
    strange = mine.filter(pl.Series(_RowOfDay.of(cells.sessions).rows_of(mine) == _NO_ROW))
    if strange.height and cells.bars.asked is None:
        raise DataRefused("a bar on a day without a session", where=strange["symbol"][0], got=strange["session"][0])
    put(cells.arrays, mine, cells.sessions, cells.symbols)


def put(arrays: Mapping[str, Floats], rows: pl.DataFrame, sessions: Days, symbols: Sequence[str]) -> None:
    """Rows into their cells; those of other sessions or symbols are left out."""
    t, n, here = places(rows, sessions, symbols)
    for name, array in arrays.items():
        array[t, n] = floats(rows[name])[here]


def cells_of(rows: pl.DataFrame, sessions: Days, symbols: Sequence[str]) -> tuple[Ints, Ints]:
    """(t, n) of the rows of these sessions and symbols."""
    return places(rows, sessions, symbols)[:2]


def places(rows: pl.DataFrame, sessions: Days, symbols: Sequence[str]) -> tuple[Ints, Ints, Flags]:
    """(t, n) of the rows of these sessions and symbols; which rows those are."""
    n = rows["symbol"].cast(pl.Enum(symbols), strict=False).to_physical().cast(pl.Int64).fill_null(_NO_ROW).to_numpy()
    t = _RowOfDay.of(sessions).rows_of(rows)
    here = (t != _NO_ROW) & (n != _NO_ROW)
    return t[here], n[here], here


def sources_of(bars: Bars) -> tuple[str, ...]:
    """Who told the bars of the whole store that stand, sorted."""
    corrected = latest(bars.versions, KEY)["source"].fill_null(UNKNOWN) if bars.versions.height else ()
    return tuple(sorted({*bars.sources, *corrected}))


def differing(new: Any, old: Any) -> Flags:
    """True where two arrays differ; NaN is equal to NaN."""
    found: Flags = (new != old) & ~((new != new) & (old != old))
    return found
