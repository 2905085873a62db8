"""What a question names, brought to the spelling of the house: days, symbols, files of ratings."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from screener.core.config import AnyUniverse, Universe, as_universe
from screener.core.days import Day, day_of, today
from screener.core.errors import UnknownSymbol, UsageError
from screener.core.firm_names import Names, symbol_of
from screener.core.reading import readable
from screener.core.settings import settings
from screener.core.symbols import parse_symbol
from screener.core.watched import Watched

if TYPE_CHECKING:
    import polars as pl

    from screener.point_in_time.market import Market


def universe_of(given: AnyUniverse | str, names: Callable[[], Names]) -> AnyUniverse:
    """A universe by its name, a watch list of the settings, or a file of firms. Raises UsageError, UnknownSymbol."""
    with suppress(ValueError):
        return as_universe(given)
    lists, told, path = settings().watch, str(given), Path(str(given))
    if told in lists:
        found = [(name, lists[told].since) for name in lists[told].symbols]
    elif path.is_file():
        from screener.sources.files.lists import read_list

        found = read_list(path)
    else:
        mine = "".join(f"{name} | " for name in lists)
        expected = f"{' | '.join(Universe)} | {mine}a file of symbols or names"
        raise UsageError("no such universe", got=told, expected=expected, next_step="screener config")
    known = cache(names)
    return Watched.of(told if told in lists else path.name, {symbol_of(name, known): day for name, day in found})


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
