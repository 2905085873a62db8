"""The rows the execution kernel writes, the words behind their codes, and how they add up to cash and shares.

1. `ORDER` and `ACTION` are laid out once: money in whole fen, shares as integers, words as places in a tuple.
2. `of_shares` is the one way from shares and a price to money: the kernel compiles this very function, `value` applies
   it to arrays.
3. `cash_of_orders` and `shares_after` are sums over rows, in numpy integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from screener.core.arrays import Floats, Ints

# Position in this tuple is the code in an order row; "" = filled whole.
REASONS = ("", "not_listed", "lot", "halted", "limit_up", "limit_down", "participation", "cash", "t_plus_1")
SIDES = {1: "buy", -1: "sell"}
ORDER = np.dtype(
    [
        ("session", np.int32),  # index of the market's session
        ("symbol", np.int32),  # index of the market's symbol
        ("requested", np.int64),  # shares after lot rounding; before it where the reason is `lot`
        ("filled", np.int64),  # shares
        ("price", np.float64),  # yuan; NaN where nothing was filled
        ("amount", np.int64),  # fen, as all money below
        ("commission", np.int64),
        ("stamp_duty", np.int64),
        ("transfer_fee", np.int64),
        ("dividend_tax", np.int64),  # paid on this sale
        ("dividend_tax_due", np.int64),  # made due by it, paid or not
        ("slippage", np.int64),
        ("attempt", np.int32),  # 0 first
        ("parts", np.int32),  # orders it was sent as: an exchange takes so many shares at a time
        ("side", np.int8),  # 1 buy, -1 sell
        ("reason", np.int8),  # index into REASONS
        ("near_limit", np.bool_),
    ],
    align=True,
)
ACTION = np.dtype(
    [
        ("session", np.int64),
        ("symbol", np.int64),
        ("held", np.int64),  # shares before
        ("added", np.int64),  # whole shares received; negative: given up
        ("cash", np.int64),  # fen received: dividend and the fraction of a share; negative: paid for rights
        ("moved", np.int64),  # fen of value that went into another symbol, or (negative) came from one
        ("kind", np.int8),  # index into core.tables.actions.KINDS
    ],
    align=True,
)
LOT_ROW = np.dtype(
    [
        ("next", np.int64),  # row of the lot bought after it
        ("session", np.int64),
        ("shares", np.int64),
        ("month", np.int64),  # billionths of a yuan of tax on its dividends, sold within a month
        ("year", np.int64),  # within a year
        ("longer", np.int64),
    ],
    align=True,
)
COSTS = ("commission", "stamp_duty", "transfer_fee", "slippage")
FEES = ("commission", "stamp_duty", "transfer_fee", "dividend_tax")  # taken from the cash
PER_FEN = 10_000  # millionths of a yuan
EPSILON = 1e-9  # what a product of floats may miss a whole number by


@dataclass(frozen=True)
class Execution:
    """What the kernel returns: rows, and its running totals in fen and shares over the T sessions of the span."""

    initial_cash: int
    orders: NDArray[Any]  # ORDER
    actions: NDArray[Any]  # ACTION
    equity: Ints  # (T,)
    cash: Ints  # (T,)
    final_shares: Ints  # (N,)


def of_shares(shares: Any, price: Any) -> Any:
    """Fen of `shares` at a price in millionths of a yuan, half up, exact. For numbers or arrays, compiled or not."""
    return shares * (price // PER_FEN) + (shares * (price % PER_FEN) + PER_FEN // 2) // PER_FEN


def value(shares: Ints, yuan: Floats) -> Ints:
    """Fen of shares at prices in yuan."""
    return np.asarray(of_shares(shares, np.rint(yuan * 1e6).astype(np.int64)), dtype=np.int64)


def cash_of_orders(orders: NDArray[Any]) -> Ints:
    """Fen each order row brings (sell) or takes (buy), fees included."""
    fees = sum((orders[name] for name in FEES), np.zeros(len(orders), np.int64))
    return np.asarray(-orders["side"].astype(np.int64) * orders["amount"] - fees, dtype=np.int64)


def shares_after(orders: NDArray[Any], actions: NDArray[Any], first: int, shape: tuple[int, int]) -> Ints:
    """Shares (T, N) at the end of each session, from fills and corporate actions; `first` = session of row 0."""
    moves = np.zeros(shape, np.int64)
    np.add.at(moves, (orders["session"] - first, orders["symbol"]), orders["side"].astype(np.int64) * orders["filled"])
    np.add.at(moves, (actions["session"] - first, actions["symbol"]), actions["added"])
    return np.cumsum(moves, axis=0, out=moves)
