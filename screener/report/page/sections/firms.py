"""Each firm: price with announcement marks by kind, and below it the backlog as it was known and as it will burn off.

1. Price: raw close × shares one share of the last session stands for, so that a split is no fall.
2. A mark stands on the first session whose decision could use the announcement; what is known after the last
   session stands on that one.
3. Backlog (solid): what the rules counted on each day with what was known that day. Dashed: how the contracts known
   now run off from now on.
4. All charts have one time axis; a mark is as large as the amount of its announcement, hollow where none is known.
5. What brokers say of the firm: the newest ratings, and the cone of the last one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from screener.core.calendar import add_months
from screener.core.config import DECISION_TIME
from screener.evaluation.rating import Judged, lines
from screener.point_in_time.announcements import Announcement, Commitment
from screener.report.charts import DATES, Figure, Trace, figure, line, numbers
from screener.report.page.sections.ratings import chart, row_of
from screener.report.page.source import Canvas, PageSource

# Group of kinds → (colour, symbol): what comes in, what goes out, capital, warnings, the rest.
GROUPS = {
    "inflow": ("@c1", "circle"),
    "outflow": ("@c2", "square"),
    "capital": ("@c4", "diamond"),
    "warning": ("@c5", "x"),
    "other": ("@muted", "triangle-up"),
}
LOG = {"type": "log", "tickformat": ".4~g"}
WIDE = 4.0  # highest ÷ lowest price from which a tick at 1, 2 and 5 is enough
YI = 1e8
SMALLEST, LARGEST = 8.0, 26.0  # points across: area goes with the amount
SHOWN_RATINGS = 8  # the newest of a firm
SHOWN_MONTHS = 15  # of the run-off to come; the chart would else be all future


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """One chart and one list of announcements for each firm that is shown; how many others announced something."""
    canvas.array("sessions", [str(day) for day in source.market.sessions])
    told = _commitments(source)
    found = [_firm(source, canvas, symbol, told) for symbol in source.shown]
    speaking = {row.symbol for row in source.panel.announcements}
    left = sum(row.symbol in speaking for row in source.screen.rows) - len(found)
    return {"firms": found, "others": [one["firm"] for one in found if not one["tall"]], "left": left}


def _firm(source: PageSource, canvas: Canvas, symbol: str, told: Mapping[str, list[Commitment]]) -> dict[str, Any]:
    announcements = [row for row in source.panel.announcements if row.symbol == symbol]
    prices = _prices(source, symbol)
    has_price, has_backlog = bool(np.isfinite(prices).any()), _ever_had(source, symbol)
    return {
        "symbol": symbol,
        "firm": source.name_of(symbol),
        "chart": canvas.chart(f"firm-{symbol}", _figure(source, symbol, prices, announcements, told))
        if has_price
        else None,
        "tall": has_backlog,
        "backlog": source.firms[symbol].backlog,
        "ratings": [row_of(source, one) for one in lines(_ratings(source, symbol))[::-1][:SHOWN_RATINGS]],
        "cone": _cone(source, canvas, symbol),
        "announcements": [_announcement(source, row, told.get(row.announcement_id, [])) for row in announcements[::-1]],
    }


def _ratings(source: PageSource, symbol: str) -> list[Judged]:
    return [row for row in source.ratings if row.rated.subject == symbol]


def _cone(source: PageSource, canvas: Canvas, symbol: str) -> str | None:
    """The cone of the firm's newest rating with its own price; None where it has none."""
    cone = source.stock_cones.get(symbol)
    return None if cone is None else canvas.chart(f"rating-{symbol}", chart(source, cone))


def _prices(source: PageSource, symbol: str) -> np.ndarray:
    """(T,) yuan a share of today: raw close × share factor then ÷ share factor now."""
    n, market = source.market.index_of(symbol), source.market
    factor = market.share_factor[:, n]
    return np.asarray(market.close[:, n] * factor / factor[-1])


def _ever_had(source: PageSource, symbol: str) -> bool:
    """True where work was left on some day."""
    return symbol in source.history and bool(np.nansum(source.history[symbol]) > 0)


def _commitments(source: PageSource) -> dict[str, list[Commitment]]:
    """Announcement → its commitments as known last."""
    last = {row.commitment_id: row for row in source.panel.commitments}
    found: dict[str, list[Commitment]] = {}
    for row in last.values():
        found.setdefault(row.announcement_id, []).append(row)
    return found


def _figure(
    source: PageSource,
    symbol: str,
    prices: np.ndarray,
    announcements: Sequence[Announcement],
    told: Mapping[str, list[Commitment]],
) -> Figure:
    w = source.words["firms"]
    traces = [line("#sessions", numbers(prices, 3), w["price"], "@ink", line={"width": 1.4}, hovertemplate="%{y:.2f}")]
    traces += _marks(source, prices, announcements, _amounts(told))
    layout: dict[str, Any] = {
        "yaxis": {"title": {"text": w["price_axis"]}, **LOG, "dtick": _ticks(prices)},
        "xaxis": {"range": [str(source.market.sessions[0]), _until(source)], **DATES, "hoverformat": "%Y-%m-%d"},
        "showlegend": False,  # the lead of the section names colours and shapes once for all
    }
    if _ever_had(source, symbol):
        traces += _backlog(source, symbol)
        layout["yaxis"]["domain"] = [0.42, 1.0]
        layout["yaxis2"] = {"domain": [0.0, 0.32], "title": {"text": w["backlog_axis"]}, "rangemode": "tozero"}
        layout["xaxis"]["anchor"] = "y2"
    return figure(traces, **layout)


def _until(source: PageSource) -> str:
    """The last day of every chart: as far as some contract runs, fifteen months at most."""
    ends = [one.days[-1] for one in source.planned.values() if one.days]
    return str(max(source.as_of, min(max(ends, default=source.as_of), add_months(source.as_of, SHOWN_MONTHS))))


def _amounts(told: Mapping[str, list[Commitment]]) -> dict[str, float]:
    """Announcement → yuan of its commitments; none where no amount is known."""
    sums = {name: sum(row.amount or 0.0 for row in rows) for name, rows in told.items()}
    return {name: yuan for name, yuan in sums.items() if yuan}


def _backlog(source: PageSource, symbol: str) -> list[Trace]:
    """Backlog as it was known and how it runs off."""
    w, yi = source.words["firms"], source.history[symbol] / YI
    known = line(
        "#sessions",
        numbers(yi),
        w["backlog_then"],
        "@c1",
        yaxis="y2",
        hovertemplate="%{y:.3f}",
        fill="tozeroy",
        fillcolor="@band",
    )
    planned = source.planned.get(symbol)
    if planned is None or len(planned.days) < 2:
        return [known]
    days, left = [str(day) for day in planned.days], [yuan / YI for yuan in planned.yuan]
    dashed = line(
        days, numbers(left), w["backlog_planned"], "@c1", yaxis="y2", line={"dash": "dot"}, hovertemplate="%{y:.3f}"
    )
    return [known, dashed]


def _ticks(prices: np.ndarray) -> str:
    """Plotly's name for ticks at 1, 2 and 5, or at every digit."""
    return "D2" if np.nanmax(prices) / np.nanmin(prices) > WIDE else "D1"


def _marks(
    source: PageSource, prices: np.ndarray, announcements: Sequence[Announcement], amounts: Mapping[str, float]
) -> list[dict[str, Any]]:
    market = source.market
    grouped: dict[str, list[tuple[int, Announcement]]] = {}
    opens = [datetime.combine(day.astype(object), DECISION_TIME) for day in market.sessions]
    carried = _carried(prices)
    for row in announcements:
        t = min(bisect_left(opens, row.known_at), len(opens) - 1)
        if row.event_date >= market.sessions[0].astype(object) and np.isfinite(carried[t]):
            grouped.setdefault(source.groups.get(row.kind, "other"), []).append((t, row))
    return [_mark(source, name, grouped[name], carried, amounts) for name in GROUPS if name in grouped]


def _mark(
    source: PageSource,
    name: str,
    rows: Sequence[tuple[int, Announcement]],
    prices: np.ndarray,
    amounts: Mapping[str, float],
) -> dict[str, Any]:
    colour, shape = GROUPS[name]
    most = max(amounts.values(), default=1.0)
    sized = [amounts.get(row.announcement_id) for _, row in rows]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": source.words["firms"][name],
        "x": [str(source.market.sessions[t]) for t, _ in rows],
        "y": numbers([prices[t] for t, _ in rows], 3),
        "marker": {
            "color": colour,
            "symbol": [shape if yuan else f"{shape}-open" for yuan in sized],
            "size": [round(SMALLEST + (LARGEST - SMALLEST) * (yuan / most) ** 0.5, 1) if yuan else 9 for yuan in sized],
            "opacity": 0.85,
            "line": {"color": [("@paper" if yuan else colour) for yuan in sized], "width": 1.5},
        },
        # The card with this id is shown on hover and click; no title enters the chart.
        "customdata": [f"ann-{row.announcement_id}" for _, row in rows],
        "hoverinfo": "none",
    }


def _carried(prices: np.ndarray) -> np.ndarray:
    """The last known price at each session."""
    known = np.where(np.isfinite(prices), np.arange(len(prices)), -1)
    at = np.maximum.accumulate(known)
    return np.where(at >= 0, prices[np.maximum(at, 0)], np.nan)


def _announcement(source: PageSource, row: Announcement, commitments: Sequence[Commitment]) -> dict[str, Any]:
    return {
        "id": row.announcement_id,
        "date": row.event_date,
        "known_at": row.known_at,
        "basis": source.word("basis", row.known_at_basis),
        "kind": source.kinds.get(row.kind, row.kind),
        "group": source.groups.get(row.kind, "other"),
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
