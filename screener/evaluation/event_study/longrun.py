"""Longer horizons: buy-and-hold abnormal returns, calendar-time portfolios, clustered errors."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from screener.core.arrays import Floats, Ints
from screener.evaluation.event_study.model import Abnormal
from screener.evaluation.event_study.outcome import FLAT, Outcome, absent, spread, t_outcome
from screener.evaluation.performance import newey_west

BOOTSTRAP_QUARTER = 80  # from so many events on resamples hold a quarter of them (Lyon–Barber–Tsai 1999)
MIN_FIRMS = 3  # firms a calendar-time portfolio must hold on a day
MIN_DAYS = 10
_ALIKE = 1e-9  # part by which two figures differ that are the same but for rounding
FEW_CLUSTERS = 20
WEBB = np.array([-sqrt(1.5), -1.0, -sqrt(0.5), sqrt(0.5), 1.0, sqrt(1.5)])


def buy_and_hold(own: Floats, benchmark: Floats) -> Floats:
    """(n,) BHAR = Π(1+R) − Π(1+R_b) over (n, m) simple returns; NaN cells lie outside an event's window."""
    products = [np.prod(np.where(np.isnan(r), 1.0, 1.0 + r), axis=1) for r in (own, benchmark)]
    difference: Floats = products[0] - products[1]
    return difference


def _skew_adjusted(values: Floats, centre: Floats | float) -> Floats:
    """√n (S + γ̂S²/3 + γ̂/(6n)) along the last axis, S = (mean − centre) ÷ sd."""
    n, mean = values.shape[-1], values.mean(axis=-1)
    sd = np.maximum(values.std(axis=-1, ddof=1), FLAT)
    s = (mean - centre) / sd
    skew = ((values - mean[..., None]) ** 3).sum(axis=-1) / (n * sd**3)
    result: Floats = np.sqrt(n) * (s + skew * s**2 / 3.0 + skew / (6.0 * n))
    return result


def skew_adjusted_bhar(bhar: Floats, *, resamples: int = 999, seed: int = 0) -> Outcome:
    """t_sa = √N (S + γ̂S²/3 + γ̂/(6N)), S = mean ÷ sd(n−1) (Lyon–Barber–Tsai 1999; γ̂ in both terms).

    p by bootstrap centred at the sample mean, p = (1 + #{|t_b| >= |t|}) ÷ (B + 1). Resamples of N/4 are meaningless for
    few events: below 80 they hold N and the result is descriptive.
    """
    n = len(bhar)
    if n < 3 or spread(bhar) == 0.0:
        return absent(n, "fewer than 3 events")
    statistic = float(_skew_adjusted(bhar, 0.0))
    size = n // 4 if n >= BOOTSTRAP_QUARTER else n
    draws = bhar[np.random.default_rng(seed).integers(0, n, (resamples, size))]
    varied = draws[draws.std(axis=1) > FLAT]
    resampled = np.abs(_skew_adjusted(varied, float(bhar.mean())))
    p = (1 + int((resampled >= abs(statistic)).sum())) / (len(varied) + 1)
    note = "" if n >= BOOTSTRAP_QUARTER else "resamples of N: descriptive"
    return Outcome(statistic, p, n, note=note)


def calendar_portfolio(returns: Floats, firms: Ints, day0: Ints, horizon: int) -> tuple[Floats, Ints]:
    """((T,) equal-weight return of firms with an event in the last `horizon` sessions, each once; (T,) firms held)."""
    held = np.zeros(returns.shape, dtype=bool)
    for firm, row in zip(firms, day0, strict=True):
        held[row : row + horizon, firm] = True
    usable = held & np.isfinite(returns)
    count = usable.sum(axis=1).astype(np.int64)
    total = np.where(usable, returns, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan), count


def calendar_time(
    portfolio: Floats, market: Floats, count: Ints, *, min_firms: int = MIN_FIRMS, lag: int | None = None
) -> dict[str, Outcome]:
    """Alpha per session of portfolio (T,) on market (T,), t(T−2): OLS, Newey–West (1987), WLS with weight n_t.

    Jaffe–Mandelker; Fama (1998) for the weights. Days with fewer than `min_firms` firms are left out and counted.
    """
    names = ("calendar_time_ols", "calendar_time_newey_west", "calendar_time_wls")
    invested = (count > 0) & np.isfinite(portfolio) & np.isfinite(market)
    use = invested & (count >= min_firms)
    days, note = int(use.sum()), f"{int(use.sum())} of {int(invested.sum())} days with {min_firms} firms"
    if days < MIN_DAYS:
        return {name: absent(days, f"{note}: too few") for name in names}
    y, x = portfolio[use], market[use]
    one, weights = np.ones(days), count[use].astype(np.float64)
    beta, error = newey_west(y, x, lag)
    found = {"calendar_time_newey_west": t_outcome(float(beta[0] / error[0]), days, days - 2, note)}
    for name, weight in (("calendar_time_ols", one), ("calendar_time_wls", weights)):
        alpha, se = _weighted_alpha(y, x, weight)
        found[name] = t_outcome(alpha / se, days, days - 2, f"alpha {alpha:+.4%} a session; {note}")
    return {name: found[name] for name in names}


def _weighted_alpha(y: Floats, x: Floats, weight: Floats) -> tuple[float, float]:
    """Intercept and its standard error of weighted least squares."""
    design = np.column_stack((np.ones(len(y)), x))
    bread = np.linalg.inv(design.T @ (design * weight[:, None]))
    beta = bread @ design.T @ (y * weight)
    residual = y - design @ beta
    s2 = float((weight * residual**2).sum()) / (len(y) - 2)
    return float(beta[0]), sqrt(s2 * bread[0, 0])


def clustered(events: Abnormal, *, both: bool = False, resamples: int = 999, seed: int = 0) -> Outcome:
    """Mean AR over its cluster-robust error, by session, or by session and firm (Dutta et al. 2018).

    V = Σ_g (Σ_{i in g} u)² ÷ N² · G/(G−1); two ways: V_date + V_firm − V_cell. df = smallest G − 1. With fewer than 20
    clusters p comes from a wild cluster bootstrap under the null with Webb's six weights, over the scarcer dimension.
    """
    use = np.isfinite(events.ar)
    values = events.ar[use]
    dates = events.event_rows[use]
    firms = np.broadcast_to(events.firms[:, None], events.ar.shape)[use]
    labels = [np.unique(key, return_inverse=True)[1] for key in ((dates, firms) if both else (dates,))]
    if both:
        labels.append(np.unique(np.stack((dates, firms)), axis=1, return_inverse=True)[1].ravel())
    groups = [int(label.max()) + 1 for label in labels]
    least = min(groups[:2])
    statistic = _cluster_t(values[None, :], labels)[0]
    if least < 2 or not np.isfinite(statistic):
        return absent(events.n, "fewer than 2 clusters" if least < 2 else "the two-way variance is not positive")
    note = f"{' × '.join(str(g) for g in groups[:2])} clusters"
    if least >= FEW_CLUSTERS:
        return t_outcome(float(statistic), events.n, least - 1, note)
    scarce = labels[int(np.argmin(groups[:2]))]
    weights = WEBB[np.random.default_rng(seed).integers(0, 6, (resamples, least))]
    resampled = _cluster_t(values[None, :] * weights[:, scarce], labels)
    resampled = resampled[np.isfinite(resampled)]
    reached = np.abs(resampled) >= abs(statistic) * (1.0 - _ALIKE)  # all clusters weighed alike: the same but rounding
    p = (1 + int(reached.sum())) / (len(resampled) + 1)
    return Outcome(float(statistic), p, events.n, note=f"{note}; wild cluster bootstrap")


def _cluster_t(values: Floats, labels: Sequence[Ints]) -> Floats:
    """(B,) mean ÷ cluster-robust error for each row of (B, n) values; NaN where the variance is not positive."""
    mean = values.mean(axis=1)
    u = values - mean[:, None]
    variances = []
    for label in labels:
        groups = int(label.max()) + 1
        order = np.argsort(label, kind="stable")
        sums = np.add.reduceat(u[:, order], np.searchsorted(label[order], np.arange(groups)), axis=1)
        factor = groups / (groups - 1) if groups > 1 else np.nan
        variances.append((sums**2).sum(axis=1) * factor / values.shape[1] ** 2)
    total = variances[0] if len(labels) == 1 else variances[0] + variances[1] - variances[2]
    with np.errstate(invalid="ignore", divide="ignore"):
        real = total > np.maximum(_ALIKE * np.maximum.reduce(variances), FLAT**2)  # else a difference of rounding
        result: Floats = np.where(real, mean / np.sqrt(total), np.nan)
    return result
