"""Headings of any provider, Chinese or English → columns of ours, by one table (data/tables/headings.csv).

1. A heading is compared in half width, small letters, without blanks, underscores and hyphens.
2. A unit in brackets, behind a colon or a percent sign is taken off: `成交量(股)`, `成交额:百万`, `涨跌幅%`.
3. What prices were adjusted to (`收盘价(前复权)`) is taken off too, and kept: only raw prices are stored.
4. The columns of our own tables are words as well; they come first.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from screener.core import adjusted
from screener.core.resources import tables_dir
from screener.core.tables import TABLES
from screener.sources.files.dates import moment
from screener.sources.files.units import UNIT_WORDS

OURS = "screener"
_BRACKET = re.compile(r"^(?P<word>.+?)[(\[【〔<](?P<inside>[^()\[\]【】〔〕<>]*)[)\]】〕>]$")
_BEHIND = re.compile(r"^(?P<word>.+?)(?:[:/](?P<inside>[^:/]+)|(?P<percent>%))$")
_LONGEST = 60  # of a heading


@dataclass(frozen=True)
class Entry:
    """What one word means: a column of a table, in which unit, in whose files."""

    column: str  # empty: known, but nothing of ours
    dataset: str  # empty: of every table that has the column
    unit: str
    sources: tuple[str, ...]
    rank: int  # of two headings for one column the lower one is taken


@dataclass(frozen=True)
class Heading:
    """A heading taken apart."""

    text: str
    word: str
    unit: str = ""
    adjusted: str = ""  # 前复权 and the like

    @property
    def known(self) -> bool:
        """True where some provider or we ourselves use this word."""
        return self.word in _words()


@lru_cache(maxsize=16384)
def heading_of(text: str) -> Heading:
    """`成交量(股)` → word 成交量, unit 股."""
    word, unit, basis = plain(text), "", ""
    while word and word not in _words():
        found = _BRACKET.match(word) or _BEHIND.match(word)
        if not found:
            break
        inside = found.groupdict().get("percent") or found["inside"]
        if inside in UNIT_WORDS:
            unit = unit or inside
        elif inside in adjusted.HEADINGS:
            basis = inside
        elif inside not in adjusted.RAW:
            break
        word = found["word"]
    if word not in _words():  # a unit without a heading we know is nobody's
        return Heading(text, plain(text))
    return Heading(text, word, unit, basis)


def plain(text: str) -> str:
    """A heading in the spelling in which headings are compared."""
    half = unicodedata.normalize("NFKC", text[: 4 * _LONGEST]).lower().replace("\ufeff", "")
    return re.sub(r"[\s_\-'\"*`]+", "", half)


def nameless(headings: Sequence[str]) -> int | None:
    """Where the index stands that pandas writes without a name: first in text, last in Parquet."""
    return next((at for at, name in enumerate(headings) if name == "__index_level_0__" or (not at and not name)), None)


def dated(headings: tuple[str, ...], at: int, first: pl.Series) -> tuple[str, ...]:
    """With the heading of a day for an index whose first cell is one."""
    is_day = first.dtype in (pl.Date, pl.Datetime) or (
        first.dtype == pl.String and not first[0].strip().isdigit() and moment(first[0].strip()) is not None
    )
    return (*headings[:at], "date", *headings[at + 1 :]) if is_day else headings


def known_cells(row: Sequence[str | None], further: Collection[str] = ()) -> int:
    """How many cells of a row are headings that are known; a row with figures or days in it is no heading row.

    `further`: plain words that a column map knows.
    """
    cells = [cell for cell in row if cell and cell.strip()]
    if any(_FIGURE.match(cell.strip()) for cell in cells):
        return 0
    short = [cell for cell in cells if len(cell) <= _LONGEST]
    return sum(heading_of(cell).known or plain(cell) in further for cell in short)


_FIGURE = re.compile(r"^-?[0-9][0-9,]*(\.[0-9]+)?%?$|^[0-9]{4}[-/.年][0-9]{1,2}[-/.月]")


def entries(word: str) -> tuple[Entry, ...]:
    """Everything a plain word may mean, best first."""
    return _words().get(word, ())


@lru_cache(maxsize=1)
def _words() -> dict[str, tuple[Entry, ...]]:
    found: dict[str, list[Entry]] = {}
    for table in TABLES.values():
        if table.loadable:
            for name in table.names:
                found.setdefault(plain(name), []).append(Entry(name, table.name, "", (OURS,), -1))
    with (tables_dir() / "headings.csv").open(encoding="utf-8", newline="") as file:
        for rank, row in enumerate(csv.DictReader(file)):
            sources = tuple(name for name in row["source"].split("|") if name)
            entry = Entry(row["column"], row["dataset"], row["unit"], sources, rank)
            found.setdefault(plain(row["word"]), []).append(entry)
    return {word: tuple(sorted(means, key=lambda one: one.rank)) for word, means in found.items()}
