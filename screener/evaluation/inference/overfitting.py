"""Probability of back-test overfitting by combinatorially symmetric cross-validation.

1. The T × M returns are cut into S even blocks of equal length (rows that are left over are dropped at the start).
2. For each of the C(S, S/2) ways to train on half of the blocks: the variant with the best Sharpe ratio in training.
3. ω = its rank out of sample ÷ (M+1), λ = ln(ω ÷ (1−ω)); PBO = share of λ <= 0.
Source: Bailey–Borwein–López de Prado–Zhu (2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from screener.core.arrays import Floats
from screener.core.errors import ScreenerError

FLAT = 1e-12


@dataclass(frozen=True)
class Overfitting:
    """Result over all splits; Sharpe ratios per session."""

    pbo: float
    logits: Floats  # (splits,)
    in_sample: Floats  # (splits,) ratio of the chosen variant in training
    out_of_sample: Floats  # (splits,) its ratio in the test half
    slope: float | None  # of out-of-sample on in-sample: below 0 the better looks the worse
    loss: float  # share of splits in which the chosen variant lost money out of sample
    blocks: int
    block_sessions: int
    variants: int


def overfitting(returns: Floats, blocks: int = 10, *, horizon: int = 1) -> Overfitting:
    """CSCV of (T, M) returns of M >= 2 variants.

    Raises ScreenerError for an odd number of blocks, or blocks that are not longer than the holding `horizon`.
    """
    sessions, variants = returns.shape
    length = sessions // blocks if blocks > 0 else 0
    if variants < 2 or blocks < 2 or blocks % 2:
        raise ScreenerError("needs 2 variants or more and an even number of blocks", where="PBO", got=returns.shape)
    if length <= horizon:
        raise ScreenerError(
            "blocks must be longer than the holding horizon",
            where="PBO",
            got=f"{length} sessions",
            expected=f"> {horizon}",
        )
    used = returns[sessions - blocks * length :].reshape(blocks, length, variants)
    total, squares = used.sum(axis=1), (used**2).sum(axis=1)
    chosen = np.array(list(combinations(range(blocks), blocks // 2)))
    train = np.zeros((len(chosen), blocks))
    train[np.arange(len(chosen))[:, None], chosen] = 1.0
    rows = length * blocks // 2
    inside, outside = (_sharpe(half @ total, half @ squares, rows) for half in (train, 1.0 - train))
    best = inside.argmax(axis=1)
    at = np.arange(len(best))
    return _result(inside[at, best], outside, outside[at, best], blocks, length)


def _sharpe(total: Floats, squares: Floats, rows: int) -> Floats:
    mean = total / rows
    variance = np.maximum(squares / rows - mean**2, 0.0) * rows / (rows - 1)
    ratio: Floats = np.where(variance > FLAT**2, mean / np.sqrt(np.maximum(variance, FLAT**2)), 0.0)
    return ratio


def _result(inside: Floats, outside: Floats, own: Floats, blocks: int, length: int) -> Overfitting:
    variants = outside.shape[1]
    # Ties count half: identical variants must not look like skill.
    rank = (outside < own[:, None]).sum(axis=1) + ((outside == own[:, None]).sum(axis=1) + 1) / 2.0
    omega = rank / (variants + 1)
    logits = np.log(omega / (1.0 - omega))
    varied = float(inside.std()) > FLAT
    slope = float(np.cov(inside, own)[0, 1] / inside.var(ddof=1)) if varied else None
    return Overfitting(
        float((logits <= 0.0).mean()), logits, inside, own, slope, float((own < 0.0).mean()), blocks, length, variants
    )
