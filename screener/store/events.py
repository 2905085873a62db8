"""Corporate actions of one load: rows that are parts of one event become it, rows of two sources never add up.

1. Rows of one symbol and one ex-date are one event, unless they state ids of their own.
2. Of one source: a row that is the sum of the others repeats them; else they are parts and are added up.
3. Of several sources: the more complete statement stands where the others only leave something out; where two say
   different things nobody can tell which is right, and the load is refused with both.
4. A merged event has no stated reference price (each part's was its own) unless all parts state the same one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from screener.core.errors import DataRefused

Row = dict[str, Any]
GIVEN = ("shares_to_holder", "cash_to_holder")
PLAIN = ("cash", "bonus", "bonus_and_cash")
_CLOSE = 1e-6


def merged(frame: pl.DataFrame, *, where: str) -> pl.DataFrame:
    """One row per event. Raises DataRefused where sources contradict each other, or two kinds cannot be one event."""
    apart = frame.filter(pl.col("action_id").is_not_null())
    free = frame.filter(pl.col("action_id").is_null())
    twice = free.filter(pl.struct("symbol", "ex_date").is_duplicated())
    if twice.is_empty():
        return frame
    once = free.filter(~pl.struct("symbol", "ex_date").is_duplicated())
    events = [
        _event(rows.to_dicts(), f"{where}, {symbol} {day}")
        for (symbol, day), rows in twice.group_by("symbol", "ex_date", maintain_order=True)
    ]
    return pl.concat([apart, once, pl.DataFrame(events, schema=frame.schema)])


def _event(rows: list[Row], where: str) -> Row:
    """The one event that rows of a symbol and a day tell."""
    if any(row["kind"] not in PLAIN for row in rows):
        if all(_says(row) == _says(rows[0]) and row["kind"] == rows[0]["kind"] for row in rows):
            return rows[0]
        kinds = " and ".join(sorted({row["kind"] for row in rows}))
        raise DataRefused(
            "actions: two kinds on one ex-date that cannot be one event", where=where, got=kinds,
            expected="one row for the event, or an action_id for each of two events",
        )  # fmt: skip
    sources: dict[str | None, list[Row]] = {}
    for row in rows:
        sources.setdefault(row["source"], []).append(row)
    told = [_sum(_parts(group)) for group in sources.values()]
    return _agreed(told, where)


def _parts(rows: list[Row]) -> list[Row]:
    """The rows of one source without those that repeat the sum of the others, or each other."""
    distinct = list({_says(row): row for row in rows}.values())
    for row in distinct:
        others = [other for other in distinct if other is not row]
        if others and all(abs(row[name] - sum(other[name] for other in others)) < _CLOSE for name in GIVEN):
            return [row]
    return distinct


def _sum(rows: Sequence[Row]) -> Row:
    if len(rows) == 1:
        return rows[0]
    shares, cash = (sum(row[name] for row in rows) for name in GIVEN)
    first = dict(rows[0])
    for name in ("prev_close", "reference_price", "factor_ratio"):
        first[name] = first[name] if all(row[name] == first[name] for row in rows) else None
    return {**first, "shares_to_holder": shares, "cash_to_holder": cash, "kind": kind_of(shares, cash)}


def kind_of(shares: float, cash: float) -> str:
    """The kind that amounts make."""
    return "bonus_and_cash" if shares > 0 and cash > 0 else "bonus" if shares > 0 else "cash"


def _agreed(told: Sequence[Row], where: str) -> Row:
    """The most complete of several statements. Raises DataRefused where another one contradicts it."""
    best = max(told, key=lambda row: sum(row[name] > 0 for name in GIVEN))
    for row in told:
        if any(row[name] > _CLOSE and abs(row[name] - best[name]) >= _CLOSE for name in GIVEN):
            said = "; ".join(
                f"{each['shares_to_holder']:g} shares and {each['cash_to_holder']:g} yuan by {each['source']}"
                for each in (best, row)
            )
            raise DataRefused(
                "actions: two sources of one event disagree", where=where, got=said,
                expected="one statement of the event, or an action_id for each of two events",
            )  # fmt: skip
    return best


def _says(row: Row) -> tuple[float, ...]:
    return tuple(float(row[name]) for name in GIVEN)
