"""What firms announced, what stands in it, what became of it, and how such facts hang together."""

from __future__ import annotations

import polars as pl

from screener.core.config import CONTRACT_LIFE, END_OF_DAY
from screener.core.known import MIDNIGHT, Known, always, at
from screener.core.table import Column, RowCheck, Table
from screener.core.tables.columns import (
    FLAG,
    INT,
    KNOWN_AT_BASES,
    MAY,
    NEED,
    NOTE,
    SOURCE,
    SYMBOL,
    TIME,
    D,
    F,
    T,
    one_of,
)

DIRECTIONS = "inflow | outflow | financing | unclear"

# Yuan per unit since 1990, generously.
_RATES = {
    "USD": (4.5, 9.5),
    "HKD": (0.6, 1.25),
    "EUR": (6.0, 12.0),
    "GBP": (7.0, 16.0),
    "JPY": (0.035, 0.12),
    "SGD": (3.5, 7.0),
    "AUD": (3.5, 8.0),
    "CAD": (4.0, 8.0),
    "KRW": (0.004, 0.02),
}


def _rate(end: int) -> pl.Expr:
    rates = {currency: span[end] for currency, span in _RATES.items()}
    return pl.col("currency").replace_strict(rates, default=None, return_dtype=pl.Float64)


KINDS = Table(
    "kinds",
    "kinds of announcements and commitments",
    ("kind",),
    (
        Column("kind", T, NEED, "name", "renewal"),
        Column("label_zh", T, NEED, "中文"),
        Column("label_en", T, NEED, "English"),
        Column("order_like", FLAG, NEED, "may bring signed work"),
        Column("opens_universe", FLAG, NEED, "an amount of this kind puts a firm into the universe `known`"),
        Column("warning", FLAG, NEED, "may take signed work away"),
        one_of("direction", NEED, DIRECTIONS, "inflow"),
        one_of("group", NEED, "inflow | outflow | capital | warning | other", "inflow"),
        Column("ceiling", FLAG, NEED, "its amount is an upper limit, whatever is said of it", "false"),
        SOURCE,
    ),
    known=Known(always()),
    law=True,
    packaged=True,
)

KEYWORDS = Table(
    "keywords",
    "words in titles by which the whole market is searched",
    ("keyword",),
    (
        Column("keyword", T, NEED, "as the site searches for it", "算力"),
        Column("start", D, NEED, "announcements from this day on are searched", "2023-01-01"),
        one_of("purpose", NEED, "compute | purchase | deal", "compute"),
        Column("why", T, NEED, "what it finds", "the word itself"),
        SOURCE,
    ),
    known=Known(always()),
    law=True,
    packaged=True,
)

ANNOUNCEMENTS = Table(
    "announcements",
    "what a firm announced",
    ("announcement_id",),
    (
        Column("announcement_id", T, NEED, "unique name", "MY-0001"),
        SYMBOL,
        Column("event_date", D, NEED, "printed date of the announcement", "2026-06-30"),
        Column("title", T, NEED, "title as published", "关于签订算力服务合同的公告"),
        Column("kind", T, NEED, "a kind of kinds.csv", "order"),
        Column("entity", T, MAY, "implementing entity", ""),
        Column("report_row", INT, MAY, "row of the broker's report", ""),
        Column("source_line", INT, MAY, "line of the source text", ""),
        Column("known_at", TIME, MAY, "readable from; empty: 23:59:59 of event_date", "2026-06-30 18:32:10"),
        one_of("known_at_basis", MAY, KNOWN_AT_BASES, "exchange_time"),
        Column("evidence", T, MAY, "why known_at is what it is", ""),
        Column("url", T, MAY, "link", ""),
        one_of("review", MAY, "reported | unreviewed | reviewed", "reviewed"),
        SOURCE,
        NOTE,
    ),
    known=Known(at("event_date", END_OF_DAY), own_time=True, clock=True),
    packaged=True,
    day="event_date",
    ahead=1,
    refers={"kind": ("kinds",)},
    checks=(
        RowCheck(
            "known before it was announced",
            pl.col("known_at") < at("event_date", MIDNIGHT).dt.offset_by("-5d"),
            ("known_at", "event_date"),
            "a known_at at most 5 days before the printed date",
        ),
    ),
)

COMMITMENTS = Table(
    "commitments",
    "one dated fact inside an announcement",
    ("commitment_id",),
    (
        Column("commitment_id", T, NEED, "unique name", "MY-0001-1"),
        Column("announcement_id", T, NEED, "the announcement it stands in", "MY-0001"),
        SYMBOL,
        Column("kind", T, NEED, "a kind of kinds.csv", "order"),
        one_of("work", MAY, "service | integration | software | hardware | other", "service"),
        Column("is_compute", FLAG, NEED, "compute leasing or its equipment", "true"),
        one_of("direction", NEED, DIRECTIONS, "inflow"),
        Column("amount_low", F, MAY, "yuan, 100 %; empty for a ceiling or where undisclosed", "303000000"),
        Column("amount_high", F, MAY, "yuan, 100 %; empty where undisclosed", "303000000"),
        one_of("amount_basis", NEED, "exact | ceiling | range | estimate | undisclosed", "exact"),
        Column("printed_amount", T, MAY, "the cell as printed", "3.03亿"),
        one_of("printed_column", MAY, "order | investment | text", ""),
        one_of("tax", NEED, "included | excluded | unknown", "included"),
        Column("currency", T, NEED, "currency of the contract", "CNY"),
        Column("foreign_amount", F, MAY, "amount in that currency where it is not CNY", ""),
        Column("other_amount", F, MAY, "yuan: a further amount the text gives", ""),
        Column("other_meaning", T, MAY, "what the further amount is", ""),
        Column("compute_amount", F, MAY, "size as stated", ""),
        Column("compute_unit", T, MAY, "P | cards | MW …, precision unstated", ""),
        Column("term_months", INT, MAY, "months", "48"),
        one_of("term_basis", MAY, "text | column | both", "text"),
        Column("counterparty", T, MAY, "as stated; empty: undisclosed", ""),
        Column("counterparty_named", FLAG, MAY, "false for X公司, 客户 and the like", "true"),
        Column("entity", T, MAY, "implementing entity", ""),
        Column("stake", F, MAY, "the parent's share of it, 0–1", "1.0"),
        Column("signed_date", D, MAY, "date of signing", ""),
        one_of("confidence", MAY, "A | B | C | D", "A"),
        Column("known_at", TIME, MAY, "empty: that of the announcement", ""),
        SOURCE,
        NOTE,
    ),
    known=Known(follows=("announcement_id",), own_time=True, clock=True),
    packaged=True,
    stands_in="announcement_id",
    refers={"announcement_id": ("announcements",), "kind": ("kinds",)},
    checks=(
        RowCheck(
            "an amount is negative",
            (pl.col("amount_low") < 0) | (pl.col("amount_high") < 0),
            ("amount_low", "amount_high"),
            "yuan, 0 or more, empty where undisclosed",
        ),
        RowCheck(
            "foreign_amount of a contract in yuan",
            (pl.col("currency") == "CNY") & ((pl.col("foreign_amount") - pl.col("amount_high")).abs() > 0.005),
            ("currency", "foreign_amount", "amount_high"),
            "the currency of foreign_amount, or no foreign_amount",
        ),
        RowCheck(
            "amount and foreign_amount do not fit any rate of exchange",
            ~(pl.col("amount_high") / pl.col("foreign_amount")).is_between(_rate(0), _rate(1)),
            ("amount_high", "currency", "foreign_amount"),
            "amount in yuan, foreign_amount in the currency (both whole, not in 万)",
        ),
        RowCheck(
            "amount_low above amount_high",
            pl.col("amount_low") > pl.col("amount_high"),
            ("amount_low", "amount_high"),
            "low <= high",
        ),
        RowCheck(
            "an undisclosed amount has a figure",
            (pl.col("amount_basis") == "undisclosed")
            & (pl.col("amount_low").is_not_null() | pl.col("amount_high").is_not_null()),
            ("amount_low", "amount_high"),
            "empty",
        ),
        RowCheck(
            "term outside 1 month … 50 years",
            ~pl.col("term_months").is_between(1, 600),
            ("term_months",),
            "months above 0 and at most 600, or empty",
        ),
        RowCheck("stake outside 0 … 1", ~pl.col("stake").is_between(0, 1), ("stake",), "a fraction of 1"),
    ),
)

CONTRACT_FACTS = Table(
    "contract_facts",
    "what became of a commitment",
    ("fact_id",),
    (
        Column("fact_id", T, NEED, "unique name", "MY-0001-1-a"),
        Column("commitment_id", T, NEED, "the commitment", "MY-0001-1"),
        SYMBOL,
        one_of("kind", NEED, CONTRACT_LIFE, "acceptance"),
        Column("effective_date", D, NEED, "from when, or end of the period", "2026-09-30"),
        Column("amount", F, MAY, "yuan: recognised, or taken off", ""),
        Column("period_start", D, MAY, "first day of the period of an amount", ""),
        Column("announcement_id", T, MAY, "where it is stated", ""),
        Column("known_at", TIME, MAY, "empty: 23:59:59 of effective_date", "2026-10-09 18:00:00"),
        Column("known_at_basis", T, MAY, "as for announcements", ""),
        SOURCE,
        NOTE,
    ),
    known=Known(at("effective_date", END_OF_DAY), follows=("announcement_id",), clock=True),
    packaged=True,
    revised=True,
    stands_in="commitment_id",
    refers={"commitment_id": ("commitments",), "announcement_id": ("announcements",)},
    checks=(
        RowCheck("amount is negative", pl.col("amount") < 0, ("amount",), "yuan, 0 or more"),
        RowCheck(
            "the period ends before it starts",
            pl.col("period_start") > pl.col("effective_date"),
            ("period_start", "effective_date"),
            "period_start <= effective_date",
        ),
    ),
)

LINKS = Table(
    "links",
    "how two facts hang together",
    (
        "from_id",
        "to_id",
    ),
    (
        Column("from_id", T, NEED, "commitment or announcement, the later one"),
        Column("to_id", T, NEED, "commitment or announcement, the earlier one"),
        one_of("kind", NEED, "re_announces | amends | part_of | confirms | replaces_ceiling | funds"),
        one_of("state", NEED, "asserted | suspected | refuted"),
        Column("evidence", T, MAY, "why"),
        Column("known_at", TIME, MAY, "empty: that of the later fact"),
        SOURCE,
    ),
    known=Known(follows=("from_id", "to_id"), latest=True),
    packaged=True,
    revised=True,
    refers=dict.fromkeys(("from_id", "to_id"), ("commitments", "announcements")),
)
