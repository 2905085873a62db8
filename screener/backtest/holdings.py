"""What was held after each close of a finished back-test, walked once by the kernel (`kernel.holdings`).

Arrays of sessions × symbols are not made: of a whole market each is as large as the prices themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from screener.backtest.engine import frozen
from screener.backtest.result import BacktestResult
from screener.core.arrays import Floats, Ints

if TYPE_CHECKING:
    from screener.backtest.kernel.holdings import Turns


@dataclass(frozen=True, eq=False)
class Holdings:
    """Over T sessions and N symbols."""

    worth: Floats  # (N,) yuan after each close, summed over the sessions
    invested: Floats  # (T,) yuan in positions after each close
    weight: Floats  # (T,) of the decision in force, 0 before the first one
    against: tuple[int, int, int]  # symbols held with decided weight 0, their sessions, the longest row of them
    days_to_trade: float | None  # median of all holdings; None without one


def holdings(result: BacktestResult) -> Holdings:
    """Of a run; remembered with it."""
    kept = vars(result)
    if "_holdings" not in kept:
        kept["_holdings"] = _walked(result)
    found: Holdings = kept["_holdings"]
    return found


def _walked(result: BacktestResult) -> Holdings:
    from screener.backtest.kernel.holdings import Tape, walk  # numba takes most of a second to import

    market, run, terms = result.market, result.execution, result.options.execution
    kinds = {"factor_column": Ints}
    tape = Tape(*(frozen(getattr(market, name), kinds.get(name, Floats)) for name in Tape._fields))
    decided = frozen(result.decisions.when, Ints), frozen(result.decisions.weights, Floats)
    picks = np.union1d(run.orders["symbol"][run.orders["filled"] > 0], run.actions["symbol"]).astype(np.int64)
    last = result.first + len(result.sessions)
    pace = float(terms.participation), min(terms.participation_sessions, len(market.sessions))
    rows = run.orders, run.actions
    found = walk(tape, rows, _turns(result), decided, picks, pace, (result.first, last))
    worth, invested, weight, (positions, sessions, longest), needed = found
    median = float(np.median(needed, overwrite_input=True)) if len(needed) else None
    return Holdings(worth, invested, weight, (int(positions), int(sessions), int(longest)), median)


def _turns(result: BacktestResult) -> Turns:
    """Shares of the market that ended."""
    from screener.backtest.kernel.holdings import Turns

    ended = [action for action in result.market.actions if action.ends]
    return Turns(*(np.array([getattr(action, name) for action in ended], np.int64) for name in ("t", "n", "into")))
