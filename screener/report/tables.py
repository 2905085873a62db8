"""Terminal tables and the units of the screen: 亿, per cent, a dash where a value is unknown.

What a table does where the screen is narrow stands in `fitting`. Signs have the colours of the reader's market: red
rises and green falls in Chinese, the other way round in English; NO_COLOR and pipes get none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rich.cells import cell_len

from screener.core.stands_on import first_of
from screener.core.text import visible
from screener.core.units import UNKNOWN, signed_percent
from screener.report.fitting import EXTRA, Column, Fitted, fitted, folded
from screener.report.lines import Line, Screen, screen
from screener.report.words import language, told

Row = Mapping[str, Any]
MOST = 200  # rows of a table that are printed, where nobody says more
_MOST: ContextVar[int] = ContextVar("rows of a table", default=MOST)
_NAMED = 3  # columns of wide screens that are named where they are left out; all others are
_RISING = {"zh": ("red", "green"), "en": ("green", "red")}  # 红涨绿跌, and the other way round
STAMP = "bold yellow"


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


def count(n: int | None) -> str:
    """How many there are."""
    return UNKNOWN if n is None else f"{n:,}"


@dataclass(frozen=True)
class Field:
    """A column of a table: key of the row, heading, how a value is written, side, whether its text may be folded.

    drop: 0 is always shown, else the greatest is left out first where the screen is narrow; from EXTRA on the column
    is there for wide screens only. said: its cells are words of the program, told in the language of the reader.
    name: its heading is a name of the data, left as it is. style: a colour of rich for a value.
    """

    key: str
    heading: str
    show: Callable[[Any], str] = text
    right: bool = False
    wrap: bool = False
    drop: int = 0
    said: bool = False
    name: bool = False
    style: Callable[[Any], str] | None = None

    def column(self, rows: Sequence[Row]) -> Column:
        """The column as it would be printed; titles come from the internet, so what hides in them is written out."""
        cells = [visible(self.show(row.get(self.key))) for row in rows]
        heading = self.heading if self.name else told(self.heading)
        return Column(visible(heading), [told(cell) for cell in cells] if self.said else cells, self.wrap, self.drop)

    def colour(self, value: object, shown: str) -> str:
        """The style of a cell."""
        if self.style is not None:
            return self.style(value)
        return sign_style(shown) if self.show is signed_percent else ""


def sign_style(shown: str) -> str:
    """The colour of a figure with a sign; none for what is zero or no figure."""
    if shown[:1] not in ("+", "-") or not any(digit in "123456789" for digit in shown):
        return ""
    up, down = _RISING[language()]
    return up if shown.startswith("+") else down


def print_table(
    fields: Sequence[Field],
    rows: Sequence[Any],
    *,
    title: str = "",
    cells: Callable[[Any], Row] = dict,
    empty: str = "",
) -> None:
    """Prints a table to stdout, how many rows there are beyond those that are printed, and an empty line.

    `cells`: makes the cells of a row that is printed. `empty`: the sentence in place of a table without rows.
    """
    if not rows:
        say(empty or (f"{title}: none" if title else "nothing to show"))
        return
    made = [cells(row) for row in head(rows)]
    columns, shown = [field.column(made) for field in fields], screen()
    fit = fitted(columns, shown.width)
    if title:
        for part in folded(visible(told(title)), shown.width):
            shown.put(Line(part, "table.title"))
    drawn = _grid(fields, columns, made, fit) if fit.widths else _cards(fields, columns, made, shown.width, fit)
    for line in drawn:
        shown.put(line)
    say()
    say_more(len(rows) - len(made), len(rows))
    _say_left_out(fit, columns)


def _grid(fields: Sequence[Field], columns: Sequence[Column], rows: Sequence[Row], fit: Fitted) -> Iterator[Line]:
    headings = [folded(columns[at].heading, width) for at, width in zip(fit.kept, fit.widths, strict=True)]
    gap = " " * fit.gap
    styles = ["table.header"] * len(fit.kept)
    yield from _lines([fields[at].right for at in fit.kept], headings, fit.widths, gap, styles)
    yield Line("─" * (sum(fit.widths) + fit.gap * (len(fit.widths) - 1)))
    for n, row in enumerate(rows):
        texts = [columns[at].cells[n] for at in fit.kept]
        styles = [fields[at].colour(row.get(fields[at].key), shown) for at, shown in zip(fit.kept, texts, strict=True)]
        cells = [folded(shown, width) for shown, width in zip(texts, fit.widths, strict=True)]
        yield from _lines([fields[at].right for at in fit.kept], cells, fit.widths, gap, styles)


def _lines(
    right: Sequence[bool], cells: Sequence[list[str]], widths: Sequence[int], gap: str, styles: Sequence[str]
) -> Iterator[Line]:
    """The lines of a row: as many as its tallest cell has."""
    for n in range(max(map(len, cells), default=0)):
        line = Line()
        for at, cell in enumerate(cells):
            shown = cell[n] if n < len(cell) else ""
            space = " " * max(0, widths[at] - cell_len(shown))
            line.append(gap if at else "")
            line.append(space if right[at] else "")
            line.append(shown, styles[at])
            line.append("" if right[at] else space)
        line.rstrip()
        yield line


def _cards(
    fields: Sequence[Field], columns: Sequence[Column], rows: Sequence[Row], width: int, fit: Fitted
) -> Iterator[Line]:
    """Each row as lines of label and value, an empty line between rows."""
    label = max(cell_len(columns[at].heading) for at in fit.kept)
    label = min(label, width // 2)
    yield Line("─" * width)
    for n, row in enumerate(rows):
        if n:
            yield Line()
        for at in fit.kept:
            shown = columns[at].cells[n]
            style = fields[at].colour(row.get(fields[at].key), shown)
            if shown:
                yield from _labelled(columns[at].heading, shown, label, width, style)


def _labelled(heading: str, shown: str, label: int, width: int, style: str = "") -> Iterator[Line]:
    """A label, and its value beside it; where that would break the value, below it."""
    column = Column("", [shown], prose=True)
    beside = min(column.least, width - 2) <= width - label - 2
    room, indent = (width - label - 2, label + 2) if beside else (width - 2, 2)
    names, values = folded(heading, label if beside else width), folded(shown, room, paths=False)
    if not beside:
        yield from (Line(name) for name in names)
        names = []
    for n in range(max(len(names), len(values))):
        name = names[n] if n < len(names) else ""
        line = Line(name + " " * max(0, indent - cell_len(name)))
        line.append(values[n] if n < len(values) else "", style)
        line.rstrip()
        yield line


def _say_left_out(fit: Fitted, columns: Sequence[Column]) -> None:
    """Which columns have no room, the most important first; many of those of wide screens are counted."""
    names = [columns[at].heading for at in sorted(fit.left_out, key=lambda at: columns[at].drop)]
    if names:
        named = max(_NAMED, sum(columns[at].drop < EXTRA for at in fit.left_out))
        told_names = first_of(names, named)
        say(f"not shown at this width: {told_names}: a wider terminal, or --csv DIR, has them")
        say()


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
    """Prints label and value in two columns; where there is no room for that, the value below its label."""
    onto = screen()
    shown = [(visible(told(label)), visible(told(value))) for label, value in pairs]
    label = min(max(cell_len(name) for name, _ in shown), onto.width // 2)
    for name, value in shown:
        for line in _labelled(name, value, label, onto.width):
            onto.put(line)


def say(line: str = "", *, style: str = "") -> None:
    """A line of plain text to stdout, folded where the terminal ends."""
    _say(screen(), line, style)


def say_all(lines: Iterable[str]) -> None:
    """Lines of plain text: on one screen, as a terminal is asked for its width each time."""
    onto = screen()
    for line in lines:
        _say(onto, line)


def _say(onto: Screen, line: str, style: str = "") -> None:
    for part in folded(visible(told(line)), onto.width, paths=False):
        onto.put(Line(part, style))
