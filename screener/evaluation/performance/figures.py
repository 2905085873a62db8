"""One function per figure: (T,) simple returns or (T+1,) levels in, an `Estimate` out.

Formulas: Sharpe error Mertens (2002) / Bailey–López de Prado (2012); Newey–West (1987); Wilson (1927);
downside deviation over all sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, sqrt
from math import pow as pow_
from statistics import NormalDist

import numpy as np

from screener.core.arrays import Floats
from screener.core.config import SESSIONS_PER_YEAR
from screener.core.errors import ScreenerError
from screener.core.flat import FLAT, flat

Z95 = NormalDist().inv_cdf(0.975)
TOO_SHORT = "fewer than 2 returns"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, the n it stands on and its 95 % interval; `value` None says why in `reason`."""

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    se: float | None = None
    reason: str = ""


def missing(n: int, reason: str) -> Estimate:
    """No figure, and why."""
    return Estimate(None, n, reason=reason)


def simple_returns(levels: Floats) -> Floats:
    """(T+1,) levels → (T,) simple returns."""
    return levels[1:] / levels[:-1] - 1.0


def total_return(levels: Floats) -> Estimate:
    """Last level over the first − 1; n = sessions."""
    if levels.size < 2:
        return missing(0, "no session")
    return Estimate(float(levels[-1] / levels[0] - 1.0), levels.size - 1)


def annualized_return(levels: Floats, sessions_per_year: int = SESSIONS_PER_YEAR) -> Estimate:
    """Geometric: (last ÷ first) ** (sessions_per_year ÷ T) − 1."""
    n = levels.size - 1
    if n < 2:
        return missing(max(n, 0), TOO_SHORT)
    with np.errstate(over="ignore"):
        value = float(np.power(levels[-1] / levels[0], sessions_per_year / n) - 1.0)
    return Estimate(value, n) if np.isfinite(value) else missing(n, "too short a span to annualise")


def volatility(returns: Floats, sessions_per_year: float = SESSIONS_PER_YEAR) -> Estimate:
    """Standard deviation (ddof=1) × √sessions_per_year."""
    if returns.size < 2:
        return missing(returns.size, TOO_SHORT)
    return Estimate(float(returns.std(ddof=1) * sqrt(sessions_per_year)), returns.size)


def sharpe(returns: Floats, sessions_per_year: float = SESSIONS_PER_YEAR) -> Estimate:
    """mean ÷ sd (ddof=1) × √q. With active returns this is the information ratio.

    Error without normality: √((1 − γ₃·SR + (γ₄−1)/4·SR²) ÷ (T−1)) per session, γ population moments, × √q; serial
    correlation is not taken out. The radicand is a square at worst ((1 − γ₃SR/2)²), as γ₄ ≥ 1 + γ₃².
    """
    if returns.size < 2:
        return missing(returns.size, TOO_SHORT)
    if flat(returns):
        return missing(returns.size, "returns do not vary")
    ratio, scale = float(returns.mean()) / float(returns.std(ddof=1)), sqrt(sessions_per_year)
    z = (returns - returns.mean()) / returns.std()
    skew, kurtosis = float((z**3).mean()), float((z**4).mean())
    variance = (1.0 - skew * ratio + (kurtosis - 1.0) / 4.0 * ratio**2) / (returns.size - 1)
    se = sqrt(max(variance, 0.0)) * scale
    value = ratio * scale
    return Estimate(value, returns.size, value - Z95 * se, value + Z95 * se, se)


def downside_deviation(returns: Floats, sessions_per_year: int = SESSIONS_PER_YEAR, minimum: float = 0.0) -> Estimate:
    """√mean(min(r − minimum, 0)²) over all T sessions, not only the losing ones, × √q."""
    if returns.size < 2:
        return missing(returns.size, TOO_SHORT)
    below = np.minimum(returns - minimum, 0.0)
    return Estimate(float(np.sqrt((below**2).mean()) * sqrt(sessions_per_year)), returns.size)


def sortino(returns: Floats, sessions_per_year: int = SESSIONS_PER_YEAR, minimum: float = 0.0) -> Estimate:
    """(mean − minimum) × q ÷ annual downside deviation."""
    down = downside_deviation(returns, sessions_per_year, minimum)
    if down.value is None:
        return down
    if down.value < FLAT:
        return missing(returns.size, "no session below the minimum")
    return Estimate(float(returns.mean() - minimum) * sessions_per_year / down.value, returns.size)


def hit_rate(returns: Floats) -> Estimate:
    """Share of sessions with a gain (a session in cash is none), Wilson interval; neighbours taken as independent."""
    if returns.size < 1:
        return missing(0, "no session")
    hits = int((returns > 0.0).sum())
    low, high = wilson(hits, returns.size)
    return Estimate(hits / returns.size, returns.size, low, high)


def wilson(hits: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Wilson (1927) score interval of hits ÷ n; n may be an effective number. Raises ScreenerError for n <= 0."""
    if n <= 0 or not 0 <= hits <= n:
        raise ScreenerError("no interval for this count", got=f"{hits} of {n}", expected="0 <= hits <= n, n > 0")
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def capture(returns: Floats, market: Floats, *, up: bool) -> Estimate:
    """Geometric mean return of the strategy ÷ that of the benchmark, over sessions with the benchmark up (down)."""
    chosen = market > 0.0 if up else market < 0.0
    n = int(chosen.sum())
    if n < 2:
        return missing(n, f"fewer than 2 sessions with the benchmark {'up' if up else 'down'}")
    own, other = (float(np.expm1(np.log1p(r[chosen]).mean())) for r in (returns, market))
    return Estimate(own / other, n)


def newey_west_lag(n: int) -> int:
    """⌊4 (n ÷ 100)^(2/9)⌋."""
    return floor(4.0 * pow_(n / 100.0, 2.0 / 9.0))


def newey_west(y: Floats, x: Floats, lag: int | None = None) -> tuple[Floats, Floats]:
    """OLS of y (T,) on a constant and x (T,): ((alpha, beta), their standard errors).

    Bartlett weights 1 − l ÷ (L+1), small-sample factor T ÷ (T − 2). Needs T > 2 and an x that varies.
    """
    n = y.size
    design = np.column_stack((np.ones(n), x))
    bread = np.linalg.inv(design.T @ design)
    beta = bread @ design.T @ y
    score = design * (y - design @ beta)[:, None]
    meat = score.T @ score
    lags = newey_west_lag(n) if lag is None else lag
    for step in range(1, min(lags, n - 1) + 1):
        cross = score[step:].T @ score[:-step]
        meat += (1.0 - step / (lags + 1.0)) * (cross + cross.T)
    covariance = bread @ meat @ bread * (n / (n - 2.0))
    return beta, np.sqrt(np.maximum(np.diag(covariance), 0.0))


def alpha_beta(
    returns: Floats, market: Floats, sessions_per_year: float = SESSIONS_PER_YEAR, lag: int | None = None
) -> tuple[Estimate, Estimate]:
    """(alpha × q, beta) of returns on the benchmark's, Newey–West errors, t(T − 2) intervals."""
    n = returns.size
    if n < 3:
        return missing(n, "fewer than 3 returns"), missing(n, "fewer than 3 returns")
    if flat(market):
        return missing(n, "the benchmark does not vary"), missing(n, "the benchmark does not vary")
    from scipy.special import stdtrit  # half a second that only a back-test pays

    values, errors = newey_west(returns, market, lag)
    width = float(stdtrit(n - 2, 0.975))
    scaled = zip(values, errors, (sessions_per_year, 1), strict=True)
    first, second = (
        Estimate(float(v * q), n, float((v - width * e) * q), float((v + width * e) * q), float(e * q))
        for v, e, q in scaled
    )
    return first, second


def benchmark_return(levels: Sequence[float] | Floats) -> Estimate:
    """From the close before the first session ([0]) to the last close."""
    return total_return(np.asarray(levels, dtype=np.float64))


def benchmark_return_from_open(first_open: float, last_close: float, sessions: int) -> Estimate:
    """From the open of the first session to the last close: what could be had from then on."""
    return Estimate(last_close / first_open - 1.0, sessions)
