"""Markets with an index, and events by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from screener.core.arrays import Flags, Floats, Ints
from screener.evaluation import event_study as es
from screener.evaluation.event_study.series import Stack
from screener.point_in_time.market import Market
from tests.point_in_time.markets import market, rows, sessions

A, B = "301396.SZ", "301248.SZ"
FIRST = date(2025, 3, 3)  # a Monday


@dataclass(frozen=True)
class FirmSeries:
    """One firm over the K sessions in which it traded: the fields of a `Stack`, one firm of it."""

    rows: Ints
    y: Floats
    days: Floats
    x: Floats
    at_limit: Flags


def stacked(series: Sequence[FirmSeries]) -> Stack:
    lengths = np.array([len(one.rows) for one in series])
    arrays = {each.name: np.concatenate([getattr(one, each.name) for one in series]) for each in fields(FirmSeries)}
    firm = np.repeat(np.arange(len(series)), lengths)
    return Stack(**arrays, firm=firm, starts=np.cumsum(lengths) - lengths, lengths=lengths)


def event(row: int, symbol: str = A, name: str = "X") -> es.Event:
    return es.Event(symbol, row, FIRST + timedelta(days=row), FIRST, "date_only", (name,), ("order",))


def indexed(closes: dict[str, Sequence[float | None]], levels: Sequence[float], **tables: pl.DataFrame) -> Market:
    days = sessions(len(levels), FIRST)
    index = rows(
        "indices",
        *(
            {"index": "000300.SH", "session": day, "open": level, "close": level, "known_at": datetime(2025, 1, 1)}
            for day, level in zip(days, levels, strict=True)
        ),
    )
    return market(closes, indices=index, **tables)
