"""Sweeps: every variant ever tried against this store, and what is left of the best one when the search is counted.

1. The trial ledger holds each variant once per span and data, with the moments of its session returns.
2. A group = one strategy file on one span of one data set with at least `LEAST` variants: parameters and options.
3. Deflated Sharpe ratio (Bailey–López de Prado 2014): the best variant against the best of as many worthless ones as
   the whole ledger holds, each counted as a try of its own, as `screener backtest` does it: the same variant on other
   sessions or newer data is one try.
4. Two parameters that vary: heat map; one: bars; more: the table alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

import polars as pl

from screener.core.config import SESSIONS_PER_YEAR, ExecutionOptions, ScreenOptions
from screener.evaluation.inference.sharpe import Moments, Trials, deflated_sharpe, trials_of
from screener.report.charts import Figure, figure, inert
from screener.report.page.source import Canvas, PageSource

LEAST = 3
BELIEVED = 0.95
_GROUP = ("strategy", "code", "universe", "first", "last", "data")
_DEFAULTS = {**ScreenOptions().model_dump(mode="json"), **ExecutionOptions().model_dump(mode="json")}


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """Groups of variants; empty where nothing was searched."""
    if source.trials is None or source.trials.is_empty():
        return {"groups": [], "tried": 0}
    every = trials_of(source.trials)
    groups = [
        _group(canvas, number, rows, every)
        for number, (_, rows) in enumerate(source.trials.group_by(_GROUP, maintain_order=True))
        if rows.height >= LEAST
    ]
    return {"groups": groups, "tried": every.count}


def _group(canvas: Canvas, number: int, rows: pl.DataFrame, every: Trials) -> dict[str, Any]:
    variants = [{**row, "given": _given(row)} for row in rows.iter_rows(named=True)]
    varying = _varying(variants)
    ranked = sorted(variants, key=lambda row: -(row["sharpe"] if row["sharpe"] is not None else float("-inf")))
    figure_ = _figure(variants, varying)
    deflated = _deflated(ranked[0], every)
    return {
        "strategy": rows["strategy"][0],
        "span": f"{rows['first'][0]} … {rows['last'][0]}",
        "variants": rows.height,
        "varying": varying,
        "best": [_best(row, varying) for row in ranked[:5]],
        "deflated": deflated,
        "believed": deflated is not None and deflated >= BELIEVED,
        "chart": canvas.chart(f"sweep-{number}", figure_) if figure_ else None,
    }


def _best(row: dict[str, Any], varying: Sequence[str]) -> dict[str, Any]:
    sharpe = None if row["sharpe"] is None else row["sharpe"] * sqrt(SESSIONS_PER_YEAR)
    return {
        "params": {name: _value(row, name) for name in varying},
        "sharpe": sharpe,
        "total": row["total_return"],
    }


def _given(row: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a trial, and its options that differ from their defaults."""
    options = {name: value for part in json.loads(row["options"]).values() for name, value in part.items()}
    return {**options, **json.loads(row["params"])}


def _value(row: Mapping[str, Any], name: str) -> Any:
    return row["given"].get(name, _DEFAULTS.get(name))


def _varying(variants: Sequence[Mapping[str, Any]]) -> list[str]:
    names = dict.fromkeys(name for row in variants for name in row["given"])
    return [name for name in names if len({json.dumps(_value(row, name)) for row in variants}) > 1]


def _deflated(best: Mapping[str, Any], every: Trials) -> float | None:
    if best["sharpe"] is None:
        return None
    held = Moments(best["sharpe"], best["skew"], best["kurtosis"], best["sessions"])
    return float(deflated_sharpe(held, every))


def _figure(variants: Sequence[dict[str, Any]], varying: Sequence[str]) -> Figure | None:
    if len(varying) == 2:
        return _heat(variants, *varying)
    if len(varying) == 1:
        (name,) = varying
        rows = sorted(variants, key=lambda row: (str(type(_value(row, name))), _value(row, name)))
        x, y = [str(_value(row, name)) for row in rows], [round(row["total_return"], 4) for row in rows]
        trace = {"type": "bar", "x": x, "y": y, "marker": {"color": "@c1"}, "hovertemplate": "%{y:+.2%}<extra></extra>"}
        return figure(
            [trace], yformat="+.0%", showlegend=False, xaxis={"type": "category", "title": {"text": inert(name)}}
        )
    return None


def _heat(variants: Sequence[dict[str, Any]], across: str, down: str) -> Figure:
    cells = {(_value(row, across), _value(row, down)): row["total_return"] for row in variants}
    columns, lines = (sorted({key[i] for key in cells}, key=lambda v: (str(type(v)), v)) for i in (0, 1))
    z = [[None if (c, r) not in cells else round(cells[c, r], 4) for c in columns] for r in lines]
    trace = {
        "type": "heatmap", "x": [str(c) for c in columns], "y": [str(r) for r in lines], "z": z, "zmid": 0,
        "colorscale": [[0, "@c2"], [0.5, "@paper"], [1, "@c1"]], "colorbar": {"tickformat": "+.0%", "thickness": 12},
        "hovertemplate": "%{x} · %{y}: %{z:+.2%}<extra></extra>",
    }  # fmt: skip
    return figure([trace], hovermode="closest", xaxis={"type": "category", "title": {"text": inert(across)}},
                  yaxis={"type": "category", "title": {"text": inert(down)}})  # fmt: skip
