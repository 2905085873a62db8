"""What the SYNTHETIC market says about ratings: made-up industry levels, and ratings of brokers that do not exist.

1. Levels of two industry indices: the market and theme paths of the firms, and a little of their own.
2. Two ratings of the report's industry: one whose twelve months are over, one inside its window. The report's own is
   pending, so that a reader sees all three.
3. Ratings of the firms by three brokers, drawn without any knowledge of prices: nobody has skill here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import numpy as np
import polars as pl

from screener.core.arrays import Floats

INDUSTRY = "计算机·人工智能"
INDUSTRIES = ("801750.SI", "930651.CSI")
ENDS = date(2026, 8, 21)
BROKERS = ("虚构证券甲", "虚构证券乙", "虚构证券丙")
_INDUSTRY_RATINGS = (
    (BROKERS[0], "优于大市", "首次", date(2025, 2, 12)),
    (BROKERS[1], "中性", "首次", date(2026, 1, 14)),
)
_WORDS, _SHARES = ("优于大市", "中性", "弱于大市"), (0.6, 0.3, 0.1)
_FIRST, _LAST = date(2024, 10, 8), date(2026, 6, 30)
_OWN_SD, _START = 0.005, 4000.0
_GAPS = (60, 160)  # sessions between two ratings of one broker and firm
_EVENING = time(23, 59, 59)


def industry_levels(rng: np.random.Generator, sessions: Sequence[date], theme: Sequence[Floats]) -> pl.DataFrame:
    """Levels (two decimals) of the indices; theme: returns (T,) overnight and of the day that they share."""
    rows: list[tuple[Any, ...]] = []
    for index in INDUSTRIES:
        own = rng.standard_normal((2, len(sessions))) * _OWN_SD
        level = _START
        for t, session in enumerate(sessions):
            opened = round(level * (1 + float(theme[0][t] + own[0][t]) / 2), 2)
            level = round(opened * (1 + float(theme[1][t] + own[1][t])), 2)
            rows.append((index, session, opened, max(opened, level), min(opened, level), level))
    frame = pl.DataFrame(rows, schema=["index", "session", "open", "high", "low", "close"], orient="row")
    return frame.filter(pl.col("session") <= ENDS)


def ratings(rng: np.random.Generator, sessions: Sequence[date], symbols: Sequence[str]) -> pl.DataFrame:
    """Made-up ratings of the industry and of the firms, in the shape of the table `ratings`."""
    rows = [_row(INDUSTRY, "industry", *one) for one in _INDUSTRY_RATINGS]
    open_days = [day for day in sessions if _FIRST <= day <= _LAST]
    for broker in BROKERS:
        for symbol in symbols:
            rows += _spell(rng, open_days, broker, symbol)
    return pl.DataFrame(rows, infer_schema_length=None)


def _spell(rng: np.random.Generator, days: Sequence[date], broker: str, symbol: str) -> list[dict[str, Any]]:
    """The ratings of one firm by one broker, one after the other."""
    rows: list[dict[str, Any]] = []
    at, before = int(rng.integers(0, _GAPS[1])), ""
    while at < len(days):
        word = str(rng.choice(_WORDS, p=_SHARES))
        rows.append(_row(symbol, "stock", broker, word, _action(before, word), days[at]))
        at, before = at + int(rng.integers(*_GAPS)), word
    return rows


def _action(before: str, now: str) -> str:
    if not before:
        return "首次"
    step = _WORDS.index(before) - _WORDS.index(now)
    return "上调" if step > 0 else "下调" if step < 0 else "维持"


def _row(subject: str, kind: str, broker: str, word: str, action: str, day: date) -> dict[str, Any]:
    return {
        "rating_id": f"SYNTHETIC-{BROKERS.index(broker) + 1}-{subject}-{day}",
        "subject": subject,
        "subject_kind": kind,
        "broker": broker,
        "rating": word,
        "action": action,
        "report_date": day,
        "market": "A",
        "known_at": datetime.combine(day, _EVENING),
        "note": "invented: no such broker, no such report",
    }
