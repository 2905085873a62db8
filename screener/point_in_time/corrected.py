"""What the arrays of a market were before each of its revisions, of the symbols that were corrected.

1. Versions of bars say themselves before which revisions they stood: a cell each.
2. Where actions, share counts, spells or listings of a symbol were corrected, they are taken as they stood before each
   correction, all at once, under a name for each state; counts and factors follow from them.
3. References and marks follow from closes and actions: they are computed again in whole columns, one a state, and only
   cells that differ are kept. What became what is corrected together: one begins with the price of the other.
4. Where a bar that alone told a symbol or an end of the span was corrected, or the days whose limits are known, the
   market had another shape.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from screener.core.arrays import Flags, Floats, Ints
from screener.core.bars import FIELDS
from screener.core.limit_spans import Span, spans_of
from screener.core.rules import Rules
from screener.core.tables import TABLES
from screener.point_in_time.building import actions_of, standing
from screener.point_in_time.cells import KEY, WithBars, floats, places
from screener.point_in_time.corporate import NOWHERE, Action, reference_prices, share_factors, with_ends
from screener.point_in_time.derived import marks, whole
from screener.point_in_time.frames import frame_of
from screener.point_in_time.prices import early, holes
from screener.point_in_time.revised import Revised, otherwise, parts_of, spread
from screener.point_in_time.share_capital import Capital, share_capital
from screener.point_in_time.versions import before_revision, in_order, latest

if TYPE_CHECKING:
    from screener.point_in_time.market import Market

OF_SYMBOLS = ("actions", "shares", "st_spells", "firms")  # what arrays are made of, beside the bars
PRICES = ("reference", "mark")
COUNTS = ("total_shares", "shares_derived", "share_factor")
ARRAYS = (*FIELDS, *PRICES, *COUNTS)
Numbers = Mapping[int, Sequence[int]]  # column → revisions at which it was corrected, ascending


@dataclass(frozen=True)
class States:
    """S states of symbols: of column n[s] before the revisions first[s] … number[s], by their names."""

    n: Ints
    number: Ints
    first: Ints

    @classmethod
    def of(cls, numbers: Numbers) -> States:
        """Each symbol before each of its corrections."""
        found = [
            (n, at, before + 1)
            for n, corrected in numbers.items()
            for before, at in zip([-1, *corrected], corrected, strict=False)
        ]
        return cls(*np.array(found, np.int64).reshape(-1, 3).T)

    def part(self, chosen: slice | Ints) -> States:
        """Some of them."""
        return States(self.n[chosen], self.number[chosen], self.first[chosen])


@dataclass(frozen=True)
class Facts:
    """What states of symbols had: the actions of each, on columns of the market; counts; how far bars were left out."""

    states: States
    actions: Mapping[tuple[int, int], tuple[Action, ...]]  # (column, number) →
    capital: Capital
    spans: Sequence[list[Span]]


class Corrected:
    """The arrays of one market; `told`: table → symbol and number of each correction of it."""

    def __init__(self, market: Market, told: Mapping[str, pl.DataFrame]) -> None:
        self.market, self._told = market, told
        self._frames = cast("WithBars", market.frames)

    def revised(self, name: str) -> Revised | None:
        """The cells of an array that were otherwise; None where none was."""
        of = self._bars if name in FIELDS else self._prices if name in PRICES else self._counts
        return of[name]

    def actions(self, number: int) -> dict[int, tuple[Action, ...]]:
        """Column → its actions before the revision, of the symbols whose actions were others at some time."""
        places = ((n, numbers, bisect_left(numbers, number)) for n, numbers in self._acted_otherwise.items())
        return {n: self._facts.actions[n, numbers[at]] for n, numbers, at in places if at < len(numbers)}

    @cached_property
    def _acted_otherwise(self) -> Numbers:
        now, then = self._standing, self._facts.actions if self._of_facts else {}
        return {
            n: numbers
            for n, numbers in self._of_facts.items()
            if any(then[n, number] != tuple(now.get(n, ())) for number in numbers)
        }

    # Who was corrected when

    @cached_property
    def _together(self) -> dict[int, frozenset[int]]:
        """Column → the columns of what it became or was, in any version."""
        place, found = self.market._column, dict[int, frozenset[int]]()
        became = frame_of(self._frames.others, "actions").select("symbol", "into_symbol").drop_nulls().unique()
        for one, other in became.iter_rows():
            if one in place and other in place:
                a, b = place[one], place[other]
                group = found.get(a, frozenset({a})) | found.get(b, frozenset({b}))
                found.update(dict.fromkeys(group, group))
        return found

    def _corrected(self, tables: Iterable[str]) -> Numbers:
        """Column → when one of these tables was corrected of it, or of what it became or was."""
        place, found = self.market._column, dict[int, set[int]]()
        for name in self._told.keys() & {*tables}:
            for symbol, number in self._told[name].iter_rows():
                for n in self._together.get(place[symbol], (place[symbol],)) if symbol in place else ():
                    found.setdefault(n, set()).add(number)
        return {n: sorted(numbers) for n, numbers in sorted(found.items())}

    @cached_property
    def _of_facts(self) -> Numbers:
        return self._corrected(OF_SYMBOLS)

    # Bars

    @cached_property
    def versions(self) -> pl.DataFrame:
        """Versions of bars with the first and the last revision before which each stood; `last` counts on today."""
        rows, last = in_order(self._frames.cells.bars.versions, KEY), len(self.market.revisions)
        moments = np.array(self.market.revisions, dtype="datetime64[us]")
        number = pl.Series("number", np.searchsorted(moments, rows["known_at"].to_numpy()), dtype=pl.Int64)
        gone = rows["withdrawn"].fill_null(value=False) if "withdrawn" in rows.columns else pl.lit(value=False)
        begins = pl.when(pl.struct(KEY).is_first_distinct()).then(0).otherwise(pl.col("number") + 1)
        later = pl.col("number").cum_min(reverse=True).shift(-1).over(KEY)
        told = rows.with_columns(number, gone=gone).with_columns(first=begins, last=later.fill_null(last))
        return told.filter(pl.col("first") <= pl.col("last"))

    @cached_property
    def _cells(self) -> tuple[pl.DataFrame, Ints, Ints]:
        """(versions of the cells of this market, their t, their n)."""
        t, n, here = places(self.versions, self.market.sessions, self.market.symbols)
        return self.versions.filter(pl.Series(here)), t, n

    @cached_property
    def _spans(self) -> dict[str, list[Span]]:
        """Symbol → where its limits are known, of those whose bars were corrected."""
        tables = standing(self._frames.others, {"st_spells", "firms"})
        symbols = [self.market.symbols[n] for n in np.unique(self._cells[2])]
        return spans_of(symbols, tables["st_spells"], tables["firms"], self._rules, self.market.calendar)

    @cached_property
    def _rules(self) -> Rules:
        return Rules(standing(self._frames.others, {"rules"})["rules"])

    @cached_property
    def _bars(self) -> dict[str, Revised | None]:
        told, t, n = self._cells
        begins = np.zeros(len(self.market.symbols), np.int64)
        for symbol, spans in self._spans.items():
            begins[self.market.index_of(symbol)] = early(self.market.sessions, spans).stop
        empty = told["gone"].to_numpy() | (t < begins[n])
        first, last = told["first"].to_numpy(), np.minimum(told["last"].to_numpy(), len(self.market.revisions) - 1)
        found: dict[str, Revised | None] = {}
        for name in FIELDS:
            values = np.where(empty, np.nan, floats(told[name]))
            found[name] = Revised.of([Revised(t, t + 1, n, first, last, values, getattr(self.market, name)[t, n])])
        return found

    # What follows from facts

    @cached_property
    def _facts(self) -> Facts:
        market, states = self.market, States.of(self._of_facts)
        symbols = [market.symbols[n] for n in states.n.tolist()]
        moments = [market.revisions[number] for number in states.number.tolist()]
        ends = [f"#{number}" for number in states.number.tolist()]
        names = [symbol + end for symbol, end in zip(symbols, ends, strict=True)]
        # Names that no table has.
        asked = pl.DataFrame(
            {"#of": symbols, "#state": names, "#moment": moments, "#end": ends},
            schema={"#of": pl.String, "#state": pl.String, "#moment": pl.Datetime("us"), "#end": pl.String},
        )
        stood = {name: self._stood(name, asked) for name in OF_SYMBOLS}
        rows = with_ends(stood["actions"], stood["firms"], stood["st_spells"])
        cells = replace(self._frames.cells, symbols=tuple(names), arrays={}, told=None)
        return Facts(
            states,
            _by_state(actions_of(rows, cells, market.calendar), states),
            share_capital(stood["shares"], rows, market.sessions, names),
            [*spans_of(names, stood["st_spells"], stood["firms"], self._rules, market.calendar).values()],
        )

    def _stood(self, name: str, asked: pl.DataFrame) -> pl.DataFrame:
        """Rows of a table as they stood of each state, under its name."""
        table, frame = TABLES[name], frame_of(self._frames.others, name)
        key = ["#state", *table.key]
        # A correction may name another symbol than the version before it.
        keys = frame.join(asked, left_on="symbol", right_on="#of").select(key).unique()
        rows = frame.join(keys.join(asked, on="#state"), on=list(table.key))
        stood = latest(before_revision(rows, table, pl.col("#moment"), key), key)
        mine = stood.filter(pl.col("symbol") == pl.col("#of")).with_columns(symbol="#state")
        if "into_symbol" in mine.columns:
            mine = mine.with_columns(pl.col("into_symbol") + pl.col("#end"))
        return mine.select(frame.columns)

    @cached_property
    def _counts(self) -> dict[str, Revised | None]:
        parts: dict[str, list[Revised]] = {name: [] for name in COUNTS}
        facts, sessions = self._facts, len(self.market.sessions)
        for part in parts_of(len(facts.states.n), sessions):
            states = facts.states.part(part)
            columns, place = np.unique(states.n, return_inverse=True)
            basis = self.market._basis.columns(columns)
            then = _counts(facts, part, sessions)
            for name in COUNTS:
                now = whole(basis, name)[:, place]
                parts[name].append(otherwise(then[name], now, states.n, (states.first, states.number)))
        return {name: Revised.of(found) for name, found in parts.items()}

    # What follows from closes and actions

    @cached_property
    def _prices(self) -> dict[str, Revised | None]:
        numbers = self._corrected(("bars", *OF_SYMBOLS))
        states, parts = States.of(numbers), dict[str, list[Revised]](reference=[], mark=[])
        for part in self._whole_groups(states):
            own = states.part(part)
            close, now, stands = self._closes(own), self.market.close[:, own.n], self.market.reference[:, own.n]
            reference = reference_prices(close, self._acting(own))
            of = own.n, (own.first, own.number)
            parts["reference"].append(otherwise(reference, stands, *of))
            parts["mark"].append(otherwise(marks(close, reference), marks(now, stands), *of))
        return {name: Revised.of(found) for name, found in parts.items()}

    def _whole_groups(self, states: States) -> Iterator[Ints]:
        """States in parts that are computed at a time; what became what is in one of them."""
        group = np.array([min(self._together.get(n, (n,))) for n in states.n.tolist()], np.int64)
        order = np.argsort(group, kind="stable")
        ends = np.flatnonzero(np.diff(group[order], append=-1))
        parts = parts_of(len(order), len(self.market.sessions))
        cuts = {int(ends[np.searchsorted(ends, part.stop - 1)]) + 1 for part in parts}
        return (some for some in np.split(order, sorted(cuts)) if len(some))

    def _closes(self, states: States) -> Floats:
        """(T, S) closes of each state."""
        close, told = np.array(self.market.close[:, states.n]), self._bars["close"]
        if told is not None:
            size = len(self.market.revisions) + 1
            key = states.n * size + states.number
            order = np.argsort(key)
            begin = np.searchsorted(key[order], told.n * size + told.first)
            end = np.searchsorted(key[order], told.n * size + told.last, side="right")
            entry = np.repeat(np.arange(len(told.n)), end - begin)
            close[told.start[entry], order[spread(begin, end - begin)]] = told.values[entry]
        return close

    def _acting(self, states: States) -> list[Action]:
        """The actions of each state, on its column."""
        place = {key: column for column, key in enumerate(zip(states.n.tolist(), states.number.tolist(), strict=True))}
        found = []
        for (n, number), column in place.items():
            for action in self._actions_of(n, number):
                into = place[action.into, number] if action.into != NOWHERE else NOWHERE
                found.append((action.t, action.n, replace(action, n=column, into=into)))
        return [action for *_, action in sorted(found, key=lambda one: one[:2])]

    def _actions_of(self, n: int, number: int) -> Sequence[Action]:
        numbers = self._of_facts.get(n, ())
        place = bisect_left(numbers, number)
        return self._facts.actions[n, numbers[place]] if place < len(numbers) else self._standing.get(n, ())

    @cached_property
    def _standing(self) -> dict[int, list[Action]]:
        found: dict[int, list[Action]] = {}
        for action in self.market.actions:
            found.setdefault(action.n, []).append(action)
        return found

    # Where the market had another shape

    @cached_property
    def breaks(self) -> Flags:
        """(R,) True before the revisions before which it had other symbols, another span or other rules."""
        found = np.zeros(len(self.market.revisions), dtype=bool)
        for begin, end in (*self._by_bars(), *self._by_holes(), *self._by_spans()):
            found[begin : end + 1] = True
        return found

    def _by_bars(self) -> Iterator[tuple[int, int]]:
        """(First, last) revision before which a bar stood that the market has no cell for, or one was missing that
        may alone tell a symbol or an end of the span."""
        bars, last = self._frames.cells.bars, len(self.market.revisions)
        told = self.versions
        if bars.whose is not None:
            told = told.filter(pl.col("symbol").is_in(bars.whose))
        stands = told.filter(pl.col("last") == last, ~pl.col("gone")).select(KEY)
        before = told.filter(pl.col("first") < last)
        more = before.filter(~pl.col("gone")).join(stands, on=KEY, how="anti")
        inside = pl.col("session").is_between(bars.first, bars.last) & pl.col("symbol").is_in(self.market.symbols)
        less = before.filter("gone").join(stands, on=KEY, how="semi")
        between = pl.col("session").is_between(bars.first, bars.last, closed="none")
        strange = [more.filter(~inside.fill_null(value=False))]
        strange.append(less.filter(~(between & pl.col("symbol").is_in(self._told_by_others)).fill_null(value=False)))
        yield from pl.concat(strange).select("first", "last").iter_rows()

    @cached_property
    def _told_by_others(self) -> list[str]:
        """Symbols that have a bar which was never corrected."""
        _, t, n = self._cells
        columns, place = np.unique(n, return_inverse=True)
        there = ~np.isnan(self.market.close[:, columns])
        there[t, place] = False
        return [self.market.symbols[n] for n in columns[there.any(axis=0)]]

    def _by_holes(self) -> Iterator[tuple[int, int]]:
        """Where a bar stood on a day whose limits nobody knows: building it says so."""
        told, t, n = self._cells
        first, last, there = told["first"].to_numpy(), told["last"].to_numpy(), ~told["gone"].to_numpy()
        for symbol, found in self._spans.items():
            for hole in holes(self.market.sessions, found):
                inside = (n == self.market.index_of(symbol)) & (t >= hole.start) & (t < hole.stop) & there
                yield from zip(first[inside].tolist(), last[inside].tolist(), strict=True)

    def _by_spans(self) -> Iterator[tuple[int, int]]:
        """Where other days of a symbol had limits: other bars were left out."""
        if not self._told.keys() & {"st_spells", "firms"}:
            return
        states, sessions = self._facts.states, self.market.sessions
        tables = standing(self._frames.others, {"st_spells", "firms"})
        symbols = [self.market.symbols[n] for n in states.n.tolist()]
        now = spans_of(symbols, tables["st_spells"], tables["firms"], self._rules, self.market.calendar)
        for symbol, then, begin, end in zip(symbols, self._facts.spans, states.first, states.number, strict=True):
            known = [(early(sessions, spans), holes(sessions, spans)) for spans in (then, now[symbol])]
            if known[0] != known[1]:
                yield int(begin), int(end)


def _by_state(actions: Iterable[Action], states: States) -> dict[tuple[int, int], tuple[Action, ...]]:
    """(Column, number) of each state → its actions, on columns of the market. `actions`: on the states."""
    keys = list(zip(states.n.tolist(), states.number.tolist(), strict=True))
    found: dict[tuple[int, int], list[Action]] = {key: [] for key in keys}
    for action in actions:
        into = keys[action.into][0] if action.into != NOWHERE else NOWHERE
        found[keys[action.n]].append(replace(action, n=keys[action.n][0], into=into))
    return {key: tuple(own) for key, own in found.items()}


def _counts(facts: Facts, part: slice, sessions: int) -> dict[str, np.ndarray]:
    """(T, S) counts of a part of the states, and shares of today per share of the first session."""
    states = facts.states.part(part)
    total, derived = facts.capital.of(np.arange(part.start, part.stop)).whole()
    own = [
        replace(action, n=column)
        for column, key in enumerate(zip(states.n.tolist(), states.number.tolist(), strict=True))
        for action in facts.actions[key]
    ]
    factors, column = share_factors((sessions, len(states.n)), own)
    return {"total_shares": total, "shares_derived": derived, "share_factor": np.take(factors, column, axis=1)}
