"""Small frames of valid rows, for tests to change one thing in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl

from screener.core.calendar import packaged_calendar

SEEDED_AT = datetime(2026, 10, 12, 8)
NOW = datetime(2026, 10, 12, 20)
LATER = datetime(2026, 10, 13, 20)
SESSIONS = packaged_calendar().between(date(2026, 6, 1), date(2026, 8, 31))


def bars(count: int = 8, symbol: str = "301396.SZ", **changed: Any) -> pl.DataFrame:
    """`count` quiet sessions of one symbol; `changed` replaces values of the last row."""
    rows = [
        {
            "symbol": symbol,
            "session": day,
            "open": 10.0,
            "high": 10.2,
            "low": 9.9,
            "close": 10.1,
            "volume": 10_000,
            "amount": 100_500.0,
            "source": "test",
        }
        for day in SESSIONS[:count]
    ]
    rows[-1].update(changed)
    return pl.DataFrame(rows, infer_schema_length=None)


def row(dataset: str, **changed: Any) -> pl.DataFrame:
    """One valid row of a table, with `changed` values."""
    return pl.DataFrame([{**_ROWS[dataset], **changed}], infer_schema_length=None)


_ROWS: dict[str, dict[str, Any]] = {
    "indices": {"index": "000300.SH", "session": SESSIONS[0], "close": 4000.0},
    "announcements": {
        "announcement_id": "T-1", "symbol": "301396.SZ", "event_date": date(2026, 7, 1), "title": "t", "kind": "order",
    },
    "commitments": {
        "commitment_id": "T-1-1", "announcement_id": "T-1", "symbol": "301396.SZ", "kind": "order", "is_compute": True,
        "direction": "inflow", "amount_low": 1e8, "amount_high": 1e8, "amount_basis": "exact", "tax": "included",
        "currency": "CNY",
    },
    "contract_facts": {
        "fact_id": "T-1-1-a", "commitment_id": "T-1-1", "symbol": "301396.SZ", "kind": "acceptance",
        "effective_date": date(2026, 9, 30),
    },
    "links": {"from_id": "T-2", "to_id": "T-1", "kind": "amends", "state": "asserted"},
    "shares": {"symbol": "301396.SZ", "effective_date": date(2026, 7, 1), "total_shares": 100_000_000},
    "actions": {
        "symbol": "301396.SZ", "ex_date": SESSIONS[4], "kind": "bonus", "shares_to_holder": 0.4, "cash_to_holder": 0.0,
    },
    "firms": {"symbol": "600519.SH", "name": "n", "board": "sse_main"},
    "st_spells": {"symbol": "600519.SH", "start": date(2026, 7, 1), "status": "ST"},
    "ratings": {
        "rating_id": "R-1", "subject": "301396.SZ", "subject_kind": "stock", "broker": "b", "rating": "中性",
        "report_date": date(2026, 7, 1), "market": "A",
    },
}  # fmt: skip
