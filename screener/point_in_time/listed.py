"""Since when a stock is listed, and whether a warning of the exchange (ST) covers it, as known at a moment."""

from __future__ import annotations

from collections.abc import Mapping
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


def first_days(panel: Panel) -> Mapping[str, date]:
    """Symbol → first day of trading, where the firm's row states it and it has come."""
    memo, key = memo_of(panel), "first days"
    if key not in memo:
        firms = latest(frame_of(panel._market.frames, "firms"), TABLES["firms"].key)
        memo[key] = dict(firms.drop_nulls("listed").select("symbol", "listed").iter_rows())
    found: Mapping[str, date] = memo[key]
    return {symbol: day for symbol, day in found.items() if day <= panel.session}
