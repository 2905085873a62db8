"""Prices and what changes them: bars, index levels, share capital, corporate actions."""

from __future__ import annotations

import polars as pl

from screener.core.config import CLOSE_TIME, EFFECTIVE_TIME, FOREIGN_CLOSE_TIME
from screener.core.identity import Identity
from screener.core.known import Known, at, is_domestic
from screener.core.table import Column, RowCheck, Table
from screener.core.tables.columns import INT, KNOWN, MAY, NEED, NOTE, SOURCE, SYMBOL, D, F, T, one_of

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

_KNOWN_FORMULA = pl.col("kind").is_in(["cash", "bonus", "bonus_and_cash"])  # rights: also of their own price
_STATED = ("shares_to_holder", "cash_to_holder", "prev_close", "reference_price")
_FEN = 0.01 + 1e-9
_FACTOR_SLACK = 1e-3  # providers print three digits or more


def _apart(shares_of: float = 1.0, cash_of: float = 1.0) -> pl.Expr:
    """How far the stated reference lies from the formula, with shares and cash counted per so many; yuan."""
    cash, shares = pl.col("cash_to_holder") / cash_of, pl.col("shares_to_holder") / shares_of
    return (pl.col("reference_price") - (pl.col("prev_close") - cash) / (1 + shares)).abs()


ACTIONS = Table(
    "actions",
    "corporate actions on their ex-date",
    ("action_id",),
    (
        SYMBOL,
        Column("ex_date", D, NEED, "effective before the open of this day", "2026-05-29"),
        one_of("kind", NEED, "cash | bonus | bonus_and_cash | rights | restructuring_conversion", "bonus"),
        Column("shares_to_holder", F, NEED, "new shares a holder gets per share held", "0.4"),
        Column("cash_to_holder", F, NEED, "yuan before tax per share held", "0"),
        Column("prev_close", F, MAY, "yuan, raw", "255.63"),
        Column("reference_price", F, MAY, "ex-right reference price, yuan; empty: by the formula", "182.59"),
        Column("factor_ratio", F, MAY, "previous close ÷ reference price, as the provider has it", ""),
        Column("action_id", T, MAY, "names the event; empty: the stored one of about that day, or a new one", ""),
        KNOWN,
        SOURCE,
        NOTE,
    ),
    identity=Identity("action_id", "ex_date"),
    known=Known(at("ex_date", EFFECTIVE_TIME)),
    revised=True,
    arrays=True,
    checks=(
        RowCheck(
            "a holder cannot get less than nothing",
            (pl.col("shares_to_holder") < 0) | (pl.col("cash_to_holder") < 0),
            ("shares_to_holder", "cash_to_holder"),
            "0 or more for each share held",
        ),
        RowCheck(
            "a price is zero or negative",
            (pl.col("prev_close") <= 0) | (pl.col("reference_price") < 0.005),  # less is no fen
            ("prev_close", "reference_price"),
            "prices above 0",
        ),
        RowCheck(
            "shares and cash are those per 10 shares",
            _KNOWN_FORMULA & (_apart() > _FEN) & (pl.min_horizontal(_apart(10, 10), _apart(10), _apart(1, 10)) <= _FEN),
            _STATED,
            "per share held: 10转4派3 is shares_to_holder 0.4, cash_to_holder 0.3",
        ),
        RowCheck(
            "the stated reference price is not (prev_close − cash) ÷ (1 + shares)",
            _KNOWN_FORMULA & (_apart() > _FEN),
            _STATED,
            "amounts per share held that give the stated reference to the fen, or no reference_price",
        ),
        RowCheck(
            "a restructuring conversion gives the holder nothing",
            (pl.col("kind") == "restructuring_conversion")
            & ((pl.col("shares_to_holder") > 0) | (pl.col("cash_to_holder") > 0))
            & (_apart() <= _FEN),
            _STATED,
            "kind bonus where holders get the shares, else shares_to_holder 0",
        ),
        RowCheck(
            "nothing is left of the price after the cash",
            _KNOWN_FORMULA & (pl.col("cash_to_holder") >= pl.col("prev_close")),
            ("cash_to_holder", "prev_close"),
            "yuan per share held, less than the price",
        ),
        RowCheck(
            "factor_ratio is not prev_close ÷ reference_price",
            (pl.col("factor_ratio") - pl.col("prev_close") / pl.col("reference_price")).abs()
            > _FACTOR_SLACK + 0.01 * pl.col("prev_close") / pl.col("reference_price") ** 2,
            ("factor_ratio", "prev_close", "reference_price"),
            "previous close ÷ reference price",
        ),
    ),
)
