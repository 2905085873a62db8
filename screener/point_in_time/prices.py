"""Raw bars and dated facts become dense arrays: sessions × symbols, NaN where there is no bar.

1. Bars go to their cells.
2. The reference price of a session is the previous close, on an ex-date the ex-right reference price; while halted it
   is carried (and adjusted) from the last close.
3. Limits follow from the reference price, the board, ST and the date; a newly listed stock has none at first.
4. Share capital counts from 09:00 of its first day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from screener.core.config import DECISION_TIME
from screener.core.rules import Rules, ex_right_reference
from screener.core.symbols import Board, board_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]
FIELDS = ("open", "high", "low", "close", "volume", "amount")
# A first bar that this share of all symbols has in common is where the data starts, not a listing.
DATA_START_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Action:
    """A corporate action of symbol `n`, effective before the open of session index `t`; per share held, yuan."""

    t: int
    n: int
    kind: str
    shares_to_holder: float
    cash_to_holder: float
    reference_price: float  # NaN: by the formula


def fill_cells(bars: pl.DataFrame, sessions: Days, symbols: Sequence[str]) -> dict[str, Floats]:
    """Bars (symbol, session, open … amount) → one (T, N) array per field."""
    column = {symbol: n for n, symbol in enumerate(symbols)}
    t = np.searchsorted(sessions, bars["session"].to_numpy().astype("datetime64[D]"))
    n = bars["symbol"].replace_strict(column, return_dtype=pl.Int64).to_numpy()
    cells = {}
    for field in FIELDS:
        cells[field] = np.full((len(sessions), len(symbols)), np.nan)
        cells[field][t, n] = bars[field].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return cells


def index_actions(actions: pl.DataFrame, sessions: Days, symbols: Sequence[str]) -> tuple[Action, ...]:
    """Actions of the symbols inside the span, on the first session not before their ex-date."""
    column = {symbol: n for n, symbol in enumerate(symbols)}
    found = []
    for row in actions.iter_rows(named=True):
        t = int(np.searchsorted(sessions, np.datetime64(row["ex_date"])))
        if row["symbol"] in column and t < len(sessions):
            reference = row["reference_price"] if row["reference_price"] is not None else float("nan")
            found.append(
                Action(t, column[row["symbol"]], row["kind"], row["shares_to_holder"], row["cash_to_holder"], reference)
            )
    return tuple(sorted(found, key=lambda action: (action.t, action.n, action.kind)))


def reference_prices(close: Floats, actions: Iterable[Action]) -> Floats:
    """(T, N) price before the open of each session, yuan; NaN before the first bar."""
    by_session: dict[int, list[Action]] = {}
    for action in actions:
        by_session.setdefault(action.t, []).append(action)
    reference = np.full_like(close, np.nan)
    last = np.full(close.shape[1], np.nan)
    for t in range(close.shape[0]):
        reference[t] = last
        for action in by_session.get(t, ()):
            reference[t, action.n] = _after_action(last[action.n], action)
        last = np.where(np.isnan(close[t]), reference[t], close[t])
    return reference


def _after_action(previous: float, action: Action) -> float:
    if np.isnan(previous):
        return previous
    if not np.isnan(action.reference_price):
        return ex_right_reference(action.reference_price)  # providers print four decimals, the exchange two
    return ex_right_reference(previous, cash=action.cash_to_holder, shares=action.shares_to_holder)


def share_factors(shape: tuple[int, int], actions: Iterable[Action]) -> Floats:
    """(T, N) cumulative product of 1 + shares_to_holder: shares of today per share of the first session."""
    factor = np.ones(shape)
    for action in actions:
        factor[action.t :, action.n] *= 1.0 + action.shares_to_holder
    return factor


def limit_rates(
    sessions: Days,
    symbols: Sequence[str],
    first_bar: Ints,
    has_bar: npt.NDArray[np.bool_],
    st_spells: pl.DataFrame,
    rules: Rules,
) -> Floats:
    """(T, N) daily price limit as a fraction; NaN where there is none."""
    days: list[date] = sessions.astype(object).tolist()
    boards = [board_of(symbol) for symbol in symbols]
    by_board = {board: _rates_of(board, days, rules, st=False) for board in set(boards)}
    rates = np.column_stack([by_board[board] for board in boards]) if symbols else np.empty((len(sessions), 0))
    column = {symbol: n for n, symbol in enumerate(symbols)}
    for row in st_spells.iter_rows(named=True):
        n = column.get(row["symbol"])
        if n is not None:
            inside = (sessions >= np.datetime64(row["start"])) & (sessions <= np.datetime64(row["end"] or date.max))
            rates[inside, n] = _rates_of(boards[n], sessions[inside].astype(object).tolist(), rules, st=True)
    for n, free in _newly_listed(first_bar, boards, days, rules):
        rates[np.flatnonzero(has_bar[:, n])[:free], n] = np.nan
    return rates


def _rates_of(board: Board, days: Sequence[date], rules: Rules, *, st: bool) -> Floats:
    scope = f"{board}_st" if st else str(board)
    steps = sorted(rules.changes("price_limit", scope))
    rates: dict[int, float] = {}
    out = np.empty(len(days))
    for i, day in enumerate(days):
        era = sum(step <= day for step in steps)
        if era not in rates:
            rates[era] = rules.limit_rate(board, st=st, day=day)
        out[i] = rates[era]
    return out


def _newly_listed(
    first_bar: Ints, boards: Sequence[Board], days: Sequence[date], rules: Rules
) -> Iterable[tuple[int, int]]:
    """(symbol index, sessions without a limit) of stocks whose first bar looks like a listing."""
    starts, counts = np.unique(first_bar, return_counts=True)
    common = {int(t) for t, count in zip(starts, counts, strict=True) if count > max(1, DATA_START_SHARE * len(boards))}
    for n, t in enumerate(first_bar.tolist()):
        if 0 < t < len(days) and t not in common:
            yield n, int(rules.find("no_limit_sessions", str(boards[n]), days[t]) or 0)


def limit_arrays(reference: Floats, rates: Floats) -> tuple[Floats, Floats]:
    """(limit up, limit down), each (T, N) in yuan: the array form of `core.rules.limit_prices`."""
    known = ~(np.isnan(reference) | np.isnan(rates))
    fen = np.rint(np.where(known, reference, 1.0) * 100).astype(np.int64)
    permille = np.rint(np.where(known, rates, 0.0) * 1000).astype(np.int64)
    up = np.maximum((fen * (1000 + permille) * 2 + 1000) // 2000, fen + 1)
    down = np.maximum(np.minimum((fen * (1000 - permille) * 2 + 1000) // 2000, fen - 1), 1)
    return np.where(known, up / 100, np.nan), np.where(known, down / 100, np.nan)


def share_capital(shares: pl.DataFrame, sessions: Days, symbols: Sequence[str]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """(total shares, whether the row is derived), each (T, N), as known at 09:15 of the session."""
    column = {symbol: n for n, symbol in enumerate(symbols)}
    total = np.full((len(sessions), len(symbols)), np.nan)
    derived = np.zeros((len(sessions), len(symbols)), dtype=bool)
    for row in shares.sort("effective_date", "known_at").iter_rows(named=True):
        n = column.get(row["symbol"])
        if n is not None:
            t = max(
                int(np.searchsorted(sessions, np.datetime64(row["effective_date"]))),
                _decision_index(sessions, row["known_at"]),
            )
            total[t:, n] = row["total_shares"]
            derived[t:, n] = (row["source"] or "").startswith("derived")
    return total, derived


def _decision_index(sessions: Days, known_at: datetime) -> int:
    """Index of the first session whose decision time is not before `known_at`."""
    day = np.datetime64(known_at.date())
    return int(np.searchsorted(sessions, day, side="left" if known_at.time() <= DECISION_TIME else "right"))


def lots(symbols: Sequence[str], day: date, rules: Rules) -> tuple[Ints, Ints]:
    """(smallest buy, step above it), each (N,), in shares."""
    pairs = [rules.lot(board_of(symbol), day) for symbol in symbols]
    return np.array([p[0] for p in pairs], dtype=np.int64), np.array([p[1] for p in pairs], dtype=np.int64)


def duties(sessions: Days, symbols: Sequence[str], rules: Rules) -> dict[str, Floats]:
    """stamp_duty (T,) of sells; transfer_rate (T, N) of the amount; transfer_per_share (T, N) in yuan."""
    days: list[date] = sessions.astype(object).tolist()
    boards = [str(board_of(symbol)) for symbol in symbols]
    stamp = np.array([rules.value("stamp_duty", "all", day, side="sell") for day in days])
    return {
        "stamp_duty": stamp,
        "transfer_rate": _by_board("transfer_fee_rate", boards, days, rules),
        "transfer_per_share": _by_board("transfer_fee_per_share", boards, days, rules),
    }


def _by_board(rule: str, boards: Sequence[str], days: Sequence[date], rules: Rules) -> Floats:
    columns = {board: np.array([rules.find(rule, board, day) or 0.0 for day in days]) for board in set(boards)}
    first = next(iter(columns.values()), np.zeros(len(days)))
    if all(np.array_equal(first, column) for column in columns.values()):
        # One column seen N times: a whole-market panel need not hold N copies.
        return np.broadcast_to(first[:, None], (len(days), len(boards)))
    return np.column_stack([columns[board] for board in boards])
