"""Corporate actions of a market as arrays for the kernel."""

from __future__ import annotations

import numpy as np

from screener.backtest.kernel.state import Events
from screener.core.tables.actions import CONVERSION, KINDS
from screener.point_in_time.market import Market


def events(market: Market, first: int = 0) -> Events:
    """(A,) arrays from session `first` on: by session, shares that end first, then by symbol."""
    rows = sorted((row for row in market.actions if row.t >= first), key=lambda row: (row.t, not row.ends, row.n))
    shares = [0.0 if row.kind == CONVERSION else row.shares_to_holder for row in rows]  # others get those
    offered = [0.0 if np.isnan(row.rights_ratio + row.rights_price) else row.rights_ratio for row in rows]
    whole = {"session": "t", "symbol": "n", "into": "into"}
    return Events(
        **{name: np.array([getattr(row, own) for row in rows], np.int64) for name, own in whole.items()},
        kind=np.array([KINDS.index(row.kind) for row in rows], np.int64),
        shares=np.array(shares, np.float64),
        cash=np.array([row.cash_to_holder for row in rows], np.float64),
        rights=np.array(offered, np.float64),
        rights_price=np.array([row.rights_price for row in rows], np.float64),
        ends=np.array([row.ends for row in rows], np.bool_),
        into_ratio=np.array([row.into_ratio for row in rows], np.float64),
    )
