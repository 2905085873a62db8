"""A market prepared for studies, and the sample of one study: events in the test with their abnormal returns.

1. Events of the kind (kinds, sample), merged where windows of one firm would overlap.
2. Abnormal returns (series, model); events without enough days are listed with the reason, never filled.
3. What is prepared (series, placebo tables, a holder's wealth) is computed when first asked and then kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from screener.core.arrays import Flags, Floats, Ints
from screener.core.config import DECISION_TIME, Universe
from screener.evaluation.event_study.feasible import Held
from screener.evaluation.event_study.kinds import kind_of
from screener.evaluation.event_study.model import Abnormal, Fit, Model, Window, gather
from screener.evaluation.event_study.randomisation import DRAWS, Placebo, scan
from screener.evaluation.event_study.sample import (
    MERGE_SESSIONS,
    Dropped,
    Event,
    FirmDays,
    Reading,
    all_days,
    days_by_firm,
    events_of,
    in_short,
    placed,
    with_others,
)
from screener.evaluation.event_study.series import (
    FirmSeries,
    Stack,
    benchmark_series,
    daily_returns,
    event_days,
    firm_series,
)
from screener.point_in_time import holder
from screener.point_in_time.hindsight import hindsight
from screener.point_in_time.market import Market


class Bench:
    """A market prepared for studies: series per firm, days near events, placebo tables (kept once computed).

    Raises StoreError where there are no prices, DataRefused where the benchmark index is missing.
    """

    def __init__(self, market: Market, *, draws: int = DRAWS, seed: int = 0) -> None:
        market.last_session()
        benchmark_series(market)
        self.market, self.draws, self.seed = market, draws, seed
        self.cells = all_days(market)
        self.symbols = tuple(sorted({row.symbol for _, _, row in self.cells}))
        self.column = {symbol: f for f, symbol in enumerate(self.symbols)}
        self._scans: dict[tuple[Window, Model], tuple[Placebo, set[int]]] = {}

    @cached_property
    def series(self) -> Mapping[str, FirmSeries]:
        """One FirmSeries per firm with an announcement."""
        marked = event_days(self.market.close.shape, [(t, n) for t, n, _ in self.cells])
        return firm_series(self.market, self.symbols, marked)

    @cached_property
    def ordered(self) -> list[FirmSeries]:
        """The series in the order of `symbols`."""
        return [self.series[symbol] for symbol in self.symbols]

    @cached_property
    def stack(self) -> Stack:
        """The same, one below the other."""
        return Stack.of(self.ordered)

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

    def placebo(self, window: Window, model: Model, firms: Ints) -> Placebo:
        """Placebo tables of a window, filled for `firms` at least."""
        if (window, model) not in self._scans:
            shape = (len(self.market.sessions), len(self.symbols))
            self._scans[window, model] = Placebo(np.full(shape, np.nan), np.full(shape, np.nan)), set()
        table, done = self._scans[window, model]
        missing = sorted({*np.unique(firms).tolist()} - done)
        if missing:
            near = self._near(window)[:, missing]
            some = scan([self.ordered[f] for f in missing], len(near), window, model, near)
            table.car[:, missing], table.scar[:, missing] = some.car, some.scar
            done.update(missing)
        return table

    def _near(self, window: Window) -> Flags:
        """(T, F) sessions whose window would touch a true event, under either reading of its day."""
        near = np.zeros((len(self.market.sessions), len(self.symbols)), dtype=bool)
        for t, _, row in self.cells:
            f = self.column[row.symbol]
            near[max(0, t - window.last - 1) : t + 2 - min(window.first, 0) + 1, f] = True
        return near


@dataclass(frozen=True, eq=False)
class Sample:
    """The events of one study, n in the test and those left out; arrays have a row per event in the test."""

    events: list[Event]
    positions: Ints  # (n,) of day 0 in the firm's traded days
    abnormal: Abnormal
    estimate: Fit
    dropped: list[Dropped]
    left_out: Mapping[str, int]  # reason in short → events; one outside the bars counts by its announcements
    hindsight: str

    @property
    def rows(self) -> Ints:
        """(n,) session of day 0."""
        return np.array([event.row for event in self.events], dtype=np.int64)


def gap_of(window_last: int) -> int:
    """Sessions within which announcements of one firm are one event."""
    return max(MERGE_SESSIONS, window_last)


def sample_of(bench: Bench, kind: str, window: Window, model: Model, reading: Reading) -> Sample:
    """Events of a kind with their abnormal returns. Raises UsageError for an unknown kind."""
    found, dropped = events_of(bench.market, kind_of(kind, bench.market), reading, gap_of(window.last))
    kept, positions, lost = [], [], Counter(in_short(row.reason) for row in dropped)
    for event in found:
        position, why = placed(event, bench.series[event.symbol], window.last)
        if why:
            dropped += [Dropped(a, event.symbol, event.event_date, why) for a in event.announcements]
            lost[in_short(why)] += 1
            continue
        kept.append(_resumed(event, bench.series[event.symbol], position))
        positions.append(position)
    firms = np.array([bench.column[event.symbol] for event in kept], dtype=np.int64)
    at = np.array(positions, dtype=np.int64)
    days0 = np.array([event.row for event in kept], dtype=np.int64)
    abnormal, estimate = gather(bench.stack, firms, at, window, model, days0=days0)
    good = np.isfinite(abnormal.car)
    for i in np.flatnonzero(~good):
        why = _why_not(estimate, int(i))
        dropped += [Dropped(a, kept[i].symbol, kept[i].event_date, why) for a in kept[i].announcements]
        lost[in_short(why)] += 1
    tested = [event for event, ok in zip(kept, good, strict=True) if ok]
    events = with_others(tested, bench.days, (window.first, window.last))
    return Sample(events, at[good], abnormal.take(good), _taken(estimate, good), dropped, lost, bench.hindsight(found))


def _taken(estimate: Fit, keep: Flags) -> Fit:
    arrays = {name: value[keep] for name, value in vars(estimate).items() if isinstance(value, np.ndarray)}
    return Fit(parameters=estimate.parameters, **arrays)


def _resumed(event: Event, series: FirmSeries, position: int) -> Event:
    if series.rows[position] == event.row:
        return event
    return replace(event, flags=(*event.flags, "resumption"))


def _why_not(estimate: Fit, i: int) -> str:
    if np.isnan(estimate.variance[i]):
        return f"{int(estimate.length[i])} days to estimate from: too few"
    return "the benchmark or the sector has no return inside the window"
