"""A matrix of medians on the terminal."""

from __future__ import annotations

import numpy as np
from rich import box
from rich.table import Table as RichTable
from rich.text import Text

from screener.core.units import number
from screener.evaluation.sweep import HeatMap
from screener.report.tables import console, say, text


def print_heat_map(found: HeatMap) -> None:
    """Sharpe ratios a year; the colour repeats the number (orange above zero, blue below)."""
    name = f"Sharpe a year: {found.rows} down" + (f", {found.columns} across" if found.columns else "")
    say(name)
    table = RichTable(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1))
    for heading in (found.rows, *found.column_values):
        table.add_column(Text(text(heading)), justify="right", no_wrap=True)
    largest = float(np.nanmax(np.abs(found.cells))) if np.isfinite(found.cells).any() else 1.0
    for label, cells in zip(found.row_values, found.cells, strict=True):
        table.add_row(Text(text(label)), *(Text(number(value), style=_colour(value, largest)) for value in cells))
    console().print(table, "")
    if found.note:
        say(found.note)


def _colour(value: float, largest: float) -> str:
    if not np.isfinite(value):
        return ""
    depth = int(150 * min(1.0, abs(value) / largest)) if largest > 0 else 0
    rest = 255 - depth
    return (
        f"black on rgb(255,{255 - depth // 2},{rest})" if value >= 0 else f"black on rgb({rest},{255 - depth // 3},255)"
    )
