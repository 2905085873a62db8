"""Rating bands: where a rating stands between its report date and month 12, pending where the time has not come.

The rated series is the main line and gives the cone its width; other series that may stand for it are thin, the
report's own firms are context. What lies after the day of the page is shaded as pending.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from screener.core.calendar import add_months
from screener.evaluation.rating import CONE_SESSIONS, CONTEXT, EDGE, RATED, Cone, Line, Path, Status, lines
from screener.evaluation.rating.evaluate import FIRST_MONTHS, LAST_MONTHS
from screener.report.charts import DATES, Figure, Trace, band, figure, line, numbers
from screener.report.page.source import Canvas, PageSource

SHOWN_INDUSTRIES = 12  # ratings of industries, the newest
_MONTHS = (FIRST_MONTHS, LAST_MONTHS)
_THIN = {"width": 1.0, "dash": "dot"}


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """One line per subject and series, and the cone of the rated industry."""
    cone, stands = source.cone, lines(source.ratings)
    told = [one for one in stands if one.rated.subject_kind == "industry" and not one.repeated]
    newest = list(dict.fromkeys(one.rated for one in told))[-SHOWN_INDUSTRIES:]
    industries = [one for one in told if one.rated in newest]
    rows = [row_of(source, one) for one in industries]
    return {
        "rows": rows,
        "stocks": sum(one.rated.subject_kind == "stock" for one in stands),
        "unknown": [row["line"].stand_in.index for row in rows if row["hidden"]],
        "depends_on_series": any(one.depends_on_series for one in industries),
        "depends_on_date": any(one.depends_on_date for one in industries),
        "main": next((one.stand_in for one in industries if one.stand_in and one.stand_in.main), None),
        "cone": cone,
        "context": next((path for path in cone.paths if path.kind == CONTEXT), None) if cone else None,
        "chart": canvas.chart("cone", chart(source, cone)) if cone and cone.paths else None,
        "cone_sessions": CONE_SESSIONS,
    }


def row_of(source: PageSource, one: Line) -> dict[str, Any]:
    missing = one.six.status is Status.NOT_EVALUABLE and one.stand_in is not None and not one.stand_in.main
    return {"line": one, "word": source.word("statuses", one.standing), "open": not one.twelve.final, "hidden": missing}


def chart(source: PageSource, cone: Cone) -> Figure:
    """The cone with its paths, the ±10 % lines, month 6 and month 12, and the pending time shaded."""
    w, start = source.words["ratings"], cone.start
    grid = [start] + [add_months(start, month) for month in range(1, LAST_MONTHS + 1)]
    weeks = range(0, (cone.ends[1] - start).days, 7)
    fine = sorted({*grid, *(date.fromordinal(start.toordinal() + step) for step in weeks)})
    half = [cone.half_width(day) for day in fine]
    x = [str(day) for day in fine]
    traces = [
        band(x, numbers([-h for h in half]), numbers(half), w["cone"]),
        *(_trace(source, path, main=path is cone.main) for path in cone.paths),
        *_edges(source, x),
    ]
    return figure(
        traces,
        yformat="+.0%",
        shapes=_windows(source, cone),
        annotations=_names(source, cone),
        xaxis={"range": [str(start), str(cone.ends[1])], **DATES},
    )


def _trace(source: PageSource, path: Path, *, main: bool) -> Trace:
    x, y = [str(day) for day in path.days], numbers(path.values)
    if path.kind == CONTEXT:
        return line(x, y, source.words["ratings"]["basket"], "@c1" if main else "@muted")
    if path.kind == RATED:
        return line(x, y, source.name_of(path.name), "@c1", line={"width": 2.4})
    return line(x, y, path.name, "@c1", line=_THIN)


def _edges(source: PageSource, x: list[str]) -> list[Trace]:
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
