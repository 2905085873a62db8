"""Figures as plain plotly dictionaries: their parts, and those that a page, `.plot()` and `--plot` share.

1. A figure is {"data": [trace …], "layout": {…}}; a colour written `@name` is a role that the page's style sheet (or
   `LIGHT` here) turns into a colour, so that one figure serves dark, light and print.
2. No text from outside (titles, firm names) goes into a figure: plotly reads its own markup in text. What has to is
   passed through `inert`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from screener.core.arrays import Floats
from screener.core.config import BENCHMARK
from screener.evaluation.appraisal import ROLLING
from screener.report.words import told

if TYPE_CHECKING:
    from screener.evaluation.appraisal import Appraisal
    from screener.evaluation.event_study import MeanPath
    from screener.evaluation.sweep import HeatMap

Figure = dict[str, Any]
Trace = dict[str, Any]
COLOURS = ("@c1", "@c2", "@c3", "@c4", "@c5", "@c6")
LIGHT = {
    "@paper": "#ffffff",
    "@ink": "#1b2330",
    "@muted": "#566072",
    "@grid": "#e3e7ee",
    "@band": "rgba(31,95,168,0.16)",
    "@c1": "#1f5fa8",
    "@c2": "#b4530a",
    "@c3": "#11736b",
    "@c4": "#7a3e9d",
    "@c5": "#9b1c48",
    "@c6": "#5b6b1f",
}
BAND, OFFSET = "95 %, each day by itself", "sessions from the announcement"
DATES = {"tickformat": "%Y-%m", "hoverformat": "%Y-%m-%d"}  # of an axis of days, alike in every language
SHARPE, LUCK = "Sharpe a year", "best of as many worthless tries"
GROWTH = "growth of 1 yuan, log"


def numbers(values: Sequence[float] | Floats, digits: int = 4) -> list[float | None]:
    """Floats for JSON: rounded, None where there is no number."""
    return [round(float(v), digits) if np.isfinite(v) else None for v in np.asarray(values, dtype=np.float64)]


def line(x: Any, y: Any, name: str, colour: str, **more: Any) -> Trace:
    """One line; `more` goes into the trace as it is."""
    style = {"color": colour, "width": 1.8, **more.pop("line", {})}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": inert(name), "line": style, **more}


def band(x: Sequence[Any], low: Sequence[Any], high: Sequence[Any], name: str, colour: str = "@band") -> Trace:
    """A filled band between two curves."""
    outline = [*x, *reversed(x)]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": outline,
        "y": [*high, *reversed(low)],
        "fill": "toself",
        "fillcolor": colour,
        "line": {"width": 0},
        "name": inert(name),
        "hoverinfo": "skip",
    }


def figure(data: Sequence[Trace], *, yformat: str = "", **layout: Any) -> Figure:
    """Traces with the house layout."""
    axis = {"gridcolor": "@grid", "zerolinecolor": "@muted", "linecolor": "@grid", "automargin": True}
    # The page draws without plotly's default template, so every colour is named here.
    base: dict[str, Any] = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "@ink", "size": 12},
        "margin": {"l": 48, "r": 12, "t": 12, "b": 32},
        "hovermode": "x unified",
        "dragmode": False,
        "hoverlabel": {"bgcolor": "@paper", "bordercolor": "@muted", "font": {"color": "@ink"}},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "bgcolor": "rgba(0,0,0,0)"},
        "xaxis": axis,
        "yaxis": axis | ({"tickformat": yformat, "hoverformat": _hover(yformat)} if yformat else {}),
    }
    for name, value in layout.items():
        base[name] = {**base.get(name, axis if "axis" in name else {}), **value} if isinstance(value, dict) else value
    return {"data": list(data), "layout": base}


def _hover(yformat: str) -> str:
    return "+.2%" if yformat.startswith("+") else ".2%" if yformat.endswith("%") else yformat


def inert(text: str) -> str:
    """Text in which plotly finds no markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def coloured(value: Any, roles: Mapping[str, str] = LIGHT) -> Any:
    """A figure with its colour roles filled in."""
    if isinstance(value, dict):
        return {key: coloured(item, roles) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [coloured(item, roles) for item in value]
    return roles.get(value, value) if isinstance(value, str) and value.startswith("@") else value


def stacked(appraisal: Appraisal) -> Figure:
    """Growth, drawdown and rolling excess return, one above the other."""
    found, name = appraisal.curves, appraisal.result.strategy
    days = [str(day) for day in found.dates]
    traces = [
        line(days, numbers(found.strategy), name, "@c1"),
        line(days, numbers(found.benchmark), BENCHMARK, "@muted"),
        line(days, numbers(found.drawdown), told("drawdown"), "@c2", yaxis="y2", fill="tozeroy"),
        line(days, numbers(found.rolling_excess), told(f"excess over {ROLLING} sessions"), "@c3", yaxis="y3"),
    ]
    domains = {"yaxis": [0.48, 1.0], "yaxis2": [0.24, 0.44], "yaxis3": [0.0, 0.2]}
    axes: dict[str, Any] = {name: {"domain": domain, "tickformat": "+.0%"} for name, domain in domains.items()}
    axes["yaxis"] |= {
        "type": "log",
        "tickformat": ".3~g",
        "title": {"text": told(GROWTH)},
    }  # the same share, the same height
    return figure(traces, height=720, paper_bgcolor="@paper", xaxis={"anchor": "y3", **DATES}, **axes)


def path_figure(drawn: MeanPath, words: Mapping[str, str], **layout: Any) -> Figure:
    """The mean path with its band; `words` has the texts of `band` and of the axis, `offset`."""
    traces = [line(drawn.offsets, numbers(drawn.caar), "CAAR", "@c1")]
    kept = np.flatnonzero(np.isfinite(drawn.low))
    if len(kept):
        days = [drawn.offsets[k] for k in kept]
        traces.insert(0, band(days, numbers(drawn.low[kept]), numbers(drawn.high[kept]), words["band"]))
    zero = {
        "type": "line",
        "x0": 0,
        "x1": 0,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": "@muted", "dash": "dot"},
    }
    titled = {"title": {"text": words["offset"]}, "dtick": 5}
    return figure(traces, yformat="+.1%", shapes=[zero], xaxis=titled, **layout)


def sweep_figure(cells: HeatMap, luck: float) -> Figure:
    """Bars with the line of luck for one axis, a heat map for two; ratios a year."""
    down = [str(value) for value in cells.row_values]
    layout: dict[str, Any] = {"height": 520, "paper_bgcolor": "@paper", "hovermode": "closest"}
    named = {"type": "category", "title": {"text": inert(cells.rows)}}
    if not cells.columns:
        bars = {
            "type": "bar",
            "x": down,
            "y": numbers(cells.cells[:, 0]),
            "name": told(SHARPE),
            "marker": {"color": "@c1"},
        }
        of_luck = line(down, [round(luck, 4)] * len(down), told(LUCK), "@c2", line={"dash": "dot"})
        return figure([bars, of_luck], yformat=".2f", xaxis=named, **layout)
    trace = {
        "type": "heatmap",
        "x": [str(value) for value in cells.column_values],
        "y": down,
        "z": [numbers(row) for row in cells.cells],
        "zmid": 0,
        "colorscale": [[0, "@c2"], [0.5, "@paper"], [1, "@c1"]],
        "colorbar": {"tickformat": ".2f", "thickness": 12, "title": {"text": told(SHARPE)}},
        "texttemplate": "%{z:.2f}",
        "hovertemplate": "%{x} · %{y}: %{z:.2f}<extra></extra>",
    }
    across = {"type": "category", "title": {"text": inert(cells.columns)}}
    return figure([trace], xaxis=across, yaxis=named, **layout)
