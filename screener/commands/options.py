"""Options that several commands share."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from screener.core.errors import UsageError


def parse_day(text: str | None) -> date | None:
    """`2026-06-30` or `20260630` → a date. Raises UsageError."""
    if text is None:
        return None
    for shape in ("%Y-%m-%d", "%Y%m%d"):
        try:
            return datetime.strptime(text, shape).date()
        except ValueError:
            continue
    raise UsageError("date not understood", got=repr(text), expected="2026-06-30")


Db = Annotated[
    Path | None, typer.Option("--db", help="Store; default $SCREENER_DB, else data/screener.duckdb.", metavar="FILE")
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="All known by the end of this day; default: the last session.", metavar="D"),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CsvDir = Annotated[Path | None, typer.Option("--csv", help="Also write the tables as CSV here.", metavar="DIR")]
Xlsx = Annotated[Path | None, typer.Option("--xlsx", help="Also write an Excel workbook.", metavar="FILE")]
