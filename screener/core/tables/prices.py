"""Prices and what they are multiplied by: bars, index levels, share capital."""

from __future__ import annotations

import polars as pl

from screener.core.config import CLOSE_TIME, EFFECTIVE_TIME, FOREIGN_CLOSE_TIME
from screener.core.identity import Identity
from screener.core.known import Known, at, is_domestic
from screener.core.table import Column, RowCheck, Table
from screener.core.tables.columns import INT, KNOWN, MAY, NEED, SOURCE, SYMBOL, D, F, T

PRICES = (
    Column("open", F, MAY, "yuan, raw", "45.00"),
    Column("high", F, MAY, "yuan, raw", "46.20"),
    Column("low", F, MAY, "yuan, raw", "44.80"),
)
_OHLC = ("open", "high", "low", "close")
_PRICE_CHECKS = (
    RowCheck("a price is zero or negative", pl.any_horizontal(pl.col(*_OHLC) <= 0), _OHLC, "prices above 0"),
    RowCheck(
        "prices out of order",
        (pl.col("low") > pl.min_horizontal("open", "close")) | (pl.col("high") < pl.max_horizontal("open", "close")),
        _OHLC,
        "low <= open, close <= high",
    ),
    RowCheck("volume is negative", pl.col("volume") < 0, ("volume",), "shares, 0 or more"),
    RowCheck("amount is negative", pl.col("amount") < 0, ("amount",), "yuan, 0 or more"),
)

# Hong Kong closes at 16:00, New York after midnight: the day after covers both.
_LEVEL = (
    pl.when(is_domestic())
    .then(at("session", CLOSE_TIME))
    .otherwise(at(pl.col("session").dt.offset_by("1d"), FOREIGN_CLOSE_TIME))
)

BARS = Table(
    "bars",
    "raw daily prices of stocks",
    (
        "symbol",
        "session",
    ),
    (
        SYMBOL,
        Column("session", D, NEED, "session", "2026-06-30"),
        *(Column(c.name, c.kind, NEED, c.meaning, c.example) for c in PRICES),
        Column("close", F, NEED, "yuan, raw", "45.90"),
        Column("volume", INT, NEED, "shares (not lots of 100)", "1234500"),
        Column("amount", F, MAY, "yuan", "56543210.00"),
        SOURCE,
    ),
    known=Known(at("session", CLOSE_TIME)),
    revised=True,
    arrays=True,
    day="session",
    checks=_PRICE_CHECKS,
)

INDICES = Table(
    "indices",
    "daily index levels",
    (
        "index",
        "session",
    ),
    (
        Column("index", T, NEED, "index, as 000300.SH", "000300.SH"),
        Column("session", D, NEED, "date of the level in its own market", "2026-06-30"),
        Column("open", F, MAY, "points", "3987.10"),
        Column("high", F, MAY, "points", "4020.55"),
        Column("low", F, MAY, "points", "3980.02"),
        Column("close", F, NEED, "points", "4012.35"),
        Column("volume", INT, MAY, "shares", ""),
        Column("amount", F, MAY, "yuan", ""),
        SOURCE,
    ),
    known=Known(_LEVEL),
    revised=True,
    arrays=True,
    day="session",
    checks=_PRICE_CHECKS,
)

SHARES = Table(
    "shares",
    "share capital by effective date",
    ("share_id",),
    (
        SYMBOL,
        Column("effective_date", D, NEED, "first day", "2026-05-29"),
        Column("total_shares", INT, NEED, "shares, all classes", "214924566"),
        Column("float_shares", INT, MAY, "tradable shares", ""),
        Column("share_id", T, MAY, "names the fact; empty: the stored one of that count and about that day", ""),
        KNOWN,
        SOURCE,
    ),
    identity=Identity("share_id", "effective_date", equal=("total_shares",)),
    known=Known(at("effective_date", EFFECTIVE_TIME)),
    revised=True,
    arrays=True,
    checks=(
        RowCheck("total_shares is not positive", pl.col("total_shares") <= 0, ("total_shares",), "shares above 0"),
        RowCheck(
            "float_shares outside 0 … total_shares",
            (pl.col("float_shares") < 0) | (pl.col("float_shares") > pl.col("total_shares")),
            ("float_shares", "total_shares"),
            "at most all shares",
        ),
    ),
)
