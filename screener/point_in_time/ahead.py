"""A morning after the last stored session: what is known before its open, though it has no bar yet.

1. Corporate actions whose ex-date lies behind the last session move its price to the ex-right reference, and holdings.
2. Share counts of those days count from 09:00 on, as on any other session; without a new one the last is carried.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from screener.core.arrays import Flags, Floats
from screener.core.config import DECISION_TIME
from screener.point_in_time import corporate
from screener.point_in_time.share_capital import share_capital

if TYPE_CHECKING:
    from screener.point_in_time.market import Market


@dataclass(frozen=True)
class Ahead:
    """(N,) each, as the rows of a market's arrays are."""

    reference: Floats
    total_shares: Floats
    shares_derived: Flags
    share_factor: Floats


def ahead(market: Market, day: date, facts: dict[str, pl.DataFrame]) -> Ahead:
    """Before the open of `day`, later than the last session. `facts`: the tables it is made of, as they stand."""
    days = np.array([market.sessions[-1], day], dtype="datetime64[D]")
    rows = corporate.with_ends(facts["actions"], facts["firms"], facts["st_spells"])
    rows = rows.filter(pl.col("ex_date") > days[0].astype(object))
    actions = corporate.index_actions(rows, days, market.symbols)
    closes = np.vstack([market.row("mark", -1), np.full(len(market.symbols), np.nan)])
    total, derived = share_capital(_counts(market, facts["shares"]), rows, days, market.symbols).at(1)
    factors, column = corporate.share_factors(closes.shape, actions)
    return Ahead(
        reference=corporate.reference_prices(closes, actions)[1],
        total_shares=total,
        shares_derived=derived,
        share_factor=market.row("share_factor", -1) * factors[1, column],
    )


def _counts(market: Market, told: pl.DataFrame) -> pl.DataFrame:
    """Rows of share capital: the count of the last session, as older than any, and rows that came after it."""
    last = market.last_session()
    decided = datetime.combine(last, DECISION_TIME)
    known = pl.col("known_at") <= decided, pl.col("effective_date") <= last
    since = told.filter(*known).group_by("symbol").agg(pl.col("effective_date").max().alias("since"))
    newer = told.filter(~(known[0] & known[1])).join(since, on="symbol", how="left")
    newer = newer.filter(pl.col("since").is_null() | (pl.col("effective_date") >= pl.col("since")))
    carried = pl.DataFrame(
        {
            "symbol": market.symbols,
            "effective_date": date.min,
            "known_at": decided,
            "total_shares": market.row("total_shares", -1),
            "source": np.where(market.row("shares_derived", -1), "derived", ""),
        }
    ).filter(pl.col("total_shares").is_finite())
    newer = newer.select(pl.col(name).cast(kind) for name, kind in carried.schema.items())
    return pl.concat([carried, newer])
