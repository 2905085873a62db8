"""Which band a rated share or industry reached, for every candidate report date and every reading.

1. Candidate dates: every session of the report-date interval, or the report date itself.
2. Base: the close of the first session on or after the candidate; beside it the close of the session before.
3. Ends: the same day number 6 and 12 months on, clipped to the month's end, rolled to the previous session; beyond the
   last known session a plain date, marked.
4. Relative return: (P ÷ P₀ − 1) − (B ÷ B₀ − 1), beside it P·B₀ ÷ (P₀·B) − 1, in exact fractions.
5. Status first; a band only where it is final. What lies between base and end so far is shown as so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from screener.core.arrays import Days, Floats
from screener.core.calendar import Calendar, add_months
from screener.evaluation.rating.model import (
    DOWN,
    UP,
    PriceSeries,
    Rating,
    Reading,
    Relative,
    Status,
    Verdict,
    band_of,
    exact,
)

FIRST_MONTHS, LAST_MONTHS = 6, 12


@dataclass(frozen=True, slots=True)
class Case:
    """One rating at one candidate date: series cut at the as-of date, base session, both ends."""

    rating: Rating
    candidate: date
    prices: PriceSeries
    benchmark: PriceSeries
    as_of: date
    start: date | None
    before: date | None
    first: date
    last: date
    known_until: date  # last known session
    geometric: bool = False

    def end(self, reading: Reading) -> date:
        """Horizon end of a reading."""
        return self.first if reading is Reading.E6 else self.last

    def common(self) -> date | None:
        """Last day up to which both series are known."""
        ends = (self.prices.last, self.benchmark.last)
        return None if ends[0] is None or ends[1] is None else min(ends[0], ends[1])


def evaluate(
    rating: Rating,
    prices: PriceSeries,
    benchmark: PriceSeries,
    calendar: Calendar,
    as_of: date,
    *,
    geometric: bool = False,
    others: Sequence[Rating] = (),
) -> list[Verdict]:
    """One verdict per candidate date and reading (E6, E12, W, A), by date.

    Nothing after the close of `as_of` is used. `others`: further ratings, among them those that may supersede this one.
    """
    verdicts = []
    for candidate in candidates(rating, calendar):
        case = make_case(rating, candidate, prices, benchmark, calendar, as_of, geometric=geometric)
        changed = superseded_on(rating, candidate, others, as_of)
        verdicts += [_superseded(case, _verdict(case, reading), changed) for reading in Reading]
    return verdicts


def candidates(rating: Rating, calendar: Calendar) -> list[date]:
    """Sessions of the report-date interval; the report date itself where there is no interval or no session in it."""
    if rating.report_date_last is None or rating.report_date_last == rating.report_date:
        return [rating.report_date]
    return list(calendar.between(rating.report_date, rating.report_date_last)) or [rating.report_date]


def horizon_end(candidate: date, months: int, calendar: Calendar) -> tuple[date, bool]:
    """(end, session_unknown): `months` on, clipped to the month, rolled to the previous session where it is known."""
    end = add_months(candidate, months)
    known = calendar.first <= end <= calendar.last
    return (calendar.on_or_before(end), False) if known else (end, True)


def make_case(
    rating: Rating,
    candidate: date,
    prices: PriceSeries,
    benchmark: PriceSeries,
    calendar: Calendar,
    as_of: date,
    *,
    geometric: bool = False,
) -> Case:
    """Series cut at `as_of`, base sessions and ends of one candidate date."""
    start = calendar.on_or_after(candidate) if calendar.first <= candidate <= calendar.last else None
    before = calendar.before(start) if start is not None and start > calendar.first else None
    (first, _), (last, _) = (horizon_end(candidate, months, calendar) for months in (FIRST_MONTHS, LAST_MONTHS))
    cut = (prices.upto(as_of), benchmark.upto(as_of))
    return Case(rating, candidate, *cut, as_of, start, before, first, last, calendar.last, geometric)


def relative_return(prices: PriceSeries, benchmark: PriceSeries, base: date | None, day: date) -> Relative | None:
    """From the close of `base` to the close of `day`, each the last known by then; None where a price is missing."""
    if base is None or day < base:
        return None
    p0, p, b0, b = (series.at(when) for series in (prices, benchmark) for when in (base, day))
    if p0 is None or p is None or b0 is None or b is None:
        return None
    own, other = p[1] / p0[1], b[1] / b0[1]
    return Relative(own - other, own / other - 1, p[0], b[0])


def relative(case: Case, day: date, base: date | None) -> Relative | None:
    """`relative_return` of a case."""
    return relative_return(case.prices, case.benchmark, base, day)


def superseded_on(rating: Rating, candidate: date, others: Sequence[Rating], as_of: date) -> date | None:
    """First date after `candidate` on which the same broker rates the same subject otherwise; 维持 changes nothing."""
    return min(
        (
            other.report_date
            for other in others
            if (other.subject, other.broker) == (rating.subject, rating.broker)
            and candidate < other.report_date <= as_of
            and rating.differs(other)
        ),
        default=None,
    )


def status_of(case: Case, reading: Reading) -> tuple[Status, str, str]:
    """(status, reason, next step) of a reading before any thought of a changed rating."""
    end = case.end(reading)
    if case.as_of < end:
        partial = reading is not Reading.E6 and case.as_of >= case.first
        return (Status.PARTIAL if partial else Status.PENDING), f"horizon ends {end}, as of {case.as_of}", ""
    if end > case.known_until:
        return Status.STALE, f"sessions are known to {case.known_until} only", "screener fetch --only calendar"
    if case.benchmark.last is None or case.benchmark.last < end:
        return Status.STALE, f"benchmark ends early: {case.benchmark.last}", "screener fetch --only indices"
    if relative(case, end, case.start) is None:
        return Status.NOT_EVALUABLE, f"no price by the base session {case.start}", "screener fetch --only bars"
    point = case.prices.at(end)
    if point is None or point[0] < end:
        return Status.STALE, f"last price {point and point[0]} is older than the horizon end: halted or delisted", ""
    return Status.FINAL, "", ""


def _verdict(case: Case, reading: Reading) -> Verdict:
    status, reason, step = status_of(case, reading)
    end = case.end(reading)
    verdict = Verdict(
        reading, case.candidate, case.start, end, end > case.known_until, case.benchmark.name, status, reason, step
    )
    if status is Status.FINAL:
        return _scored(case, verdict)
    return _so_far(case, verdict)


def _scored(case: Case, verdict: Verdict) -> Verdict:
    """A final reading with its return, both forms, both bases; reading A gets its extremes and no band."""
    if verdict.reading is Reading.A:
        return _extremes(case, verdict)
    value, other_base = (_measure(case, verdict.reading, base) for base in (case.start, case.before))
    if value is None:
        return replace(verdict, status=Status.NOT_EVALUABLE, reason="no benchmark level inside the span")
    chosen, band = value.pick(geometric=case.geometric), band_of(value.pick(geometric=case.geometric))
    prior = None if other_base is None else other_base.pick(geometric=case.geometric)
    return replace(
        verdict,
        reason=_halted_at_base(case),
        relative_return=float(chosen),
        relative_return_arithmetic=float(value.arithmetic),
        relative_return_geometric=float(value.geometric),
        band=band,
        hit=band == case.rating.rating if case.rating.called else None,
        forms_disagree=band_of(value.arithmetic) != band_of(value.geometric),
        relative_return_from_close_before=None if prior is None else float(prior),
        band_from_close_before=None if prior is None else band_of(prior),
        price_date=value.price_date,
    )


def _halted_at_base(case: Case) -> str:
    point = case.prices.at(case.start) if case.start else None
    return f"halted at the base session: its price is of {point[0]}" if point and point[0] != case.start else ""


def _measure(case: Case, reading: Reading, base: date | None) -> Relative | None:
    """The statistic of E6, E12 (value at the end) or W (mean over the benchmark's sessions in [month 6, month 12])."""
    if reading is not Reading.W:
        return relative(case, case.end(reading), base)
    return _mean(case, base)


def _path(case: Case, base: date | None) -> tuple[Days, Floats, Floats]:
    """(days, arithmetic, geometric) on the benchmark's sessions from month 6 to month 12 that both series know."""
    days = case.benchmark.dates
    days = days[(days >= np.datetime64(case.first)) & (days <= np.datetime64(case.last))]
    none = days[:0], np.array([]), np.array([])
    points = [None if base is None else series.at(base) for series in (case.prices, case.benchmark)]
    if points[0] is None or points[1] is None:
        return none
    own, other = (
        series.carried(days) / float(point[1])
        for series, point in zip((case.prices, case.benchmark), points, strict=True)
        if point
    )
    return days, own - other, own / other - 1


def _mean(case: Case, base: date | None) -> Relative | None:
    """Mean of both forms over the span, to twelve decimals: a mean of exactly 10 % is 10 %, whatever its last bit."""
    days, *forms = _path(case, base)
    if not days.size:
        return None
    arithmetic, geometric = (exact(round(float(form.mean()), 12)) for form in forms)
    last: date = days[-1].item()
    point = case.prices.at(last)
    return Relative(arithmetic, geometric, point[0] if point else last, last)


def _extremes(case: Case, verdict: Verdict) -> Verdict:
    """Highest and lowest relative return of the span: what a reader could pick afterwards, so never a verdict."""
    _, arithmetic, geometric = _path(case, case.start)
    values = geometric if case.geometric else arithmetic
    if not values.size:
        return verdict
    highest, lowest = float(values.max()), float(values.min())
    return replace(
        verdict,
        reason="upper bound over many looks, not a verdict",
        relative_return={UP: highest, DOWN: lowest}.get(case.rating.rating or ""),
        highest=highest,
        lowest=lowest,
    )


def _so_far(case: Case, verdict: Verdict) -> Verdict:
    """The way until the last common day or the end, labelled as such; a partial W is the mean so far."""
    day = _last_day(case, verdict)
    value = None if day is None else relative(case, day, case.start)
    if verdict.reading in (Reading.W, Reading.A) and verdict.status is Status.PARTIAL:
        value = (_mean(case, case.start) or value) if verdict.reading is Reading.W else value
    if value is None or day is None:
        return verdict
    chosen = value.pick(geometric=case.geometric)
    return replace(
        verdict, so_far=float(chosen), so_far_band=band_of(chosen), so_far_date=day, price_date=value.price_date
    )


def _last_day(case: Case, verdict: Verdict) -> date | None:
    """The last common day up to the end; the end itself where only the stock stands still (last close carried)."""
    common, level = case.common(), case.benchmark.last
    if verdict.status is Status.STALE and level is not None and level >= verdict.horizon_end:
        return verdict.horizon_end
    return None if common is None else min(common, verdict.horizon_end)


def _superseded(case: Case, verdict: Verdict, changed: date | None) -> Verdict:
    """A rating changed inside the window is closed at the change; the score of the whole horizon stays beside it."""
    if changed is None or changed > verdict.horizon_end:
        return verdict
    at_change = relative(case, changed, case.start)
    chosen = None if at_change is None else at_change.pick(geometric=case.geometric)
    return replace(
        verdict,
        status=Status.SUPERSEDED,
        reason=f"the broker changed the rating on {changed}",
        relative_return=None if chosen is None else float(chosen),
        relative_return_arithmetic=None if at_change is None else float(at_change.arithmetic),
        relative_return_geometric=None if at_change is None else float(at_change.geometric),
        band=None,
        hit=None,
        superseded_on=changed,
        full_horizon_status=verdict.status,
        full_horizon_return=verdict.relative_return,
        full_horizon_band=verdict.band,
    )
