"""Event study: mean cumulative abnormal return with its band, events one by one, and what could be seen at all.

The band of the path: per event the running sum of its abnormal returns; mean ± t(n−1) × sd ÷ √(effective n), pointwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from screener.core.config import BENCHMARK
from screener.core.errors import ScreenerError
from screener.report.charts import Figure, Floats, band, figure, line, numbers
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
        "path": canvas.chart(f"caar-{kind}", _path(source, bench, found)),
        "bars": canvas.chart(f"cars-{kind}", _bars(source, found)),
    }


def verdict(worth: float, descriptive: bool, p: float | None) -> str:
    """Key of the sentence that may be said: descriptive, not_seen or seen."""
    if descriptive or p is None:
        return "descriptive"
    return "seen" if p < LEVEL else "not_seen"


def running_sums(bench: Any, events: list[dict[str, Any]]) -> Floats:
    """(n, 21) running sum of each event's abnormal returns over sessions −10 … +10; NaN from a gap on."""
    from screener.evaluation.event_study.model import Model, gather
    from screener.evaluation.event_study.study import PATH

    rows = np.searchsorted(bench.market.sessions, np.array([e["day0"] for e in events], dtype="datetime64[D]"))
    firms = np.array([bench.symbols.index(e["symbol"]) for e in events], dtype=np.int64)
    series = bench.ordered
    positions = np.array([series[f].position(int(t)) for f, t in zip(firms, rows, strict=True)], dtype=np.int64)
    found, _ = gather(series, firms, positions, PATH, Model.TWO_FACTOR)
    return np.asarray(np.cumsum(found.ar, axis=1))


def _path(source: PageSource, bench: Any, found: dict[str, Any]) -> Figure:
    w, offsets = source.words["events"], [row["offset"] for row in found["path"]]
    caar = np.array([row["caar"] for row in found["path"]])
    traces = [line(offsets, numbers(caar), "CAAR", "@c1")]
    if found["n"] > 2 and not found["descriptive_only"]:
        from scipy.special import stdtrit

        sums = running_sums(bench, found["events"])
        left = np.isfinite(sums).sum(axis=0)  # events near the last session have no later days yet
        spread = np.nanstd(sums, axis=0, ddof=1) / np.sqrt(found["n_effective"] * left / found["n"])
        half = stdtrit(left - 1, 0.975) * spread
        traces.insert(0, band(offsets, numbers(caar - half), numbers(caar + half), w["band"]))
    zero = {
        "type": "line",
        "x0": 0,
        "x1": 0,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": "@muted", "dash": "dot"},
    }
    return figure(traces, yformat="+.0%", shapes=[zero], xaxis={"title": {"text": w["offset"]}, "dtick": 5})


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
