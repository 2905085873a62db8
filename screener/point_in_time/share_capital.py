"""Total shares of every symbol and session, as known before its open.

1. A row counts from 09:00 of its first day, or from the first decision after it became known.
2. Shares that a corporate action gave every holder after that day count at once: until a row says the new count, the
   old one is carried × (1 + shares to the holder) and marked derived.
3. A row of the days before an ex-date that already counts the new shares (some providers date it by the record day) is
   not multiplied again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from screener.core.arrays import Days, Flags, Floats, Ints
from screener.core.config import DECISION_TIME
from screener.core.tables.actions import GIVING

RECORD_DAYS = timedelta(10)  # between the record day and the ex-date, holidays included
SAME = 0.001  # counts this near to each other are one
_Given = tuple[date, float]  # ex-date, shares of today per share held before


@dataclass(frozen=True, eq=False)
class Capital:
    """Share counts as S steps, later ones over those before: from session t[s] on, symbol n[s] has count[s] shares.

    They change a few times in ten years: a number for every session and symbol is made where somebody asks for it.
    """

    shape: tuple[int, int]  # (T, N)
    t: Ints
    n: Ints
    count: Floats
    derived: Flags  # not announced

    def whole(self) -> tuple[Floats, Flags]:
        """(total shares, NaN where unknown; whether the count is derived), each (T, N)."""
        total, derived = np.full(self.shape, np.nan), np.zeros(self.shape, dtype=bool)
        for t, n, count, whether in zip(self.t, self.n, self.count, self.derived, strict=True):
            total[t:, n], derived[t:, n] = count, whether
        return total, derived

    def at(self, t: int) -> tuple[Floats, Flags]:
        """The same of one session, each (N,)."""
        total, derived = np.full(self.shape[1], np.nan), np.zeros(self.shape[1], dtype=bool)
        begun = self.t <= t % self.shape[0]
        total[self.n[begun]], derived[self.n[begun]] = self.count[begun], self.derived[begun]
        return total, derived

    def of(self, columns: Ints) -> Capital:
        """The same of some symbols."""
        place = np.full(self.shape[1], -1)
        place[columns] = np.arange(len(columns))
        mine = place[self.n] >= 0
        parts = (self.t[mine], place[self.n[mine]], self.count[mine], self.derived[mine])
        return Capital((self.shape[0], len(columns)), *parts)


def share_capital(shares: pl.DataFrame, actions: pl.DataFrame, sessions: Days, symbols: Sequence[str]) -> Capital:
    """What the rows of `shares` and of `actions` make of T sessions × N symbols."""
    column, given = {symbol: n for n, symbol in enumerate(symbols)}, given_shares(actions)
    steps: list[tuple[int, int, float, bool]] = []
    told: dict[int, list[tuple[datetime, float]]] = {}  # counts so far and when they were known
    # By symbol too: which fact was loaded first must not show in the steps, nor in a fingerprint of them.
    rows = shares.filter(pl.col("symbol").is_in([*column])).sort("symbol", "effective_date", "known_at")
    cells = rows.select("symbol", "effective_date", "known_at", "total_shares", pl.col("source").fill_null(""))
    for t, row in zip(_first_rows(sessions, rows), cells.iter_rows(), strict=True):
        symbol, day, known_at, count, source = row
        n, now = column[symbol], float(count)
        steps.append((t, n, now, source.startswith("derived")))
        counts = told.setdefault(n, [])
        before = next((other for known, other in reversed(counts) if known <= known_at), None)
        for ex_date, factor in later(given.get(symbol, ()), day, before, count):
            start = max(t, int(np.searchsorted(sessions, np.datetime64(ex_date))))
            now = float(np.rint(now * factor))
            steps.append((start, n, now, True))
        counts.append((known_at, count))
    shape = len(sessions), len(symbols)
    inside = [step for step in steps if step[0] < shape[0]]
    at, whose, after, derived = zip(*inside, strict=True) if inside else [()] * 4
    return Capital(shape, np.array(at, np.int64), np.array(whose, np.int64), np.array(after), np.array(derived, bool))


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
