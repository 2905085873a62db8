"""Tables of a web page or of XML that a program saved as "xls": rows and cells, nothing else of the page."""

from __future__ import annotations

from html.parser import HTMLParser

from screener.sources.files.grids import Grid
from screener.sources.files.text import grid_of_rows

_ROWS, _CELLS = ("tr", "row", "ss:row"), ("td", "th", "cell", "ss:cell")
_SILENT = ("script", "style")


def grid_of_markup(text: str, where: str) -> Grid:
    """All rows of all tables of the page, in order; a page without a table gives no rows."""
    reader = _Cells()
    reader.feed(text)
    reader.close()
    reader.end_row()
    return grid_of_rows(reader.rows, list(range(1, len(reader.rows) + 1)), where)


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._row: list[str] | None = None
        self._cell: list[str] | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _ROWS:
            self.end_row()
            self._row = []
        elif tag in _CELLS and self._row is not None:
            self._end_cell()
            self._row.extend([""] * (_index(attrs) - 1 - len(self._row)))
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT
        if tag in _CELLS:
            self._end_cell()
        elif tag in _ROWS:
            self.end_row()

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._silent:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._row is not None and self._cell is not None:
            self._row.append(" ".join("".join(self._cell).split()))
        self._cell = None

    def end_row(self) -> None:
        self._end_cell()
        if self._row is not None:
            self.rows.append(self._row)
        self._row = None


def _index(attrs: list[tuple[str, str | None]]) -> int:
    """SpreadsheetML leaves empty cells out and numbers the next one."""
    found = next((value for name, value in attrs if name in ("ss:index", "index")), None)
    return min(int(found), 2_000) if found and found.isascii() and found.isdigit() else 0
