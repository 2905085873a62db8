"""Event study: mean cumulative abnormal return with its interval, events one by one, and what could be seen at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from screener.core.config import BENCHMARK
from screener.core.errors import ScreenerError
from screener.report.charts import Figure, band, figure, line, numbers
from screener.report.page.source import Canvas, PageSource

KINDS = ("order", "purchase")


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """One study per kind; what cannot be studied says why."""
    if BENCHMARK not in source.market.indices:
        return {"studies": [], "missing": source.words["events"]["no_benchmark"]}
    from screener.evaluation.event_study import Bench

    bench = Bench(source.market, draws=source.event_draws)
    return {"studies": [_study(source, canvas, bench, kind) for kind in KINDS], "missing": ""}


def _study(source: PageSource, canvas: Canvas, bench: Any, kind: str) -> dict[str, Any]:
    from screener.evaluation.event_study import study

    label = source.kinds.get(kind, kind)
    try:
        found = study(bench, kind)
    except ScreenerError as error:
        return {"label": label, "missing": str(error), "study": None}
    return {
        "label": label,
        "missing": "",
        "study": found,
        "tests": [(name.replace("_", " "), test.statistic, test.p) for name, test in found.tests.items()],
        "events": sorted((_event(source, row) for row in found.events), key=lambda row: str(row["event_date"])),
        "dropped": len(found.dropped),
        "path": canvas.chart(f"caar-{kind}", _path(source, found.path)) if found.path else None,
        "bars": canvas.chart(f"cars-{kind}", _bars(source, found)) if found.events else None,
    }


def _event(source: PageSource, row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "firm": source.name_of(str(row["symbol"]))}


def _path(source: PageSource, path: Sequence[Mapping[str, Any]]) -> Figure:
    w = source.words["events"]
    days = [row["offset"] for row in path]
    low, high = (numbers([_float(row.get(name)) for row in path]) for name in ("low", "high"))
    known = [i for i in range(len(days)) if low[i] is not None and high[i] is not None]
    traces = [line(days, numbers([_float(row["caar"]) for row in path]), "CAAR", "@c1")]
    if known:
        traces.insert(0, band([days[i] for i in known], [low[i] for i in known], [high[i] for i in known], w["band"]))
    return figure(traces, yformat="+.0%", xaxis={"title": {"text": w["offset"]}, "dtick": 5})


def _bars(source: PageSource, found: Any) -> Figure:
    """One bar per event, in order of time; the dotted lines are the smallest mean effect the sample could show."""
    rows = sorted(found.events, key=lambda row: str(row["event_date"]))
    trace = {
        "type": "bar", "x": list(range(1, len(rows) + 1)), "y": numbers([_float(row["car"]) for row in rows]),
        "marker": {"color": "@c1"}, "customdata": [f"{row['symbol']} {row['event_date']}" for row in rows],
        "hovertemplate": "%{customdata}: %{y:+.2%}<extra></extra>",
    }  # fmt: skip
    shapes = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": {"color": "@c2", "dash": "dot"}}
        for y in ((found.detectable, -found.detectable) if found.detectable else ())
    ]
    return figure([trace], yformat="+.0%", shapes=shapes, hovermode="closest", showlegend=False,
                  xaxis={"title": {"text": source.words["events"]["by_date"]}})  # fmt: skip


def _float(value: Any) -> float:
    return float("nan") if value is None else float(value)
