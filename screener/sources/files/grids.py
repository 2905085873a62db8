"""A grid of cells → a table: title lines, heading row, rows and footers, each row with the line a spreadsheet shows.

1. The heading row is the one of the first forty with most known words; what stands above it are title lines.
2. From below, rows that are a remark are footers: a source, a note, a sum, one cell of words.
3. A row with fewer or more fields than the heading is refused with its line: a half-written file is no file.
4. A heading row that stands again further down is left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from screener.core.text import listed
from screener.sources.files.headings import heading_of, known_cells
from screener.sources.files.heads import head_of, with_units
from screener.sources.files.outcome import Note, NotOurs, Skipped, refused

_LOOKED_AT = 40
_REMARK = re.compile(
    r"(数据|资料|信息)?来源|source|data\s*(source|by)|注[:：释]?|备注|说明|合计|总计|小计|共计|共[0-9]+|平均|total|sum\b"
    r"|通达信|东方财富|同花顺|choice|wind|万得|大智慧|聚宽|免责|声明|copyright|©|导出|更新|http|--+$|\*+$|※|end\b|eof\b",
    re.IGNORECASE,
)
_VALUE = re.compile(r"[-+¥￥]?[0-9.,:/\-年月日 T#]+|[A-Za-z]{0,4}[.#:]?[0-9]{6}(\.[A-Za-z]{2,4})?")


@dataclass(frozen=True)
class Grid:
    """Cells as text (columns c0, c1 …), the line of each row, and how many fields a row of a text file has."""

    where: str
    cells: pl.DataFrame
    lines: pl.Series
    widths: pl.Series | None = None  # None: every row has all columns

    def rows(self, start: int, end: int) -> Grid:
        """Some of its rows."""
        widths = None if self.widths is None else self.widths[start:end]
        return Grid(self.where, self.cells[start:end], self.lines[start:end], widths)

    def only(self, line: int | None) -> Grid:
        """The row of a line."""
        at = (self.lines == line).arg_max() or 0
        return self.rows(at, at + 1)


def joined(grids: Sequence[Grid]) -> Grid:
    """Blocks of one text below each other."""
    if len(grids) == 1:
        return grids[0]
    cells = pl.concat([one.cells for one in grids], how="diagonal")
    widths = pl.concat([one.widths for one in grids if one.widths is not None])
    return Grid(grids[0].where, cells, pl.concat([one.lines for one in grids]), widths)


@dataclass(frozen=True)
class Sheet:
    """A table with its headings; `frame` has columns c0, c1 … of text, or of Parquet's own types."""

    where: str
    headings: tuple[str, ...]
    frame: pl.DataFrame
    lines: pl.Series | None = None  # None: a file without lines, rows are counted
    titles: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # what may say whose rows these are: sheet, member, file, folder; nearest first
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Note, ...] = field(default=())

    def place(self, row: int) -> str:
        """`bars.csv line 12`."""
        line = self.line(row)
        return f"{self.where} line {line}" if line > 0 else f"{self.where} row {-line}"

    def line(self, row: int) -> int:
        """LINE of a row, see `core.table`."""
        return -row - 1 if self.lines is None else int(self.lines[row])


def sheet_of(grid: Grid, heading_line: int | None = None, further: Collection[str] = ()) -> Sheet:
    """The table inside a grid; `further` are headings that a column map knows.

    Raises DataRefused for ragged rows, NotOurs where there is no heading row.
    """
    if grid.cells.is_empty():
        raise NotOurs("no rows in it")
    head = _head(grid, heading_line, further)
    titles = tuple(" ".join(cell for cell in row if cell) for row in grid.cells.head(head).rows())
    made = head_of(grid.cells[head : head + 4].rows(), grid.where)
    headings, start = with_units(made.headings, titles), head + made.height
    end, remarks = footers(grid, start, len(_trimmed(headings)))
    if made.again:
        remarks = (Skipped("a second heading row", "it says the same in other words"), *remarks)
    sheet = body_of(grid.rows(start, end), headings, _width(grid, head))
    titles = (made.whose, *titles) if made.whose else titles
    return replace(sheet, titles=titles, skipped=(*remarks, *sheet.skipped))


def one_head(rows: Sequence[Sequence[str]], where: str, further: Collection[str] = ()) -> tuple[str, ...]:
    """The headings where the first row is the one heading row and no last one is blank; none where it is not.

    `rows`: the first ones of a table; `further`: see `sheet_of`.
    """
    worth = [known_cells(row, further) for row in rows[:_LOOKED_AT]]
    made = head_of(rows[:4], where)
    alone = worth[0] == max(worth) > 0 and made.height == 1
    return made.headings if alone and _trimmed(made.headings) == made.headings else ()


def body_of(grid: Grid, headings: tuple[str, ...], width: int) -> Sheet:
    """Rows below headings that take `width` fields themselves. Raises DataRefused for ragged ones."""
    _even(grid, len(_trimmed(headings)), width)
    again = _again(grid.cells, headings)
    if not again.any():
        return Sheet(grid.where, headings, grid.cells, grid.lines)
    said = Skipped("the heading row", "it stands again further down", int(again.sum()))
    return Sheet(grid.where, headings, grid.cells.filter(~again), grid.lines.filter(~again), skipped=(said,))


def _head(grid: Grid, asked: int | None, further: Collection[str]) -> int:
    if asked is not None:
        found = (grid.lines == asked).arg_max() or 0
        if grid.lines[found] != asked:
            raise refused(grid.where, "no such heading line", got=asked)
        return found
    rows = grid.cells.head(_LOOKED_AT).rows()
    worth = [known_cells(row, further) for row in rows]
    best = max(range(len(rows)), key=worth.__getitem__)
    if worth[best]:
        return best
    first = [cell for cell in rows[0] if cell]
    if sum(bool(_VALUE.fullmatch(cell.strip())) for cell in first) >= 3:
        raise refused(
            f"{grid.where} line {grid.lines[0]}",
            "the first row is no heading row",
            got=listed(first, 80),
            expected="a row of headings such as symbol, session, close, or 代码, 日期, 收盘价",
        )
    raise NotOurs("no heading of it is known")


def footers(grid: Grid, start: int, width: int) -> tuple[int, tuple[Skipped, ...]]:
    """(end of the rows, the remarks below them). `width`: of the headings."""
    end, remarks = grid.cells.height, []
    while end > start:
        cells = [cell.strip() for cell in grid.cells.row(end - 1) if cell and cell.strip()]
        if not _is_remark(cells, width):
            break
        end -= 1
        if cells:
            remarks.append(Skipped(f"line {grid.lines[end]} {cells[0][:40]!r}", "a footer"))
    return end, tuple(reversed(remarks))


def _is_remark(cells: list[str], width: int) -> bool:
    if not cells:
        return True
    if _REMARK.match(cells[0]):
        return len(cells) < max(width, 2) or not any(_VALUE.fullmatch(cell) for cell in cells[:2])
    return len(cells) == 1 and width > 2 and not _VALUE.fullmatch(cells[0]) and not cells[0].isascii()


def _even(grid: Grid, needed: int, width: int) -> None:
    """Raises DataRefused for the first row whose fields are not those of the heading row."""
    if grid.widths is not None:
        short = grid.widths < needed
        if short.any():
            row = short.arg_max() or 0
            got = f"{grid.widths[row]} fields, the headings are {needed}"
            place = f"{grid.where} line {grid.lines[row]}"
            raise refused(place, "a row is cut short", got=got, line=int(grid.lines[row]))
    beyond = grid.cells.select(
        pl.any_horizontal(
            pl.lit(False),
            *(pl.col(name).fill_null("").str.strip_chars() != "" for name in grid.cells.columns[max(needed, width) :]),
        ).alias("more")
    )["more"]
    if beyond.any():
        row = beyond.arg_max() or 0
        got, place = f"more cells than the {needed} headings", f"{grid.where} line {grid.lines[row]}"
        raise refused(place, "a row is longer than the headings", got=got, line=int(grid.lines[row]))


def _width(grid: Grid, head: int) -> int:
    """Fields of the heading row itself: blank headings at its end (an index, remarks) are columns too."""
    return int(grid.widths[head]) if grid.widths is not None else grid.cells.width


def _trimmed(headings: tuple[str, ...]) -> tuple[str, ...]:
    end = len(headings)
    while end and not headings[end - 1]:
        end -= 1
    return headings[:end]


def _again(cells: pl.DataFrame, headings: tuple[str, ...]) -> pl.Series:
    """True where a row repeats the headings."""
    column = next((index for index, name in enumerate(headings) if name and heading_of(name).known), None)
    if column is None or cells.is_empty():
        return pl.Series([False] * cells.height, dtype=pl.Boolean)
    same = [pl.col(f"c{index}").fill_null("").str.strip_chars() == name for index, name in enumerate(headings) if name]
    return cells.select(pl.all_horizontal(*same).alias("again"))["again"]


def named(sheet: Sheet, *names: str) -> Sheet:
    """The sheet with what may say whose rows these are."""
    return replace(sheet, names=tuple(name for name in names if name))
