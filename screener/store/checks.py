"""What a file must be before a row of it is stored. Any breach refuses the whole file (odd single rows: `findings`).

1. `shaped`   symbols in one spelling, NaN is missing, whole numbers are whole, declared columns and types.
2. `distinct` equal rows once; the same key with other values is a conflict.
3. `refuse_rows` per row: prices, order of prices, signs, spans, vocabularies.
4. `refuse_units` more than 1 % of the rows with amount ÷ volume outside low … high: the units are wrong.
5. `refuse_context` what needs the store: sessions, the present time, kinds, ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from screener.core.config import CLOSE_TIME
from screener.core.errors import DataRefused, UnknownSymbol
from screener.core.known import is_domestic
from screener.core.symbols import parse_symbol
from screener.core.table import Kind, Table, row_name
from screener.core.tables import TABLES
from screener.store.schema import value_names

UNIT_TOLERANCE = 0.005  # of low and high: rounding of amount and volume
UNIT_SHARE = 0.01  # more odd rows than this: the file's unit is wrong, not the row
_WHOLE = 1e-3  # absolute: 12,345.67 lots of 100 are whole up to float noise, 0.3 of a share is not
LARGEST = 2**53  # whole numbers above it have no float of their own
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)
_SPAN = f"a day from {EARLIEST} to {LATEST}"
DATED = ("bars", "sessions")  # tables whose days are checked against the calendar
_FRIDAY, _LONGEST_CLOSURE = 5, 13  # the longest closure since 2005 took 11 days
_CALENDAR = "screener fetch --only calendar"


@dataclass(frozen=True)
class Context:
    """What the store knows while a file is checked."""

    now: datetime
    sessions: tuple[date, ...]  # sorted
    ids: Mapping[str, frozenset[str]]  # table → ids of its facts, those of the same load included


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
        if column.kind is Kind.FLOAT:
            refuse(
                table, checked, checked[column.name].is_infinite(), where, f"{column.name} is infinite", (), "a number"
            )
    return checked


def distinct(table: Table, frame: pl.DataFrame, *, where: str) -> pl.DataFrame:
    """Equal rows once, in order. Raises DataRefused where one key has several values.

    Rows that differ in `source` alone are equal; the alphabetically first source stays, so that order does not matter.
    """
    in_order = any(
        rising(frame, key) for key in (table.told_by, table.told_by[::-1])
    )  # by symbol or by day: no hashing
    if in_order or frame.select(table.told_by).n_unique() == frame.height:
        return frame
    values = _compared(table)
    spread = [pl.struct(values).n_unique().over(table.told_by).alias("spread")]
    clash = frame.select(spread)["spread"] > 1
    refuse(table, frame, clash, where, "one key with different values", tuple(values), "each fact once")
    return frame.sort("source", maintain_order=True, nulls_last=True).unique(
        table.told_by, keep="first", maintain_order=True
    )


def refuse_contradiction(table: Table, files: Sequence[tuple[str, pl.DataFrame]]) -> None:
    """Raises DataRefused where two files (name, shaped frame) of one load give one key different values.

    They cannot both be right, and which of them is read first must not decide; what the store holds is not asked.
    """
    if len(files) < 2:
        return
    columns = [*table.told_by, *_compared(table)]
    rows = pl.concat(frame.select(*columns, pl.lit(name).alias("file")) for name, frame in files)
    rows = rows.filter(rows.select(table.told_by).is_duplicated())
    rows = rows.filter(pl.struct(_compared(table)).n_unique().over(table.told_by) > 1).sort([*table.told_by, "file"])
    if rows.is_empty():
        return
    first, second = rows.row(0, named=True), rows.row(1, named=True)
    differ = [name for name in _compared(table) if first[name] != second[name]]
    raise DataRefused(
        f"{table.name}: two files of one load disagree",
        where=" ".join(str(first[name]) for name in table.told_by),
        got=", ".join(
            f"{name} {first[name]} in {first['file']}, {second[name]} in {second['file']}" for name in differ
        ),
        expected="one value for each fact; take the row out of one of the files",
    )


def refuse_rows(table: Table, frame: pl.DataFrame, *, where: str) -> None:
    """Raises DataRefused for the first row that breaks a check of its table or a closed list."""
    broken = frame.select(check.broken.fill_null(False).alias(str(index)) for index, check in enumerate(table.checks))
    for index, check in enumerate(table.checks):
        refuse(table, frame, broken[str(index)], where, check.what, check.shown, check.expected)
    for column in table.columns:
        if column.kind in (Kind.DATE, Kind.TIME):
            day = frame[column.name].cast(pl.Date)
            odd = day.is_not_null() & ~day.is_between(EARLIEST, LATEST)
            refuse(table, _readable(frame), odd, where, f"{column.name} outside what can be meant", (), _SPAN)
    for column in table.closed:
        unknown = frame[column.name].is_not_null() & ~frame[column.name].is_in(column.words)
        refuse(table, frame, unknown, where, f"{column.name} unknown", (column.name,), " | ".join(column.words))


def _readable(frame: pl.DataFrame) -> pl.DataFrame:
    """Days as text: Python cannot hold every day that a column can."""
    return frame.with_columns(pl.col(pl.Date, pl.Datetime).cast(pl.String))


def unit_odd() -> pl.Expr:
    """True where amount ÷ volume lies outside low … high by more than the tolerance (null without an amount)."""
    average = pl.when(pl.col("volume") > 0).then(pl.col("amount") / pl.col("volume"))
    return ~average.is_between(pl.col("low") * (1 - UNIT_TOLERANCE), pl.col("high") * (1 + UNIT_TOLERANCE))


def refuse_units(table: Table, frame: pl.DataFrame, *, where: str) -> None:
    """Raises DataRefused where more than 1 % of the bars (and more than one) speak of other units than shares and yuan.

    A file of a single odd row is refused too when it is off by a factor of ten: that is a unit, not a block trade.
    """
    if table.name != "bars":
        return
    mean = pl.col("amount") / pl.col("volume") / pl.mean_horizontal("low", "high")
    traded = frame.filter(pl.col("volume") > 0, pl.col("amount").is_not_null())
    odd = traded.filter(unit_odd()).with_columns(mean.alias("factor"))
    wild = odd.filter(~pl.col("factor").is_between(0.1, 10)).height > 0
    if odd.height <= UNIT_SHARE * traded.height or (odd.height == 1 and not wild):
        return
    refuse(
        table,
        frame,
        frame.select(unit_odd().fill_null(False).alias("odd"))["odd"],
        where,
        f"{odd.height} of {traded.height} rows have amount ÷ volume outside low … high "
        f"(typically × {_median(odd['factor']):.4g})",
        ("low", "high", "volume", "amount"),
        "volume in shares, amount in yuan; name other units in a column map (--map)",
    )


def refuse_context(table: Table, frame: pl.DataFrame, context: Context, *, where: str) -> None:
    """Raises DataRefused for days that were no session or are still to come, unknown kinds and unknown ids."""
    _refuse_future(table, frame, context, where)
    if table.name == "bars":
        _refuse_non_sessions(table, frame, context, where)
    if table.name == "sessions":
        _refuse_other_calendar(table, frame, context, where)
    for name, tables in table.refers.items():
        ids = frozenset().union(*(context.ids[other] for other in tables))
        unknown = frame[name].is_not_null() & ~frame[name].is_in(list(ids))
        refuse(table, frame, unknown, where, f"{name} unknown", (name,), _expected(tables, ids))


def _expected(tables: Sequence[str], ids: frozenset[str]) -> str:
    """The words of a vocabulary; of facts there are too many."""
    law = all(TABLES[name].law for name in tables)
    return " | ".join(sorted(ids)) if law else "an id of the store or of the same load"


def _refuse_future(table: Table, frame: pl.DataFrame, context: Context, where: str) -> None:
    name = table.day
    if not name:
        return
    today = context.now.date()
    future = frame[name] > today + timedelta(days=table.ahead)
    refuse(table, frame, future, where, f"{name} lies in the future", (name,), f"not after {today}")
    if context.now.time() >= CLOSE_TIME or table.name not in ("bars", "indices"):
        return
    domestic = pl.lit(True) if table.name == "bars" else is_domestic()
    unfinished = frame.select(domestic & (pl.col(name) == today))[:, 0]
    refuse(
        table, frame, unfinished, where, "the session is not over", (name,), f"rows before {today}, or load after 15:00"
    )


def _refuse_non_sessions(table: Table, frame: pl.DataFrame, context: Context, where: str) -> None:
    known = pl.Series(context.sessions, dtype=pl.Date)
    span = f"{context.sessions[0]} … {context.sessions[-1]}"
    outside = ~frame["session"].is_between(context.sessions[0], context.sessions[-1])
    refuse(table, frame, outside, where, f"session outside the known sessions {span}", ("session",), _CALENDAR)
    closed = ~frame["session"].is_in(known.implode())
    refuse(table, frame, closed, where, "the exchanges were closed that day", ("session",), "a session of the calendar")


def _refuse_other_calendar(table: Table, frame: pl.DataFrame, context: Context, where: str) -> None:
    """Where a calendar overlaps the known one, both must name the same sessions."""
    if not context.sessions or frame.is_empty():
        return
    known = pl.Series(context.sessions, dtype=pl.Date)
    weekend = frame["session"].dt.weekday() > _FRIDAY
    refuse(table, frame, weekend, where, "a session on a weekend", ("session",), "a weekday")
    every = pl.concat([known, frame["session"]]).unique().sort()
    hole = (every.diff().dt.total_days() > _LONGEST_CLOSURE).fill_null(False)
    if hole.any() and not known.is_empty():
        after, last = every.filter(hole).dt.to_string().to_list()[0], known.dt.to_string().max()
        raise DataRefused(
            f"{table.name}: a hole in the calendar", where=where, got=f"none in the days before {after}",
            expected=f"sessions at most {_LONGEST_CLOSURE} days apart, from {last!s} on",
        )  # fmt: skip
    extra = frame["session"].is_between(known.min(), known.max()) & ~frame["session"].is_in(known.implode())
    refuse(table, frame, extra, where, "not a session of the known calendar", ("session",), "the same sessions")
    inside = known.is_between(frame["session"].min(), frame["session"].max())
    missing = known.filter(inside & ~known.is_in(frame["session"].implode()))
    if missing.len():
        raise DataRefused(f"{table.name}: a known session is missing", where=where, expected=missing[0])


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


def _median(series: pl.Series) -> float:
    middle = series.median()
    return float(middle) if isinstance(middle, float) else 0.0


def _symbols(table: Table, frame: pl.DataFrame, where: str) -> pl.Series:
    """The column in one spelling; every different text is parsed once."""
    series = frame["symbol"]
    try:
        text = series.cast(pl.String)
    except pl.exceptions.PolarsError:
        got = f"cells of type {series.dtype}"
        raise DataRefused(f"{table.name}: symbol not understood", where=where, got=got, expected="text") from None
    parsed: dict[str, str] = {}
    for spelled in text.unique().drop_nulls():
        try:
            parsed[spelled] = parse_symbol(spelled)
        except UnknownSymbol as error:
            row = (text == spelled).arg_max() or 0
            place = f"{where} {row_name(frame, row)}"
            raise DataRefused(
                f"{table.name}: {error.what}", where=place, got=error.got, expected=error.expected
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


def refuse(
    table: Table, frame: pl.DataFrame, broken: pl.Series, where: str, what: str, shown: Iterable[str], expected: str
) -> None:
    """Raises DataRefused naming the first broken row, its key and what it holds."""
    broken = broken.fill_null(False)
    if not broken.any():
        return
    index = broken.arg_max() or 0
    row = frame.row(index, named=True)
    key = " ".join(str(row[name]) for name in table.told_by if name in row and row[name] is not None)
    place = f"{where} {row_name(frame, index)}" + (f", {key}" if key else "")
    got = ", ".join(f"{name} {row[name]}" for name in shown) or None
    raise DataRefused(f"{table.name}: {what}", where=place, got=got, expected=expected)
