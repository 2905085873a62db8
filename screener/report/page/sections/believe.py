"""What must you believe: the orders a year that a market cap implies, under assumptions the reader can move.

1. V = market cap × (1 − share of the value that is not compute).
2. An order of O yuan runs L years and earns the margin m: O·m ÷ L at the end of each year. It is renewed with
   probability r for another L years. With v = 1 ÷ (1 + d):
   worth of one order at signing = O · (m ÷ L) · (1 − v^L) ÷ d ÷ (1 − r·v^L).
3. Orders of O are signed every year from now on: worth of all = worth of one ÷ (1 − v). Setting it to V gives O.
4. A firm earns the margin disclosed of its own compute business, the last one known on the day (table `margins`);
   every other firm has none until the reader sets one. A gross margin is the most that a net one can be: the orders it
   implies are the fewest.
Growth, tax changes and capital spending are inside the margin or left out: a yardstick, no valuation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

import polars as pl

from screener.core.tables import TABLES
from screener.point_in_time.frames import frame_of
from screener.point_in_time.versions import as_known
from screener.report.page.sections.ranked import ROWS
from screener.report.page.source import Canvas, PageSource
from screener.screen.factors import FACTORS, Firm

# Assumptions without a source; the page marks them so.
RENEWAL, DISCOUNT, NON_COMPUTE = 0.5, 0.10, 0.0
UNSET = 0.15  # where the slider of the margin stands while nobody has moved it; nothing is computed from it


@dataclass(frozen=True, slots=True)
class Margin:
    """A disclosed margin as a fraction."""

    value: float
    bound: bool  # gross: a net margin is lower
    said: str  # of what, which period, known when, where it stands


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
    rows = [_row(source, symbol, start, margins.get(symbol)) for symbol in priced[:ROWS]]
    canvas.extra["believe"] = {
        row["symbol"]: {name: row[name] for name in ("cap", "had", "margin", "bound")} for row in rows
    }
    return {"sliders": sliders, "rows": rows, "left": len(priced[ROWS:])}


def _row(source: PageSource, symbol: str, start: dict[str, float], margin: Margin | None) -> dict[str, Any]:
    firm = source.firms[symbol]
    had = _last_year(firm)
    cap = firm.market_cap or 0.0
    implied = implied_orders(cap, margin=margin.value, **start) if margin else None
    return {
        "symbol": symbol,
        "firm": source.name_of(symbol),
        "cap": cap,
        "margin": margin.value if margin else None,
        "bound": margin.bound if margin else False,
        "margin_from": margin.said if margin else "",
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


def _margins(source: PageSource) -> dict[str, Margin]:
    """Firm → the margin of its compute business known last; of one period a net margin goes before a gross one."""
    known = as_known(frame_of(source.market.frames, "margins"), TABLES["margins"].key, source.moment)
    ordered = known.sort("period_end", pl.col("kind") == "net", "known_at")
    return {row["symbol"]: _margin(source, row) for row in ordered.iter_rows(named=True)}


def _margin(source: PageSource, row: Mapping[str, Any]) -> Margin:
    w = source.words["believe"]
    said = w["margin_from"].format(
        business=row["business"],
        kind=w[row["kind"]],
        end=row["period_end"],
        months=row["months"],
        known=row["known_at"].date(),
        source=row["source"],
    )
    return Margin(row["margin"], row["kind"] == "gross", said)


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
