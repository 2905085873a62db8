"""One file alone: its shape, its rows, each row against the declarations of its table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import inf

import polars as pl

from screener.core.errors import DataRefused, UnknownSymbol
from screener.core.symbols import parse_symbol
from screener.core.table import Kind, Table, line_of, row_name, without_repeats
from screener.core.text import cut
from screener.store.checks.refusal import LONGEST, refuse, shown_key
from screener.store.schema import value_names

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)  # the exchanges opened in 1990
_SPAN = f"a day from {EARLIEST} to {LATEST}"
_WHOLE = 1e-3  # absolute: 12,345.67 lots of 100 are whole up to float noise, 0.3 of a share is not
_FAR = 90_000_000  # days from 1970, some 246,000 years
LONGEST_TEXT = 10_000  # bytes: some pages, and still a line that every answer can print
LARGEST = 2**53  # whole numbers above it have no float of their own


def shaped(table: Table, frame: pl.DataFrame, *, where: str) -> pl.DataFrame:
    """`frame` in the declared shape, symbols as `301396.SZ`. Raises DataRefused with the first row that does not."""
    frame = frame.rename({name: name.strip() for name in frame.columns if name != name.strip()})
    if "symbol" in frame.columns and "symbol" in table.names:
        frame = frame.with_columns(_symbols(table, frame, where))
    floats = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    frame = frame.with_columns(pl.col(floats).fill_nan(None))
    for column in table.columns:
        if column.kind is Kind.INT and column.name in floats:
            frame = frame.with_columns(_whole(table, frame, column.name, where))
    checked = table.check(frame, where=where)
    for column in table.columns:
        series = checked[column.name]
        if column.kind is Kind.FLOAT and series.abs().max() == inf:
            refuse(table, checked, series.is_infinite(), where, f"{column.name} is infinite", (), "a number")
    return checked


def distinct(table: Table, frame: pl.DataFrame, *, where: str) -> pl.DataFrame:
    """Equal rows once, in order. Raises DataRefused where one key has several values.

    Rows that differ in `source` alone are equal; the alphabetically first source stays, so that order does not matter.
    """
    orders = (table.told_by, table.told_by[::-1])  # by symbol or by day: no hashing
    in_order = any(rising(frame, key) for key in orders)
    if in_order or frame.select(table.told_by).n_unique() == frame.height:
        return frame
    values = _compared(table)
    spread = [pl.struct(values).n_unique().over(table.told_by).alias("spread")]
    clash = frame.select(spread)["spread"] > 1
    refuse(table, frame, clash, where, "one key with different values", tuple(values), "each fact once")
    at = frame.with_row_index("at").sort("source", maintain_order=True, nulls_last=True)
    return at.unique(table.told_by, keep="first").sort("at").drop("at")


def refuse_contradiction(table: Table, files: Sequence[tuple[str, pl.DataFrame]]) -> None:
    """Raises DataRefused where two files (name, shaped frame) of one load give one key different values.

    They cannot both be right, and which of them is read first must not decide; what the store holds is not asked.
    """
    told_twice = _told_twice(table, files)
    if len(told_twice) < 2:
        return
    columns = [*table.told_by, *_compared(table)]
    rows = pl.concat(frame.select(*columns, pl.lit(name).alias("file")) for name, frame in told_twice)
    rows = rows.filter(rows.select(table.told_by).is_duplicated())
    rows = rows.filter(pl.struct(_compared(table)).n_unique().over(table.told_by) > 1).sort([*table.told_by, "file"])
    if rows.is_empty():
        return
    first = rows.row(0, named=True)
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.lit(first[name])) for name in table.told_by)
    others = rows.filter(same).iter_rows(named=True)
    second = next(other for other in others if any(other[name] != first[name] for name in _compared(table)))
    differ = [name for name in _compared(table) if first[name] != second[name]]
    raise DataRefused(
        f"{table.name}: two files of one load disagree",
        where=shown_key(first[name] for name in table.told_by),
        got=", ".join(
            f"{name} {cut(str(first[name]), 60)} in {first['file']}, {cut(str(second[name]), 60)} in {second['file']}"
            for name in differ[:5]
        ),
        expected="one value for each fact; take the row out of one of the files",
    )


def _told_twice(table: Table, files: Sequence[tuple[str, pl.DataFrame]]) -> Sequence[tuple[str, pl.DataFrame]]:
    """The rows of firms that two files tell of: of a folder with a file for each firm, none."""
    if len(files) < 2 or "symbol" not in table.told_by:
        return files
    whose = [frame["symbol"].unique() for _, frame in files]
    counts = pl.concat(whose).value_counts()
    twice = counts.filter(pl.col("count") > 1)["symbol"]
    several = (named.is_in(twice.implode()).any() for named in whose)
    rows = pl.col("symbol").is_in(twice.implode())
    return [(name, frame.filter(rows)) for (name, frame), there in zip(files, several, strict=True) if there]


def refuse_rows(table: Table, frame: pl.DataFrame, *, where: str) -> None:
    """Raises DataRefused for the first row that breaks a check of its table or a closed list."""
    broken = frame.select(check.broken.fill_null(False).alias(str(index)) for index, check in enumerate(table.checks))
    for index, check in enumerate(table.checks):
        refuse(table, frame, broken[str(index)], where, check.what, check.shown, check.expected)
    for column in table.columns:
        if column.kind is Kind.TEXT:
            size = frame[column.name].str.len_bytes()
            if (size > LONGEST_TEXT).any():
                _refuse_long(table, frame, size, column.name, where)
        if column.kind in (Kind.DATE, Kind.TIME):
            day = frame[column.name].cast(pl.Date)
            odd = day.is_not_null() & ~day.is_between(EARLIEST, LATEST)
            if odd.any():
                refuse(table, _readable(frame), odd, where, f"{column.name} outside what can be meant", (), _SPAN)
    for column in table.closed:
        unknown = frame[column.name].is_not_null() & ~frame[column.name].is_in(column.words)
        refuse(table, frame, unknown, where, f"{column.name} unknown", (column.name,), " | ".join(column.words))


def _refuse_long(table: Table, frame: pl.DataFrame, size: pl.Series, name: str, where: str) -> None:
    long, size = size > LONGEST_TEXT, size.alias("bytes")
    refuse(table, frame.with_columns(size), long, where, f"{name} is too long", ("bytes",), f"at most {LONGEST_TEXT:,}")


def _readable(frame: pl.DataFrame) -> pl.DataFrame:
    """Days as text: Python cannot hold every day that a column can, and polars ends at one it cannot write."""
    days = pl.col(pl.Date, pl.Datetime)
    written = days.cast(pl.Date).cast(pl.Int32).is_between(-_FAR, _FAR)
    return frame.with_columns(pl.when(written).then(days).cast(pl.String))


def _compared(table: Table) -> list[str]:
    """Columns in which two rows of one fact may not differ inside a load."""
    names = [*value_names(table), *(["known_at"] if "known_at" in table.names else [])]
    return [name for name in names if name not in table.told_by]


def rising(frame: pl.DataFrame, key: tuple[str, ...]) -> bool:
    """True where the rows are sorted by these columns without a repetition."""
    above, equal = pl.lit(False), pl.lit(True)
    for name in key:
        above = above | (equal & (pl.col(name) > pl.col(name).shift()))
        equal = equal & (pl.col(name) == pl.col(name).shift())
    return bool(frame.select(above.slice(1).fill_null(False).all()).item())


def _symbols(table: Table, frame: pl.DataFrame, where: str) -> pl.Series:
    """The column in one spelling; every different text is parsed once."""
    series = frame["symbol"]
    try:
        text = series.cast(pl.String)
    except pl.exceptions.PolarsError:
        got = f"cells of type {series.dtype}"
        raise DataRefused(f"{table.name}: symbol not understood", where=where, got=got, expected="text") from None
    parsed: dict[str, str] = {}
    for spelled in without_repeats(text).unique().drop_nulls():
        try:
            parsed[spelled] = parse_symbol(spelled)
        except UnknownSymbol as error:
            row = (text == spelled).arg_max() or 0
            place = f"{where} {row_name(frame, row)}"
            raise DataRefused(
                f"{table.name}: {error.what}",
                where=place,
                got=cut(str(error.got), LONGEST),
                expected=error.expected,
                line=line_of(frame, row),
            ) from None
    if all(spelled == symbol for spelled, symbol in parsed.items()):
        return text
    return text.replace_strict(parsed, default=None, return_dtype=pl.String).alias(series.name)


def _whole(table: Table, frame: pl.DataFrame, name: str, where: str) -> pl.Series:
    """Floats that are whole numbers up to float noise → integers; a plain cast would cut 1.9 to 1."""
    series = frame[name]
    rounded = series.round()
    broken = ((series - rounded).abs() > _WHOLE).fill_null(False)
    refuse(table, frame, broken, where, f"{name} is not whole", (name,), "a whole number")
    refuse(table, frame, series.abs() > LARGEST, where, f"{name} is too large", (name,), f"at most {LARGEST}")
    return rounded.cast(pl.Int64)
