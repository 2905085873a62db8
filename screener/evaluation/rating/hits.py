"""Hit rates, never without their n: Wilson on n and on the effective n of windows that overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from screener.evaluation.performance import wilson
from screener.evaluation.rating.model import UNRATED, Reading, Status

Window = tuple[date, date]


def hit_table(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Per broker, reading and benchmark: n (final), hits, rate, intervals, and what is not counted.

    Reading A, 无评级 and repeated ratings are never in n; a final rating whose band hangs on the report date is counted
    under `undecided`. The rate is null where n is 0.
    """
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["reading"] != Reading.A and row["rating"] != UNRATED:
            groups.setdefault((row["broker"], row["reading"], row["benchmark"]), []).append(row)
    return [_line(*key, group) for key, group in groups.items()]


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


def _line(broker: str, reading: str, benchmark: str, group: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first = [row for row in group if not row["duplicate"]]
    final = [row for row in first if row["status"] == Status.FINAL]
    decided = [row for row in final if row["hit"] is not None]
    n, hits = len(decided), sum(row["hit"] for row in decided)
    rest = {str(status): sum(row["status"] == status for row in first) for status in Status if status != Status.FINAL}
    return {
        "broker": broker,
        "reading": reading,
        "benchmark": benchmark,
        "n": n,
        "hits": hits,
        **_rate(n, hits, [(row["report_date"], row["horizon_end"]) for row in decided]),
        "undecided": len(final) - n,
        "duplicates": len(group) - len(first),
        **rest,
    }


def _rate(n: int, hits: int, windows: Sequence[Window]) -> dict[str, Any]:
    names = ("hit_rate", "low", "high", "n_effective", "low_effective", "high_effective")
    if n == 0:
        return dict.fromkeys(names) | {"note": "no final rating: no rate"}
    effective = effective_n(windows)
    values = (hits / n, *wilson(hits, n), effective, *wilson(hits / n * effective, effective))
    note = f"{hits} of {n} final; windows overlap to {effective:.1f} independent looks" if effective < n - 0.05 else ""
    return dict(zip(names, values, strict=True)) | {"note": note or f"{hits} of {n} final"}
