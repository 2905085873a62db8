"""What a file is, by its first bytes: its tables, each with the lines a spreadsheet shows.

1. Parquet, workbooks (.xlsx, .xls), .gz and .zip by their marks; `xls` that is a page or text by what it holds.
2. A packed file is read like what is inside; each member and each sheet is a table of its own.
3. What is no table (hidden files, what a program leaves beside its own, pictures, documents) is none of ours; nor are
   the pages and workbooks of this program: an answer is no fact.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from screener.core.reading import state_of
from screener.core.writing import ANSWER
from screener.sources.files import archives
from screener.sources.files.grids import Sheet, named, sheet_of
from screener.sources.files.maps import FileMap
from screener.sources.files.markup import grid_of_markup
from screener.sources.files.outcome import OWN, NotOurs, refused
from screener.sources.files.parquet import sheet_of_parquet
from screener.sources.files.sheets import grids_of_workbook, is_answer
from screener.sources.files.text import decoded, grid_of_text

ENDINGS = (".csv", ".txt", ".tsv", ".tab", ".xls", ".xlsx", ".xlsm", ".htm", ".html", ".parquet", ".gz", ".zip")
_LEFT_BEHIND = {"thumbs.db": "left by Windows", "desktop.ini": "left by Windows", "icon\r": "left by macOS"}
_APPLE = b"\x00\x05\x16\x07"
_HEAD = 4096  # characters of a page in which it says who made it
_DEEP = 2  # a zip of .csv.gz, no further

Table = tuple[str, Sheet]  # (sheet or member, table)


def tables_of(path: Path, file_map: FileMap, place: str = "") -> Iterator[Table | tuple[str, NotOurs]]:
    """Every table of a file; where one of them is none of ours, the reason. `place`: how messages name the file.

    Raises DataRefused, NotOurs.
    """
    place = place or path.name
    why = not_data(path)
    if why:
        raise NotOurs(why)
    if not path.exists():
        raise refused(place, "no such file")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise refused(place, "no plain file")
        if path.stat().st_size > archives.LARGEST:
            raise refused(place, "too large", got=f"{path.stat().st_size:,} bytes", expected="several files")
        before, raw, after = state_of(path), path.read_bytes(), state_of(path)
    except OSError as error:
        raise refused(place, "not readable", got=error.strerror) from None
    if before != after:
        raise refused(place, "it changed while it was read", expected="a file that nobody writes to")
    for label, sheet in _opened(raw, place, "", file_map, 0):
        if isinstance(sheet, Sheet):
            yield label, named(sheet, *sheet.names, label, *sheet.titles[:3], path.name, path.parent.name)
        else:
            yield label, sheet


def not_data(path: Path) -> str:
    """Why a file is not even opened; empty for one that may hold a table."""
    name = path.name.lower()
    if name in _LEFT_BEHIND:
        return _LEFT_BEHIND[name]
    if name.startswith("._"):
        return "left by macOS beside the file itself"
    if name.startswith("~$"):
        return "left by Excel while the file is open"
    if name.startswith("."):
        return "a hidden file"
    if name.endswith(".toml"):
        return "a column map, if it is one, is named with --map"
    if name.endswith(".duckdb"):
        return "a store: --db names it"
    return "" if name.endswith(ENDINGS) else f"no table: none of {' '.join(ENDINGS)}"


def _opened(raw: bytes, where: str, label: str, file_map: FileMap, depth: int) -> Iterator[tuple[str, Sheet | NotOurs]]:
    if not raw.strip(b" \r\n\t\xef\xbb\xbf\xff\xfe\0"):
        yield label, NotOurs("it is empty")
    elif raw.startswith(_APPLE):
        yield label, NotOurs("left by macOS beside the file itself")
    elif raw.startswith(b"PAR1") or where.lower().endswith(".parquet"):
        yield label, sheet_of_parquet(raw, where)
    elif raw.startswith(b"\x1f\x8b"):
        _not_deep(depth, where)
        inner = where[:-3] if where.lower().endswith(".gz") else where
        yield from _opened(archives.gunzipped(raw, where), inner, label, file_map, depth + 1)
    elif raw.startswith(b"PK"):
        yield from _of_zip(raw, where, label, file_map, depth)
    elif raw.startswith(b"\xd0\xcf\x11\xe0"):
        yield from _sheets(raw, where, file_map, "xls")
    else:
        yield label, _text(raw, where, file_map)


def _of_zip(raw: bytes, where: str, label: str, file_map: FileMap, depth: int) -> Iterator[tuple[str, Sheet | NotOurs]]:
    if b"xl/workbook" in raw or where.lower().endswith((".xlsx", ".xlsm", ".xls")):
        yield from _sheets(raw, where, file_map, "xlsx")
        return
    _not_deep(depth, where)
    for name, body in archives.members(raw, where):
        why = not_data(Path(name))
        if why:
            yield name, NotOurs(why)
        else:
            yield from _opened(body, f"{where}[{name}]", name, file_map, depth + 1)


def _sheets(raw: bytes, where: str, file_map: FileMap, kind: str) -> Iterator[tuple[str, Sheet | NotOurs]]:
    if kind == "xlsx" and is_answer(raw, where):
        yield "", NotOurs(OWN)
        return
    for name, grid in grids_of_workbook(raw, where, kind):
        label = name if grid.where != where else ""
        try:
            yield label, named(sheet_of(grid, file_map.heading_line, frozenset(file_map.claims())), name)
        except NotOurs as reason:
            yield label, reason


def _text(raw: bytes, where: str, file_map: FileMap) -> Sheet | NotOurs:
    text = decoded(raw, where, file_map.encoding)
    page, words = text.lstrip()[:1] == "<", frozenset(file_map.claims())
    if page and ANSWER in text[:_HEAD]:
        return NotOurs(OWN)
    try:
        grid = grid_of_markup(text, where) if page else grid_of_text(text, where, file_map.separator, words)
        return sheet_of(grid, file_map.heading_line, words)
    except NotOurs as reason:
        return reason


def _not_deep(depth: int, where: str) -> None:
    if depth >= _DEEP:
        raise refused(where, "packed files inside packed files")
