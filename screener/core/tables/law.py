"""What the exchanges decree: sessions, dated rules and costs."""

from __future__ import annotations

from screener.core.config import EFFECTIVE_TIME
from screener.core.known import Known, always, at
from screener.core.table import Column, Table
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
)
