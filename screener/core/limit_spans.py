"""Which daily price limit held when: spans of days with one rate and one rounding.

1. Rows of `price_limit` and `limit_rounding` of a board cut its time into spans.
2. Inside a spell of ST or of the delisting period the rows of `<board>_st` or `<board>_delisting` are asked first; of
   spells that overlap, the delisting period holds. Days that those do not cover had the limit of the board.
3. The first sessions of a listing and of a delisting period have no limit (`no_limit_sessions`, asked with their day).
4. Days that no row covers belong to no span.

The engine, the panel and the findings read limits from here, each in its own shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from screener.core.calendar import Calendar
from screener.core.rules import Rules
from screener.core.symbols import Board, board_of

DELISTING = "delisting"  # status of a name in the delisting period (退市整理期)


@dataclass(frozen=True)
class Spell:
    """Days, both included, on which a name carried a status: ST, *ST or delisting; `end` None: still."""

    start: date
    end: date | None
    status: str

    def covers(self, day: date) -> bool:
        """True inside."""
        return self.start <= day <= (self.end or date.max)


@dataclass(frozen=True)
class Span:
    """Days from `start` up to before `end`; `rate` as a fraction, None for no limit; `rounding` in fen."""

    start: date
    end: date
    rate: float | None
    rounding: float


def spans_of(
    symbols: Sequence[str], spells: pl.DataFrame, firms: pl.DataFrame, rules: Rules, calendar: Calendar
) -> dict[str, list[Span]]:
    """Symbol → its spans. `spells`: rows of st_spells; `firms`: those with a stated first day of trading count.

    A first bar alone is no listing: data starts late too. Symbols of a board without a story share one list.
    """
    of_board = {board: spans(rules, board, calendar) for board in {board_of(symbol) for symbol in symbols}}
    found = {symbol: of_board[board_of(symbol)] for symbol in symbols}
    stories: dict[str, list[Spell]] = {}
    for row in spells.iter_rows(named=True):
        stories.setdefault(row["symbol"], []).append(Spell(row["start"], row["end"], row["status"]))
    stated = firms.drop_nulls("listed") if "listed" in firms.columns else firms.clear()
    listed: dict[str, date] = dict(stated.select("symbol", "listed").iter_rows()) if stated.height else {}
    for symbol in found.keys() & {*stories, *listed}:
        found[symbol] = spans(rules, board_of(symbol), calendar, stories.get(symbol, ()), listed.get(symbol))
    return found


def spans(
    rules: Rules, board: Board, calendar: Calendar, spells: Sequence[Spell] = (), listed: date | None = None
) -> list[Span]:
    """Spans of a symbol in order, none where no row covers the days. Raises RuleGap without a row of rounding."""
    free = [*_free(rules, board, calendar, spells, listed)]
    scopes = {str(board), *(_scope(board, [spell], spell.start) for spell in spells)}
    cuts = {day for scope in scopes for day in rules.changes("price_limit", scope)}
    cuts |= rules.changes("limit_rounding", str(board)) | {day for between in free for day in between}
    cuts |= {day for spell in spells for day in (spell.start, _day_after(spell.end))}
    found = []
    for start, end in pairwise(sorted(cuts)):
        scopes_of_day = (_scope(board, spells, start), str(board))
        rate = next((r for scope in scopes_of_day if (r := rules.find("price_limit", scope, start)) is not None), None)
        if rate is not None:
            lifted = any(first <= start < last for first, last in free)
            rounding = rules.value("limit_rounding", str(board), start)
            found.append(Span(start, end, None if lifted else rate, rounding))
    return found


def _scope(board: Board, spells: Sequence[Spell], day: date) -> str:
    inside = {spell.status for spell in spells if spell.covers(day)}
    if DELISTING in inside:
        return f"{board}_{DELISTING}"
    return f"{board}_st" if inside else str(board)


def _free(
    rules: Rules, board: Board, calendar: Calendar, spells: Sequence[Spell], listed: date | None
) -> Iterable[tuple[date, date]]:
    """Days without a limit as (first, first one with a limit)."""
    asked = [(str(board), listed)] if listed else []
    asked += [(f"{board}_{DELISTING}", spell.start) for spell in spells if spell.status == DELISTING]
    for scope, day in asked:
        count = int(rules.find("no_limit_sessions", scope, day) or 0)
        if count and calendar.first <= day <= calendar.last:
            ahead = calendar.between(day, calendar.last)
            yield day, ahead[count] if count < len(ahead) else date.max


def _day_after(day: date | None) -> date:
    return day + timedelta(1) if day and day < date.max else date.max
