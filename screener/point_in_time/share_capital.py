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
    rows = shares.filter(pl.col("symbol").is_in([*column])).sort("effective_date", "known_at")
    cells = rows.select("symbol", "effective_date", "known_at", "total_shares", pl.col("source").fill_null(""))
    for t, row in zip(_first_rows(sessions, rows), cells.iter_rows(), strict=True):
        symbol, day, known_at, count, source = row
        n = column[symbol]
        total[t:, n] = count
        derived[t:, n] = source.startswith("derived")
        counts = told.setdefault(n, [])
        before = next((other for known, other in reversed(counts) if known <= known_at), None)
        for ex_date, factor in later(given.get(symbol, ()), day, before, count):
            start = max(t, int(np.searchsorted(sessions, np.datetime64(ex_date))))
            total[start:, n] = np.rint(total[start:, n] * factor)
            derived[start:, n] = True
        counts.append((known_at, count))
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


def _first_rows(sessions: Days, rows: pl.DataFrame) -> list[int]:
    """Of each row the first session from its day on whose decision time is not before it was known."""
    known = rows.select(day=pl.col("known_at").dt.date(), late=pl.col("known_at").dt.time() > DECISION_TIME)
    on, after = (np.searchsorted(sessions, known["day"].to_numpy(), side=side) for side in ("left", "right"))
    decided = np.where(known["late"].to_numpy(), after, on)
    found: list[int] = np.maximum(np.searchsorted(sessions, rows["effective_date"].to_numpy()), decided).tolist()
    return found
