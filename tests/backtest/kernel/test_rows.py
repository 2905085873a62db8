"""One rounding rule: the same function in the kernel's machine code, on arrays, and as a decimal says it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numba
import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from screener.backtest.kernel import money, rows

SHARES, PRICES = st.integers(1, 10**11), st.integers(1, 10**11)
BILLIONTHS = st.integers(0, 3 * 10**7)


@numba.njit
def compiled(shares: int, price: int) -> int:
    found: int = money.fen_of(shares, price)
    return found


@numba.njit
def part(amount: int, rate: float) -> int:
    return money.part_of(amount, rate)


@numba.njit
def fee(amount: int, rate: float, shares: int, per_share: float) -> int:
    return money.transfer_fee(amount, rate, shares, per_share)


@numba.njit
def paid(shares: int, yuan: float) -> int:
    return money.of_cash(shares, yuan)


def whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@given(st.integers(1, 10**8), PRICES)
@example(1, 5_000)
@example(10**8, 10**11 - 1)
def test_compiled_and_on_arrays_an_amount_is_the_same_fen(shares: int, price: int) -> None:
    exact = whole(Decimal(shares) * price / 10_000)
    assert compiled(shares, price) == exact
    if price < 10**10:  # up to 10 000 yuan a float holds the millionth
        assert int(rows.value(np.array([shares]), np.array([price / 1e6]))[0]) == exact


@given(st.integers(0, 10**15), BILLIONTHS)
@example(2_000_000_000_000_000, 500_000)
def test_a_rate_of_any_amount_is_rounded_half_up(amount: int, billionths: int) -> None:
    assert part(amount, billionths / 1e9) == whole(Decimal(amount) * billionths / 10**9)


@given(st.integers(0, 10**15), BILLIONTHS, st.integers(0, 10**10), st.integers(0, 1000))
def test_a_transfer_fee_is_rounded_once(amount: int, billionths: int, shares: int, millionths: int) -> None:
    exact = Decimal(amount) * billionths / 10**9 + Decimal(shares) * millionths / 10**4
    assert fee(amount, billionths / 1e9, shares, millionths / 1e6) == whole(exact)


@given(st.integers(1, 10**10), st.integers(0, 10**10))
def test_a_dividend_is_rounded_half_up(shares: int, billionths: int) -> None:
    assert paid(shares, billionths / 1e9) == whole(Decimal(shares) * billionths / 10**7)
