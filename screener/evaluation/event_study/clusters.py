"""Which events share sessions, and how many independent looks they amount to."""

from __future__ import annotations

import numpy as np

from screener.core.arrays import Ints


def spans(event_rows: Ints) -> tuple[Ints, Ints]:
    """(first, last) session of each event window (n, m), −1 = none."""
    held = event_rows >= 0
    first = np.where(held, event_rows, np.iinfo(np.int64).max).min(axis=1)
    last: Ints = np.where(held, event_rows, -1).max(axis=1)
    return first, last


def clusters(event_rows: Ints) -> list[list[int]]:
    """Groups of events chained by shared sessions, in order of their first event. event_rows (n, m), −1 = none."""
    first, last = spans(event_rows)
    groups: list[list[int]] = []
    until = -1
    for i in np.argsort(first, kind="stable").tolist():
        if groups and first[i] <= until:
            groups[-1].append(i)
        else:
            groups.append([i])
        until = max(until, int(last[i]))
    return groups


def effective_n(n: int, correlation: float) -> float:
    """n ÷ (1 + (n−1) r̄), r̄ not below 0: what n correlated events are worth in independent ones."""
    return n / (1.0 + (n - 1) * max(correlation, 0.0)) if n else 0.0


def effective_firms(firms: Ints) -> float:
    """1 ÷ Σ (share of events)²: one for a single firm, the number of firms where each has as many events."""
    _, counts = np.unique(firms, return_counts=True)
    return float(1.0 / ((counts / counts.sum()) ** 2).sum()) if len(counts) else 0.0
