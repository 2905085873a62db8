"""What a question names, brought to the spelling of the house: days, symbols, files of ratings."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from screener.core.days import Day, day_of, today
from screener.core.errors import UnknownSymbol
from screener.core.reading import readable
from screener.core.symbols import parse_symbol

if TYPE_CHECKING:
    import polars as pl

    from screener.point_in_time.market import Market


def asked_day(market: Market, day: Day) -> date | None:
    """A day in any spelling; None: the last session. Raises UsageError, CalendarGap for one past what is known."""
    from screener.point_in_time.horizon import within

    wanted = day_of(day)
    return None if wanted is None else within(market, wanted, today())


def spelled(name: str) -> str:
    """A symbol in the spelling of the store; any other name as it is."""
    try:
        return parse_symbol(name)
    except UnknownSymbol:
        return name


def rated_in(file: Path | str | None) -> pl.DataFrame | None:
    """The ratings of a CSV or Parquet file, as `load` reads one. Raises DataRefused."""
    if file is None:
        return None
    from screener.core.tables import TABLES
    from screener.sources.files.maps import FileMap
    from screener.sources.files.reading import read_file

    path = readable(file)
    return TABLES["ratings"].check(read_file(path, FileMap(dataset="ratings")).frame, where=path.name)
