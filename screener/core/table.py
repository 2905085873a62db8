"""What a table is: everything that is true of it, declared once. The tables themselves stand in `tables/`.

1. `Table.check(frame)` puts a frame into the declared shape: order, types, no missing value where one is required.
2. The store makes its DDL from the same declaration, `known` dates rows by it, `checks` refuse rows by it, markets and
   cuts loop over it: a further table is one declaration, and one without a rule for its known_at cannot be declared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from screener.core.errors import DataRefused
from screener.core.identity import Identity
from screener.core.known import Known
from screener.core.text import cut

# Where a row stands in the file it was read from: its line, or minus its number where a file has no lines. The column
# goes with the rows until they are stored.
LINE = "#line"


class Kind(StrEnum):
    """Column types; times are naive and mean Asia/Shanghai."""

    TEXT = "text"
    DATE = "date"
    TIME = "time"
    INT = "int"
    FLOAT = "float"
    FLAG = "flag"


_POLARS: Mapping[Kind, pl.DataType] = {
    Kind.TEXT: pl.String(),
    Kind.DATE: pl.Date(),
    Kind.TIME: pl.Datetime("us"),
    Kind.INT: pl.Int64(),
    Kind.FLOAT: pl.Float64(),
    Kind.FLAG: pl.Boolean(),
}


@dataclass(frozen=True)
class Column:
    """One column: its type, whether a value is required, its unit or meaning, an example for templates."""

    name: str
    kind: Kind
    required: bool
    meaning: str
    example: str = ""
    words: tuple[str, ...] = ()  # the closed list of its values, where there is one

    @property
    def dtype(self) -> pl.DataType:
        """The polars type."""
        return _POLARS[self.kind]


@dataclass(frozen=True)
class RowCheck:
    """A row is broken where `broken` is true (null: not)."""

    what: str
    broken: pl.Expr
    shown: tuple[str, ...]
    expected: str


@dataclass(frozen=True)
class Table:
    """A declared table. `key` names a fact; several versions of it differ by when they were written."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    known: Known | None = None  # how a row becomes known; None only for a log
    log: bool = False  # written by the store about itself: no facts, no provenance
    law: bool = False  # calendars, rules, vocabularies: not a question of who knew what when
    arrays: bool = False  # a market holds all of it as arrays, so that nobody needs its frame any more
    revised: bool = False  # a later version says something new; else it corrects what was read then
    backdates: bool = False  # arrays hold a row from its day on: one known later than its rule says is a revision
    packaged: bool = False  # travels with the package and seeds a store
    loadable: bool = True  # by the user
    day: str = ""  # the day a row speaks of, which may not lie in the future …
    ahead: int = 0  # … by more than these days: a firm files this evening under tomorrow's date
    identity: Identity | None = None  # where rows need not state an id; its column is the key
    stands_in: str = ""  # column that names the fact a row stands in: not known before it, nor of another firm
    refers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # column → tables one of whose ids it names
    checks: tuple[RowCheck, ...] = ()

    def __post_init__(self) -> None:
        if self.known is None and not self.log:
            raise TypeError(f"table {self.name}: how its rows become known is not declared")

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]

    @property
    def required(self) -> list[str]:
        """Names of the columns that must hold a value in every row."""
        return [column.name for column in self.columns if column.required]

    @property
    def late(self) -> pl.Expr:
        """True for a row that changes what stood before it was known."""
        if not self.backdates or self.known is None or self.known.rule is None:
            return pl.lit(value=False)
        return pl.col("known_at") > self.known.rule

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Column name → polars type."""
        return {column.name: column.dtype for column in self.columns}

    @property
    def told_by(self) -> tuple[str, ...]:
        """Columns by which two rows of one load are told apart: the key, or whom and when they speak of."""
        if self.identity is None:
            return self.key
        return "symbol", self.identity.day, self.identity.column

    def column(self, name: str) -> Column:
        """The column called `name`."""
        return next(column for column in self.columns if column.name == name)

    @property
    def closed(self) -> list[Column]:
        """Columns whose values are a closed list."""
        return [column for column in self.columns if column.words]

    @property
    def figures(self) -> list[str]:
        """Names of the columns that hold numbers."""
        return [column.name for column in self.columns if column.kind in (Kind.FLOAT, Kind.INT)]

    def empty(self) -> pl.DataFrame:
        """A frame of this shape without rows."""
        return pl.DataFrame(schema=self.schema)

    def check(self, frame: pl.DataFrame, *, where: str = "") -> pl.DataFrame:
        """`frame` in the declared shape; missing optional columns become null, further ones but LINE are dropped.

        Raises DataRefused with the first column or row that does not fit.
        """
        missing = [name for name in self.required if name not in frame.columns]
        if missing:
            raise DataRefused(f"{self.name}: columns missing", where=where, got=frame.columns, expected=missing)
        shaped = frame.select(self._cast(frame, column, where) for column in self.columns)
        for name in self.required:
            if shaped[name].null_count():
                row = shaped[name].is_null().arg_max() or 0
                place = f"{where} {row_name(frame, row)}".strip()
                raise DataRefused(f"{self.name}: {name} is empty", where=place, line=line_of(frame, row))
        return shaped.with_columns(frame[LINE]) if LINE in frame.columns else shaped

    def column_of(self, frame: pl.DataFrame, name: str, where: str) -> pl.Series:
        """One column of `frame` in its declared type. Raises DataRefused."""
        return self._cast(frame, self.column(name), where)

    def identified(self, frame: pl.DataFrame) -> pl.DataFrame:
        """`frame` with the default id where a row states none; as it is where the table's facts state their own."""
        if self.identity is None:
            return frame
        if self.identity.column not in frame.columns:
            frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(self.identity.column))
        written = [name for name in ("run", "fetched_at") if name in frame.columns][:1]
        return frame.with_columns(self.identity.default(written))

    def _cast(self, frame: pl.DataFrame, column: Column, where: str) -> pl.Series:
        if column.name not in frame.columns:
            return pl.Series(column.name, [None] * frame.height, dtype=column.dtype)
        series = frame[column.name]
        if series.dtype == column.dtype and (column.kind is not Kind.TEXT or is_tidy(series)):
            return series
        try:
            cast = _parse(series, column.kind) if series.dtype == pl.String else series.cast(column.dtype, strict=False)
            text = series.cast(pl.String, strict=False).fill_null("?").str.strip_chars()
        except pl.exceptions.PolarsError:  # a list, a struct, a duration: no cell of a table
            raise DataRefused(
                f"{self.name}: {column.name} not understood",
                where=where,
                got=f"cells of type {series.dtype}",
                expected=f"{column.kind} ({column.meaning})",
            ) from None
        lost = cast.is_null() & series.is_not_null() & (text != "")
        if lost.any():
            row = lost.arg_max() or 0
            raise DataRefused(
                f"{self.name}: {column.name} not understood",
                where=f"{where} {row_name(frame, row)}".strip(),
                got=cut(repr(series[row]), 120),
                expected=f"{column.kind} ({column.meaning})",
                line=line_of(frame, row),
            )
        return cast


def row_name(frame: pl.DataFrame, index: int) -> str:
    """How a row is called: the line of its file where that is known, else its number from 1."""
    line = line_of(frame, index)
    return f"line {line}" if line > 0 else f"row {-line}"


def line_of(frame: pl.DataFrame, index: int) -> int:
    """LINE of a row; minus its number from 1 where the frame does not say it."""
    line = frame[LINE][index] if LINE in frame.columns else None
    return -index - 1 if line is None else int(line)


def is_tidy(series: pl.Series) -> bool:
    """True for text of which no cell is empty or has blanks around it."""
    cells = without_repeats(series)
    size = cells.str.len_bytes()
    return bool((size > 0).all() and (cells.str.strip_chars().str.len_bytes() == size).all())


def without_repeats(series: pl.Series) -> pl.Series:
    """The cells that differ from the one before: of rows in order much less to look at, and every value is there."""
    return series.filter(series.ne_missing(series.shift()))


def _parse(series: pl.Series, kind: Kind) -> pl.Series:
    """Text of a CSV cell → a typed value; an empty cell is null."""
    text = series.str.strip_chars()
    text = text.set(text == "", None)
    if kind is Kind.TEXT:
        return text
    if kind is Kind.DATE:
        return text.str.to_date("%Y-%m-%d", strict=False)
    if kind is Kind.TIME:
        return text.str.replace("T", " ").str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    if kind is Kind.FLAG:
        return text.str.to_lowercase().replace_strict(
            {"true": True, "false": False, "1": True, "0": False}, default=None, return_dtype=pl.Boolean
        )
    return text.str.replace_all(",", "", literal=True).cast(_POLARS[kind], strict=False)
