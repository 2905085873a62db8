"""Is one Sharpe ratio above another? (Ledoit–Wolf 2008)

1. Δ̂ = SR₁ − SR₂ out of ν = (μ₁, μ₂, γ₁, γ₂), γ the mean square.
2. se = √(∇'Ψ̂∇ ÷ T), Ψ̂ the HAC covariance of the moments: Parzen kernel, Andrews (1991) bandwidth, factor T ÷ (T−4).
3. p by a studentised circular block bootstrap: p = (1 + #{d* >= d}) ÷ (B + 1), d = |Δ̂| ÷ se, d* = |Δ* − Δ̂| ÷ se*.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

from screener.core.arrays import Floats, strips
from screener.core.errors import ScreenerError
from screener.core.flat import FLAT, flat
from screener.evaluation.inference.bootstrap import block_length, circular_sums


@dataclass(frozen=True)
class SharpeDifference:
    """Δ̂ per session, its error, p by bootstrap and by the normal approximation, and how the bootstrap was set."""

    difference: float
    se: float
    p: float
    p_normal: float
    n: int
    block: int
    resamples: int


def sharpe_difference(
    first: Floats, second: Floats, *, resamples: int = 999, block: int | None = None, seed: int = 0
) -> SharpeDifference:
    """Tests SR(first) = SR(second) on (T,) returns of the same sessions.

    block: sessions per block, default the longest automatic length of either series or their squares.
    """
    if first.shape != second.shape or first.size < 20 or flat(first) or flat(second):
        raise ScreenerError(
            "needs two series of 20 or more sessions that vary",
            where="Sharpe difference",
            got=(first.size, second.size),
        )
    n = first.size
    values = np.column_stack((first, second, first**2, second**2))
    nu = values.mean(axis=0)
    difference, gradient = _difference(nu[None])
    se = sqrt(max(float(gradient[0] @ _hac(values - nu) @ gradient[0]), FLAT**2) / n)
    length = block or _automatic(first, second)
    sums = circular_sums(values, length)
    starts = np.random.default_rng(seed).integers(0, n, (resamples, n // length))
    pieces = [_resampled(sums[starts[strip]], length) for strip in strips(resamples, starts.shape[1] * 4)]
    d_star, error = (np.concatenate([piece[k] for piece in pieces]) for k in (0, 1))
    reached = int((np.abs(d_star - difference[0]) / error >= abs(float(difference[0])) / se).sum())
    from scipy.special import ndtr

    return SharpeDifference(
        float(difference[0]),
        se,
        (1 + reached) / (resamples + 1),
        float(2 * ndtr(-abs(float(difference[0])) / se)),
        n,
        length,
        resamples,
    )


def _automatic(first: Floats, second: Floats) -> int:
    lengths = [block_length(series).circular for series in (first, second, first**2, second**2)]
    return min(max(1, ceil(max(lengths))), first.size // 4)


def _difference(nu: Floats) -> tuple[Floats, Floats]:
    """(Δ (B,), gradient (B, 4)) of moments ν (B, 4)."""
    mu, gamma = nu[:, :2], nu[:, 2:]
    variance = np.maximum(gamma - mu**2, FLAT**2)
    ratio = mu / np.sqrt(variance)
    cubed = variance**1.5
    gradient = np.stack(
        (
            gamma[:, 0] / cubed[:, 0],
            -gamma[:, 1] / cubed[:, 1],
            -0.5 * mu[:, 0] / cubed[:, 0],
            0.5 * mu[:, 1] / cubed[:, 1],
        ),
        axis=1,
    )
    return ratio[:, 0] - ratio[:, 1], gradient


def _hac(y: Floats) -> Floats:
    """(4, 4) Parzen HAC covariance of (T, 4) centred moments, T ÷ (T−4)."""
    n = len(y)
    band = _andrews(y)
    psi = y.T @ y / n
    for lag in range(1, min(int(band), n - 1) + 1):
        z = lag / band
        weight = 1.0 - 6.0 * z**2 + 6.0 * z**3 if z <= 0.5 else 2.0 * (1.0 - z) ** 3
        cross = y[lag:].T @ y[:-lag] / n
        psi = psi + weight * (cross + cross.T)
    result: Floats = psi * n / (n - 4.0)
    return result


def _andrews(y: Floats) -> float:
    """Parzen bandwidth 2.6614 (α(2) T)^(1/5) with α(2) of univariate AR(1) fits (Andrews 1991)."""
    top = bottom = 0.0
    for column in y.T:
        rho = float(column[1:] @ column[:-1]) / max(float(column[:-1] @ column[:-1]), FLAT**2)
        rho = min(max(rho, -0.97), 0.97)
        s2 = float(((column[1:] - rho * column[:-1]) ** 2).mean())
        top += 4.0 * rho**2 * s2**2 / (1.0 - rho) ** 8
        bottom += s2**2 / (1.0 - rho) ** 4
    return float(max(2.6614 * (top / max(bottom, 1e-300) * len(y)) ** 0.2, 1e-9))


def _resampled(sums: Floats, length: int) -> tuple[Floats, Floats]:
    """(Δ* (B,), its error (B,)) of the sums over the blocks of each resample (B, blocks, 4).

    Ψ* from the centred block sums ζ (Götze–Künsch 1996).
    """
    blocks = sums.shape[1]
    nu = sums.sum(axis=1) / (blocks * length)
    difference, gradient = _difference(nu)
    centre = length * np.einsum("bm,bm->b", nu, gradient)
    projected = (np.einsum("bkm,bm->bk", sums, gradient) - centre[:, None]) / sqrt(length)
    error = np.sqrt(np.maximum((projected**2).mean(axis=1), FLAT**2) / (blocks * length))
    return difference, error
