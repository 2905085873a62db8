"""Rank and sign tests: robust to fat tails and to the truncation of returns by price limits.

Events stand in rows; columns are the L estimation days and then the event days, each firm ranked over its own days.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from screener.core.arrays import Floats
from screener.evaluation.event_study.clusters import clusters
from screener.evaluation.event_study.model import Abnormal
from screener.evaluation.event_study.outcome import FLAT, Outcome, absent, normal_outcome, spread, t_outcome

EXACT_SIGN = 20  # up to so many events the sign test uses the binomial itself
FLAT_RANKS = "the ranks do not vary"


def combined(events: Abnormal) -> Floats:
    """(n, L + m) estimation residuals and event ARs, each ÷ √sessions spanned; NaN where there is none."""
    return np.concatenate((events.residuals, events.ar / np.sqrt(events.spans)), axis=1)


def ranked(values: Floats) -> Floats:
    """Ranks 1 … M_i within each row (ties averaged), NaN kept."""
    order, places = np.argsort(values, axis=1, kind="stable"), np.arange(values.shape[1])
    rising = np.take_along_axis(values, order, axis=1)
    step = rising[:, 1:] != rising[:, :-1]
    edge = np.ones((len(values), 1), dtype=bool)
    first = np.maximum.accumulate(np.where(np.hstack((edge, step)), places, 0), axis=1)
    ends = np.where(np.hstack((step, edge)), places, places[-1])
    last = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, (first + last) / 2.0 + 1.0, axis=1)
    ranks[np.isnan(values)] = np.nan
    return ranks


def _studentised(scores: Floats, events: Abnormal, root: float) -> Outcome:
    """Σ over the event days of S_t ÷ (√m · sd), S_t = N_t^(−root) Σ_i score_it, sd² = T⁻¹ Σ_t S_t².

    T is the mean number of days of an event: with unequal windows the columns are more than any event has.
    """
    count = np.isfinite(scores).sum(axis=0)
    held = count > 0
    daily = np.nansum(scores[:, held], axis=0) / count[held] ** root
    in_event = held.nonzero()[0] >= events.residuals.shape[1]
    periods = float(np.isfinite(scores).sum(axis=1).mean())
    sd, m = sqrt(float((daily**2).sum()) / periods), int(in_event.sum())
    if sd < FLAT or m == 0:
        return absent(events.n, FLAT_RANKS)
    return normal_outcome(float(daily[in_event].sum()) / (sd * sqrt(m)), events.n)


def corrado(events: Abnormal) -> Outcome:
    """Corrado (1989): K̄_0 less its expectation (M_i+1)/2, over the deviation of that mean over all days, N(0, 1).

    Several days: sum ÷ (√m · S). With unequal windows the deviations are those of each event's own M_i.
    """
    ranks = ranked(combined(events))
    middle = (np.isfinite(ranks).sum(axis=1, keepdims=True) + 1) / 2.0
    return _studentised(ranks - middle, events, 1.0)


def corrado_zivney(events: Abnormal) -> Outcome:
    """Corrado–Zivney (1992): U = rank ÷ (1 + M_i) − ½, so that events with unequal windows weigh alike, N(0, 1)."""
    ranks = ranked(combined(events))
    held = np.isfinite(ranks).sum(axis=1, keepdims=True)
    return _studentised(ranks / (1.0 + held) - 0.5, events, 0.5)


def corrado_sign(events: Abnormal) -> Outcome:
    """Corrado–Zivney (1992) sign test: sign(AR − the event's own median), studentised like the ranks, N(0, 1)."""
    values = combined(events)
    return _studentised(np.sign(values - np.nanmedian(values, axis=1, keepdims=True)), events, 0.5)


def generalised_sign(events: Abnormal) -> Outcome:
    """Cowan (1992): z = (w − N p̂) ÷ √(N p̂ (1−p̂)), w positive CARs, p̂ share of positive estimation residuals.

    p̂ pools the days of all events: the mean of their shares where windows are equally long. Up to 20 events p is the
    exact two-sided binomial with p̂.
    """
    share = float((events.residuals[np.isfinite(events.residuals)] > 0.0).mean())
    positive, n = int((events.car > 0.0).sum()), events.n
    if not 0.0 < share < 1.0:
        return absent(n, "estimation residuals have one sign")
    z = (positive - n * share) / sqrt(n * share * (1.0 - share))
    note = f"{positive} of {n} positive, {share:.3f} expected"
    if n > EXACT_SIGN:
        return normal_outcome(z, n, note)
    from scipy.stats import binomtest

    return Outcome(z, float(binomtest(positive, n, share).pvalue), n, note=f"{note}; exact binomial p")


def sign(events: Abnormal) -> Outcome:
    """z = (w − N/2) ÷ √(N/4): the plain sign test, exact binomial p up to 20 events."""
    positive, n = int((events.car > 0.0).sum()), events.n
    z = (positive - n / 2.0) / sqrt(n / 4.0)
    if n > EXACT_SIGN:
        return normal_outcome(z, n)
    from scipy.stats import binomtest

    return Outcome(z, float(binomtest(positive, n, 0.5).pvalue), n)


def wilcoxon(events: Abnormal) -> Outcome:
    """Signed-rank W⁺ of the CARs (Wilcoxon 1945), p of scipy (exact up to 50 without ties)."""
    from scipy.stats import wilcoxon as signed_rank

    ranks = ranked(np.abs(events.car)[None, :])[0]
    if events.n < 2:
        return absent(events.n, "fewer than 2 events")
    return Outcome(float(ranks[events.car > 0.0].sum()), float(signed_rank(events.car).pvalue), events.n)


def grank_t(events: Abnormal) -> Outcome:
    """Kolari–Pynnönen (2011): the window as one "cumulated day" SCAR ÷ sd(SCAR) ranked among the estimation residuals.

    U = rank ÷ (T_i+1) − ½ with T_i = L_i + 1, Z = Ū_0 ÷ √(mean_t Ū_t²), t = Z √((T−2) ÷ (T−1−Z²)) ~ t(T−2). Events
    whose windows share sessions are aligned by calendar, so their correlation is in Ū_t; others by event time.
    A period of N_t events counts √(N_t ÷ N), as its mean has the variance of N_t.
    """
    sd = spread(events.scar)
    if sd == 0.0:
        return absent(events.n, "fewer than 2 events")
    standard = events.residuals / np.sqrt(events.variance)[:, None]
    values = np.concatenate((_aligned(standard, events), (events.scar / sd)[:, None]), axis=1)
    ranks = ranked(values)
    held = np.isfinite(ranks)
    scores = ranks / (held.sum(axis=1, keepdims=True) + 1.0) - 0.5
    count = held.sum(axis=0)
    mean = np.nansum(scores, axis=0)[count > 0] / np.sqrt(count[count > 0] * events.n)
    periods = len(mean)
    z = float(mean[-1]) / sqrt(float((mean**2).mean()))
    rest = periods - 1 - z * z
    if rest <= 0.0:
        return absent(events.n, "too few periods")
    return t_outcome(z * sqrt((periods - 2) / rest), events.n, periods - 2)


def _aligned(standard: Floats, events: Abnormal) -> Floats:
    """(n, periods) residuals by session counted from the first event day of their cluster."""
    anchor = np.zeros(events.n, dtype=np.int64)
    for members in clusters(events.event_rows):
        held = events.event_rows[members]
        anchor[members] = held[held >= 0].min()
    used = events.residual_rows >= 0
    periods = np.where(used, events.residual_rows - anchor[:, None], 0)
    low = periods[used].min()
    out = np.full((events.n, int(periods[used].max() - low) + 1), np.nan)
    i, t = np.nonzero(used)
    out[i, periods[i, t] - low] = standard[i, t]
    return out
