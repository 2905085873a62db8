"""Lots of shares, first in first out, and the tax on dividends that falls due when they are sold.

1. A purchase, and shares that an action gave, are a lot of their day. A sale takes the oldest lots first.
2. A dividend is owed tax by each lot it was paid on: one amount for each holding period, by the rates of its ex-date.
   On the sale the period is known: up to a month, up to a year, or longer; a part of a lot takes its part along.
3. Amounts are whole billionths of a yuan (millionths a share × per mille), rounded half up to the fen once a sale.
4. What a share becomes in a merger keeps the days of its lots; with a delisting they are gone, and nothing is due.

Law: 财税〔2012〕85号, 财税〔2015〕101号 (rule `dividend_tax`). New shares count as conversions: untaxed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from screener.backtest.kernel.compile import inner, small
from screener.backtest.kernel.state import Bars, Lots

NO_LOT = -1
_PER_FEN = 10_000_000


@inner
def add_lot(lots: Lots, n: int, shares: int, t: int) -> None:
    """A new lot of `shares` bought or received in session t."""
    at, rows = lots.used[0], lots.rows
    lots.used[0] += 1
    row = rows[at]
    row.next, row.session, row.shares, row.month, row.year, row.longer = NO_LOT, t, shares, 0, 0, 0
    if lots.first[n] == NO_LOT:
        lots.first[n] = at
    else:
        rows[lots.last[n]].next = at
    lots.last[n] = at


@inner
def pay_dividend(lots: Lots, n: int, yuan: float, rates: Any) -> None:
    """A dividend of so many yuan a share; `rates` (3,) by holding period, as fractions."""
    each = int(np.rint(yuan * 1e6))
    at = lots.first[n]
    while at != NO_LOT:
        row = lots.rows[at]
        paid = each * row.shares
        row.month += paid * int(np.rint(rates[0] * 1000))
        row.year += paid * int(np.rint(rates[1] * 1000))
        row.longer += paid * int(np.rint(rates[2] * 1000))
        at = row.next


@small
def _part(due: int, sold: int, shares: int) -> int:
    return due // shares * sold + due % shares * sold // shares


@inner
def sell_lots(bars: Bars, lots: Lots, n: int, shares: int, t: int) -> int:
    """Fen of tax that a sale of `shares` in session t makes due."""
    due, at = 0, lots.first[n]
    while shares > 0 and at != NO_LOT:
        row = lots.rows[at]
        sold, whole = min(shares, row.shares), row.shares
        if sold > 0:  # a merger may leave a lot without shares
            month, year = _part(row.month, sold, whole), _part(row.year, sold, whole)
            longer = _part(row.longer, sold, whole)
            due += month if t < bars.month_over[row.session] else year if t < bars.year_over[row.session] else longer
            row.month, row.year, row.longer = row.month - month, row.year - year, row.longer - longer
        row.shares -= sold
        shares -= sold
        if row.shares == 0:
            at = row.next
    lots.first[n] = at
    return (due + _PER_FEN // 2) // _PER_FEN


@inner
def turn_lots(lots: Lots, n: int, heir: int, ratio: float, whole: int) -> None:
    """The lots of a symbol become those of its heir (`NO_LOT`: are gone), `whole` shares together."""
    at, before, after = lots.first[n], 0, 0
    lots.first[n] = NO_LOT
    if heir == NO_LOT or at == NO_LOT:
        return
    if lots.first[heir] == NO_LOT:
        lots.first[heir] = at
    else:
        lots.rows[lots.last[heir]].next = at
    lots.last[heir] = lots.last[n]
    while at != NO_LOT:
        row = lots.rows[at]
        before += row.shares
        until = whole if row.next == NO_LOT else min(whole, int(np.floor(before * ratio)))
        row.shares, after = until - after, until
        at = row.next
