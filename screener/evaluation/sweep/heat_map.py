"""Two axes of a grid as a matrix of medians."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from screener.backtest.sweep import Results
from screener.backtest.sweep.results import column
from screener.core.arrays import Floats


@dataclass(frozen=True)
class HeatMap:
    """Median of a figure over all other axes; NaN where no variant has one."""

    rows: str
    columns: str  # "" where the grid has one dimension
    row_values: tuple[Any, ...]
    column_values: tuple[Any, ...]
    cells: Floats  # (rows, columns)
    note: str = ""


def heat_map(results: Results, figure: str = "sharpe", most_rows: int = 25, most_columns: int = 12) -> HeatMap | None:
    """The two axes with most values; very long axes show 1 in n values. None where nothing varies."""
    axes = sorted(
        ((name, values) for name, values in results.job.grid.axes if len(values) > 1), key=lambda axis: -len(axis[1])
    )
    if not axes:
        return None
    (rows, row_values), *more = axes
    columns, column_values = more[0] if more else ("", ("",))
    frame = results.figures()
    keys = [column(name) for name in (rows, columns) if name]
    medians = frame.group_by(keys).agg(pl.col(figure).median())
    found = {tuple(row[:-1]): row[-1] for row in medians.select(*keys, figure).iter_rows()}
    shown_rows, shown_columns = _thinned(row_values, most_rows), _thinned(column_values, most_columns)
    cells = np.array(
        [[_cell(found.get((row, other) if columns else (row,))) for other in shown_columns] for row in shown_rows]
    )
    note = _heat_note(
        [name for name, _ in axes[2:]], {rows: (row_values, shown_rows), columns: (column_values, shown_columns)}
    )
    return HeatMap(rows, columns, shown_rows, shown_columns, cells, note)


def _cell(value: float | None) -> float:
    return float("nan") if value is None else value


def _thinned(values: Sequence[Any], most: int) -> tuple[Any, ...]:
    return tuple(values[:: -(-len(values) // most)])


def _heat_note(others: Sequence[str], axes: Mapping[str, tuple[Sequence[Any], Sequence[Any]]]) -> str:
    """What the matrix leaves out: axes the medians are over, and values of the `axes` (all, shown)."""
    parts = [f"median over {', '.join(others)}"] if others else []
    thinned = {name: len(shown) for name, (every, shown) in axes.items() if len(shown) < len(every)}
    parts += [f"{count} of {len(axes[name][0])} values of {name} are shown" for name, count in thinned.items()]
    return "; ".join(parts)
