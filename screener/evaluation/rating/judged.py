"""One reading of one rating, as one series has it, against one benchmark, over all candidate report dates.

1. The least conclusive status of any date wins; figures are those of the latest date that has it (`headline`).
2. A band, and with it a hit, only where the reading is final and all dates agree.
3. Ranges and lists run over all dates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from typing import Any

from screener.core.rating_words import Standard
from screener.evaluation.rating.model import Rating, Reading, Status, Verdict
from screener.evaluation.rating.stand_in import StandIn

SEVERITY = {status: rank for rank, status in enumerate(Status)}  # the least conclusive first
Range = tuple[float | None, float | None]


@dataclass(frozen=True)
class Judged:
    """See the steps above. Returns are fractions; `as_dict` has the flat keys others script against."""

    rated: Rating
    verdicts: tuple[Verdict, ...]  # one per candidate date, by date
    totals: tuple[Verdict, ...] = ()  # the same with dividends on both sides; none where that is not stored
    stand_in: StandIn | None = None  # the index in the place of a rated industry; None for a stock, or where none is
    depends_on_series: bool | None = None  # the series of the rating would end in different bands; None: one at most
    standard: Standard | None = None  # what the broker's own word means; None where nobody has written it down
    confirmed: bool | None = None  # E6, E12 and W final and in the rated band; None before, or undecided
    duplicate: bool = False  # the same rating while a counted window of it is still open

    @cached_property
    def headline(self) -> Verdict:
        """The latest candidate date among those with the least conclusive status."""
        return _headline(self.verdicts)

    @cached_property
    def total(self) -> Verdict | None:
        """The headline of the second line, dividends on both sides."""
        return _headline(self.totals) if self.totals else None

    @property
    def reading(self) -> Reading:
        """How the time was read."""
        return self.headline.reading

    @property
    def benchmark(self) -> str:
        """The index it is held against."""
        return self.headline.benchmark

    @property
    def status(self) -> Status:
        """The least conclusive one of any date."""
        return self.headline.status

    @property
    def final(self) -> bool:
        """True where every date is."""
        return self.status is Status.FINAL

    @property
    def horizon_end(self) -> date:
        """End of the headline's window."""
        return self.headline.horizon_end

    @property
    def relative_return(self) -> float | None:
        """Of the headline; None unless final (a superseded one: its return at the change)."""
        return self.headline.relative_return

    @property
    def bands(self) -> list[str]:
        """Every band that a date ended in."""
        return _distinct(verdict.band for verdict in self.verdicts)

    @property
    def band(self) -> str | None:
        """The band of all dates; None unless final and one."""
        return self.bands[0] if self._agreed else None

    @property
    def hit(self) -> bool | None:
        """Whether that is the rated band; None for 无评级."""
        return self.headline.hit if self._agreed else None

    @property
    def own_hit(self) -> bool | None:
        """Whether it holds by the broker's own figures, where they are meant for this horizon; None before it is final.

        None too where the report dates disagree, for a mean, or without figures.
        """
        months = {Reading.E6: 6, Reading.E12: 12}.get(self.reading)
        if not self.final or self.standard is None or months is None:
            return None
        if not self.standard.first_months <= months <= self.standard.last_months:
            return None
        told = {self.standard.holds(verdict.relative_return or 0.0) for verdict in self.verdicts}
        return told.pop() if len(told) == 1 else None

    @property
    def _agreed(self) -> bool:
        return self.final and len(self.bands) == 1

    @property
    def main(self) -> bool:
        """False for a series that only stands beside the one a rating is counted by."""
        return self.stand_in is None or self.stand_in.main

    @property
    def standing_bands(self) -> list[str]:
        """Every band a date ended in, or would end in if it ended there."""
        return self.bands if self.final else self.so_far_bands

    @property
    def depends_on_date(self) -> bool | None:
        """Whether the band hangs on the report date; None unless final."""
        return len(self.bands) > 1 if self.final and self.reading is not Reading.A else None

    @property
    def forms_disagree(self) -> bool | None:
        """Whether r − b and (1+r) ÷ (1+b) − 1 end in different bands on any date; None unless final."""
        return any(verdict.forms_disagree for verdict in self.verdicts) if self.final else None

    @property
    def relative_return_range(self) -> Range:
        """(lowest, highest) over the dates."""
        return _range([verdict.relative_return for verdict in self.verdicts])

    @property
    def so_far_range(self) -> Range:
        """(lowest, highest) way so far over the dates, of a date that is over its end; (None, None) once final."""
        if self.final:
            return None, None
        return _range([_first(verdict.so_far, verdict.relative_return) for verdict in self.verdicts])

    @property
    def so_far_bands(self) -> list[str]:
        """Every band a date would end in if it ended there; none once final."""
        return [] if self.final else _distinct(verdict.so_far_band or verdict.band for verdict in self.verdicts)

    def as_dict(self) -> dict[str, Any]:
        """The flat keys of design.md §7, then the rest, and every date under `candidates`."""
        return {
            **self._answer(),
            **self._rating(),
            **self._figures(),
            "candidates": [asdict(verdict) for verdict in self.verdicts],
            **self._second_line(),
            "confirmed": self.confirmed,
            "duplicate": self.duplicate,
        }

    def _answer(self) -> dict[str, Any]:
        return {
            "subject": self.rated.subject,
            "broker": self.rated.broker,
            "rating": self.rated.rating,
            "report_date": self.rated.report_date,
            "benchmark": self.benchmark,
            "status": str(self.status),
            "horizon_end": self.horizon_end,
            "relative_return": self.relative_return,
            "band": self.band,
            "reading": str(self.reading),
            "hit": self.hit,
            "reason": self.headline.reason,
            "next_step": self.headline.next_step,
        }

    def _rating(self) -> dict[str, Any]:
        return {
            "rating_id": self.rated.rating_id,
            "subject_kind": self.rated.subject_kind,
            "market": self.rated.market,
            "action": self.rated.action,
            "printed": self.rated.printed,
            "analysts": list(self.rated.analysts),
            "target_low": self.rated.target_low,
            "target_high": self.rated.target_high,
            "own_low": self.standard and self.standard.low,
            "own_high": self.standard and self.standard.high,
            "own_certainty": self.standard and self.standard.certainty,
            "own_hit": self.own_hit,
            "title": self.rated.title,
            "url": self.rated.url,
            "report_date_last": self.rated.report_date_last,
            "series": self.stand_in and self.stand_in.index,
            "series_name": self.stand_in and self.stand_in.name,
            "series_rank": self.stand_in and self.stand_in.rank,
            "series_certainty": self.stand_in and self.stand_in.certainty,
            "candidate_dates": len(self.verdicts),
            "candidate_dates_in_this_status": sum(verdict.status is self.status for verdict in self.verdicts),
            "horizon_end_first": self.verdicts[0].horizon_end,
            "session_unknown": any(verdict.session_unknown for verdict in self.verdicts),
        }

    def _figures(self) -> dict[str, Any]:
        last, (low, high), (so_low, so_high) = self.headline, self.relative_return_range, self.so_far_range
        return {
            "relative_return_low": low,
            "relative_return_high": high,
            "bands": self.bands,
            "depends_on_date": self.depends_on_date,
            "depends_on_series": self.depends_on_series,
            "forms_disagree": self.forms_disagree,
            "relative_return_geometric": last.relative_return_geometric,
            "relative_return_from_close_before": last.relative_return_from_close_before,
            "band_from_close_before": last.band_from_close_before,
            "so_far_low": so_low,
            "so_far_high": so_high,
            "so_far_bands": self.so_far_bands,
            "so_far_date": last.so_far_date,
            "highest": last.highest,
            "lowest": last.lowest,
            "superseded_on": last.superseded_on,
            "full_horizon_status": last.full_horizon_status and str(last.full_horizon_status),
            "full_horizon_return": last.full_horizon_return,
            "full_horizon_band": last.full_horizon_band,
        }

    def _second_line(self) -> dict[str, Any]:
        total = self.total
        return {
            "total_return_benchmark": total and total.benchmark,
            "total_return_status": total and str(total.status),
            "relative_total_return": total and total.relative_return,
            "band_total_return": total and total.band,
            "so_far_total_return": total and total.so_far,
        }


def _headline(verdicts: Sequence[Verdict]) -> Verdict:
    status = min((verdict.status for verdict in verdicts), key=SEVERITY.__getitem__)
    return next(verdict for verdict in reversed(verdicts) if verdict.status is status)


def _first(value: float | None, other: float | None) -> float | None:
    return other if value is None else value


def _distinct(bands: Iterable[str | None]) -> list[str]:
    return sorted({band for band in bands if band})


def _range(values: Iterable[float | None]) -> Range:
    known = [value for value in values if value is not None]
    return min(known, default=None), max(known, default=None)
