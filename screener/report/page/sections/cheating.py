"""What cheating would have earned: the same strategy with each usual mistake, every bar a finished back-test.

1. Honest: the run of the page. Alone: one mistake at a time. Together: mistakes added one after another, so that each
   step of the waterfall is the difference of two finished runs.
2. Today's list: universe `report` from the first day. No limits: limit prices set to NaN in a copy of the market.
   Credited restructuring: a conversion that gives a holder nothing booked as if it gave the vendor's factor.
   Same-day volume: participation in the volume of the day itself, which nobody knows at the open; made by writing each
   bar's volume on the bar before it and asking for a median of one. One open earlier: every decision executed a
   session before it was taken.
3. Gross counting changes what a backlog strategy ranks, not an event strategy: it has its own pair of bars.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from screener.backtest import engine, robustness
from screener.backtest.result import BacktestResult
from screener.core.arrays import Floats
from screener.core.config import BacktestOptions, Universe
from screener.point_in_time.market import Market
from screener.point_in_time.prices import Action
from screener.report.charts import Figure, figure
from screener.report.page.source import Canvas, PageSource, Run

WATERFALL_OF = "order_drift"
POLICY_OF = "backlog_yield"
CONVERSION = "restructuring_conversion"
Setting = tuple[Market, BacktestOptions]


@dataclass(frozen=True)
class Mistake:
    """One mistake: how it changes the market and the options; `earlier` moves decisions a session back."""

    name: str
    change: Callable[[Market, BacktestOptions], Setting] = lambda market, options: (market, options)
    earlier: bool = False


def todays_list(market: Market, options: BacktestOptions) -> Setting:
    """The firms chosen at the end, from the first day."""
    return market, options.model_copy(update={"universe": Universe.REPORT})


def no_limits(market: Market, options: BacktestOptions) -> Setting:
    """Every order fills at the open, however far it is from the price before."""
    none = np.full_like(market.limit_up, np.nan)
    return replace(market, limit_up=none, limit_down=none), options


def credited_conversion(market: Market, options: BacktestOptions) -> Setting:
    """Restructuring conversions as a vendor's adjusted price shows them: as new shares for the holder."""
    return replace(market, actions=tuple(_credited(market, action) for action in market.actions)), options


def _credited(market: Market, action: Action) -> Action:
    if action.kind != CONVERSION or not action.reference_price > 0 or action.t == 0:
        return action
    before = market.mark[action.t - 1, action.n]
    return replace(action, kind="bonus", shares_to_holder=float(before / action.reference_price - 1))


def same_day_volume(market: Market, options: BacktestOptions) -> Setting:
    """Participation in the day's own volume."""
    execution = options.execution.model_copy(update={"participation_sessions": 1})
    moved = np.column_stack([_one_bar_back(market, n) for n in range(len(market.symbols))])
    return replace(market, volume=moved), options.model_copy(update={"execution": execution})


def _one_bar_back(market: Market, n: int) -> Floats:
    """(T,) each bar carries the volume of the next one, in its own shares; the last keeps its own."""
    volume, factor = market.volume[:, n].copy(), market.share_factor[:, n]
    bars = np.flatnonzero(np.isfinite(volume))
    volume[bars[:-1]] = market.volume[bars[1:], n] * factor[bars[:-1]] / factor[bars[1:]]
    return volume


MISTAKES = (
    Mistake("todays_list", todays_list),
    Mistake("no_limits", no_limits),
    Mistake("credited_conversion", credited_conversion),
    Mistake("same_day_volume", same_day_volume),
    Mistake("one_open_earlier", earlier=True),
)


def cheated(run: Run, mistakes: Sequence[Mistake]) -> BacktestResult:
    """The run again, over the same sessions, with these mistakes."""
    honest = run.report.result
    market, options = honest.market, _same_span(honest)
    for mistake in mistakes:
        market, options = mistake.change(market, options)
    result = engine.run(market, run.decide, options, params=honest.params, name=run.name)
    return robustness.one_open_earlier(result) if any(mistake.earlier for mistake in mistakes) else result


def _same_span(result: BacktestResult) -> BacktestOptions:
    days = {"start": result.sessions[0].astype(object), "end": result.sessions[-1].astype(object)}
    return result.options.model_copy(update=days)


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """Steps of the waterfall and a table of mistakes × strategies."""
    run = next((run for run in source.runs if run.name == WATERFALL_OF), None)
    steps = _steps(run) if run else []
    if run:
        canvas.chart("cheating", _figure(source, steps))
    return {
        "strategy": WATERFALL_OF,
        "steps": [{**step, "label": _label(source, step["name"])} for step in steps],
        "names": [run.name for run in source.runs],
        "honest": [run.report.result.total_return for run in source.runs],
        "alone": [_alone(source, mistake) for mistake in MISTAKES],
        "gross": _gross(source),
    }


def _label(source: PageSource, name: str) -> str:
    return str(source.words["mistakes"][name])


def _steps(run: Run) -> list[dict[str, Any]]:
    """Honest, then each mistake on top of those before it: total return and the difference it makes."""
    total = run.report.result.total_return
    steps = [{"name": "honest", "total": total, "change": total}]
    for count, mistake in enumerate(MISTAKES, start=1):
        after = cheated(run, MISTAKES[:count]).total_return
        steps.append({"name": mistake.name, "total": after, "change": after - total})
        total = after
    return steps


def _alone(source: PageSource, mistake: Mistake) -> dict[str, Any]:
    cells = []
    for run in source.runs:
        total = cheated(run, [mistake]).total_return
        cells.append({"total": total, "change": total - run.report.result.total_return})
    return {"label": _label(source, mistake.name), "cells": cells}


def _gross(source: PageSource) -> dict[str, Any] | None:
    """The backlog strategy ranked by `gross` amounts, every announced sum once more."""
    run = next((run for run in source.runs if run.name == POLICY_OF), None)
    if run is None or "policy" not in run.report.result.params:
        return None
    from screener.backtest.strategy import load

    honest = run.report.result
    decide, params = load(POLICY_OF).bind({**honest.params, "policy": "gross"})
    other = engine.run(honest.market, decide, _same_span(honest), params=params, name=POLICY_OF)
    return {
        "strategy": POLICY_OF,
        "policy": honest.params["policy"],
        "honest": honest.total_return,
        "total": other.total_return,
        "change": other.total_return - honest.total_return,
    }


def _figure(source: PageSource, steps: Sequence[dict[str, Any]]) -> Figure:
    labels = [_label(source, step["name"]) for step in steps] + [source.words["mistakes"]["cheated"]]
    last = steps[-1]["total"]
    trace = {
        "type": "waterfall", "orientation": "h", "y": labels,
        "x": [*(round(s["change"], 4) for s in steps), round(last, 4)],
        "measure": ["absolute", *["relative"] * (len(steps) - 1), "total"],
        "text": [f"{s['change']:+.1%}" for s in steps] + [f"{last:+.1%}"], "textposition": "outside",
        "cliponaxis": False, "hoverinfo": "none", "connector": {"line": {"color": "@muted", "width": 1}},
        "increasing": {"marker": {"color": "@c2"}}, "decreasing": {"marker": {"color": "@c3"}},
        "totals": {"marker": {"color": "@c1"}},
    }  # fmt: skip
    ends = [0.0, last, *(step["total"] for step in steps)]
    room = 0.22 * (max(ends) - min(ends) or 1.0)  # for the figures beside the bars
    axis = {"tickformat": "+.0%", "range": [min(ends) - room, max(ends) + room], "nticks": 6}
    return figure([trace], hovermode=False, showlegend=False, yaxis={"autorange": "reversed"}, xaxis=axis)
