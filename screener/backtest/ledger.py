"""The proof that no money appeared or vanished in a back-test.

1. `replay` rebuilds cash and shares of every session from the rows of orders and actions alone, in numpy integers.
2. `verify` compares that with the kernel's running totals; one fen of difference raises.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from screener.backtest.kernel.rows import cash_of_orders, shares_after, value
from screener.backtest.result import BacktestResult
from screener.core.arrays import Floats, Ints, strips
from screener.core.errors import AuditMismatch


@dataclass(frozen=True)
class Replay:
    """Cash (T,) in fen and shares (T, N) after each session, rebuilt from order and action rows."""

    cash: Ints
    shares: Ints


def replay(result: BacktestResult) -> Replay:
    """Cash and shares of every session from the rows alone (not from the kernel's running totals)."""
    run, first = result.execution, result.first
    count = len(result.equity)
    cash = np.zeros(count, np.int64)
    np.add.at(cash, run.orders["session"] - first, cash_of_orders(run.orders))
    np.add.at(cash, run.actions["session"] - first, run.actions["cash"])
    shares = shares_after(run.orders, run.actions, first, (count, len(result.market.symbols)))
    return Replay(run.initial_cash + np.cumsum(cash), shares)


def verify(result: BacktestResult) -> None:
    """Raise AuditMismatch unless, in every session, to the fen:

    cash and shares rebuilt from the rows equal the kernel's, cash + positions = equity, nothing is negative,
    no symbol is bought and sold in one session, and no fill exceeds its request.
    """
    run, rebuilt = result.execution, replay(result)
    held = rebuilt.shares
    worths = [_worth(held[rows], result.marks(rows)) for rows in strips(*held.shape)]
    worth = np.concatenate([np.zeros(0, np.int64), *worths])
    _same("cash", result, rebuilt.cash, run.cash)
    _same("cash + positions = equity", result, rebuilt.cash + worth, run.equity)
    _same("shares", result, held[-1], run.final_shares)
    if (held < 0).any():
        raise AuditMismatch("a position is negative", where=result.strategy)
    if (run.orders["filled"] > run.orders["requested"]).any():
        raise AuditMismatch("more was filled than requested", where=result.strategy)
    pairs = run.orders[run.orders["filled"] > 0][["session", "symbol"]]
    if len(np.unique(pairs)) != len(pairs):
        raise AuditMismatch("a symbol was traded twice in one session", where=result.strategy)


def _worth(held: Ints, marks: Floats) -> Ints:
    """(T,) fen of the positions after each close."""
    return np.asarray(np.where(held > 0, value(held, np.where(held > 0, marks, 0.0)), 0).sum(axis=1))


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
