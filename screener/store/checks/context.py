"""What needs the store: sessions, the present time, kinds, ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from screener.core.config import CLOSE_TIME
from screener.core.errors import DataRefused
from screener.core.known import is_domestic
from screener.core.table import Table
from screener.core.tables import TABLES
from screener.store.checks.refusal import refuse

DATED = ("bars", "sessions")  # tables whose days are checked against the calendar
_CALENDAR = "screener fetch --only calendar"
_FRIDAY, _LONGEST_CLOSURE = 5, 13  # the longest closure since 2005 took 11 days


@dataclass(frozen=True)
class Context:
    """What the store knows while a file is checked."""

    now: datetime
    sessions: tuple[date, ...]  # sorted
    ids: Mapping[str, frozenset[str]]  # table → ids of its facts, those of the same load included


def refuse_context(table: Table, frame: pl.DataFrame, context: Context, *, where: str) -> None:
    """Raises DataRefused for days that were no session or are still to come, unknown kinds and unknown ids."""
    _refuse_future(table, frame, context, where)
    if table.name == "bars":
        _refuse_non_sessions(table, frame, context, where)
    if table.name == "sessions":
        _refuse_other_calendar(table, frame, context, where)
    for name, tables in table.refers.items():
        ids = frozenset().union(*(context.ids[other] for other in tables))
        unknown = frame[name].is_not_null() & ~frame[name].is_in(list(ids))
        refuse(table, frame, unknown, where, f"{name} unknown", (name,), _expected(tables, ids))


def _expected(tables: Sequence[str], ids: frozenset[str]) -> str:
    """The words of a vocabulary; of facts there are too many."""
    law = all(TABLES[name].law for name in tables)
    return " | ".join(sorted(ids)) if law else "an id of the store or of the same load"


def _refuse_future(table: Table, frame: pl.DataFrame, context: Context, where: str) -> None:
    name = table.day
    if not name:
        return
    today = context.now.date()
    future = frame[name] > today + timedelta(days=table.ahead)
    refuse(table, frame, future, where, f"{name} lies in the future", (name,), f"not after {today}")
    if context.now.time() >= CLOSE_TIME or table.name not in ("bars", "indices"):
        return
    domestic = pl.lit(True) if table.name == "bars" else is_domestic()
    unfinished = frame.select(domestic & (pl.col(name) == today))[:, 0]
    refuse(
        table, frame, unfinished, where, "the session is not over", (name,), f"rows before {today}, or load after 15:00"
    )


def _refuse_non_sessions(table: Table, frame: pl.DataFrame, context: Context, where: str) -> None:
    known = pl.Series(context.sessions, dtype=pl.Date)
    span = f"{context.sessions[0]} … {context.sessions[-1]}"
    outside = ~frame["session"].is_between(context.sessions[0], context.sessions[-1])
    refuse(table, frame, outside, where, f"session outside the known sessions {span}", ("session",), _CALENDAR)
    closed = ~frame["session"].is_in(known.implode())
    refuse(table, frame, closed, where, "the exchanges were closed that day", ("session",), "a session of the calendar")


def _refuse_other_calendar(table: Table, frame: pl.DataFrame, context: Context, where: str) -> None:
    """Where a calendar overlaps the known one, both must name the same sessions."""
    if not context.sessions or frame.is_empty():
        return
    known = pl.Series(context.sessions, dtype=pl.Date)
    weekend = frame["session"].dt.weekday() > _FRIDAY
    refuse(table, frame, weekend, where, "a session on a weekend", ("session",), "a weekday")
    every = pl.concat([known, frame["session"]]).unique().sort()
    hole = (every.diff().dt.total_days() > _LONGEST_CLOSURE).fill_null(False)
    if hole.any() and not known.is_empty():
        after, last = every.filter(hole).dt.to_string().to_list()[0], known.dt.to_string().max()
        raise DataRefused(
            f"{table.name}: a hole in the calendar", where=where, got=f"none in the days before {after}",
            expected=f"sessions at most {_LONGEST_CLOSURE} days apart, from {last!s} on",
        )  # fmt: skip
    extra = frame["session"].is_between(known.min(), known.max()) & ~frame["session"].is_in(known.implode())
    refuse(table, frame, extra, where, "not a session of the known calendar", ("session",), "the same sessions")
    inside = known.is_between(frame["session"].min(), frame["session"].max())
    missing = known.filter(inside & ~known.is_in(frame["session"].implode()))
    if missing.len():
        raise DataRefused(f"{table.name}: a known session is missing", where=where, expected=missing[0])
