"""The screen: one row per firm, with the bar of its score inside the 口径区间 and its contracts on hover."""

from __future__ import annotations

from typing import Any

from screener.report.page.source import Canvas, PageSource
from screener.screen.contracts import Contract
from screener.screen.factors import Firm, excluded_orders, purchases
from screener.screen.row import ScreenRow

ROWS, CONTRACTS = 100, 20  # of the table: the first firms of the screen, and of each the first that tell something


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """Rows for the table; bars are shares of the widest interval."""
    rows = source.screen.rows
    widest = max((row.score_high or row.score or 0.0 for row in rows), default=0.0)
    return {
        "rows": [_row(source, row, widest) for row in rows[:ROWS]],
        "left": len(rows[ROWS:]),
        "shown": frozenset(source.shown),
        "scored": sum(row.score is not None for row in rows),
        "unreviewed": sum(row.unreviewed for row in rows),
    }


def _row(source: PageSource, row: ScreenRow, widest: float) -> dict[str, Any]:
    telling = _telling(source.firms[row.symbol])
    return {
        **row.as_dict(),
        "why": "" if row.score is not None else source.told(row.reason),
        "bar": bar(row.score, row.score_low, row.score_high, widest),
        "lines": [line(source, contract) for contract in telling[:CONTRACTS]],
        "further": len(telling[CONTRACTS:]),
        "approximate": row.market_cap_approximate and row.market_cap_cny is not None,
    }


def bar(score: float | None, low: float | None, high: float | None, widest: float) -> dict[str, float] | None:
    """Low end, score and high end on a scale of 0 … 100, which is the widest range."""
    if score is None or not widest:
        return None
    low, high = low or 0.0, high or score
    return {"low": 100 * low / widest, "score": 100 * score / widest, "high": 100 * high / widest}


def _telling(firm: Firm) -> list[Contract]:
    """Contracts that count, then orders that do not, then purchases."""
    return [*firm.counted, *excluded_orders(firm), *purchases(firm)]


def line(source: PageSource, contract: Contract) -> dict[str, Any]:
    """One contract as a reader needs it; yuan, None where undisclosed."""
    row = contract.commitment
    return {
        "id": row.commitment_id,
        "date": row.event_date,
        "kind": source.kinds.get(row.kind, row.kind),
        "title": row.title,
        "announced": contract.announced if contract.announced is not None else row.amount,
        "printed": row.printed_amount,
        "remaining": contract.remaining if contract.counted else None,
        "counted": contract.counted,
        "reason": "" if contract.counted else source.word("exclusions", contract.reason),
        "term": row.term_months,
        "end": contract.plan.end if contract.counted else None,
        "counterparty": row.counterparty,
        "named": row.counterparty_named,
        "flags": [source.word("flags", flag) for flag in contract.flags] if contract.counted else [],
    }
