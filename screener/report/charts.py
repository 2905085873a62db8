"""Figures as plain plotly dictionaries, and a back-test or an event study as one picture.

1. A figure is {"data": [trace …], "layout": {…}}; a colour written `@name` is a role that the page's style sheet (or
   `LIGHT` here) turns into a colour, so that one figure serves dark, light and print.
2. No text from outside (titles, firm names) goes into a figure: plotly reads its own markup in text. What has to is
   passed through `inert`.
3. `plot_backtest` writes the same three curves to one file: .html by plotly, .png and .svg by matplotlib (`canvases`);
   `plot_events` the mean path around the announcements with its band; `plot_sweep` what the grid made of the Sharpe
   ratio. Their words are in the language of the terminal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from screener.core import writing
from screener.core.arrays import Floats
from screener.core.config import BENCHMARK
from screener.core.errors import UsageError
from screener.evaluation.appraisal import ROLLING
from screener.report.fitting import folded
from screener.report.words import language, told

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

    from screener.evaluation.appraisal import Appraisal
    from screener.evaluation.event_study import MeanPath, Overview, Overviews
    from screener.evaluation.sweep import HeatMap, SweepAnswer

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
FORMATS = (".html", ".png", ".svg")


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


def plot_backtest(appraisal: Appraisal, path: Path) -> Path:
    """Write growth, drawdown and rolling excess return of a back-test to `path` (.html, .png or .svg).

    Raises UsageError for another ending, ScreenerError where nothing can be written there.
    """
    from screener.report.canvases import backtest_canvas

    return _written(path, lambda: _heading(appraisal), lambda: stacked(appraisal), lambda: backtest_canvas(appraisal))


def _written(path: Path, heading: Callable[[], str], shown: Callable[[], Figure], drawn: Callable[[], Canvas]) -> Path:
    """One picture in the format of its ending; only the one asked for is made."""
    checked_ending(path)
    kind = path.suffix.lower().removeprefix(".")

    def fill(draft: Path) -> None:
        if kind == "html":
            _write_html(shown(), heading(), draft)
        else:
            from screener.report.canvases import save

            save(draft, kind, heading, drawn)

    writing.written(path, fill, kind=kind)
    return path


def checked_ending(path: Path) -> None:
    """Raises UsageError for a picture of a kind that is not drawn; asked before long work."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError("no such kind of picture", got=path.name, expected=" or ".join(FORMATS))


def _heading(appraisal: Appraisal) -> str:
    result, figures = appraisal.result, appraisal.performance
    made_up = "SYNTHETIC prices" if result.market.synthetic else ""
    hindsight = "HINDSIGHT list of firms" if result.hindsight else ""
    other = figures.benchmark_return.value
    against = "" if other is None else f" against {other:+.1%} of {BENCHMARK}"
    span = f"{result.sessions[0]} … {result.sessions[-1]}"
    told_of = _joined(made_up, f"{result.strategy} {result.total_return:+.1%}{against}")
    return f"{told_of}\n{_joined(span, hindsight)}"


def _joined(*parts: str) -> str:
    """Parts of a heading in the language of the terminal, those that are there."""
    return " · ".join(told(part) for part in parts if part)


def _write_html(shown_figure: Figure, title: str, path: Path) -> None:
    from plotly.offline import get_plotlyjs

    shown = json.dumps(coloured(shown_figure), ensure_ascii=False).replace("<", "\\u003c")
    title = inert(title).replace("\n", " · ")
    path.write_text(
        f'<!doctype html><html lang="{language()}"><meta charset="utf-8"><title>{title}</title><body><h1>{title}</h1>'
        f'<div id="figure"></div><script>{get_plotlyjs()}</script><script>const f = {shown};'
        "Plotly.newPlot('figure', f.data, f.layout, {responsive: true, displaylogo: false});</script></body></html>",
        encoding="utf-8",
    )


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


def plot_events(found: Overview | Overviews, path: Path) -> Path:
    """Write the mean path of one kind of event with its band to `path` (.html, .png or .svg).

    Raises UsageError for another ending or where there is no event, ScreenerError where nothing can be written there.
    """
    from screener.evaluation.event_study import Overview

    checked_ending(path)
    if not isinstance(found, Overview):
        raise UsageError("one picture shows one kind", got="all kinds", expected="one kind")
    drawn = found.mean_path
    words, layout = {"band": told(BAND), "offset": told(OFFSET)}, {"height": 520, "paper_bgcolor": "@paper"}
    from screener.report.canvases import path_canvas

    heading, shown = partial(_events_heading, found), partial(path_figure, drawn, words, **layout)
    return _written(path, heading, shown, partial(path_canvas, drawn))


def _events_heading(found: Overview) -> str:
    one, stands_on = found.study, found.stands_on
    band_of = "" if one.descriptive or one.low is None else f" (95 %: {one.low:+.1%} … {one.high:+.1%})"
    mean = "" if one.caar is None else f"CAAR{one.window} {one.caar:+.1%}{band_of}"
    worth = f"n {one.n} of {one.firms} firms, effective n {one.n_effective:.1f}"
    smallest = "no detectable effect known" if one.detectable is None else f"detectable from ±{one.detectable:.1%}"
    only = "descriptive only, no band" if one.descriptive else ""
    made_up = "SYNTHETIC prices" if stands_on.synthetic else ""
    stamped = _joined(made_up, stands_on.hindsight.partition(":")[0], mean)
    return f"{told(one.label)}\n{stamped}\n{_joined(worth, smallest, only)}"


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


def plot_sweep(found: SweepAnswer, path: Path) -> Path:
    """Write the Sharpe ratios of a sweep to `path` (.html, .png or .svg): bars of one axis, a heat map of two.

    More axes: medians over them. Raises UsageError for another ending or where nothing varies, ScreenerError where
    nothing can be written there.
    """
    checked_ending(path)
    cells = found.heat_map
    if cells is None or not np.isfinite(cells.cells).any():
        raise UsageError("nothing to draw", where="--plot", expected="a grid in which something varies and trades")
    from screener.report.canvases import sweep_canvas

    heading = partial(_sweep_heading, found, cells)
    return _written(path, heading, partial(sweep_figure, cells, found.luck), partial(sweep_canvas, cells, found.luck))


def _sweep_heading(found: SweepAnswer, cells: HeatMap) -> str:
    """The stamps, then the verdict in lines that fit, then what the picture leaves out."""
    made_up = "SYNTHETIC prices" if found.stands_on.synthetic else ""
    stamped = _joined(made_up, found.stands_on.hindsight.partition(":")[0])
    named = f"{found.results.job.name} · {found.first} … {found.last}"
    return "\n".join(
        line for line in (named, stamped, *folded(told(found.verdict), 110, paths=False), told(cells.note)) if line
    )


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
