"""Total shares of every symbol and session, as known before its open.

1. A row counts from 09:00 of its first day, or from the first decision after it became known.
2. Shares that a corporate action gave every holder after that day count at once: until a row says the new count, the
   old one is carried × (1 + shares to the holder) and marked derived.
3. A row of the days before an ex-date that already counts the new shares (some providers date it by the record day) is
   not multiplied again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from screener.core.arrays import Days, Flags, Floats
from screener.core.config import DECISION_TIME
from screener.core.tables.actions import GIVING

RECORD_DAYS = timedelta(10)  # between the record day and the ex-date, holidays included
SAME = 0.001  # counts this near to each other are one
_Given = tuple[date, float]  # ex-date, shares of today per share held before


def share_capital(
    shares: pl.DataFrame, actions: pl.DataFrame, sessions: Days, symbols: Sequence[str]
) -> tuple[Floats, Flags]:
    """(total shares, whether the count is derived), each (T, N)."""
    column, given = {symbol: n for n, symbol in enumerate(symbols)}, given_shares(actions)
    total = np.full((len(sessions), len(symbols)), np.nan)
    derived = np.zeros((len(sessions), len(symbols)), dtype=bool)
    told: dict[int, list[tuple[datetime, float]]] = {}  # counts so far and when they were known
    for row in shares.sort("effective_date", "known_at").iter_rows(named=True):
        n, day = column.get(row["symbol"]), row["effective_date"]
        if n is None:
            continue
        t = max(_row(sessions, day), _decision_index(sessions, row["known_at"]))
        total[t:, n] = row["total_shares"]
        derived[t:, n] = (row["source"] or "").startswith("derived")
        rows = told.setdefault(n, [])
        before = next((count for known_at, count in reversed(rows) if known_at <= row["known_at"]), None)
        for ex_date, factor in later(given.get(row["symbol"], ()), day, before, row["total_shares"]):
            start = max(t, _row(sessions, ex_date))
            total[start:, n] = np.rint(total[start:, n] * factor)
            derived[start:, n] = True
        rows.append((row["known_at"], row["total_shares"]))
    return total, derived


def given_shares(actions: pl.DataFrame) -> dict[str, list[_Given]]:
    """Symbol → what its corporate actions multiply every holding by, in the order of their ex-dates."""
    rows = actions.filter(pl.col("kind").is_in(GIVING) & (pl.col("shares_to_holder") > 0)).sort("ex_date")
    found: dict[str, list[_Given]] = {}
    for symbol, ex_date, shares in rows.select("symbol", "ex_date", "shares_to_holder").iter_rows():
        found.setdefault(symbol, []).append((ex_date, 1.0 + shares))
    return found


def later(given: Sequence[_Given], day: date, before: float | None, count: float) -> list[_Given]:
    """Those of `given` that a row of `day` does not count yet; `before`: the count of the row before it."""
    return [
        (ex_date, factor)
        for ex_date, factor in given
        if ex_date > day and not (ex_date - day <= RECORD_DAYS and before and _near(count, before * factor))
    ]


def _near(count: float, other: float) -> bool:
    return abs(count / other - 1) < SAME


def _row(sessions: Days, day: date) -> int:
    return int(np.searchsorted(sessions, np.datetime64(day)))


def _decision_index(sessions: Days, known_at: datetime) -> int:
    """Index of the first session whose decision time is not before `known_at`."""
    day = np.datetime64(known_at.date())
    return int(np.searchsorted(sessions, day, side="left" if known_at.time() <= DECISION_TIME else "right"))
