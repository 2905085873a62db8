"""What a run may know, session by session: the market's side of it.

1. `step(t)` says what became known since the session asked before: rows of the arrays that are in use, announcements
   and facts by their known_at, firms that entered the universe.
2. `need(name)` gives an array that a strategy reads for the first time, up to the session asked; of a wide market a
   row of it, where no more is read.
3. Where a stored row was revised meanwhile, what was told is mended: the cells that it moved, and the lists, names and
   days of tables that were corrected. Only a market of other sessions or symbols is told from its beginning.
4. `whole`: everything is told at once. That is what a decision is compared with, never what it is taken on.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np

from screener.backtest.confined.fed import ARRAYS, LISTS, NAMED, OPENING
from screener.core.arrays import Ints, times_of
from screener.core.config import AnyUniverse, Universe, as_universe
from screener.core.watched import Watched
from screener.point_in_time.columns import plain, upto
from screener.point_in_time.epochs import changed, of_one
from screener.point_in_time.market import Market

_WIDE = 500  # symbols: their row of one session is 4 KB


class Feed:
    """Tells one run of one market; sessions are asked in ascending order unless it is told `whole`."""

    def __init__(self, market: Market, universe: AnyUniverse, first: int, *, whole: bool = False) -> None:
        self.market, self.universe, self.first, self.whole = market, as_universe(universe), first, whole
        self._seen: Market | None = None
        self._used: dict[str, int] = {}  # array → rows told
        self._told = dict.fromkeys(LISTS, 0)
        self._entered = datetime.min
        self._t = 0

    def step(self, t: int) -> dict[str, Any]:
        """The question of session `t`, with what became known, and what of it was corrected since (`mended`).

        `head`: the first session, or another market than before.
        """
        self._t = t
        moment = self.market._decision_times[t]
        seen = self.market.seen_at(moment)
        asked: dict[str, Any] = {"as_of": moment, "universe": self._universe(moment), "first": t == self.first}
        asked["later"] = len(self.market.revisions) - bisect_right(self.market.revisions, moment)
        if self._seen is None or not of_one(self._seen, seen):
            asked["head"] = self._begin(seen)
        elif seen is not self._seen:
            asked["mended"] = self._mend(self._seen, seen)
        asked["t"] = bisect_right(seen._close_times, moment)
        asked["known"] = {name: upto(seen._known_times[name], moment) for name in LISTS}
        asked["more"] = self._more(seen, asked["known"], moment)
        return asked

    def may_hold(self, columns: Ints) -> bool:
        """True for symbols of the universe on the session asked last: the other side is not asked about that."""
        seen, day = self._of(), self.market._session_dates[self._t]
        if self.universe is Universe.MARKET:
            left = {symbol for symbol, (since, _) in seen.ended.items() if since <= day}
            if not left:
                return True
            place = self.market._column  # what had ended then may be nothing that the market holds now
            return not np.isin(columns, [place[symbol] for symbol in left & place.keys()]).any()
        if self.universe is Universe.THEME:  # counted out of commitments, as the panel does
            there = {*self.market.panel(self._t, self.universe).universe}
            return there.issuperset(self.market.symbols[n] for n in columns.tolist())
        moment = self.market._decision_times[self._t]
        if self.universe is Universe.KNOWN:
            names, same = self.market.symbols, seen.symbols is self.market.symbols
            entered = seen.entry_times if same else times_of(names, seen.universe_entry)
            return bool((entered[columns] <= np.datetime64(moment)).all())
        return all(self._holds(seen, self.market.symbols[n]) for n in columns.tolist())

    def _holds(self, seen: Market, symbol: str) -> bool:
        if isinstance(self.universe, Watched):
            return self.universe.holds(symbol, self.market._decision_times[self._t])
        return symbol in seen.report_symbols

    def _universe(self, moment: datetime) -> AnyUniverse:
        """The rule, or of a list of firms those that stand on it by then."""
        return self.universe.until(moment) if isinstance(self.universe, Watched) else self.universe

    def _mend(self, before: Market, seen: Market) -> dict[str, Any]:
        """What of what was told is otherwise in the market that is seen now."""
        self._seen = seen
        anew = [name for name in LISTS if getattr(seen, name) is not getattr(before, name)]
        self._told.update(dict.fromkeys(anew, 0))
        if seen.universe_entry is not before.universe_entry:
            anew.append("universe_entry")
            self._entered = datetime.min
        cells = {name: changed(before, seen, name, rows) for name, rows in self._used.items()}
        return {
            "anew": anew,
            "cells": {name: each for name, each in cells.items() if each is not None},
            "named": {name: getattr(seen, name) for name in NAMED if getattr(seen, name) is not getattr(before, name)},
            "remembered": seen._memo is before._memo,
        }

    def _begin(self, seen: Market) -> dict[str, Any]:
        self._seen, self._used, self._told = seen, {}, dict.fromkeys(LISTS, 0)
        self._entered = datetime.min
        names = ("sessions", "symbols", "calendar", "synthetic", *NAMED)
        alone = not self.whole and len(seen.symbols) > _WIDE  # `whole` holds everything, whatever is read
        return {"alone": alone, **{name: getattr(seen, name) for name in names}}

    def _more(self, seen: Market, known: Mapping[str, int], moment: datetime) -> dict[str, Any]:
        ends = {name: len(getattr(seen, name)) for name in LISTS} if self.whole else known
        lists = {name: plain(getattr(seen, name), self._told[name], ends[name]) for name in LISTS}
        self._told = dict(ends)
        until = datetime.max if self.whole else moment
        entered = {symbol: at for symbol, at in seen.universe_entry.items() if self._entered < at <= until}
        self._entered = until
        return {
            "lists": {name: rows for name, rows in lists.items() if rows},
            "entries": {name: seen._entries[name] for name, *_ in lists["commitments"]},
            "universe_entry": entered,
            "ended": {symbol: end for symbol, end in seen.ended.items() if end[0] <= until.date()},
            "rows": {name: (start, self._rows(name, start)) for name, start in self._used.items() if self._new(name)},
        }

    def _new(self, name: str) -> bool:
        return self._used[name] < self._end(name)

    def _end(self, name: str) -> int:
        """One past the last row of an array that is known."""
        seen = self._of()
        if self.whole:
            return len(seen.sessions)
        closed = bisect_right(seen._close_times, self.market._decision_times[self._t])
        return min(closed + (name in OPENING), len(seen.sessions))

    def _of(self) -> Market:
        return self.market if self._seen is None else self._seen

    def _rows(self, name: str, start: int) -> np.ndarray:
        end = self._used[name] = self._end(name)
        rows: np.ndarray = np.ascontiguousarray(self._of().rows(name, start, end))
        return rows

    def need(self, name: Any) -> Any:
        """An array up to now or a row of it, the levels of the indices known by now, or the kinds.

        Raises KeyError or TypeError for others.
        """
        seen = self._of()
        if isinstance(name, list):
            return self._row(*name)
        if name in ARRAYS:
            return self._rows(name, 0)
        if name == "kinds":  # as lists: a frame is unpickled by what strategies may not call
            return dict(seen.kinds.schema), seen.kinds.to_dict(as_series=False)
        if name == "indices":
            return {index: self._levels(series) for index, series in seen.indices.items()}
        raise KeyError(name)

    def _row(self, name: Any, t: Any) -> np.ndarray:
        if name not in ARRAYS or type(t) is not int or t not in range(self._end(name)):
            raise KeyError(name)
        return np.array(self._of().row(name, t))

    def _levels(self, series: Any) -> tuple[np.ndarray, ...]:
        known = len(series.dates)
        if not self.whole:
            moment = np.datetime64(self.market._decision_times[self._t])
            known = int(np.searchsorted(series.known_at, moment, side="right"))
        return tuple(getattr(series, name)[:known].copy() for name in ("dates", "known_at", "open", "close"))
