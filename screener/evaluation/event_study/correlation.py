"""r̄, the mean correlation of the estimation residuals of events, of several looks at one kind in one pass.

1. r̄ = 2/(N(N−1)) Σ_{i<j} ρ̂_ij over pairs whose event windows share a session; other pairs count 0 (Kolari–Pynnönen
   2010). ρ̂_ij is taken over the sessions both estimation windows hold, aligned by calendar and never by event time.
2. ρ̂_ij knows nothing of the event window, and windows and readings of one kind look at nearly the same events: the
   events of all looks stand together in order of their first session, each ρ̂_ij is computed once, and counts in every
   look in which the two share a session.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from screener.core.arrays import Flags, Floats, Ints
from screener.evaluation.event_study.clusters import spans
from screener.evaluation.event_study.model import Abnormal
from screener.evaluation.event_study.outcome import FLAT

_BLOCK, _STRIP = 256, 32  # events that are laid out, and whose correlations are computed, together
_NEVER = np.iinfo(np.int64).max
_KNOWN: WeakKeyDictionary[Abnormal, float] = WeakKeyDictionary()  # three tests ask for the same one


def mean_correlation(events: Abnormal) -> float:
    """r̄ of one look."""
    if events not in _KNOWN:
        mean_correlations({events: np.arange(events.n)})
    return _KNOWN[events]


def mean_correlations(looks: Mapping[Abnormal, Ints]) -> list[float]:
    """r̄ of each look; with each (n,) numbers of its events, by which those of other looks are known again."""
    sums = _sums_of_correlations(Together.of(looks)).tolist()
    for events, total in zip(looks, sums, strict=True):
        _KNOWN[events] = 2.0 * total / (events.n * (events.n - 1)) if events.n > 1 else 0.0
    return [_KNOWN[events] for events in looks]


@dataclass(frozen=True, eq=False)
class Together:
    """The J events of K looks, each once."""

    residuals: Floats  # (J, L)
    rows: Ints  # (J, L) session of each, −1 where missing
    first: Ints  # (K, J) first session of the event window; of an event that a look lacks, one that never comes
    last: Ints  # (K, J) its last session, −1

    @classmethod
    def of(cls, looks: Mapping[Abnormal, Ints]) -> Together:
        """As `mean_correlations` is given them; of later looks only events that no earlier one has are laid out."""
        known, parts = np.array([], dtype=np.int64), list[tuple[Floats, Ints]]()
        for events, numbers in looks.items():
            new = ~np.isin(numbers, known)
            if new.any() or not parts:
                known, part = np.concatenate((known, numbers[new])), events.take(new)
                parts.append((part.residuals, part.residual_rows))
        residuals, rows = (held[0] if len(held) == 1 else np.concatenate(held) for held in zip(*parts, strict=True))
        first, last = np.full((len(looks), len(known)), _NEVER), np.full((len(looks), len(known)), -1)
        order = np.argsort(known)
        for k, (events, numbers) in enumerate(looks.items()):
            place = order[np.searchsorted(known, numbers, sorter=order)]
            first[k, place], last[k, place] = spans(events.event_rows)
        return cls(residuals, rows, first, last)


def _sums_of_correlations(events: Together) -> Floats:
    """(K,) Σ ρ̂_ij over i < j whose windows share a session: each strip of events with those that may reach it."""
    earliest = events.first.min(axis=0)
    order = np.argsort(earliest, kind="stable")
    earliest, first, last = earliest[order], events.first[:, order], events.last[:, order]
    until, total = last.max(axis=0), np.zeros(len(first))
    for start in range(0, len(order), _BLOCK):
        stop = min(start + _BLOCK, len(order))
        reached = order[start : int(np.searchsorted(earliest, until[start:stop].max(), side="right"))]
        block = Block.of(events.residuals[reached], events.rows[reached], stop - start)
        for low in range(start, stop, _STRIP):
            mine = slice(low, min(low + _STRIP, stop))
            near = slice(low, int(np.searchsorted(earliest, until[mine].max(), side="right")))
            shared = _shared(first, last, mine, near)
            if shared.any():
                found = block.correlations(_moved(mine, -start), _moved(near, -start))
                total += shared.reshape(len(total), -1).astype(np.float64) @ found.ravel()
    return total


def _shared(first: Ints, last: Ints, mine: slice, near: slice) -> Flags:
    """(K, m, n) True where the windows of two events share a session; each pair once."""
    shared = (first[:, mine, None] <= last[:, None, near]) & (first[:, None, near] <= last[:, mine, None])
    once: Flags = np.triu(shared, 1)
    return once


def _moved(rows: slice, by: int) -> slice:
    return slice(rows.start + by, rows.stop + by)


@dataclass(frozen=True, eq=False)
class Block:
    """Estimation residuals of neighbouring events by session, over the sessions that the first of them hold."""

    held: Floats  # (n, sessions) 1 where there is one
    x: Floats  # (n, sessions), 0 where there is none
    squares: Floats  # (n, sessions)

    @classmethod
    def of(cls, residuals: Floats, rows: Ints, leading: int) -> Block:
        """`residuals` (n, L) of the sessions `rows` (n, L), −1 = none; sessions that `leading` events lack are left."""
        theirs = rows[:leading][rows[:leading] >= 0]
        low, high = (int(theirs.min()), int(theirs.max())) if theirs.size else (0, -1)
        event, place = np.nonzero((rows >= low) & (rows <= high) & (rows >= 0))
        x = np.zeros((len(rows), high - low + 1))
        held = np.zeros_like(x)
        at = rows[event, place] - low
        x[event, at], held[event, at] = residuals[event, place], 1.0
        return cls(held, x, x**2)

    def correlations(self, mine: slice, other: slice) -> Floats:
        """Correlations of two groups on the sessions each pair shares; 0 with fewer than 3 of them."""
        count, own, own_squares = _products((self.held[mine], self.x[mine], self.squares[mine]), self.held[other])
        theirs, both = _products((self.held[mine], self.x[mine]), self.x[other])
        their_squares = self.held[mine] @ self.squares[other].T
        count = np.maximum(count, 1.0)
        means = own / count, theirs / count  # of i over those it shares with j
        covariance = both / count - means[0] * means[1]
        spread = own_squares / count - means[0] ** 2
        scale = np.sqrt(np.maximum(spread * (their_squares / count - means[1] ** 2), 0.0))
        known = (count >= 3) & (scale > FLAT**2)
        result: Floats = np.where(known, covariance / np.where(known, scale, 1.0), 0.0)
        return result


def _products(several: Sequence[Floats], other: Floats) -> Floats:
    """(k, m, n) each of k matrices (m, sessions) times `other` (n, sessions): one product costs less than k."""
    return np.asarray((np.concatenate(several) @ other.T).reshape(len(several), -1, len(other)))
