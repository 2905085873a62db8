"""The screen: every firm of the universe, ranked by remaining backlog ÷ market cap, with the range over counting rules.

1. Score by the chosen options; `row` tells what else is known of a firm.
2. Rank = 1 for the highest score; firms without a score have no rank and follow by symbol.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from screener.core.answer import Answer, Tables
from screener.core.config import ScreenOptions
from screener.core.errors import UsageError
from screener.core.later import LaterRows
from screener.core.stands_on import StandsOn
from screener.point_in_time.announcements import Announcement
from screener.point_in_time.panel import Panel
from screener.screen.contracts import Contract
from screener.screen.factors import FACTORS, Firm, firms, scores_of
from screener.screen.row import GROUPS, RANGE_LAGS, ScreenRow, Seen, row_of, unreviewed_of
from screener.screen.trading import Traded

_UNSORTED = (*GROUPS, "finished", "terminated")


@dataclass(frozen=True, repr=False, eq=False)
class ScreenResult(Answer):
    """Ranked rows first, then the others, and what the result stands on."""

    rows: tuple[ScreenRow, ...]
    stands_on: StandsOn
    contracts: Sequence[Contract] = ()  # of the firms of the rows, counted or not
    announcements: Sequence[Announcement] = ()  # of these firms
    columns: tuple[str, ...] = ()  # to be shown; none: the usual ones

    def sorted_by(self, column: str) -> ScreenResult:
        """Rows by a column: numbers and dates from high to low (`rank` from 1), text from a to z, unknown last.

        `-column`: from high to low, `+column` from low to high.
        """
        return replace(self, rows=sort_rows(self.rows, column))

    def with_waiting(self, counts: Mapping[str, int], others: ScreenResult | None = None) -> ScreenResult:
        """The same with how many proposals wait per firm, and what the screen would be if they were accepted."""
        would = {row.symbol: row for row in others.rows} if others else {}
        rows = tuple(
            replace(
                row,
                proposals=counts.get(row.symbol, 0),
                backlog_with_proposals_cny=would[row.symbol].backlog_cny if row.symbol in would else None,
                score_with_proposals=would[row.symbol].score if row.symbol in would else None,
            )
            if others or row.symbol in counts
            else row
            for row in self.rows
        )
        outside = sum(counts.values()) - sum(row.proposals for row in rows)
        note = (f"{outside} proposals wait of firms outside this universe",) if outside else ()
        return replace(self, rows=rows, stands_on=replace(self.stands_on, notes=(*self.stands_on.notes, *note)))

    def frame(self) -> pl.DataFrame:
        """One row per firm; lists as text, run-off left out."""
        dicts = [row.cells() for row in self.rows]
        for row in dicts:
            row.update({name: " ".join(row[name]) for name in ("finished", "terminated")})
        return pl.DataFrame(dicts, infer_schema_length=None)

    def _tables(self) -> Tables:
        rows = self._plain()
        return {"screen": [{name: row[name] for name in self.columns} for row in rows] if self.columns else rows}

    def _plain(self) -> list[dict[str, Any]]:
        return [row.as_dict() for row in self.rows]


def screen(panel: Panel, options: ScreenOptions | None = None) -> ScreenResult:
    """Rank the firms of the panel's universe by what is known at its time."""
    options = options or ScreenOptions()
    seen, shown = Seen.of(panel, options), firms(panel, options)
    ranked = enumerate(sorted(shown, key=partial(_order, seen)), start=1)
    return ScreenResult(
        tuple(row_of(seen, firm, rank) for rank, firm in ranked),
        stands_on(panel, options),
        LaterRows(partial(_contracts, shown)),
        LaterRows(partial(_announcements, panel, frozenset(firm.symbol for firm in shown))),
    )


def _order(seen: Seen, firm: Firm) -> tuple[bool, float, str]:
    """The highest score first, then firms without one."""
    score = seen.score(firm)
    return score is None, -(score or 0.0), firm.symbol


def _contracts(shown: Iterable[Firm]) -> Iterator[Contract]:
    return (contract for firm in shown for contract in firm.contracts)


def _announcements(panel: Panel, symbols: Collection[str]) -> Iterator[Announcement]:
    return (row for row in panel.announcements if row.symbol in symbols)


def entering(
    panel: Panel, found: ScreenResult, would: ScreenResult, waiting: Mapping[str, int], options: ScreenOptions
) -> ScreenResult:
    """The screen with the firms below it that the waiting proposals would bring into the universe; none has a rank."""
    inside = {row.symbol for row in found.rows}
    new = [row.symbol for row in would.rows if row.symbol in waiting and row.symbol not in inside]
    known = [firm for firm in firms(panel, options, sorted(new)) if firm.symbol in panel.symbols]
    rows = (screen_row(panel, firm, options) for firm in known)
    outside = (replace(row, behind=replace(row.behind, outside=True)) for row in rows)
    return replace(found, rows=(*found.rows, *outside))


@dataclass(frozen=True, slots=True)
class Ranked:
    """The rank of a firm of the universe, and what it rests on; as in the screen."""

    symbol: str
    rank: int | None
    score: float | None
    price_date: date | None
    unreviewed: int


def ranks(panel: Panel, options: ScreenOptions | None = None) -> list[Ranked]:
    """The ranks of a screen alone, without its range over counting rules."""
    scores, waiting = scores_of(panel, options or ScreenOptions()), unreviewed_of(panel)
    order = {
        symbol: rank for rank, symbol in enumerate(sorted(scores, key=lambda name: (-scores[name], name)), start=1)
    }
    return [
        Ranked(name, order.get(name), scores.get(name), _last_day(panel, name), waiting.get(name, 0))
        for name in panel.universe
    ]


def _last_day(panel: Panel, symbol: str) -> date | None:
    last = _last_bar(panel, panel.index_of(symbol))
    return None if last is None else panel.day_of(last)


def screen_row(panel: Panel, firm: Firm, options: ScreenOptions) -> ScreenRow:
    """The row of one firm as in the screen; outside the universe the same row without a rank."""
    row = row_of(Seen.of(panel, options, firm.symbol), firm)
    if firm.symbol not in panel.universe or row.score is None:
        return row
    others = scores_of(panel, options)
    return replace(row, rank=1 + sum((-other, symbol) < (-row.score, firm.symbol) for symbol, other in others.items()))


def _last_bar(panel: Panel, n: int) -> int | None:
    row = int(panel.last_bar[n])
    return row if row >= 0 else None


def sort_rows(rows: Sequence[ScreenRow], column: str) -> tuple[ScreenRow, ...]:
    """Rows by a column of `as_dict`, with or without a sign; raises UsageError for an unknown one."""
    name = column.lstrip("+-")
    if name not in sortable():
        from screener.core.condition import nearest

        raise UsageError("no such column to sort by", got=column, expected=nearest(name, sortable()))
    cells = {row.symbol: row.cell(name) for row in rows}
    known = [row for row in rows if cells[row.symbol] is not None]
    rising = name == "rank" or any(isinstance(cells[row.symbol], str) for row in known)
    falling = not rising if column[:1] == name[:1] else column[0] == "-"
    known.sort(key=lambda row: cells[row.symbol], reverse=falling)
    return (*known, *(row for row in rows if cells[row.symbol] is None))


def sortable() -> list[str]:
    """Columns the screen can be sorted by."""
    own = [f.name for kind in (ScreenRow, Traded) for f in fields(kind)]
    return [*(name for name in own if name not in _UNSORTED), *(name for name in FACTORS if name != "score")]


def stands_on(panel: Panel, options: ScreenOptions, symbols: Iterable[str] | None = None) -> StandsOn:
    """Source, span, universe rule and counting rules of a result about `symbols` (default: the universe)."""
    rules = {name: str(value) if name in ("policy", "burn") else value for name, value in options if name != "universe"}
    return panel.stands_on(symbols, hindsight=panel.hindsight, rules={**rules, "range_lags": list(RANGE_LAGS)})
