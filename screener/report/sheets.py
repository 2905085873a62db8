"""A workbook being written: sheets of rows with headings, filters and print set-up, charts, what it stands on.

1. The first sheet is the answer: title, stamps, the figures that matter, a chart; the workbook opens on it.
2. Text from the internet is written as a string, whatever it begins with; only http and https addresses become links.
3. A formula is written with its value, so that a reader without a calculator sees the same number.
4. Each sheet prints on few A4 pages: as wide as the page, headings repeated, stamps above, page n of m below.
5. Only where all sheets are written does the file take its place; a failure leaves what was there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from pathlib import Path
from typing import Any

from screener.core import writing
from screener.core.answer import opened
from screener.core.errors import ScreenerError
from screener.core.text import visible
from screener.report.cells import WIDTHS, Formula, Link, Row, fit, formats, is_web_address, lines, look, simple, width
from screener.report.headings import heading, said, sheet_name, word
from screener.report.words import checked, spoken, told

MAX_ROWS, MAX_NAME = 1_048_576, 31
STANDS_ON = "stands on"
_AS_THEY_ARE = ("query",)  # the user's own columns
_A4, _ROWS_A_PAGE, _NARROW = 9, 70, 7
_BARS = ("score", "remaining_cny", "share", "hit_rate", "deflated_sharpe")
# Of wide tables the columns that are read first; the others are folded away, one click off, and not printed.
_FIRST = {
    "screen": "symbol firm rank score score_low score_high backlog_cny market_cap_cny price_cny total_shares coverage "
    "contracts announced_cny reason",
    "contracts": "symbol firm commitment_id title event_date kind announced_cny kept_share term_months start end "
    "share_left remaining_cny counted reason",
    "ratings": "subject broker rating report_date benchmark status reading horizon_end relative_return band hit "
    "so_far_low so_far_high so_far_date reason",
    "lines": "subject broker rating report_date benchmark standing so_far_low so_far_high so_far_date today "
    "month_6_due month_6_return month_6_band month_12_due month_12_return month_12_band",
    "records": "by name reading ratings n hits hit_rate low high n_effective base_rate skill verdict",
    "scorecards": "reading ratings n hits n_effective hit_rate wilson_low wilson_high base_rate skill note",
    "diff": "symbol firm status score_before score_after log_change new_cny ended_cny burned_cny re_read_cny log_price "
    "log_shares",
    "events_events": "kind symbol firm announcements event_date day0 car scar estimation_days beta flags",
}
_WIDE = 17
LINE = 16  # points


@dataclass(frozen=True)
class Drawing:
    """A chart over columns of a table that is in the workbook."""

    shape: str  # line | bar | column
    caption: str  # its key among the captions
    table: str
    x: tuple[str, ...]  # columns side by side
    y: tuple[str, ...]
    rows: int | None = None  # the first so many
    log: tuple[float, float] | None = None  # ends of a log axis of base 2
    stacked: bool = False
    across: bool = False  # one series: the last row, over the columns from the first to the last of `y`
    look: str = "General"


class Book:
    """One workbook being written; use `written`."""

    def __init__(self, path: Path, lang: str = "zh", stamps: Sequence[str] = (), foot: str = "") -> None:
        import xlsxwriter  # only a run that asks for Excel needs it

        self.file = xlsxwriter.Workbook(
            str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        )
        self.file.set_properties({"company": writing.ANSWER})
        self.lang, self.foot = checked(lang), told(foot)
        self.stamps = tuple(told(line) for line in stamps)
        self.formats = {name: self.file.add_format(spec) for name, spec in formats(lang).items()}
        self.held: dict[str, tuple[Any, dict[str, int], int]] = {}  # table → sheet, key → column, rows
        self._names: set[str] = set()

    def sheet(self, name: str) -> Any:
        """An empty sheet of a table, named in the language and made fit for Excel."""
        named = sheet_name(name, self.lang)
        kept = "".join("_" if c in "[]:*?/\\'" else c for c in visible(named))[:MAX_NAME] or "sheet"
        number, unique = 2, kept
        while unique.lower() in self._names:
            unique, number = f"{kept[: MAX_NAME - 4]} {number}", number + 1
        self._names.add(unique.lower())
        return self.file.add_worksheet(unique)

    def called(self, name: str) -> str:
        """A sheet as a formula names it, in quotes."""
        return f"'{sheet_name(name, self.lang)}'"

    def table(self, name: str, rows: Sequence[Row], headings: Sequence[str] | None = None, top: int = 0) -> Any:
        """A sheet with a heading row, a filter and the rows; returns it."""
        keys = list(headings or dict.fromkeys(key for row in rows for key in row))
        if len(rows) >= MAX_ROWS:
            raise ScreenerError("too many rows for Excel", where=name, got=len(rows), next_step="use --csv instead")
        sheet = self.sheet(name)
        self.held[name] = sheet, {key: at for at, key in enumerate(keys)}, len(rows)
        self.rows(sheet, name, rows, keys, top)
        self._folded(sheet, name, rows, keys)
        sheet.freeze_panes(1, _frozen(keys))
        if keys and rows:
            sheet.autofilter(0, 0, len(rows), len(keys) - 1)
        self.printed(sheet, name, len(rows), len(keys))
        return sheet

    def rows(self, sheet: Any, name: str, rows: Sequence[Row], keys: Sequence[str], top: int = 0) -> None:
        """The heading at line `top` and the rows below it, with bars where a column is compared."""
        titled = "title" in keys and "url" in keys
        for column, key in enumerate(keys):
            head = key if name in _AS_THEY_ARE else heading(key, self.lang)
            numbers = next((isinstance(simple(row[key]), (int, float, Formula)) for row in rows if row.get(key)), False)
            sheet.write_string(top, column, fit(head), self.formats["heading_right" if numbers else "heading"])
            for line, row in enumerate(rows, start=top + 1):
                value = row.get(key)
                if titled and key == "title" and not isinstance(value, Link):
                    value = Link(str(value or ""), row.get("url"))
                self.cell(sheet, line, column, self._worded(_key_of(row, key), value), _key_of(row, key), table=name)
            if key in _BARS and sum(bool(simple(row.get(key))) for row in rows) > 1:
                bar = {"type": "data_bar", "bar_color": "#9DC3E6"}
                sheet.conditional_format(top + 1, column, top + len(rows), column, bar)

    def _worded(self, key: str, value: Any) -> Any:
        if key == "figure" and isinstance(value, str):
            return heading(value, self.lang) if self.lang == "zh" else value
        return word(key, value, self.lang) if isinstance(value, str) else value

    def _folded(self, sheet: Any, name: str, rows: Sequence[Row], keys: Sequence[str]) -> None:
        """Widths and heights; columns of a wide table that are not read first are folded away."""
        first = set(_FIRST.get(name, "").split()) if len(keys) >= _WIDE or name in ("diff", "events_events") else set()
        seen = {key for key in keys if not first or key in first}
        wide = self.widths(rows, keys)
        for column, key in enumerate(keys):
            away = {} if key in seen else {"level": 1, "hidden": True}
            sheet.set_column(column, column, wide[key], None, away)
        self.heights(sheet, rows, {key: wide[key] for key in keys if key in seen})

    def widths(self, rows: Sequence[Row], keys: Sequence[str]) -> dict[str, int]:
        """Key → characters of its column."""
        shown = [[simple(self._worded(key, row.get(key))) for row in rows[:200]] for key in keys]
        return {key: width(heading(key, self.lang), values) for key, values in zip(keys, shown, strict=True)}

    def heights(self, sheet: Any, rows: Sequence[Row], wide: Mapping[str, int], top: int = 0) -> None:
        """Rows of folded text are as high as it: not every program does that when it opens a file."""
        for line, row in enumerate(rows, start=top + 1):
            most = max((lines(row.get(key), characters) for key, characters in wide.items()), default=1)
            if most > 1:
                sheet.set_row(line, LINE * most)

    def cell(
        self, sheet: Any, line: int, column: int, value: Any, key: str = "", style: str = "", table: str = ""
    ) -> None:
        """One cell by the type of its value; None and NaN stay empty."""
        value = simple(value)
        if value is None:
            return
        shown = self.formats[style or look(key, value, table)]
        if isinstance(value, Formula):
            cached = "" if value.value is None else value.value
            sheet.write_formula(line, column, value.text, shown, cached)
        elif isinstance(value, Link):
            self._link(sheet, line, column, value)
        elif isinstance(value, bool):
            sheet.write_boolean(line, column, value)
        elif isinstance(value, (int, float)):
            sheet.write_number(line, column, value, shown)
        elif isinstance(value, (date, datetime)):
            sheet.write_datetime(line, column, value, shown)
        else:
            sheet.write_string(line, column, fit(str(value)), shown)

    def _link(self, sheet: Any, line: int, column: int, link: Link) -> None:
        if is_web_address(link.url):
            sheet.write_url(line, column, link.url, self.formats["link"], fit(link.text) or link.url)
        elif link.text:
            sheet.write_string(line, column, fit(link.text), self.formats["long"])

    def stands_on(self, values: Mapping[str, Any]) -> Any:
        """The last sheet: stamps, then every name and value an answer rests on, one pair a line."""
        sheet, cells = self.sheet(STANDS_ON), opened(values)
        stamps = [("stamp", line) for line in self.stamps]
        for line, (key, value) in enumerate([*cells.items(), *stamps]):
            sheet.write_string(line, 0, fit(heading(key, self.lang)), self.formats["heading"])
            style = "stamp" if key == "stamp" else ""
            self.cell(sheet, line, 1, self._worded(key, value), key, style=style)
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 1, WIDTHS[1] + 30)
        self.printed(sheet, STANDS_ON, len(cells), 2)
        return sheet

    def printed(self, sheet: Any, name: str, rows: int, columns: int, *, pages: int = 0) -> None:
        """How a sheet prints: as wide as a page, on as few as can be read."""
        narrow = columns <= _NARROW
        sheet.set_portrait() if narrow else sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.set_margins(0.4, 0.4, 0.7, 0.6)
        sheet.fit_to_pages(1, pages or max(1, ceil(rows / (_ROWS_A_PAGE * (1.6 if narrow else 1)))))
        if not pages:
            sheet.repeat_rows(0)
        marks = " · ".join(_mark(line) for line in self.stamps if _mark(line))
        sheet.set_header(f"&L&9{_escaped(sheet_name(name, self.lang))}&R&9{_escaped(marks)}")
        sheet.set_footer(f"&L&8{_escaped(self.foot)[:150]}&R&9{said('titles', 'page', self.lang)}")

    def chart(self, drawing: Drawing, *, size: tuple[int, int] = (900, 340)) -> Any:
        """The chart of columns of a table; None where the table has no rows."""
        sheet, columns, count = self.held.get(drawing.table, (None, {}, 0))
        last = min(count, drawing.rows or count)
        if sheet is None or not last or not set(drawing.x) | set(drawing.y) <= columns.keys():
            return None
        kind = {"type": drawing.shape} | ({"subtype": "stacked"} if drawing.stacked else {})
        chart = self.file.add_chart(kind)
        for series in _series(sheet.get_name(), columns, last, drawing):
            chart.add_series(series | ({"line": {"width": 1.5}} if drawing.shape == "line" else {"gap": 60}))
        _axes(chart, drawing)
        chart.set_title({"name": said("charts", drawing.caption, self.lang), "name_font": {"size": 11}})
        chart.set_size({"width": size[0], "height": size[1]})
        many = len(drawing.y) > 1 and not drawing.across
        chart.set_legend({"position": "bottom"} if many else {"none": True})
        return chart


def _series(sheet: str, columns: Mapping[str, int], last: int, drawing: Drawing) -> list[dict[str, Any]]:
    """What a chart draws: a series for each column, or one along the last row."""
    if drawing.across:
        first, end = columns[drawing.y[0]], columns[drawing.y[-1]]
        return [{"categories": [sheet, 0, first, 0, end], "values": [sheet, last, first, last, end]}]
    named = [sheet, 1, columns[drawing.x[0]], last, columns[drawing.x[-1]]]
    return [
        {"name": [sheet, 0, at], "categories": named, "values": [sheet, 1, at, last, at]}
        for at in (columns[key] for key in drawing.y)
    ]


def _axes(chart: Any, drawing: Drawing) -> None:
    value: dict[str, Any] = {
        "num_format": drawing.look,
        "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}},
    }
    if drawing.log:
        value |= {
            "log_base": 2,
            "min": drawing.log[0],
            "max": drawing.log[1],
            "crossing": drawing.log[0],
            "major_unit": 2,
        }
    named: dict[str, Any] = {"label_position": "low"}
    if drawing.x == ("session",):
        named |= {"date_axis": True, "num_format": "yyyy-mm", "major_unit": 3, "major_unit_type": "months"}
    if drawing.shape == "bar":  # the first row on top
        named["reverse"] = True
        chart.set_y_axis(named)
        chart.set_x_axis(value)
    else:
        chart.set_x_axis(named)
        chart.set_y_axis(value)


def _key_of(row: Row, key: str) -> str:
    """A value in a row of a figure looks as that figure does."""
    return str(row["figure"]) if "figure" in row and key in ("value", "low", "high", "se") else key


def _frozen(keys: Sequence[str]) -> int:
    """Columns that stay in sight: the name a row goes by."""
    return 2 if list(keys[:2]) == ["symbol", "firm"] else 1 if len(keys) >= _WIDE else 0


def _mark(line: str) -> str:
    """SYNTHETIC, HINDSIGHT: the word of a stamp that no page may lack."""
    return next((mark for mark in ("SYNTHETIC", "HINDSIGHT") if mark in line), "")


def _escaped(text: str) -> str:
    return visible(text).replace("&", "&&")


def written(path: Path, fill: Callable[[Book], None], lang: str = "zh", stands_on: Any = None) -> None:
    """Writes a workbook: `fill` makes the sheets. `stands_on`: whose stamps each page carries.

    Raises ScreenerError where the file cannot be written.
    """
    from xlsxwriter.exceptions import FileCreateError

    if path.suffix.lower() != ".xlsx":
        raise ScreenerError("not the name of a workbook", got=path.name, expected="a name that ends in .xlsx")

    def filled(draft: Path) -> None:
        book = Book(draft, lang, *((stands_on.stamps, stands_on.line) if stands_on else ()))
        fill(book)
        try:
            book.file.close()
        except FileCreateError as error:
            raise error.args[0] if isinstance(error.args[0], OSError) else OSError(str(error)) from None

    with spoken(lang):
        writing.written(path, filled, kind="xlsx")
