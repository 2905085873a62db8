"""Pictures of what was judged: ratings against returns, announcements against prices, variants against luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from screener.core.errors import UsageError
from screener.evaluation.rating import EDGE
from screener.report.charts import Figure, Trace, figure, inert, path_figure, sweep_figure
from screener.report.headings import word
from screener.report.pictures.parts import LEFT, called, lying, rows_of, spread
from screener.report.words import language


def ratings(answer: Any) -> Figure:
    """Relative returns of each band that was called, after 6 and 12 months and so far, between the bands' edges."""
    rows = rows_of(answer, "lines")
    pending = [row for row in rows if row["standing"] == "pending"]
    points = {
        "month_6_return": [(row, row["month_6_return"]) for row in rows],
        "month_12_return": [(row, row["month_12_return"]) for row in rows],
        # Both ends where the day of the report is not known: neither is the true one.
        "so_far": [(row, one) for row in pending for one in {row["so_far_low"], row["so_far_high"]}],
    }
    traces = [
        _boxes([point for point in points[key] if point[1] is not None], key, colour)
        for key, colour in zip(points, ("@c1", "@c2", "@muted"), strict=True)
        if any(value is not None for _, value in points[key])
    ]
    if not traces:
        raise UsageError("nothing to draw", where="ratings", got="no return known", next_step="ask for another day")
    edges = [_level(sign * float(EDGE)) for sign in (1, -1)]
    layout = {"boxmode": "group", "xaxis": {"type": "category"}, "shapes": edges}
    return figure(traces, yformat="+.0%", **LEFT, **layout)


def _boxes(points: Sequence[tuple[Mapping[str, Any], float]], key: str, colour: str) -> Trace:
    """A box for each band with every point beside it."""
    return {
        "type": "box",
        "boxpoints": "all",
        "jitter": 0.4,
        "pointpos": 0,
        "marker": {"color": colour, "size": 4},
        "x": [row["rating"] for row, _ in points],
        "y": [value for _, value in points],
        "text": [inert(f"{row['subject']} {row['broker']} {row['report_date']}") for row, _ in points],
        "name": called(key),
    }


def _level(at: float) -> dict[str, Any]:
    across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": at, "y1": at}
    return across | {"line": {"color": "@muted", "dash": "dot"}}


def estimates(answer: Any) -> Figure:
    """The mean abnormal return after each kind of announcement, with its interval."""
    rows = [dict(row) for row in answer.frame().to_dicts() if row["caar"] is not None]
    if not rows:
        raise UsageError("nothing to draw", where="events", got="no estimate", next_step="screener status")
    names = [inert(word("kind", str(row["kind"]), language())) + f" (n {row['n']})" for row in rows]
    values = [row["caar"] for row in rows]
    trace = {"type": "scatter", "mode": "markers", "x": values, "y": names, "name": called("caar")}
    span = spread(values, [row["low"] for row in rows], [row["high"] for row in rows])
    zero = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": 0, "x1": 0, "line": {"color": "@muted"}}
    return lying([{**trace, "error_x": span, "marker": {"color": "@c1", "size": 9}}], len(rows), "+.0%", shapes=[zero])


def mean_path(answer: Any) -> Figure:
    words = {"band": "95 %", "offset": called("offset")}
    return path_figure(answer.mean_path, words, paper_bgcolor="@paper")


def sweep(answer: Any) -> Figure:
    """Bars of one axis of the grid with the line of luck, a heat map of two."""
    cells = answer.heat_map
    if cells is None:
        raise UsageError("nothing to draw", where="sweep", expected="a grid in which something varies and trades")
    return sweep_figure(cells, answer.luck)
