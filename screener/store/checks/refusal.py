"""How a row is refused: one sentence that names it."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from screener.core.errors import DataRefused
from screener.core.table import LINE, Table, line_of, row_name
from screener.core.text import cut

LONGEST = 120  # characters of a cell in a refusal
_KEY = 40  # of one part of a key


def refuse(
    table: Table, frame: pl.DataFrame, broken: pl.Series, where: str, what: str, shown: Iterable[str], expected: str
) -> None:
    """Raises DataRefused naming the first broken row, its key and what it holds."""
    broken = broken.fill_null(False)
    if not broken.any():
        return
    index = broken.arg_max() or 0
    row = frame.row(index, named=True)
    key = shown_key(row[name] for name in table.told_by if name in row and row[name] is not None)
    place = f"{where} {row_name(frame, index)}" + (f", {key}" if key else "")
    got = ", ".join(cut(f"{name} {row[name]}", LONGEST) for name in shown) or None
    raise DataRefused(f"{table.name}: {what}", where=place, got=got, expected=expected, line=line_of(frame, index))


def first_of(frame: pl.DataFrame, broken: pl.Series) -> pl.DataFrame:
    """The first broken row with its LINE; of none an empty frame."""
    index = broken.fill_null(False).arg_max()
    if index is None or not broken[index]:
        return frame.clear()
    return frame[[index]].with_columns(pl.lit(line_of(frame, index), dtype=pl.Int64).alias(LINE))


def earlier(one: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """That of two rows (see `first_of`) which stands first in the file."""
    if one.is_empty() or other.is_empty():
        return other if one.is_empty() else one
    return one if abs(one[LINE][0]) <= abs(other[LINE][0]) else other


def refuse_first(table: Table, first: pl.DataFrame, where: str, what: str, shown: Iterable[str], expected: str) -> None:
    """`refuse` where the first broken row is known (see `first_of`)."""
    refuse(table, first, pl.Series([True] * first.height, dtype=pl.Boolean), where, what, shown, expected)


def shown_key(parts: Iterable[object]) -> str:
    """What names a row, however long its parts are."""
    return " ".join(cut(str(part), _KEY) for part in parts)
