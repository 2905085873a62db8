"""A list of firms out of a file of the user's: one a line, or a column `symbol` of a table.

A column `since` says from which day on a firm stands on the list. Lines that begin with # are remarks.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from screener.core.days import day_of
from screener.core.errors import DataRefused, UsageError

_SYMBOL = (
    "symbol", "code", "ts_code", "代码", "证券代码", "股票代码", "firm", "name", "名称", "简称", "证券简称",
    "证券名称", "股票名称", "公司", "公司名称",
)  # fmt: skip
_SINCE = ("since", "自", "起", "纳入日期")
_LARGEST = 1 << 20  # bytes


def read_list(path: Path) -> list[tuple[str, date | None]]:
    """(what the firm is called, since when it stands there or None), as the file has them. Raises DataRefused."""
    lines = [line for line in _text(path).splitlines() if line.strip() and not line.lstrip().startswith("#")]
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=_delimiter(lines))]
    heads = [cell.lower() for cell in rows[0]] if rows else []
    at = next((heads.index(name) for name in _SYMBOL if name in heads), None)
    since = next((heads.index(name) for name in _SINCE if name in heads), None) if at is not None else None
    body = rows if at is None else rows[1:]
    found = [(row[at or 0], _day(row, since, path)) for row in body if len(row) > (at or 0) and row[at or 0]]
    if not found:
        raise DataRefused(
            "no firm in the list", where=path.name, expected="a symbol or a name a line, or a column of them"
        )
    return found


def _text(path: Path) -> str:
    data = path.read_bytes()
    if len(data) > _LARGEST or b"\0" in data:
        got = f"{len(data):,} bytes"
        raise DataRefused("no list of firms", where=path.name, got=got, expected="a text of symbols or names")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DataRefused("no list of firms", where=path.name, got="bytes of no text", expected="UTF-8 or GB 18030")


def _delimiter(lines: list[str]) -> str:
    first = lines[0] if lines else ""
    return max(",;\t", key=first.count)


def _day(row: list[str], at: int | None, path: Path) -> date | None:
    text = row[at] if at is not None and len(row) > at else ""
    try:
        return day_of(text) if text else None
    except UsageError as error:
        raise DataRefused(
            "a day of the list not understood", where=path.name, got=text, expected=error.expected
        ) from None
