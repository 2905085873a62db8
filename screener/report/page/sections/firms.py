"""Each firm: price with announcement marks by kind, and below it the backlog as it was known and as it will burn off.

1. Price: raw close × shares one share of the last session stands for, so that a split is no fall.
2. A mark stands on the first session whose decision could use the announcement; what is known after the last
   session stands on that one.
3. Backlog (solid): what the rules counted on each day with what was known that day. Dashed: how the contracts known
   now run off from now on.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from screener.core.calendar import add_months
from screener.core.config import DECISION_TIME, END_OF_DAY
from screener.point_in_time.announcements import Announcement, Commitment
from screener.report.charts import DATES, Figure, figure, line, numbers
from screener.report.page.source import Canvas, PageSource
from screener.screen.backlog import backlogs
from screener.screen.factors import Firm

# Group of kinds → (colour, symbol): what comes in, what goes out, capital, warnings, the rest.
GROUPS = {
    "inflow": ("@c1", "circle"),
    "outflow": ("@c2", "square"),
    "capital": ("@c4", "diamond"),
    "warning": ("@c5", "x"),
    "other": ("@muted", "triangle-up"),
}
GROUP_OF = {
    **dict.fromkeys(("order", "framework", "cooperation"), "inflow"),
    **dict.fromkeys(("purchase", "project", "stake", "lease"), "outflow"),
    **dict.fromkeys(("raise", "share_transfer"), "capital"),
    **dict.fromkeys(
        (
            "termination",
            "cancellation",
            "change",
            "delay",
            "inquiry",
            "regulatory_letter",
            "investigation",
            "risk_warning",
        ),
        "warning",
    ),
}
LOG = {"type": "log", "tickformat": ".4~g"}
WIDE = 4.0  # highest ÷ lowest price from which a tick at 1, 2 and 5 is enough
YI = 1e8
SHOWN_MONTHS = 15  # of the run-off to come; the chart would else be all future


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """One chart and one list of announcements per firm of the universe that announced anything."""
    canvas.array("sessions", [str(day) for day in source.market.sessions])
    history = _history(source)
    told = _commitments(source)
    speaking = {row.symbol for row in source.panel.announcements}
    shown = [row.symbol for row in source.screen.rows if row.symbol in speaking]
    return {"firms": [_firm(source, canvas, symbol, history, told) for symbol in shown]}


def _firm(
    source: PageSource,
    canvas: Canvas,
    symbol: str,
    history: Mapping[str, Sequence[float]],
    told: Mapping[str, list[Commitment]],
) -> dict[str, Any]:
    announcements = [row for row in source.panel.announcements if row.symbol == symbol]
    firm, prices = source.firms[symbol], _prices(source, symbol)
    has_price, has_backlog = bool(np.isfinite(prices).any()), bool(np.nansum(history.get(symbol, [0.0])) > 0)
    return {
        "symbol": symbol,
        "firm": source.name_of(symbol),
        "chart": canvas.chart(f"firm-{symbol}", _figure(source, firm, prices, announcements, history.get(symbol)))
        if has_price
        else None,
        "tall": has_backlog,
        "backlog": firm.backlog,
        "announcements": [_announcement(source, row, told.get(row.announcement_id, [])) for row in announcements[::-1]],
    }


def _prices(source: PageSource, symbol: str) -> np.ndarray:
    """(T,) yuan a share of today: raw close × share factor then ÷ share factor now."""
    n, market = source.market.index_of(symbol), source.market
    factor = market.share_factor[:, n]
    return np.asarray(market.close[:, n] * factor / factor[-1])


def _history(source: PageSource) -> dict[str, list[float]]:
    """Symbol → (T,) yuan of backlog as the rules counted it at the end of each session; NaN where nothing counted."""
    found: dict[str, list[float]] = {}
    days = [day.astype(object) for day in source.market.sessions]
    for t, day in enumerate(days):
        panel = source.market.panel_at(datetime.combine(day, END_OF_DAY), source.options.universe)
        for symbol, yuan in backlogs(panel, source.options).items():
            found.setdefault(symbol, [float("nan")] * len(days))[t] = yuan
    return found


def _commitments(source: PageSource) -> dict[str, list[Commitment]]:
    """Announcement → its commitments as known last."""
    last = {row.commitment_id: row for row in source.panel.commitments}
    found: dict[str, list[Commitment]] = {}
    for row in last.values():
        found.setdefault(row.announcement_id, []).append(row)
    return found


def _figure(
    source: PageSource,
    firm: Firm,
    prices: np.ndarray,
    announcements: Sequence[Announcement],
    history: Sequence[float] | None,
) -> Figure:
    w = source.words["firms"]
    traces = [line("#sessions", numbers(prices, 3), w["price"], "@ink", line={"width": 1.4}, hovertemplate="%{y:.2f}")]
    traces += _marks(source, prices, announcements)
    first = max(0, int(np.flatnonzero(np.isfinite(prices))[0]) - 5)
    layout: dict[str, Any] = {
        "hovermode": "closest",
        "yaxis": {"title": {"text": w["price_axis"]}, **LOG, "dtick": _ticks(prices)},
    }
    until = str(source.as_of)
    if history is not None and np.nansum(history) > 0:
        yi = np.asarray(history) / YI
        traces.append(line("#sessions", numbers(yi), w["backlog_then"], "@c1", yaxis="y2", hovertemplate="%{y:.3f}",
                           fill="tozeroy", fillcolor="@band"))  # fmt: skip
        days, planned = _planned(source, firm)
        if len(days) > 1:
            until = min(days[-1], str(add_months(source.as_of, SHOWN_MONTHS)))
            traces.append(line(days, numbers(planned), w["backlog_planned"], "@c1", yaxis="y2",
                               line={"dash": "dot"}, hovertemplate="%{y:.3f}"))  # fmt: skip
        layout["yaxis"]["domain"] = [0.42, 1.0]
        layout["yaxis2"] = {"domain": [0.0, 0.32], "title": {"text": w["backlog_axis"]}, "rangemode": "tozero"}
        layout["xaxis"] = {"anchor": "y2", **DATES}
    layout.setdefault("xaxis", dict(DATES))["range"] = [str(source.market.sessions[first]), until]
    return figure(traces, **layout)


def _ticks(prices: np.ndarray) -> str:
    """Plotly's name for ticks at 1, 2 and 5, or at every digit."""
    return "D2" if np.nanmax(prices) / np.nanmin(prices) > WIDE else "D1"


def _marks(source: PageSource, prices: np.ndarray, announcements: Sequence[Announcement]) -> list[dict[str, Any]]:
    market = source.market
    grouped: dict[str, list[tuple[int, Announcement]]] = {}
    opens = [datetime.combine(day.astype(object), DECISION_TIME) for day in market.sessions]
    carried = _carried(prices)
    for row in announcements:
        t = min(bisect_left(opens, row.known_at), len(opens) - 1)
        if row.event_date >= market.sessions[0].astype(object) and np.isfinite(carried[t]):
            grouped.setdefault(GROUP_OF.get(row.kind, "other"), []).append((t, row))
    return [_mark(source, name, grouped[name], carried) for name in GROUPS if name in grouped]


def _mark(
    source: PageSource, name: str, rows: Sequence[tuple[int, Announcement]], prices: np.ndarray
) -> dict[str, Any]:
    colour, shape = GROUPS[name]
    return {
        "type": "scatter", "mode": "markers", "name": source.words["firms"][name],
        "x": [str(source.market.sessions[t]) for t, _ in rows], "y": numbers([prices[t] for t, _ in rows], 3),
        "marker": {"color": colour, "symbol": shape, "size": 11, "line": {"color": "@paper", "width": 1.5}},
        # The card with this id is shown on hover and click; no title enters the chart.
        "customdata": [f"ann-{row.announcement_id}" for _, row in rows], "hoverinfo": "none",
    }  # fmt: skip


def _carried(prices: np.ndarray) -> np.ndarray:
    """The last known price at each session."""
    known = np.where(np.isfinite(prices), np.arange(len(prices)), -1)
    at = np.maximum.accumulate(known)
    return np.where(at >= 0, prices[np.maximum(at, 0)], np.nan)


def _planned(source: PageSource, firm: Firm) -> tuple[list[str], list[float]]:
    """Month by month from now to the end of the last running contract: 亿 still to do."""
    ends = [row.plan.end for row in firm.running if row.plan.end is not None]
    if not ends:
        return [], []
    days = [source.as_of]
    while days[-1] < max(ends):
        days.append(add_months(source.as_of, len(days)))
    return [str(day) for day in days], [sum(row.plan.backlog(day) for row in firm.running) / YI for day in days]


def _announcement(source: PageSource, row: Announcement, commitments: Sequence[Commitment]) -> dict[str, Any]:
    return {
        "id": row.announcement_id,
        "date": row.event_date,
        "known_at": row.known_at,
        "basis": source.word("basis", row.known_at_basis),
        "kind": source.kinds.get(row.kind, row.kind),
        "group": GROUP_OF.get(row.kind, "other"),
        "title": row.title,
        "url": row.url,
        "unreviewed": row.review == "unreviewed",
        "facts": [
            {
                "kind": source.kinds.get(fact.kind, fact.kind),
                "direction": source.word("directions", fact.direction),
                "amount": fact.amount,
                "basis": source.word("amounts", fact.amount_basis),
                "term": fact.term_months,
                "counterparty": fact.counterparty,
            }
            for fact in commitments
        ],
    }
