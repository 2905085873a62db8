"""Normal-return models and abnormal returns, for many (firm, day) pairs at once.

1. Estimation window [−220, −21] in the firm's traded days, event window around the day; both as index arithmetic.
2. Least squares of the return on days, market (and sector), each row divided by √d: a return over d sessions has
   d times the variance (Maynes–Rumsey 1993). For d = 1 this is the market model of MacKinlay (1997).
3. Days on which the market moved more than 4 % leave the window when one of them alone turns beta (DFBETAS > 2 ÷ √L).
4. AR = y − x'b, CAR = Σ AR, Var(CAR) = s² (Σ d + x'(X'X)⁻¹x) with x the sum of the event rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from screener.core.arrays import Flags, Floats, Ints
from screener.evaluation.event_study.series import Stack

ESTIMATION = (-220, -21)
WILD_MARKET = 0.04
ADAPTIVE_CAP = 10
_ESTIMATED = np.arange(ESTIMATION[0], ESTIMATION[1] + 1)
_ROWS = 16_000  # of firms that are looked at together
_TOGETHER = 1_000  # pairs estimated at a time: so much is laid out beside them


class Model(StrEnum):
    """What a return would have been without the event."""

    TWO_FACTOR = "two_factor"  # market and leave-one-out sector
    MARKET = "market"
    MARKET_ADJUSTED = "market_adjusted"  # alpha 0, beta 1: needs no estimation, only a variance


# Traded days an estimation must have; below TARGET it is flagged. A bare variance needs fewer.
MINIMUM = {Model.TWO_FACTOR: 60, Model.MARKET: 60, Model.MARKET_ADJUSTED: 30}
TARGET = 100


@dataclass(frozen=True)
class Fit:
    """J estimations over L days, k coefficients (days, market, sector)."""

    coefficients: Floats  # (J, k)
    beta_all_days: Floats  # (J,) market beta before wild market days were left out
    inverse: Floats  # (J, k, k) of the weighted cross products; zero where nothing is estimated
    variance: Floats  # (J,) s²; NaN where too few days
    residuals: Floats  # (J, L) divided by √d; NaN where a day is missing or left out
    length: Ints  # (J,) days used
    parameters: int
    wild_days: Ints  # (J,) days left out


@dataclass(frozen=True, eq=False)
class Abnormal:
    """Abnormal returns of n events over m offsets; NaN outside an event's own window."""

    ar: Floats  # (n, m)
    ar_var: Floats  # (n, m) forecast-error variance
    spans: Floats  # (n, m) sessions each return spans, 1 without a halt
    car: Floats  # (n,)
    car_var: Floats  # (n,)
    residuals: Floats  # (n, L)
    residual_rows: Ints  # (n, L) session of each, −1 where missing
    event_rows: Ints  # (n, m) session of each, −1 outside
    variance: Floats  # (n,)
    length: Ints  # (n,)
    parameters: int
    firms: Ints  # (n,) one number per firm

    @property
    def n(self) -> int:
        """Number of events."""
        return len(self.car)

    @property
    def scar(self) -> Floats:
        """(n,) CAR ÷ its own standard error."""
        return self.car / np.sqrt(self.car_var)

    @property
    def days(self) -> Ints:
        """(n,) sessions in each event's own window."""
        counts: Ints = np.isfinite(self.ar).sum(axis=1).astype(np.int64)
        return counts

    def take(self, keep: Flags | Ints) -> Abnormal:
        """The same for some of the events."""
        if keep.dtype == bool and keep.all():
            return self
        values: dict[str, Any] = {name: v[keep] if isinstance(v, np.ndarray) else v for name, v in vars(self).items()}
        return Abnormal(**values)


@dataclass(frozen=True, eq=False)
class Days:
    """Days as least squares see them, of any shape: each divided by √d, 0 where a return or a factor is missing."""

    z: Floats  # (…, k + 1) days, factors, and the return; of `market_adjusted` the return less the market's alone
    usable: Flags  # (…)
    wild: Flags  # (…) usable, and the market moved more than WILD_MARKET

    @classmethod
    def of(cls, y: Floats, x: Floats, days: Floats, model: Model) -> Days:
        """y (…) returns, x (…, F) factors (market first), days (…)."""
        factors = x if model is Model.TWO_FACTOR else x[..., :1]
        columns = [days[..., None], factors, y[..., None]]
        if model is Model.MARKET_ADJUSTED:
            columns = [(y - x[..., 0])[..., None]]
        z = np.concatenate(columns, axis=-1) / np.sqrt(days)[..., None]
        usable = np.asarray(np.isfinite(z).all(axis=-1))
        wild = usable & (np.abs(np.where(usable, x[..., 0], 0.0)) > WILD_MARKET)
        return cls(np.where(usable[..., None], z, 0.0), usable, wild)

    def take(self, rows: Ints) -> Days:
        """Those of (R,) days, in the shape of `rows`."""
        return Days(self.z[rows], self.usable[rows], self.wild[rows])

    @property
    def with_blank(self) -> Days:
        """(R + 1,): the days and one more that is not usable."""
        blank = np.zeros((1, *self.z.shape[1:]))
        no = np.zeros(1, dtype=bool)
        return Days(*(np.concatenate(pair) for pair in ((self.z, blank), (self.usable, no), (self.wild, no))))

    def but(self, dropped: Flags) -> Days:
        """Without some days."""
        return Days(np.where(dropped[..., None], 0.0, self.z), self.usable & ~dropped, self.wild & ~dropped)


def fit(
    y: Floats, x: Floats, days: Floats, model: Model, minimum: int | None = None, *, keep_wild: bool = False
) -> Fit:
    """Estimates J windows. y (J, L) returns, x (J, L, F) factors (market first), days (J, L); NaN = no such day.

    keep_wild: step 3 is left out, as in the published cases.
    """
    return fitted(Days.of(y, x, days, model), model, minimum, keep_wild=keep_wild)


def fitted(days: Days, model: Model, minimum: int | None = None, *, keep_wild: bool = False) -> Fit:
    """As `fit`, of J windows of L days (J, L)."""
    least = MINIMUM[model] if minimum is None else minimum
    if model is Model.MARKET_ADJUSTED:
        return _adjusted(days, least)
    first = _least_squares(days, least)
    turned = _turned(first, days)
    if keep_wild or not turned.any():
        return first
    dropped = days.wild & turned[:, None]
    second = _least_squares(days.but(dropped), least)
    return replace(second, beta_all_days=first.beta_all_days, wild_days=dropped.sum(axis=1).astype(np.int64))


def _least_squares(days: Days, minimum: int) -> Fit:
    k = days.z.shape[2] - 1
    z, t = days.z[..., :k], days.z[..., k]
    length = days.usable.sum(axis=1).astype(np.int64)
    enough = length >= max(minimum, k + 2)
    products = np.swapaxes(days.z, 1, 2) @ days.z
    cross = np.where(enough[:, None, None], products[:, :k, :k], np.eye(k))
    inverse = np.linalg.inv(cross)
    coefficients = np.einsum("jkl,jl->jk", inverse, products[:, :k, k])
    residuals = np.where(days.usable, t - (z @ coefficients[..., None])[..., 0], 0.0)
    variance = np.einsum("jt,jt->j", residuals, residuals) / np.maximum(length - k, 1)
    variance[~enough] = np.nan
    residuals[~days.usable] = np.nan
    return Fit(
        coefficients,
        coefficients[:, 1].copy(),
        inverse,
        variance,
        residuals,
        length,
        k,
        np.zeros(len(length), np.int64),
    )


def _turned(first: Fit, days: Days) -> Flags:
    """(J,) True where a wild day turns the market coefficient; windows without one are not looked at."""
    turned: Flags = np.any(days.wild, axis=1)
    some = np.flatnonzero(turned)
    if len(some):
        names = ("inverse", "residuals", "variance", "length")
        part = replace(first, **{name: getattr(first, name)[some] for name in names})
        cutoff = 2.0 / np.sqrt(np.maximum(part.length, 1))[:, None]
        turned[some] = np.any(days.wild[some] & (_dfbetas(part, days.z[some]) > cutoff), axis=1)
    return turned


def _dfbetas(first: Fit, z: Floats) -> Floats:
    """(J, L) |DFBETAS| of the market coefficient (Belsley–Kuh–Welsch 1980)."""
    z = z[..., : first.parameters]
    pulled = z @ first.inverse
    leverage = np.clip((pulled * z).sum(axis=2), 0.0, 1.0 - 1e-9)
    residuals = np.nan_to_num(first.residuals)
    free = np.maximum(first.length - first.parameters, 2)[:, None]
    total = np.nan_to_num(first.variance)[:, None] * free
    without = np.maximum((total - residuals**2 / (1.0 - leverage)) / (free - 1), 1e-30)
    spread = np.sqrt(without * first.inverse[:, 1, 1][:, None])
    found: Floats = np.abs(pulled[..., 1] * residuals / ((1.0 - leverage) * spread))
    return found


def _adjusted(days: Days, minimum: int) -> Fit:
    residuals = np.where(days.usable, days.z[..., 0], np.nan)
    length = days.usable.sum(axis=1).astype(np.int64)
    variance = np.nansum(residuals**2, axis=1) / np.maximum(length, 1)
    variance[length < minimum] = np.nan
    ones = np.tile(np.array([0.0, 1.0]), (len(length), 1))
    none = np.zeros(len(length), np.int64)
    return Fit(ones, np.ones(len(length)), np.zeros((len(length), 2, 2)), variance, residuals, length, 0, none)


def forecast(estimate: Fit, y: Floats, x: Floats, days: Floats, inside: Flags) -> tuple[Floats, Floats, Floats, Floats]:
    """(AR (J, m), its variance, CAR (J,), its variance); `inside` (J, m) marks each event's own window.

    An event with a missing day inside its window has no CAR (NaN).
    """
    design = _design(estimate, x, days)
    spread = np.einsum("jtk,jkl,jtl->jt", design, estimate.inverse, design)
    ar_var = np.where(inside, estimate.variance[:, None] * (days + spread), np.nan)
    ar, car, car_var = cumulated(estimate, y, x, days, inside)
    return ar, ar_var, car, car_var


def _design(estimate: Fit, x: Floats, days: Floats) -> Floats:
    """(J, m, k) days and as many factors as were estimated."""
    return np.concatenate((days[..., None], x[..., : estimate.coefficients.shape[1] - 1]), axis=2)


def cumulated(estimate: Fit, y: Floats, x: Floats, days: Floats, inside: Flags) -> tuple[Floats, Floats, Floats]:
    """(AR (J, m), CAR (J,), its variance) of `forecast`, for whom the variances of the single days are nothing."""
    design = _design(estimate, x, days)
    ar = np.where(inside, y - np.einsum("jtk,jk->jt", design, estimate.coefficients), np.nan)
    rows = np.where(inside[..., None], design, 0.0).sum(axis=1)
    total = np.where(inside, days, 0.0).sum(axis=1) + np.einsum("jk,jkl,jl->j", rows, estimate.inverse, rows)
    car = np.where(inside, ar, 0.0).sum(axis=1)
    car_var = estimate.variance * total
    empty = ~inside.any(axis=1) | np.isnan(car_var)
    car[empty] = np.nan
    return ar, car, car_var


@dataclass(frozen=True)
class Window:
    """Offsets from day 0 in traded days; `adaptive` ends at the first close that is not at a limit."""

    first: int
    last: int
    adaptive: bool = False
    market_days: bool = False  # count sessions of the market instead of the firm's own

    def __str__(self) -> str:
        first, last = (f"{k:+d}" if k else "0" for k in (self.first, self.last))
        return f"[{first},{'τ*' if self.adaptive else last}]"

    @property
    def offsets(self) -> Ints:
        """(m,) offsets."""
        return np.arange(self.first, self.last + 1)


@dataclass(frozen=True, eq=False)
class Estimated:
    """The estimations of J (firm, position) pairs, whatever the window around day 0."""

    fit: Fit
    rows: Ints  # (J, L) session of each residual, −1 where there is none

    @classmethod
    def of(cls, stack: Stack, firms: Ints, positions: Ints, model: Model, minimum: int | None = None) -> Estimated:
        """firms (J,) of the stack; positions (J,) of day 0 in the firm's own days.

        Firm by firm, some thousand days at a time: what is laid out beside them stays small.
        """
        if not len(firms):
            return cls._of_few(stack, firms, positions, model, minimum)
        order, parts = np.argsort(firms, kind="stable"), []
        ordered = firms[order]
        for few in stack.batches(_ROWS):
            mine = order[slice(*np.searchsorted(ordered, (few.start, few.stop)))]
            if len(mine):
                parts.append(cls._of_few(stack.part(few), firms[mine] - few.start, positions[mine], model, minimum))
        return cls.joined(parts).take(np.argsort(order))

    @classmethod
    def _of_few(cls, stack: Stack, firms: Ints, positions: Ints, model: Model, minimum: int | None) -> Estimated:
        every, rows, parts = Days.of(stack.y, stack.x, stack.days, model).with_blank, np.append(stack.rows, -1), []
        for some in (slice(first, first + _TOGETHER) for first in range(0, max(len(positions), 1), _TOGETHER)):
            index, inside = stack.find(firms[some], positions[some, None] + _ESTIMATED)
            index[~inside] = len(stack.rows)
            found = fitted(every.take(index), model, minimum)
            parts.append(cls(found, np.where(np.isfinite(found.residuals), rows[index], -1)))
        return cls.joined(parts)

    @classmethod
    def joined(cls, parts: Sequence[Estimated]) -> Estimated:
        """The pairs of several, one after the other."""
        if len(parts) == 1:
            return parts[0]
        names = [name for name, value in vars(parts[0].fit).items() if isinstance(value, np.ndarray)]
        arrays = {name: np.concatenate([getattr(part.fit, name) for part in parts]) for name in names}
        fit = Fit(parameters=parts[0].fit.parameters, **arrays)
        return cls(fit, np.concatenate([part.rows for part in parts]))

    def take(self, keep: Flags | Ints) -> Estimated:
        """The same for some of the pairs."""
        if keep.dtype == bool and keep.all():
            return self
        arrays = {name: value[keep] for name, value in vars(self.fit).items() if isinstance(value, np.ndarray)}
        return Estimated(Fit(parameters=self.fit.parameters, **arrays), self.rows[keep])


def gather(
    stack: Stack,
    firms: Ints,
    positions: Ints,
    window: Window,
    model: Model,
    *,
    days0: Ints | None = None,
    minimum: int | None = None,
    estimated: Estimated | None = None,
) -> tuple[Abnormal, Fit]:
    """Abnormal returns of J (firm, position) pairs. firms (J,) of the stack; positions (J,) of day 0 in its own days.

    days0 (J,): session of day 0, needed for windows in market days. A pair without enough days has a NaN CAR.
    `estimated`: of these pairs, where it is known already.
    """
    estimated = estimated or Estimated.of(stack, firms, positions, model, minimum)
    estimate = estimated.fit
    y, x, days, rows = cells(stack, firms, positions[:, None] + window.offsets)
    inside = within(stack, firms, positions, window, rows, positions if days0 is None else days0)
    ar, ar_var, car, car_var = forecast(estimate, y, x, days, inside)
    return Abnormal(
        ar,
        ar_var,
        days,
        car,
        car_var,
        estimate.residuals,
        estimated.rows,
        np.where(inside, rows, -1),
        estimate.variance,
        estimate.length,
        estimate.parameters,
        firms,
    ), estimate


def cells(stack: Stack, firms: Ints, at: Ints) -> tuple[Floats, Floats, Floats, Ints]:
    """y, x, days, session rows at the positions (J, m); NaN and −1 outside a series."""
    if not at.size or not len(stack.y):
        none = np.full(at.shape, np.nan)
        return none, np.full((*at.shape, stack.x.shape[1]), np.nan), none, np.full(at.shape, -1, dtype=np.int64)
    index, inside = stack.find(firms, at)
    return (
        np.where(inside, stack.y[index], np.nan),
        np.where(inside[..., None], stack.x[index], np.nan),
        np.where(inside, stack.days[index], np.nan),
        np.where(inside, stack.rows[index], -1),
    )


def within(stack: Stack, firms: Ints, positions: Ints, window: Window, rows: Ints, days0: Ints) -> Flags:
    """(J, m) True inside each event's own window."""
    inside = np.ones(rows.shape, dtype=bool)
    if window.adaptive:
        inside &= window.offsets <= adaptive_ends(stack, firms, positions)[:, None]
    if window.market_days:
        inside &= (rows >= days0[:, None] + window.first) & (rows <= days0[:, None] + window.last)
    return inside


def adaptive_ends(stack: Stack, firms: Ints, positions: Ints, cap: int = ADAPTIVE_CAP) -> Ints:
    """(J,) τ*: offset of the first close from day 0 on that is not at a limit, at most `cap`."""
    if not len(positions) or not len(stack.y):
        return np.full(len(positions), cap, dtype=np.int64)
    index, inside = stack.find(firms, positions[:, None] + np.arange(cap + 1))
    free = ~(inside & stack.at_limit[index])
    return np.where(free.any(axis=1), free.argmax(axis=1), cap).astype(np.int64)
