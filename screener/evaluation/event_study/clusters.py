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
    order = np.argsort(first, kind="stable")
    until = np.maximum.accumulate(last[order])
    apart = np.flatnonzero(first[order][1:] > until[:-1]) + 1
    return [group.tolist() for group in np.split(order, apart)] if len(order) else []


def effective_n(n: int, correlation: float) -> float:
    """n ÷ (1 + (n−1) r̄), r̄ not below 0: what n correlated events are worth in independent ones."""
    return n / (1.0 + (n - 1) * max(correlation, 0.0)) if n else 0.0


def effective_firms(firms: Ints) -> float:
    """1 ÷ Σ (share of events)²: one for a single firm, the number of firms where each has as many events."""
    _, counts = np.unique(firms, return_counts=True)
    return float(1.0 / ((counts / counts.sum()) ** 2).sum()) if len(counts) else 0.0
