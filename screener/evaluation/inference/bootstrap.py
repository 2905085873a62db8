"""Stationary bootstrap with automatic block length.

1. Block length by Politis–White (2004), corrected by Patton–Politis–White (2009): flat-top window over 2m̂ lags.
2. Stationary bootstrap (Politis–Romano 1994): blocks start anywhere, lengths geometric with that mean, circular.
3. Intervals studentised: the resampled (θ* − θ̂) ÷ se* replace the normal quantiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, log10, sqrt

import numpy as np

from screener.core.arrays import Flags, Floats, Ints, strips
from screener.core.flat import flat
from screener.evaluation.performance import Estimate

RESAMPLES = 4999
FLAT = 1e-24


@dataclass(frozen=True)
class BlockLength:
    """Mean block length of the stationary and length of the circular bootstrap, in sessions."""

    stationary: float
    circular: float


def block_length(values: Floats) -> BlockLength:
    """b_SB = (2ĝ²/D̂_SB)^⅓ T^⅓, D̂_SB = 2ĥ², D̂_CB = 4/3 ĥ²; at least 1, at most min(3√T, T/3)."""
    n = values.size
    if n < 10 or float(values.var()) < FLAT:
        return BlockLength(1.0, 1.0)
    e = values - values.mean()
    run, bound = max(5, int(log10(n))), 2.0 * sqrt(log10(n) / n)
    longest = ceil(sqrt(n)) + run
    covariance = np.array([float(e[k:] @ e[: n - k]) / n for k in range(min(longest, n - 1) + 1)])
    lags = _bandwidth(e, run, longest, bound)
    k = np.arange(1, min(lags, len(covariance) - 1) + 1)
    weight = np.where(k / lags <= 0.5, 1.0, 2.0 * (1.0 - k / lags))
    g = float((2.0 * weight * k * covariance[k]).sum())
    h = float(covariance[0] + (2.0 * weight * covariance[k]).sum())
    limit = ceil(min(3.0 * sqrt(n), n / 3.0))
    lengths = [(2.0 * g * g / (d * h * h)) ** (1 / 3) * n ** (1 / 3) if h else 1.0 for d in (2.0, 4.0 / 3.0)]
    stationary, circular = (min(max(length, 1.0), float(limit)) for length in lengths)
    return BlockLength(stationary, circular)


def _bandwidth(e: Floats, run: int, longest: int, bound: float) -> int:
    """2m̂, m̂ the lag after which `run` autocorrelations in a row are below the bound."""
    n = e.size
    small = 0
    for i in range(min(longest, n - 2) + 1):
        if i >= run and small >= run:
            return min(2 * max(i - run, 1), longest)
        scale = sqrt(float(e[i + 1 :] @ e[i + 1 :]) * float(e[: n - i - 1] @ e[: n - i - 1]))
        correlation = abs(float(e[i:] @ e[: n - i])) / scale if scale else 0.0
        small = small + 1 if correlation < bound else 0
    return longest


def stationary_indices(n: int, mean_length: float, resamples: int, rng: np.random.Generator) -> Iterator[Ints]:
    """(B, n) resampled row numbers: a new block starts with probability 1 ÷ mean_length, else the next row follows.

    In strips of B, which stay in the cache; where they are cut does not change what is drawn.
    """
    starts = np.empty((resamples, n), np.bool_)
    for strip in strips(resamples, n):
        starts[strip] = rng.random(starts[strip].shape) < 1.0 / max(mean_length, 1.0)
    starts[:, 0] = True
    for strip in strips(resamples, n):
        yield _rows(starts[strip], rng)


def _rows(starts: Flags, rng: np.random.Generator) -> Ints:
    n = starts.shape[1]
    first = rng.integers(0, n, starts.size, dtype=np.int32)  # the same numbers as of 64 bits
    begun = np.flatnonzero(starts)
    indices = np.repeat(first[begun] - begun, np.diff(begun, append=starts.size))
    indices += np.arange(starts.size)
    indices[indices >= n] -= n  # no block is longer than the series
    return indices.reshape(starts.shape)


def circular_sums(values: Floats, length: int) -> Floats:
    """(T, m) sums of the circular blocks of (T, m) values that begin at each row (Politis–Romano 1992)."""
    around = np.concatenate((values, values[: length - 1]))
    return np.asarray(np.lib.stride_tricks.sliding_window_view(around, length, axis=0).sum(axis=-1))


def sharpe_interval(
    returns: Floats, sessions_per_year: int, *, resamples: int = RESAMPLES, seed: int = 0, level: float = 0.95
) -> Estimate:
    """Annual Sharpe ratio with a studentised stationary-bootstrap interval; `reason` names the block length."""
    n = returns.size
    if n < 20 or flat(returns):
        return Estimate(None, n, reason="fewer than 20 returns, or returns that do not vary")
    b = max(block_length(returns).stationary, block_length(returns**2).stationary)
    rng = np.random.default_rng(seed)
    ratio, error = (float(v[0]) for v in _ratios(returns[None, :]))
    pieces = [_ratios(returns[rows]) for size in _chunks(resamples, n) for rows in stationary_indices(n, b, size, rng)]
    drawn, errors = (np.concatenate([piece[k] for piece in pieces]) for k in (0, 1))
    low, high = np.quantile((drawn - ratio) / errors, ((1 - level) / 2, (1 + level) / 2))
    scale = sqrt(sessions_per_year)
    return Estimate(
        ratio * scale,
        n,
        (ratio - high * error) * scale,
        (ratio - low * error) * scale,
        float(drawn.std()) * scale,
        f"stationary bootstrap, mean block {b:.1f}, {resamples} resamples, seed {seed}",
    )


def _ratios(returns: Floats) -> tuple[Floats, Floats]:
    """((B,) Sharpe per session, (B,) its non-normal error) of the rows."""
    n, mean = returns.shape[1], returns.mean(axis=1)
    apart = returns - mean[:, None]
    square = apart * apart  # `apart**3` takes twenty times as long
    sd = np.maximum(np.sqrt(square.sum(axis=1) / n), 1e-12)
    ratio = mean / (sd * sqrt(n / (n - 1)))
    third, fourth = (np.einsum("ij,ij->i", square, power) / n / sd**k for power, k in ((apart, 3), (square, 4)))
    spread = 1.0 - third * ratio + (fourth - 1.0) / 4.0 * ratio**2
    return ratio, np.sqrt(np.maximum(spread, 1e-12) / (n - 1))


def _chunks(resamples: int, n: int) -> list[int]:
    """Sizes of resamples at a time, so that memory stays small; with others, others would be drawn."""
    size = max(1, min(resamples, 1_000_000 // n))
    return [size] * (resamples // size) + ([resamples % size] if resamples % size else [])
