"""How results leave a command: JSON on stdout, CSV files, a workbook; a table where none is asked for.

`hand_out` writes the files of every command whose workbook is its tables; `print_json` answers `--json`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from screener.core.errors import ScreenerError

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]


def hand_out(
    tables: Tables, stands_on: Callable[[], Row] = dict, *, csv: Path | None = None, xlsx: Path | None = None
) -> None:
    """Writes the tables where the user wants them: a CSV each into `csv`, a sheet each into the workbook `xlsx`.

    `stands_on` (what the numbers rest on) is asked only where a workbook is written; it becomes its last sheet.
    """
    if csv is not None:
        write_csv(csv, tables)
    if xlsx is not None:
        from screener.report.sheets import write_tables

        write_tables(xlsx, tables, stands_on())


def origin(db: Path | None) -> dict[str, Any]:
    """The store that was read, where its prices come from and whether they are made up."""
    from screener.commands.context import db_path
    from screener.core.stands_on import SYNTHETIC
    from screener.store.database import Store

    with Store.open_read_only(db_path(db)) as store:
        found = store.query("SELECT DISTINCT coalesce(source, 'unknown') AS source FROM bars ORDER BY ALL")
    sources = found["source"].to_list()
    return {
        "store": str(db_path(db)),
        "prices": " + ".join(sources) if sources else "no bars",
        "synthetic": SYNTHETIC in sources,
    }


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
    if isinstance(value, Decimal):  # DuckDB sums whole numbers into decimals
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (time, timedelta, bytes)):
        return str(value)
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        return plain(value.item() if getattr(value, "ndim", 0) == 0 else value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def print_json(value: Any) -> None:
    """Prints a result as JSON."""
    print(json.dumps(plain(value), ensure_ascii=False, indent=2))


def write_csv(folder: Path, tables: Tables) -> None:
    """One CSV per table; nested values as JSON text. Cells that a spreadsheet would run as a formula are quoted."""
    import csv

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in tables.items():
            with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
                writer = csv.DictWriter(file, fieldnames=_headings(rows))
                writer.writeheader()
                writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    except OSError as error:
        raise ScreenerError("cannot write there", where=str(folder), got=error.strerror) from error


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
