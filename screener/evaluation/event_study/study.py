"""One event study: a kind of event, a window, a model, a reading of day 0 → every figure with what it stands on.

1. The sample (bench): events in the test with their abnormal returns, and those left out.
2. CAAR, interval and detectable effect on the effective n; tests; placebo dates.
3. Path of AAR and CAAR, attainable returns, one row per event: computed when a table asks for them.
Windows and readings of one kind are studied together: correlations of their events are computed once, and a reading
that moves no event is the other one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from math import sqrt

import numpy as np

from screener.core.arrays import Floats
from screener.core.errors import UsageError
from screener.evaluation.event_study import longrun, parametric, ranks
from screener.evaluation.event_study.bench import Bench, Sample, gap_of, sample_of
from screener.evaluation.event_study.clusters import effective_firms, effective_n
from screener.evaluation.event_study.correlation import mean_correlations
from screener.evaluation.event_study.feasible import Attainable, attainable
from screener.evaluation.event_study.kinds import kind_of
from screener.evaluation.event_study.model import ADAPTIVE_CAP, Abnormal, Model, Window, cells, gather
from screener.evaluation.event_study.outcome import Outcome, Outcomes, absent
from screener.evaluation.event_study.path import PATH, MeanPath, PathDay, mean_path, path_days
from screener.evaluation.event_study.randomisation import Control, randomisation
from screener.evaluation.event_study.rows import EventRow, event_rows
from screener.evaluation.event_study.sample import Dropped, Reading

HEADLINE = (Window(0, 1), Window(-1, 1))
ADAPTIVE = Window(0, ADAPTIVE_CAP, adaptive=True)
HORIZON = 20  # sessions a calendar-time portfolio holds a firm after its event
DESCRIPTIVE_BELOW = 8.0
DETECT = 1.959963984540054 + 0.8416212335729143  # z(0.975) + z(0.80)

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


@dataclass(frozen=True, eq=False)
class Looked:
    """What a study was made of, and the figures that only some tables show."""

    bench: Bench
    sample: Sample
    window: Window
    model: Model

    @property
    def events(self) -> Abnormal:
        """The events in the test."""
        return self.sample.abnormal

    def rows(self) -> tuple[EventRow, ...]:
        """One row per event in the test."""
        return event_rows(self.bench, self.sample, self.window)

    def around(self) -> Floats:
        """(n, 21) abnormal returns over sessions −10 … +10."""
        return self._in(PATH).ar

    def caar_market_days(self) -> float | None:
        """CAAR with windows counted in sessions of the market instead of the firm's own."""
        if self.window.adaptive:
            return None
        cars = self._in(Window(self.window.first, self.window.last, market_days=True)).car
        known = cars[np.isfinite(cars)]
        return float(known.mean()) if len(known) else None

    def _in(self, window: Window) -> Abnormal:
        sample, firms = self.sample, self.events.firms
        found, _ = gather(
            self.bench.stack, firms, sample.positions, window, self.model, days0=sample.rows, estimated=sample.estimated
        )
        return found


@dataclass(frozen=True, eq=False)
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
    hindsight: str  # what is known against the choice of firms; empty where nothing is
    tests: Mapping[str, Outcome] = field(repr=False)
    control: Control | None = field(repr=False)
    symbols: tuple[str, ...] = field(repr=False)  # (n,) whose event each is
    dropped: tuple[Dropped, ...] = field(repr=False)
    left_out: Mapping[str, int] = field(repr=False)  # reason in short → events that are in no test
    looked: Looked = field(repr=False)

    @property
    def descriptive(self) -> bool:
        """True where the effective n allows no test."""
        return self.n_effective < DESCRIPTIVE_BELOW

    @property
    def p(self) -> float | None:
        """The primary p-value: placebo dates, studentised."""
        return self.tests["randomisation"].p if "randomisation" in self.tests else None

    @cached_property
    def events(self) -> tuple[EventRow, ...]:
        """One row per event in the test."""
        return self.looked.rows()

    @cached_property
    def caar_market_days(self) -> float | None:
        """CAAR with windows counted in sessions of the market instead of the firm's own."""
        return self.looked.caar_market_days()

    @cached_property
    def around(self) -> Floats:
        """(n, 21) abnormal returns over sessions −10 … +10."""
        return self.looked.around()

    @cached_property
    def path(self) -> tuple[PathDay, ...]:
        """AAR and CAAR from 10 sessions before to 10 after, each with its n."""
        return path_days(self.around)

    @cached_property
    def mean_path(self) -> MeanPath:
        """The path with its 95 % band. Raises UsageError where no event is left to draw."""
        if not self.path:
            raise UsageError("nothing to draw: no event of this kind can be studied", got=self.kind)
        return mean_path(self.path, self.around, self.n_effective, band=not self.descriptive)


def study(
    bench: Bench,
    kind: str = "order",
    window: Window = HEADLINE[0],
    *,
    model: Model = Model.TWO_FACTOR,
    reading: Reading = Reading.PRINTED,
) -> Study:
    """Runs one event study. Raises UsageError for an unknown kind, DataRefused without the benchmark index."""
    return studies(bench, kind, [(window, reading)], model=model)[0]


def studies(
    bench: Bench, kind: str, looks: Sequence[tuple[Window, Reading]], *, model: Model = Model.TWO_FACTOR
) -> list[Study]:
    """One study for each window and reading of a kind. Raises as `study` does."""
    asked = [(window, bench.read_as(kind, reading)) for window, reading in looks]
    found = {look: Looked(bench, sample_of(bench, kind, look[0], model, look[1]), look[0], model) for look in asked}
    correlations = mean_correlations({one.events: one.sample.numbers for one in found.values()})
    made = {
        look: _study(kind, one, str(look[1]), rbar)
        for (look, one), rbar in zip(found.items(), correlations, strict=True)
    }
    return [replace(made[look], reading=str(reading)) for look, (_, reading) in zip(asked, looks, strict=True)]


def _study(kind: str, looked: Looked, reading: str, rbar: float) -> Study:
    sample, events, chosen = looked.sample, looked.events, kind_of(kind, looked.bench.market)
    symbols = tuple(event.symbol for event in sample.events)
    worth = effective_n(events.n, rbar)
    caar, low, high, detectable = estimate_caar(events.car, worth)
    control = _control(looked) if events.n else None
    return Study(
        kind=kind,
        label=chosen.label,
        plural=chosen.plural,
        window=str(looked.window),
        model=str(looked.model),
        reading=reading,
        n=events.n,
        firms=len({*symbols}),
        n_effective=worth,
        firms_effective=effective_firms(events.firms),
        caar=caar,
        low=low,
        high=high,
        detectable=detectable,
        correlation=rbar,
        uncertain=sum("day0_uncertain" in e.flags for e in sample.events),
        hindsight=sample.hindsight,
        tests=_tests(looked, control) if control else {},
        control=control,
        symbols=symbols,
        dropped=tuple(sample.dropped),
        left_out=dict(sample.left_out),
        looked=looked,
    )


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


def _control(looked: Looked) -> Control:
    bench, window, events = looked.bench, looked.window, looked.events
    return randomisation(
        events,
        looked.sample.rows,
        bench.clear(window, looked.model),
        partial(bench.placebo, window, looked.model),
        gap=gap_of(window.last),
        draws=bench.draws,
        seed=bench.seed,
    )


def _tests(looked: Looked, control: Control) -> Outcomes:
    """The primary first, then the rest; each with its own n."""
    primary = {"randomisation": control.studentised, "randomisation_caar": control.caar}
    return Outcomes(primary, lambda: _further(looked))


def _further(looked: Looked) -> dict[str, Outcome]:
    events, seed = looked.events, looked.bench.seed
    found = {
        name: test(events) if events.n >= 2 else absent(events.n, "fewer than 2 events")
        for name, test in EVENT_TESTS.items()
    }
    found["bhar_skewness_adjusted"] = longrun.skew_adjusted_bhar(_bhar(looked), seed=seed)
    found |= _calendar_time(looked.bench, looked.sample)
    found["clustered_date"] = longrun.clustered(events, seed=seed)
    found["clustered_date_firm"] = longrun.clustered(events, both=True, seed=seed)
    return found


def _bhar(looked: Looked) -> Floats:
    """(n,) buy-and-hold return of each event less that of the index over the same sessions."""
    at = looked.sample.positions[:, None] + looked.window.offsets
    y, x, _, _ = cells(looked.bench.stack, looked.events.firms, at)
    inside = looked.events.event_rows >= 0
    own, other = np.where(inside, y, np.nan), np.where(inside, x[..., 0], np.nan)
    return longrun.buy_and_hold(own, other)


def _calendar_time(bench: Bench, sample: Sample) -> dict[str, Outcome]:
    firms = np.array([bench.market.index_of(e.symbol) for e in sample.events], dtype=np.int64)
    portfolio, count = longrun.calendar_portfolio(bench.returns, firms, sample.rows, HORIZON)
    return longrun.calendar_time(portfolio, bench.index_returns, count)


def attainable_rows(bench: Bench, kind: str, last: int) -> tuple[Attainable, ...]:
    """Both readings of the open side by side, held for `last` sessions after day 0."""
    found = {str(reading): bench.events(kind, reading, gap_of(last))[0] for reading in Reading}
    return attainable(bench.held, found, last)
