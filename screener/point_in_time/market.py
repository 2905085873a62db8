"""The Market: all facts of a store as immutable arrays and tuples. A Panel is its cut at a decision time.

Built from frames, so the thinking side cannot reach the database, a source or the network. A row that was revised later
is seen, at an earlier decision time, as it stood then (`Market.seen_at`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from screener.core.arrays import Days, Flags, Floats, Ints
from screener.core.calendar import Calendar, packaged_calendar
from screener.core.config import CLOSE_TIME, DECISION_TIME, END_OF_DAY, Universe
from screener.core.errors import CalendarGap, DataRefused, StoreError, UsageError
from screener.core.limit_spans import spans_of
from screener.core.rules import Rules
from screener.core.stands_on import SYNTHETIC, StandsOn
from screener.core.symbols import parse_symbol
from screener.core.tables import FACTS, TABLES
from screener.point_in_time import announcements as values
from screener.point_in_time import corporate, found, prices
from screener.point_in_time.ahead import Ahead, ahead
from screener.point_in_time.corporate import Action
from screener.point_in_time.cut import known_only
from screener.point_in_time.following import following
from screener.point_in_time.found import Counts
from screener.point_in_time.frames import Frames, current_of, frame_of, revisions
from screener.point_in_time.indices import IndexSeries, index_series
from screener.point_in_time.panel import Panel
from screener.point_in_time.share_capital import share_capital
from screener.point_in_time.versions import before_revision, latest

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
    mark: Floats  # after the close: the close, or the reference where there is no bar
    limit_up: Floats
    limit_down: Floats
    total_shares: Floats
    shares_derived: Flags
    share_factor: Floats
    stamp_duty: Floats  # (T,) of sales
    purchase_duty: Floats  # (T,) the same of purchases, until 2008
    transfer_rate: Floats
    transfer_per_share: Floats
    board: Ints  # (N,) column of `largest_order`
    largest_order: Ints  # (T, boards) shares an order may have
    lot_minimum: Ints  # (N,)
    lot_step: Ints
    first_bar: Ints
    dividend_tax: Floats  # (T, 3) of a dividend of that session: held up to a month, up to a year, longer
    month_over: Ints  # (T,) first session in which a share bought in this one is held longer than a month
    year_over: Ints  # the same, a year
    actions: tuple[Action, ...]
    indices: Mapping[str, IndexSeries]
    announcements: tuple[values.Announcement, ...]
    commitments: tuple[values.Commitment, ...]
    facts: tuple[values.ContractFact, ...]
    links: tuple[values.Link, ...]
    ratings: tuple[values.StockRating, ...]
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
    def build(cls, frames: Frames, *, calendar: Calendar | None = None) -> Market:
        """Arrays and tuples from the store's frames (or `Table.check`ed frames with a known_at column).

        Tables that are missing come from the packaged ones, or are empty.
        """
        plain = prices.has_one_version(frame_of(frames, "bars"))
        tables = {table.name: current_of(frame_of(frames, table.name), table.name, plain=plain) for table in FACTS}
        calendar = calendar or _calendar(tables["sessions"])
        tables["commitments"] = following(
            tables["commitments"], tables["announcements"], frame_of(frames, "announcements")
        )
        symbols = _symbols(tables)
        sessions = _sessions(tables["bars"], calendar)
        arrays = _arrays(tables, sessions, symbols, calendar)
        for array in arrays.values():
            if isinstance(array, np.ndarray):
                array.flags.writeable = False
        sources = tables["bars"]["source"].fill_null("unknown").unique().sort().to_list()
        return cls(
            sessions=sessions,
            symbols=symbols,
            **arrays,
            **_tuples(tables),
            indices=index_series(tables["indices"]),
            names=dict(zip(tables["firms"]["symbol"], tables["firms"]["name"], strict=True)),
            universe_entry=_universe_entry(tables, frame_of(frames, "firms")),
            report_symbols=tuple(
                tables["announcements"].filter(pl.col("report_row").is_not_null())["symbol"].unique().sort().to_list()
            ),
            calendar=calendar,
            source=" + ".join(sources) if sources else "no bars",
            synthetic=SYNTHETIC in sources,
            revisions=revisions({name: frame for name, frame in frames.items() if name != "bars" or not plain}),
            frames=frames,
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
    def _known_times(self) -> dict[str, list[datetime]]:
        return {name: [row.known_at for row in getattr(self, name)] for name in _TUPLES}

    @cached_property
    def ended(self) -> dict[str, tuple[date, str]]:
        """Symbol → (first session without it, how it ended: delisting, merger or renumbering)."""
        return {self.symbols[row.n]: (self._session_dates[row.t], row.kind) for row in self.actions if row.ends}

    @cached_property
    def _session_dates(self) -> list[date]:
        return [day.astype(object) for day in self.sessions]

    @cached_property
    def _close_times(self) -> list[datetime]:
        return [datetime.combine(day, CLOSE_TIME) for day in self._session_dates]

    @cached_property
    def _decision_times(self) -> list[datetime]:
        return [datetime.combine(day, DECISION_TIME) for day in self._session_dates]

    @cached_property
    def _entries(self) -> dict[str, int]:
        """Commitment → index of the first session whose decision may use it."""
        return {row.commitment_id: bisect_left(self._decision_times, row.known_at) for row in self.commitments}

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

    def panel(self, t: int, universe: Universe = Universe.KNOWN, *, first_decision: bool = False) -> Panel:
        """What is known at 09:15 of session index `t`; `first_decision` marks the first session of a back-test."""
        return self.panel_at(self._decision_times[t], universe, first_decision=first_decision)

    def panel_at(self, as_of: datetime, universe: Universe = Universe.KNOWN, *, first_decision: bool = False) -> Panel:
        """What is known at any moment (Asia/Shanghai)."""
        market = self.seen_at(as_of)
        known = {name: bisect_right(market._known_times[name], as_of) for name in _TUPLES}
        closed = bisect_right(market._close_times, as_of)
        panel = Panel(market, as_of, closed, known, universe, first_decision=first_decision)
        panel.revised_later = len(self.revisions) - bisect_right(self.revisions, as_of)
        return panel

    def at_day(self, day: date | None = None, universe: Universe | str = Universe.KNOWN) -> Panel:
        """Everything known by the end of `day` (default: the last session with prices).

        Raises UsageError for a day before everything in the store, StoreError where there are no prices.
        """
        day = day or self.last_session()
        panel = self.panel_at(datetime.combine(day, END_OF_DAY), Universe(universe))
        if not panel.t and not panel.announcements:
            first = min([self._session_dates[0], *(row.known_at.date() for row in self.announcements)])
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
        commitments = {row.commitment_id: (row.symbol, row.known_at.date()) for row in self.commitments}
        facts = {row.fact_id: (row.symbol, row.known_at.date()) for row in self.facts}
        return found.located(self.frames.get("findings"), {**commitments, **facts})

    def until(self, as_of: datetime) -> Market:
        """This market as if everything that became known after `as_of` had never happened."""
        return Market.build(known_only(self.frames, as_of), calendar=self.calendar)

    def seen_at(self, as_of: datetime) -> Market:
        """This market as it stood at `as_of`: itself, unless a stored row was revised later."""
        if not self.revisions or as_of >= self.revisions[-1]:
            return self
        return self._epoch(bisect_right(self.revisions, as_of))

    def _epoch(self, number: int) -> Market:
        if number not in self._epochs:
            # Rows first known after this moment stay in: the panel cuts them; only later revisions are taken back.
            moment = self.revisions[number]
            frames = {
                table.name: before_revision(frame_of(self.frames, table.name), table.key, moment, revised=table.revised)
                for table in FACTS
            }
            self._epochs[number] = Market.build({**self.frames, **frames}, calendar=self.calendar)
        return self._epochs[number]

    @cached_property
    def _epochs(self) -> dict[int, Market]:
        return {}


_TUPLES = ("announcements", "commitments", "facts", "links", "ratings")


def _calendar(sessions: pl.DataFrame) -> Calendar:
    """Packaged sessions and those of the store: a store that is kept current reaches further than the package."""
    return packaged_calendar().with_sessions(sessions["session"].to_list())


def _symbols(tables: Frames) -> tuple[str, ...]:
    named = [tables[name]["symbol"] for name in ("bars", "firms", "announcements")]
    return tuple(pl.concat(named).unique().sort().to_list())


def _sessions(bars: pl.DataFrame, calendar: Calendar) -> Days:
    if bars.is_empty():
        return np.array([], dtype="datetime64[D]")
    days = bars["session"].unique().sort()
    sessions = calendar.between(days[0], days[-1])
    strange = bars.filter(~pl.col("session").is_in(sessions))
    if strange.height:
        raise DataRefused("a bar on a day without a session", where=strange["symbol"][0], got=strange["session"][0])
    return np.array(sessions, dtype="datetime64[D]")


def _arrays(tables: Frames, sessions: Days, symbols: tuple[str, ...], calendar: Calendar) -> dict[str, Any]:
    rules = Rules(tables["rules"])
    limits = spans_of(symbols, tables["st_spells"], tables["firms"], rules, calendar)
    cells = prices.fill_cells(tables["bars"], sessions, symbols)
    prices.leave_out_unruled(cells, sessions, limits)
    has_bar = ~np.isnan(cells["close"])
    first_bar = _first_bars(has_bar)
    rows = corporate.with_ends(tables["actions"], tables["firms"], tables["st_spells"])
    actions = corporate.index_actions(rows, sessions, symbols)
    reference = corporate.reference_prices(cells["close"], actions)
    limit_up, limit_down = prices.limit_arrays(reference, sessions, limits)
    for limit in (limit_up, limit_down):
        limit[corporate.without_limit(cells["close"], actions)] = np.nan
    total_shares, derived = share_capital(tables["shares"], rows, sessions, symbols)
    last_day = sessions[-1].astype(object) if len(sessions) else date(2026, 6, 30)
    lot_minimum, lot_step = prices.lots(symbols, last_day, rules)
    return {
        **cells,
        "reference": reference,
        "mark": np.where(has_bar, cells["close"], reference),
        "limit_up": limit_up,
        "limit_down": limit_down,
        "total_shares": total_shares,
        "shares_derived": derived,
        "share_factor": corporate.share_factors(cells["close"].shape, actions),
        **prices.duties(sessions, symbols, rules),
        **prices.holding_periods(sessions, rules),
        **prices.largest_orders(sessions, symbols, rules),
        "lot_minimum": lot_minimum,
        "lot_step": lot_step,
        "first_bar": first_bar,
        "actions": actions,
    }


def _first_bars(has_bar: Flags) -> Ints:
    """(N,) row of the first bar, T where there is none."""
    sessions = len(has_bar)
    first = has_bar.argmax(axis=0) if sessions else 0
    return np.where(has_bar.any(axis=0), first, sessions).astype(np.int64)


def _tuples(tables: Frames) -> dict[str, Any]:
    titles = dict(zip(tables["announcements"]["announcement_id"], tables["announcements"]["title"], strict=True))
    dates = dict(zip(tables["announcements"]["announcement_id"], tables["announcements"]["event_date"], strict=True))
    ceilings = tables["kinds"].filter(pl.col("ceiling"))["kind"].to_list()
    commitments = tables["commitments"].with_columns(
        ceiling_kind=pl.col("kind").is_in(ceilings),
        event_date=pl.col("announcement_id").replace_strict(dates, default=None, return_dtype=pl.Date),
        title=pl.col("announcement_id").replace_strict(titles, default="", return_dtype=pl.String),
    )
    return {
        "announcements": _values(values.Announcement, tables["announcements"]),
        "commitments": _values(values.Commitment, commitments),
        "facts": _values(values.ContractFact, tables["contract_facts"]),
        "links": _values(values.Link, tables["links"]),
        "ratings": _values(values.StockRating, _stock_ratings(tables["ratings"])),
    }


def _stock_ratings(ratings: pl.DataFrame) -> pl.DataFrame:
    """Ratings of stocks of the A market, under their symbols."""
    own = ratings.filter((pl.col("subject_kind") == "stock") & (pl.col("market") == "A"))
    return own.with_columns(symbol=pl.col("subject").map_elements(parse_symbol, return_dtype=pl.String))


def _values(kind: type, frame: pl.DataFrame) -> tuple[Any, ...]:
    fields = kind.__dataclass_fields__  # type: ignore[attr-defined]
    names = [name for name in fields if name in frame.columns]
    return tuple(kind(**row) for row in frame.sort("known_at", frame.columns[0]).select(names).iter_rows(named=True))


def _universe_entry(tables: Frames, firms: pl.DataFrame) -> dict[str, datetime]:
    """Symbol → when it enters `known`: its first compute commitment with an amount, or when somebody called it so.

    `firms`: every version; a later correction of the name does not move the day on which the theme was stated.
    """
    opens = tables["kinds"].filter(pl.col("opens_universe"))["kind"].to_list()
    first = (
        tables["commitments"]
        .filter(
            pl.col("kind").is_in(opens)
            & pl.col("is_compute")
            & (pl.col("amount_low").is_not_null() | pl.col("amount_high").is_not_null())
        )
        .select("symbol", "known_at")
    )
    still = tables["firms"].filter(pl.col("theme").is_not_null())["symbol"]
    called = firms.filter(pl.col("theme").is_not_null(), pl.col("symbol").is_in(still.implode()))
    entry = pl.concat([first, called.select("symbol", "known_at")]).group_by("symbol").agg(pl.col("known_at").min())
    return dict(zip(entry["symbol"], entry["known_at"], strict=True))
