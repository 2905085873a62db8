"""How a row is refused: one sentence that names it."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from screener.core.errors import DataRefused
from screener.core.table import Table, row_name
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
    raise DataRefused(f"{table.name}: {what}", where=place, got=got, expected=expected)


def shown_key(parts: Iterable[object]) -> str:
    """What names a row, however long its parts are."""
    return " ".join(cut(str(part), _KEY) for part in parts)
