"""Rating bands: where a rating stands between its report date and month 12, pending where the time has not come.

The path of the report's firms and the cone of chance are those of `evaluation.rating.cone`; what lies after the day of
the page is shaded as pending.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from screener.core.calendar import add_months
from screener.core.config import BENCHMARK
from screener.evaluation.rating import CONE_SESSIONS, EDGE, Cone, Judged, Reading
from screener.evaluation.rating.evaluate import FIRST_MONTHS, LAST_MONTHS
from screener.report.charts import DATES, Figure, band, figure, line, numbers
from screener.report.page.source import Canvas, PageSource

SHOWN = (Reading.E6, Reading.E12, Reading.W)
_MONTHS = (FIRST_MONTHS, LAST_MONTHS)


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """Verdicts as they stand, and the cone of the report's firms."""
    cone = source.cone
    return {
        "rows": [_row(source, row) for row in source.ratings if row.reading in SHOWN],
        "benchmark": BENCHMARK,
        "cone": cone,
        "chart": canvas.chart("cone", _chart(source, cone)) if cone and cone.path else None,
        "cone_sessions": CONE_SESSIONS,
    }


def _row(source: PageSource, row: Judged) -> dict[str, Any]:
    return {"judged": row, "status_word": source.word("statuses", row.status), "pending": not row.final}


def _chart(source: PageSource, cone: Cone) -> Figure:
    w, start = source.words["ratings"], cone.start
    grid = [start] + [add_months(start, month) for month in range(1, LAST_MONTHS + 1)]
    weeks = range(0, (cone.ends[1] - start).days, 7)
    fine = sorted({*grid, *(date.fromordinal(start.toordinal() + step) for step in weeks)})
    half = [cone.half_width(day) for day in fine]
    x = [str(day) for day in fine]
    traces = [
        band(x, numbers([-h for h in half]), numbers(half), w["cone"]),
        line([str(day) for day in cone.days], numbers(cone.path), w["so_far"], "@c1"),
        *_edges(source, x),
    ]
    return figure(
        traces,
        yformat="+.0%",
        shapes=_windows(source, cone),
        annotations=_names(source, cone),
        xaxis={"range": [str(start), str(cone.ends[1])], **DATES},
    )


def _edges(source: PageSource, x: list[str]) -> list[dict[str, Any]]:
    edge = float(EDGE)
    names = source.words["ratings"]
    return [
        line([x[0], x[-1]], [y, y], name, colour, line={"dash": "dash", "width": 1.2}, hoverinfo="skip")
        for y, name, colour in ((edge, names["upper"], "@c3"), (-edge, names["lower"], "@c2"))
    ]


def _windows(source: PageSource, cone: Cone) -> list[dict[str, Any]]:
    """Month 6 and month 12, and the time still to come."""
    rule, last = {"type": "line", "yref": "paper", "y0": 0, "y1": 1}, cone.ends[1]
    marks = [{**rule, "x0": str(day), "x1": str(day), "line": {"color": "@muted", "dash": "dot"}} for day in cone.ends]
    if source.as_of >= last:
        return marks
    pending = {
        "type": "rect",
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "x0": str(source.as_of),
        "x1": str(last),
        "fillcolor": "@shade",
        "line": {"width": 0},
        "layer": "below",
    }
    return [pending, *marks]


def _names(source: PageSource, cone: Cone) -> list[dict[str, Any]]:
    w, last = source.words["ratings"], cone.ends[1]
    names = [(str(day), w["month"].format(months)) for day, months in zip(cone.ends, _MONTHS, strict=True)]
    if source.as_of < last:
        middle = date.fromordinal((source.as_of.toordinal() + last.toordinal()) // 2)
        names.append((str(middle), w["pending"]))
    plain = {"yref": "paper", "showarrow": False, "font": {"color": "@muted"}}
    return [
        # The months below at their lines, what is pending above in the middle: a phone has room for that.
        {**plain, "x": x, "text": name, **({"xanchor": "right", "y": 0.02} if place < 2 else {"y": 0.97})}
        for place, (x, name) in enumerate(names)
    ]
