"""What must you believe: the orders a year that a market cap implies, under assumptions the reader can move.

1. V = market cap × (1 − share of the value that is not compute).
2. An order of O yuan runs L years and earns the margin m: O·m ÷ L at the end of each year. It is renewed with
   probability r for another L years. With v = 1 ÷ (1 + d):
   worth of one order at signing = O · (m ÷ L) · (1 − v^L) ÷ d ÷ (1 − r·v^L).
3. Orders of O are signed every year from now on: worth of all = worth of one ÷ (1 − v). Setting it to V gives O.
4. A firm earns the net margin disclosed of its own compute business, if one is known on the day; every other firm has
   none until the reader sets one.
Growth, tax changes and capital spending are inside the margin or left out: a yardstick, no valuation.
"""

from __future__ import annotations

from statistics import median
from typing import Any

import polars as pl

from screener.point_in_time.frames import frame_of
from screener.report.page.source import Canvas, PageSource
from screener.screen.factors import FACTORS, Firm

# Assumptions without a source; the page marks them so.
RENEWAL, DISCOUNT, NON_COMPUTE = 0.5, 0.10, 0.0
UNSET = 0.15  # where the slider of the margin stands while nobody has moved it; nothing is computed from it
PARENT = "001339.SZ"  # of the one subsidiary with a disclosed profit and revenue
PROFIT, REVENUE = "tengyun_profit_2025", "tengyun_revenue_2025"


def implied_orders(
    cap: float, *, margin: float, years: float, renewal: float, discount: float, non_compute: float
) -> float | None:
    """Yuan of orders a year by the steps above; None where nothing is earned. Rates as fractions, discount > 0."""
    v = 1 / (1 + discount)
    worth = margin / years * (1 - v**years) / discount / (1 - renewal * v**years)
    return cap * (1 - non_compute) * (1 - v) / worth if worth > 0 else None


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """Sliders with their defaults, and a row per firm with a market cap."""
    sliders = _sliders(source)
    start = {slider["name"]: slider["value"] for slider in sliders if slider["name"] != "margin"}
    margins = _margins(source)
    priced = [row.symbol for row in source.screen.rows if row.market_cap_cny]
    rows = [_row(source, symbol, start, margins.get(symbol)) for symbol in priced]
    canvas.extra["believe"] = {row["symbol"]: {name: row[name] for name in ("cap", "had", "margin")} for row in rows}
    return {"sliders": sliders, "rows": rows}


def _row(source: PageSource, symbol: str, start: dict[str, float], margin: tuple[float, str] | None) -> dict[str, Any]:
    firm = source.firms[symbol]
    had = _last_year(firm)
    cap = firm.market_cap or 0.0
    implied = implied_orders(cap, margin=margin[0], **start) if margin else None
    return {
        "symbol": symbol,
        "firm": source.name_of(symbol),
        "cap": cap,
        "margin": margin[0] if margin else None,
        "margin_from": margin[1] if margin else "",
        "had": had,
        "implied": implied,
        "times": implied / had if implied and had else None,
    }


def _last_year(firm: Firm) -> float | None:
    """Yuan of counted orders announced within twelve months; None where none ever counted."""
    share = FACTORS["orders_12m_to_cap"](firm)
    return None if share is None or not firm.market_cap else share * firm.market_cap


def _sliders(source: PageSource) -> list[dict[str, Any]]:
    w = source.words["believe"]
    years, years_from = _years(source)
    assumed = w["assumption"]
    return [
        _slider(source, "margin", UNSET, 0.01, 0.7, 0.005, w["margin_unset"], True),
        _slider(source, "years", years, 0.5, 10, 0.5, years_from or assumed, not years_from),
        _slider(source, "renewal", RENEWAL, 0, 0.95, 0.05, assumed, True),
        _slider(source, "discount", DISCOUNT, 0.02, 0.3, 0.01, assumed, True),
        _slider(source, "non_compute", NON_COMPUTE, 0, 0.95, 0.05, assumed, True),
    ]


def _slider(
    source: PageSource, name: str, value: float, low: float, high: float, step: float, origin: str, assumed: bool
) -> dict[str, Any]:
    return {
        "name": name,
        "label": source.words["believe"][name],
        "value": round(value, 4),
        "low": low,
        "high": high,
        "step": step,
        "from": origin,
        "assumed": assumed,
        "percent": name != "years",
    }


def _margins(source: PageSource) -> dict[str, tuple[float, str]]:
    """Firm → (net margin of its compute business, where it stands), as disclosed and known on the day."""
    frame = frame_of(source.market.frames, "indicators")
    found = {
        row["indicator"]: row
        for row in frame.filter(pl.col("indicator").is_in([PROFIT, REVENUE])).iter_rows(named=True)
    }
    if len(found) < 2 or source.moment < max(row["known_at"] for row in found.values()):
        return {}
    margin = round(found[PROFIT]["value"] / found[REVENUE]["value"], 3)
    return {PARENT: (margin, f"{source.words['believe']['margin_from']} ({found[PROFIT]['source']})")}


def _years(source: PageSource) -> tuple[float, str]:
    """Median stated term of the orders that count, in years to the half."""
    terms = [
        row.plan.term_months
        for firm in source.firms.values()
        for row in firm.counted
        if row.plan.term_months and row.commitment.term_months
    ]
    if not terms:
        return 5.0, ""
    return round(median(terms) / 6) / 2, f"{source.words['believe']['years_from']} (n={len(terms)})"
