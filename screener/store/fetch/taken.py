"""What of a round's answer goes into the store, and which of its firms it leaves open; in doubt a firm stays open.

1. A bar is taken where the firm's last stored bar is the one of the session before, the quote compares with its close,
   no corporate action is stored for the day, and the figures are not those of that session once more.
2. Announcements of the market by day are taken as they are. A firm of which the second provider alone tells something
   stays open, unless an announcement of those days is stored. Of a list both providers have to tell of two firms or
   more, and of the same ones: else nobody knows that they looked at the whole list, and it is refused.
3. Of share capital nothing is taken: a firm whose last change is not the one that is stored stays open. A change that
   is stored under another day counts where the number of shares is the same to the lot.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from screener.core.calendar import Calendar
from screener.core.tables import TABLES
from screener.sources.answers import LISTED, Answer
from screener.sources.classify import Cause, SourceFailure
from screener.store.arrow import frame_of
from screener.store.database import Store
from screener.store.fetch.covered import named
from screener.store.fetch.matching import REAL, Moved, match
from screener.store.fetch.plan import TABLE_OF, Task
from screener.store.schema import newest

_CENT, _LOT, _SHARE_OF = 0.005, 100, 0.001
_PROVEN = 2  # firms of which both providers must tell
_MOST_OPEN = 0.5  # of the firms: more of them and the list does not tell what it is taken for
_FIGURES = ("open", "high", "low", "close", "volume", "amount")
_AROUND = timedelta(days=3)


@dataclass(frozen=True)
class Taken:
    """Frames to ingest, the subject of the round in the ledger, and what is told about it."""

    frames: dict[str, pl.DataFrame]
    subject: str
    notes: tuple[str, ...] = ()
    moved: tuple[Moved, ...] = ()
    matched: int = 0
    halted: frozenset[str] = frozenset()


def taken(store: Store, task: Task, answer: Answer, calendar: Calendar) -> Taken:
    """Raises SourceFailure where an answer settles hardly anything."""
    if task.dataset == "bars":
        return _bars(store, task, answer, calendar)
    if task.dataset == "announcements":
        return _announcements(store, task, answer, calendar)
    if task.dataset == "shares":
        return _shares(store, task, answer)
    table = TABLE_OF[task.dataset]
    return Taken({table: answer.frames.get(table, TABLES[table].empty())}, named(task.subject, task.firms, ()))


def _bars(store: Store, task: Task, answer: Answer, calendar: Calendar) -> Taken:
    session, told = task.last, answer.frames["bars"]
    before = _stored_bars(store, task.firms, calendar.before(session))
    acted = store.connection.execute("SELECT DISTINCT symbol FROM actions WHERE ex_date = ?", [session]).fetchall()
    both = told.join(before, on="symbol", how="inner", suffix="_before", maintain_order="left")
    again = pl.all_horizontal(pl.col(name) == pl.col(f"{name}_before") for name in _FIGURES)
    sound = both.filter(
        (pl.col("before") - pl.col("close_before")).abs() < _CENT,
        ~pl.col("symbol").is_in([symbol for (symbol,) in acted]),
        ~again,
    )
    left = sorted(set(task.firms) - set(sound["symbol"]))
    halted = frozenset(answer.frames["halted"]["symbol"])
    notes = (f"{task.label}: {len(left)} asked one by one, {len(halted)} of them did not trade",) if left else ()
    bars = TABLES["bars"].check(sound.select("symbol", "session", *_FIGURES, "source"))
    return Taken({"bars": bars}, named(task.subject, task.firms, ()), notes, halted=halted)


def _stored_bars(store: Store, firms: Sequence[str], session: date) -> pl.DataFrame:
    """Bars of a session of the firms whose last one it is."""
    of_firms = "symbol IN (SELECT unnest($firms::VARCHAR[]))"
    day = newest(TABLES["bars"], f"(SELECT * FROM bars WHERE session = $session AND {of_firms})")  # noqa: S608
    later = f"SELECT symbol FROM bars WHERE session > $session AND {of_firms}"  # noqa: S608 - names of ours
    sql = (
        f"SELECT symbol, {', '.join(_FIGURES)} FROM ({day}) "  # noqa: S608 - names of ours
        f"WHERE NOT coalesce(withdrawn, false) AND symbol NOT IN ({later})"
    )
    return frame_of(store.connection.sql(sql, params={"firms": list(firms), "session": session}))


def _announcements(store: Store, task: Task, answer: Answer, calendar: Calendar) -> Taken:
    told, lacking = answer.frames["announcements"], answer.lacking
    alone = sorted(lacking["symbol"].unique()) if lacking is not None else []
    if task.subject == LISTED:
        timed = told.filter(pl.col("known_at_basis") == REAL)["symbol"].n_unique()
        if lacking is None or alone or timed < _PROVEN:
            detail = (
                f"{told['symbol'].n_unique()} of {len(task.firms)} firms told, {timed} by both, {len(alone)} by one"
            )
            raise SourceFailure(Cause.REFUSED, answer.provider, detail)
    left = set(alone) - _told_of(store, alone, task.first - _AROUND, task.last + _AROUND)
    _refuse_hardly(task, answer, left)
    done = match(store, told, calendar)
    notes = (f"{task.label}: {len(left)} asked one by one, which one of two providers knows alone",) if left else ()
    return Taken(done.frames, named(task.subject, task.firms, left), notes, done.moved, done.matched)


def _told_of(store: Store, firms: Sequence[str], first: date, last: date) -> set[str]:
    """Firms with a stored announcement printed in a span."""
    sql = (
        "SELECT DISTINCT symbol FROM announcements WHERE event_date BETWEEN $first::DATE AND $last::DATE "
        "AND symbol IN (SELECT unnest($firms::VARCHAR[]))"
    )
    asked = {"first": first, "last": last, "firms": list(firms)}
    return {firm for (firm,) in store.connection.execute(sql, asked).fetchall()}


def _shares(store: Store, task: Task, answer: Answer) -> Taken:
    held = store.latest_where("shares", "symbol", task.firms)
    last = held.sort("effective_date").group_by("symbol").agg(pl.col("total_shares").last().alias("last"))
    same_day = held.select("symbol", "effective_date", pl.col("total_shares").alias("held"))
    told = answer.frames["shares"].join(same_day, on=["symbol", "effective_date"], how="left").join(last, on="symbol")
    near = (pl.col("total_shares") - pl.col("held")).abs() <= pl.col("held") * _SHARE_OF
    equal = (pl.col("total_shares") - pl.col("last")).abs() <= _LOT
    settled = set(told.filter(near.fill_null(False) | equal)["symbol"])
    left = set(task.firms) - settled
    _refuse_hardly(task, answer, left)
    notes = (f"{task.label}: {len(left)} asked one by one, whose last change is another",) if left else ()
    return Taken({"shares": TABLES["shares"].empty()}, named(task.subject, task.firms, left), notes)


def _refuse_hardly(task: Task, answer: Answer, left: Collection[str]) -> None:
    if len(left) > _MOST_OPEN * len(task.firms):
        detail = f"{len(left)} of {len(task.firms)} firms do not agree with what is stored"
        raise SourceFailure(Cause.REFUSED, answer.provider, detail)
