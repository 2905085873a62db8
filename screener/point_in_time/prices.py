"""Raw bars and dated facts become dense arrays: sessions × symbols, NaN where there is no bar.

1. Bars are in their cells (`cells`).
2. Limits are kept as rates, by list of the spans of `core.limit_spans`; bars before the first one are left out.
3. Lots, largest orders, duties and fees are looked up in the rules, once for each board.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise

import numpy as np

from screener.core import price_rules
from screener.core.arrays import Days, Floats, Ints, Shorts
from screener.core.errors import RuleGap
from screener.core.limit_spans import Span
from screener.core.rules import Rules
from screener.core.symbols import board_of

_NO_LIMIT = 2.0**62  # shares
_HALF_UP = round(price_rules.HALF_UP * 2000)


def carried(dates: Days, values: Floats, days: Days) -> Floats:
    """(D,) the last value not later than each of `days`; NaN before the first of `dates` (ascending)."""
    if not len(dates):
        return np.full(len(days), np.nan)
    at = np.searchsorted(dates, days, side="right") - 1
    return np.where(at >= 0, values[np.maximum(at, 0)], np.nan)


def limit_rates(
    sessions: Days, of_symbol: Mapping[str, list[Span]], without: Iterable[tuple[int, slice]] = ()
) -> dict[str, Shorts | Ints]:
    """limit_permille, limit_outwards (T, K) of K lists of spans; limit_column (N,): which of them is a symbol's.

    `of_symbol` in the order of the columns; `without`: symbols and sessions that have none whatever the spans say.
    """
    told = [*of_symbol.values()]
    shared, column = [told[same[0]] for same in _sharing(told)], np.empty(len(told), np.int64)
    for k, same in enumerate(_sharing(told)):
        column[same] = k
    apart: dict[int, list[slice]] = {}
    for n, rows in without:
        apart.setdefault(n, []).append(rows)
    shape = len(sessions), len(shared) + len(apart)
    permille, outwards = np.full(shape, price_rules.NO_LIMIT, np.int16), np.full(shape, _HALF_UP, np.int16)
    for k, spans in enumerate(shared):
        for span in spans:
            rows = _rows_of(sessions, span.start, span.end)
            permille[rows, k] = price_rules.NO_LIMIT if span.rate is None else round(span.rate * 1000)
            outwards[rows, k] = round(span.rounding * 2000)
    for k, (n, gaps) in enumerate(apart.items(), len(shared)):  # a column of its own
        permille[:, k], outwards[:, k], column[n] = permille[:, column[n]], outwards[:, column[n]], k
        for rows in gaps:
            permille[rows, k] = price_rules.NO_LIMIT
    return {"limit_permille": permille, "limit_outwards": outwards, "limit_column": column}


def _rows_of(sessions: Days, start: date, end: date) -> slice:
    """Rows of the sessions from `start` up to before `end`."""
    first, last = np.searchsorted(sessions, np.array([start, end], dtype="datetime64[D]"))
    return slice(int(first), int(last))


def leave_out_unruled(cells: dict[str, Floats], sessions: Days, of_symbol: Mapping[str, list[Span]]) -> None:
    """Takes bars from before the first price limit of their symbol out of the cells; a finding names them.

    Raises RuleGap for bars between two spans: there the table of rules has a hole.
    """
    symbols, told = [*of_symbol], [*of_symbol.values()]
    for same in _sharing(told):
        found = told[same[0]]
        ahead = early(sessions, found)
        if ahead.stop > ahead.start:
            for name, values in cells.items():
                if not np.isnan(values[ahead, same]).all():
                    cells[name] = values if values.flags.writeable else values.copy()  # cut out of a finished market
                    cells[name][ahead, same] = np.nan
        for before, after in pairwise(found):
            hole = _rows_of(sessions, before.end, after.start)
            traded = ~np.isnan(cells["close"][hole][:, same]).all(axis=0)
            if traded.any():
                raise RuleGap(
                    "no price limit covers the days",
                    where=symbols[same[int(traded.argmax())]],
                    got=f"{before.end} … {after.start}",
                    next_step="load the missing row of `rules`",
                )


def early(sessions: Days, found: Sequence[Span]) -> slice:
    """Rows before the first span."""
    return _rows_of(sessions, date.min, found[0].start if found else date.max)


def holes(sessions: Days, found: Sequence[Span]) -> list[slice]:
    """Rows between two spans that do not meet."""
    between = [_rows_of(sessions, before.end, after.start) for before, after in pairwise(found)]
    return [hole for hole in between if hole.stop > hole.start]


def _sharing(told: Sequence[list[Span]]) -> Iterable[list[int]]:
    """Columns by the list of spans that they share: a board's symbols without a story have one."""
    columns: dict[int, list[int]] = {}
    for n, found in enumerate(told):
        columns.setdefault(id(found), []).append(n)
    return columns.values()


def lots(symbols: Sequence[str], day: date, rules: Rules) -> tuple[Ints, Ints]:
    """(smallest buy, step above it), each (N,), in shares; of a board that opens after `day` those it opens with."""
    boards = {board: rules.lot(board, rules.opened(board, day)) for board in {*map(board_of, symbols)}}
    pairs = [boards[board_of(symbol)] for symbol in symbols]
    return np.array([p[0] for p in pairs], dtype=np.int64), np.array([p[1] for p in pairs], dtype=np.int64)


def largest_orders(sessions: Days, symbols: Sequence[str], rules: Rules) -> dict[str, Ints]:
    """board (N,): its column in tables by board; largest_order (T, boards): shares an order may have, by rule."""
    names = _boards(symbols)
    columns = [np.nan_to_num(rules.over("max_limit_order", name, sessions), nan=_NO_LIMIT) for name in names]
    most = np.column_stack(columns) if columns else np.empty((len(sessions), 0))
    place = {name: n for n, name in enumerate(names)}
    board = np.array([place[str(board_of(symbol))] for symbol in symbols], dtype=np.int64)
    return {"board": board, "largest_order": most.astype(np.int64)}


def duties(sessions: Days, symbols: Sequence[str], rules: Rules) -> dict[str, Floats]:
    """stamp_duty of sales, purchase_duty (T,); transfer_rate of the amount, transfer_per_share in yuan (T, boards)."""
    boards = _boards(symbols)
    return {
        "stamp_duty": rules.over("stamp_duty", "all", sessions, side="sell", since=0),
        "purchase_duty": np.nan_to_num(rules.over("stamp_duty", "all", sessions, side="buy")),
        "transfer_rate": _by_board("transfer_fee_rate", boards, sessions, rules),
        "transfer_per_share": _by_board("transfer_fee_per_share", boards, sessions, rules),
    }


_PERIODS = ("held_to_1_month", "held_1_month_to_1_year", "held_over_1_year")


def holding_periods(sessions: Days, rules: Rules) -> dict[str, Floats | Ints]:
    """dividend_tax (T, 3) by holding period; month_over, year_over (T,): the first session after that period.

    A share is held up to the day before it is sold, so one sold on the same day of the next month is held one month.
    """
    rates = [np.nan_to_num(rules.over("dividend_tax", scope, sessions)) for scope in _PERIODS]  # none before 2005
    ends = {"month_over": 1, "year_over": 12}
    over = {name: np.searchsorted(sessions, _months_on(sessions, n), side="right") for name, n in ends.items()}
    return {"dividend_tax": np.column_stack(rates), **{name: at.astype(np.int64) for name, at in over.items()}}


def _months_on(days: Days, count: int) -> Days:
    """The same day so many months later; the last of a month that is shorter."""
    month = days.astype("datetime64[M]")
    later = (month + count).astype("datetime64[D]") + (days - month.astype("datetime64[D]"))
    return np.asarray(np.minimum(later, (month + count + 1).astype("datetime64[D]") - 1))


def _boards(symbols: Sequence[str]) -> list[str]:
    """The boards of the symbols, in the order of the columns of all that differs by board."""
    return sorted({str(board_of(symbol)) for symbol in symbols})


def _by_board(rule: str, boards: Sequence[str], sessions: Days, rules: Rules) -> Floats:
    columns = [np.nan_to_num(rules.over(rule, board, sessions)) for board in boards]
    return np.column_stack(columns) if columns else np.zeros((len(sessions), 0))
