"""Made-up panels of any size, and the bare loop our kernel is measured against."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from numba import njit

EVERY, TOP, INVESTED = 20, 0.2, 0.98
BUY_FEE, SELL_FEE = 0.0003, 0.0008


@njit(cache=True)
def bare_loop(opening: Any, closing: Any, scores: Any, top: int, cash: float) -> Any:
    """Equity after each close; targets valued at the previous close, traded at the open, nothing else."""
    sessions, count = closing.shape
    held, equity, decision = np.zeros(count), np.zeros(sessions), 0
    for t in range(sessions):
        if t % EVERY == 0:
            before = t - 1 if t else 0
            total = cash
            weight = np.zeros(count)
            weight[np.argsort(-scores[decision])[:top]] = INVESTED / top
            for n in range(count):
                total += held[n] * closing[before, n]
            for side in (-1, 1):
                for n in range(count):
                    delta = weight[n] * total / closing[before, n] - held[n]
                    if delta * side > 0:
                        amount = abs(delta) * opening[t, n]
                        cash -= side * amount + amount * (BUY_FEE if side > 0 else SELL_FEE)
                        held[n] += delta
            decision += 1
        value = cash
        for n in range(count):
            value += held[n] * closing[t, n]
        equity[t] = value
    return equity


def made_up_market(sessions: int, symbols: int, seed: int = 1) -> Any:
    """What the kernel reads of a market: prices within ±10 % limits, one symbol in 300 halted on a day."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, 0.02, (sessions, symbols)).clip(-0.099, 0.099)
    close = np.maximum(np.round(20 * np.exp(np.cumsum(steps, axis=0) * 0.3), 2), 1.0)
    reference = np.vstack([close[:1], close[:-1]])
    opening = np.round(reference * (1 + rng.normal(0, 0.005, close.shape)), 2)
    opening[rng.random(close.shape) < 1 / 300] = np.nan
    volume = np.full(close.shape, 5e7)
    return SimpleNamespace(
        symbols=tuple(range(symbols)),
        sessions=np.arange(sessions),
        actions=(),
        open=opening,
        high=close,
        low=close,
        close=close,
        volume=volume,
        amount=volume,
        reference=reference,
        limit_permille=np.full((sessions, 1), 100, np.int16),
        limit_outwards=np.full((sessions, 1), 1000, np.int16),
        limit_column=np.zeros(symbols, np.int64),
        factors=np.ones((sessions, 1)),
        factor_column=np.zeros(symbols, np.int64),
        transfer_rate=np.full((sessions, 1), 1e-5),
        transfer_per_share=np.zeros((sessions, 1)),
        stamp_duty=np.full(sessions, 5e-4),
        purchase_duty=np.zeros(sessions),
        dividend_tax=np.tile([0.2, 0.1, 0.0], (sessions, 1)),
        month_over=np.arange(sessions) + 21,
        year_over=np.arange(sessions) + 243,
        board=np.zeros(symbols, np.int64),
        largest_order=np.full((sessions, 1), 1_000_000),
        lot_minimum=np.full(symbols, 100),
        lot_step=np.full(symbols, 100),
        first_bar=np.zeros(symbols, np.int64),
    )


def made_up_scores(sessions: int, symbols: int, seed: int = 2) -> Any:
    """(decisions, symbols): a random score for every 20th session."""
    return np.random.default_rng(seed).random((len(range(0, sessions, EVERY)), symbols))


def weights_of(scores: Any) -> Any:
    """Equal weights of the best fifth, row by row."""
    top = max(1, int(scores.shape[1] * TOP))
    best = np.argpartition(-scores, top - 1, axis=1)[:, :top]
    weights = np.zeros_like(scores)
    np.put_along_axis(weights, best, INVESTED / top, axis=1)
    return weights
