"""Series of a holder, made of raw closes and corporate actions as of a date.

1. Raw closes up to the date, in order.
2. An action takes effect with the first close on or after its ex-date.
3. Split-adjusted: close × Π(1 + shares to the holder): the literal 涨跌幅 of a share, cash left out.
4. Total return: × (close × (1 + shares) + cash) ÷ close before: cash before tax, put back at the close of the ex-date.
A restructuring conversion gives the holder nothing: the raw price continues.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from screener.core.errors import ScreenerError
from screener.evaluation.rating.model import PriceSeries

HOLDER_KINDS = ("cash", "bonus", "bonus_and_cash")
NO_HOLDER_KINDS = ("restructuring_conversion",)


def series_of(frame: pl.DataFrame, key: str, name: str, as_of: date) -> PriceSeries:
    """Closes of `name` in a frame (key, session, close), raw, up to `as_of`; empty where there are none."""
    rows = frame.filter((pl.col(key) == name) & (pl.col("session") <= as_of) & pl.col("close").is_not_null())
    rows = rows.sort("session")
    return PriceSeries(
        rows["session"].to_numpy().astype("datetime64[D]"), rows["close"].cast(pl.Float64).to_numpy(), name
    )


def split_adjusted(closes: pl.DataFrame, actions: pl.DataFrame, symbol: str, as_of: date) -> PriceSeries:
    """Price of one first-day share and what it split into, in yuan; decimals throughout, so band edges stay exact."""
    raw = series_of(closes, "symbol", symbol, as_of)
    held, pending, values = Decimal(1), _actions(actions, symbol, raw, as_of), []
    for day, close in zip(raw.dates.tolist(), raw.values.tolist(), strict=True):
        while pending and pending[0]["ex_date"] <= day:
            held *= 1 + Decimal(repr(float(pending.pop(0)["shares_to_holder"])))
        values.append(float(Decimal(repr(close)) * held))
    return PriceSeries(raw.dates, np.array(values, dtype=np.float64), symbol)


def total_return(closes: pl.DataFrame, actions: pl.DataFrame, symbol: str, as_of: date) -> PriceSeries:
    """Wealth of a holder of one share who puts cash back, in yuan, starting at the first close."""
    raw = series_of(closes, "symbol", symbol, as_of)
    pending, values = _actions(actions, symbol, raw, as_of), []
    held = 1.0
    for day, close in zip(raw.dates.tolist(), raw.values.tolist(), strict=True):
        shares, cash = 1.0, 0.0
        while pending and pending[0]["ex_date"] <= day:
            action = pending.pop(0)
            cash += shares * action["cash_to_holder"]
            shares *= 1.0 + action["shares_to_holder"]
        held *= shares + cash / close
        values.append(held * close)
    return PriceSeries(raw.dates, np.array(values, dtype=np.float64), symbol)


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
    paths = [m.values[np.searchsorted(m.dates, days, side="right") - 1] for m in members]
    return PriceSeries(days, np.mean([path / path[0] for path in paths], axis=0), name)


def _actions(actions: pl.DataFrame, symbol: str, raw: PriceSeries, as_of: date) -> list[dict[str, Any]]:
    """What reached the holder after the first close, by ex-date. Refuses kinds without a rule."""
    first = raw.dates[0].item() if raw.dates.size else as_of
    rows = actions.filter(
        (pl.col("symbol") == symbol) & (pl.col("ex_date") <= as_of) & (pl.col("ex_date") > first)
    ).sort("ex_date")
    for kind in rows["kind"].to_list():
        if kind not in HOLDER_KINDS + NO_HOLDER_KINDS:
            raise ScreenerError("corporate action without a rule", where=symbol, got=kind, expected=HOLDER_KINDS)
    return rows.filter(pl.col("kind").is_in(HOLDER_KINDS)).to_dicts()
