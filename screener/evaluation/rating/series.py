"""Series of a rating's subject and of its benchmark, as known by the end of a day.

1. The market as it stood then: stored rows that were revised later count as they were (`Market.seen_at`).
2. A share: split-adjusted, the literal 涨跌幅 with cash left out; beside it total return (`point_in_time.holder`).
3. An index: levels of sessions up to the day that were known by its end; a foreign one is known the morning after.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np

from screener.core.config import END_OF_DAY
from screener.core.errors import ScreenerError
from screener.evaluation.rating.model import PriceSeries
from screener.point_in_time import holder
from screener.point_in_time.market import Market


def end_of(day: date) -> datetime:
    """The last second of a day."""
    return datetime.combine(day, END_OF_DAY)


def price_of(market: Market, symbol: str, as_of: date) -> PriceSeries:
    """Yuan of one first-day share and what it split into; exact decimals; empty where there is no close.

    Empty too where an action has no rule (see `without_rule`): what a holder had is not known then.
    """
    if without_rule(market, symbol, as_of):
        return PriceSeries(np.array([], dtype="datetime64[D]"), np.array([]), symbol)
    return PriceSeries(*holder.split_adjusted(market.seen_at(end_of(as_of)), symbol, as_of), symbol)


def wealth_of(market: Market, symbol: str, as_of: date) -> PriceSeries:
    """Yuan of a holder of one first-day share who puts cash back; empty as `price_of` is."""
    if without_rule(market, symbol, as_of):
        return PriceSeries(np.array([], dtype="datetime64[D]"), np.array([]), symbol)
    return PriceSeries(*holder.total_return(market.seen_at(end_of(as_of)), symbol, as_of), symbol)


def without_rule(market: Market, symbol: str, as_of: date) -> str:
    """The kind of corporate action (rights, without their price) that no series can go on after; empty: none."""
    return holder.without_rule(market.seen_at(end_of(as_of)), symbol, as_of)


def level_of(market: Market, index: str, as_of: date) -> PriceSeries:
    """Levels of an index; empty where it is not stored."""
    series = market.seen_at(end_of(as_of)).indices.get(index)
    if series is None:
        return PriceSeries(np.array([], dtype="datetime64[D]"), np.array([]), index)
    known = (series.known_at <= np.datetime64(end_of(as_of))) & (series.dates <= np.datetime64(as_of))
    known &= np.isfinite(series.close)
    return PriceSeries(series.dates[known], series.close[known], index)


def basket(members: Sequence[PriceSeries], start: date, name: str = "basket") -> PriceSeries:
    """Equal amounts of every member bought at the close of `start` and left alone; 1 at the start.

    Dates are those of any member from `start` on; a halted member stays at its last close. Members without a close
    by `start` are refused: their share of the money would have no price.
    """
    missing = [member.name for member in members if member.at(start) is None]
    if missing or not members:
        raise ScreenerError(
            "no close at the start of the basket", where=str(start), got=", ".join(missing) or "no member"
        )
    days = np.unique(np.concatenate([member.dates for member in members]))
    days = days[days >= np.datetime64(start)]
    if not days.size or days[0] != np.datetime64(start):
        days = np.concatenate(([np.datetime64(start)], days))
    paths = [member.carried(days) for member in members]
    return PriceSeries(days, np.mean([path / path[0] for path in paths], axis=0), name)
