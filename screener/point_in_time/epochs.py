"""A market as it stood before stored rows were corrected: the market itself, with the cells that differ put back.

1. Of each table that was corrected at or after the moment, the versions of then stand. Tuples and levels are made again
   from these tables alone; what no correction touches is shared.
2. Arrays are computed again for the symbols whose rows were corrected, and only cells that differ are kept: memory
   grows with the corrections, not with the market. Between two corrections of a symbol they are
   computed once.
3. A whole array with those cells in it is made where somebody reads it, and few are kept at a time. A cut that ends
   before the first differing cell needs none.
4. Where a correction moved the span, the symbols, the calendar or the rules, the market is built anew.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cached_property
from typing import Any, cast

import numpy as np
import polars as pl

from screener.core.arrays import Ints
from screener.core.bars import Bars
from screener.core.tables import FACTS, TABLES
from screener.point_in_time.building import FIELDS_OF, actions_of, arrays_of, standing
from screener.point_in_time.cells import KEY, Cells, WithBars, cells_of, differing, handed, put, sources_of
from screener.point_in_time.corporate import with_ends
from screener.point_in_time.derived import DERIVED, Basis, whole
from screener.point_in_time.frames import Frames, frame_of
from screener.point_in_time.market import Market
from screener.point_in_time.versions import before_revision, latest, revising

_ANEW = ("rules", "sessions")  # a correction of these may change every cell
_OF_SYMBOLS = ("actions", "shares", "st_spells", "firms")  # what the arrays are made of, beside the bars
_TIMES = (
    "_column",
    "_session_dates",
    "_session_numbers",
    "_close_times",
    "_decision_times",
)  # of every market of these sessions
# Arrays that no fact of a symbol changes, and what others are derived from, which are compared.
_LAW = frozenset(
    [
        "capital",
        "factors",
        "factor_column",
        "limit_permille",
        "limit_outwards",
        "limit_column",
        "stamp_duty",
        "purchase_duty",
        "transfer_rate",
        "transfer_per_share",
        "dividend_tax",
        "month_over",
        "year_over",
        "board",
        "largest_order",
        "lot_minimum",
        "lot_step",
    ]
)
_TOLD = ("announcements", "commitments", "facts", "links", "ratings")
_KEPT = 6  # whole arrays at a time


@dataclass(frozen=True)
class Patch:
    """Cells (t, n) of one array and what stood there."""

    t: Ints
    n: Ints
    values: np.ndarray


class Past:
    """The markets that one market was before each of its revisions."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._seen: dict[int, Market] = {}
        self._columns: dict[tuple[str, int], Mapping[str, Patch]] = {}
        self.whole: OrderedDict[tuple[int, str], np.ndarray] = OrderedDict()

    def at(self, number: int) -> Market:
        """The market as it stood before the revision of that number."""
        if number not in self._seen:
            self._seen[number] = self._made(number)
        return self._seen[number]

    @cached_property
    def _corrected(self) -> Mapping[str, pl.DataFrame]:
        """Table → (symbol, known_at) of every correction of it; symbol is null where its rows have none."""
        found = {}
        for table in FACTS:
            frame = self._told(table.name)
            later = revising(frame, table)
            keys = later.select(*table.key, at="known_at").unique()
            named = pl.col("symbol") if "symbol" in frame.columns else pl.lit(None, pl.String).alias("symbol")
            # A correction may name another symbol than the version before it: both are touched.
            found[table.name] = frame.join(keys, on=list(table.key)).select(named, "at").unique()
        return {name: rows for name, rows in found.items() if rows.height}

    @property
    def _frames(self) -> WithBars:
        return cast("WithBars", self.market.frames)  # of a market that was built: no other one has revisions

    @property
    def _cells(self) -> Cells:
        return self._frames.cells

    @property
    def _bars(self) -> Bars:
        return self._cells.bars

    def _told(self, name: str) -> pl.DataFrame:
        """Every version of the rows of a table; of bars, of those that have several."""
        return self._bars.versions if name == "bars" else frame_of(self._frames.others, name)

    def _made(self, number: int) -> Market:
        moment = self.market.revisions[number]
        later = {name for name, rows in self._corrected.items() if (rows["at"] >= moment).any()}
        then = {name: self._then(name, moment) for name in later}
        if later & {*_ANEW} or not self._same_shape(then):
            return self._anew(then)
        return self._patched(number, then)

    def _then(self, name: str, moment: datetime) -> pl.DataFrame:
        """Rows as they stood; those first known later stay in: a panel cuts them."""
        return before_revision(self._told(name), TABLES[name], moment)

    def _same_shape(self, then: Frames) -> bool:
        """True where symbols and span are those of the market that stands."""
        symbols, bars = {*self.market.symbols}, self._bars
        for name in {"firms", "announcements"} & {*then}:
            if not {*latest(then[name], TABLES[name].key)["symbol"]} <= symbols:
                return False
        if "bars" not in then:
            return True
        stands, stood = (latest(rows, KEY).select(KEY) for rows in (bars.versions, then["bars"]))
        if bars.whose is not None:
            stands, stood = (rows.filter(pl.col("symbol").is_in(bars.whose)) for rows in (stands, stood))
        gone, back = stands.join(stood, on=KEY, how="anti"), stood.join(stands, on=KEY, how="anti")
        inside = back.filter(pl.col("session").is_between(bars.first, bars.last), pl.col("symbol").is_in([*symbols]))
        return not gone.height and inside.height == back.height

    def _anew(self, then: Frames) -> Market:
        frames, bars = self._changed(then), self._bars
        built = replace(handed(frames["bars"]), asked=bars.asked, days=bars.days, whose=bars.whose)
        return Market.build(frames.others, calendar=self.market.calendar, bars=built)

    def _changed(self, then: Frames) -> WithBars:
        """The frames of the market, with the tables that were corrected later as they stood."""
        bars = replace(self._bars, versions=then.get("bars", self._bars.versions))
        return WithBars({**self._frames.others, **_without_bars(then)}, replace(self._cells, bars=bars))

    def _patched(self, number: int, then: Frames) -> Market:
        frames, moment = self._changed(then), self.market.revisions[number]
        own: dict[str, Any] = {"frames": frames}
        for name, (made_of, make) in FIELDS_OF.items():
            if made_of & {*then}:
                own[name] = make(standing(frames.others, made_of), frames.others)
        if {"actions", "firms", "st_spells"} & {*then}:
            stood = standing(frames.others, {"actions", "firms", "st_spells"})
            rows = with_ends(stood["actions"], stood["firms"], stood["st_spells"])
            own["actions"] = actions_of(rows, self._cells, self.market.calendar)
        if "bars" in then:
            sources = sources_of(frames.cells.bars)
            own["source"] = " + ".join(sources) if sources else "no bars"
        return Seen.of(self, number, own, self._patches(moment, then))

    def _patches(self, moment: datetime, then: Frames) -> Mapping[str, Patch]:
        """Array → all cells that differ, of every symbol that was corrected at or after the moment."""
        tables = [self._corrected[name] for name in ("bars", *_OF_SYMBOLS) if name in self._corrected]
        if not tables:
            return {}
        told = self._with_partners(pl.concat(tables)).filter(pl.col("symbol").is_in(list(self.market.symbols)))
        counts = told.group_by("symbol").agg(
            before=(pl.col("at") < moment).sum().cast(pl.Int64), after=(pl.col("at") >= moment).sum()
        )
        keys = list(counts.filter(pl.col("after") > 0).sort("symbol").select("symbol", "before").iter_rows())
        missing = [key for key in keys if key not in self._columns]
        if missing:
            self._compute(missing, then)
        parts: dict[str, list[Patch]] = {}
        for key in keys:
            for name, patch in self._columns[key].items():
                parts.setdefault(name, []).append(patch)
        return {name: _joined(patches) for name, patches in parts.items()}

    def _with_partners(self, told: pl.DataFrame) -> pl.DataFrame:
        """Symbols of which one became the other are touched together: one begins with the price of the other."""
        became = self._told("actions").select("symbol", into="into_symbol").drop_nulls().unique()
        pairs = pl.concat([became, became.select(symbol="into", into="symbol")])
        others = told.join(pairs, on="symbol").select(symbol="into", at="at")
        return pl.concat([told, others]).unique()

    def _compute(self, keys: Sequence[tuple[str, int]], then: Frames) -> None:
        """The cells that differ, of these symbols, out of arrays computed again for them alone."""
        market, symbols = self.market, tuple(symbol for symbol, _ in keys)
        columns = np.array([market.index_of(symbol) for symbol in symbols])
        arrays = {name: np.array(getattr(market, name)[:, columns]) for name in self._cells.arrays}
        versions = self._bars.versions
        for array in arrays.values():
            array[cells_of(versions, market.sessions, symbols)] = np.nan
        put(arrays, latest(then.get("bars", versions), KEY), market.sessions, symbols)
        cells = replace(self._cells, symbols=symbols, arrays=arrays, told=None)
        frames = {**self._frames.others, **_without_bars(then)}
        tables = {name: _of_symbols(name, frame_of(frames, name), symbols) for name in _OF_SYMBOLS}
        made = arrays_of({**tables, **standing(frames, {"rules"})}, cells, market.calendar)
        found: list[dict[str, Patch]] = [{} for _ in keys]
        then_basis, now_basis = Basis.of(made), Basis.of(vars(market)).columns(columns)
        made |= {name: whole(then_basis, name) for name in DERIVED}
        for name in made.keys() - _LAW - {"actions"}:
            now = whole(now_basis, name) if name in DERIVED else getattr(market, name)[..., columns]
            differs = np.atleast_2d(differing(made[name], now))  # of one figure a symbol: a row of them
            for k in np.flatnonzero(differs.any(axis=0)).tolist():
                t = np.flatnonzero(differs[:, k])
                found[k][name] = Patch(t, np.full(len(t), columns[k]), np.atleast_2d(made[name])[t, k])
        self._columns.update(zip(keys, found, strict=True))


def _of_symbols(name: str, frame: pl.DataFrame, symbols: Sequence[str]) -> pl.DataFrame:
    """What stands of a table, of these symbols."""
    key = list(TABLES[name].key)
    keys = frame.filter(pl.col("symbol").is_in(symbols)).select(key).unique()
    return latest(frame.join(keys, on=key, how="semi"), key)


def _without_bars(frames: Frames) -> dict[str, pl.DataFrame]:
    return {name: frame for name, frame in frames.items() if name != "bars"}


def _joined(patches: Sequence[Patch]) -> Patch:
    t, n, values = (np.concatenate([getattr(patch, name) for patch in patches]) for name in ("t", "n", "values"))
    order = np.argsort(t, kind="stable")
    return Patch(t[order], n[order], values[order])


class Seen(Market):
    """A market as it stood: shares all but the cells that differ with the one that stands."""

    @classmethod
    def of(cls, past: Past, number: int, own: Mapping[str, Any], patches: Mapping[str, Patch]) -> Seen:
        """`own`: fields that differ as a whole."""
        seen, market = cls.__new__(cls), past.market
        held = {each.name: own.get(each.name, getattr(market, each.name)) for each in fields(Market)}
        for name, patch in patches.items():
            if name not in DERIVED and held[name].ndim == 1:
                held[name] = held[name].copy()
                held[name][patch.n] = patch.values
        kept = {name: value for name, value in held.items() if name not in patches or value.ndim == 1}
        vars(seen).update(kept, _past_of=past, _number=number, _patches=patches)
        vars(seen).update({name: getattr(market, name) for name in _TIMES})
        if all(
            held[name] is getattr(market, name)
            for name in ("announcements", "commitments", "facts", "links", "ratings")
        ):
            vars(seen).update(
                {name: getattr(market, name) for name in ("_memo", "_known_times", "_entries", "_located")}
            )
        return seen

    def __getattr__(self, name: str) -> Any:
        """A whole array with the cells of then; made when it is read."""
        if name not in vars(self).get("_patches", {}):
            raise AttributeError(name)
        return self._patched(name)

    def _derived(self, name: str) -> np.ndarray:
        return self._patched(name) if name in self._patches else getattr(self._past_of.market, name)

    def _patched(self, name: str) -> np.ndarray:
        key = self._number, name
        past: Past = self._past_of
        if key not in past.whole:
            array, patch = np.array(getattr(past.market, name)), self._patches[name]
            array[patch.t, patch.n] = patch.values
            array.flags.writeable = False
            past.whole[key] = array
            while len(past.whole) > _KEPT:
                past.whole.popitem(last=False)
        past.whole.move_to_end(key)
        return past.whole[key]

    def upto(self, name: str, rows: int) -> np.ndarray:
        """As of every market; a copy only where one of the rows differs."""
        patch = self._patches.get(name)
        if patch is None or bisect_left(patch.t, rows) == 0:
            return self._past_of.market.upto(name, rows) if patch is not None else super().upto(name, rows)
        return np.asarray(getattr(self, name)[:rows])

    def row(self, name: str, t: int) -> np.ndarray:
        """As of every market."""
        patch = self._patches.get(name)
        if patch is None:
            return self._past_of.market.row(name, t) if name in DERIVED else super().row(name, t)
        row = np.array(self._past_of.market.row(name, t))
        t = t % len(self.sessions)
        here = slice(*np.searchsorted(patch.t, [t, t + 1]))
        row[patch.n[here]] = patch.values[here]
        row.flags.writeable = False
        return row

    def seen_at(self, as_of: datetime) -> Market:
        """Itself: it is the past already."""
        return self
