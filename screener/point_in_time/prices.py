"""Raw bars and dated facts become dense arrays: sessions × symbols, NaN where there is no bar.

1. Bars go to their cells.
2. The reference price of a session is the previous close, on an ex-date the ex-right reference price; while halted it
   is carried (and adjusted) from the last close.
3. Limits follow from the reference price and the spans of `core.limit_spans`; bars before the first one are left out.
4. Share capital counts from 09:00 of its first day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

import numpy as np
import polars as pl

from screener.core import price_rules
from screener.core.arrays import Days, Flags, Floats, Ints
from screener.core.config import DECISION_TIME
from screener.core.errors import RuleGap
from screener.core.limit_spans import Span
from screener.core.price_rules import ex_right_reference
from screener.core.rules import Rules
from screener.core.symbols import board_of

_GIVE, _GIVE_NOTHING = ("cash", "bonus", "bonus_and_cash"), ("restructuring_conversion",)
FIELDS = ("open", "high", "low", "close", "volume", "amount")
_NO_LIMIT = 2.0**62  # shares
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
    return _merged(sorted(found, key=lambda action: (action.t, action.n, action.kind)))


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


def _merged(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Actions of one symbol on one day as one: they all count from the shares and the close before the day."""
    of_day: dict[tuple[int, int], list[Action]] = {}
    for action in actions:
        of_day.setdefault((action.t, action.n), []).append(action)
    return tuple(same[0] if len(same) == 1 else _one(same) for same in of_day.values())


def _one(same: list[Action]) -> Action:
    """Shares and cash together; each of several states a reference of its own: only the formula knows all of them."""
    given = [action for action in same if action.kind in _GIVE]
    shares, cash = (sum(getattr(action, name) for action in given) for name in ("shares_to_holder", "cash_to_holder"))
    strange = [action.kind for action in same if action.kind not in (*_GIVE, *_GIVE_NOTHING)]
    plain = "bonus_and_cash" if shares and cash else "bonus" if shares else "cash"
    kind = strange[0] if strange else plain if given else same[0].kind
    return Action(same[0].t, same[0].n, kind, shares, cash, float("nan"))


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
    for action in actions:
        factor[action.t :, action.n] *= 1.0 + action.shares_to_holder
    return factor


def limit_arrays(reference: Floats, sessions: Days, of_symbol: Mapping[str, list[Span]]) -> tuple[Floats, Floats]:
    """(limit up, limit down), each (T, N) in yuan; NaN where there is none. `of_symbol` in the order of the columns."""
    up, down = np.empty_like(reference), np.empty_like(reference)
    rates, roundings = _limit_rates(sessions, of_symbol)
    for t in range(0, len(reference), _ROWS):  # in strips: what is between them stays small
        strip = slice(t, t + _ROWS)
        up[strip], down[strip] = price_rules.limit_arrays(reference[strip], rates[strip], roundings[strip])
    return up, down


def _rows_of(sessions: Days, start: date, end: date) -> slice:
    """Rows of the sessions from `start` up to before `end`."""
    first, last = np.searchsorted(sessions, np.array([start, end], dtype="datetime64[D]"))
    return slice(int(first), int(last))


def leave_out_unruled(cells: Mapping[str, Floats], sessions: Days, of_symbol: Mapping[str, list[Span]]) -> None:
    """Takes bars from before the first price limit of their symbol out of the cells; a finding names them.

    Raises RuleGap for bars between two spans: there the table of rules has a hole.
    """
    for n, (symbol, found) in enumerate(of_symbol.items()):
        early = _rows_of(sessions, date.min, found[0].start if found else date.max)
        for values in cells.values():
            values[early, n] = np.nan
        for before, after in pairwise(found):
            hole = _rows_of(sessions, before.end, after.start)
            if not np.isnan(cells["close"][hole, n]).all():
                raise RuleGap(
                    "no price limit covers the days",
                    where=symbol,
                    got=f"{before.end} … {after.start}",
                    next_step="load the missing row of `rules`",
                )


def _limit_rates(sessions: Days, of_symbol: Mapping[str, list[Span]]) -> tuple[Floats, Floats]:
    """(rate, rounding), each (T, N); the rate is NaN where there is no limit."""
    shape = len(sessions), len(of_symbol)
    rates, roundings = np.full(shape, np.nan), np.full(shape, price_rules.HALF_UP)
    columns: dict[int, list[int]] = {}
    told = list(of_symbol.values())
    for n, found in enumerate(told):
        columns.setdefault(id(found), []).append(n)  # a board's symbols share one list
    for same in columns.values():
        for span in told[same[0]]:
            rows = _rows_of(sessions, span.start, span.end)
            rates[rows, same] = np.nan if span.rate is None else span.rate
            roundings[rows, same] = span.rounding
    return rates, roundings


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


def largest_orders(sessions: Days, symbols: Sequence[str], rules: Rules) -> dict[str, Ints]:
    """board (N,): column of largest_order (T, boards), the shares an order may have where a rule says so."""
    boards = [str(board_of(symbol)) for symbol in symbols]
    names = sorted(set(boards))
    columns = [np.nan_to_num(rules.over("max_limit_order", name, sessions), nan=_NO_LIMIT) for name in names]
    most = np.column_stack(columns) if columns else np.empty((len(sessions), 0))
    board = np.array([names.index(name) for name in boards], dtype=np.int64)
    return {"board": board, "largest_order": most.astype(np.int64)}


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
