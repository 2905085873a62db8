"""One announcement is one row, whoever tells of it; the exchange's time replaces what a report or a date could say.

1. A row already stored under its own id keeps what people made of it (kind, review, entity, note) and a better time.
2. Other rows are matched to stored ones of the same symbol and the same title (letters and digits, without the firm's
   name) printed at most one session apart, nearest first, each once: rows of the report before those of a provider.
3. A matched row of the report becomes a new version of itself with the exchange's time and link; its title, kind and
   number stay. Commitments, facts and links that stood at the old time move with it.
4. Where that changes the first session at which a decision can know it, the row is named: entering one session earlier
   is worth more than most strategies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from screener.core.calendar import Calendar
from screener.core.config import DECISION_TIME
from screener.core.errors import CalendarGap
from screener.core.tables import TABLES
from screener.sources.titles import comparable
from screener.store.database import Store

Row = dict[str, Any]
REAL = "exchange_time"
_KEPT = ("kind", "entity", "report_row", "source_line", "review", "note", "title", "event_date")
_NEAR = timedelta(days=20)  # more than the longest closure: two printed days at most one session apart
_TIME = ("known_at", "known_at_basis", "evidence", "url")


@dataclass(frozen=True)
class Moved:
    """A row of the report that is now known in another session than before."""

    announcement_id: str
    symbol: str
    title: str
    known_before: datetime
    known_now: datetime
    session_before: date
    session_now: date


@dataclass(frozen=True)
class Matched:
    """Frames to ingest together, and the report's rows whose session moved."""

    frames: dict[str, pl.DataFrame]
    moved: tuple[Moved, ...]
    matched: int


def match(store: Store, incoming: pl.DataFrame, calendar: Calendar) -> Matched:
    """Rows from a provider against the stored ones, firm by firm."""
    if incoming.is_empty():
        return Matched({"announcements": incoming}, (), 0)
    told: dict[str, list[Row]] = {}
    for row in _near(store, incoming).to_dicts():
        told.setdefault(row["symbol"], []).append(row)
    stored = {row["announcement_id"]: row for rows in told.values() for row in rows}
    kept: list[Row] = []
    adopted: list[Row] = []
    for (symbol,), rows in incoming.group_by("symbol", maintain_order=True):
        same, taken_over = _of_one(told.get(symbol, []), rows.to_dicts(), calendar)
        kept, adopted = kept + same, adopted + taken_over
    times = {
        row["announcement_id"]: (stored[row["announcement_id"]]["known_at"], row["known_at"])
        for row in adopted
        if row["known_at"] != stored[row["announcement_id"]]["known_at"]
    }
    frames = {"announcements": _frame("announcements", [*kept, *adopted]), **_followers(store, times)}
    moved = tuple(_moved(stored[name], now, calendar) for name, (_, now) in times.items())
    return Matched(frames, tuple(one for one in moved if one), len(adopted))


def _near(store: Store, incoming: pl.DataFrame) -> pl.DataFrame:
    """Stored rows of the same firms: under the same ids, and of days on which the same announcement may be printed."""
    first, last = incoming["event_date"].min(), incoming["event_date"].max()
    symbols, ids = incoming["symbol"].unique().to_list(), set(incoming["announcement_id"])
    sql = (
        "SELECT DISTINCT announcement_id FROM announcements WHERE symbol IN (SELECT unnest($symbols::VARCHAR[])) "
        "AND event_date BETWEEN $first::DATE - $near AND $last::DATE + $near"
    )
    asked = {"symbols": symbols, "first": first, "last": last, "near": _NEAR.days}
    ids |= {name for (name,) in store.connection.execute(sql, asked).fetchall()}
    return store.latest_where("announcements", "announcement_id", ids).filter(pl.col("symbol").is_in(symbols))


def _of_one(told: Sequence[Row], rows: Sequence[Row], calendar: Calendar) -> tuple[list[Row], list[Row]]:
    """Rows of one firm that stand for themselves, and stored rows that take over what a row tells of them."""
    stored = {row["announcement_id"]: row for row in told}
    known = [_kept(row, stored[row["announcement_id"]]) for row in rows if row["announcement_id"] in stored]
    fresh = [row for row in rows if row["announcement_id"] not in stored]
    taken = {row["announcement_id"] for row in known}
    open_rows = [row for row in stored.values() if row["announcement_id"] not in taken]
    pairs = paired(fresh, open_rows, calendar)
    adopted = [_adopted(stored[pairs[row["announcement_id"]]], row) for row in fresh if row["announcement_id"] in pairs]
    return [*known, *(row for row in fresh if row["announcement_id"] not in pairs)], adopted


def paired(fresh: Sequence[Row], stored: Sequence[Row], calendar: Calendar) -> dict[str, str]:
    """Id of a fresh row → id of the stored row it tells of; each stored row once, nearest first."""
    distances = sorted(
        (not one["report_row"], gap, one["announcement_id"], row["announcement_id"])
        for row in fresh
        for one in stored
        if comparable(one["title"]) == comparable(row["title"])
        and (gap := sessions_apart(one["event_date"], row["event_date"], calendar)) <= 1
    )
    found: dict[str, str] = {}
    for _, _, old, new in distances:
        if new not in found and old not in found.values():
            found[new] = old
    return found


def sessions_apart(first: date, second: date, calendar: Calendar) -> int:
    """Sessions between two days; a day without a session counts as the next one. Many outside the calendar."""
    try:
        low, high = sorted((calendar.on_or_after(first), calendar.on_or_after(second)))
    except CalendarGap:
        return abs((first - second).days)
    return len(calendar.between(low, high)) - 1


def with_times(rows: pl.DataFrame, timed: pl.DataFrame, calendar: Calendar) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`rows` of one provider with the times of publication that another one has for the same announcements of a firm.

    Then the rows of `timed` that are of firms without any row.
    """
    having: dict[str, list[Row]] = {}
    for row in timed.to_dicts():
        having.setdefault(row["symbol"], []).append(row)
    filled: list[Row] = []
    for (symbol,), found in rows.group_by("symbol", maintain_order=True):
        filled += _timed(found.to_dicts(), having.get(symbol, ()), calendar)
    return _frame("announcements", filled), timed.join(rows, on="symbol", how="anti", maintain_order="left")


def _timed(rows: Sequence[Row], timed: Sequence[Row], calendar: Calendar) -> list[Row]:
    """Rows of one firm, in order."""
    lacking = [row for row in rows if row["known_at_basis"] != REAL]
    having = {row["announcement_id"]: row for row in timed if row["known_at_basis"] == REAL}
    pairs = paired(lacking, list(having.values()), calendar)
    return [
        {**row, **{name: having[pairs[row["announcement_id"]]][name] for name in _TIME[:3]}}
        if row["announcement_id"] in pairs
        else row
        for row in rows
    ]


def first_session(known_at: datetime, calendar: Calendar) -> date:
    """The first session whose decision (09:15) comes after `known_at`."""
    day = known_at.date() if known_at.time() < DECISION_TIME else known_at.date() + timedelta(days=1)
    return calendar.on_or_after(day)


def _kept(row: Row, stored: Row) -> Row:
    """A row that is stored under the same id: what people decided stays, and so does a real time."""
    better = row if row["known_at_basis"] == REAL or stored["known_at_basis"] != REAL else stored
    return {**row, **{name: stored[name] for name in _KEPT}, **{name: better[name] for name in _TIME}}


def _adopted(stored: Row, row: Row) -> Row:
    """The stored row with the time (where it is a real one) and the link of `row`."""
    if row["known_at_basis"] != REAL:
        return {**stored, "url": stored["url"] or row["url"]}
    return {**stored, **{name: row[name] for name in _TIME}}


def _frame(name: str, rows: Sequence[Row]) -> pl.DataFrame:
    schema = TABLES[name].schema
    return pl.DataFrame([{column: row[column] for column in schema} for row in rows], schema=schema)


def _moved(stored: Row, now: datetime, calendar: Calendar) -> Moved | None:
    before = stored["known_at"]
    try:
        old, new = first_session(before, calendar), first_session(now, calendar)
    except CalendarGap:
        return None
    if old == new:
        return None
    return Moved(stored["announcement_id"], stored["symbol"], stored["title"], before, now, old, new)


def _followers(store: Store, times: dict[str, tuple[datetime, datetime]]) -> dict[str, pl.DataFrame]:
    """Commitments, facts and links that stood at the old time of their announcement, at the new one."""
    if not times:
        return {}
    moving, facts = (
        [row for row in store.latest_where(name, "announcement_id", times).to_dicts() if _stands_at(row, times)]
        for name in ("commitments", "contract_facts")
    )
    shifted = {
        "commitments": [{**row, "known_at": times[row["announcement_id"]][1]} for row in moving],
        "contract_facts": [{**row, "known_at": times[row["announcement_id"]][1]} for row in facts],
        "links": _links(store, {row["commitment_id"]: times[row["announcement_id"]][1] for row in moving}),
    }
    return {name: _frame(name, rows) for name, rows in shifted.items() if rows}


def _links(store: Store, moving: dict[str, datetime]) -> list[Row]:
    """Links that stood at the later of their two commitments, at the later one now; `moving`: id → its new time."""
    found = pl.concat(store.latest_where("links", end, moving) for end in ("from_id", "to_id"))
    rows = found.unique(maintain_order=True).to_dicts()
    ends = {row[end] for row in rows for end in ("from_id", "to_id")}
    told = store.latest_where("commitments", "commitment_id", ends)
    old = dict(told.select("commitment_id", "known_at").iter_rows())
    new = old | moving
    return [
        {**row, "known_at": now}
        for row in rows
        if row["from_id"] in old
        and row["to_id"] in old
        and row["known_at"] == max(old[row["from_id"]], old[row["to_id"]])
        and (now := max(new[row["from_id"]], new[row["to_id"]])) != row["known_at"]
    ]


def _stands_at(row: Row, times: dict[str, tuple[datetime, datetime]]) -> bool:
    return row["announcement_id"] in times and row["known_at"] == times[row["announcement_id"]][0]
