"""Small markets by hand for tests: three sessions or ten, one symbol or two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

import numpy as np
import polars as pl

from screener.core.calendar import packaged_calendar
from screener.core.tables import TABLES
from screener.point_in_time.market import Market
from screener.point_in_time.share_capital import Capital

FIRST = date(2025, 3, 3)
FETCHED = datetime(2026, 11, 1, 12, 0)


def sessions(count: int, first: date = FIRST) -> list[date]:
    """The first `count` sessions from `first`."""
    calendar = packaged_calendar()
    return [calendar.offset(first, i) for i in range(count)]


def bars(closes: Mapping[str, Sequence[float | None]], first: date = FIRST) -> pl.DataFrame:
    """Bars with open = high = low = close; None is a halt."""
    days = sessions(max(len(column) for column in closes.values()), first)
    rows = [
        {
            "symbol": symbol,
            "session": day,
            "open": close,
            "high": close,
            "low": close,
            "close": close,
            "volume": 1_000_000,
            "amount": close * 1e6,
            "source": "test",
            "known_at": datetime.combine(day, time(15)),
            "fetched_at": FETCHED,
        }
        for symbol, column in closes.items()
        for day, close in zip(days, column, strict=False)
        if close is not None
    ]
    return pl.DataFrame(rows, schema_overrides=TABLES["bars"].schema)


def rows(name: str, *records: Mapping[str, object]) -> pl.DataFrame:
    """Rows of a table in its declared shape, with a known_at column."""
    schema = TABLES[name].schema | {"known_at": pl.Datetime("us")}
    return pl.DataFrame([{column: record.get(column) for column in schema} for record in records], schema=schema)


def market(closes: Mapping[str, Sequence[float | None]], **tables: pl.DataFrame) -> Market:
    """A market of these closes; tables that are not given are empty, but for the packaged rules and kinds."""
    empty = {
        name: rows(name)
        for name in (
            "indices",
            "announcements",
            "commitments",
            "contract_facts",
            "links",
            "shares",
            "actions",
            "firms",
            "st_spells",
        )
    }
    return Market.build({**empty, "bars": bars(closes), **tables})


def constant(shape: tuple[int, int], count: float) -> Capital:
    """Everybody has `count` shares from the first session on."""
    nothing = np.zeros(shape[1], np.int64)
    return Capital(shape, nothing, np.arange(shape[1]), np.full(shape[1], count), nothing > 0)
