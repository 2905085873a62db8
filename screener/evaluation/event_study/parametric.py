"""Parametric tests of CAAR = 0 over the abnormal returns of n events.

Every function takes an `Abnormal` without missing CARs and returns an `Outcome` with its two-sided p.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from screener.core.arrays import Floats
from screener.evaluation.event_study.correlation import mean_correlation
from screener.evaluation.event_study.model import Abnormal
from screener.evaluation.event_study.outcome import Outcome, absent, normal_outcome, spread, t_outcome

FEW = "fewer than 2 events"


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


def _centred(residuals: Floats) -> Floats:
    centred: Floats = residuals - np.nanmean(residuals, axis=1, keepdims=True)
    return centred
