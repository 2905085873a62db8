"""Independent replay of a back-test: vectorbt keeps the books a second time, from fills and corporate actions alone.

What agreement proves: the arithmetic. Cash, shares and value of every session follow from the fills, and no order
needed cash or shares that were not there. What it does not prove: the facts. The replay takes prices, fees, refusals
and corporate actions from the ledger it checks; a wrong dividend or a wrong limit price is wrong in both.

1. One column per symbol with a fill, one row per session.
2. A fill is an order of `filled` shares at amount ÷ shares with fixed_fees = its fees, so rounding to the fen is kept.
3. vectorbt knows no corporate actions. Each becomes two rows before the row of its ex-date: sell 1 share at the
   previous close p with fixed_fees = −cash; buy 1 + Δ shares at p ÷ (1 + Δ). Net: Δ more shares, the cash, nothing
   else (Δ may be 0). A sale whose fees exceed its amount, which vectorbt refuses, pays the excess the same way.
   What ends is sold whole for what it paid and what it became; what it became is bought for that, a row later: two
   rows of their own, before those of the other actions.
4. The call sequence is explicit, as the ledger traded: sells by symbol, then buys by symbol.
5. In every session their cash, and their cash + shares in whole fen at the mark, must equal ours.
6. A whole market is replayed some sessions at a time: the next ones begin with what vectorbt holds after those before.
   Between trades the books stand still: an audit gives only sessions of fills and actions a row, and compares in all.

Annualised figures of the portfolio: pass `year_freq="242 days"` to the method asked; vectorbt assumes 365 days.
"""

from __future__ import annotations

import gc
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from screener.backtest.kernel.rows import FEES, value
from screener.core.arrays import Days, Floats, Ints, strips
from screener.core.errors import AuditMismatch
from screener.core.tables.actions import KINDS, TURNING

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE_CNY = 0.005  # half a fen: whole fen on our side, floats on theirs
FLOAT_NOISE = 1e-13  # of the largest cash or equity; above half a fen only beyond 5e10 yuan
MINUTE = np.timedelta64(1, "m")
CLOSE, NINE = 15 * 60 * MINUTE, 9 * 60 * MINUTE  # after midnight: of a session's row, of the first of an action's rows
_TURNING = [KINDS.index(kind) for kind in TURNING]
PAIR = 2  # rows of corporate actions, and of what ended and became another
_UNUSED = "quantstats"
_CELLS = 1_000_000  # that are replayed at once: a whole market's would not fit beside it


class ReplayableMarket(Protocol):
    """What the replay needs of a market, see `point_in_time.market.Market`."""

    @property
    def sessions(self) -> Days: ...
    @property
    def symbols(self) -> tuple[str, ...]: ...
    @property
    def close(self) -> Floats: ...
    @property
    def reference(self) -> Floats: ...


class ReplayableExecution(Protocol):
    """Order and action rows as in `kernel.rows`; equity and cash (T,) and initial cash in fen."""

    @property
    def orders(self) -> NDArray[Any]: ...
    @property
    def actions(self) -> NDArray[Any]: ...
    @property
    def equity(self) -> Ints: ...
    @property
    def cash(self) -> Ints: ...
    @property
    def initial_cash(self) -> int: ...


class Replayable(Protocol):
    """What the replay needs of a back-test; `first` is the market's session index of its first row."""

    @property
    def market(self) -> ReplayableMarket: ...
    @property
    def first(self) -> int: ...
    @property
    def execution(self) -> ReplayableExecution: ...


@dataclass(frozen=True)
class AuditReport:
    """A replay that agreed. `max_abs_diff_cny`: largest difference of cash or equity over all sessions, yuan."""

    engine: str
    max_abs_diff_cny: float
    sessions: int
    note: str = ""


@dataclass(frozen=True)
class _Ledger:
    """What is replayed of a run."""

    result: Replayable
    fills: NDArray[Any]  # its orders of which something was filled
    columns: Ints  # (C,) symbols that were traded or acted on; one where there is none
    lent: int  # fen: see `_headroom`

    @classmethod
    def of(cls, result: Replayable) -> _Ledger:
        run = result.execution
        fills = run.orders[run.orders["filled"] > 0]
        traded = np.union1d(fills["symbol"], run.actions["symbol"])
        return cls(result, fills, traded if len(traded) else np.zeros(1, np.int64), _headroom(run, fills))


@dataclass(frozen=True)
class _Grid:
    """The replay's rows (R) × traded symbols (C): shares to trade (NaN none), yuan, and marks at the end of the row."""

    columns: Ints  # (C,) symbols
    span: slice  # of the run's sessions
    rows: Ints  # (T,) row of each session, or of the last one before it that has one
    own: Ints  # sessions with a row of their own
    extra: Ints  # (T,) rows before it
    size: Floats
    price: Floats
    fixed_fees: Floats
    mark: Floats
    initial_cash: float
    lent: float  # of it, yuan


@dataclass(frozen=True)
class _Books:
    """What vectorbt kept: cash (R,) in yuan, shares (R, C)."""

    cash: Floats
    shares: Floats


def audit(result: Replayable) -> AuditReport:
    """Replay `result`; raises AuditMismatch naming the first session that differs by half a fen or more."""
    (engine, note), ledger, count = _engine(), _Ledger.of(result), len(result.execution.equity)
    size, largest = max(1, _CELLS // len(ledger.columns)), 0.0
    before: _Books | None = None
    for first in range(0, count, size):
        grid = _grid(ledger, slice(first, min(first + size, count)), before, idle=False)
        try:
            before = _books(result, grid, engine)
        except Exception as error:
            _compare(result, grid, _books(result, grid, engine, strict=False))  # names the session where it can
            raise AuditMismatch(
                "the replay refuses an order", got=str(error), expected="every fill accepted"
            ) from error
        largest = max(largest, _compare(result, grid, before))
        gc.collect(1)  # a portfolio of vectorbt refers to itself, and holds on to all of this
    return AuditReport(engine, largest, count, note)


def portfolio(result: Replayable) -> Any:
    """The replay as a `vectorbt.Portfolio`. Rows about 09:00 are corporate actions, rows at 15:00 sessions."""
    whole = slice(0, len(result.execution.equity))
    return _portfolio(result, _grid(_Ledger.of(result), whole, None, idle=True), _engine()[0])


def _engine() -> tuple[str, str]:
    """("rust", "") where vectorbt-rust of vectorbt's minor version is installed, else numba and why."""
    try:
        if _minor("vectorbt-rust") == _minor("vectorbt"):
            return "rust", ""
    except PackageNotFoundError:
        pass
    return "numba", "no vectorbt-rust of vectorbt's version: replayed with numba, slow the first time in a process"


def _minor(package: str) -> list[str]:
    return version(package).split(".")[:2]


def _books(result: Replayable, grid: _Grid, engine: str, *, strict: bool = True) -> _Books:
    """The grid through vectorbt; `strict` raises at the first order it would refuse."""
    replayed = _portfolio(result, grid, engine, strict=strict)
    cash, shares = (np.asarray(found, dtype=np.float64) for found in (replayed.cash(), replayed.assets()))
    return _Books(cash.reshape(-1), shares.reshape(grid.size.shape))


def _portfolio(result: Replayable, grid: _Grid, engine: str, *, strict: bool = True) -> Any:
    """The grid through `Portfolio.from_orders`."""
    import pandas as pd

    vbt = _vectorbt()
    symbols = [result.market.symbols[n] for n in grid.columns]
    first = result.first + grid.span.start
    index = _times(result.market.sessions[first : first + len(grid.rows)], grid)
    return vbt.Portfolio.from_orders(
        pd.DataFrame(grid.mark, index=index, columns=symbols),
        size=grid.size,
        size_type="amount",
        direction="longonly",
        price=grid.price,
        fees=0.0,
        fixed_fees=grid.fixed_fees,
        slippage=0.0,
        allow_partial=False,
        raise_reject=strict,
        init_cash=grid.initial_cash,
        cash_sharing=True,
        group_by=True,
        call_seq=_call_sequence(grid.size),
        max_orders=int(np.count_nonzero(~np.isnan(grid.size))) + 1,
        freq="1D",
        engine=engine,
    )


def _vectorbt() -> Any:
    """Without quantstats, which it imports where it is there, a quarter of the time; it does so later, if asked."""
    modules: dict[str, Any] = sys.modules
    absent = modules.setdefault(_UNUSED, None) is None  # None: to an import it is not installed
    try:
        import vectorbt
    finally:
        if absent:
            modules.pop(_UNUSED, None)  # another thread may have been first
    return vectorbt


def _call_sequence(size: Floats) -> Ints:
    """(R, C) columns in the order they trade: sells, idle ones, buys; by symbol within each."""
    return np.argsort(np.sign(np.nan_to_num(size)), axis=1, kind="stable")


def _compare(result: Replayable, grid: _Grid, books: _Books) -> float:
    """Largest difference in yuan; raises AuditMismatch at the first session beyond the tolerance."""
    run, fen = result.execution, np.zeros(len(grid.rows), np.int64)
    first = result.first + grid.span.start
    for strip in strips(len(fen), books.shares.shape[1]):  # what is between them stays small
        shares = np.rint(books.shares[grid.rows[strip]]).astype(np.int64)
        mark = _marks_of(result, grid.columns, np.arange(first + strip.start, first + strip.stop))
        fen[strip] = value(shares, mark).sum(axis=1)
    cash, positions = books.cash[grid.rows] - grid.lent, fen / 100
    ours = {"cash": run.cash[grid.span] / 100, "equity": run.equity[grid.span] / 100}
    largest = 0.0
    for what, theirs in (("cash", cash), ("equity", cash + positions)):
        _same(result, what, ours[what], theirs, grid.span.start)
        largest = max(largest, float(np.abs(ours[what] - theirs).max(initial=0.0)))
    return largest


def _same(result: Replayable, what: str, ours: Floats, theirs: Floats, first: int) -> None:
    allowed = max(TOLERANCE_CNY, FLOAT_NOISE * float(np.abs(ours).max(initial=0.0)))
    differs = np.flatnonzero(~(np.abs(ours - theirs) < allowed))  # a NaN differs too
    if len(differs):
        at = int(differs[0])
        raise AuditMismatch(
            f"the replay disagrees with the ledger on {what}",
            where=str(result.market.sessions[result.first + first + at]),
            got=f"{ours[at]:.2f} yuan in the ledger",
            expected=f"{theirs[at]:.2f} yuan by the replay",
        )


def _grid(ledger: _Ledger, span: slice, before: _Books | None, *, idle: bool) -> _Grid:
    """Fills and corporate actions of some sessions laid out in rows, see the steps above; `idle`: all have a row."""
    result, columns, run = ledger.result, ledger.columns, ledger.result.execution
    first, count = result.first + span.start, span.stop - span.start
    fills, acted = (_within(rows, first, count) for rows in (ledger.fills, run.actions))
    ended = acted["added"] < 0
    turned = np.isin(acted["kind"], _TURNING) & ~ended  # what a holding became
    shares, cash = _adjustments(fills, acted[~(turned | ended)], first, count, columns)
    extra = PAIR * ((shares != 0) | (cash != 0)).any(axis=1)
    extra[np.unique(acted["session"][turned | ended]) - first] += PAIR
    own = np.full(count, idle)
    own[0] = own[fills["session"] - first] = own[acted["session"] - first] = True
    rows = np.cumsum(own) - 1 + np.cumsum(extra) + (before is not None)
    own = np.flatnonzero(own)
    mark = _marks(result, columns, first, (rows, own, extra))
    fees, size, price = np.zeros_like(mark), np.full_like(mark, np.nan), mark.copy()
    _lay_fills(fills, rows[fills["session"] - first], columns, size, price, fees)
    _lay_adjustments(shares, cash, rows, size, price, fees)
    for which, later in ((ended, 0), (turned, 1)):
        moves = acted[which]
        t = moves["session"] - first
        _lay_turns(moves, rows[t] - extra[t] + later, columns, size, price, fees)
    given = (run.initial_cash + ledger.lent) / 100
    lent = given - run.initial_cash / 100
    initial_cash = given if before is None else _take_over(before, size, price)
    return _Grid(columns, span, rows, own, extra, size, price, fees, mark, initial_cash, lent)


def _within(rows: NDArray[Any], first: int, count: int) -> NDArray[Any]:
    return rows[(rows["session"] >= first) & (rows["session"] < first + count)]


def _take_over(before: _Books, size: Floats, price: Floats) -> float:
    """What was held before is bought in the first row; returns the cash for that, and what is left."""
    held = before.shares[-1]
    size[0] = np.where(held > 0, held, np.nan)
    return float(before.cash[-1] + (held * price[0]).sum())


def _adjustments(
    fills: NDArray[Any], actions: NDArray[Any], first: int, count: int, columns: Ints
) -> tuple[Ints, Ints]:
    """Shares and fen (T, C) that come or go without a trade: corporate actions, and fees above a sale's amount."""
    shares, cash = (np.zeros((count, len(columns)), np.int64) for _ in range(2))
    acted, filled = ((rows["session"] - first, np.searchsorted(columns, rows["symbol"])) for rows in (actions, fills))
    np.add.at(shares, acted, actions["added"])
    np.add.at(cash, acted, actions["cash"])
    excess = np.where(fills["side"] < 0, np.maximum(_fees(fills) - fills["amount"], 0), 0)
    np.add.at(cash, filled, -excess)
    return shares, cash


def _fees(fills: NDArray[Any]) -> Ints:
    return np.asarray(sum(fills[name] for name in FEES), dtype=np.int64)


def _lay_fills(fills: NDArray[Any], rows: Ints, columns: Ints, size: Floats, price: Floats, fees: Floats) -> None:
    at = rows, np.searchsorted(columns, fills["symbol"])
    size[at] = fills["side"].astype(np.float64) * fills["filled"]
    price[at] = fills["amount"] / 100 / fills["filled"]
    fees[at] = np.where(fills["side"] < 0, np.minimum(_fees(fills), fills["amount"]), _fees(fills)) / 100


def _lay_adjustments(shares: Ints, cash: Ints, rows: Ints, size: Floats, price: Floats, fees: Floats) -> None:
    """Two rows before the session's: sell 1 share at p, buy 1 + Δ for p. Any p would do; a debit is added to it."""
    t, c = np.nonzero((shares != 0) | (cash != 0))
    sell, buy = (rows[t] - 2, c), (rows[t] - 1, c)
    added, paid = shares[t, c], cash[t, c] / 100
    p = price[sell] + np.maximum(-paid, 0.0)
    size[sell], price[sell], fees[sell] = -1.0, p, -paid
    size[buy], price[buy] = 1.0 + added, p / (1.0 + added)


def _lay_turns(moves: NDArray[Any], rows: Ints, columns: Ints, size: Floats, price: Floats, fees: Floats) -> None:
    """Holdings that end, sold for cash and what moved; or what they became, bought for that; fees make it exact."""
    for row, move in zip(rows, moves, strict=True):  # several may become one
        at = row, np.searchsorted(columns, move["symbol"])
        held = np.nan_to_num(size[at])
        worth = (move["cash"] + move["moved"]) / 100 - held * price[at] - fees[at]
        size[at] = held + move["added"]
        fees[at] = -worth - size[at] * price[at]


def _marks_of(result: Replayable, columns: Ints, sessions: Ints) -> Floats:
    """(T, C) yuan after the close: the close, else the reference; 1 where there is no price yet."""
    cells = np.ix_(sessions, columns)
    close, reference = result.market.close[cells], result.market.reference[cells]
    mark = np.where(np.isnan(close), reference, close)
    mark[np.isnan(mark)] = 1.0  # nothing is held there and vectorbt wants a number above 0
    return mark


def _marks(result: Replayable, columns: Ints, first: int, laid: tuple[Ints, Ints, Ints]) -> Floats:
    """(R, C) yuan of the rows, own sessions and extra rows of a grid. A session's row: its mark. The row before it: the
    reference; those before that, and a row before the first session: the mark before.
    """
    rows, own, extra = laid
    begun = int(rows[-1] + 1 - len(own) - extra.sum())  # rows in which holdings are taken over
    mark = np.empty((int(rows[-1]) + 1, len(columns)))
    mark[:begun] = _marks_of(result, columns, np.arange(first - begun, first))
    mark[rows[own]] = _marks_of(result, columns, first + own)
    for back in range(1, 2 * PAIR + 1):
        ex = np.flatnonzero(extra >= back)
        if back == 1:
            reference = result.market.reference[np.ix_(first + ex, columns)]
            mark[rows[ex] - back] = np.where(np.isnan(reference), 1.0, reference)
        else:
            mark[rows[ex] - back] = _marks_of(result, columns, np.maximum(first + ex - 1, first - begun))
    return mark


def _times(sessions: Days, grid: _Grid) -> pd.DatetimeIndex:
    import pandas as pd

    rows, extra = grid.rows, grid.extra
    times = np.empty(len(grid.mark), dtype="datetime64[m]")
    days = sessions.astype("datetime64[m]")
    times[: rows[0] - extra[0]] = days[0]  # where holdings are taken over
    times[rows[grid.own]] = days[grid.own] + CLOSE
    for back in range(1, 2 * PAIR + 1):
        ex = np.flatnonzero(extra >= back)
        times[rows[ex] - back] = days[ex] + NINE + (PAIR - back) * MINUTE
    return pd.DatetimeIndex(times.astype("datetime64[us]"))


def _headroom(run: ReplayableExecution, fills: NDArray[Any]) -> int:
    """Fen lent to the replay (and taken off again) so that its cash never comes below one yuan; 0 where it does not.

    vectorbt refuses a purchase that misses its cash by a rounding error, and one made on credit; our cash may be
    short by the excess of a fee over the amount of a tiny sale. Cash itself is compared in every session.
    """
    paid, sales = run.actions["cash"][run.actions["cash"] < 0], fills[fills["side"] < 0]
    owed = int(np.maximum(_fees(sales) - sales["amount"], 0).sum()) - int(paid.sum())
    return max(0, 100 + owed - int(run.cash.min(initial=run.initial_cash)))
