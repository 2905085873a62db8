"""What happened in a back-test, row by row, and the proof that no money appeared or vanished.

1. `ORDER` and `ACTION` are the rows the execution kernel writes: cash in whole fen, shares as integers.
2. `replay` rebuilds cash and shares of every session from those rows alone, in numpy integers.
3. `verify` compares that with the kernel's running totals; one fen of difference raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from screener.core.arrays import Floats, Ints
from screener.core.errors import AuditMismatch

if TYPE_CHECKING:
    from screener.backtest.engine import BacktestResult

# Position in this tuple is the code in an order row; "" = filled whole.
REASONS = ("", "not_listed", "lot", "halted", "limit_up", "limit_down", "participation", "cash", "t_plus_1")
SIDES = {1: "buy", -1: "sell"}
# Position in this tuple is the code in an action row.
ACTION_KINDS = ("cash", "bonus", "bonus_and_cash", "restructuring_conversion")

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
        ("slippage", np.int64),
        ("attempt", np.int32),  # 0 first
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
        ("added", np.int64),  # whole shares received
        ("cash", np.int64),  # fen received: dividend and the fraction of a share
        ("kind", np.int8),  # index into ACTION_KINDS
    ],
    align=True,
)
FEES = ("commission", "stamp_duty", "transfer_fee")


@dataclass(frozen=True)
class Execution:
    """What the kernel returns: rows, and its running totals in fen and shares over the T sessions of the span."""

    initial_cash: int
    orders: NDArray[Any]  # ORDER
    actions: NDArray[Any]  # ACTION
    equity: Ints  # (T,)
    cash: Ints  # (T,)
    final_shares: Ints  # (N,)


@dataclass(frozen=True)
class Replay:
    """Cash (T,) in fen and shares (T, N) after each session, rebuilt from order and action rows."""

    cash: Ints
    shares: Ints


def fen(yuan: Floats) -> Ints:
    """Whole fen, half up: floor(yuan × 100 + 0.5 + 1e-9), the rounding of every amount in the ledger."""
    return np.floor(yuan * 100 + 0.5 + 1e-9).astype(np.int64)


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


def replay(result: BacktestResult) -> Replay:
    """Cash and shares of every session from the rows alone (not from the kernel's running totals)."""
    run, first = result.execution, result.first
    count = len(result.equity)
    cash = np.zeros(count, np.int64)
    np.add.at(cash, run.orders["session"] - first, cash_of_orders(run.orders))
    np.add.at(cash, run.actions["session"] - first, run.actions["cash"])
    shares = shares_after(run.orders, run.actions, first, (count, len(result.market.symbols)))
    return Replay(run.initial_cash + np.cumsum(cash), shares)


def marks(result: BacktestResult) -> Floats:
    """(T, N) yuan: the close, or the reference price where there is no bar."""
    span = slice(result.first, result.first + len(result.equity))
    close = result.market.close[span]
    return np.where(np.isnan(close), result.market.reference[span], close)


def verify(result: BacktestResult) -> None:
    """Raise AuditMismatch unless, in every session, to the fen:

    cash and shares rebuilt from the rows equal the kernel's, cash + positions = equity, nothing is negative,
    no symbol is bought and sold in one session, and no fill exceeds its request.
    """
    run, rebuilt = result.execution, replay(result)
    held = rebuilt.shares
    value = np.where(held > 0, fen(np.where(held > 0, held * marks(result), 0.0)), 0).sum(axis=1)
    _same("cash", result, rebuilt.cash, run.cash)
    _same("cash + positions = equity", result, rebuilt.cash + value, run.equity)
    _same("shares", result, held[-1], run.final_shares)
    if (held < 0).any():
        raise AuditMismatch("a position is negative", where=result.strategy)
    if (run.orders["filled"] > run.orders["requested"]).any():
        raise AuditMismatch("more was filled than requested", where=result.strategy)
    pairs = run.orders[run.orders["filled"] > 0][["session", "symbol"]]
    if len(np.unique(pairs)) != len(pairs):
        raise AuditMismatch("a symbol was traded twice in one session", where=result.strategy)


def contributions(result: BacktestResult) -> dict[str, float]:
    """Symbol → profit in yuan after costs: sales − purchases − fees + what actions paid + value at the end.

    Their sum is final value − initial cash, to the fen. Symbols never traded are absent.
    """
    run = result.execution
    profit = np.zeros(len(result.market.symbols), np.int64)
    np.add.at(profit, run.orders["symbol"], cash_of_orders(run.orders))
    np.add.at(profit, run.actions["symbol"], run.actions["cash"])
    held = run.final_shares > 0
    profit[held] += fen(run.final_shares[held] * marks(result)[-1][held])
    traded = np.unique(run.orders["symbol"][run.orders["filled"] > 0])
    return {result.market.symbols[n]: float(profit[n]) / 100 for n in traded}


def orders_frame(result: BacktestResult) -> pl.DataFrame:
    """One row per order: dates, symbols and words instead of indices, yuan instead of fen."""
    rows = result.execution.orders
    money = {name: rows[name] / 100 for name in ("amount", *FEES, "slippage")}
    return pl.DataFrame(
        {
            "session": result.market.sessions[rows["session"]],
            "symbol": _words(result.market.symbols, rows["symbol"]),
            "side": pl.Series(rows["side"]).replace_strict(SIDES, return_dtype=pl.String),
            "requested": rows["requested"],
            "filled": rows["filled"],
            "price": pl.Series(rows["price"], nan_to_null=True),
            **money,
            "reason": _words(REASONS, rows["reason"]),
            "refused": rows["requested"] - rows["filled"],
            "attempt": rows["attempt"],
            "near_limit": rows["near_limit"],
        }
    )


def actions_frame(result: BacktestResult) -> pl.DataFrame:
    """One row per corporate action on shares held: shares before, shares received, cash received in yuan."""
    rows = result.execution.actions
    return pl.DataFrame(
        {
            "session": result.market.sessions[rows["session"]],
            "symbol": _words(result.market.symbols, rows["symbol"]),
            "kind": _words(ACTION_KINDS, rows["kind"]),
            "held": rows["held"],
            "added": rows["added"],
            "cash": rows["cash"] / 100,
        }
    )


def _words(words: tuple[str, ...], codes: NDArray[Any]) -> pl.Series:
    return pl.Series(words, dtype=pl.String).gather(codes.astype(np.int64))


def _same(what: str, result: BacktestResult, rebuilt: Ints, kernel: Ints) -> None:
    wrong = np.flatnonzero(rebuilt != kernel)
    if len(wrong):
        at = int(wrong[0])
        raise AuditMismatch(
            f"the ledger does not balance: {what}",
            where=f"{result.strategy} row {at}",
            got=f"{int(kernel[at])} fen or shares",
            expected=int(rebuilt[at]),
        )
