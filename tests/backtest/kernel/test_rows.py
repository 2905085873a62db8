"""One rounding rule: the same function in the kernel's machine code, on arrays, and as a decimal says it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import numba
import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from screener.backtest.kernel import execution, rows

SHARES, PRICES = st.integers(1, 10**7), st.integers(1, 10**5)


@numba.njit
def compiled(yuan: float) -> int:
    return execution.fen(yuan)


@given(SHARES, PRICES, st.sampled_from([1, 3, 7, 8, 1000]))
@example(1, 1, 8)
def test_compiled_and_on_arrays_an_amount_is_the_same_fen(shares: int, fen: int, parts: int) -> None:
    yuan = shares * (fen / 100) / parts
    assert compiled(yuan) == int(rows.fen(np.array([yuan]))[0])


@given(st.integers(1, 1000), st.integers(1, 1000), st.sampled_from([1, 2, 4, 10]))
def test_half_a_fen_goes_up_whatever_floats_make_of_it(shares: int, fen: int, parts: int) -> None:
    exact = Decimal(shares * fen) / parts
    rounded = int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert int(rows.fen(np.array([float(Fraction(shares * fen, parts * 100))]))[0]) == rounded
