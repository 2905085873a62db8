"""Announcements of any provider as rows of our table: time, kind by title, unreviewed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl

from screener.core.tables import TABLES
from screener.sources.classify import Cause, SourceFailure
from screener.sources.titles import kind_of, plain_title

# A provider files old announcements late: a time of publication further from the printed date is one of those.
_EARLIEST = timedelta(days=12)  # the evening before the longest closure (printed date: first day after it)


def unique_rows(rows: Iterable[dict[str, Any]], key: str, provider: str) -> list[dict[str, Any]]:
    """Rows once by `key`, in order: both providers send the first page twice. Raises SourceFailure without the key."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if key not in row:
            raise SourceFailure(Cause.SHAPE_CHANGED, provider, f"no {key} in an announcement")
        found.setdefault(str(row[key]), row)
    return list(found.values())


def announcement_frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows of `announcements`. `time` is the publication; None, midnight or an implausible one: the date only."""
    return TABLES["announcements"].check(
        pl.DataFrame([_row(row) for row in rows], schema=_SCHEMA) if rows else TABLES["announcements"].empty()
    )


_SCHEMA = TABLES["announcements"].schema


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    title = plain_title(row["title"])
    real = plausible(row.get("time"), row["event_date"])
    return {
        **dict.fromkeys(_SCHEMA),
        **{name: row[name] for name in ("announcement_id", "symbol", "event_date", "url", "source")},
        "title": title,
        "kind": kind_of(title),
        "known_at": real,
        "known_at_basis": "exchange_time" if real else "date_only",
        "evidence": row.get("evidence") if real else None,
        "review": "unreviewed",
    }


def plausible(published: datetime | None, printed: date) -> datetime | None:
    """The time of publication where it says more than the printed date and does not contradict it, else None."""
    if published is None or published.time() == time(0):
        return None
    inside = printed - _EARLIEST <= published.date() <= printed
    return published.replace(microsecond=0) if inside else None
