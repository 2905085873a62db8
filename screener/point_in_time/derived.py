"""Arrays of a market that follow from others: made where somebody reads them, whole or a session of them.

A whole market has 110 MB of each, and most questions read none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from screener.core import price_rules
from screener.core.arrays import Floats, Ints, Shorts, strips
from screener.point_in_time.share_capital import Capital


@dataclass(frozen=True, eq=False)
class Basis:
    """What they follow from: (T, N) prices, counts of shares; factors (T, M) and limits (T, K), and whose they are."""

    close: Floats
    reference: Floats
    capital: Capital
    factors: Floats
    factor_column: Ints
    limit_permille: Shorts
    limit_outwards: Shorts
    limit_column: Ints

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Basis:
        """Out of the arrays of a market by name."""
        return cls(*(found[name] for name in cls.__dataclass_fields__))

    def columns(self, columns: Ints) -> Basis:
        """Of some symbols."""
        prices = self.close[:, columns], self.reference[:, columns]
        factors, limits = (self.factors, self.factor_column[columns]), (self.limit_permille, self.limit_outwards)
        return Basis(*prices, self.capital.of(columns), *factors, *limits, self.limit_column[columns])


def marks(close: Floats, reference: Floats) -> Floats:
    """Yuan after the close: the close, or the reference where there is no bar; of any rows."""
    return np.where(np.isnan(close), reference, close)


def _factors(basis: Basis) -> np.ndarray:
    if basis.factors.shape[1] == 1:
        return np.broadcast_to(basis.factors, basis.close.shape)
    return np.take(basis.factors, basis.factor_column, axis=1)


def limits(basis: Basis, rows: slice) -> tuple[Floats, Floats]:
    """(limit up, limit down) of some sessions, yuan; NaN where there is none."""
    told = (table[rows][:, basis.limit_column] for table in (basis.limit_permille, basis.limit_outwards))
    return price_rules.limit_arrays(basis.reference[rows], *told)


def limits_up_of(basis: Basis, t: Ints, n: Ints) -> Floats:
    """Limits up of some cells, sessions `t` and symbols `n`."""
    told = (table[t, basis.limit_column[n]] for table in (basis.limit_permille, basis.limit_outwards))
    return price_rules.limit_arrays(basis.reference[t, n], *told)[0]


def _limits(basis: Basis, side: int) -> Floats:
    found = np.empty_like(basis.reference)
    for rows in strips(*found.shape):
        found[rows] = limits(basis, rows)[side]
    return found


def _limits_of(basis: Basis, t: int) -> tuple[Floats, Floats]:
    told = (table[t, basis.limit_column] for table in (basis.limit_permille, basis.limit_outwards))
    return price_rules.limit_arrays(basis.reference[t], *told)


# Name → the (T, N) array, and its row of session t.
_WHOLE: Mapping[str, Callable[[Basis], np.ndarray]] = {
    "mark": lambda basis: marks(basis.close, basis.reference),
    "limit_up": lambda basis: _limits(basis, 0),
    "limit_down": lambda basis: _limits(basis, 1),
    "total_shares": lambda basis: basis.capital.whole()[0],
    "shares_derived": lambda basis: basis.capital.whole()[1],
    "share_factor": _factors,
}
_ROW: Mapping[str, Callable[[Basis, int], np.ndarray]] = {
    "mark": lambda basis, t: marks(basis.close[t], basis.reference[t]),
    "limit_up": lambda basis, t: _limits_of(basis, t)[0],
    "limit_down": lambda basis, t: _limits_of(basis, t)[1],
    "total_shares": lambda basis, t: basis.capital.at(t)[0],
    "shares_derived": lambda basis, t: basis.capital.at(t)[1],
    "share_factor": lambda basis, t: basis.factors[t, basis.factor_column],
}
DERIVED = tuple(_WHOLE)


def whole(basis: Basis, name: str) -> np.ndarray:
    """(T, N), read-only."""
    return _frozen(_WHOLE[name](basis))


def row(basis: Basis, name: str, t: int) -> np.ndarray:
    """(N,) of one session, read-only."""
    return _frozen(_ROW[name](basis, t))


def _frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
