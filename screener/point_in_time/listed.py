"""Since when a stock is listed, and whether a warning of the exchange (ST) covers it, as known at a moment."""

from __future__ import annotations

from datetime import date

import polars as pl

from screener.core.tables import TABLES
from screener.point_in_time.frames import frame_of
from screener.point_in_time.panel import Panel, memo_of
from screener.point_in_time.versions import as_known, latest


def under_warning(panel: Panel) -> frozenset[str]:
    """Symbols that a known spell of ST, *ST or the delisting period covers on the day of the panel."""
    memo, key = memo_of(panel), ("under warning", panel.as_of)
    if key not in memo:
        spells = frame_of(panel._market.frames, "st_spells")
        known = as_known(spells, TABLES["st_spells"].key, panel.as_of)
        covers = (pl.col("start") <= panel.session) & (pl.col("end").is_null() | (pl.col("end") >= panel.session))
        memo[key] = frozenset(known.filter(covers)["symbol"])
    found: frozenset[str] = memo[key]
    return found


def first_day(panel: Panel, symbol: str) -> date | None:
    """First day of trading, where the firm's row states it; None for a day that has not come."""
    memo, key = memo_of(panel), "first days"
    if key not in memo:
        firms = latest(frame_of(panel._market.frames, "firms"), TABLES["firms"].key)
        memo[key] = dict(firms.drop_nulls("listed").select("symbol", "listed").iter_rows())
    found: date | None = memo[key].get(symbol)
    return found if found is not None and found <= panel.session else None
