"""Cells of one column → values of its kind, each read to its end. The first one that cannot be read is named.

1. Text: days and times (`dates`), numbers (`numbers`), yes and no, words of closed lists in Chinese or English.
2. Parquet's own types: what holds the same is taken, what cannot be a cell of a table (lists, durations) is refused.
3. Share counts are whole: decimals are refused, and so is what has no float of its own.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

import polars as pl

from screener.core.config import CLOSE_TIME, END_OF_DAY
from screener.core.resources import tables_dir
from screener.core.table import Column, is_tidy
from screener.core.tables import packaged
from screener.sources.files import dates
from screener.sources.files.headings import plain
from screener.sources.files.numbers import Numbers, emptied, numbers
from screener.sources.files.outcome import Note

_MIDNIGHT_IN_UTC = time(16)
_FIRST_TRADE = time(9, 31)
LARGEST = 2.0**53
WHOLE = 1e-3
_NO_CELLS = (pl.List, pl.Array, pl.Struct, pl.Object, pl.Duration, pl.Binary)


class Unread(Exception):
    """A cell that is not understood: its row (None: the whole column), what it holds, what was expected."""

    def __init__(self, row: int | None, got: str, expected: str = "", what: str = "not understood") -> None:
        self.row, self.got, self.expected, self.what = row, got, expected, what
        super().__init__(got)


@dataclass(frozen=True)
class Read:
    """A column read: its values, and what a reader should know."""

    values: pl.Series
    notes: tuple[Note, ...] = ()


def days(series: pl.Series, date_format: str | None = None, *, exact: bool = False, traded: bool = False) -> Read:
    """A column of days; `exact`: of days that are wrong where somebody wrote them as times of UTC.

    `traded`: of bars, one a day, which no time within a session is. Raises Unread.
    """
    quick = _days_of_its_own(series) if date_format is None else None
    if quick is not None:
        return Read(quick)
    at, _, notes = _moments(series, date_format)
    clocks = at.drop_nulls().dt.time().unique()
    within = at.dt.time().is_between(_FIRST_TRADE, CLOSE_TIME, closed="left").fill_null(False)
    if traded and within.any():
        row = within.arg_max() or 0
        raise Unread(row, repr(str(_shown(series, row))), "one bar a day: this is a time within the session")
    if exact and clocks.to_list() == [_MIDNIGHT_IN_UTC]:
        expected = "days, or times with their offset: this is midnight in Shanghai where a computer writes UTC"
        raise Unread(None, "16:00:00 in every row", expected)
    return Read(at.dt.date(), notes)


def times(series: pl.Series, date_format: str | None = None, *, whole_day: bool) -> Read:
    """A column of times; a day without a time is its end, or its midnight where `whole_day` is false. Raises Unread."""
    at, timed, notes = _moments(series, date_format)
    if not whole_day:
        return Read(at, notes)
    end = pl.DataFrame([at.alias("at"), timed.alias("timed")]).select(
        pl.when(pl.col("timed")).then(pl.col("at")).otherwise(pl.col("at").dt.date().dt.combine(END_OF_DAY, "us"))
    )
    return Read(end.to_series().rename(series.name), notes)


def figures(series: pl.Series) -> Numbers:
    """A column of numbers, its own units told apart. Raises Unread."""
    if series.dtype == pl.String:
        found = numbers(series)
    else:
        values = _plain_numbers(series)
        none = pl.Series([False], dtype=pl.Boolean).new_from_index(0, len(series))
        most = values.abs().max()
        if not isinstance(most, float) or most <= LARGEST:
            return Numbers(values, none, none)
        found = Numbers(values, none, values.is_infinite().fill_null(False))
    if found.unread.any():
        row = found.unread.arg_max() or 0
        raise Unread(row, repr(_shown(series, row)), "a number")
    large = (found.values.abs() > LARGEST).fill_null(False)
    if large.any():
        row = large.arg_max() or 0
        raise Unread(row, str(_shown(series, row)), f"at most {LARGEST:.0f}", "too large")
    return found


def whole(values: pl.Series, original: pl.Series, what: str) -> pl.Series:
    """Floats that are whole numbers up to float noise, as integers. Raises Unread."""
    rounded = values.round()
    broken = (((values - rounded).abs() > WHOLE) | (rounded.abs() > LARGEST)).fill_null(False)
    if broken.any():
        row = broken.arg_max() or 0
        raise Unread(row, str(_shown(original, row)), f"a whole number of {what}", "is not whole")
    return rounded.cast(pl.Int64)


def flags(series: pl.Series) -> pl.Series:
    """是/否, true/false, 1/0. Raises Unread."""
    if series.dtype == pl.Boolean:
        return series
    return _replaced(text(series), _words("", "flag"), "是 | 否, true | false").cast(pl.String) == "true"


def words(series: pl.Series, dataset: str, column: Column) -> pl.Series:
    """Values of a closed list, by its own words or those of words.csv; kinds by their Chinese and English labels."""
    known = {_spelled(word): word for word in column.words} | _words(dataset, column.name)
    if column.name == "kind" and not column.words:
        known = _words("kinds", "kind") | _kinds()
    cells = emptied(text(series))
    read = {cell: known.get(_spelled(cell), cell) for cell in cells.unique().drop_nulls()}
    found = cells.replace_strict(read, default=None, return_dtype=pl.String)
    return found.set(found == "", None)


def text(series: pl.Series) -> pl.Series:
    """Text without blanks around it; an empty cell is null. Raises Unread for what is no text."""
    if series.dtype == pl.String:
        if is_tidy(series):
            return series
        stripped = series.str.strip_chars()
    elif isinstance(series.dtype, _NO_CELLS):
        raise Unread(None, f"cells of type {series.dtype}", "text")
    elif series.dtype.is_float() and (series.drop_nulls() % 1 == 0).all():
        stripped = series.cast(pl.Int64, strict=False).cast(pl.String)
    else:
        stripped = series.cast(pl.String, strict=False)
    return stripped.set(stripped == "", None)


def has_words(dataset: str, column: Column) -> bool:
    """True for a column whose cells are words of a list."""
    return bool(column.words) or column.name in _listed(dataset) or (column.name == "kind" and dataset in _BY_KIND)


_BY_KIND = ("announcements", "commitments")


def _moments(series: pl.Series, date_format: str | None) -> tuple[pl.Series, pl.Series, tuple[Note, ...]]:
    """(time of Shanghai, true where a time of day is told, notes)."""
    kind = series.dtype
    if kind == pl.Date or isinstance(kind, pl.Datetime):
        return _typed_moments(series)
    if kind.is_float() or kind.is_decimal() or kind.is_integer():
        series = _packed_days(series)
    elif kind not in (pl.String, pl.Null) and not isinstance(kind, (pl.Categorical, pl.Enum)):
        raise Unread(None, f"cells of type {kind}", "days, such as 2026-06-30")
    cells = emptied(series.cast(pl.String))
    found = dates.moments(cells.unique().drop_nulls(), date_format)
    at = cells.replace_strict(
        {word: one.at for word, one in found.read.items()}, default=None, return_dtype=pl.Datetime("us")
    )
    lost = at.is_null() & cells.is_not_null()
    if lost.any():
        row = lost.arg_max() or 0
        raise Unread(row, repr(series[row]), "a day such as 2026-06-30, 2026/6/30 or 20260630, from 1990 to 2100")
    timed = cells.is_in([word for word, one in found.read.items() if one.timed])
    return at.rename(series.name), timed.fill_null(False), _moment_notes(found)


def _days_of_its_own(series: pl.Series) -> pl.Series | None:
    """A column that holds days and says so by its type, or by nothing but 2026-06-30."""
    if series.dtype != pl.Date:
        return _iso(series)
    return series if series.is_between(date(dates.FIRST, 1, 1), date(dates.LAST, 12, 31)).all() else None


def _iso(series: pl.Series) -> pl.Series | None:
    """A column of nothing but 2026-06-30, all at once."""
    if series.dtype != pl.String or not (series.str.len_bytes() == len("2026-06-30")).all():
        return None
    try:
        found = series.str.to_date("%Y-%m-%d")
    except pl.exceptions.PolarsError:
        return None
    return found if found.dt.year().is_between(dates.FIRST, dates.LAST).all() else None


def _moment_notes(found: dates.Moments) -> tuple[Note, ...]:
    said = [f"days written as 6/30/2026 are read {found.order}"] if found.order else []
    said += ["serial numbers of Excel are read as days"] if found.serials else []
    return tuple(Note(one) for one in said)


def _typed_moments(series: pl.Series) -> tuple[pl.Series, pl.Series, tuple[Note, ...]]:
    kind = series.dtype
    if isinstance(kind, pl.Datetime) and kind.time_zone:
        series = series.dt.convert_time_zone("Asia/Shanghai").dt.replace_time_zone(None)
    day = date if kind == pl.Date else datetime
    first, end = day(dates.FIRST, 1, 1), day(dates.LAST + 1, 1, 1)
    # Compared, not taken apart: the year of a day that is far out would end the process.
    odd = (~series.is_between(first, end, closed="left")).fill_null(False)
    if odd.any():
        raise Unread(odd.arg_max() or 0, "a year outside", f"days from {dates.FIRST} to {dates.LAST}")
    at = series.cast(pl.Datetime("us"))
    return at, (at.dt.time() != dates.MIDNIGHT).fill_null(False), ()


def _packed_days(series: pl.Series) -> pl.Series:
    """20260630 as a number of any type; nothing else that is a number is a day here."""
    numbers_ = series.cast(pl.Float64, strict=False).fill_nan(None)
    odd = (~(numbers_.is_between(19_900_101, 21_001_231) & (numbers_ % 1 == 0))).fill_null(False)
    if odd.any():
        row = odd.arg_max() or 0
        raise Unread(row, str(_shown(series, row)), "a day such as 20260630")
    return numbers_.cast(pl.Int64).cast(pl.String)


def _plain_numbers(series: pl.Series) -> pl.Series:
    kind = series.dtype
    if kind == pl.Null:
        return series.cast(pl.Float64)
    if not (kind.is_numeric() or kind.is_decimal()):
        raise Unread(None, f"cells of type {kind}", "numbers")
    return series.cast(pl.Float64, strict=False).fill_nan(None)


def _replaced(cells: pl.Series, known: dict[str, str], expected: str) -> pl.Series:
    cells = emptied(cells)
    read = {cell: known.get(_spelled(cell)) for cell in cells.unique().drop_nulls()}
    if None in read.values():
        bad = next(cell for cell, value in read.items() if value is None)
        raise Unread((cells == bad).arg_max() or 0, repr(bad), expected)
    return cells.replace_strict(read, default=None, return_dtype=pl.String)


def _spelled(word: str) -> str:
    """A word in the spelling in which words are compared: as headings, but ST is not *ST."""
    star = "*" if word.strip().startswith(("*", "＊")) else ""
    return star + plain(word)


def _shown(series: pl.Series, row: int) -> object:
    return series[row]


@lru_cache(maxsize=1)
def _table() -> dict[tuple[str, str], dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    with (tables_dir() / "words.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault((row["dataset"], row["column"]), {})[_spelled(row["word"])] = row["value"]
    return found


def _words(dataset: str, column: str) -> dict[str, str]:
    return _table().get((dataset, column), {})


def _listed(dataset: str) -> set[str]:
    return {column for name, column in _table() if name == dataset}


@lru_cache(maxsize=1)
def _kinds() -> dict[str, str]:
    rows = packaged("kinds").select("kind", "label_zh", "label_en").rows()
    return {_spelled(word): row[0] for row in rows for word in row}
