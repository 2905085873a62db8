"""Rows of a frame stand for the tuple of their values, in whichever order they are asked for."""

import pickle
from datetime import date

import numpy as np
import pytest

from screener.point_in_time.announcements import Commitment, Values, cells_of
from screener.point_in_time.columns import are, cells, chosen, days, figures, first, moments, plain, upto
from tests.screen.world import DAY, evening, later, market, order

ROWS = tuple(order(f"A-{n}", later(DAY, n), None if n == 3 else n * 1e6) for n in range(6))


def values() -> Values[Commitment]:
    found = market(ROWS).commitments
    assert isinstance(found, Values)
    return found


@pytest.mark.parametrize("place", [slice(1, 3), slice(None), slice(0, 5), slice(-2, None), slice(4, 1, -1)])
def test_a_part_is_that_of_the_tuple(place: slice) -> None:
    rows, whole = values(), tuple(values())
    assert rows[place] == whole[place] and rows[-1] == whole[-1]
    assert rows.first(2) == whole[:2] and rows.first(2)[1] == whole[1]
    with pytest.raises(IndexError):
        values()[6]


def test_they_travel_and_are_equal_to_their_tuple() -> None:
    rows = values()
    assert pickle.loads(pickle.dumps(rows)) == rows == tuple(rows)
    assert rows != tuple(rows)[1:]
    assert plain(rows, 1, 3) == plain(tuple(rows), 1, 3) == [cells_of(row) for row in tuple(rows)[1:3]]


def test_columns_of_a_frame_are_those_of_the_values() -> None:
    rows, whole = values(), tuple(values())
    for name in ("commitment_id", "stake", "term_months"):
        assert cells(rows, name) == cells(whole, name)
    assert np.array_equal(figures(rows, "amount_low"), figures(whole, "amount_low"), equal_nan=True)
    assert (days(rows, "event_date") == days(whole, "event_date")).all()
    assert are(rows, "commitment_id", "A-2", "A-4").tolist() == are(whole, "commitment_id", "A-2", "A-4").tolist()
    assert chosen(rows, are(rows, "commitment_id", "A-2")) == chosen(whole, are(whole, "commitment_id", "A-2"))
    assert tuple(first(rows, 4)) == first(whole, 4)


@pytest.mark.parametrize(("day", "count"), [(date(2025, 1, 14), 0), (DAY, 1), (later(DAY, 3), 4), (later(DAY, 99), 6)])
def test_what_was_known_by_a_moment_counts_that_moment(day: date, count: int) -> None:
    assert upto(moments(values()), evening(day)) == upto(moments(tuple(values())), evening(day)) == count
