"""Rounding to the fen in columns is Python's own."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from screener.core.arrays import distinct, to_fen

_HALVES = st.integers(-(10**15), 10**15).map(lambda n: n / 1000)  # 0.005 and its like among them


@given(st.lists(st.one_of(st.floats(-1e15, 1e15), _HALVES), min_size=1, max_size=30))
def test_to_fen_rounds_each_amount_as_round_does(amounts: list[float]) -> None:
    assert to_fen(np.array(amounts)).tolist() == [round(yuan, 2) for yuan in amounts]


def test_distinct_rows_are_told_once() -> None:
    one, two = np.array([3, 1, 3, 3, 1]), np.array([7, 7, 7, 9, 7])
    rows, which = distinct(one, two)
    assert sorted(zip(one[rows].tolist(), two[rows].tolist(), strict=True)) == [(1, 7), (3, 7), (3, 9)]
    assert (one[rows][which] == one).all() and (two[rows][which] == two).all()
    assert [len(part) for part in distinct(one[:0], two[:0])] == [0, 0]
