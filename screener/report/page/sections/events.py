"""Event study: mean cumulative abnormal return with its band, events one by one, and what could be seen at all."""

from __future__ import annotations

from typing import Any

from screener.core.config import BENCHMARK
from screener.core.errors import ScreenerError
from screener.report.charts import Figure, figure, numbers, path_figure
from screener.report.page.source import Canvas, PageSource

KINDS = ("order", "purchase")
SHOWN_TESTS = (
    "randomisation", "kolari_pynnonen", "grank_t", "generalised_sign", "bmp", "corrado", "cross_sectional",
    "brown_warner_1985", "patell", "wilcoxon",
)  # fmt: skip
LEVEL = 0.05


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """One study per kind; what cannot be studied says why."""
    if BENCHMARK not in source.market.indices:
        return {"studies": [], "missing": source.words["events"]["no_benchmark"]}
    from screener.evaluation.event_study import Bench

    bench = Bench(source.market, draws=source.event_draws)
    return {"studies": [_study(source, canvas, bench, kind) for kind in KINDS], "missing": "", "draws": bench.draws}


def _study(source: PageSource, canvas: Canvas, bench: Any, kind: str) -> dict[str, Any]:
    from screener.evaluation.event_study import overview
    from screener.evaluation.event_study.path import mean_path

    empty = {"label": source.kinds.get(kind, kind), "found": None, "missing": source.words["events"]["nothing"]}
    try:
        found = overview(bench, kind)
    except ScreenerError as error:
        return {**empty, "missing": str(error)}
    if not found["n"]:
        return empty
    primary = found["tests"]["randomisation"]["p"]
    return {
        **empty,
        "missing": "",
        "found": found,
        "verdict": verdict(found["n_effective"], found["descriptive_only"], primary),
        "p": None if found["descriptive_only"] else primary,
        "tests": [(name.replace("_", " "), found["tests"][name]) for name in SHOWN_TESTS if name in found["tests"]],
        "events": sorted(found["events"], key=lambda row: str(row["event_date"])),
        "path": canvas.chart(f"caar-{kind}", path_figure(mean_path(bench, found), source.words["events"])),
        "bars": canvas.chart(f"cars-{kind}", _bars(source, found)),
    }


def verdict(worth: float, descriptive: bool, p: float | None) -> str:
    """Key of the sentence that may be said: descriptive, not_seen or seen."""
    if descriptive or p is None:
        return "descriptive"
    return "seen" if p < LEVEL else "not_seen"


def _bars(source: PageSource, found: dict[str, Any]) -> Figure:
    """One bar per event, in order of time; dotted: the smallest mean effect four of five such samples would show."""
    rows = sorted(found["events"], key=lambda row: str(row["event_date"]))
    trace = {
        "type": "bar", "x": list(range(1, len(rows) + 1)), "y": numbers([row["car"] for row in rows]),
        "marker": {"color": "@c1"}, "customdata": [f"{row['symbol']} {row['event_date']}" for row in rows],
        "hovertemplate": "%{customdata}: %{y:+.2%}<extra></extra>",
    }  # fmt: skip
    edge = found["detectable_effect"]
    shapes = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": {"color": "@c2", "dash": "dot"}}
        for y in ((edge, -edge) if edge else ())
    ]
    return figure([trace], yformat="+.0%", shapes=shapes, hovermode="closest", showlegend=False,
                  xaxis={"title": {"text": source.words["events"]["by_date"]}, "tickformat": "d"})  # fmt: skip
