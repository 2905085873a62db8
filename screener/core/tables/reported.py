"""What firms reported: revenue by product, the statement lines that tell delivery, margins of compute businesses."""

from __future__ import annotations

import polars as pl

from screener.core.known import Known, always
from screener.core.table import Column, RowCheck, Table
from screener.core.tables.columns import FLAG, INT, MAY, NEED, NOTE, SOURCE, SYMBOL, TIME, D, F, T, one_of

PRODUCTS = Table(
    "products",
    "words that say whether a reported product is compute; a word that says no stands over one that says yes",
    ("name",),
    (
        Column("name", T, NEED, "part of the name of a product", "算力"),
        Column("start", D, NEED, "periods that end from this day on", "2023-01-01"),
        Column("is_compute", FLAG, NEED, "compute or not", "true"),
        Column("why", T, NEED, "what it means", "the word itself"),
        SOURCE,
    ),
    known=Known(always()),
    law=True,
    packaged=True,
)

_PERIODS = (
    RowCheck(
        "a period that ends inside a quarter",
        pl.col("period_end").dt.month_end() != pl.col("period_end"),
        ("period_end",),
        "the last day of a month",
    ),
    RowCheck(
        "known before the period was over",
        pl.col("known_at").dt.date() < pl.col("period_end"),
        ("known_at", "period_end"),
        "a known_at after period_end",
    ),
)

SEGMENTS = Table(
    "segments",
    "revenue by product and statement lines, as reported",
    ("symbol", "period_end", "measure", "item"),
    (
        SYMBOL,
        Column("period_end", D, NEED, "last day of the period, which begins with the year", "2025-06-30"),
        one_of("measure", NEED, "revenue | contract_liabilities | capital_expenditure | fixed_assets", "revenue"),
        Column("item", T, NEED, "product as reported; `total` for a statement line", "算力服务"),
        Column("amount", F, NEED, "yuan; revenue and expenditure since the first day of the year", "1084232237"),
        Column("known_at", TIME, MAY, "when it was published; empty: when it entered the store", "2025-08-28 18:00:00"),
        Column("url", T, MAY, "link", ""),
        SOURCE,
        NOTE,
    ),
    # A report is known when it was published, never at the end of its period.
    known=Known(stated=True, clock=True),
    revised=True,
    day="period_end",
    checks=_PERIODS,
)

MARGINS = Table(
    "margins",
    "margins of compute businesses, as disclosed",
    ("symbol", "business", "kind", "period_end"),
    (
        SYMBOL,
        Column("business", T, NEED, "business or subsidiary as disclosed", "算力服务"),
        one_of("kind", NEED, "gross | net", "gross"),
        Column("period_end", D, NEED, "last day of the period", "2025-06-30"),
        Column("months", INT, NEED, "length of the period", "6"),
        Column("margin", F, NEED, "share of the revenue of that business, 0.1175 = 11.75 %", "0.1175"),
        Column("known_at", TIME, MAY, "when it was published; empty: when it entered the store", "2025-12-25 23:59:59"),
        SOURCE,
        NOTE,
    ),
    known=Known(stated=True, clock=True),
    revised=True,
    packaged=True,
    day="period_end",
    checks=_PERIODS,
)
