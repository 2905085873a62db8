"""Parametric tests of CAAR = 0 over the abnormal returns of n events.

Every function takes an `Abnormal` without missing CARs and returns an `Outcome` with its two-sided p.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from weakref import WeakKeyDictionary

import numpy as np

from screener.core.arrays import Floats, Ints
from screener.evaluation.event_study.clusters import spans
from screener.evaluation.event_study.model import Abnormal
from screener.evaluation.event_study.outcome import FLAT, Outcome, absent, normal_outcome, spread, t_outcome

FEW = "fewer than 2 events"
_BLOCK, _STRIP = 256, 32  # events that are laid out, and whose correlations are computed, together
_CORRELATION: WeakKeyDictionary[Abnormal, float] = WeakKeyDictionary()  # three tests ask for the same one


def cross_sectional(events: Abnormal) -> Outcome:
    """t = √N · CAAR ÷ sd(CAR), t(N − 1). Robust to event-induced variance, not to correlation across events."""
    sd = spread(events.car)
    if sd == 0.0:
        return absent(events.n, FEW)
    return t_outcome(sqrt(events.n) * float(events.car.mean()) / sd, events.n, events.n - 1)


def brown_warner_1980(events: Abnormal) -> Outcome:
    """CAAR ÷ (N⁻¹ √Σ m_i σ̂_i²), N(0, 1): no adjustment for dependence (Brown–Warner 1980).

    σ̂_i is the standard deviation (n − 1) of the estimation-window abnormal returns.
    """
    deviations = np.nansum(_centred(events.residuals) ** 2, axis=1) / np.maximum(events.length - 1, 1)
    total = float((deviations * events.days).sum())
    if total <= 0.0:
        return absent(events.n, "no variance in the estimation windows")
    return normal_outcome(float(events.car.sum()) / sqrt(total), events.n)


def brown_warner_1985(events: Abnormal) -> Outcome:
    """CAAR ÷ (S √m), S the standard deviation of the portfolio's AAR over the estimation window, t(L − 1).

    "Crude dependence adjustment" (Brown–Warner 1985): sees correlation only of events that share their dates. m is the
    mean window length.
    """
    counted = np.isfinite(events.residuals).any(axis=0)
    portfolio = np.nanmean(events.residuals[:, counted], axis=0)
    sd = spread(portfolio)
    if sd == 0.0:
        return absent(events.n, "no variance in the estimation windows")
    m = float(events.days.mean())
    return t_outcome(float(events.car.mean()) / (sd * sqrt(m)), events.n, len(portfolio) - 1)


def patell(events: Abnormal) -> Outcome:
    """z = Σ SCAR ÷ √Σ (M−k)/(M−k−2), N(0, 1) (Patell 1976). Over-rejects where the event raises the variance."""
    free = (events.length - events.parameters).astype(np.float64)
    return normal_outcome(float(events.scar.sum()) / sqrt(float((free / (free - 2.0)).sum())), events.n)


def patell_adjusted(events: Abnormal) -> Outcome:
    """Patell's z ÷ √(1 + (N−1) r̄) (Kolari–Pynnönen 2010)."""
    plain, rbar = patell(events), mean_correlation(events)
    inflation = 1.0 + (events.n - 1) * rbar
    if plain.statistic is None or inflation <= 0.0:
        return Outcome(plain.statistic, plain.p, events.n, note="1 + (N−1) r̄ <= 0: factor 1")
    return normal_outcome(plain.statistic / sqrt(inflation), events.n, f"r̄ {rbar:.4f}")


def bmp(events: Abnormal) -> Outcome:
    """t = √N · mean(SCAR) ÷ sd(SCAR), t(N − 1) (Boehmer–Musumeci–Poulsen 1991)."""
    sd = spread(events.scar)
    if sd == 0.0:
        return absent(events.n, FEW)
    return t_outcome(sqrt(events.n) * float(events.scar.mean()) / sd, events.n, events.n - 1)


def kolari_pynnonen(events: Abnormal) -> Outcome:
    """t_BMP · √((1 − r̄) ÷ (1 + (N−1) r̄)), t(N − 1) (Kolari–Pynnönen 2010), r̄ aligned by calendar.

    Factor 1, flagged, where the root is undefined (r̄ <= −1/(N−1) or r̄ >= 1).
    """
    plain, rbar = bmp(events), mean_correlation(events)
    inflation = 1.0 + (events.n - 1) * rbar
    if plain.statistic is None:
        return plain
    if inflation <= 0.0 or rbar >= 1.0:
        return Outcome(plain.statistic, plain.p, events.n, plain.df, "r̄ leaves no factor: factor 1")
    return t_outcome(plain.statistic * sqrt((1.0 - rbar) / inflation), events.n, events.n - 1, f"r̄ {rbar:.4f}")


def mean_correlation(events: Abnormal) -> float:
    """r̄ = 2/(N(N−1)) Σ_{i<j} ρ̂_ij over pairs whose event windows share a session; other pairs count 0.

    ρ̂_ij over the sessions both estimation windows hold, aligned by calendar and never by event time.
    """
    if events.n < 2:
        return 0.0
    if events not in _CORRELATION:
        _CORRELATION[events] = 2.0 * _sum_of_correlations(events) / (events.n * (events.n - 1))
    return _CORRELATION[events]


def _sum_of_correlations(events: Abnormal) -> float:
    """Σ ρ̂_ij over i < j whose windows share a session: by first session, each strip with those that may reach it."""
    first, last = spans(events.event_rows)
    order = np.argsort(first, kind="stable")
    first, last, total = first[order], last[order], 0.0
    for start in range(0, events.n, _BLOCK):
        stop = min(start + _BLOCK, events.n)
        end = int(np.searchsorted(first, last[start:stop].max(), side="right"))
        block = Block.of(events.residuals[order[start:end]], events.residual_rows[order[start:end]], stop - start)
        for low in range(start, stop, _STRIP):
            mine = slice(low, min(low + _STRIP, stop))
            near = slice(low, int(np.searchsorted(first, last[mine].max(), side="right")))
            shared = (first[mine, None] <= last[near]) & (first[near] <= last[mine, None])
            shared = np.triu(shared, 1)
            if shared.any():
                total += float(block.correlations(_moved(mine, -start), _moved(near, -start))[shared].sum())
    return total


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


def _centred(residuals: Floats) -> Floats:
    centred: Floats = residuals - np.nanmean(residuals, axis=1, keepdims=True)
    return centred
