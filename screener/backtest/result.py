"""What a finished back-test tells: totals and paths in yuan, the rows as frames, who earned what, what was hindsight.

1. `Execution` holds the kernel's rows and running totals in fen; everything here is read from it and the market.
2. Rows become frames: dates, symbols and words instead of indices, yuan instead of fen.
3. `contributions` splits the gain among the firms, to the fen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from screener.backtest.kernel.rows import (
    COSTS,
    FEES,
    REASONS,
    SIDES,
    Execution,
    cash_of_orders,
    shares_after,
    value,
)
from screener.backtest.portfolio import Decisions
from screener.backtest.standing import Carried, carried
from screener.core import writing
from screener.core.arrays import Days, Floats, Ints
from screener.core.config import DECISION_TIME, AnyUniverse, BacktestOptions
from screener.core.paired import Paired, pair
from screener.core.tables.actions import KINDS
from screener.point_in_time.derived import marks
from screener.point_in_time.hindsight import hindsight
from screener.point_in_time.market import Market


@dataclass(frozen=True, repr=False, eq=False)
class BacktestResult:
    """One finished back-test over T sessions; money in yuan, arrays aligned to `sessions`."""

    strategy: str
    params: Mapping[str, Any]
    options: BacktestOptions
    market: Market
    first: int  # the market's index of the first session
    decisions: Decisions
    execution: Execution
    benchmark_close: Floats  # (T + 1,): the close before the first session, then every close; NaN where there is none
    benchmark_open: Floats  # (T,)
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        span = f"{self.sessions[0]} … {self.sessions[-1]}"
        return f"BacktestResult({self.strategy}, {span}, {self.market.source}, {self.total_return:+.2%})"

    @property
    def universe(self) -> AnyUniverse:
        """Which symbols the strategy could hold."""
        return self.options.universe

    @cached_property
    def sessions(self) -> Days:
        """(T,) days."""
        return self.market.sessions[self.first : self.first + len(self.execution.equity)]

    @cached_property
    def equity(self) -> Floats:
        """(T,) yuan after each close."""
        return self.execution.equity / 100

    @cached_property
    def cash(self) -> Floats:
        """(T,) yuan after each close."""
        return self.execution.cash / 100

    @property
    def initial_cash(self) -> float:
        """Yuan before the first open."""
        return self.execution.initial_cash / 100

    @property
    def final_value(self) -> float:
        """Yuan after the last close."""
        return float(self.equity[-1])

    @property
    def total_return(self) -> float:
        """Final value ÷ initial cash − 1."""
        return self.final_value / self.initial_cash - 1

    @cached_property
    def shares(self) -> Ints:
        """(T, N) shares after each close, rebuilt from fills and corporate actions."""
        shape = (len(self.sessions), len(self.market.symbols))
        return shares_after(self.execution.orders, self.execution.actions, self.first, shape)

    @cached_property
    def returns(self) -> Floats:
        """(T,) return of each session; the first is against the initial cash."""
        before = np.concatenate([[self.initial_cash], self.equity[:-1]])
        return np.asarray(self.equity / before - 1)

    @cached_property
    def paired(self) -> Paired:
        """The account beside the benchmark, on the days that both have: rows of (T + 1,) from the day before."""
        return pair(np.concatenate([[self.initial_cash], self.equity]), self.benchmark_close)

    @property
    def _fills(self) -> NDArray[Any]:
        """The rows of orders that moved money: of a whole market most are refused."""
        return self.execution.orders[self.execution.orders["filled"] > 0]

    @property
    def traded(self) -> list[str]:
        """Symbols of which an order was tried."""
        return [self.market.symbols[n] for n in np.flatnonzero(np.bincount(self.execution.orders["symbol"]))]

    @property
    def costs(self) -> dict[str, float]:
        """Commission, stamp duty, transfer fee and slippage over the whole run, yuan."""
        fills = self._fills
        return {name: int(fills[name].sum()) / 100 for name in COSTS}

    @property
    def dividend_tax_due(self) -> float:
        """Yuan of tax on dividends that sales made due, by how long each share was held, taken or not."""
        return int(self.execution.orders["dividend_tax_due"].sum()) / 100

    @cached_property
    def carried(self) -> tuple[Carried, ...]:
        """Positions at the end that stand at an older close."""
        return carried(self.market, self.execution, self.first + len(self.sessions))

    @property
    def refusals_by_reason(self) -> dict[str, int]:
        """Reason → number of orders refused whole or in part, most frequent first."""
        codes = np.ascontiguousarray(self.execution.orders["reason"])
        counts = np.bincount(codes, minlength=len(REASONS))
        found = [code for code in range(1, len(REASONS)) if counts[code]]
        found.sort(key=lambda code: (-counts[code], int((codes == code).argmax())))  # of equals the first one met
        return {REASONS[code]: int(counts[code]) for code in found}

    @property
    def placed(self) -> int:
        """How many orders were given."""
        return len(self.execution.orders)

    @property
    def filled(self) -> int:
        """How many of them were filled, whole or in part."""
        return int(np.count_nonzero(self.execution.orders["filled"] > 0))

    @property
    def near_limit_fills(self) -> int:
        """Fills whose open stood within `near_limit` of the limit that would have blocked them."""
        return int(self.execution.orders["near_limit"].sum())

    @cached_property
    def orders(self) -> pl.DataFrame:
        """One row per order: what was asked, filled and refused, with price and costs in yuan."""
        rows = self.execution.orders
        money = {name: rows[name] / 100 for name in ("amount", *FEES, "dividend_tax_due", "slippage")}
        return pl.DataFrame(
            {
                "session": self.market.sessions[rows["session"]],
                "symbol": _words(self.market.symbols, rows["symbol"]),
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

    @property
    def fills(self) -> pl.DataFrame:
        """Orders of which something was filled."""
        return self.orders.filter(pl.col("filled") > 0)

    @property
    def refusals(self) -> pl.DataFrame:
        """Orders of which something was refused, and symbols that could not be priced."""
        return self.orders.filter(pl.col("reason") != "")

    @cached_property
    def actions(self) -> pl.DataFrame:
        """One row per corporate action on shares held: shares before, shares received, cash received in yuan."""
        rows = self.execution.actions
        return pl.DataFrame(
            {
                "session": self.market.sessions[rows["session"]],
                "symbol": _words(self.market.symbols, rows["symbol"]),
                "kind": _words(KINDS, rows["kind"]),
                "held": rows["held"],
                "added": rows["added"],
                "cash": rows["cash"] / 100,
            }
        )

    def marks(self, rows: slice | None = None) -> Floats:
        """(T, N) yuan: the close, or the reference price where there is no bar; of some sessions of the run, or all."""
        first, last, _ = (rows or slice(None)).indices(len(self.execution.equity))
        span = slice(self.first + first, self.first + last)
        return marks(self.market.close[span], self.market.reference[span])

    @cached_property
    def contributions(self) -> dict[str, float]:
        """Symbol → profit in yuan after costs: sales − purchases − fees + what actions paid + value at the end.

        Their sum is final value − initial cash, to the fen. Symbols never traded are absent.
        """
        run, fills = self.execution, self._fills
        profit = np.zeros(len(self.market.symbols), np.int64)
        np.add.at(profit, fills["symbol"], cash_of_orders(fills))
        np.add.at(profit, run.actions["symbol"], run.actions["cash"] + run.actions["moved"])
        held = run.final_shares > 0
        profit[held] += value(run.final_shares[held], self.marks(slice(-1, None))[0][held])
        traded = np.union1d(fills["symbol"], run.actions["symbol"])
        return {self.market.symbols[n]: float(profit[n]) / 100 for n in traded}

    @property
    def equity_frame(self) -> pl.DataFrame:
        """session, equity, cash in yuan, and the benchmark's close."""
        benchmark = pl.Series(self.benchmark_close[1:], nan_to_null=True)
        return pl.DataFrame(
            {"session": self.sessions, "equity": self.equity, "cash": self.cash, "benchmark_close": benchmark}
        )

    @property
    def hindsight(self) -> tuple[str, ...]:
        """What this run could not have known on its first day; empty where nothing is known against it."""
        first_decision = datetime.combine(self.sessions[0].astype(object), DECISION_TIME)
        said = hindsight(self.market, self.universe, first_decision)
        return (said,) if said else ()

    @property
    def portfolio(self) -> Any:
        """The independent replay as a vectorbt Portfolio."""
        from screener.backtest import audit

        return audit.portfolio(self)

    def export(self, folder: Path) -> list[Path]:
        """Write orders, fills, refusals, actions and equity as Parquet; returns the files. Raises ScreenerError."""
        frames = {
            "orders": self.orders,
            "fills": self.fills,
            "refusals": self.refusals,
            "actions": self.actions,
            "equity": self.equity_frame,
        }
        writing.folder(folder)
        for name, frame in frames.items():
            writing.written(folder / f"{name}.parquet", partial(_fill_parquet, frame), kind="parquet")
        return [folder / f"{name}.parquet" for name in frames]


def _fill_parquet(frame: pl.DataFrame, path: Path) -> None:
    try:
        frame.write_parquet(path)
    except pl.exceptions.PolarsError as error:  # so it tells of a full disk
        raise OSError(str(error).split("\n")[0]) from None


def _words(words: tuple[str, ...], codes: NDArray[Any]) -> pl.Series:
    return pl.Series(words, dtype=pl.String).gather(codes.astype(np.int64))
