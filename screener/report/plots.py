"""`--plot FILE`: a back-test, an event study or a sweep as one picture, by the ending of its file.

1. .html by plotly (`charts`), .png and .svg by matplotlib (`canvases`): the same curves, and only the one asked for is
   made.
2. A heading says what must be read with it: SYNTHETIC, HINDSIGHT, what was found and how sure it is. Words are in the
   language of the terminal.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from screener.core import writing
from screener.core.config import BENCHMARK
from screener.core.errors import UsageError
from screener.report.canvases import backtest_canvas, path_canvas, save, sweep_canvas
from screener.report.charts import BAND, OFFSET, Figure, coloured, inert, path_figure, stacked, sweep_figure
from screener.report.fitting import folded
from screener.report.words import language, told

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

    from screener.evaluation.appraisal import Appraisal
    from screener.evaluation.event_study import Overview, Overviews
    from screener.evaluation.sweep import HeatMap, SweepAnswer

FORMATS = (".html", ".png", ".svg")


def plot_backtest(appraisal: Appraisal, path: Path) -> Path:
    """Write growth, drawdown and rolling excess return of a back-test to `path` (.html, .png or .svg).

    Raises UsageError for another ending, ScreenerError where nothing can be written there.
    """
    heading, shown = partial(_backtest_heading, appraisal), partial(stacked, appraisal)
    return _written(path, heading, shown, partial(backtest_canvas, appraisal))


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
    heading, shown = partial(_events_heading, found), partial(path_figure, drawn, words, **layout)
    return _written(path, heading, shown, partial(path_canvas, drawn))


def plot_sweep(found: SweepAnswer, path: Path) -> Path:
    """Write the Sharpe ratios of a sweep to `path` (.html, .png or .svg): bars of one axis, a heat map of two.

    More axes: medians over them. Raises UsageError for another ending or where nothing varies, ScreenerError where
    nothing can be written there.
    """
    checked_ending(path)
    cells = found.heat_map
    if cells is None or not np.isfinite(cells.cells).any():
        raise UsageError("nothing to draw", where="--plot", expected="a grid in which something varies and trades")
    heading = partial(_sweep_heading, found, cells)
    return _written(path, heading, partial(sweep_figure, cells, found.luck), partial(sweep_canvas, cells, found.luck))


def checked_ending(path: Path) -> None:
    """Raises UsageError for a picture of a kind that is not drawn; asked before long work."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError("no such kind of picture", got=path.name, expected=" or ".join(FORMATS))


def _written(path: Path, heading: Callable[[], str], shown: Callable[[], Figure], drawn: Callable[[], Canvas]) -> Path:
    """One picture in the format of its ending; only the one asked for is made."""
    checked_ending(path)
    kind = path.suffix.lower().removeprefix(".")

    def fill(draft: Path) -> None:
        if kind == "html":
            _write_html(shown(), heading(), draft)
        else:
            save(draft, kind, heading, drawn)

    writing.written(path, fill, kind=kind)
    return path


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


def _backtest_heading(appraisal: Appraisal) -> str:
    result, figures = appraisal.result, appraisal.performance
    made_up = "SYNTHETIC prices" if result.market.synthetic else ""
    hindsight = "HINDSIGHT list of firms" if result.hindsight else ""
    other = figures.benchmark_return.value
    against = "" if other is None else f" against {other:+.1%} of {BENCHMARK}"
    span = f"{result.sessions[0]} … {result.sessions[-1]}"
    told_of = _joined(made_up, f"{result.strategy} {result.total_return:+.1%}{against}")
    return f"{told_of}\n{_joined(span, hindsight)}"


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


def _sweep_heading(found: SweepAnswer, cells: HeatMap) -> str:
    """The stamps, then the verdict in lines that fit, then what the picture leaves out."""
    made_up = "SYNTHETIC prices" if found.stands_on.synthetic else ""
    stamped = _joined(made_up, found.stands_on.hindsight.partition(":")[0])
    named = f"{found.results.job.name} · {found.first} … {found.last}"
    return "\n".join(
        line for line in (named, stamped, *folded(told(found.verdict), 110, paths=False), told(cells.note)) if line
    )


def _joined(*parts: str) -> str:
    """Parts of a heading in the language of the terminal, those that are there."""
    return " · ".join(told(part) for part in parts if part)
