"""Text files → cells: encoding, separator, lines as a spreadsheet counts them.

1. A byte order mark decides; without one UTF-8, then UTF-16 that shows by its zero bytes, then GB18030 (Chinese Excel).
2. Of tab, comma, semicolon and bar the one that gives the row with most known headings.
3. Text without quotes is split by columns at once; text with quotes by Python's csv, which keeps line breaks in cells.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from screener.sources.files.grids import Grid
from screener.sources.files.headings import known_cells
from screener.sources.files.outcome import refused

SEPARATORS = "\t,;|"
_SAMPLE = 40  # lines in which a heading is looked for
_WIDEST = 2_000
_SPACED = 4  # known headings between blanks that make a table
_BLOCK, _HEAD = 1 << 24, 2000  # bytes
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def grid_of_text(text: str, where: str, separator: str | None = None, further: Collection[str] = ()) -> Grid:
    """The cells of a text table. Raises DataRefused where quotes or zero bytes make it unreadable."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise refused(f"{where} line {line}", "not a readable text file", got="zero bytes")
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    lines = lines if separator else _spaced(lines, further)
    chosen = separator or separator_of(lines, further)
    return _quoted("\n".join(lines), chosen, where) if '"' in text else _plain(lines, chosen, where)


def blocks_of_text(path: Path, where: str, separator: str, most: int, marks: Collection[str]) -> Iterator[Grid]:
    """What `grid_of_text` makes of a file in UTF-8, so many lines at a time. `marks`: see `Look`.

    Raises DataRefused as that does, with the line.
    """
    with path.open(encoding="utf-8-sig", newline=None) as file:
        if "\0" in marks:
            line = next(number for number, line in enumerate(file, 1) if "\0" in line)
            raise refused(f"{where} line {line}", "not a readable text file", got="zero bytes", line=line)
        if '"' in marks:
            yield from _blocks_of_rows(file, separator, where, most)
            return
        first = 1
        while lines := [line.removesuffix("\n") for line in islice(file, most)]:
            yield _plain(lines, separator, where, first)
            first += len(lines)


def first_rows(path: Path, separator: str | None, further: Collection[str]) -> tuple[str, list[list[str]]]:
    """What stands between the cells of a file in UTF-8, and the cells of its first rows.

    Raises csv.Error.
    """
    with path.open(encoding="utf-8-sig", newline=None) as file:
        lines = list(islice(file, 2 * _SAMPLE))
    chosen = separator or separator_of([line.removesuffix("\n") for line in lines], further)
    rows = csv.reader(lines, delimiter=chosen)
    return chosen, [row for row in rows if any(cell.strip() for cell in row)]


@dataclass(frozen=True)
class Look:
    """A text file as its bytes show it: encoding, and quotes and zero bytes, as far as UTF-8 has them."""

    encoding: str
    marks: frozenset[str] = frozenset()


def look_at(path: Path) -> Look:
    """The encoding as `decoded` tells it, without holding the text. Raises UnicodeDecodeError."""
    found: set[str] = set()
    with path.open("rb") as file:
        head = file.read(_HEAD)
        marked = next((name for mark, name in _MARKS if head.startswith(mark)), _wide(head))
        if marked.startswith("utf-16"):
            return Look(marked)
        reading = codecs.getincrementaldecoder("utf-8")()
        file.seek(0)
        try:
            while block := file.read(_BLOCK):
                if reading.getstate()[0] or not block.isascii():
                    reading.decode(block)
                found |= {mark for mark in ('"', "\0") if mark.encode() in block}
            reading.decode(b"", final=True)
        except UnicodeDecodeError:
            if marked:
                raise
            return Look("gb18030")
    return Look("utf-8", frozenset(found))


def write_as_utf8(path: Path, encoding: str, out: Path) -> None:
    """The text of a file in UTF-8, without a mark. Raises UnicodeError, LookupError."""
    reading = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file, out.open("wb") as written:
        while block := file.read(_BLOCK):
            text = reading.decode(block)
            written.write((text if written.tell() else text.lstrip("\ufeff")).encode())
        written.write(reading.decode(b"", final=True).encode())


def _spaced(lines: list[str], further: Collection[str]) -> list[str]:
    """Columns that nothing but blanks keep apart, as some terminals print them, get tabs."""
    head = lines[:_SAMPLE]
    if any(separator in line for line in head for separator in SEPARATORS):
        return lines
    if max((known_cells(line.split(), further) for line in head), default=0) < _SPACED:
        return lines
    return ["\t".join(line.split()) for line in lines]


def decoded(raw: bytes, where: str, encoding: str | None = None) -> str:
    """Text of any encoding that tables are written in. Raises DataRefused."""
    try:
        if encoding:
            return raw.decode(encoding).lstrip("\ufeff")
        for mark, name in _MARKS:
            if raw.startswith(mark):
                return raw.decode(name).lstrip("\ufeff")
        wide = _wide(raw)
        if wide:
            return raw.decode(wide)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("gb18030")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        got = f"bytes that are neither UTF-8 nor GB18030, line {line}"
        raise refused(where, "not a readable text file", got=got) from None
    except LookupError:
        raise refused(where, "encoding unknown", got=encoding, expected="utf-8, gb18030, utf-16 …") from None


def _wide(raw: bytes) -> str:
    """UTF-16 without a mark: every other byte of ASCII text is zero."""
    head = raw[:_HEAD]
    if len(head) < 4 or head.count(0) < len(head) // 4:
        return ""
    odd, even = head[1::2].count(0), head[::2].count(0)
    if odd > 10 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 10 * odd else ""


def separator_of(lines: list[str], further: Collection[str] = ()) -> str:
    """What stands between the cells of a text, by its first lines."""
    lines = lines[:_SAMPLE]

    def worth(separator: str) -> tuple[int, int]:
        try:
            rows = list(csv.reader(lines, delimiter=separator))
        except csv.Error:
            rows = [line.split(separator) for line in lines]
        return max((known_cells(row, further) for row in rows), default=0), max((len(row) for row in rows), default=0)

    return max(SEPARATORS, key=worth)


def _plain(lines: list[str], separator: str, where: str, first: int = 1) -> Grid:
    column = pl.Series("line", lines, dtype=pl.String)
    widths = column.str.count_matches(separator, literal=True).cast(pl.Int64) + 1
    full = column.str.strip_chars() != ""
    numbers = pl.int_range(first, first + len(lines), eager=True).filter(full)
    widest = int(widths.filter(full).max() or 1)  # type: ignore[arg-type]
    _narrow(widest, where)
    names = [f"c{index}" for index in range(widest)]
    if not len(numbers):
        cells = pl.DataFrame(schema=dict.fromkeys(names, pl.String()))
    elif widest == 1:
        cells = column.filter(full).alias("c0").to_frame()
    else:
        body = "\n".join([separator.join(names), *column.filter(full)]) + "\n"
        cells = pl.read_csv(
            io.BytesIO(body.encode("utf-8", "replace")),
            separator=separator,
            quote_char=None,
            infer_schema=False,
            truncate_ragged_lines=True,
        )
    return Grid(where, cells, numbers.rename("line"), widths.filter(full))


def _quoted(text: str, separator: str, where: str) -> Grid:
    blocks = _blocks_of_rows(io.StringIO(text, newline=""), separator, where)
    return next(blocks, grid_of_rows([], [], where))


def _blocks_of_rows(file: Iterable[str], separator: str, where: str, most: int | None = None) -> Iterator[Grid]:
    """Rows of text with quotes, so many at a time (None: all). A row is called by its number."""
    reader, number, last = csv.reader(file, delimiter=separator, strict=True), 0, 0
    while True:
        rows: list[list[str]] = []
        numbers: list[int] = []
        before = number
        try:
            for number, row in enumerate(islice(reader, most), before + 1):
                if any(cell.strip() for cell in row) or len(row) > 1:
                    rows.append(row)
                    numbers.append(number)
                    last = number
        except csv.Error as error:
            what = "quotes are not closed or stand inside a cell"
            raise refused(f"{where} line {last + 1}", what, got=str(error), line=last + 1) from None
        if number == before:
            return
        yield grid_of_rows(rows, numbers, where)


def grid_of_rows(rows: list[list[str]], numbers: list[int], where: str) -> Grid:
    """Rows of Python text as a grid; short rows are filled, their own widths are kept."""
    widest = max((len(row) for row in rows), default=1)
    _narrow(widest, where)
    columns = {
        f"c{index}": pl.Series([row[index] if index < len(row) else None for row in rows], dtype=pl.String)
        for index in range(widest)
    }
    widths = pl.Series([len(row) for row in rows], dtype=pl.Int64)
    return Grid(where, pl.DataFrame(columns), pl.Series("line", numbers, dtype=pl.Int64), widths)


def _narrow(widest: int, where: str) -> None:
    if widest > _WIDEST:
        raise refused(where, "too many columns", got=f"{widest:,}", expected=f"at most {_WIDEST:,}")
