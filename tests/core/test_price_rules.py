"""Limits and ex-right references: one formula, whatever carries the numbers."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from itertools import product

import numpy as np
import polars as pl
import pytest

from screener.core.price_rules import (
    NO_LIMIT,
    ex_right_expr,
    ex_right_reference,
    limit_arrays,
    limit_exprs,
    limit_fen,
    limit_prices,
)

PRICES = [fen / 100 for fen in (1, 2, 5, 9, 10, 11, 99, 100, 453, 1005, 2994, 3282, 25563, 178_888)]
RATES = [0.05, 0.1, 0.2, 0.3]


@pytest.mark.parametrize("rounding", [0.5, 0.0])
def test_limits_of_a_number_an_array_and_a_column_are_equal(rounding: float) -> None:
    pairs = list(product(PRICES, RATES))
    one = [limit_prices(price, rate, rounding) for price, rate in pairs]
    permille = np.array([round(rate * 1000) for _, rate in pairs], np.int16)
    outwards = np.full(len(pairs), round(rounding * 2000), np.int16)
    many = limit_arrays(np.array([price for price, _ in pairs]), permille, outwards)
    frame = pl.DataFrame(pairs, schema=["price", "rate"], orient="row")
    columns = frame.select(
        *(e.alias(n) for n, e in zip("ud", limit_exprs(pl.col("price"), pl.col("rate"), pl.lit(rounding)), strict=True))
    )
    assert one == list(zip(*(side.tolist() for side in many), strict=True)) == columns.rows()


def test_where_nothing_is_known_there_is_no_limit() -> None:
    up, down = limit_arrays(np.array([10.0, np.nan]), np.array([NO_LIMIT, 100], np.int16), np.full(2, 1000, np.int16))
    assert np.isnan(up).all() and np.isnan(down).all()
    none = pl.DataFrame({"p": [10.0, None], "r": [None, 0.1]}).select(
        limit_exprs(pl.col("p"), pl.col("r"), pl.lit(0.5))[0]
    )
    assert none.to_series().null_count() == 2


@pytest.mark.parametrize(("fen", "expected"), [(1, (2, 1)), (2, (3, 1)), (4, (5, 3)), (453, (589, 317))])
def test_a_tick_lies_between_and_beijing_never_goes_beyond_its_rate(fen: int, expected: tuple[int, int]) -> None:
    assert limit_fen(fen, 300, 1000) == expected
    assert limit_fen(453, 300, 0) == (588, 318)
    assert limit_fen(500, 300, 0) == (650, 350)


@pytest.mark.parametrize("prev", [3.05, 29.94, 106.58, 1788.88])
@pytest.mark.parametrize(
    ("cash", "shares"), [(0.0, 0.4), (0.2903, 0.4), (0.035, 0.2), (0.1234567, 0.333333), (1.0, 1.0)]
)
def test_the_ex_right_reference_is_the_formula_in_decimals(prev: float, cash: float, shares: float) -> None:
    exact = (Decimal(str(prev)) - Decimal(str(cash))) / (1 + Decimal(str(shares)))
    expected = float(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))
    assert ex_right_reference(prev, cash=cash, shares=shares) == expected
    frame = pl.DataFrame({"p": [prev], "c": [cash], "s": [shares]})
    assert frame.select(ex_right_expr(pl.col("p"), cash=pl.col("c"), shares=pl.col("s"))).item() == expected
