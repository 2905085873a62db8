"""A market as it stood before stored rows were corrected: the market itself, with the cells that differ put back.

1. All markets of the past share the arrays of the one that stands; `corrected` says which cells were otherwise before
   which revision. Rows with those cells in them are made where somebody reads them, and few whole arrays are kept.
2. Tuples and levels are made again where a table of theirs was corrected since, once between two corrections of it.
3. Where a correction moved the span, the symbols, the calendar or the rules, a market is built anew, and those before
   it are told apart from that one.
4. A market of the past has what is known by, not what orders are filled by: that is the market that stands.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from typing import Any, cast

import numpy as np
import polars as pl

from screener.core.arrays import Flags, Ints
from screener.core.stands_on import told_by
from screener.core.tables import FACTS, TABLES
from screener.point_in_time.building import FIELDS_OF, standing
from screener.point_in_time.cells import UNKNOWN, WithBars, handed
from screener.point_in_time.corporate import Action
from screener.point_in_time.corrected import ARRAYS, OF_SYMBOLS, Corrected
from screener.point_in_time.frames import frame_of
from screener.point_in_time.market import TUPLES, Market
from screener.point_in_time.versions import before_revision, latest, revising

_ANEW = ("rules", "sessions")  # a correction of these may change every cell
# Of every market of these sessions and symbols.
_SHARED = ("sessions", "symbols", "calendar", "synthetic", "revisions")
_TIMES = ("_column", "_session_dates", "_session_numbers", "_close_times", "_decision_times")
_TOLD = frozenset().union(*(FIELDS_OF[name][0] for name in TUPLES))
# What is remembered of a market follows from these: prices and counts are remembered under their moment.
_REMEMBERED = frozenset(table.name for table in FACTS) - {"bars", "indices", "shares", "actions"}
_KEPT = 6  # whole arrays at a time
_INSTANT = timedelta(microseconds=1)


class Past:
    """The markets that one market was before each of its revisions."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._seen: dict[int, Market] = {}
        self._kept: dict[tuple[Any, ...], Any] = {}
        self.whole: OrderedDict[tuple[int, str], np.ndarray] = OrderedDict()

    def at(self, number: int) -> Market:
        """The market as it stood before the revision of that number."""
        if number not in self._seen:
            self._seen[number] = self._made(number)
        return self._seen[number]

    def _made(self, number: int) -> Market:
        if not self._breaks[number]:
            return Seen.of(self, number)
        last = number + int(np.append(~self._breaks[number:], True).argmax()) - 1
        if last > number:  # the market of then has revisions of its own
            return self.at(last).seen_at(self.market.revisions[number] - _INSTANT)
        tables, own = self.frames(number), self._frames.cells.bars
        bars = replace(handed(tables["bars"]), asked=own.asked, days=own.days, whose=own.whose)
        if not (own.symbols or bars.symbols):  # a market of facts alone: its span is that of another one (see `about`)
            bars = replace(bars, first=own.first, last=own.last)
        return Market.build(tables.others, calendar=self.market.calendar, bars=bars)

    @cached_property
    def _breaks(self) -> Flags:
        """(R,) True before the revisions before which the market had another shape."""
        found = self.corrected.breaks.copy()
        for name in self._numbers.keys() & {*_ANEW}:
            found[: self._numbers[name][-1] + 1] = True
        for name in self._numbers.keys() & {"firms", "announcements"}:
            if not {*self.told(name)["symbol"]} <= self.market._column.keys():
                stood = (self.standing(name, number)["symbol"] for number in range(len(found)))
                found |= [not {*symbols} <= self.market._column.keys() for symbols in stood]
        return found

    def standing(self, name: str, number: int) -> pl.DataFrame:
        """The rows of a table that stood."""
        return latest(self.table(name, number), TABLES[name].key)

    @cached_property
    def corrected(self) -> Corrected:
        """What its arrays were."""
        return Corrected(self.market, {name: self._told[name] for name in self._told.keys() & {"bars", *OF_SYMBOLS}})

    # Which tables were corrected when

    @property
    def _frames(self) -> WithBars:
        return cast("WithBars", self.market.frames)  # of a market that was built: no other one has revisions

    def told(self, name: str) -> pl.DataFrame:
        """Every version of the rows of a table; of bars, of those that have several."""
        return self._frames.cells.bars.versions if name == "bars" else frame_of(self._frames.others, name)

    @cached_property
    def _told(self) -> Mapping[str, pl.DataFrame]:
        """Table → (symbol, number of the revision) of every correction of it; no symbol where its rows have none."""
        found, moments = {}, np.array(self.market.revisions, dtype="datetime64[us]")
        for table in (table for table in FACTS if table.name in self.market.frames):
            frame = self.told(table.name)
            later = revising(frame, table)
            if later.height:
                number = pl.Series("number", np.searchsorted(moments, later["known_at"].to_numpy()), dtype=pl.Int64)
                keys = later.select(table.key).with_columns(number).unique()
                named = pl.col("symbol") if "symbol" in frame.columns else pl.lit(None, pl.String).alias("symbol")
                # A correction may name another symbol than the version before it: both are touched.
                found[table.name] = frame.join(keys, on=list(table.key)).select(named, "number").unique()
        return found

    @cached_property
    def _numbers(self) -> Mapping[str, Ints]:
        """Table → the revisions that corrected it."""
        return {name: rows["number"].unique().sort().to_numpy() for name, rows in self._told.items()}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The tables of the market but its bars."""
        return tuple(name for name in self.market.frames if name != "bars")

    def versions(self, tables: Collection[str], number: int) -> tuple[tuple[str, int], ...]:
        """Of those tables that were corrected at the revision or later, how often before it; empty: all stand."""
        counts = {name: int(np.searchsorted(self._numbers[name], number)) for name in self._numbers.keys() & {*tables}}
        return tuple(sorted((name, count) for name, count in counts.items() if count < len(self._numbers[name])))

    def kept(self, name: str, tables: Collection[str], number: int, make: Callable[[], Any]) -> Any:
        """What follows from some tables: the market's own where they stand, else made once between corrections."""
        versions = self.versions(tables, number)
        if not versions:
            return getattr(self.market, name)
        if (name, versions) not in self._kept:
            self._kept[name, versions] = make()
        return self._kept[name, versions]

    def table(self, name: str, number: int) -> pl.DataFrame:
        """Rows as they stood; those first known later stay in: a panel cuts them."""
        versions = self.versions({name}, number)
        if not versions:
            return self.told(name)
        if ("table", versions) not in self._kept:
            moment = self.market.revisions[number]
            self._kept["table", versions] = before_revision(self.told(name), TABLES[name], moment)
        return cast(pl.DataFrame, self._kept["table", versions])

    def frames(self, number: int) -> WithBars:
        """The frames of then."""
        cells = self._frames.cells
        bars = replace(cells.bars, versions=self.table("bars", number))
        return WithBars(Then(self, number), replace(cells, bars=bars))

    def source(self, number: int) -> str:
        """Who told the bars."""
        if not self._sources.height:
            return self.market.source
        more = self._sources.filter(pl.lit(number).is_between("first", "last"))["source"]
        return told_by({*self._frames.cells.bars.sources, *more})

    @cached_property
    def _sources(self) -> pl.DataFrame:
        """Who told versions of bars and no other bar, and before which revisions they stood."""
        named = pl.col("source").fill_null(UNKNOWN)
        rows = self.corrected.versions.filter(~pl.col("gone"), ~named.is_in([*self._frames.cells.bars.sources]))
        return rows.select(named, "first", "last").unique()


class Then(Mapping[str, pl.DataFrame]):
    """The tables of a market but its bars, as they stood before a revision; made when somebody asks for one."""

    def __init__(self, past: Past, number: int) -> None:
        self._past, self._number = past, number
        self._names = past.names

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name in self._names and self._past.versions({name}, self._number):
            return self._past.table(name, self._number)
        return self._past.market.frames[name]  # where it is none of them, that says why

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names  # without asking for it: a table that was not read is no mistake here


class Seen(Market):
    """A market as it stood: shares all but the cells that differ with the one that stands.

    It has no limits, lots, duties and taxes, nor what arrays were made of: whoever asks for them meets AttributeError.
    """

    _past_of: Past
    _number: int

    @classmethod
    def of(cls, past: Past, number: int) -> Seen:
        """The market before the revision of that number."""
        seen, market = cls.__new__(cls), past.market
        vars(seen).update({name: getattr(market, name) for name in (*_SHARED, *_TIMES)}, _past_of=past, _number=number)
        for name, tables in (("_known_times", _TOLD), ("_entries", FIELDS_OF["commitments"][0])):
            own = vars(Market)[name].func
            vars(seen)[name] = past.kept(name, tables, number, lambda own=own: own(seen))  # type: ignore[misc]
        vars(seen)["_memo"] = past.kept("_memo", _REMEMBERED, number, dict)
        return seen

    def __getattr__(self, name: str) -> Any:
        """What follows from tables as they stood; arrays with the cells of then. Made when it is read."""
        if name in ARRAYS:
            return self._derived(name)
        if name in FIELDS_OF:
            tables, make = FIELDS_OF[name]
            then = Then(self._past_of, self._number)
            return self._past_of.kept(name, tables, self._number, lambda: make(standing(then, tables), then))
        if name in ("source", "frames"):
            return getattr(self._past_of, name)(self._number)
        raise AttributeError(f"a market of the past has no {name}: orders are filled in the market that stands")

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """Those that were known of by then, as they stood corrected."""
        own = self._past_of.corrected.actions(self._number)
        others = [action for action in self._past_of.market.actions if action.n not in own]
        return tuple(sorted([*others, *(row for rows in own.values() for row in rows)], key=lambda row: (row.t, row.n)))

    @cached_property
    def ended(self) -> dict[str, tuple[date, str]]:
        """As of every market."""
        own = self._past_of.corrected.actions(self._number)
        mine = {self.symbols[n] for n in own}
        found = {symbol: end for symbol, end in self._past_of.market.ended.items() if symbol not in mine}
        rows = (row for rows in own.values() for row in rows if row.ends)
        return found | {self.symbols[row.n]: (self._session_dates[row.t], row.kind) for row in rows}

    @cached_property
    def kinds(self) -> pl.DataFrame:
        """As of every market."""
        past, number = self._past_of, self._number
        made = partial(past.standing, "kinds", number)
        return cast(pl.DataFrame, past.kept("kinds", {"kinds"}, number, made))

    def _derived(self, name: str) -> np.ndarray:
        past, sessions = self._past_of, len(self.sessions)
        cells = self._otherwise(name, 0, sessions)
        if cells is None:
            return np.asarray(getattr(past.market, name))
        key = self._number, name
        if key not in past.whole:
            past.whole[key] = _patched(np.asarray(getattr(past.market, name)), cells)
            while len(past.whole) > _KEPT:
                past.whole.popitem(last=False)
        past.whole.move_to_end(key)
        return past.whole[key]

    def _otherwise(self, name: str, first: int, stop: int) -> tuple[Ints, Ints, np.ndarray] | None:
        """(t, n, values) of the cells that were otherwise in the sessions first ≤ t < stop; None where none was."""
        if name not in ARRAYS:
            raise AttributeError(f"a market of the past has no {name}")
        revised = self._past_of.corrected.revised(name)
        cells = revised.before(self._number, first, stop) if revised is not None else None
        return cells if cells is not None and len(cells[0]) else None

    def upto(self, name: str, rows: int) -> np.ndarray:
        """As of every market; a copy only where one of the rows differs."""
        whole = self._otherwise(name, 0, rows) is None
        return self._past_of.market.upto(name, rows) if whole else self._derived(name)[:rows]

    def rows(self, name: str, first: int, stop: int) -> np.ndarray:
        """As of every market; no more rows are made."""
        cells, stands = self._otherwise(name, first, stop), self._past_of.market.rows(name, first, stop)
        return stands if cells is None else _patched(stands, (cells[0] - first, *cells[1:]))

    def row(self, name: str, t: int) -> np.ndarray:
        """As of every market."""
        t = t % len(self.sessions)
        cells, stands = self._otherwise(name, t, t + 1), self._past_of.market.row(name, t)
        return stands if cells is None else _patched(stands[None], (cells[0] - t, *cells[1:]))[0]

    def seen_at(self, as_of: datetime) -> Market:
        """Itself: it is the past already."""
        return self


def _patched(array: np.ndarray, cells: tuple[Ints, Ints, np.ndarray]) -> np.ndarray:
    """A copy with other values in some cells, read-only."""
    found, (t, n, values) = np.array(array), cells
    found[t, n] = values
    found.flags.writeable = False
    return found


def of_one(market: Market, other: Market) -> bool:
    """True for markets that share all but the cells that were corrected."""
    return _stands(market) is _stands(other)


def changed(before: Market, after: Market, name: str, stop: int) -> tuple[Ints, Ints, np.ndarray] | None:
    """(t, n, values): cells of sessions t < stop that may differ between two markets `of_one`, and what they have in
    the second one; None where there are none."""
    stands = _stands(after)
    revised = stands._past.corrected.revised(name)
    if revised is None:
        return None
    cells = revised.between(_number(before), _number(after), stop)
    return cells if len(cells[0]) else None


def _stands(market: Market) -> Market:
    return market._past_of.market if isinstance(market, Seen) else market


def _number(market: Market) -> int:
    return market._number if isinstance(market, Seen) else len(market.revisions)
