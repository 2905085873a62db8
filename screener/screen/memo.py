"""What is remembered per market: plans depend on the known facts only, and those change a few times a month."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import polars as pl

from screener.core.arrays import Floats
from screener.core.config import Universe
from screener.point_in_time.market import Market, frame_of
from screener.point_in_time.panel import Panel

_MEMOS: dict[int, dict[Any, Any]] = {}
_LIMIT = 20_000  # entries of one market; a year of daily decisions over a hundred option sets


def market_of(panel: Panel) -> Market:
    """The market a panel was cut from."""
    return panel._market


def universe_of(panel: Panel) -> Universe:
    """The rule by which a panel tells its universe."""
    return panel._rule


def share_factor_now(panel: Panel) -> Floats:
    """(N,) what one share of the first session has become, counted as the panel's reference price is."""
    factor = panel._market.share_factor
    return factor[panel._row] if panel._row >= 0 else np.ones(len(panel.symbols))


def memo_of(panel: Panel) -> dict[Any, Any]:
    """A dictionary that lives as long as the panel's market."""
    market = panel._market
    memo = _MEMOS.get(id(market))
    if memo is None:
        memo = _MEMOS[id(market)] = {}
        weakref.finalize(market, _MEMOS.pop, id(market), None).atexit = False
    elif len(memo) > _LIMIT:
        memo.clear()
    return memo


def order_like_kinds(panel: Panel) -> frozenset[str]:
    """Kinds of announcements that may bring signed work."""
    memo = memo_of(panel)
    if "order_like" not in memo:
        kinds = frame_of(panel._market.frames, "kinds")
        memo["order_like"] = frozenset(kinds.filter(pl.col("order_like"))["kind"].to_list())
    kinds_found: frozenset[str] = memo["order_like"]
    return kinds_found
