"""Small files as people have them; figures are invented."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from screener.core.table import LINE
from screener.core.tables import TABLES
from screener.sources.files.maps import FileMap
from screener.sources.files.outcome import FileRows
from screener.sources.files.reading import read_file
from screener.store.checks.shape import refuse_rows, shaped
from screener.store.checks.units import refuse_units

DAYS = ("2026-06-01", "2026-06-02", "2026-06-03", "2026-06-04")
HEAD = "symbol,session,open,high,low,close,volume,amount"
# open, high, low, close, volume in shares, amount in yuan
PRICES = (
    (20.1, 20.9, 19.8, 20.5, 3_210_000, 65_484_000.0), (20.5, 21.3, 20.4, 21.1, 2_880_000, 60_048_000.0),
    (21.0, 21.2, 20.2, 20.3, 1_990_000, 41_193_000.0), (20.3, 20.8, 20.0, 20.6, 2_450_000, 49_980_000.0),
)  # fmt: skip


def bars(symbol: str = "600588.SH", days: Sequence[str] = DAYS, lots: float = 1, yuan: float = 1) -> list[list[Any]]:
    """Rows as of HEAD, volume and amount in other units."""
    return [[symbol, day, *row[:4], row[4] / lots, row[5] / yuan] for day, row in zip(days, PRICES, strict=False)]


def csv(rows: Sequence[Sequence[Any]], head: str = HEAD, separator: str = ",") -> str:
    """A table as text."""
    lines = [head.replace(",", separator), *(separator.join(_cell(cell) for cell in row) for row in rows)]
    return "\n".join(lines) + "\n"


def put(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    """A file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def workbook(sheets: Mapping[str, Any]) -> bytes:
    """An .xlsx; days and times get a date format."""
    import xlsxwriter

    raw = io.BytesIO()
    book = xlsxwriter.Workbook(raw, {"in_memory": True})
    formats = {date: book.add_format({"num_format": "yyyy-mm-dd"})}
    formats[datetime] = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for line, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write(line, place, cell, formats.get(type(cell)))
    book.close()
    return raw.getvalue()


def read(path: Path, file_map: FileMap | None = None) -> FileRows:
    """The table of a file."""
    return read_file(path, file_map)


def checked(found: FileRows) -> pl.DataFrame:
    """Its rows as the store would take them. Raises DataRefused."""
    table = TABLES[found.dataset]
    frame = shaped(table, found.frame, where=found.place)
    refuse_rows(table, frame, where=found.place)
    refuse_units(table, frame, where=found.place)
    return frame.drop(LINE, strict=False)


def _cell(cell: Any) -> str:
    text = f"{cell:.10g}" if isinstance(cell, float) else str(cell)
    return f'"{text}"' if "," in text else text
