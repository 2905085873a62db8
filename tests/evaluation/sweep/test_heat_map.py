"""The matrix of a sweep names what it leaves out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from screener.evaluation.sweep import heat_map


def grid_of(**sizes: int) -> Any:
    """Results of a grid, each variant's Sharpe ratio its number."""
    axes = tuple((name, tuple(range(size))) for name, size in sizes.items())
    cells = np.stack([mesh.ravel() for mesh in np.meshgrid(*(values for _, values in axes), indexing="ij")], axis=1)
    frame = pl.DataFrame(cells, schema=list(sizes)).with_columns(sharpe=pl.Series(np.arange(float(len(cells)))))
    return SimpleNamespace(job=SimpleNamespace(grid=SimpleNamespace(axes=axes)), figures=lambda: frame)


@pytest.mark.parametrize(
    ("sizes", "note"),
    [
        ({"a": 14, "b": 13}, "7 of 13 values of b are shown"),
        ({"a": 30, "b": 2, "c": 2}, "median over c; 15 of 30 values of a are shown"),
        ({"a": 30, "b": 14}, "15 of 30 values of a are shown; 7 of 14 values of b are shown"),
        ({"a": 25, "b": 12}, ""),
        ({"a": 30}, "15 of 30 values of a are shown"),
    ],
)
def test_values_left_out_of_the_matrix_are_named(sizes: dict[str, int], note: str) -> None:
    found = heat_map(grid_of(**sizes))
    assert found is not None and found.note == note
    assert found.cells.shape == (len(found.row_values), len(found.column_values))
