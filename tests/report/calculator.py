"""A small calculator for the formulas of our workbooks: evaluates every live cell from the cells it refers to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from screener.core.calendar import add_months

_EPOCH = datetime(1899, 12, 30)
_CELL = r"\$?[A-Z]{1,2}\$?\d+"
_REFERENCE = re.compile(rf"(?:(?P<sheet>'[^']+'|\w+)!)?(?P<first>{_CELL})(?::(?P<last>{_CELL}))?(?![\w(])")


def _number(value: Any) -> Any:
    return (value - _EPOCH) / timedelta(days=1) if isinstance(value, datetime) else value


def _day(serial: float) -> date:
    return (_EPOCH + timedelta(days=serial)).date()


def _half_up(value: float, digits: int) -> float:
    return float(int(abs(value) * 10**digits + 0.5) / 10**digits * (1 if value >= 0 else -1))


FUNCTIONS: dict[str, Any] = {
    "IF": lambda holds, yes, no: yes if holds else no,
    "MIN": min,
    "ROUND": _half_up,
    "SUM": lambda cells: sum(cell for cell in cells if cell is not None),
    "EDATE": lambda start, months: _number(datetime.combine(add_months(_day(start), int(months)), datetime.min.time())),
    "YEAR": lambda serial: _day(serial).year,
    "MONTH": lambda serial: _day(serial).month,
    "TRUE": True,
    "SUMIFS": lambda sums, a, a_is, b, b_is: sum(
        s or 0.0 for s, x, y in zip(sums, a, b, strict=True) if x == a_is and y == b_is
    ),
}


class Calculator:
    """The formulas of a workbook and the values stored with them; `given` replaces cells, as a user would."""

    def __init__(self, path: Path, given: dict[tuple[str, str], Any] | None = None) -> None:
        self.book, self.stored = load_workbook(path), load_workbook(path, data_only=True)
        self.given, self._done = given or {}, dict[tuple[str, str], Any]()

    def formulas(self) -> Iterator[tuple[str, str]]:
        """(sheet, cell) of every formula."""
        for sheet in self.book:
            for row in sheet.iter_rows():
                yield from ((sheet.title, cell.coordinate) for cell in row if cell.data_type == "f")

    def value(self, sheet: str, cell: str) -> Any:
        """The cell computed anew; dates as serial numbers."""
        key = (sheet, cell.replace("$", ""))
        if key not in self._done:
            content = self.given.get(key, self.book[sheet][key[1]].value)
            live = isinstance(content, str) and self.book[sheet][key[1]].data_type == "f" and key not in self.given
            self._done[key] = self._compute(sheet, content) if live else _number(content)
        return self._done[key]

    def _compute(self, here: str, formula: str) -> Any:
        for name, defined in self.book.defined_names.items():
            formula = re.sub(rf"\b{name}\b", defined.attr_text.lstrip("="), formula)
        text = _REFERENCE.sub(lambda found: self._python(here, found), formula.removeprefix("="))
        return eval(text, {"__builtins__": {}}, FUNCTIONS | {"cell": self.value, "cells": self._range})

    @staticmethod
    def _python(here: str, found: re.Match[str]) -> str:
        sheet = (found["sheet"] or here).strip("'")
        if found["last"]:
            return f"cells({sheet!r}, {found['first']!r}, {found['last']!r})"
        return f"cell({sheet!r}, {found['first']!r})"

    def _range(self, sheet: str, first: str, last: str) -> list[Any]:
        rows = self.book[sheet][f"{first}:{last}".replace("$", "")]
        return [self.value(sheet, cell.coordinate) for row in rows for cell in row]


def rows_of(path: Path, sheet: str) -> list[dict[str, Any]]:
    """Rows by heading, formulas as the values stored with them."""
    lines = load_workbook(path, data_only=True)[sheet].iter_rows(values_only=True)
    heading = next(lines)
    return [dict(zip(heading, line, strict=True)) for line in lines]
