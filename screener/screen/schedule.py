"""When the work of commitments runs: n of them in columns, remembered until a further fact becomes known.

Start = acceptance date if known, else the date a known delay names, else announcement + lag. Integration work starts
with its announcement (or that delay), runs six months and ends with its acceptance.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from screener.core.arrays import Days, Flags, Floats, Ints, distinct
from screener.point_in_time.columns import are, figures
from screener.screen.burn import INTEGRATION_MONTHS, add_months, fraction_left, months_passed
from screener.screen.told import Known

CONFIRMED_WITHIN_MONTHS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """When n commitments run."""

    start: Days  # (n,)
    term: Ints  # (n,) months; 0: nothing to burn by
    done_from: Days  # (n,) integration work: its acceptance; else NaT

    @classmethod
    def of(cls, known: Known, lag: int) -> Schedule:
        """With a lag of so many months from announcement to start."""
        if lag not in known.schedules:
            known.schedules[lag] = cls._made(known, lag)
        found: Schedule = known.schedules[lag]
        return found

    @classmethod
    def _made(cls, known: Known, lag: int) -> Schedule:
        rows = known.web.commitments.rows
        integration, accepted, delayed = are(rows, "work", "integration"), known.accepted, known.delayed
        begins = np.where(integration, known.announced_on, _months_later(known.announced_on, lag))
        start = np.where(np.isnat(delayed), begins, delayed)
        months = np.nan_to_num(figures(rows, "term_months")).astype(np.int64)
        return cls(
            start=np.where(integration | np.isnat(accepted), start, accepted),
            term=np.where(integration, INTEGRATION_MONTHS, months),
            done_from=np.where(integration, accepted, np.datetime64("NaT")),
        )

    def end(self, places: Ints) -> Days:
        """(m,) first day without work, at some places; NaT where no term is known."""
        start, term, done_from = self.start[places], self.term[places], self.done_from[places]
        rows, which = distinct(start, term)
        pairs = zip(start[rows].tolist(), term[rows].tolist(), strict=True)
        ends = np.array([end_of(*pair, None) for pair in pairs], dtype="datetime64[D]")[which]
        return np.where(np.isnat(done_from), ends, np.maximum(start, np.minimum(ends, done_from)))

    def left(self, places: Ints, day: date) -> Floats:
        """(m,) share of the work at some places that is still to do on a day."""
        start, term, done_from = self.start[places], self.term[places], self.done_from[places]
        rows, which = distinct(start)
        passed = np.array([months_passed(one, day) for one in start[rows].tolist()], dtype=np.float64)[which]
        left = np.where(term > 0, np.maximum(0.0, 1.0 - passed / np.maximum(term, 1)), 1.0)
        return np.where(done_from <= np.datetime64(day), 0.0, left)


def end_of(start: date, term: int | None, done_from: date | None) -> date | None:
    """First day without work; None where no term is known."""
    if not term:
        return None
    end = add_months(start, term)
    return end if done_from is None else max(start, min(end, done_from))


def share_left(start: date, term: int | None, done_from: date | None, day: date) -> float:
    """Of work in a straight line what is still to do on `day`; all of it where no term is known."""
    if not term:
        return 1.0
    return 0.0 if done_from is not None and day >= done_from else fraction_left(start, term, day)


def lapses(announced_on: date) -> date:
    """From when on work that nothing has confirmed is told as unconfirmed."""
    return add_months(announced_on, CONFIRMED_WITHIN_MONTHS)


def lapsed(known: Known, places: Ints, day: date) -> Flags:
    """(m,) True where nothing has confirmed some commitments within the time."""
    over = _months_later(known.announced_on[places], CONFIRMED_WITHIN_MONTHS) <= np.datetime64(day)
    return over & ~known.confirmed[places]


def _months_later(day: Days, months: int) -> Days:
    """(n,) each so many calendar months later."""
    rows, which = distinct(day)
    return np.array([add_months(each, months) for each in day[rows].tolist()], dtype="datetime64[D]")[which]
