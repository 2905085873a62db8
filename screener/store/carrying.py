"""Columns of any SELECT as types that a frame, JSON and a spreadsheet can hold: never another value than DuckDB's.

1. Whole numbers up to 64 bits, floats, booleans and text are carried as they are, alone or inside lists and structs.
2. Days, timestamps and decimals are carried too, and looked at afterwards (`strange`): infinity, a year outside 1…9999
   and a decimal that no float holds are told as DuckDB's own text, of the whole column.
3. Every other type (INTERVAL, MAP, BLOB, UUID, 128-bit numbers, timestamps with a time zone) is told as text.
   128-bit numbers become numbers again where they fit (`numbers`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl

_WHOLE = ("tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint")
_PLAIN = frozenset({*_WHOLE, "boolean", "float", "double", "varchar"})
_LOOKED_AT = {"date": "DATE", "timestamp": "TIMESTAMP", "timestamp_s": "TIMESTAMP", "timestamp_ms": "TIMESTAMP"}
_DIGITS = 15  # that a float holds
_WIDE = ("hugeint", "uhugeint")


def carried(kind: Any) -> str:
    """SQL name of the type that a column of DuckDB's type `kind` is carried as."""
    name = kind.id
    if name in _PLAIN or name == "decimal":
        return str(kind)
    return _LOOKED_AT.get(name) or _nested(kind)


def _nested(kind: Any) -> str:
    """As `carried`, for what is inside a list or struct: nobody looks at that afterwards."""
    if kind.id in _PLAIN:
        return str(kind)
    if kind.id == "decimal":
        return "DOUBLE" if dict(kind.children)["precision"] <= _DIGITS else "VARCHAR"
    if kind.id == "list":
        return f"{_nested(kind.children[0][1])}[]"
    if kind.id == "struct" and all(name for name, _ in kind.children):
        return "STRUCT({})".format(", ".join(f"{_quoted(name)} {_nested(each)}" for name, each in kind.children))
    return "VARCHAR"


def projection(names: Sequence[str], kinds: Sequence[Any], as_text: Collection[int]) -> str:
    """The columns of a relation, carried; those at positions `as_text` as text. Equal names get a number each."""
    cells, taken = [], set[str]()
    for at, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        free, count = name, 0
        while free.lower() in taken:
            count += 1
            free = f"{name}_{count}"
        taken.add(free.lower())
        target = "VARCHAR" if at in as_text else carried(kind)
        cells.append(f"#{at + 1}{'' if target == str(kind) else f'::{target}'} AS {_quoted(free)}")
    return ", ".join(cells)


def strange(frame: pl.DataFrame) -> list[int]:
    """Positions of columns with a value that Python's dates or floats do not hold."""
    return [at for at, column in enumerate(frame.get_columns()) if _strange(column)]


def _strange(column: pl.Series) -> bool:
    if isinstance(column.dtype, pl.Decimal) and column.dtype.scale:
        return bool((column.cast(pl.Float64).cast(pl.String).cast(column.dtype, strict=False) != column).any())
    if column.dtype == pl.Date:
        low, high = date.min.toordinal() - date(1970, 1, 1).toordinal(), date.max.toordinal() - 719163
    elif isinstance(column.dtype, pl.Datetime):
        low, high = (int((day - datetime(1970, 1, 1)).total_seconds()) * 10**6 for day in (datetime.min, datetime.max))
        high += 10**6 - 1
    else:
        return False
    numbers = column.to_physical().drop_nulls()
    return not numbers.is_between(low, high).all()


def numbers(frame: pl.DataFrame, kinds: Sequence[Any]) -> pl.DataFrame:
    """Decimals and 128-bit numbers as plain numbers, where they are the same; as text where they are not."""
    changed = []
    for column, kind in zip(frame.get_columns(), kinds, strict=True):
        if isinstance(column.dtype, pl.Decimal):
            changed.append(column.cast(pl.Float64 if column.dtype.scale else pl.Int128))
        elif kind.id in _WIDE:
            number = column.cast(pl.Int128, strict=False)
            changed.append(column if number.null_count() > column.null_count() else _narrow(number))
    return frame.with_columns(changed)


def _narrow(number: pl.Series) -> pl.Series:
    """64 bits are enough for most sums, and every writer knows them."""
    short = number.cast(pl.Int64, strict=False)
    return number if short.null_count() > number.null_count() else short


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
