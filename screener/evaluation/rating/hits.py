"""Hit rates, never without their n: Wilson on n and on the effective n of windows that overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from screener.evaluation.performance import wilson
from screener.evaluation.rating.judged import Judged
from screener.evaluation.rating.model import Reading, Status

Window = tuple[date, date]
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class HitRate:
    """One broker, reading and benchmark: `hits` of `n` final ratings, and what is not counted."""

    broker: str
    reading: Reading
    benchmark: str
    n: int
    hits: int
    n_effective: float | None  # independent looks; None where n is 0, as the two intervals
    interval: Interval | None  # Wilson 95 % on n
    interval_effective: Interval | None  # on n_effective
    undecided: int  # final, but the band hangs on the report date
    duplicates: int
    waiting: Mapping[Status, int]  # first of spell, not final

    @property
    def rate(self) -> float | None:
        """Hits ÷ n; None where n is 0."""
        return self.hits / self.n if self.n else None

    @property
    def note(self) -> str:
        """What the rate is worth, in words."""
        if self.n_effective is None:
            return "no final rating: no rate"
        said = f"{self.hits} of {self.n} final"
        if self.n_effective < self.n - 0.05:
            return f"{said}; windows overlap to {self.n_effective:.1f} independent looks"
        return said

    def as_dict(self) -> dict[str, Any]:
        """Flat, one key per status."""
        (low, high), (low_effective, high_effective) = self.interval or _NONE, self.interval_effective or _NONE
        return {
            "broker": self.broker,
            "reading": str(self.reading),
            "benchmark": self.benchmark,
            "n": self.n,
            "hits": self.hits,
            "hit_rate": self.rate,
            "low": low,
            "high": high,
            "n_effective": self.n_effective,
            "low_effective": low_effective,
            "high_effective": high_effective,
            "note": self.note,
            "undecided": self.undecided,
            "duplicates": self.duplicates,
            **{str(status): count for status, count in self.waiting.items()},
        }


_NONE = (None, None)


def hit_rates(judged: Sequence[Judged]) -> tuple[HitRate, ...]:
    """Per broker, reading and benchmark, in the order of `judged`.

    Reading A, 无评级 and repeated ratings are never in n; a final rating whose band hangs on the report date is counted
    under `undecided`.
    """
    groups: dict[tuple[str, Reading, str], list[Judged]] = {}
    for row in judged:
        if row.main and row.reading is not Reading.A and row.rated.called:
            groups.setdefault((row.rated.broker, row.reading, row.benchmark), []).append(row)
    return tuple(_line(*key, group) for key, group in groups.items())


def effective_n(windows: Sequence[Window]) -> float:
    """Σ over windows of the mean over its days of 1 ÷ (windows open that day).

    n where none overlap, 1 where all are the same: overlapping windows are taken as one look (average uniqueness,
    López de Prado 2018, ch. 4), which is right for firms of one theme and cautious for others.
    """
    edges = sorted({edge for window in windows for edge in window})
    spans = [(a, b, sum(start <= a and b <= end for start, end in windows)) for a, b in pairwise(edges)]
    total = 0.0
    for start, end in windows:
        length = (end - start).days
        inside = ((b - a).days / open_ for a, b, open_ in spans if start <= a and b <= end)
        total += sum(inside) / length if length else 1.0
    return total


def _line(broker: str, reading: Reading, benchmark: str, group: Sequence[Judged]) -> HitRate:
    first = [row for row in group if not row.duplicate]
    final = [row for row in first if row.final]
    decided = [row for row in final if row.hit is not None]
    n, hits = len(decided), sum(bool(row.hit) for row in decided)
    worth = effective_n([(row.rated.report_date, row.horizon_end) for row in decided]) if n else None
    return HitRate(
        broker=broker,
        reading=reading,
        benchmark=benchmark,
        n=n,
        hits=hits,
        n_effective=worth,
        interval=wilson(hits, n) if n else None,
        interval_effective=wilson(hits / n * worth, worth) if worth is not None else None,
        undecided=len(final) - n,
        duplicates=len(group) - len(first),
        waiting={status: sum(row.status is status for row in first) for status in Status if status != Status.FINAL},
    )
