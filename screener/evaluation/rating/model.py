"""Words of the rating review: bands, readings, statuses, series, one verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

import numpy as np

from screener.core.arrays import Days, Floats
from screener.core.errors import ScreenerError
from screener.point_in_time.prices import carried

EDGE = Fraction(1, 10)  # the standard's 10 %; the text leaves exactly ±10 % open, here it belongs to the outer bands
UP, NEUTRAL, DOWN, UNRATED = "优于大市", "中性", "弱于大市", "无评级"
RATINGS = (UP, NEUTRAL, DOWN, UNRATED)
DROPPED = "终止"  # the broker covers the subject no longer


class Reading(StrEnum):
    """How "within 6 to 12 months" is read."""

    E6 = "E6"  # end of month 6
    E12 = "E12"  # end of month 12
    W = "W"  # mean over the sessions from month 6 to month 12
    A = "A"  # the extremes in that span: an upper bound, never a verdict


class Status(StrEnum):
    """What may be said about one reading, the least conclusive first."""

    NOT_EVALUABLE = "not_evaluable"  # something needed is not loaded
    PENDING = "pending"  # the time has not come
    PARTIAL = "partial"  # between month 6 and month 12
    STALE = "stale"  # the time has come, the prices end before it
    SUPERSEDED = "superseded"  # the broker changed the rating inside the window
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class PriceSeries:
    """Positive levels (T,) on ascending dates (T,), datetime64[D]."""

    dates: Days
    values: Floats
    name: str = ""

    def __post_init__(self) -> None:
        ascending = bool((np.diff(self.dates) > np.timedelta64(0, "D")).all())
        if self.dates.shape != self.values.shape or not ascending or not bool((self.values > 0).all()):
            raise ScreenerError("a price series needs ascending dates and positive values", where=self.name or "series")

    def upto(self, day: date) -> PriceSeries:
        """The part known at the close of `day`."""
        end = int(np.searchsorted(self.dates, np.datetime64(day), side="right"))
        return PriceSeries(self.dates[:end], self.values[:end], self.name)

    def at(self, day: date) -> tuple[date, Fraction] | None:
        """(date, value) of the last row not later than `day`."""
        index = int(np.searchsorted(self.dates, np.datetime64(day), side="right")) - 1
        return None if index < 0 else (self.dates[index].item(), exact(self.values[index]))

    def carried(self, days: Days) -> Floats:
        """(D,) the last value not later than each day; NaN before the first."""
        return carried(self.dates, self.values, days)

    @property
    def last(self) -> date | None:
        """Date of the last row."""
        return self.dates[-1].item() if self.dates.size else None


@dataclass(frozen=True, slots=True)
class Rating:
    """One published rating; `report_date_last` closes the interval where the date is not printed.

    `rating`: in the words of the standard; None where nobody knows what the broker's own word (`printed`) means.
    """

    subject: str
    broker: str
    rating: str | None
    report_date: date
    report_date_last: date | None = None
    subject_kind: str = "stock"  # stock | industry
    action: str | None = None
    market: str = "A"
    industry_index: str | None = None
    rating_id: str = ""
    printed: str | None = None
    analysts: tuple[str, ...] = ()
    target_low: float | None = None
    target_high: float | None = None
    title: str | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        where = self.rating_id or self.subject
        if self.rating is not None and self.rating not in RATINGS:
            raise ScreenerError("rating not understood", where=where, got=self.rating, expected=" | ".join(RATINGS))
        if self.report_date_last is not None and self.report_date_last < self.report_date:
            raise ScreenerError("the interval of the report date ends before it starts", where=where)

    @property
    def called(self) -> bool:
        """True where the rating says something that can come true."""
        return self.rating in (UP, NEUTRAL, DOWN)

    @property
    def call(self) -> str:
        """The rating in the words of the standard; empty where it is not understood."""
        return self.rating or ""

    @property
    def word(self) -> str:
        """`买入 (优于大市)`: the broker's own word, and what it stands for where that is another."""
        if self.printed is None or self.printed == self.rating:
            return self.rating or "?"
        return f"{self.printed} ({self.rating or '?'})"

    def differs(self, other: Rating) -> bool:
        """Whether the same broker now says something else: in his own words where both are printed."""
        if DROPPED in (self.action, other.action) and self.action != other.action:
            return True
        if self.printed and other.printed:
            return self.printed != other.printed
        return self.rating is not None and other.rating is not None and self.rating != other.rating


@dataclass(frozen=True, slots=True)
class Relative:
    """Relative return to one day: subject against benchmark, both forms, exact."""

    arithmetic: Fraction
    geometric: Fraction
    price_date: date
    benchmark_date: date

    def pick(self, *, geometric: bool) -> Fraction:
        """The form asked for."""
        return self.geometric if geometric else self.arithmetic


@dataclass(frozen=True, slots=True)
class Verdict:
    """One reading for one candidate report date. Returns are fractions; `band` only where status is final."""

    reading: Reading
    candidate: date
    start: date | None  # session whose close is the base
    horizon_end: date
    session_unknown: bool
    benchmark: str
    status: Status
    reason: str = ""
    next_step: str = ""
    relative_return: float | None = None
    relative_return_arithmetic: float | None = None
    relative_return_geometric: float | None = None
    band: str | None = None
    hit: bool | None = None
    forms_disagree: bool | None = None  # arithmetic and geometric fall into different bands
    relative_return_from_close_before: float | None = None
    band_from_close_before: str | None = None
    so_far: float | None = None
    so_far_band: str | None = None  # if it ended there
    so_far_date: date | None = None
    highest: float | None = None  # reading A
    lowest: float | None = None
    price_date: date | None = None
    superseded_on: date | None = None
    full_horizon_status: Status | None = None
    full_horizon_return: float | None = None
    full_horizon_band: str | None = None


@lru_cache(maxsize=10_000)  # readings of one rating ask for the same few closes over and over
def exact(value: float) -> Fraction:
    """The price as printed: the shortest decimal of the float, so that 11 ÷ 10 − 1 is 0.1 exactly."""
    return Fraction(Decimal(repr(float(value))))


def band_of(relative: Fraction, edge: Fraction = EDGE) -> str:
    """>= +edge 优于大市, <= −edge 弱于大市, strictly between 中性."""
    if relative >= edge:
        return UP
    return DOWN if relative <= -edge else NEUTRAL
