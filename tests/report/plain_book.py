"""A workbook of any tables, as the commands that have no sheets of their own write it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from screener.report.sheets import Book, written


def write_tables(
    path: Path, tables: Mapping[str, Sequence[Mapping[str, Any]]], stands_on: Mapping[str, Any], lang: str = "zh"
) -> None:
    """One sheet per table and a sheet "stands on", where each number has a line of its own."""

    def fill(book: Book) -> None:
        for name, rows in tables.items():
            book.table(name, rows)
        book.stands_on(stands_on)

    written(path, fill, lang)
