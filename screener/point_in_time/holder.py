"""What a holder of a share had: returns between trades, wealth, and prices of what one share became.

1. Base price of a session: the ex-right reference; where a court-approved conversion moved it without giving the holder
   anything, the holder's own last price. Return of a session with a bar = close ÷ base − 1, as the exchange shows it;
   after a halt it spans several sessions, nothing is filled with zeros.
2. Split-adjusted: close × Π(1 + shares to the holder), the literal 涨跌幅 of a share, cash left out; in exact decimals,
   as a rating band may end exactly on an edge.
3. Total return: × (close × (1 + shares) + cash) ÷ close, cash before tax put back at the close of the ex-date. It
   differs from the chain of returns of 1 by the exchange's rounding of the reference to the fen. Rights are sold at
   what they are worth on the ex-date: × close before ÷ reference.
What ended (delisting, merger, renumbering) ends both series. An action takes effect with the first close on or after
its ex-date. A conversion gives the holder nothing.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np

from screener.core.arrays import Days, Flags, Floats, Ints, strips
from screener.core.errors import ScreenerError
from screener.core.tables.actions import CONVERSION, GIVING, RIGHTS
from screener.point_in_time.corporate import Action
from screener.point_in_time.market import Market

CENT_FRACTION = 1e-6
_TERMS = "rights_ratio and rights_price"


def base_prices(market: Market) -> Floats:
    """(T, N) yuan: what one share of the holder was worth before the session, per share held now."""
    base = np.array(market.reference)
    for action in market.actions:
        if action.kind != CONVERSION or action.t == 0:
            continue
        factor = market.row("mark", action.t - 1)[action.n] / base[action.t, action.n]
        traded = np.flatnonzero(~np.isnan(market.close[action.t :, action.n]))
        until = action.t + (int(traded[0]) if traded.size else market.close.shape[0])
        base[action.t : until + 1, action.n] *= factor
    return base


def returns(market: Market) -> Floats:
    """(T, N) simple returns of sessions with a bar, since the last bar; NaN elsewhere."""
    return _ratios(market) - 1.0


def wealth(market: Market) -> Floats:
    """(T, N) value of one first-day share and what it became, 1 at the first bar; flat while halted."""
    steps = _ratios(market)
    steps[~np.isfinite(steps)] = 1.0
    return np.cumprod(steps, axis=0, out=steps)  # in place: of a whole market it is no small array


def _ratios(market: Market) -> Floats:
    """(T, N) close ÷ base price."""
    with np.errstate(invalid="ignore"):
        found: Floats = market.close / base_prices(market)
    return found


def trading_gaps(close: Floats) -> Floats:
    """(T, N) sessions since the last bar, on sessions with a bar; NaN on the first and where there is none."""
    rows = np.arange(close.shape[0], dtype=np.int32)[:, None]  # half the memory: of a whole market it is no small array
    traded = np.isfinite(close)
    before = np.full(close.shape, -1, np.int32)
    np.maximum.accumulate(np.where(traded, rows, np.int32(-1))[:-1], axis=0, out=before[1:])
    return np.where(traded & (before >= 0), rows - before, np.nan)


def closed_at_limit(market: Market) -> Flags:
    """(T, N) True where the close is the day's limit up or down."""
    sessions, symbols = market.close.shape
    found = np.zeros((sessions, symbols), dtype=bool)
    with np.errstate(invalid="ignore"):
        for rows in strips(sessions, symbols):
            up, down = market.limits(rows)
            found[rows] = (market.close[rows] >= up - CENT_FRACTION) | (market.close[rows] <= down + CENT_FRACTION)
    return found


def split_adjusted(market: Market, symbol: str, as_of: date) -> tuple[Days, Floats]:
    """(days with a close up to `as_of`, yuan of one first-day share and what it split into)."""
    days, closes, actions = _held(market, symbol, as_of)
    held, values = Decimal(1), []
    for t, close in zip(days.tolist(), closes.tolist(), strict=True):
        while actions and actions[0].t <= t:
            held *= 1 + Decimal(repr(float(actions.pop(0).shares_to_holder)))
        values.append(float(Decimal(repr(close)) * held))
    return market.sessions[days], np.array(values, dtype=np.float64)


def total_return(market: Market, symbol: str, as_of: date) -> tuple[Days, Floats]:
    """(days with a close up to `as_of`, yuan of a holder of one share who puts cash back)."""
    days, closes, actions = _held(market, symbol, as_of)
    held, values = 1.0, []
    for t, close in zip(days.tolist(), closes.tolist(), strict=True):
        shares, cash = 1.0, 0.0
        while actions and actions[0].t <= t:
            action = actions.pop(0)
            cash += shares * action.cash_to_holder
            shares *= (1.0 + action.shares_to_holder) * _worth_of_rights(market, action)
        held *= shares + cash / close
        values.append(held * close)
    return market.sessions[days], np.array(values, dtype=np.float64)


def _worth_of_rights(market: Market, action: Action) -> float:
    """1 + the value of what a share could buy, per share: by the reference with rights against that without."""
    if not action.rights_ratio or action.t == 0:
        return 1.0
    before = market.row("mark", action.t - 1)[action.n]
    plain = (before - action.cash_to_holder) / (1 + action.shares_to_holder)
    return float(plain / market.reference[action.t, action.n])


def without_rule(market: Market, symbol: str, as_of: date) -> str:
    """The kind of an action up to `as_of` of which nobody can say what a holder got; empty where there is none."""
    _, _, actions = _bare(market, symbol, as_of)
    return next((row.kind for row in actions if row.open_terms), "")


def _held(market: Market, symbol: str, as_of: date) -> tuple[Ints, Floats, list[Action]]:
    """(session indices with a close up to `as_of`, the closes, what reached the holder after the first of them).

    Nothing of a symbol the market does not hold. Raises ScreenerError for a kind of action without a rule.
    """
    if kind := without_rule(market, symbol, as_of):
        raise ScreenerError("corporate action without a rule", where=symbol, got=kind, expected=_TERMS)
    days, closes, actions = _bare(market, symbol, as_of)
    return days, closes, [row for row in actions if row.kind in (*GIVING, RIGHTS)]


def _bare(market: Market, symbol: str, as_of: date) -> tuple[Ints, Floats, list[Action]]:
    """The same with actions of every kind."""
    if symbol not in market.symbols:
        return np.array([], np.int64), np.array([]), []
    n, last = market.index_of(symbol), int(np.searchsorted(market.sessions, np.datetime64(as_of), side="right"))
    days = np.flatnonzero(np.isfinite(market.close[:last, n]))
    first = int(days[0]) if days.size else last
    return days, market.close[days, n], [row for row in market.actions if row.n == n and first < row.t < last]
