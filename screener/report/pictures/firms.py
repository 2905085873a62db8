"""Pictures of firms: how they rank, what their contracts come to, what changed between two days."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import Any

from screener.report.charts import COLOURS, Figure, figure, inert
from screener.report.pictures.parts import LEFT, YI, across, bar, called, firm_of, in_yi, lying, rows_of

_PARTS = ("log_new", "log_ended", "log_burned", "log_re_read", "log_price", "log_shares")
_FLOWS = ("new_cny", "ended_cny", "burned_cny", "re_read_cny")


def screen(answer: Any) -> Figure:
    rows = sorted(rows_of(answer, "screen", "score"), key=lambda row: row["rank"] or len(answer.rows))
    return lying([across(rows, "score", "score_low", "score_high")], len(rows), ".0%")


def brief(answer: Any) -> Figure:
    """The ranking, and beside it what acting on it earned."""
    rows, earned = rows_of(answer, "ranking", "score"), answer.sheets()["earned"]
    bars = [across(rows, "score", "score_low", "score_high")]
    for key, colour in (("total_return", "@c1"), ("benchmark_return", "@muted"), ("without_best_firm", "@c2")):
        known = [row for row in earned if row[key] is not None]
        bars.append(
            bar([row[key] for row in known], [inert(row["strategy"]) for row in known], key, colour, orientation="h")
            | {"xaxis": "x2", "yaxis": "y2"}
        )
    right = {"domain": [0.62, 1.0], "tickformat": "+.0%", "anchor": "y2"}
    names = {"anchor": "x2", "autorange": "reversed", "type": "category"}
    drawn = lying(bars, len(rows), ".0%", xaxis2=right, yaxis2=names)
    drawn["layout"]["xaxis"] |= {"domain": [0.0, 0.42]}
    return drawn


def explanation(answer: Any) -> Figure:
    """How the contracts of a firm run off, by quarter."""
    rows = rows_of(answer, "runoff", "total")
    quarters = [key for key in rows[0] if key not in ("commitment_id", "total")]
    last = max((at for at, key in enumerate(quarters) if any(row[key] for row in rows)), default=0)
    shown = quarters[: last + 1]
    traces = [
        bar([key.removesuffix("_cny") for key in shown], [row[key] / YI for key in shown], "", colour)
        | {"name": inert(str(row["commitment_id"]))}
        for row, colour in zip(rows, cycle(COLOURS), strict=False)
    ]
    return figure(traces, barmode="stack", yaxis=in_yi(), xaxis={"type": "category"}, **LEFT)


def difference(answer: Any) -> Figure:
    """A waterfall of one firm's backlog; of several the parts of the change of the log of their scores."""
    if len(answer.rows) == 1:
        return _waterfall(rows_of(answer, "diff")[0])
    rows = rows_of(answer, "diff", "log_change")
    names = [firm_of(row) for row in rows]
    traces = [bar(names, [row[key] for row in rows], key, colour) for key, colour in zip(_PARTS, COLOURS, strict=True)]
    total = {"type": "scatter", "mode": "markers", "x": names, "y": [row["log_change"] for row in rows]}
    traces.append({**total, "name": called("log_change"), "marker": {"color": "@ink", "symbol": "diamond", "size": 9}})
    return figure(traces, yformat="+.2f", barmode="relative", xaxis={"type": "category"}, **LEFT)


def _waterfall(row: Mapping[str, Any]) -> Figure:
    keys = ("backlog_before_cny", *_FLOWS, "backlog_after_cny")
    trace = {
        "type": "waterfall",
        "x": [called(key) for key in keys],
        "y": [(row[key] or 0.0) / YI for key in keys],
        "measure": ["absolute", *("relative" for _ in _FLOWS), "total"],
        "name": firm_of(row),
        "increasing": {"marker": {"color": "@c3"}},
        "decreasing": {"marker": {"color": "@c2"}},
        "totals": {"marker": {"color": "@c1"}},
    }
    return figure([trace], yaxis=in_yi(), xaxis={"type": "category"}, **LEFT)


def delivery(answer: Any) -> Figure:
    """Revenue that the contracts imply beside what was reported, by half-year."""
    rows = rows_of(answer, "halves", "implied_cny")
    names = [f"{firm_of(row)} {row['half']}" for row in rows]
    traces = [
        bar(names, [None if row[key] is None else row[key] / YI for row in rows], key, colour)
        for key, colour in (("implied_cny", "@c1"), ("reported_cny", "@c2"))
    ]
    return figure(traces, yaxis=in_yi(), xaxis={"type": "category"}, **LEFT)
