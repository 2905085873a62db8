"""Workbooks (.xlsx, .xls): every sheet as a grid of text, by fastexcel.

1. The lines are those the spreadsheet shows: empty rows above the table count.
2. Dates of the workbook come as text with a time of day, serial numbers without a date format as numbers (`dates`).
3. An .xlsx is a zip: what it unpacks to is bounded before it is read.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

import polars as pl

from screener.core.errors import DataRefused
from screener.core.writing import ANSWER
from screener.sources.files.archives import DENSEST, LARGEST
from screener.sources.files.grids import Grid

_TOLD = 100_000  # bytes of what a workbook says of itself


def grids_of_workbook(raw: bytes, where: str, kind: str) -> Iterator[tuple[str, Grid]]:
    """(name of the sheet, its cells) of each sheet that has any. Raises DataRefused where the file is broken."""
    import fastexcel  # only who has workbooks pays for it

    if kind == "xlsx":
        _bounded(raw, where)
    try:
        book = fastexcel.read_excel(raw)
        for name in book.sheet_names:
            frame = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
            if frame.width:
                yield name, _grid(frame, f"{where}[{name}]" if len(book.sheet_names) > 1 else where)
    except DataRefused:
        raise
    except BaseException as error:  # calamine panics on hostile files, and a panic is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError)):
            raise
        got = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise DataRefused(f"not a readable {kind} file", where=where, got=got) from None


def is_answer(raw: bytes, where: str) -> bool:
    """Whether this program wrote the workbook. Raises DataRefused where the file is broken."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            said = next((one for one in archive.infolist() if one.filename == "docProps/app.xml"), None)
            return said is not None and said.file_size < _TOLD and ANSWER.encode() in archive.read(said)
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        raise DataRefused("not a readable xlsx file", where=where, got=str(error)) from None


def _grid(frame: pl.DataFrame, where: str) -> Grid:
    cells = frame.rename({name: f"c{index}" for index, name in enumerate(frame.columns)}).cast(pl.String)
    lines = pl.int_range(1, cells.height + 1, eager=True).rename("line")
    full = ~cells.select(pl.all_horizontal(pl.all().str.strip_chars().fill_null("") == "").alias("empty"))["empty"]
    return Grid(where, cells.filter(full), lines.filter(full), None)


def _bounded(raw: bytes, where: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            size = sum(one.file_size for one in archive.infolist())
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise DataRefused("not a readable xlsx file", where=where, got=str(error)) from None
    if size > LARGEST or (size > 64 * 1024**2 and size > DENSEST * len(raw)):
        raise DataRefused("a packed file grows too large", where=where, got=f"{size:,} bytes")
