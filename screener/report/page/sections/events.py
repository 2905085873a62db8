"""Event study: mean cumulative abnormal return with its band, events one by one, and what could be seen at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from screener.evaluation.event_study import EventRow, Overview, Study
from screener.report.charts import Figure, figure, inert, numbers, path_figure
from screener.report.page.source import Canvas, PageSource

SHOWN_TESTS = (
    "randomisation",
    "kolari_pynnonen",
    "grank_t",
    "generalised_sign",
    "bmp",
    "corrado",
    "cross_sectional",
    "brown_warner_1985",
    "patell",
    "wilcoxon",
)
LEVEL = 0.05
NEWEST = 200  # events that are told one by one


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """One article per study; what could not be studied says why."""
    words = source.words["events"]
    if not source.events:
        return {"studies": [], "missing": words["no_benchmark"]}
    draws = source.events[0].draws
    return {"studies": [_study(source, canvas, found) for found in source.events], "missing": "", "draws": draws}


def _study(source: PageSource, canvas: Canvas, found: Overview) -> dict[str, Any]:
    one, words = found.study, source.words["events"]
    label = source.kinds.get(one.kind, one.kind)
    if not one.n:
        return {"label": label, "study": None, "missing": words["nothing"]}
    events = sorted(one.events, key=lambda row: str(row.event_date))
    shown = events[-NEWEST:]
    return {
        "label": label,
        "missing": "",
        "study": one,
        "hindsight": bool(found.stands_on.hindsight),
        "attainable": found.attainable,
        "verdict": verdict(one.n_effective, one.descriptive, one.p),
        "p": None if one.descriptive else one.p,
        "tests": [(source.word("tests", name), one.tests[name]) for name in SHOWN_TESTS if name in one.tests],
        "events": shown,
        "earlier": len(events) - len(shown),
        "path": canvas.chart(f"caar-{one.kind}", path_figure(found.mean_path, words)),
        "rows": len(shown),
        "bars": canvas.chart(f"cars-{one.kind}", _bars(source, one, shown)),
    }


def verdict(worth: float, descriptive: bool, p: float | None) -> str:
    """Key of the sentence that may be said: descriptive, not_seen or seen."""
    if descriptive or p is None:
        return "descriptive"
    return "seen" if p < LEVEL else "not_seen"


def _bars(source: PageSource, one: Study, rows: Sequence[EventRow]) -> Figure:
    """One bar per event, the first on top; dotted: the smallest mean effect four of five such samples would show."""
    places = list(range(len(rows)))
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": places,
        "x": numbers([row.car for row in rows]),
        "marker": {"color": "@c1"},
        "customdata": [f"{row.symbol} {row.event_date}" for row in rows],
        "hovertemplate": "%{customdata}: %{x:+.2%}<extra></extra>",
    }
    edge = one.detectable
    shapes = [
        {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": x, "x1": x, "line": {"color": "@c2", "dash": "dot"}}
        for x in ((edge, -edge) if edge else ())
    ]
    names = [inert(f"{source.name_of(row.symbol)} {row.event_date}") for row in rows]
    return figure(
        [trace],
        shapes=shapes,
        hovermode="closest",
        showlegend=False,
        xaxis={"tickformat": "+.0%", "hoverformat": "+.2%", "nticks": 6},
        yaxis={"tickvals": places, "ticktext": names, "autorange": "reversed", "ticks": ""},
    )
