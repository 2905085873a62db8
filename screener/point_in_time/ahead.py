"""A morning after the last stored session: what is known before its open, though it has no bar yet.

1. Corporate actions whose ex-date lies behind the last session move its price to the ex-right reference, and holdings.
2. Share counts of those days count from 09:00 on, as on any other session.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from screener.core.arrays import Flags, Floats
from screener.point_in_time import prices


@dataclass(frozen=True)
class Ahead:
    """(N,) each, as the rows of a market's arrays are."""

    reference: Floats
    total_shares: Floats
    shares_derived: Flags
    share_factor: Floats


def ahead(
    last: date, day: date, symbols: tuple[str, ...], mark: Floats, factor: Floats, facts: dict[str, pl.DataFrame]
) -> Ahead:
    """Before the open of `day`, later than the `last` session. `facts`: actions and shares as they stand."""
    days = np.array([last, day], dtype="datetime64[D]")
    actions = tuple(row for row in prices.index_actions(facts["actions"], days, symbols) if row.t == 1)
    closes = np.vstack([mark, np.full(len(symbols), np.nan)])
    total, derived = prices.share_capital(facts["shares"], days, symbols)
    return Ahead(
        reference=prices.reference_prices(closes, actions)[1],
        total_shares=total[1],
        shares_derived=derived[1],
        share_factor=factor * prices.share_factors(closes.shape, actions)[1],
    )
