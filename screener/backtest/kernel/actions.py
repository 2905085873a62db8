"""Corporate actions of a market as arrays for the kernel, and the one line for an action nobody can book."""

from __future__ import annotations

import numpy as np

from screener.backtest.kernel.rows import ACTION_KINDS
from screener.backtest.kernel.state import Events
from screener.core.errors import DataRefused
from screener.point_in_time.market import Market


def events(market: Market, first: int = 0) -> Events:
    """(A,) arrays from session `first` on, by session, then symbol; a kind outside ACTION_KINDS is -1."""
    rows = sorted((row for row in market.actions if row.t >= first), key=lambda row: (row.t, row.n))
    known = {kind: code for code, kind in enumerate(ACTION_KINDS)}
    return Events(
        np.array([row.t for row in rows], dtype=np.int64),
        np.array([row.n for row in rows], dtype=np.int64),
        np.array([known.get(row.kind, -1) for row in rows], dtype=np.int64),
        np.array([row.shares_to_holder for row in rows], dtype=np.float64),
        np.array([row.cash_to_holder for row in rows], dtype=np.float64),
    )


def cannot_book(market: Market, session: int, symbol: int) -> DataRefused:
    """The error for a corporate action of unknown kind on a position or a pending order."""
    kinds = sorted({row.kind for row in market.actions if (row.t, row.n) == (session, symbol)} - set(ACTION_KINDS))
    return DataRefused(
        "a corporate action that cannot be booked",
        where=f"{market.symbols[symbol]} {market.sessions[session]}",
        got=", ".join(kinds),
        expected=" | ".join(ACTION_KINDS),
        next_step="correct its row in `actions` and load it again, or end the back-test before it",
    )
