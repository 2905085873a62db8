"""The Panel: everything known at one decision time, and nothing else. What a strategy or a factor is given."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from screener.core.arrays import Days, Floats, Ints
from screener.core.bars import FIELDS
from screener.core.config import CLOSE_TIME, EFFECTIVE_TIME, STALE_SESSIONS, AnyUniverse, Universe
from screener.core.stands_on import StandsOn
from screener.core.watched import Watched, unheld
from screener.point_in_time.announcements import Announcement, Commitment, ContractFact, Link, StockRating
from screener.point_in_time.columns import first, moments, upto
from screener.point_in_time.hindsight import hindsight

if TYPE_CHECKING:
    from screener.point_in_time.ahead import Ahead
    from screener.point_in_time.market import Market


_REMEMBERED = 20_000  # entries of one market; a year of daily decisions over a hundred option sets


class Panel:
    """Immutable cut of a Market at `as_of`; arrays have one row per session closed by then, one column per symbol.

    Rows up to the previous close; commitments, announcements, facts, links and ratings known by `as_of`, oldest first.
    """

    def __init__(
        self,
        market: Market,
        as_of: datetime,
        closed: int,
        known: Mapping[str, int],
        universe: AnyUniverse,
        *,
        first_decision: bool = False,
    ) -> None:
        self._market, self.as_of, self._closed, self._known, self._rule = market, as_of, closed, known, universe
        self.symbols = market.symbols
        self.revised_later = 0  # moments after `as_of` at which stored rows were corrected
        self.first_decision = first_decision  # True on the first session of a back-test: nothing is held yet

    def __repr__(self) -> str:
        return f"Panel(as_of={self.as_of:%Y-%m-%d %H:%M}, {self._closed} sessions × {len(self.symbols)} symbols)"

    # Time

    @property
    def session(self) -> date:
        """The day of the decision."""
        return self.as_of.date()

    @property
    def t(self) -> int:
        """Number of closed sessions: the row the next session will have in the market."""
        return self._closed

    @property
    def previous_session(self) -> date | None:
        """The last session with a close, or None before the first."""
        return self._market._session_dates[self._closed - 1] if self._closed else None

    @property
    def is_first_of_month(self) -> bool:
        """True on the first session of a calendar month."""
        previous = self.previous_session
        return previous is None or (previous.year, previous.month) != (self.as_of.year, self.as_of.month)

    # Prices up to the previous close

    @property
    def open(self) -> Floats:
        """(t, N) yuan."""
        return self._market.upto("open", self._closed)

    @property
    def high(self) -> Floats:
        """(t, N) yuan."""
        return self._market.upto("high", self._closed)

    @property
    def low(self) -> Floats:
        """(t, N) yuan."""
        return self._market.upto("low", self._closed)

    @property
    def close(self) -> Floats:
        """(t, N) yuan, raw, NaN where there was no bar."""
        return self._market.upto("close", self._closed)

    @property
    def volume(self) -> Floats:
        """(t, N) shares."""
        return self._market.upto("volume", self._closed)

    @property
    def amount(self) -> Floats:
        """(t, N) yuan, NaN where the source has none."""
        return self._market.upto("amount", self._closed)

    @property
    def _row(self) -> int:
        """The row whose facts before the open are known: today's from 09:00 on, else the last closed session's."""
        today = self._closed < len(self._market.sessions) and self._market._session_dates[self._closed] == self.session
        return self._closed if today and self.as_of.time() >= EFFECTIVE_TIME else self._closed - 1

    @cached_property
    def _ahead(self) -> Ahead | None:
        """A morning after the market's last session; None inside it."""
        market, day = self._market, self.as_of.date() - timedelta(days=self.as_of.time() < EFFECTIVE_TIME)
        if not self._closed or self._closed < len(market.sessions) or day <= market._session_dates[-1]:
            return None
        return market.ahead(day)

    @cached_property
    def reference(self) -> Floats:
        """(N,) yuan: the last close, or on an ex-date the ex-right reference price from 09:00 on."""
        if self._ahead:
            return self._ahead.reference
        if self._row < 0:
            return np.full(len(self.symbols), np.nan)
        return self._market.row("reference" if self._row == self._closed else "mark", self._row)

    @cached_property
    def total_shares(self) -> Floats:
        """(N,) total shares known now, NaN where unknown."""
        if self._ahead:
            return self._ahead.total_shares
        return self._market.row("total_shares", self._row) if self._row >= 0 else np.full(len(self.symbols), np.nan)

    @cached_property
    def shares_derived(self) -> np.ndarray:
        """(N,) True where the share count was derived, not announced: market cap is approximate."""
        row = self._row
        if self._ahead:
            return self._ahead.shares_derived
        return self._market.row("shares_derived", row) if row >= 0 else np.zeros(len(self.symbols), dtype=bool)

    @cached_property
    def market_cap(self) -> Floats:
        """(N,) reference × total shares, yuan; NaN where one is unknown or the price older than STALE_SESSIONS."""
        recent = self.close[max(self._closed - STALE_SESSIONS - 1, 0) :]
        return np.where(np.isnan(recent).all(axis=0), np.nan, self.reference * self.total_shares)

    @property
    def share_factor(self) -> Floats:
        """(t, N) cumulative product of 1 + shares_to_holder."""
        return self._market.upto("share_factor", self._closed)

    def index_of(self, symbol: str) -> int:
        """Column of a symbol."""
        return self._market.index_of(symbol)

    def index_levels(self, index: str) -> tuple[Days, Floats]:
        """(dates, closes) of an index known by now; empty where it is not stored."""
        series = self._market.indices.get(index)
        if series is None:
            return np.array([], dtype="datetime64[D]"), np.array([])
        known = int(np.searchsorted(series.known_at, np.datetime64(self.as_of), side="right"))
        return series.dates[:known], series.close[:known]

    # Facts

    @cached_property
    def announcements(self) -> tuple[Announcement, ...]:
        """Known announcements, oldest first."""
        return tuple(self._market.announcements[: self._known["announcements"]])

    @cached_property
    def commitments(self) -> tuple[Commitment, ...]:
        """Known commitments, oldest first."""
        return tuple(self._market.commitments[: self._known["commitments"]])

    @cached_property
    def facts(self) -> tuple[ContractFact, ...]:
        """Known contract facts, oldest first."""
        return tuple(self._market.facts[: self._known["facts"]])

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Known links, oldest first."""
        return tuple(self._market.links[: self._known["links"]])

    @cached_property
    def ratings(self) -> tuple[StockRating, ...]:
        """Known ratings of stocks by brokers, oldest first."""
        return tuple(self._market.ratings[: self._known["ratings"]])

    @property
    def names(self) -> Mapping[str, str]:
        """Symbol → firm name."""
        return self._market.names

    @cached_property
    def universe(self) -> tuple[str, ...]:
        """Symbols that may be ranked or held now."""
        if isinstance(self._rule, Watched):
            columns = self._market._column
            return tuple(one for one in self._rule.since if one in columns and self._rule.holds(one, self.as_of))
        if self._rule is Universe.REPORT:
            return self._market.report_symbols
        if self._rule is Universe.MARKET:
            left = self._left
            return tuple(symbol for symbol in self.symbols if symbol not in left) if left else self.symbols
        if self._rule is Universe.THEME:
            return tuple(symbol for symbol in self.symbols if symbol in self._committed)
        entered = self._market.entry_times <= np.datetime64(self.as_of)
        return tuple(compress(self.symbols, entered.tolist()))

    @cached_property
    def _left(self) -> frozenset[str]:
        """Symbols that are listed no more."""
        return frozenset(symbol for symbol, (day, _) in self._market.ended.items() if day <= self.session)

    @cached_property
    def _committed(self) -> frozenset[str]:
        """Symbols with a compute commitment known now, of the report or accepted by a person; with an amount or not."""
        opens = set(self.kinds.filter(pl.col("opens_universe"))["kind"])
        return frozenset(row.symbol for row in self.commitments if row.is_compute and row.kind in opens)

    def age(self, commitment: Commitment) -> int:
        """Sessions since a decision could first use the commitment: 0 on that session."""
        return self._closed - self._market._entries[commitment.commitment_id]

    def tradable_universe(self) -> tuple[str, ...]:
        """Symbols of the universe that have had a price."""
        priced = ~np.isnan(self.reference)
        if self._rule is Universe.MARKET:
            priced[[self.index_of(symbol) for symbol in self._left]] = False  # whatever bars follow
            return tuple(compress(self.symbols, priced.tolist()))
        return tuple(symbol for symbol in self.universe if priced[self.index_of(symbol)])

    # For the screen

    @property
    def rule(self) -> AnyUniverse:
        """By which the universe is told."""
        return self._rule

    @cached_property
    def kinds(self) -> pl.DataFrame:
        """The table of kinds of announcements: one row each, whether order-like, a warning, where the money goes."""
        return self._market.kinds

    @cached_property
    def share_factor_now(self) -> Floats:
        """(N,) what one share of the first session has become, counted as the reference price is."""
        if self._ahead:
            return self._ahead.share_factor
        return self._market.row("share_factor", self._row) if self._row >= 0 else np.ones(len(self.symbols))

    @cached_property
    def last_bar(self) -> Ints:
        """(N,) row of the last bar, -1 where there is none."""
        traded = ~np.isnan(self.close)
        last = self._closed - 1 - traded[::-1].argmax(axis=0) if self._closed else np.full(len(self.symbols), -1)
        return np.where(traded.any(axis=0), last, -1)

    def ended(self, symbol: str) -> str:
        """How and since when a stock is no more, as of now; empty where it goes on."""
        day, kind = self._market.ended.get(symbol, (None, ""))
        return f"{kind} on {day}" if day is not None and day <= self.session else ""

    def day_of(self, row: int) -> date:
        """The session of a closed row."""
        return self._market._session_dates[row]

    def sessions_since(self, row: int) -> int:
        """Sessions from a closed row to the last closed one, also where a market holds a few of its sessions alone."""
        numbers = self._market._session_numbers
        return numbers[self._closed - 1] - numbers[row]

    def row_before(self, count: int) -> int | None:
        """Row of the session so many before the last closed one; None where the market does not hold it."""
        numbers = self._market._session_numbers
        wanted = numbers[self._closed - 1] - count if self._closed else -1
        row = bisect_left(numbers, wanted, 0, self._closed)
        return row if row < self._closed and numbers[row] == wanted else None

    @property
    def hindsight(self) -> str:
        """What nobody could know at this moment about the firms of the universe; empty where nothing is known."""
        return hindsight(self._market, self._rule, self.as_of, span=False)

    def stands_on(self, symbols: Iterable[str] | None = None, **more: Any) -> StandsOn:
        """What an answer made from this panel rests on; `more`: fields of StandsOn.

        `symbols`: whose rows it uses (default: the universe).
        """
        asked = self.universe if symbols is None else symbols
        day = self.as_of.date() - timedelta(days=self.as_of.time() < CLOSE_TIME)  # the last one that is over
        known = {
            "price_session": self.previous_session,
            "as_of": self.session,
            "known_by": self.as_of,
            "universe": str(self._rule),
            "revised_later": self.revised_later,
            "findings": self._market.findings_of(asked, last=day),
            "notes": unheld(self._rule, self.symbols),
        }
        return self._market.stands_on(**{**known, **more})

    # Frames on demand

    def bars(self) -> pl.DataFrame:
        """Bars up to the previous close: symbol, session, open, high, low, close, volume, amount."""
        rows, columns = np.nonzero(~np.isnan(self.close))
        cells = {name: getattr(self, name)[rows, columns] for name in FIELDS}
        symbols = pl.Series("symbol", self.symbols).gather(columns)
        return pl.DataFrame({"symbol": symbols, "session": self._market.sessions[rows], **cells})

    def commitment_frame(self) -> pl.DataFrame:
        """Known commitments, one row each."""
        from dataclasses import asdict

        return pl.DataFrame([asdict(row) for row in self.commitments], infer_schema_length=None)


def memo_of(panel: Panel) -> dict[Any, Any]:
    """A dictionary that lives as long as the panel's market: plans depend on known facts, which change rarely."""
    memo = panel._market._memo
    if len(memo) > _REMEMBERED:
        memo.clear()
    return memo


def known_counts(panel: Panel) -> tuple[int, int, int]:
    """How many commitments, facts and links are known: while it is the same, so is what they tell."""
    return panel._known["commitments"], panel._known["facts"], panel._known["links"]


def known_rows(panel: Panel, name: str) -> Sequence[Any]:
    """The known rows of a list of the market, as it holds them: in columns, or as values."""
    return first(getattr(panel._market, name), panel._known[name])


def announced_since(panel: Panel, moment: datetime) -> Sequence[Announcement]:
    """The known announcements that became known after a moment, oldest first."""
    rows = known_rows(panel, "announcements")
    return rows[upto(moments(rows), moment) :]


def commitments_from(panel: Panel, place: int) -> Sequence[Commitment]:
    """The known commitments from the one at `place` on, without a copy of those before it."""
    return panel._market.commitments[place : panel._known["commitments"]]


def first_used(panel: Panel, t: int) -> int:
    """Place of the first known commitment that a decision could use in session `t` or later."""
    rows, entries = panel._market.commitments, panel._market._entries
    known = panel._known["commitments"]
    return bisect_left(range(known), t, key=lambda place: entries[rows[place].commitment_id])
