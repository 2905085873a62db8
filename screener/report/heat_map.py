"""A matrix of medians on the terminal."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from screener.core.units import number
from screener.evaluation.sweep import HeatMap
from screener.report.tables import Field, print_table, say, text


def print_heat_map(found: HeatMap) -> None:
    """Sharpe ratios a year; the colour repeats the number (orange above zero, blue below)."""
    largest = float(np.nanmax(np.abs(found.cells))) if np.isfinite(found.cells).any() else 1.0
    style = _colours(largest)
    fields = [Field("", found.rows, right=True, name=True)]
    for at, heading in enumerate(found.column_values or ("",)):
        fields.append(Field(str(at), text(heading), number, right=True, name=True, style=style))
    rows = [
        {"": text(label), **{str(at): float(value) for at, value in enumerate(cells)}}
        for label, cells in zip(found.row_values, found.cells, strict=True)
    ]
    across = f"Sharpe a year: {found.rows} down, {found.columns} across"
    print_table(fields, rows, title=across if found.columns else f"Sharpe a year: {found.rows} down")
    if found.note:
        say(found.note)


def _colours(largest: float) -> Callable[[float], str]:
    def colour(value: float) -> str:
        if not np.isfinite(value):
            return ""
        depth = int(150 * min(1.0, abs(value) / largest)) if largest > 0 else 0
        rest = 255 - depth
        if value >= 0:
            return f"black on rgb(255,{255 - depth // 2},{rest})"
        return f"black on rgb({rest},{255 - depth // 3},255)"

    return colour
