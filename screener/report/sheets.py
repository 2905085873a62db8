"""Typed Excel sheets from rows: numbers as numbers, dates as dates, text always as text.

1. Headings are the keys of all rows in order of appearance; nested values become JSON text.
2. Text from the internet is written as a string, whatever it begins with; only http and https addresses become links.
3. A formula is a `Formula`: it is written with its value, so that a reader without a calculator sees the same number.
4. Only where all sheets are written does the file take its place; a failure leaves what was there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from screener.core import writing
from screener.core.answer import opened
from screener.core.errors import ScreenerError
from screener.core.text import cut, visible

Row = Mapping[str, Any]
MAX_ROWS, MAX_TEXT, MAX_URL, MAX_NAME = 1_048_576, 32_767, 2_079, 31
EXACT_INT = 2**53  # Excel holds every number as a double
_WIDTHS = (8, 60)
_FORMATS = {
    "heading": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"},
    "date": {"num_format": "yyyy-mm-dd"},
    "time": {"num_format": "yyyy-mm-dd hh:mm"},
    "money": {"num_format": "#,##0.00"},
    "share": {"num_format": "0.00%"},
    "number": {"num_format": "General"},
    "link": {"font_color": "blue", "underline": 1},
    "input": {"bg_color": "#FFF2CC"},
    "input_date": {"bg_color": "#FFF2CC", "num_format": "yyyy-mm-dd"},
}
_MONEY = ("_cny", "amount", "commission", "stamp_duty", "transfer_fee", "slippage", "equity", "cash", "yuan", "price")
_DATES = ("start", "end")
_SHARES = (
    "score", "_to_cap", "_share", "share_left", "return", "volatility", "drawdown", "alpha", "rate", "relative",
    "so_far", "weight",
)  # fmt: skip


@dataclass(frozen=True)
class Formula:
    """A live cell: the formula in Excel's English and the value it has now (None: empty)."""

    text: str
    value: float | None


@dataclass(frozen=True)
class Link:
    """Text that opens an address; plain text where the address is missing or neither http nor https."""

    text: str
    url: str | None


def is_web_address(url: str | None) -> bool:
    """True for an http or https address that Excel can hold."""
    if not url or len(url) > MAX_URL or any(c.isspace() or ord(c) < 32 for c in url):
        return False
    return url.lower().startswith(("http://", "https://"))


class Book:
    """One workbook being written; use `written`."""

    def __init__(self, path: Path) -> None:
        import xlsxwriter  # only a run that asks for Excel needs it

        self.file = xlsxwriter.Workbook(
            str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        )
        self.formats = {name: self.file.add_format(spec) for name, spec in _FORMATS.items()}
        self._names: set[str] = set()

    def sheet(self, name: str) -> Any:
        """An empty sheet of that name, made fit for Excel."""
        kept = "".join("_" if c in "[]:*?/\\'" else c for c in visible(name))[:MAX_NAME] or "sheet"
        number, unique = 2, kept
        while unique.lower() in self._names:
            unique, number = f"{kept[: MAX_NAME - 4]} {number}", number + 1
        self._names.add(unique.lower())
        return self.file.add_worksheet(unique)

    def table(self, name: str, rows: Sequence[Row], headings: Sequence[str] | None = None) -> Any:
        """A sheet with a heading row, a filter and the rows; returns it."""
        keys = list(headings or dict.fromkeys(key for row in rows for key in row))
        if len(rows) >= MAX_ROWS:
            raise ScreenerError("too many rows for Excel", where=name, got=len(rows), next_step="use --csv instead")
        sheet = self.sheet(name)
        for column, key in enumerate(keys):
            sheet.write_string(0, column, _fit(key.replace("_", " ")), self.formats["heading"])
            for line, row in enumerate(rows, start=1):
                self.cell(sheet, line, column, row.get(key), key)
            sheet.set_column(column, column, _width(key, [row.get(key) for row in rows[:200]]))
        sheet.freeze_panes(1, 0)
        if keys and rows:
            sheet.autofilter(0, 0, len(rows), len(keys) - 1)
        return sheet

    def cell(self, sheet: Any, line: int, column: int, value: Any, key: str = "", style: str = "") -> None:
        """One cell by the type of its value; None and NaN stay empty."""
        value = simple(value)
        look = self.formats[style or _style(key, value)]
        if value is None:
            return
        if isinstance(value, Formula):
            cached = "" if value.value is None else value.value
            sheet.write_formula(line, column, value.text, look, cached)
        elif isinstance(value, Link):
            self._link(sheet, line, column, value)
        elif isinstance(value, bool):
            sheet.write_boolean(line, column, value)
        elif isinstance(value, (int, float)):
            sheet.write_number(line, column, value, look)
        elif isinstance(value, (date, datetime)):
            sheet.write_datetime(line, column, value, look)
        else:
            sheet.write_string(line, column, _fit(str(value)))

    def _link(self, sheet: Any, line: int, column: int, link: Link) -> None:
        if is_web_address(link.url):
            sheet.write_url(line, column, link.url, self.formats["link"], _fit(link.text) or link.url)
        else:
            sheet.write_string(line, column, _fit(link.text))

    def pairs(self, name: str, values: Mapping[str, Any]) -> Any:
        """A sheet of names and values, one pair a line."""
        sheet = self.sheet(name)
        for line, (key, value) in enumerate(values.items()):
            sheet.write_string(line, 0, _fit(key.replace("_", " ")), self.formats["heading"])
            self.cell(sheet, line, 1, value)
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, _WIDTHS[1])
        return sheet


def written(path: Path, fill: Callable[[Book], None]) -> None:
    """Writes a workbook: `fill` makes the sheets. Raises ScreenerError where the file cannot be written."""
    from xlsxwriter.exceptions import FileCreateError

    if path.suffix.lower() != ".xlsx":
        raise ScreenerError("not the name of a workbook", got=path.name, expected="a name that ends in .xlsx")

    def filled(draft: Path) -> None:
        book = Book(draft)
        fill(book)
        try:
            book.file.close()
        except FileCreateError as error:
            raise error.args[0] if isinstance(error.args[0], OSError) else OSError(str(error)) from None

    writing.written(path, filled, kind="xlsx")


def write_tables(path: Path, tables: Mapping[str, Sequence[Row]], stands_on: Mapping[str, Any]) -> None:
    """One sheet per table and a sheet "stands on", where each number has a line of its own."""

    def fill(book: Book) -> None:
        for name, rows in tables.items():
            book.table(name, rows)
        book.pairs("stands on", opened(stands_on))

    written(path, fill)


def simple(value: Any) -> Any:
    """Any value → what one cell can hold: numpy numbers as numbers, nested values as JSON text, NaN as nothing."""
    if isinstance(value, (Formula, Link)):
        return value
    if isinstance(value, Enum):
        value = value.value
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item() if getattr(value, "ndim", 0) == 0 else value.tolist()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) > EXACT_INT:
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return _json(value)
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _json(value: Any) -> str:
    if isinstance(value, Mapping):
        return json.dumps({str(key): simple(item) for key, item in value.items()}, ensure_ascii=False, default=str)
    items = [simple(item) for item in value]
    if all(isinstance(item, str) for item in items):
        return " ".join(items)
    return json.dumps(items, ensure_ascii=False, default=str)


def _style(key: str, value: Any) -> str:
    if isinstance(value, datetime):
        return "time"
    if isinstance(value, date) or (isinstance(value, Formula) and key in _DATES):
        return "date"
    if any(part in key for part in _MONEY):
        return "money"
    if any(part in key for part in _SHARES):
        return "share"
    return "number"


def _fit(text: str) -> str:
    return cut(visible(text), MAX_TEXT)


def _width(key: str, values: Sequence[Any]) -> int:
    longest = max([len(key), *(_columns(value) for value in values)])
    return min(max(longest + 2, _WIDTHS[0]), _WIDTHS[1])


def _columns(value: Any) -> int:
    if isinstance(value, Link):
        value = value.text
    if isinstance(value, str):
        return sum(2 if east_asian_width(c) in "WF" else 1 for c in value[: _WIDTHS[1]])
    return 16 if isinstance(value, (float, datetime, Formula)) else 10
