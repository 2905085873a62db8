"""Tiny markets made by hand, and the shortest way to trade on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

import numpy as np

from screener.backtest.engine import finish
from screener.backtest.portfolio import Decisions
from screener.backtest.result import BacktestResult
from screener.core.arrays import Floats
from screener.core.calendar import packaged_calendar
from screener.core.config import BacktestOptions, ExecutionOptions
from screener.core.rules import packaged_rules
from screener.point_in_time.corporate import Action, reference_prices, share_factors
from screener.point_in_time.indices import IndexSeries
from screener.point_in_time.market import Market
from screener.point_in_time.prices import holding_periods
from tests.point_in_time.markets import constant

NAN = float("nan")
LOTS = {"688": (200, 1), "920": (100, 1)}
FREE: dict[str, Any] = {"commission_rate": 0.0, "commission_floor": 0.0, "slippage": 0.0, "participation": 1.0}


def sessions_from(first: date, count: int) -> np.ndarray:
    """`count` sessions of the packaged calendar."""
    days = packaged_calendar().between(first, date(2026, 12, 31))[:count]
    return np.array(days, dtype="datetime64[D]")


def make_market(
    close: Any,
    *,
    symbols: Sequence[str] = ("300001.SZ",),
    first: date = date(2024, 10, 8),
    limit: float = 0.2,
    actions: Sequence[Action] = (),
    stamp_duty: float = 0.0005,
    transfer: float = 0.00001,
    **arrays: Any,
) -> Market:
    """A Market from closes (T,) or (T, N); opens equal closes, volume is 1 000 000 unless given."""
    close = _wide(close)
    days = sessions_from(first, len(close))
    reference = reference_prices(close, actions)
    given = {name: _wide(value) for name, value in arrays.items()}
    has_bar = ~np.isnan(close)
    cells = {
        "open": close,
        "high": close,
        "low": close,
        "close": close,
        "volume": np.where(has_bar, 1_000_000.0, NAN),
        "amount": np.full(close.shape, NAN),
        "reference": reference,
        "transfer_rate": np.full((len(close), 1), transfer),
        "transfer_per_share": np.zeros((len(close), 1)),
        "stamp_duty": np.full(len(close), stamp_duty),
        "purchase_duty": np.zeros(len(close)),
    } | given
    lots = np.array([LOTS.get(symbol[:3], (100, 100)) for symbol in symbols], dtype=np.int64)
    index = IndexSeries(days, days.astype("datetime64[us]"), np.full(len(days), 4000.0), np.full(len(days), 4000.0))
    factors, column = share_factors(close.shape, tuple(actions))
    rest = {
        "sessions": days,
        "capital": constant(close.shape, 1e8),
        "factors": factors,
        "factor_column": column,
        "limit_permille": np.full((len(close), 1), round(limit * 1000), np.int16),
        "limit_outwards": np.full((len(close), 1), 1000, np.int16),
        "limit_column": np.zeros(len(symbols), np.int64),
        "symbols": tuple(symbols),
        **holding_periods(days, packaged_rules()),
        "board": np.zeros(len(symbols), np.int64),
        "largest_order": np.full((len(close), 1), 1_000_000),
        "lot_minimum": lots[:, 0],
        "lot_step": lots[:, 1],
        "first_bar": np.where(has_bar.any(0), has_bar.argmax(0), len(close)).astype(np.int64),
        "actions": tuple(actions),
        "indices": {"000300.SH": index},
        "calendar": packaged_calendar(),
        "source": "made by hand",
        "synthetic": True,
        "report_symbols": tuple(symbols),
    }
    empty: dict[str, Any] = {"names": {}, "universe_entry": {}, "frames": {}}
    known = cells | rest | empty
    return Market(**{field.name: known.get(field.name, ()) for field in fields(Market)})


def _wide(values: Any) -> np.ndarray:
    array = np.asarray(values, dtype=np.float64)
    return array[:, None] if array.ndim == 1 and len(array) else array


def trade(
    market: Market,
    decisions: Mapping[int, Sequence[float] | Floats | float],
    *,
    cash: float = 100_000.0,
    first: int = 1,
    **terms: Any,
) -> BacktestResult:
    """Execute target weights by session index from session `first` on; free of costs unless `terms` says otherwise."""
    rows = [np.atleast_1d(np.asarray(weights, dtype=np.float64)) for weights in decisions.values()]
    weights = np.stack(rows) if rows else np.zeros((0, len(market.symbols)))
    options = BacktestOptions(execution=ExecutionOptions(initial_cash=cash, **(FREE | terms)))
    chosen = Decisions(np.array(list(decisions), dtype=np.int64), weights)
    return finish(market, chosen, options, params={}, name="by hand", span=(first, len(market.sessions)))


def story(result: BacktestResult) -> list[tuple[int, str, int, int, str]]:
    """(session index, side, requested, filled, reason) of each order of a market with one symbol."""
    rows = result.orders
    first = {day: t for t, day in enumerate(result.market.sessions.tolist())}
    return [
        (first[row["session"]], row["side"], row["requested"], row["filled"], row["reason"])
        for row in rows.iter_rows(named=True)
    ]
