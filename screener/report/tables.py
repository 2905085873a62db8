"""Terminal tables and the units of the screen: 亿, per cent, a dash where a value is unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from screener.core.units import UNKNOWN

Row = Mapping[str, Any]


def text(value: object) -> str:
    """Anything else, as it is."""
    if value is None:
        return UNKNOWN
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


@dataclass(frozen=True)
class Field:
    """A column of a table: key of the row, heading, how a value is written, side."""

    key: str
    heading: str
    show: Callable[[Any], str] = text
    right: bool = False
    wrap: bool = False


def console(*, stderr: bool = False) -> Console:
    """A console that honours NO_COLOR and the width of the terminal."""
    return Console(stderr=stderr, highlight=False, soft_wrap=False)


def render(fields: Sequence[Field], rows: Sequence[Row], *, title: str = "") -> RichTable:
    """Rows as a table; titles come from the internet, so cells are plain text, never markup."""
    table = RichTable(
        title=title or None, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 0)
    )
    for field in fields:
        # What does not fit is folded, never cut: a figure that lost its end is a wrong figure.
        table.add_column(
            Text(field.heading), justify="right" if field.right else "left", no_wrap=not field.wrap, overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text(field.show(row.get(field.key))) for field in fields))
    return table


def print_table(fields: Sequence[Field], rows: Sequence[Row], *, title: str = "") -> None:
    """Prints a table to stdout, and an empty line."""
    console().print(render(fields, rows, title=title), "")


def print_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Prints label and value in two columns."""
    table = RichTable(box=None, show_header=False, pad_edge=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column()
    for label, value in pairs:
        table.add_row(Text(label), Text(value))
    console().print(table)


def say(line: str = "") -> None:
    """A line of plain text to stdout."""
    console().print(Text(line))
