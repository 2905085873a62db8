"""One event study: a kind of event, a window, a model, a reading of day 0 → every figure with what it stands on.

1. Events of the kind (kinds, sample), merged where windows of one firm would overlap.
2. Abnormal returns (series, model); events without enough days are listed with the reason, never filled.
3. CAAR, interval and detectable effect on the effective n; tests; placebo dates.
4. Path of AAR and CAAR, attainable returns, one row per event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np

from screener.core.arrays import Flags, Floats, Ints
from screener.evaluation.event_study import longrun, parametric, ranks
from screener.evaluation.event_study.clusters import effective_firms, effective_n
from screener.evaluation.event_study.feasible import Attainable, attainable
from screener.evaluation.event_study.kinds import kind_of
from screener.evaluation.event_study.model import (
    ADAPTIVE_CAP,
    TARGET,
    Abnormal,
    Fit,
    Model,
    Window,
    adaptive_ends,
    gather,
)
from screener.evaluation.event_study.outcome import Outcome, absent
from screener.evaluation.event_study.randomisation import DRAWS, Control, Placebo, randomisation, scan
from screener.evaluation.event_study.sample import (
    MERGE_SESSIONS,
    Dropped,
    Event,
    Reading,
    all_days,
    events_of,
    placed,
    with_others,
)
from screener.evaluation.event_study.series import (
    FirmSeries,
    event_days,
    firm_series,
    holder_returns,
    index_levels,
)
from screener.point_in_time.market import Market

HEADLINE = (Window(0, 1), Window(-1, 1))
ADAPTIVE = Window(0, ADAPTIVE_CAP, adaptive=True)
PATH = Window(-10, 10)
HORIZON = 20  # sessions a calendar-time portfolio holds a firm after its event
DESCRIPTIVE_BELOW = 8.0
DETECT = 1.959963984540054 + 0.8416212335729143  # z(0.975) + z(0.80)
THIN = 0.10  # share of zero returns above which betas of one day are doubtful

EVENT_TESTS = {
    "kolari_pynnonen": parametric.kolari_pynnonen,
    "grank_t": ranks.grank_t,
    "generalised_sign": ranks.generalised_sign,
    "bmp": parametric.bmp,
    "corrado": ranks.corrado,
    "corrado_zivney": ranks.corrado_zivney,
    "corrado_sign": ranks.corrado_sign,
    "cross_sectional": parametric.cross_sectional,
    "brown_warner_1985": parametric.brown_warner_1985,
    "brown_warner_1980": parametric.brown_warner_1980,
    "patell": parametric.patell,
    "patell_adjusted": parametric.patell_adjusted,
    "wilcoxon": ranks.wilcoxon,
}


@dataclass(frozen=True)
class Study:
    """Result of one study; returns as fractions, None where nothing can be estimated."""

    kind: str
    label: str
    plural: str
    window: str
    model: str
    reading: str
    n: int
    firms: int
    n_effective: float
    firms_effective: float
    caar: float | None
    low: float | None
    high: float | None
    detectable: float | None
    correlation: float
    uncertain: int  # events of which only the date is known
    tests: Mapping[str, Outcome] = field(default_factory=dict)
    control: Control | None = None
    caar_market_days: float | None = None
    path: Sequence[Mapping[str, Any]] = ()
    events: Sequence[Mapping[str, Any]] = ()
    dropped: Sequence[Dropped] = ()

    @property
    def descriptive(self) -> bool:
        """True where the effective n allows no test."""
        return self.n_effective < DESCRIPTIVE_BELOW

    @property
    def p(self) -> float | None:
        """The primary p-value: placebo dates, studentised."""
        return self.tests["randomisation"].p if "randomisation" in self.tests else None


class Bench:
    """A market prepared for studies: series per firm, days near events, placebo tables (kept once computed).

    Raises DataRefused where the benchmark index is missing.
    """

    def __init__(self, market: Market, *, draws: int = DRAWS, seed: int = 0) -> None:
        self.market, self.draws, self.seed = market, draws, seed
        self.levels = index_levels(market)
        self.cells = all_days(market)
        self.symbols = tuple(sorted({market.symbols[n] for _, n, _ in self.cells}))
        self._scans: dict[tuple[Window, Model, int], Placebo] = {}

    @cached_property
    def series(self) -> Mapping[str, FirmSeries]:
        """One FirmSeries per firm with an announcement."""
        marked = event_days(self.market.close.shape, [(t, n) for t, n, _ in self.cells])
        return firm_series(self.market, self.symbols, marked)

    @cached_property
    def ordered(self) -> list[FirmSeries]:
        """The series in the order of `symbols`."""
        return [self.series[symbol] for symbol in self.symbols]

    def placebo(self, window: Window, model: Model, firms: Ints) -> Placebo:
        """Placebo tables of a window; columns of firms that are not asked for stay NaN."""
        shape, near = (len(self.market.sessions), len(self.symbols)), self._near(window)
        car, scar = np.full(shape, np.nan), np.full(shape, np.nan)
        for f in np.unique(firms).tolist():
            key = (window, model, f)
            if key not in self._scans:
                self._scans[key] = scan([self.ordered[f]], shape[0], window, model, near[:, [f]])
            car[:, f], scar[:, f] = self._scans[key].car[:, 0], self._scans[key].scar[:, 0]
        return Placebo(car, scar)

    def _near(self, window: Window) -> Flags:
        """(T, F) sessions whose window would touch a true event, under either reading of its day."""
        near = np.zeros((len(self.market.sessions), len(self.symbols)), dtype=bool)
        column = {symbol: f for f, symbol in enumerate(self.symbols)}
        for t, n, _ in self.cells:
            f = column[self.market.symbols[n]]
            near[max(0, t - window.last - 1) : t + 2 - min(window.first, 0) + 1, f] = True
        return near


@dataclass(frozen=True)
class _Sample:
    events: list[Event]
    positions: Ints
    abnormal: Abnormal
    estimate: Fit
    dropped: list[Dropped]


def study(
    bench: Bench,
    kind: str = "order",
    window: Window = HEADLINE[0],
    *,
    model: Model = Model.TWO_FACTOR,
    reading: Reading = Reading.PRINTED,
    path: bool = True,
) -> Study:
    """Runs one event study. Raises UsageError for an unknown kind, DataRefused without the benchmark index."""
    sample = _sample(bench, kind, window, model, reading)
    chosen, events = kind_of(kind), sample.abnormal
    rbar = parametric.mean_correlation(events)
    worth = effective_n(events.n, rbar)
    caar, low, high, detectable = estimate_caar(events.car, worth)
    tests, control = _tests(bench, sample, window, model) if events.n else ({}, None)
    return Study(
        kind=kind, label=chosen.label, plural=chosen.plural, window=str(window), model=str(model),
        reading=str(reading), n=events.n, firms=len({e.symbol for e in sample.events}), n_effective=worth,
        firms_effective=effective_firms(events.firms), caar=caar, low=low, high=high, detectable=detectable,
        correlation=rbar, uncertain=sum("day0_uncertain" in e.flags for e in sample.events), tests=tests,
        control=control, caar_market_days=_in_market_days(bench, sample, window, model),
        path=_path(bench, sample, model) if path else (), events=_rows(bench, sample), dropped=sample.dropped,
    )  # fmt: skip


def estimate_caar(car: Floats, worth: float) -> tuple[float | None, float | None, float | None, float | None]:
    """(CAAR, low, high, detectable effect): 95 % interval with t(n−1) and sd ÷ √n_eff; detectable = 2.80 sd ÷ √n_eff.

    MacKinlay (1997): the effect that a two-sided 5 % test sees in 80 of 100 samples; of two events the
    deviation says nothing, so there is none.
    """
    if not len(car):
        return None, None, None, None
    caar = float(car.mean())
    if len(car) < 2:
        return caar, None, None, None
    from scipy.special import stdtrit

    error = float(car.std(ddof=1)) / sqrt(worth)
    half = float(stdtrit(len(car) - 1, 0.975)) * error
    return caar, caar - half, caar + half, DETECT * error if len(car) > 2 else None


def power(effect: float, sigma: float, n: float) -> float:
    """P = Φ(−1.96 − δ√N/σ) + 1 − Φ(1.96 − δ√N/σ) (MacKinlay 1997)."""
    from scipy.special import ndtr

    shift, z = effect * sqrt(n) / sigma, 1.959963984540054
    return float(ndtr(-z - shift) + 1.0 - ndtr(z - shift))


def _sample(bench: Bench, kind: str, window: Window, model: Model, reading: Reading) -> _Sample:
    found, dropped = events_of(bench.market, kind_of(kind), reading, max(MERGE_SESSIONS, window.last))
    kept, positions = [], []
    for event in found:
        position, why = placed(event, bench.series[event.symbol], window.last)
        if why:
            dropped += [Dropped(a, event.symbol, event.event_date, why) for a in event.announcements]
            continue
        kept.append(_resumed(event, bench.series[event.symbol], position))
        positions.append(position)
    firms = np.array([bench.symbols.index(e.symbol) for e in kept], dtype=np.int64)
    at = np.array(positions, dtype=np.int64)
    days0 = np.array([e.row for e in kept], dtype=np.int64)
    abnormal, estimate = gather(bench.ordered, firms, at, window, model, days0=days0)
    good = np.isfinite(abnormal.car)
    for i in np.flatnonzero(~good):
        why = _why_not(estimate, int(i))
        dropped += [Dropped(a, kept[i].symbol, kept[i].event_date, why) for a in kept[i].announcements]
    kept = with_others(
        [event for event, ok in zip(kept, good, strict=True) if ok],
        bench.cells,
        bench.market,
        (window.first, window.last),
    )
    return _Sample(kept, at[good], abnormal.take(good), _taken(estimate, good), dropped)


def _taken(estimate: Fit, keep: Flags) -> Fit:
    arrays = {name: value[keep] for name, value in vars(estimate).items() if isinstance(value, np.ndarray)}
    return Fit(parameters=estimate.parameters, **arrays)


def _resumed(event: Event, series: FirmSeries, position: int) -> Event:
    if series.rows[position] == event.row:
        return event
    return Event(**{**vars(event), "flags": (*event.flags, "resumption")})


def _why_not(estimate: Fit, i: int) -> str:
    if np.isnan(estimate.variance[i]):
        return f"{int(estimate.length[i])} days to estimate from: too few"
    return "the benchmark or the sector has no return inside the window"


def _tests(bench: Bench, sample: _Sample, window: Window, model: Model) -> tuple[dict[str, Outcome], Control]:
    """The primary first, then the rest; each with its own n."""
    events, rows = sample.abnormal, np.array([e.row for e in sample.events], dtype=np.int64)
    gap = max(MERGE_SESSIONS, window.last)
    control = randomisation(
        events, rows, bench.placebo(window, model, events.firms), gap=gap, draws=bench.draws, seed=bench.seed
    )
    found = {"randomisation": control.studentised, "randomisation_caar": control.caar}
    for name, test in EVENT_TESTS.items():
        found[name] = test(events) if events.n >= 2 else absent(events.n, "fewer than 2 events")
    found["bhar_skewness_adjusted"] = longrun.skew_adjusted_bhar(_bhar(bench, sample, window), seed=bench.seed)
    found |= _calendar_time(bench, sample)
    found["clustered_date"] = longrun.clustered(events, seed=bench.seed)
    found["clustered_date_firm"] = longrun.clustered(events, both=True, seed=bench.seed)
    return found, control


def _bhar(bench: Bench, sample: _Sample, window: Window) -> Floats:
    """(n,) buy-and-hold return of each event less that of the index over the same sessions."""
    at = sample.positions[:, None] + window.offsets
    shape = at.shape
    own, other = np.full(shape, np.nan), np.full(shape, np.nan)
    inside = sample.abnormal.event_rows >= 0
    for i, event in enumerate(sample.events):
        series, cells = bench.series[event.symbol], inside[i]
        own[i, cells], other[i, cells] = series.y[at[i, cells]], series.x[at[i, cells], 0]
    return longrun.buy_and_hold(own, other)


def _calendar_time(bench: Bench, sample: _Sample) -> dict[str, Outcome]:
    market, levels = bench.market, bench.levels
    firms = np.array([market.index_of(e.symbol) for e in sample.events], dtype=np.int64)
    rows = np.array([e.row for e in sample.events], dtype=np.int64)
    portfolio, count = longrun.calendar_portfolio(holder_returns(market), firms, rows, HORIZON)
    daily = np.concatenate(([np.nan], levels[1:] / levels[:-1] - 1.0))
    return longrun.calendar_time(portfolio, daily, count)


def _in_market_days(bench: Bench, sample: _Sample, window: Window, model: Model) -> float | None:
    """CAAR with windows counted in sessions of the market instead of the firm's own."""
    if not sample.events or window.adaptive:
        return None
    counted = Window(window.first, window.last, market_days=True)
    rows = np.array([e.row for e in sample.events], dtype=np.int64)
    found, _ = gather(bench.ordered, sample.abnormal.firms, sample.positions, counted, model, days0=rows)
    known = found.car[np.isfinite(found.car)]
    return float(known.mean()) if len(known) else None


def _path(bench: Bench, sample: _Sample, model: Model) -> list[dict[str, Any]]:
    """AAR and CAAR from 10 sessions before to 10 after, each with its n."""
    if not sample.events:
        return []
    found, _ = gather(bench.ordered, sample.abnormal.firms, sample.positions, PATH, model)
    rows, total = [], 0.0
    for k, offset in enumerate(PATH.offsets.tolist()):
        column = found.ar[np.isfinite(found.ar[:, k]), k]
        aar = float(column.mean()) if len(column) else None
        total += aar or 0.0
        rows.append({"offset": offset, "aar": aar, "caar": total, "n": len(column)})
    return rows


def _rows(bench: Bench, sample: _Sample) -> list[dict[str, Any]]:
    """One row per event: what was announced, when day 0 is and why, its CAR, its estimation."""
    events, fit_ = sample.abnormal, sample.estimate
    ends = adaptive_ends(bench.ordered, events.firms, sample.positions) if events.n else np.zeros(0, np.int64)
    rows = []
    for i, event in enumerate(sample.events):
        thin = _zero_share(bench.series[event.symbol], int(sample.positions[i]))
        flags = [*event.flags, *(["short_estimation"] if events.length[i] < TARGET else [])]
        flags += ["wild_market_days_left_out"] if fit_.wild_days[i] else []
        flags += ["thin_trading"] if thin > THIN else []
        rows.append(
            {
                "symbol": event.symbol,
                "firm": bench.market.names.get(event.symbol, event.symbol),
                "announcements": list(event.announcements),
                "kinds": list(event.kinds),
                "event_date": event.event_date,
                "known_at_basis": event.basis,
                "day0": event.day0,
                "car": float(events.car[i]),
                "scar": float(events.scar[i]),
                "estimation_days": int(events.length[i]),
                "beta": float(fit_.coefficients[i, 1]),
                "beta_all_days": float(fit_.beta_all_days[i]),
                "adaptive_end": int(ends[i]),
                "zero_return_share": thin,
                "flags": flags,
                "others": list(event.others),
            }
        )
    return rows


def _zero_share(series: FirmSeries, position: int) -> float:
    window = series.y[max(0, position - 220) : max(0, position - 20)]
    return float((window == 0.0).mean()) if len(window) else 0.0


def attainable_rows(bench: Bench, kind: str, last: int) -> list[Attainable]:
    """Both readings of the open side by side, held for `last` sessions after day 0."""
    rows = []
    for reading in Reading:
        found, _ = events_of(bench.market, kind_of(kind), reading, max(MERGE_SESSIONS, last))
        rows.append(attainable(bench.market, found, last, str(reading)))
    return rows
