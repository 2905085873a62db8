"""How sure a Sharpe ratio is, and what is left of it after everything that was tried.

All ratios here are per session, never annualised: mixing an annual variance of trials with a ratio per session is the
usual error. γ₃, γ₄ are population moments, γ₄ = 3 for a normal distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import e, sqrt

import numpy as np
import polars as pl

from screener.backtest.trials import IDEA
from screener.core.arrays import Floats
from screener.core.config import SESSIONS_PER_YEAR
from screener.core.errors import ScreenerError
from screener.core.flat import FLAT, flat, flat_rows
from screener.evaluation.performance import Estimate

EULER = 0.5772156649015329
ONCE = "a variant run again on other sessions or data counts once"


@dataclass(frozen=True)
class Moments:
    """Sharpe ratio per session, skewness, raw kurtosis and n of a return series."""

    sharpe: float
    skew: float
    kurtosis: float
    n: int

    @property
    def error(self) -> float:
        """√((1 − γ₃SR + (γ₄−1)/4·SR²) ÷ (n−1)) (Mertens 2002; Bailey–López de Prado 2012)."""
        return sharpe_error(self.sharpe, self.n, self.skew, self.kurtosis)


@dataclass(frozen=True)
class Trials:
    """What a trial ledger holds: M tries, the variance of their ratios per session, independent ones among them."""

    count: int
    variance: float
    effective: float
    note: str = ""


def moments(returns: Floats) -> Moments:
    """Moments of (T,) returns; the ratio is mean ÷ sd (ddof=1). Raises ScreenerError where they do not vary."""
    if returns.size < 3 or flat(returns):
        raise ScreenerError("returns that do not vary have no Sharpe ratio", where="inference", got=returns.size)
    z = (returns - returns.mean()) / returns.std()
    ratio = float(returns.mean() / returns.std(ddof=1))
    return Moments(ratio, float((z**3).mean()), float((z**4).mean()), returns.size)


def sharpe_error(ratio: float, n: int, skew: float = 0.0, kurtosis: float = 3.0) -> float:
    """√((1 − γ₃SR + (γ₄−1)/4·SR²) ÷ (n−1)) (Mertens 2002)."""
    return sqrt(max(1.0 - skew * ratio + (kurtosis - 1.0) / 4.0 * ratio**2, 0.0) / (n - 1))


def sharpe_error_iid(ratio: float, n: int) -> float:
    """√((1 + SR²/2) ÷ n): independent normal returns (Lo 2002)."""
    return sqrt((1.0 + ratio**2 / 2.0) / n)


def annualisation(returns: Floats, sessions_per_year: int = SESSIONS_PER_YEAR, lags: int | None = None) -> float:
    """Factor from the ratio per session to the annual one: q ÷ √(q + 2 Σ_{k<q} (q−k) ρ_k) (Lo 2002); √q if ρ = 0.

    `lags` autocorrelations are estimated (default ⌊4 (T/100)^(2/9)⌋), the rest taken as zero.
    """
    from screener.evaluation.performance import newey_west_lag

    q, n = sessions_per_year, returns.size
    centred = returns - returns.mean()
    count = min(newey_west_lag(n) if lags is None else lags, n - 1, q - 1)
    rho = [float(centred[k:] @ centred[:-k]) / float(centred @ centred) for k in range(1, count + 1)]
    inside = q + 2.0 * sum((q - k) * r for k, r in enumerate(rho, 1))
    return float(q / sqrt(inside)) if inside > 0.0 else sqrt(q)


def probabilistic_sharpe(ratio: float, hurdle: float, error: float) -> float:
    """PSR = Φ((SR − SR*) ÷ se) (Bailey–López de Prado 2012): the probability that the true ratio is above SR*."""
    from scipy.special import ndtr

    return float(ndtr((ratio - hurdle) / error))


def minimum_track_record(held: Moments, hurdle: float = 0.0, confidence: float = 0.95) -> float | None:
    """MinTRL = 1 + (1 − γ₃SR + (γ₄−1)/4·SR²) (z ÷ (SR − SR*))² sessions; None where the ratio is not above SR*."""
    from scipy.special import ndtri

    if held.sharpe <= hurdle:
        return None
    spread = held.error**2 * (held.n - 1)
    return float(1.0 + spread * (ndtri(confidence) / (held.sharpe - hurdle)) ** 2)


def expected_maximum(variance: float, trials: float) -> float:
    """SR₀ = √V ((1−γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(Ne))): best of N worthless trials (Bailey–López de Prado 2014).

    Not below 0, the mean of one trial: the approximation is for large N and is negative for N < 1.28.
    """
    from scipy.special import ndtri

    if trials <= 1.0:
        return 0.0
    best = (1.0 - EULER) * ndtri(1.0 - 1.0 / trials) + EULER * ndtri(1.0 - 1.0 / (trials * e))
    return max(0.0, float(sqrt(variance) * best))


def deflated_sharpe(held: Moments, trials: Trials) -> float:
    """DSR = PSR(SR₀) with the variance and the independent number of the trials (Bailey–López de Prado 2014)."""
    return probabilistic_sharpe(held.sharpe, expected_maximum(trials.variance, trials.effective), held.error)


def tries(ledger: pl.DataFrame) -> pl.DataFrame:
    """What counts as a try: an idea (`IDEA`) once, with its newest ratio, on however many spans and data it was run.

    A ledger without these columns: every row.
    """
    idea = [name for name in IDEA if name in ledger.columns]
    return ledger.unique(idea, keep="last", maintain_order=True) if idea else ledger


def trials_of(ledger: pl.DataFrame, returns: Floats | None = None, kin: Sequence[pl.Expr] = ()) -> Trials:
    """Trials out of the engine's ledger, which holds `sharpe` per session (null: flat, not counted in V).

    The one rule by which a back-test, a sweep and the page count: M `tries`. returns (T, m) of variants: their mean
    correlation ρ̄ is taken for that of all m̂ tries that pass the filters `kin`, which are ρ̄ + (1−ρ̄) m̂ independent
    ones; the others count in full. Without returns N̂ = M, which deflates most. Raises ScreenerError where the ledger
    is empty: a number of trials is never typed in.
    """
    if ledger.is_empty():
        raise ScreenerError(
            "the trial ledger is empty", where="deflated Sharpe", next_step="screener backtest STRATEGY"
        )
    tried = tries(ledger)
    count = tried.height
    ratios = tried["sharpe"].drop_nulls().drop_nans().to_numpy()
    variance = float(ratios.var(ddof=1)) if ratios.size > 1 else 0.0
    alike = 0 if returns is None else tried.filter(*kin).height
    if returns is None or not alike:
        return Trials(count, variance, float(count), f"{ONCE}; every variant taken as independent")
    rho, others = _mean_correlation(returns), count - alike
    note = f"{ONCE}; mean correlation of the variants {rho:.2f}"
    if others:
        note += (
            "; 1 try of another kind counts in full"
            if others == 1
            else f"; {others} tries of other kinds count in full"
        )
    return Trials(count, variance, max(1.0, rho + (1.0 - rho) * alike) + others, note)


def _mean_correlation(returns: Floats) -> float:
    """Mean pairwise correlation of the columns that vary, not below 0, without an M × M matrix."""
    moving = returns[:, ~flat_rows(returns.T)]
    m = moving.shape[1]
    if m < 2:
        return 0.0
    z = (moving - moving.mean(axis=0)) / moving.std(axis=0)
    total = float((z.sum(axis=1) ** 2).mean())  # Σ_ij ρ_ij
    return float(max(0.0, (total - m) / (m * (m - 1))))


def appraisal_ratio(returns: Floats, market: Floats, sessions_per_year: float = SESSIONS_PER_YEAR) -> Estimate:
    """α ÷ σ(e) × √q of returns on the market's: skill per residual risk; not the information ratio of active returns.

    Interval: t of alpha (Newey–West) carried over, as the ratio is t ÷ √T.
    """
    from screener.evaluation.performance import newey_west

    n = returns.size
    if n < 3 or flat(market):
        return Estimate(None, n, reason="too few returns or a flat benchmark")
    beta, error = newey_west(returns, market)
    residual = returns - beta[0] - beta[1] * market
    sigma = float(np.sqrt((residual**2).sum() / (n - 2)))
    if sigma < FLAT:
        return Estimate(None, n, reason="no residual risk")
    scale = sqrt(sessions_per_year) / sigma
    value, se = float(beta[0]) * scale, float(error[0]) * scale
    return Estimate(value, n, value - 1.959963984540054 * se, value + 1.959963984540054 * se, se)
