"""Corporate actions: what a holder gets, may buy, or is left with.

1. `cash`, `bonus`, `bonus_and_cash` give; `restructuring_conversion` moves the price and gives the holder nothing.
2. `rights` offer new shares for money: a holder who does not subscribe loses what they are worth (配股).
3. `delisting`, `merger`, `renumbering` end the series: the holder is paid, or holds another stock from that day on.
"""

from __future__ import annotations

import polars as pl

from screener.core.config import EFFECTIVE_TIME
from screener.core.identity import Identity
from screener.core.known import Known, at
from screener.core.table import Column, RowCheck, Table
from screener.core.tables.columns import KNOWN, MAY, NEED, NOTE, SOURCE, SYMBOL, D, F, T, one_of

GIVING = ("cash", "bonus", "bonus_and_cash")
CONVERSION, RIGHTS, DELISTING = "restructuring_conversion", "rights", "delisting"
RENUMBERING = "renumbering"
TURNING = ("merger", RENUMBERING)  # into shares of another stock
ENDING = (DELISTING, *TURNING)
TERMS = ("rights_ratio", "rights_price")
KINDS = (*GIVING, CONVERSION, RIGHTS, *ENDING)
TERMS = ("rights_ratio", "rights_price")
KINDS = (*GIVING, CONVERSION, RIGHTS, *ENDING)

_OWN, _HEIR = pl.col("symbol"), pl.col("into_symbol")
_CODE = r"^[0-9]{6}\.(SH|SZ|BJ)$"
_RENUMBERED = pl.col("kind") == RENUMBERING  # share for share
_RENUMBERED = pl.col("kind") == RENUMBERING  # share for share
_RATIO = pl.when(_RENUMBERED).then(pl.col("into_ratio").fill_null(1.0)).otherwise(pl.col("into_ratio"))
_KNOWN_FORMULA = pl.col("kind").is_in(GIVING)  # rights: also of their own price
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
        one_of("kind", NEED, " | ".join(KINDS), "bonus"),
        Column("shares_to_holder", F, NEED, "new shares a holder gets per share held", "0.4"),
        Column("cash_to_holder", F, NEED, "yuan before tax per share held", "0"),
        Column("rights_ratio", F, MAY, "rights: new shares a holder may buy per share held (10配3: 0.3)", ""),
        Column("rights_price", F, MAY, "rights: yuan for each of them", ""),
        Column("into_symbol", T, MAY, "merger, renumbering: the stock a share became", ""),
        Column("into_ratio", F, MAY, "merger: shares of it per share held; empty for a renumbering: 1", ""),
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
    backdates=True,
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
            (pl.col("kind") == CONVERSION)
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
        RowCheck(
            "terms of a rights issue that are none",
            (pl.col("rights_ratio") <= 0) | (pl.col("rights_price") <= 0),
            ("rights_ratio", "rights_price"),
            "above 0, or empty where they are not known",
        ),
        RowCheck(
            "terms of a rights issue on another kind of action",
            (pl.col("kind") != RIGHTS) & pl.any_horizontal(pl.col("rights_ratio", "rights_price").is_not_null()),
            ("kind", "rights_ratio", "rights_price"),
            "kind rights; what is given for nothing on the same day is a row of its own",
        ),
        RowCheck(
            "what a share became is not said",
            pl.col("kind").is_in(TURNING)
            & (~_HEIR.str.contains(_CODE).fill_null(False) | (_HEIR == _OWN) | (_RATIO > 0).fill_null(False).not_()),
            ("kind", "into_symbol", "into_ratio"),
            "into_symbol, another stock as 600000.SH, and for a merger into_ratio above 0",
        ),
        RowCheck(
            "an action that turns a share into nothing else",
            ~pl.col("kind").is_in(TURNING) & pl.any_horizontal(pl.col("into_symbol", "into_ratio").is_not_null()),
            ("kind", "into_symbol", "into_ratio"),
            "kind merger or renumbering",
        ),
        RowCheck(
            "a share that ends gives no new ones of its own",
            pl.col("kind").is_in(ENDING) & (pl.col("shares_to_holder") > 0),
            ("kind", "shares_to_holder"),
            "shares_to_holder 0; into_ratio where it becomes another stock",
        ),
    ),
)
