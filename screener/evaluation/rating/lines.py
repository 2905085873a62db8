"""The readings of one rating, as one series has it, in one line: what a person reads first.

1. So far: the way to the last common day, low and high over the candidate report dates, and the bands it would be.
2. Month 6 and month 12: their verdicts, or when they are due.
3. Where it stands: the least that may be said of E6, E12 and W; `held`, `not_held` or `mixed` once all three are final.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from screener.evaluation.rating.judged import SEVERITY, Judged, Range
from screener.evaluation.rating.model import Rating, Reading, Status
from screener.evaluation.rating.stand_in import StandIn

HELD, NOT_HELD, MIXED = "held", "not_held", "mixed"


@dataclass(frozen=True)
class Line:
    """One rating, one series, one benchmark."""

    six: Judged
    twelve: Judged
    mean: Judged

    @property
    def rated(self) -> Rating:
        """The rating itself."""
        return self.six.rated

    @property
    def stand_in(self) -> StandIn | None:
        """The series in the place of a rated industry."""
        return self.six.stand_in

    @property
    def benchmark(self) -> str:
        """The index it is held against."""
        return self.six.benchmark

    @property
    def repeated(self) -> bool:
        """True for a rating that says once more what the same broker's standing one says."""
        return self.six.duplicate

    @property
    def so_far(self) -> Range:
        """(low, high) way so far over the report dates; nothing once month 12 is final."""
        return self.twelve.so_far_range

    @property
    def so_far_date(self) -> date | None:
        """The last common day of both series, or the end where it is over."""
        return self.twelve.headline.so_far_date

    @property
    def today(self) -> list[str]:
        """The bands it would be, or is, by report date."""
        return self.twelve.standing_bands

    @property
    def depends_on_date(self) -> bool:
        """True where the report dates end, or would end, in different bands."""
        return any(len(row.standing_bands) > 1 for row in (self.six, self.twelve))

    @property
    def depends_on_series(self) -> bool:
        """True where the series of the rating end, or would end, in different bands."""
        return any(bool(row.depends_on_series) for row in (self.six, self.twelve))

    @property
    def standing(self) -> str:
        """A status, or `held`, `not_held`, `mixed`."""
        read = (self.six, self.twelve, self.mean)
        least = min((row.status for row in read), key=SEVERITY.__getitem__)
        if least is not Status.FINAL:
            return str(Status.PARTIAL if least is Status.PENDING and self.six.final else least)
        hits = [row.hit for row in read]
        if all(hits):
            return HELD
        return NOT_HELD if all(hit is False for hit in hits) else MIXED

    def as_dict(self) -> dict[str, Any]:
        """Flat, for the sheet of a workbook and for files."""
        low, high = self.so_far
        return {
            "subject": self.rated.subject,
            "broker": self.rated.broker,
            "rating": self.rated.rating,
            "printed": self.rated.printed,
            "report_date": self.rated.report_date,
            "report_date_last": self.rated.report_date_last,
            "series": self.stand_in and self.stand_in.index,
            "series_name": self.stand_in and self.stand_in.name,
            "benchmark": self.benchmark,
            "standing": self.standing,
            "repeated": self.repeated,
            "so_far_low": low,
            "so_far_high": high,
            "so_far_date": self.so_far_date,
            "today": self.today,
            "depends_on_date": self.depends_on_date,
            "depends_on_series": self.depends_on_series,
            **_end("month_6", self.six),
            **_end("month_12", self.twelve),
        }


def lines(judged: Sequence[Judged]) -> tuple[Line, ...]:
    """One line per rating, series and benchmark, in the order of `judged`."""
    groups: dict[tuple[object, ...], dict[Reading, Judged]] = {}
    for row in judged:
        groups.setdefault((row.rated, row.stand_in, row.benchmark), {})[row.reading] = row
    return tuple(Line(rows[Reading.E6], rows[Reading.E12], rows[Reading.W]) for rows in groups.values())


def _end(name: str, row: Judged) -> dict[str, Any]:
    return {f"{name}_due": row.horizon_end, f"{name}_return": row.relative_return, f"{name}_band": row.band}
