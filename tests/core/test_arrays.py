"""Rounding to the fen in columns is Python's own."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from screener.core.arrays import to_fen

_HALVES = st.integers(-(10**15), 10**15).map(lambda n: n / 1000)  # 0.005 and its like among them


@given(st.lists(st.one_of(st.floats(-1e15, 1e15), _HALVES), min_size=1, max_size=30))
def test_to_fen_rounds_each_amount_as_round_does(amounts: list[float]) -> None:
    assert to_fen(np.array(amounts)).tolist() == [round(yuan, 2) for yuan in amounts]
