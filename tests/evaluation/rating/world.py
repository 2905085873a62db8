"""A world of weekdays: series that stand still between given dates, markets made of them, ratings of one share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import polars as pl

from screener.core.calendar import Calendar
from screener.core.tables import TABLES
from screener.evaluation import rating as rt
from screener.point_in_time.market import Market
from tests.point_in_time.markets import FETCHED, rows

DAYS = [date(2024, 1, 1) + timedelta(days=k) for k in range(1096)]
WEEKDAYS = [day for day in DAYS if day.weekday() < 5]  # 2024-01-01 … 2026-12-31
CALENDAR = Calendar(WEEKDAYS)
START = date(2025, 1, 15)  # a Wednesday; month 6 ends Tue 2025-07-15, month 12 Thu 2026-01-15
SIX, TWELVE = date(2025, 7, 15), date(2026, 1, 15)
LATE = date(2026, 6, 30)
SYMBOL = "301396.SZ"


def series(levels: Mapping[date, float], until: date = LATE, name: str = "s") -> rt.PriceSeries:
    """Constant between the given dates, one row per weekday until `until`."""
    days = [day for day in WEEKDAYS if day <= until]
    values, now = [], next(iter(levels.values()))
    for day in days:
        now = levels.get(day, now)
        values.append(now)
    return rt.PriceSeries(np.array(days, dtype="datetime64[D]"), np.array(values), name)


FLAT = series({START: 100.0}, name="index")
WINNER = series({START: 10.0, SIX: 12.0})


def rated(band: str = rt.UP, start: date = START, last: date | None = None, **more: Any) -> rt.Rating:
    return rt.Rating(SYMBOL, "broker", band, start, last, **more)


def bars(**shares: rt.PriceSeries) -> pl.DataFrame:
    """Bars with open = high = low = close, known at 15:00; a name like `s301396_SZ` is the symbol."""
    frames = [_long("symbol", name[1:].replace("_", "."), one) for name, one in shares.items()]
    same = {name: pl.col("close") for name in ("open", "high", "low")}
    return pl.concat(frames).with_columns(
        **same,
        volume=pl.lit(1e6),
        amount=pl.col("close") * 1e6,
        source=pl.lit("test"),
        fetched_at=pl.lit(FETCHED),
        known_at=pl.col("session").dt.combine(time(15)),
    )


def indices(levels: Mapping[str, rt.PriceSeries]) -> pl.DataFrame:
    """Levels of indices; those of `.GI` and `.HI` are known the morning after."""
    abroad = pl.col("index").str.contains(r"\.(GI|HI)$")
    known = pl.when(abroad).then(pl.col("session").dt.offset_by("1d").dt.combine(time(8)))
    return pl.concat([_long("index", name, one) for name, one in levels.items()]).with_columns(
        open=pl.col("close"), known_at=known.otherwise(pl.col("session").dt.combine(time(15)))
    )


def _long(key: str, name: str, one: rt.PriceSeries) -> pl.DataFrame:
    frame = pl.DataFrame({key: [name] * one.values.size, "session": one.dates, "close": one.values})
    return frame.with_columns(pl.col("session").cast(pl.Date))


def action(kind: str, shares: float, cash: float, day: date, symbol: str = SYMBOL) -> pl.DataFrame:
    row = {"symbol": symbol, "ex_date": day, "kind": kind, "shares_to_holder": shares, "cash_to_holder": cash}
    return rows("actions", row | {"known_at": datetime.combine(day, time(9))})


def market(
    prices: rt.PriceSeries, levels: Mapping[str, rt.PriceSeries] | None = None, **tables: pl.DataFrame
) -> Market:
    """One share, 301396.SZ, and indices (default: a flat CSI 300); ratings, benchmarks and rules as packaged."""
    as_packaged = ("rules", "kinds", "ratings", "benchmarks", "industry_series", "rating_standards", "sessions")
    empty = {name: rows(name) for name in TABLES if name not in as_packaged}
    known = {"bars": bars(s301396_SZ=prices), "indices": indices(levels or {"000300.SH": FLAT})}
    return Market.build({**empty, **known, **tables}, calendar=CALENDAR)


def ratings(*changes: Mapping[str, Any]) -> pl.DataFrame:
    """Ratings of the share, UP at START by one broker, with these changes each."""
    plain: dict[str, Any] = {
        "rating_id": "R",
        "subject": "301396",
        "subject_kind": "stock",
        "broker": "broker",
        "rating": rt.UP,
        "action": None,
        "report_date": START,
        "report_date_last": None,
        "market": "A",
        "industry_index": None,
        "known_at": None,
    }
    return pl.DataFrame([{**plain, **row} for row in changes], infer_schema_length=None)
