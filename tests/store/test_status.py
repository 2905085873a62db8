"""What `status` finds without reading every bar, against plain Python over all of them."""

from itertools import pairwise

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.store.bars import spans
from screener.store.status import _holes

_ROWS = (
    "CREATE TABLE bars AS SELECT unnest(?::VARCHAR[]) AS source, DATE '2026-01-01' + unnest(?::INTEGER[]) AS session"
)


@given(st.lists(st.lists(st.booleans(), min_size=9, max_size=9), min_size=1, max_size=4))
def test_holes_are_the_runs_without_a_flag_between_two_flags(rows: list[list[bool]]) -> None:
    flagged = [[t for t, flag in enumerate(row) if flag] for row in rows]
    holes = [(n, a, b) for n, at in enumerate(flagged) for a, b in pairwise(at) if b > a + 1]
    assert list(zip(*(part.tolist() for part in _holes(np.array(rows))), strict=True)) == holes


@pytest.mark.parametrize(
    "told", [["a", "a"], ["a long name of a source"] * 3, ["b", "a", "b"], ["a", None], [None], []]
)
def test_who_told_bars_is_found_whether_one_or_several_did(told: list[str | None]) -> None:
    con = duckdb.connect()
    con.execute(_ROWS, [told, list(range(len(told)))])
    plain = "SELECT coalesce(source, 'unknown') AS s, min(session), max(session) FROM bars GROUP BY s ORDER BY s"
    assert spans(con) == con.execute(plain).fetchall()
