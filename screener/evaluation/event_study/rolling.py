"""Estimations for every day of many firms at once: what a window holds is the difference of two running sums.

1. Rows of all firms stand one below the other (`Stack`). The estimation window of a row is the part of [−220, −21] that
   lies in the rows of its own firm; sums over it are taken off running sums over all rows.
2. Least squares need the sums of z z', z t and t² alone (`model.fit` says what z and t are): the coefficients are
   (Σ z z')⁻¹ Σ z t, the squared residuals Σ t² − coefficients · Σ z t.
3. A wild market day is looked at in the two hundred windows that hold it; where it turns beta, the sums without wild
   days count instead.
The figures are those of `model.fit` to 1e-9: a running sum is cut every few thousand rows, so that little is lost in a
difference. Residuals are not kept; placebo dates need none.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from screener.core.arrays import Flags, Floats, Ints
from screener.evaluation.event_study.model import ESTIMATION, MINIMUM, WILD_MARKET, Days, Fit, Model
from screener.evaluation.event_study.series import Stack

_ROWS = 16_000  # of one running sum
Counts = NDArray[np.int32]


def rolling(stack: Stack, model: Model, minimum: int | None = None) -> Iterator[tuple[slice, Fit]]:
    """Firms of `stack` and their estimations, (J,) one for each of their rows, without residuals (J, 0)."""
    least = MINIMUM[model] if minimum is None else minimum
    for firms in stack.batches(_ROWS):
        part = stack.part(firms)
        yield firms, _adjusted(part, least) if model is Model.MARKET_ADJUSTED else _regressed(part, model, least)


def day_counts(stack: Stack, model: Model) -> Counts:
    """(2, R + 1) usable days before each row, and those of them that are not wild."""
    factors = stack.x if model is Model.TWO_FACTOR else stack.x[:, :1]
    usable = np.isfinite(stack.y) & np.isfinite(stack.days) & np.isfinite(factors).all(axis=1)
    calm = usable
    if model is not Model.MARKET_ADJUSTED:
        calm = usable & (np.abs(np.where(usable, stack.x[:, 0], 0.0)) <= WILD_MARKET)
    counts = np.zeros((2, len(usable) + 1), dtype=np.int32)
    np.cumsum((usable, calm), axis=1, dtype=np.int32, out=counts[:, 1:])
    return counts


def known_days(counts: Counts, stack: Stack, firms: Ints, positions: Ints) -> tuple[Ints, Ints]:
    """((J,) usable days of the estimation window of each pair, (J,) those of them that are not wild)."""
    start = stack.starts[firms]
    first, end = (start + np.maximum(positions + offset, 0) for offset in (ESTIMATION[0], ESTIMATION[1] + 1))
    known, quiet = (counts[:, end] - counts[:, first]).astype(np.int64)
    return known, quiet


def _windows(stack: Stack) -> tuple[Ints, Ints]:
    """(first, end) rows of the estimation window of each row, inside its own firm."""
    at, start = np.arange(len(stack.y)), stack.starts[stack.firm]
    first = np.maximum(at + ESTIMATION[0], start)
    return first, np.maximum(at + ESTIMATION[1] + 1, first)


def _sums(values: Floats, window: tuple[Ints, Ints]) -> Floats:
    """(J, …) sums of the rows (R, …) of each window."""
    running = np.concatenate((np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)))
    found: Floats = running[window[1]] - running[window[0]]
    return found


def _adjusted(stack: Stack, minimum: int) -> Fit:
    days, window = Days.of(stack.y, stack.x, stack.days, Model.MARKET_ADJUSTED), _windows(stack)
    length = np.rint(_sums(days.usable.astype(np.float64), window)).astype(np.int64)
    variance = _sums(days.z[:, 0] ** 2, window) / np.maximum(length, 1)
    variance[length < minimum] = np.nan
    ones = np.tile(np.array([0.0, 1.0]), (len(length), 1))
    return _fit(ones, ones[:, 1], np.zeros((len(length), 2, 2)), variance, length, 0)


def _regressed(stack: Stack, model: Model, minimum: int) -> Fit:
    days, window = Days.of(stack.y, stack.x, stack.days, model), _windows(stack)
    first = _least_squares(days, window, minimum)
    turned = _turned(first, days, stack)
    if not turned.any():
        return first
    second = _least_squares(days.but(days.wild), window, minimum)
    return _fit(
        np.where(turned[:, None], second.coefficients, first.coefficients),
        first.beta_all_days,
        np.where(turned[:, None, None], second.inverse, first.inverse),
        np.where(turned, second.variance, first.variance),
        np.where(turned, second.length, first.length),
        first.parameters,
    )


def _least_squares(days: Days, window: tuple[Ints, Ints], minimum: int) -> Fit:
    k = days.z.shape[1] - 1
    length = np.rint(_sums(days.usable.astype(np.float64), window)).astype(np.int64)
    enough = length >= max(minimum, k + 2)
    products = _products(days.z, window)
    inverse = np.tile(np.eye(k), (len(length), 1, 1))
    inverse[enough] = np.linalg.inv(products[enough, :k, :k])
    coefficients = np.einsum("jkl,jl->jk", inverse, products[:, :k, k])
    squared = products[:, k, k] - np.einsum("jk,jk->j", coefficients, products[:, :k, k])
    variance = np.where(enough, np.maximum(squared, 0.0) / np.maximum(length - k, 1), np.nan)
    return _fit(coefficients, coefficients[:, 1], inverse, variance, length, k)


def _products(z: Floats, window: tuple[Ints, Ints]) -> Floats:
    """(J, k + 1, k + 1) Σ z z' of each window; the two halves are the same sums."""
    one, other = np.triu_indices(z.shape[1])
    place = np.empty((z.shape[1], z.shape[1]), dtype=np.int64)
    place[one, other] = place[other, one] = np.arange(len(one))
    found: Floats = _sums(z[:, one] * z[:, other], window)[:, place]
    return found


def _turned(first: Fit, days: Days, stack: Stack) -> Flags:
    """(J,) True where a wild day inside the window turns the market coefficient, as `model` has it (DFBETAS)."""
    turned, wild, k = np.zeros(len(days.wild), dtype=bool), np.flatnonzero(days.wild), first.parameters
    after = np.arange(-ESTIMATION[1], -ESTIMATION[0] + 1)  # the rows whose window holds a day
    day, row = np.repeat(wild, len(after)), (wild[:, None] + after).ravel()
    inside = row < (stack.starts + stack.lengths)[stack.firm[day]]
    day, row = day[inside], row[inside]
    known = ~np.isnan(first.variance[row])
    day, row = day[known], row[known]
    z, t = days.z[day, :k], days.z[day, k]
    pulled = np.einsum("ik,ikl->il", z, first.inverse[row])
    leverage = np.clip(np.einsum("ik,ik->i", pulled, z), 0.0, 1.0 - 1e-9)
    residual = t - np.einsum("ik,ik->i", z, first.coefficients[row])
    free = np.maximum(first.length[row] - first.parameters, 2)
    without = np.maximum((first.variance[row] * free - residual**2 / (1.0 - leverage)) / (free - 1), 1e-30)
    moved = np.abs(pulled[:, 1] * residual / ((1.0 - leverage) * np.sqrt(without * first.inverse[row, 1, 1])))
    turned[row[moved > 2.0 / np.sqrt(np.maximum(first.length[row], 1))]] = True
    return turned


def _fit(coefficients: Floats, beta: Floats, inverse: Floats, variance: Floats, length: Ints, parameters: int) -> Fit:
    none = np.zeros(len(length), np.int64)
    return Fit(
        coefficients, beta.copy(), inverse, variance, np.zeros((len(length), 0)), length, parameters, wild_days=none
    )
