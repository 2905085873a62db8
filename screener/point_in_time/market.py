"""The Market: all facts of a store as immutable arrays and tuples. A Panel is its cut at a decision time.

Built from frames, so the thinking side cannot reach the database, a source or the network. A row that was revised later
is seen, at an earlier decision time, as it stood then (`Market.seen_at`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from screener.core.arrays import Days, Flags, Floats, Ints, Shorts, Times, times_of
from screener.core.bars import Bars
from screener.core.calendar import Calendar
from screener.core.config import CLOSE_TIME, DECISION_TIME, END_OF_DAY, AnyUniverse, Universe, as_universe
from screener.core.errors import CalendarGap, StoreError, UsageError
from screener.core.stands_on import SYNTHETIC, StandsOn, told_by
from screener.core.tables import TABLES
from screener.point_in_time import announcements as values
from screener.point_in_time import found
from screener.point_in_time.ahead import Ahead, ahead
from screener.point_in_time.building import (
    FIELDS_OF,
    MADE_OF,
    arrays_of,
    calendar_of,
    sessions_of,
    standing,
    symbols_of,
)
from screener.point_in_time.cells import Cells, WithBars, filled, handed, sources_of
from screener.point_in_time.columns import are, cells, chosen, moments, upto
from screener.point_in_time.corporate import Action
from screener.point_in_time.cut import known_only
from screener.point_in_time.derived import DERIVED, Basis, limits, limits_up_of, row, whole
from screener.point_in_time.earlier import Earlier
from screener.point_in_time.found import Counts
from screener.point_in_time.frames import Frames, frame_of, revisions
from screener.point_in_time.indices import IndexSeries
from screener.point_in_time.panel import Panel
from screener.point_in_time.share_capital import Capital
from screener.point_in_time.versions import latest

if TYPE_CHECKING:
    from screener.point_in_time.epochs import Past

_STATUS = "screener status"


@dataclass(frozen=True, repr=False)
class Market:
    """T sessions × N symbols, raw yuan and shares, NaN where there is no bar. Every array is read-only."""

    sessions: Days
    symbols: tuple[str, ...]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    amount: Floats
    reference: Floats  # before the open: previous close, ex-right reference, or the last close while halted
    limit_permille: Shorts  # (T, K) price limit of the reference, by list of rules; -1 none
    limit_outwards: Shorts  # (T, K) how it is rounded: 1000 half up, 0 never beyond its rate
    limit_column: Ints  # (N,) column of both
    capital: Capital
    factors: Floats  # (T, M) shares of today per share of the first session, of the symbols whose holders got some
    factor_column: Ints  # (N,) column of `factors`
    stamp_duty: Floats  # (T,) of sales
    purchase_duty: Floats  # (T,) the same of purchases, until 2008
    transfer_rate: Floats  # (T, boards) of the amount
    transfer_per_share: Floats  # (T, boards) yuan
    board: Ints  # (N,) column of what differs by board
    largest_order: Ints  # (T, boards) shares an order may have
    lot_minimum: Ints  # (N,)
    lot_step: Ints
    first_bar: Ints
    dividend_tax: Floats  # (T, 3) of a dividend of that session: held up to a month, up to a year, longer
    month_over: Ints  # (T,) first session in which a share bought in this one is held longer than a month
    year_over: Ints  # the same, a year
    actions: tuple[Action, ...]
    indices: Mapping[str, IndexSeries]
    announcements: Sequence[values.Announcement]
    commitments: Sequence[values.Commitment]
    facts: Sequence[values.ContractFact]
    links: Sequence[values.Link]
    ratings: Sequence[values.StockRating]
    names: Mapping[str, str]
    universe_entry: Mapping[str, datetime]  # when a symbol enters the universe `known`
    report_symbols: tuple[str, ...]
    calendar: Calendar
    source: str
    synthetic: bool
    revisions: tuple[datetime, ...]
    frames: Frames

    def __repr__(self) -> str:
        return f"Market({self.source}, {len(self.sessions)} sessions × {len(self.symbols)} symbols)"

    @classmethod
    def build(
        cls,
        frames: Frames,
        *,
        calendar: Calendar | None = None,
        bars: Bars | None = None,
        like: Market | None = None,
        held: Callable[[Days, tuple[str, ...]], Cells] | None = None,
    ) -> Market:
        """Arrays and tuples from the store's frames (or `Table.check`ed frames with a known_at column).

        Tables that are missing come from the packaged ones, or are empty. `bars`: instead of the frame of that name.
        `like`: a market of the same frames with other bars, whose tuples are shared. `held`: the cells of
        the bars, of the sessions and symbols that it is given, where they need not be filled.
        """
        bars = bars or handed(frame_of(frames, "bars"))
        tables = standing(frames, MADE_OF)
        calendar = calendar or calendar_of(tables["sessions"])
        filled_in = (held or partial(filled, bars))(sessions_of(bars, calendar), symbols_of(tables, bars))
        arrays = arrays_of(tables, filled_in, calendar)
        for array in arrays.values():
            if isinstance(array, np.ndarray):
                array.flags.writeable = False
        sources = sources_of(bars)
        return cls(
            sessions=filled_in.sessions,
            symbols=filled_in.symbols,
            **arrays,
            **{name: getattr(like, name) if like else make(tables, frames) for name, (_, make) in FIELDS_OF.items()},
            calendar=calendar,
            source=told_by(sources),
            synthetic=SYNTHETIC in sources,
            revisions=tuple(sorted({*bars.moments, *revisions(frames)})),
            frames=WithBars(frames, filled_in),
        )

    @cached_property
    def kinds(self) -> pl.DataFrame:
        """The table of kinds of announcements as it stands."""
        return latest(frame_of(self.frames, "kinds"), TABLES["kinds"].key)

    def __getstate__(self) -> dict[str, Any]:
        """What was derived or remembered is derived again where the market arrives."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @cached_property
    def _memo(self) -> dict[Any, Any]:
        return {}

    @cached_property
    def _column(self) -> dict[str, int]:
        return {symbol: n for n, symbol in enumerate(self.symbols)}

    @cached_property
    def _known_times(self) -> dict[str, Times]:
        return {name: moments(getattr(self, name)) for name in TUPLES}

    @cached_property
    def ended(self) -> dict[str, tuple[date, str]]:
        """Symbol → (first session without it, how it ended: delisting, merger or renumbering)."""
        return {self.symbols[row.n]: (self._session_dates[row.t], row.kind) for row in self.actions if row.ends}

    @cached_property
    def _session_dates(self) -> list[date]:
        return [day.astype(object) for day in self.sessions]

    @cached_property
    def _session_numbers(self) -> list[int]:
        """Of each row the number of its session since the first."""
        days = self._session_dates
        every = self.calendar.between(days[0], days[-1]) if days else []
        return [bisect_left(every, day) for day in days]

    @cached_property
    def _close_times(self) -> list[datetime]:
        return [datetime.combine(day, CLOSE_TIME) for day in self._session_dates]

    @cached_property
    def _decision_times(self) -> list[datetime]:
        return [datetime.combine(day, DECISION_TIME) for day in self._session_dates]

    @cached_property
    def _entries(self) -> dict[str, int]:
        """Commitment → index of the first session whose decision may use it."""
        times = zip(cells(self.commitments, "commitment_id"), cells(self.commitments, "known_at"), strict=True)
        return {name: bisect_left(self._decision_times, at) for name, at in times}

    @cached_property
    def entry_times(self) -> Times:
        """(N,) `universe_entry` by column, NaT where a symbol never enters."""
        return times_of(self.symbols, self.universe_entry)

    def index_of(self, symbol: str) -> int:
        """Column of a symbol. Raises KeyError for one the market does not hold."""
        return self._column[symbol]

    def session_index(self, session: date) -> int:
        """Row of a session. Raises CalendarGap where it is not one of the market's."""
        t = bisect_right(self._session_dates, session) - 1
        if t < 0 or self._session_dates[t] != session:
            span = f"{self._session_dates[0]} … {self._session_dates[-1]}" if self._session_dates else "no bars"
            raise CalendarGap("not a session with prices", got=session, expected=span, next_step="screener status")
        return t

    def panel(self, t: int, universe: AnyUniverse = Universe.KNOWN, *, first_decision: bool = False) -> Panel:
        """What is known at 09:15 of session index `t`; `first_decision` marks the first session of a back-test."""
        return self.panel_at(self._decision_times[t], universe, first_decision=first_decision)

    def panel_at(
        self, as_of: datetime, universe: AnyUniverse = Universe.KNOWN, *, first_decision: bool = False
    ) -> Panel:
        """What is known at any moment (Asia/Shanghai)."""
        market = self.seen_at(as_of)
        known = {name: upto(market._known_times[name], as_of) for name in TUPLES}
        closed = bisect_right(market._close_times, as_of)
        panel = Panel(market, as_of, closed, known, universe, first_decision=first_decision)
        panel.revised_later = len(self.revisions) - bisect_right(self.revisions, as_of)
        return panel

    def at_day(self, day: date | None = None, universe: AnyUniverse | str = Universe.KNOWN) -> Panel:
        """Everything known by the end of `day` (default: the last session with prices).

        Raises UsageError for a day before everything in the store, StoreError where there are no prices.
        """
        day = day or self.last_session()
        panel = self.panel_at(datetime.combine(day, END_OF_DAY), as_universe(universe))
        if not panel.t and not panel.announcements:
            days = [*self._session_dates[:1], *(row.known_at.date() for row in self.announcements[:1])]
            first = min(days) if days else self.last_session()
            raise UsageError("nothing is known by that day", got=day, expected=f"{first} or later", next_step=_STATUS)
        return panel

    def last_session(self) -> date:
        """The last session with prices. Raises StoreError where there is none."""
        if not self._session_dates:
            raise StoreError("no prices in the store", next_step="screener load DIR, or screener fetch")
        return self._session_dates[-1]

    def stands_on(self, **more: Any) -> StandsOn:
        """What an answer about all of this market rests on; `more`: fields of StandsOn."""
        days = self._session_dates
        span = {"first_session": days[0] if days else None, "price_session": days[-1] if days else None}
        given = {"source": self.source, "synthetic": self.synthetic, **span, "as_of": span["price_session"]}
        return StandsOn(**{**given, **more})

    def ahead(self, day: date) -> Ahead:
        """What is known before the open of a day later than the last session."""
        if day not in self._aheads:
            told = ("actions", "shares", "firms", "st_spells")
            facts = {name: latest(frame_of(self.frames, name), TABLES[name].key) for name in told}
            self._aheads[day] = ahead(self, day, facts)
        return self._aheads[day]

    @cached_property
    def _aheads(self) -> dict[date, Ahead]:
        return {}

    def findings_of(self, symbols: Iterable[str], first: date | None = None, last: date | None = None) -> Counts:
        """Odd rows that the store keeps of these symbols and days: table → symbol → how many."""
        return found.counted(self._located, symbols, first, last)

    @cached_property
    def _located(self) -> pl.DataFrame:
        log = self.frames.get("findings")
        named = [] if log is None else log["row_key"].unique().to_list()
        commitments = chosen(self.commitments, are(self.commitments, "commitment_id", *named))
        facts = chosen(self.facts, are(self.facts, "fact_id", *named))
        known = {row.commitment_id: (row.symbol, row.known_at.date()) for row in commitments}
        known |= {row.fact_id: (row.symbol, row.known_at.date()) for row in facts}
        return found.located(log, known)

    def until(self, as_of: datetime) -> Market:
        """This market as if everything that became known after `as_of` had never happened."""
        if isinstance(self.frames, WithBars) and (then := Earlier(self.frames.cells, as_of)).tells_all:
            others = known_only(self.frames.others, as_of)
            return Market.build(others, calendar=self.calendar, bars=then.bars, held=then.chosen)
        frames = known_only(self.frames, as_of)
        told = self.frames.cells.bars.sources if isinstance(self.frames, WithBars) else {}
        since = {name: day for name, day in told.items() if datetime.combine(day, CLOSE_TIME) <= as_of}
        return Market.build(frames, calendar=self.calendar, bars=handed(frame_of(frames, "bars"), since))

    def seen_at(self, as_of: datetime) -> Market:
        """This market as it stood at `as_of`: itself, unless a stored row was revised later."""
        if not self.revisions or as_of >= self.revisions[-1]:
            return self
        return self._past.at(bisect_right(self.revisions, as_of))

    @cached_property
    def _past(self) -> Past:
        from screener.point_in_time.epochs import Past  # which makes markets itself

        return Past(self)

    @property
    def mark(self) -> Floats:
        """(T, N) yuan after the close: the close, or the reference where there is no bar."""
        return self._derived("mark")

    @property
    def limit_up(self) -> Floats:
        """(T, N) yuan, NaN where there is none."""
        return self._derived("limit_up")

    def limits_up_of(self, t: Ints, n: Ints) -> Floats:
        """The same of some cells alone."""
        return limits_up_of(self._basis, t, n)

    def limits(self, rows: slice) -> tuple[Floats, Floats]:
        """(limit up, limit down) of some sessions, which are not kept."""
        return limits(self._basis, rows)

    @property
    def limit_down(self) -> Floats:
        """(T, N) yuan, NaN where there is none."""
        return self._derived("limit_down")

    @property
    def total_shares(self) -> Floats:
        """(T, N), NaN where unknown."""
        return self._derived("total_shares")

    @property
    def shares_derived(self) -> Flags:
        """(T, N) True where the count was not announced."""
        return self._derived("shares_derived")

    @property
    def share_factor(self) -> Floats:
        """(T, N) shares of today per share of the first session."""
        return self._derived("share_factor")

    @cached_property
    def _basis(self) -> Basis:
        return Basis.of({name: getattr(self, name) for name in Basis.__dataclass_fields__})

    def _derived(self, name: str) -> np.ndarray:
        if name not in self._made:
            self._made[name] = whole(self._basis, name)
        return self._made[name]

    @cached_property
    def _made(self) -> dict[str, np.ndarray]:
        return {}

    def upto(self, name: str, rows: int) -> np.ndarray:
        """The first rows of an array."""
        return np.asarray(getattr(self, name)[:rows])

    def rows(self, name: str, first: int, stop: int) -> np.ndarray:
        """Sessions first ≤ t < stop of an array."""
        return np.asarray(getattr(self, name)[first:stop])

    def row(self, name: str, t: int) -> np.ndarray:
        """One row of an array."""
        if name in DERIVED and name not in self._made:
            return row(self._basis, name, t)
        return np.asarray(getattr(self, name)[t])


TUPLES = tuple(values.KINDS)
