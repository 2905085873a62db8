"""Rows right below the headings that still belong to them: units, a second language, whose the columns are.

1. A row of units (`元`, `万股`) says the unit of each heading.
   So does a line above the table: `单位：万元`.
2. A row of nothing but headings that are known is the same in another language, and left out.
3. A row of codes (yfinance writes one) says whose the columns are: all of one firm, or the file is refused. A row with
   the word for the day alone may follow it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from screener.sources.files.codes import Sort, code_of
from screener.sources.files.headings import entries, heading_of, known_cells, plain
from screener.sources.files.outcome import refused
from screener.sources.files.units import UNIT_WORDS

Row = Sequence[str | None]
_MOST = 3  # rows below the headings that are looked at
_UNITS = re.compile(r"单位\s*[:：]\s*([^\s()（）;；]+)")
_MONEY, _SHARES = {"amount"}, {"volume", "total_shares", "float_shares"}
_FEWEST = 3  # known headings that make a second heading row
_NAMELESS = ("", "price", "ticker", "attributes", "variable")  # over the column of days, where codes are a row


@dataclass(frozen=True)
class Head:
    """The headings of a table, how many rows of the grid they take, and the code they name."""

    headings: tuple[str, ...]
    height: int = 1
    whose: str = ""
    again: bool = False  # a second heading row was left out


def head_of(rows: Sequence[Row], where: str) -> Head:
    """The head of a table; `rows`: the heading row and what stands below. Raises DataRefused for several firms."""
    found = Head(tuple((cell or "").strip() for cell in rows[0]))
    for below in rows[1 : _MOST + 1]:
        more = _more(found, [(cell or "").strip() for cell in below], where)
        if more is None:
            break
        found = more
    return found


def with_units(headings: Sequence[str], titles: Sequence[str]) -> tuple[str, ...]:
    """Headings with the unit that a line above the table says (`单位：万元`), where they have none of their own."""
    said = [word for title in titles for found in _UNITS.findall(title) for word in re.split(r"[、,，/和及]", found)]
    units = [plain(word) for word in said if plain(word) in UNIT_WORDS]
    return tuple(_with_unit(name, units) for name in headings)


def _with_unit(name: str, units: Sequence[str]) -> str:
    heading = heading_of(name)
    columns = {one.column for one in entries(heading.word)}
    for columns_, sign in ((_MONEY, "元"), (_SHARES, "股")):
        fitting = [unit for unit in units if sign in unit]
        if len(fitting) == 1 and not heading.unit and columns & columns_:
            return f"{name}({fitting[0]})"
    return name


def _more(head: Head, said: list[str], where: str) -> Head | None:
    """The head with one more row; None where the row is none of it."""
    full = [cell for cell in said if cell]
    if not full:
        return None
    height = head.height + 1
    if all(plain(cell.strip("()（）")) in UNIT_WORDS for cell in full):
        joined = (
            f"{name}({unit.strip('()（）')})" if unit else name for name, unit in zip(head.headings, said, strict=False)
        )
        return Head((*joined, *head.headings[len(said) :]), height, head.whose, head.again)
    if plain(head.headings[0]) in _NAMELESS and len(full) == 1 and said[0] and heading_of(said[0]).known:
        return Head((said[0], *head.headings[1:]), height, head.whose, head.again)
    if known_cells(full) == len(full) >= _FEWEST:
        return Head(head.headings, height, head.whose, again=True)
    codes = [cell for cell in said[1:] if cell]
    if plain(head.headings[0]) in _NAMELESS and len(codes) > 1 and all(_is_code(cell) for cell in codes):
        if len(set(codes)) > 1:
            got = ", ".join(dict.fromkeys(codes))
            raise refused(where, "several firms side by side", got=got, expected="a row for each firm and day")
        return Head(head.headings, height, codes[0], head.again)
    return None


def _is_code(cell: str) -> bool:
    return len(cell) > 5 and code_of(cell).sort is not Sort.WRONG
