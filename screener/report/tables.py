"""Terminal tables and the units of the screen: 亿, per cent, a dash where a value is unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from screener.core.text import visible
from screener.core.units import UNKNOWN

Row = Mapping[str, Any]
NARROWEST = 40  # characters
MOST = 200  # rows of a table that are printed, where nobody says more
_MOST: ContextVar[int] = ContextVar("rows of a table", default=MOST)


def text(value: object) -> str:
    """Anything else, as it is; what would act on the terminal or hide on it is written out."""
    if value is None:
        return UNKNOWN
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return visible(str(value))


@dataclass(frozen=True)
class Field:
    """A column of a table: key of the row, heading, how a value is written, side."""

    key: str
    heading: str
    show: Callable[[Any], str] = text
    right: bool = False
    wrap: bool = False


def console(*, stderr: bool = False) -> Console:
    """A console that honours NO_COLOR and the width of the terminal, as far as something can be read in it."""
    made = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if made.width < NARROWEST:
        made.width = NARROWEST
    return made


def render(fields: Sequence[Field], rows: Sequence[Row], *, title: str = "") -> RichTable:
    """Rows as a table; titles come from the internet, so cells are plain text, never markup."""
    heading = Text(visible(title), style="table.title") if title else None
    table = RichTable(
        title=heading, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 0)
    )
    for field in fields:
        # What does not fit is folded, never cut: a figure that lost its end is a wrong figure.
        table.add_column(
            Text(visible(field.heading)),
            justify="right" if field.right else "left",
            no_wrap=not field.wrap,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(visible(field.show(row.get(field.key)))) for field in fields))
    return table


def print_table(
    fields: Sequence[Field], rows: Sequence[Any], *, title: str = "", cells: Callable[[Any], Row] = dict
) -> None:
    """Prints a table to stdout, how many rows there are beyond those that are printed, and an empty line.

    `cells`: makes the cells of a row that is printed.
    """
    shown = head(rows)
    console().print(render(fields, [cells(row) for row in shown], title=title), "")
    say_more(len(rows) - len(shown), len(rows))


@contextmanager
def limited(most: int) -> Iterator[None]:
    """Within it tables and lists end after so many rows."""
    before = _MOST.set(most)
    try:
        yield
    finally:
        _MOST.reset(before)


def head(rows: Sequence[Any]) -> Sequence[Any]:
    """The rows that are printed."""
    return rows[: _MOST.get()]


def say_more(left: int, rows: int) -> None:
    """Says how many rows are not printed; nothing where all are."""
    if left > 0:
        say(f"{left:,} more rows; --rows {rows} prints them, --csv DIR writes them")


def print_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Prints label and value in two columns."""
    table = RichTable(box=None, show_header=False, pad_edge=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column()
    for label, value in pairs:
        table.add_row(Text(visible(label)), Text(visible(value)))
    console().print(table)


def say(line: str = "") -> None:
    """A line of plain text to stdout."""
    console().print(Text(visible(line)))


def say_all(lines: Iterable[str]) -> None:
    """Lines of plain text, written at once: a thousand of them one by one take longer than a screen."""
    told = [visible(line) for line in lines]
    if told:
        console().print(Text("\n".join(told)))
