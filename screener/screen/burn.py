"""How a contract's work runs off: evenly by calendar months, the started month by its days.

1. elapsed(start, day) = m + (day − aₘ) ÷ (aₘ₊₁ − aₘ) months, where aₘ = `add_months(start, m)` and aₘ ≤ day < aₘ₊₁.
2. left(start, term, day) = 1 − elapsed ÷ term, kept inside 0 … 1. The work of `day` itself is still to be done.
3. Money is rounded to the fen where a contract's remaining work is told, so that sums agree everywhere.

Straight-line recognition over the service period is what the firms' own lease accounts use (time elapsed as the measure
of progress, CAS 14 §12); months instead of days because contracts state months.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from screener.core import calendar

INTEGRATION_MONTHS = 6  # one-off deliveries, evenly from the announcement


# A sweep asks for the same few contracts on the same days a thousand times; hence two caches.
@lru_cache(maxsize=1 << 14)
def add_months(day: date, months: int) -> date:
    """`calendar.add_months`, remembered."""
    return calendar.add_months(day, months)


def months_between(start: date, day: date) -> float:
    """Calendar months from `start` to `day` (not before it), the last one as a fraction of its own days."""
    month, number = day.year * 12 + day.month - 1, day.toordinal()
    anchor = _anchor(month, start.day)
    if anchor > number:
        month -= 1
        anchor = _anchor(month, start.day)
    months = month - (start.year * 12 + start.month - 1)
    return months + (number - anchor) / (_anchor(month + 1, start.day) - anchor)


@lru_cache(maxsize=1 << 14)
def _anchor(month: int, day: int) -> int:
    """Ordinal of a day number in a month since year 0, clipped to the month's end."""
    first = date(month // 12, month % 12 + 1, 1)
    return first.toordinal() + min(day, (calendar.first_of_next_month(first) - first).days) - 1


@lru_cache(maxsize=1 << 16)
def fraction_left(start: date, months: int, day: date) -> float:
    """Share of the work still to do on `day`: 1 up to `start`, 0 from `months` later on."""
    return max(0.0, 1.0 - months_passed(start, day) / months)


def months_passed(start: date, day: date) -> float:
    """Months of the work that are over on `day`; 0 up to `start`."""
    return months_between(start, day) if day > start else 0.0


def quarter_of(day: date) -> str:
    """The calendar quarter of a day, as 2026Q3."""
    return f"{day.year}Q{(day.month - 1) // 3 + 1}"


def quarter_starts(day: date, last: date) -> list[date]:
    """First days of the quarters after the one of `day`, up to the first that is not before `last`."""
    starts = []
    start = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    while start < last:
        start = add_months(start, 3)
        starts.append(start)
    return starts
