"""Estimations for many days of many firms at once: what a window holds is the difference of two running sums.

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

import numpy as np
from numpy.typing import NDArray

from screener.core.arrays import Flags, Floats, Ints
from screener.evaluation.event_study.model import ESTIMATION, MINIMUM, WILD_MARKET, Days, Fit, Model
from screener.evaluation.event_study.series import Stack

Counts = NDArray[np.int32]


def rolling(part: Stack, rows: Ints, model: Model) -> Fit:
    """The estimations of some rows (J,) of a part of a stack (see `Stack.batches`), without residuals (J, 0)."""
    least = MINIMUM[model]
    return _adjusted(part, rows, least) if model is Model.MARKET_ADJUSTED else _regressed(part, rows, model, least)


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


def _windows(stack: Stack, rows: Ints) -> tuple[Ints, Ints]:
    """(first, end) rows of the estimation window of each of `rows`, inside its own firm."""
    start = stack.starts[stack.firm[rows]]
    first = np.maximum(rows + ESTIMATION[0], start)
    return first, np.maximum(rows + ESTIMATION[1] + 1, first)


def _sums(values: Floats, window: tuple[Ints, Ints]) -> Floats:
    """(J, …) sums of the rows (R, …) of each window."""
    running = np.concatenate((np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)))
    found: Floats = running[window[1]] - running[window[0]]
    return found


def _adjusted(stack: Stack, rows: Ints, minimum: int) -> Fit:
    days, window = Days.of(stack.y, stack.x, stack.days, Model.MARKET_ADJUSTED), _windows(stack, rows)
    length = np.rint(_sums(days.usable.astype(np.float64), window)).astype(np.int64)
    variance = _sums(days.z[:, 0] ** 2, window) / np.maximum(length, 1)
    variance[length < minimum] = np.nan
    ones = np.tile(np.array([0.0, 1.0]), (len(length), 1))
    return _fit(ones, ones[:, 1], np.zeros((len(length), 2, 2)), variance, length, 0)


def _regressed(stack: Stack, rows: Ints, model: Model, minimum: int) -> Fit:
    days = Days.of(stack.y, stack.x, stack.days, model)
    first = _least_squares(days, _windows(stack, rows), minimum)
    turned = np.flatnonzero(_turned(first, days, stack, rows))
    if not len(turned):
        return first
    calm = _least_squares(days.but(days.wild), _windows(stack, rows[turned]), minimum)
    for name in ("coefficients", "inverse", "variance", "length"):
        getattr(first, name)[turned] = getattr(calm, name)
    return first


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


def _turned(first: Fit, days: Days, stack: Stack, rows: Ints) -> Flags:
    """(J,) True where a wild day inside the window turns the market coefficient, as `model` has it (DFBETAS)."""
    turned, wild, k = np.zeros(len(rows), dtype=bool), np.flatnonzero(days.wild), first.parameters
    after = np.arange(-ESTIMATION[1], -ESTIMATION[0] + 1)  # the rows whose window holds a day
    day, row = np.repeat(wild, len(after)), (wild[:, None] + after).ravel()
    place = np.full(len(days.wild), -1)  # in `rows`, of those that can be estimated
    place[rows] = np.where(np.isnan(first.variance), -1, np.arange(len(rows)))
    inside = row < (stack.starts + stack.lengths)[stack.firm[day]]
    day, of = day[inside], place[row[inside]]
    day, of = day[of >= 0], of[of >= 0]
    z, t = days.z[day, :k], days.z[day, k]
    pulled = np.einsum("ik,ikl->il", z, first.inverse[of])
    leverage = np.clip(np.einsum("ik,ik->i", pulled, z), 0.0, 1.0 - 1e-9)
    residual = t - np.einsum("ik,ik->i", z, first.coefficients[of])
    free = np.maximum(first.length[of] - first.parameters, 2)
    without = np.maximum((first.variance[of] * free - residual**2 / (1.0 - leverage)) / (free - 1), 1e-30)
    moved = np.abs(pulled[:, 1] * residual / ((1.0 - leverage) * np.sqrt(without * first.inverse[of, 1, 1])))
    turned[of[moved > 2.0 / np.sqrt(np.maximum(first.length[of], 1))]] = True
    return turned


def _fit(coefficients: Floats, beta: Floats, inverse: Floats, variance: Floats, length: Ints, parameters: int) -> Fit:
    none = np.zeros(len(length), np.int64)
    return Fit(
        coefficients, beta.copy(), inverse, variance, np.zeros((len(length), 0)), length, parameters, wild_days=none
    )
