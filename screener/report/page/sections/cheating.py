"""What cheating would have earned: the figures of `backtest.mistakes` as a waterfall and a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from screener.backtest.mistakes import Step
from screener.report.charts import Figure, figure
from screener.report.page.source import Canvas, PageSource


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """The answer with its words; the chart where there are steps."""
    found = source.mistakes
    if found.steps:
        canvas.chart("cheating", _figure(source, found.steps))
    return {
        "strategy": found.strategy,
        "steps": [
            {"label": _label(source, step.name), "total": step.total, "change": step.change} for step in found.steps
        ],
        "names": found.names,
        "honest": found.honest,
        "alone": [{"label": _label(source, name), "cells": cells} for name, cells in found.alone.items()],
        "gross": found.gross,
    }


def _label(source: PageSource, name: str) -> str:
    return str(source.words["mistakes"][name])


def _figure(source: PageSource, steps: Sequence[Step]) -> Figure:
    labels = [_label(source, step.name) for step in steps] + [source.words["mistakes"]["cheated"]]
    last = steps[-1].total
    trace = {
        "type": "waterfall",
        "orientation": "h",
        "y": labels,
        "x": [*(round(s.change, 4) for s in steps), round(last, 4)],
        "measure": ["absolute", *["relative"] * (len(steps) - 1), "total"],
        "text": [f"{s.change:+.1%}" for s in steps] + [f"{last:+.1%}"],
        "textposition": "outside",
        "cliponaxis": False,
        "hoverinfo": "none",
        "connector": {"line": {"color": "@muted", "width": 1}},
        "increasing": {"marker": {"color": "@c2"}},
        "decreasing": {"marker": {"color": "@c3"}},
        "totals": {"marker": {"color": "@c1"}},
    }
    ends = [0.0, last, *(step.total for step in steps)]
    room = 0.22 * (max(ends) - min(ends) or 1.0)  # for the figures beside the bars
    axis = {"tickformat": "+.0%", "range": [min(ends) - room, max(ends) + room], "nticks": 6}
    return figure([trace], hovermode=False, showlegend=False, yaxis={"autorange": "reversed"}, xaxis=axis)
