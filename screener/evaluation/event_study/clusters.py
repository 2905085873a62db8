"""Which events share sessions, and how many independent looks they amount to."""

from __future__ import annotations

import numpy as np

from screener.evaluation.event_study.series import Ints


def overlap(first: Ints, second: Ints) -> bool:
    """True where two event windows (session rows, −1 = none) share calendar time."""
    a, b = first[first >= 0], second[second >= 0]
    return bool(len(a) and len(b) and a.min() <= b.max() and b.min() <= a.max())


def clusters(event_rows: Ints) -> list[list[int]]:
    """Groups of events chained by shared sessions, in order of their first event. event_rows (n, m), −1 = none."""
    spans = []
    for i, rows in enumerate(event_rows):
        held = rows[rows >= 0]
        if len(held):
            spans.append((int(held.min()), int(held.max()), i))
    groups: list[list[int]] = []
    until = -1
    for first, last, i in sorted(spans):
        if groups and first <= until:
            groups[-1].append(i)
        else:
            groups.append([i])
        until = max(until, last)
    return groups


def effective_n(n: int, correlation: float) -> float:
    """n ÷ (1 + (n−1) r̄), r̄ not below 0: what n correlated events are worth in independent ones."""
    return n / (1.0 + (n - 1) * max(correlation, 0.0)) if n else 0.0


def effective_firms(firms: Ints) -> float:
    """1 ÷ Σ (share of events)²: one for a single firm, the number of firms where each has as many events."""
    _, counts = np.unique(firms, return_counts=True)
    return float(1.0 / ((counts / counts.sum()) ** 2).sum()) if len(counts) else 0.0
