from collections.abc import Iterator

import pytest

from screener.core.later import Chained, LaterRows


def counted(made: list[int], first: int, stop: int) -> Iterator[int]:
    for n in range(first, stop):
        made.append(n)
        yield n


def test_rows_are_made_on_the_first_look_and_once() -> None:
    made: list[int] = []
    rows = LaterRows(lambda: counted(made, 0, 3))
    assert made == []
    assert (len(rows), rows[0], rows[1:], [*rows]) == (3, 0, (1, 2), [0, 1, 2])
    assert made == [0, 1, 2]


@pytest.mark.parametrize(
    ("place", "found", "made"),
    [
        (slice(2), (0, 1), [0, 1]),
        (slice(1, 4), (1, 2, 10), [0, 1, 2, 10]),
        (slice(0), (), []),
        (3, 10, [0, 1, 2, 10]),
        (-1, 11, [0, 1, 2, 10, 11]),
    ],
)
def test_of_chained_rows_no_more_is_made_than_is_looked_at(place: int | slice, found: object, made: list[int]) -> None:
    told: list[int] = []
    rows = Chained(
        [(3, lambda: counted(told, 0, 3)), (0, lambda: counted(told, 5, 6)), (2, lambda: counted(told, 10, 12))]
    )
    assert len(rows) == 5 and told == []
    assert rows[place] == found and told == made
