"""Rating bands: where a rating stands between its report date and month 12, pending where the time has not come.

1. Path so far: relative return of the report's own firms, equal weight, bought at the close of the first session on or
   after the last candidate report date. Context: the report rates none of them.
2. Cone: ±1.96 σ √n, σ = standard deviation of the daily relative returns of the same basket over the `CONE_SESSIONS`
   before; a random walk without drift, no forecast.
3. Ends: months 6 and 12 of the last candidate date. What lies after the day of the page is shaded as pending.
"""

from __future__ import annotations

from datetime import date
from math import sqrt
from typing import Any

import numpy as np

from screener.core.arrays import Floats
from screener.core.calendar import add_months
from screener.core.config import BENCHMARK, SESSIONS_PER_YEAR
from screener.evaluation.rating.model import EDGE
from screener.report.charts import DATES, Figure, band, figure, line, numbers
from screener.report.page.source import Canvas, PageSource

CONE_SESSIONS = 120
MONTHS = (6, 12)
SHOWN = ("E6", "E12", "W")


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """Verdicts as they stand, and the cone of the report's firms."""
    industry = [row for row in source.ratings if row["subject_kind"] == "industry"]
    start = max((row["report_date_last"] or row["report_date"] for row in industry), default=None)
    basket = _basket(source, start) if start else None
    return {
        "rows": [_row(source, row) for row in source.ratings if row["reading"] in SHOWN],
        "benchmark": BENCHMARK,
        "start": start,
        "chart": canvas.chart("cone", _cone(source, start, basket)) if start and basket is not None else None,
        "so_far": None if basket is None else basket[1][-1],
        "to": None if basket is None else basket[0][-1],
        "members": 0 if basket is None else basket[3],
        "sigma": None if basket is None else basket[2] * sqrt(SESSIONS_PER_YEAR),
        "cone_sessions": CONE_SESSIONS,
    }


def _row(source: PageSource, row: Any) -> dict[str, Any]:
    return {**row, "status_word": source.word("statuses", str(row["status"])), "pending": row["status"] != "final"}


def _basket(source: PageSource, start: date) -> tuple[list[str], list[float], float, int] | None:
    """(days, relative return on each, σ a session before the start, firms in it); None where prices or levels end."""
    market = source.market
    if BENCHMARK not in market.indices:
        return None
    columns = [market.index_of(symbol) for symbol in market.report_symbols]
    series = market.indices[BENCHMARK]
    common = np.flatnonzero(market.sessions <= series.dates[-1])
    if not len(common) or not columns:
        return None
    last, base = int(common[-1]), int(np.searchsorted(market.sessions, np.datetime64(start)))
    if base > last:
        return None
    held = (market.mark * market.share_factor)[: last + 1, columns]
    level = _levels(source, last + 1)
    alive = np.isfinite(held[max(0, base - CONE_SESSIONS)])
    growth = (held[base:, alive] / held[base, alive]).mean(axis=1) - level[base:] / level[base]
    before = slice(max(0, base - CONE_SESSIONS), base + 1)
    own, other = (np.diff(np.log(x)) for x in (_index(held[before][:, alive]), level[before]))
    return (
        [str(d) for d in market.sessions[base : last + 1]],
        growth.tolist(),
        float(np.std(own - other, ddof=1)),
        int(alive.sum()),
    )


def _index(held: Floats) -> Floats:
    """(T,) equal-weight buy-and-hold from the first row."""
    return np.asarray((held / held[0]).mean(axis=1))


def _levels(source: PageSource, rows: int) -> Floats:
    """(rows,) closes of the benchmark on the market's sessions, the last one carried over gaps."""
    series = source.market.indices[BENCHMARK]
    at = np.searchsorted(series.dates, source.market.sessions[:rows], side="right") - 1
    return np.where(at >= 0, series.close[np.maximum(at, 0)], np.nan)


def _cone(source: PageSource, start: date, basket: tuple[list[str], list[float], float, int]) -> Figure:
    w, (days, so_far, sigma, _) = source.words["ratings"], basket
    ends = [add_months(start, months) for months in MONTHS]
    span = (ends[1] - start).days
    grid = [start] + [add_months(start, month) for month in range(1, MONTHS[1] + 1)]
    fine = sorted({*grid, *(date.fromordinal(start.toordinal() + step) for step in range(0, span, 7))})
    half = [1.96 * sigma * sqrt(SESSIONS_PER_YEAR * (day - start).days / 365.25) for day in fine]
    x = [str(day) for day in fine]
    traces = [
        band(x, numbers([-h for h in half]), numbers(half), w["cone"]),
        line(days, numbers(so_far), w["so_far"], "@c1"),
        *_edges(source, x),
    ]
    return figure(traces, yformat="+.0%", shapes=_windows(source, ends), annotations=_names(source, ends),
                  xaxis={"range": [str(start), str(ends[1])], **DATES})  # fmt: skip


def _edges(source: PageSource, x: list[str]) -> list[dict[str, Any]]:
    edge = float(EDGE)
    names = source.words["ratings"]
    return [
        line([x[0], x[-1]], [y, y], name, colour, line={"dash": "dash", "width": 1.2}, hoverinfo="skip")
        for y, name, colour in ((edge, names["upper"], "@c3"), (-edge, names["lower"], "@c2"))
    ]


def _windows(source: PageSource, ends: list[date]) -> list[dict[str, Any]]:
    """Month 6 and month 12, and the time still to come."""
    rule = {"type": "line", "yref": "paper", "y0": 0, "y1": 1}
    marks = [{**rule, "x0": str(day), "x1": str(day), "line": {"color": "@muted", "dash": "dot"}} for day in ends]
    if source.as_of >= ends[-1]:
        return marks
    pending = {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "x0": str(source.as_of), "x1": str(ends[-1]),
               "fillcolor": "@shade", "line": {"width": 0}, "layer": "below"}  # fmt: skip
    return [pending, *marks]


def _names(source: PageSource, ends: list[date]) -> list[dict[str, Any]]:
    w = source.words["ratings"]
    names = [(str(day), w["month"].format(months)) for day, months in zip(ends, MONTHS, strict=True)]
    if source.as_of < ends[-1]:
        middle = date.fromordinal((source.as_of.toordinal() + ends[-1].toordinal()) // 2)
        names.append((str(middle), w["pending"]))
    plain = {"yref": "paper", "showarrow": False, "font": {"color": "@muted"}}
    return [
        # The months below at their lines, what is pending above in the middle: a phone has room for that.
        {**plain, "x": x, "text": name, **({"xanchor": "right", "y": 0.02} if place < 2 else {"y": 0.97})}
        for place, (x, name) in enumerate(names)
    ]
