"""How results leave a command: JSON on stdout, CSV files, a workbook; a table where none is asked for."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from screener.core.errors import ScreenerError

Row = Mapping[str, Any]


def plain(value: Any) -> Any:
    """Any result → what JSON can hold: dates as text, NaN as null, numpy numbers as numbers."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        return plain(value.item() if getattr(value, "ndim", 0) == 0 else value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def print_json(value: Any) -> None:
    """Prints a result as JSON."""
    print(json.dumps(plain(value), ensure_ascii=False, indent=2))


def write_csv(folder: Path, tables: Mapping[str, Sequence[Row]]) -> None:
    """One CSV per table; nested values as JSON text. Cells that a spreadsheet would run as a formula are quoted."""
    import csv

    _make(folder)
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=_headings(rows))
            writer.writeheader()
            writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)


def _headings(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row))


def _cell(value: Any) -> Any:
    value = plain(value)
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    # A title from the internet must not run in Excel.
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScreenerError("cannot write there", where=str(folder), got=error.strerror) from error
