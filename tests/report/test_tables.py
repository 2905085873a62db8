"""A table ends after so many rows and says how many there are beyond them; cells of the others are not even made."""

from __future__ import annotations

import pytest

from screener.report.tables import MOST, Field, head, limited, print_table


@pytest.mark.parametrize(("rows", "most", "left"), [(3, 5, 0), (5, 5, 0), (12, 5, 7), (MOST + 1, None, 1)])
def test_a_table_says_how_many_rows_are_not_printed(
    capsys: pytest.CaptureFixture[str], rows: int, most: int | None, left: int
) -> None:
    made: list[int] = []

    def cells(n: int) -> dict[str, str]:
        made.append(n)
        return {"n": f"cell{n}"}

    with limited(most or MOST):
        print_table([Field("n", "n")], range(rows), cells=cells)
    told = capsys.readouterr().out
    assert told.count("cell") == len(made) == rows - left
    assert (f"{left} more rows; --rows {rows} prints them" in told) is bool(left)


def test_a_limit_ends_with_its_block() -> None:
    with limited(2):
        assert len(head(range(9))) == 2
    assert len(head(range(9))) == 9
