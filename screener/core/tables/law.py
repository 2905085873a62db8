"""What the exchanges decree: sessions, dated rules and costs."""

from __future__ import annotations

import polars as pl

from screener.core.config import EFFECTIVE_TIME
from screener.core.known import Known, always, at
from screener.core.table import Column, RowCheck, Table
from screener.core.tables.columns import KNOWN, MAY, NEED, NOTE, SOURCE, TIME, D, F, T, one_of

SESSIONS = Table(
    "sessions",
    "sessions of Shanghai and Shenzhen",
    ("session",),
    (
        Column("session", D, NEED, "session", "2026-06-30"),
        KNOWN,
        SOURCE,
    ),
    known=Known(always()),
    law=True,
    packaged=True,
)

_RATE, _COUNT = (0.0, 0.05), (1.0, 1e6)
# Rule → what a back-test can be charged or bound by: a rate in per cent would take more than the position is worth.
_BOUNDS = {
    "price_limit": (0.001, 0.999),
    "stamp_duty": _RATE,
    "transfer_fee_rate": _RATE,
    "transfer_fee_per_share": (0.0, 0.005),
    "lot_minimum": _COUNT,
    "lot_step": _COUNT,
    "max_limit_order": (1.0, 1e9),
    "no_limit_sessions": (0.0, 1000.0),
    "limit_rounding": (0.0, 0.5),
}
_WHOLE = ("lot_minimum", "lot_step", "max_limit_order", "no_limit_sessions")


def _bound(end: int) -> pl.Expr:
    bounds = {rule: span[end] for rule, span in _BOUNDS.items()}
    return pl.col("rule").replace_strict(bounds, default=None, return_dtype=pl.Float64)


RULES = Table(
    "rules",
    "dated market rules and costs; intervals are half open [start, end)",
    (
        "rule",
        "scope",
        "side",
        "start",
    ),
    (
        Column("rule", T, NEED, "price_limit | no_limit_sessions | lot_step | stamp_duty | transfer_fee_rate …"),
        Column("scope", T, NEED, "board, board_st, or all"),
        one_of("side", NEED, "buy | sell | both"),
        Column("start", D, NEED, "first day"),
        Column("end", D, MAY, "first day it no longer holds"),
        Column("value", F, NEED, "rate, shares or sessions"),
        Column("unit", T, NEED, "unit of the value"),
        one_of("certainty", NEED, "notice | repository | knowledge"),
        Column("known_at", TIME, MAY, "empty: 09:00 of the first day"),
        SOURCE,
        NOTE,
    ),
    known=Known(at("start", EFFECTIVE_TIME)),
    law=True,
    packaged=True,
    checks=(
        RowCheck(
            "a rule outside what an exchange decrees",
            ~pl.col("value").is_between(_bound(0), _bound(1)),
            ("rule", "value"),
            "a fraction (0.1 for 10 %), yuan per share, shares or sessions, as the rows in `rules` have it",
        ),
        RowCheck(
            "a rule that counts whole things is not whole",
            pl.col("rule").is_in(_WHOLE) & (pl.col("value") != pl.col("value").round()),
            ("rule", "value"),
            "whole shares or sessions",
        ),
        RowCheck("the rule ends before it starts", pl.col("end") < pl.col("start"), ("start", "end"), "in order"),
    ),
)
