"""A market prepared for studies, and the sample of one study: events in the test with their abnormal returns.

1. Events of the kind (kinds, sample), merged where windows of one firm would overlap.
2. Abnormal returns (series, model); events without enough days are listed with the reason, never filled.
3. What is prepared (series, placebo tables, a holder's wealth) is computed when first asked and then kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from screener.core.arrays import Flags, Floats, Ints
from screener.core.config import DECISION_TIME, Universe
from screener.core.errors import UsageError
from screener.evaluation.event_study.feasible import Held
from screener.evaluation.event_study.kinds import kind_of
from screener.evaluation.event_study.model import MINIMUM, Abnormal, Estimated, Fit, Model, Window, gather
from screener.evaluation.event_study.placebo import Placebo, estimable, fill
from screener.evaluation.event_study.randomisation import DRAWS
from screener.evaluation.event_study.rolling import Counts, day_counts, known_days
from screener.evaluation.event_study.sample import (
    EXACT,
    MERGE_SESSIONS,
    Dropped,
    Event,
    FirmDays,
    Reading,
    all_days,
    announced_as,
    dated,
    days_by_firm,
    in_short,
    placed,
    read_after,
)
from screener.evaluation.event_study.series import (
    Stack,
    benchmark_series,
    daily_returns,
    event_days,
    stack_of,
)
from screener.point_in_time import holder
from screener.point_in_time.announcements import Announcement
from screener.point_in_time.hindsight import hindsight
from screener.point_in_time.market import Market


class Bench:
    """A market prepared for studies: series per firm, days near events, placebo tables (kept once computed).

    Raises StoreError where there are no prices, DataRefused where the benchmark index is missing, UsageError for a seed
    below 0.
    """

    def __init__(self, market: Market, *, draws: int = DRAWS, seed: int = 0) -> None:
        if seed < 0:
            raise UsageError("option out of range", where="seed", got=seed, expected="0 or more")
        market.last_session()
        benchmark_series(market)
        self.market, self.draws, self.seed = market, draws, seed
        self.cells = all_days(market)
        self.symbols = tuple(sorted({row.symbol for _, _, row in self.cells}))
        self.column = {symbol: f for f, symbol in enumerate(self.symbols)}
        self._tables: dict[tuple[Window, Model], tuple[Placebo, Flags]] = {}
        self._together: Collection[Window] = ()
        self._announced: dict[str, list[Announcement]] = {}
        self._found: dict[tuple[str, Reading, int], tuple[list[Event], list[Dropped]]] = {}
        self._near: dict[Window, Flags] = {}
        self._counts: dict[Model, Counts] = {}
        self._estimable: dict[Model, Flags] = {}
        self._estimated: dict[Model, tuple[Ints, Estimated]] = {}

    @cached_property
    def stack(self) -> Stack:
        """The series of the firms with an announcement, in the order of `symbols`."""
        marked = event_days(self.market.close.shape, [(t, n) for t, n, _ in self.cells])
        return stack_of(self.market, self.symbols, marked)

    @cached_property
    def days(self) -> Mapping[str, FirmDays]:
        """What each firm announced, by session."""
        return days_by_firm(self.cells)

    @cached_property
    def held(self) -> Held:
        """What a holder had and what the index did."""
        return Held.of(self.market)

    @cached_property
    def returns(self) -> Floats:
        """(T, N) a holder's returns of sessions with a bar."""
        return holder.returns(self.market)

    @cached_property
    def index_returns(self) -> Floats:
        """(T,) daily returns of the benchmark index."""
        return daily_returns(self.held.index)

    @cached_property
    def _reported(self) -> frozenset[str]:
        return frozenset(row.announcement_id for row in self.market.announcements if row.report_row is not None)

    def hindsight(self, events: Sequence[Event]) -> str:
        """What is said where an announcement of a firm that the report chose is studied on a day before the report."""
        listed = [event.day0 for event in events if not self._reported.isdisjoint(event.announcements)]
        if not listed:
            return ""
        return hindsight(self.market, Universe.KNOWN, datetime.combine(min(listed), DECISION_TIME))

    def events(self, kind: str, reading: Reading, gap: int) -> tuple[list[Event], list[Dropped]]:
        """As `events_of`; both readings are one where every announcement has its time. Raises UsageError."""
        asked = kind, self.read_as(kind, reading), gap
        if asked not in self._found:
            rows, sessions = self._rows_of(kind), self.market.sessions.tolist()
            if asked[1] is Reading.PRINTED:
                self._found[asked] = dated(rows, sessions, Reading.PRINTED, gap)
            else:
                self._found[asked] = read_after(rows, sessions, gap, self.events(kind, Reading.PRINTED, gap))
        return self._found[asked]

    def read_as(self, kind: str, reading: Reading) -> Reading:
        """A reading of a kind, or the first of those that are the same. Raises UsageError."""
        exact = reading is Reading.AFTER and all(row.known_at_basis in EXACT for row in self._rows_of(kind))
        return Reading.PRINTED if exact else reading

    def _rows_of(self, kind: str) -> list[Announcement]:
        if kind not in self._announced:
            self._announced[kind] = announced_as(self.market, kind_of(kind, self.market))
        return self._announced[kind]

    def estimated(self, firms: Ints, positions: Ints, model: Model) -> Estimated:
        """The estimations of these pairs; the last ones are kept, as further windows look at most of the same days."""
        pairs = firms * len(self.market.sessions) + positions
        known, kept = self._estimated.get(model, (pairs[:0], None))
        new = np.flatnonzero(~np.isin(pairs, known))
        found = [Estimated.of(self.stack, firms[new], positions[new], model)] if len(new) or kept is None else []
        every = np.concatenate((known, pairs[new]))
        order = np.argsort(every, kind="stable")
        place = order[np.searchsorted(every, pairs, sorter=order)]
        joined = Estimated.joined([kept, *found] if kept else found)
        mine = joined if np.array_equal(place, np.arange(len(every))) else joined.take(place)
        self._estimated = {model: (pairs, mine)}
        return mine

    def day_counts(self, model: Model) -> Counts:
        """As `rolling.day_counts`, of the series of all firms."""
        if model not in self._counts:
            self._counts[model] = day_counts(self.stack, model)
        return self._counts[model]

    def together(self, windows: Collection[Window]) -> None:
        """Says which windows will be asked for: their placebo tables are made in one go."""
        self._together = windows

    def placebo(self, window: Window, model: Model, cells: Flags) -> Placebo:
        """Placebo tables of a window, filled in these cells (T, F) at least."""
        group = {window, *self._together} if window in self._together else {window}
        wanted = {one: cells & self.clear(one, model) & ~self._table(one, model)[1] for one in group}
        if wanted[window].any():
            fill({one: self._table(one, model)[0] for one in group}, wanted, self.stack, model)
            for one, some in wanted.items():
                self._table(one, model)[1][some] = True
        return self._table(window, model)[0]

    def _table(self, window: Window, model: Model) -> tuple[Placebo, Flags]:
        """Placebo tables, and (T, F) which cells of them are filled."""
        if (window, model) not in self._tables:
            shape = (len(self.market.sessions), len(self.symbols))
            self._tables[window, model] = Placebo.empty(*shape), np.zeros(shape, dtype=bool)
        return self._tables[window, model]

    def clear(self, window: Window, model: Model) -> Flags:
        """(T, F) sessions that touch no true event and have days to estimate from, as far as the days tell it."""
        if model not in self._estimable:
            counts, sessions = self.day_counts(model), len(self.market.sessions)
            self._estimable[model] = estimable(self.stack, counts, sessions, MINIMUM[model])
        return self._estimable[model] & ~self.near(window)

    def near(self, window: Window) -> Flags:
        """(T, F) sessions whose window would touch a true event, under either reading of its day."""
        if window not in self._near:
            self._near[window] = self._touching(window)
        return self._near[window]

    def _touching(self, window: Window) -> Flags:
        sessions = len(self.market.sessions)
        edges = np.zeros((sessions + 1, len(self.symbols)), dtype=np.int32)
        firms = np.array([self.column[row.symbol] for _, _, row in self.cells], dtype=np.int64)
        days = np.array([t for t, _, _ in self.cells], dtype=np.int64)
        np.add.at(edges, (np.maximum(days - window.last - 1, 0), firms), 1)
        np.add.at(edges, (np.minimum(days + 2 - min(window.first, 0) + 1, sessions), firms), -1)
        return np.asarray(np.cumsum(edges[:-1], axis=0, dtype=edges.dtype) > 0)


_MOST_SESSIONS = 1_000_000


@dataclass(frozen=True, eq=False)
class Sample:
    """The events of one study, n in the test and those left out; arrays have a row per event in the test."""

    events: list[Event]
    positions: Ints  # (n,) of day 0 in the firm's traded days
    abnormal: Abnormal
    estimated: Estimated
    dropped: list[Dropped]
    left_out: Mapping[str, int]  # reason in short → events; one outside the bars counts by its announcements
    hindsight: str

    @property
    def rows(self) -> Ints:
        """(n,) session of day 0."""
        return np.array([event.row for event in self.events], dtype=np.int64)

    @property
    def numbers(self) -> Ints:
        """(n,) of each firm and day 0 its own: the same in every sample of a bench."""
        return self.abnormal.firms * _MOST_SESSIONS + self.rows


def gap_of(window_last: int) -> int:
    """Sessions within which announcements of one firm are one event."""
    return max(MERGE_SESSIONS, window_last)


def sample_of(bench: Bench, kind: str, window: Window, model: Model, reading: Reading) -> Sample:
    """Events of a kind with their abnormal returns. Raises UsageError for an unknown kind."""
    found, outside = bench.events(kind, reading, gap_of(window.last))
    firms = np.array([bench.column[event.symbol] for event in found], dtype=np.int64)
    days0 = np.array([event.row for event in found], dtype=np.int64)
    at, waited, why_not = placed(bench.stack, firms, days0, window.last)
    left = [(found[i], why_not[i]) for i in sorted(why_not)]
    in_bars = np.array([i not in why_not for i in range(len(found))], dtype=bool)
    kept = [_resumed(event, wait) for event, wait, ok in zip(found, waited.tolist(), in_bars, strict=True) if ok]
    firms, days0, at = firms[in_bars], days0[in_bars], at[in_bars]
    known, calm = known_days(bench.day_counts(model), bench.stack, firms, at)
    old = np.flatnonzero(known >= MINIMUM[model])  # most events of a short history are not: nothing is made of these
    firms, days0, at = firms[old], days0[old], at[old]
    estimated = bench.estimated(firms, at, model)
    abnormal, estimate = gather(bench.stack, firms, at, window, model, days0=days0, estimated=estimated)
    good = np.isfinite(abnormal.car)
    why = {i: _too_few(calm[i]) for i in np.flatnonzero(known < MINIMUM[model]).tolist()}
    why |= {int(old[k]): _why_not(estimate, k) for k in np.flatnonzero(~good).tolist()}
    left += [(kept[i], why[i]) for i in sorted(why)]
    lost = in_short(Counter([*(row.reason for row in outside), *(reason for _, reason in left)]))
    dropped = [*outside]
    for one, reason in left:
        dropped += [Dropped(name, one.symbol, one.event_date, reason) for name in one.announcements]
    tested = [kept[i] for i in old[good].tolist()]
    return Sample(tested, at[good], abnormal.take(good), estimated.take(good), dropped, lost, bench.hindsight(found))


def _resumed(event: Event, waited: int) -> Event:
    return replace(event, flags=(*event.flags, "resumption")) if waited else event


def _why_not(estimate: Fit, i: int) -> str:
    if np.isnan(estimate.variance[i]):
        return _too_few(estimate.length[i])
    return "the benchmark or the sector has no return inside the window"


def _too_few(days: int) -> str:
    return f"{days} days to estimate from: too few"
