"""Sweeps: every variant ever tried against this store, and what is left of the best one when the search is counted.

Two parameters that vary: heat map; one: bars; more: the table alone.
"""

from __future__ import annotations

from typing import Any

from screener.evaluation.searches import Search
from screener.report.charts import Figure, figure, inert
from screener.report.page.source import Canvas, PageSource

SHOWN = 5


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """Groups of variants; empty where nothing was searched."""
    groups = [_group(canvas, number, found) for number, found in enumerate(source.searches.groups)]
    return {"groups": groups, "tried": source.searches.tried}


def _group(canvas: Canvas, number: int, found: Search) -> dict[str, Any]:
    figure_ = _figure(found)
    return {
        "strategy": found.strategy,
        "span": f"{found.first} … {found.last}",
        "variants": len(found.variants),
        "varying": found.varying,
        "best": [
            {"params": row.values, "sharpe": row.sharpe, "total": row.total_return} for row in found.variants[:SHOWN]
        ],
        "deflated": found.deflated,
        "believed": found.believed,
        "chart": canvas.chart(f"sweep-{number}", figure_) if figure_ else None,
    }


def _figure(found: Search) -> Figure | None:
    if len(found.varying) == 2:
        return _heat(found, *found.varying)
    return _bars(found, *found.varying) if len(found.varying) == 1 else None


def _bars(found: Search, name: str) -> Figure:
    rows = sorted(found.variants, key=lambda row: (str(type(row.values[name])), row.values[name]))
    x, y = [str(row.values[name]) for row in rows], [round(row.total_return, 4) for row in rows]
    trace = {"type": "bar", "x": x, "y": y, "marker": {"color": "@c1"}, "hovertemplate": "%{y:+.2%}<extra></extra>"}
    return figure([trace], yformat="+.0%", showlegend=False, xaxis=_categories(name))


def _heat(found: Search, across: str, down: str) -> Figure:
    cells = {(row.values[across], row.values[down]): row.total_return for row in found.variants}
    columns, lines = (sorted({key[i] for key in cells}, key=lambda v: (str(type(v)), v)) for i in (0, 1))
    z = [[None if (c, r) not in cells else round(cells[c, r], 4) for c in columns] for r in lines]
    trace = {
        "type": "heatmap",
        "x": [str(c) for c in columns],
        "y": [str(r) for r in lines],
        "z": z,
        "zmid": 0,
        "colorscale": [[0, "@c2"], [0.5, "@paper"], [1, "@c1"]],
        "colorbar": {"tickformat": "+.0%", "thickness": 12},
        "hovertemplate": "%{x} · %{y}: %{z:+.2%}<extra></extra>",
    }
    return figure([trace], hovermode="closest", xaxis=_categories(across), yaxis=_categories(down))


def _categories(name: str) -> dict[str, Any]:
    return {"type": "category", "title": {"text": inert(name)}}
