"""Raw bars and dated facts become dense arrays: sessions × symbols, NaN where there is no bar.

1. Bars go to their cells.
2. The reference price of a session is the previous close, on an ex-date the ex-right reference price; while halted it
   is carried (and adjusted) from the last close.
3. Limits follow from the reference price, the board, ST and the date; none on the first sessions after a listing.
4. Share capital counts from 09:00 of its first day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
import polars as pl

from screener.core import price_rules
from screener.core.arrays import Days, Flags, Floats, Ints
from screener.core.config import DECISION_TIME
from screener.core.price_rules import ex_right_reference
from screener.core.rules import Rules
from screener.core.symbols import Board, board_of

FIELDS = ("open", "high", "low", "close", "volume", "amount")
_FEN = 0.01  # yuan: no price is lower
_ROWS = 64  # sessions worked on at a time where a whole market of intermediate results would not fit


@dataclass(frozen=True, slots=True)
class Action:
    """A corporate action of symbol `n`, effective before the open of session index `t`; per share held, yuan."""

    t: int
    n: int
    kind: str
    shares_to_holder: float
    cash_to_holder: float
    reference_price: float  # NaN: by the formula


def carried(dates: Days, values: Floats, days: Days) -> Floats:
    """(D,) the last value not later than each of `days`; NaN before the first of `dates` (ascending)."""
    if not len(dates):
        return np.full(len(days), np.nan)
    at = np.searchsorted(dates, days, side="right") - 1
    return np.where(at >= 0, values[np.maximum(at, 0)], np.nan)


def has_one_version(bars: pl.DataFrame) -> bool:
    """True where no (symbol, session) stands twice. On whole numbers: ten times faster than on the texts."""
    symbol = bars["symbol"].cast(pl.Categorical).to_physical().cast(pl.Int64)
    return bool((symbol * 2**24 + bars["session"].to_physical()).n_unique() == bars.height)


def fill_cells(bars: pl.DataFrame, sessions: Days, symbols: Sequence[str]) -> dict[str, Floats]:
    """Bars (symbol, session, open … amount) → one (T, N) array per field."""
    shape = len(sessions), len(symbols)
    at = _cell_numbers(bars, sessions, symbols)
    cells = {}
    for field in FIELDS:
        flat = np.full(shape[0] * shape[1], np.nan)
        flat[at] = bars[field].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        cells[field] = flat.reshape(shape)
    return cells


def _cell_numbers(bars: pl.DataFrame, sessions: Days, symbols: Sequence[str]) -> Ints:
    """t × N + n of each bar."""
    if bars.is_empty():
        return np.empty(0, np.int64)
    n = bars["symbol"].cast(pl.Enum(symbols)).to_physical().to_numpy()
    days, first = bars["session"].to_physical().to_numpy(), int(sessions[0].astype(np.int64))
    row_of_day = np.zeros(int(sessions[-1].astype(np.int64)) - first + 1, np.int64)
    row_of_day[sessions.astype(np.int64) - first] = np.arange(len(sessions))
    return np.asarray(row_of_day[days - first] * len(symbols) + n)


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
    for action in _merged(actions):
        by_session.setdefault(action.t, []).append(action)
    reference = np.full_like(close, np.nan)
    last = np.full(close.shape[1], np.nan)
    for t in range(close.shape[0]):
        reference[t] = last
        for action in by_session.get(t, ()):
            reference[t, action.n] = _after_action(last[action.n], action)
        last = np.where(np.isnan(close[t]), reference[t], close[t])
    return reference


def _merged(actions: Iterable[Action]) -> list[Action]:
    """Actions of one symbol on one day as one: they all count from the shares and the close before the day."""
    merged: dict[tuple[int, int], Action] = {}
    for action in actions:
        other = merged.setdefault((action.t, action.n), action)
        if other is not action:
            merged[action.t, action.n] = replace(
                other,
                shares_to_holder=other.shares_to_holder + action.shares_to_holder,
                cash_to_holder=other.cash_to_holder + action.cash_to_holder,
                reference_price=float("nan"),  # each of two states one of its own: only the formula knows both
            )
    return list(merged.values())


def _after_action(previous: float, action: Action) -> float:
    """The reference of an ex-date; several actions without a price between them leave one fen at least."""
    if np.isnan(previous):
        return previous
    if not np.isnan(action.reference_price):
        return ex_right_reference(action.reference_price)  # providers print four decimals, the exchange two
    return max(_FEN, ex_right_reference(previous, cash=action.cash_to_holder, shares=action.shares_to_holder))


def share_factors(shape: tuple[int, int], actions: Iterable[Action]) -> Floats:
    """(T, N) cumulative product of 1 + shares_to_holder: shares of today per share of the first session."""
    factor = np.ones(shape)
    for action in _merged(actions):
        factor[action.t :, action.n] *= 1.0 + action.shares_to_holder
    return factor


def limit_rates(
    sessions: Days,
    symbols: Sequence[str],
    first_bar: Ints,
    listed: Mapping[str, date],
    st_spells: pl.DataFrame,
    rules: Rules,
) -> Floats:
    """(T, N) daily price limit as a fraction; NaN where there is none. `listed`: stated first days of trading."""
    boards = [board_of(symbol) for symbol in symbols]
    starts = {
        board: min(int(t) for t, of in zip(first_bar, boards, strict=True) if of is board) for board in set(boards)
    }
    by_board = {board: _rates_of(board, sessions, rules, since=starts[board]) for board in starts}
    rates = np.column_stack([by_board[board] for board in boards]) if symbols else np.empty((len(sessions), 0))
    column = {symbol: n for n, symbol in enumerate(symbols)}
    for row in st_spells.iter_rows(named=True):
        n = column.get(row["symbol"])
        if n is not None:
            inside = (sessions >= np.datetime64(row["start"])) & (sessions <= np.datetime64(row["end"] or date.max))
            since = int(inside[: first_bar[n]].sum())  # no rule has to cover a firm before its first bar either
            rates[inside, n] = rules.over("price_limit", f"{boards[n]}_st", sessions[inside], since=since)
    _lift_at_listing(rates, listed, column, sessions, rules)
    return rates


def _rates_of(board: Board, sessions: Days, rules: Rules, *, since: int) -> Floats:
    """(T,) rate of each day; NaN before index `since`: no rule has to cover a board before its first bar."""
    rates = rules.over("price_limit", str(board), sessions, since=since)
    rates[:since] = np.nan
    return rates


def _lift_at_listing(
    rates: Floats, listed: Mapping[str, date], column: Mapping[str, int], sessions: Days, rules: Rules
) -> None:
    """No limit on the first sessions after a stated listing. A first bar alone is no listing: data starts late too."""
    for symbol, day in listed.items():
        first = int(np.searchsorted(sessions, np.datetime64(day)))
        if symbol in column and 0 < first < len(sessions):
            free = int(rules.find("no_limit_sessions", str(board_of(symbol)), day) or 0)
            rates[first : first + free, column[symbol]] = np.nan


def limit_arrays(reference: Floats, rates: Floats) -> tuple[Floats, Floats]:
    """(limit up, limit down), each (T, N) in yuan: `core.price_rules` of a whole market."""
    up, down = np.empty_like(reference), np.empty_like(reference)
    for t in range(0, len(reference), _ROWS):  # in strips: what is between them stays small
        strip = slice(t, t + _ROWS)
        up[strip], down[strip] = price_rules.limit_arrays(reference[strip], rates[strip])
    return up, down


def share_capital(shares: pl.DataFrame, sessions: Days, symbols: Sequence[str]) -> tuple[Floats, Flags]:
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
    """(smallest buy, step above it), each (N,), in shares; of a board that opens after `day` those it opens with."""
    boards = {board: rules.lot(board, rules.opened(board, day)) for board in {*map(board_of, symbols)}}
    pairs = [boards[board_of(symbol)] for symbol in symbols]
    return np.array([p[0] for p in pairs], dtype=np.int64), np.array([p[1] for p in pairs], dtype=np.int64)


def duties(sessions: Days, symbols: Sequence[str], rules: Rules) -> dict[str, Floats]:
    """stamp_duty (T,) of sells; transfer_rate (T, N) of the amount; transfer_per_share (T, N) in yuan."""
    boards = [str(board_of(symbol)) for symbol in symbols]
    return {
        "stamp_duty": rules.over("stamp_duty", "all", sessions, side="sell", since=0),
        "transfer_rate": _by_board("transfer_fee_rate", boards, sessions, rules),
        "transfer_per_share": _by_board("transfer_fee_per_share", boards, sessions, rules),
    }


def _by_board(rule: str, boards: Sequence[str], sessions: Days, rules: Rules) -> Floats:
    columns = {board: np.nan_to_num(rules.over(rule, board, sessions)) for board in set(boards)}
    first = next(iter(columns.values()), np.zeros(len(sessions)))
    if all(np.array_equal(first, column) for column in columns.values()):
        # One column seen N times: a whole-market panel need not hold N copies.
        return np.broadcast_to(first[:, None], (len(sessions), len(boards)))
    return np.column_stack([columns[board] for board in boards])
