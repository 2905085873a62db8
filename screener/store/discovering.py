"""Searches the whole market's announcements by keyword and keeps what may be an order, a purchase, or the end of one.

1. A piece is a keyword and a calendar month. `runs` is the ledger: a month is asked again until it is a week over; the
   running one after half an hour. So a search can be stopped and run again, and costs what is new.
2. Kept are titles that can bring or take signed work, buy equipment, or speak of compute; of any listed firm,
   unreviewed. A title the store holds already under another id is matched (`fetch.matching`), not doubled.
3. A firm enters the universe `theme` by a reviewed commitment alone: from the day its announcement was known, never
   earlier. Here it is only proposed: firms with what was found, by first hit.
4. Titles alone are searched. How far they reach is told by the firms of the store's list: who of them has an
   announcement in the store whose title holds a keyword, and since when; the others no search by title can find.
5. What a provider cannot give whole is told and asked again next time; nothing of it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from screener.core.calendar import Calendar
from screener.core.days import not_come
from screener.core.errors import SourceDown, UsageError
from screener.sources.akshare_market import Found, Query, searched
from screener.sources.classify import Cause, SourceFailure
from screener.sources.http import Wire
from screener.store.database import Store
from screener.store.fetch.matching import match
from screener.store.fetch.opening import opened
from screener.store.fetch.plan import SEPARATOR
from screener.store.fetch.run import fetch_lock
from screener.store.ingest import ingest_all
from screener.store.parts import Part

_AGAIN = timedelta(minutes=30)
_LATE = timedelta(days=7)
_BUYING = ("purchase", "lease", "project", "framework", "cooperation")
_COMPUTE = r"(?i)算力|智算|GPU|超算|AIDC|数据中心|IDC|云服务|服务器"
Report = Callable[[str, str], None]


@dataclass(frozen=True)
class Piece:
    """A keyword over a month, up to today."""

    keyword: str
    first: date
    last: date

    @property
    def label(self) -> str:
        """`算力 2026-06-01…2026-06-30`."""
        return f"{self.keyword} {self.first}…{self.last}"


@dataclass
class Discovered:
    """What a search brought: per piece, per firm, and what failed."""

    pieces: list[dict[str, Any]] = field(default_factory=list)
    firms: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    by_title: list[dict[str, Any]] = field(default_factory=list)  # firms of the store's list
    up_to_date: int = 0
    unreachable: bool = False

    def raise_for_failures(self) -> None:
        """Raises SourceDown where something could not be asked whole."""
        if self.failures:
            raise SourceDown(
                f"{len(self.failures)} of {len(self.pieces) + len(self.failures)} searches failed",
                got=self.failures[0],
                next_step="screener discover again: what was found is stored",
            )


def keywords_of(store: Store, asked: Sequence[str]) -> dict[str, date]:
    """Keyword → first day it is searched from; `asked` narrows the dated table or adds to it. Raises UsageError."""
    table = dict(store.latest("keywords").select("keyword", "start").iter_rows())
    empty = [word for word in asked if not word.strip()]
    if empty:
        raise UsageError("an empty keyword", expected="--keywords 算力,智算")
    return {word: table.get(word, min(table.values())) for word in asked} if asked else table


def pieces(words: dict[str, date], since: date | None, today: date) -> Iterator[Piece]:
    """Months from the newest back, each keyword in turn: what is new comes first."""
    first = min(words.values()) if since is None else since
    tomorrow = today + timedelta(days=1)  # tonight's announcements carry its date
    month = tomorrow.replace(day=1)
    while month >= first.replace(day=1):
        following = (month + timedelta(days=32)).replace(day=1)
        for word, start in words.items():
            begin = max(month, first, start)
            end = min(following - timedelta(days=1), tomorrow)
            if begin <= end:
                yield Piece(word, begin, end)
        month = (month - timedelta(days=1)).replace(day=1)


def discover(
    path: Path,
    wire: Wire,
    now: Callable[[], datetime],
    *,
    since: date | None,
    keywords: Sequence[str],
    report: Report,
) -> Discovered:
    """Searches what is due and stores it. Raises StoreError where a fetch runs, UsageError."""
    if since is not None and since > now().date():
        raise not_come(since)
    done = Discovered()
    with fetch_lock(path), wire:
        with opened(path, now()) as store:
            words = keywords_of(store, keywords)
            asked = _asked(store)
            calendar = Calendar(store.latest("sessions")["session"])
        for piece in pieces(words, since, now().date()):
            if _is_done(piece, asked, now()):
                done.up_to_date += 1
                continue
            if not _piece(path, piece, wire, now(), calendar, done):
                break
            last = done.pieces[-1] if done.pieces else {}
            report(piece.label, f"{last.get('kept', 0)} kept" if last.get("piece") == piece.label else "failed")
    with opened(path, now()) as store:
        done.firms = firms(store)
        done.by_title = by_title(store, words)
    return done


def _asked(store: Store) -> dict[str, list[tuple[date, date, datetime]]]:
    """Keyword → (first, last, when) of searches that were stored."""
    rows = store.connection.execute("SELECT origin, finished_at FROM runs WHERE command = 'discover'").fetchall()
    found: dict[str, list[tuple[date, date, datetime]]] = {}
    for origin, finished in rows:
        _, word, span, *_ = origin.split(SEPARATOR)
        first, _, last = span.partition("…")
        found.setdefault(word, []).append((date.fromisoformat(first), date.fromisoformat(last), finished))
    return found


def _is_done(piece: Piece, asked: dict[str, list[tuple[date, date, datetime]]], now: datetime) -> bool:
    for first, last, finished in asked.get(piece.keyword, ()):
        if first > piece.first or last < min(piece.last, finished.date()):
            continue
        if now - finished < _AGAIN or finished.date() > piece.last + _LATE:
            return True
    return False


def _piece(path: Path, piece: Piece, wire: Wire, now: datetime, calendar: Calendar, done: Discovered) -> bool:
    """One search, stored or told; False where nobody can be asked any more."""
    try:
        found = searched(Query(piece.keyword, piece.first, piece.last), wire)
    except SourceFailure as failure:
        done.failures.append(f"{piece.label}: {failure}")
        return failure.cause not in (Cause.UNREACHABLE, Cause.BLOCKED)
    with opened(path, now) as store:
        done.pieces.append(_store(store, piece, found, now, calendar))
    return True


def _store(store: Store, piece: Piece, found: Found, now: datetime, calendar: Calendar) -> dict[str, Any]:
    kept = wanted(store, found.frame)
    origin = SEPARATOR.join(("cninfo", piece.keyword, f"{piece.first}…{piece.last}", f"#{found.digest}"))
    parts, moved = [], 0
    for _, rows in kept.group_by("symbol", maintain_order=True):
        done = match(store, rows, calendar)
        parts += [Part(name, frame, origin) for name, frame in done.frames.items()]
        moved += done.matched
    parts = parts or [Part("announcements", kept, origin)]
    reports = ingest_all(store, parts, now=now, command="discover")
    new = sum(one.new for one in reports if one.dataset == "announcements")
    counts = {"queries": found.queries, "rows": found.frame.height, "kept": kept.height, "new": new, "matched": moved}
    return {"piece": piece.label, "keyword": piece.keyword, "first": piece.first, "last": piece.last, **counts}


def wanted(store: Store, frame: pl.DataFrame) -> pl.DataFrame:
    """Announcements whose titles can matter: order-like, a purchase, a warning beside compute, or compute by name."""
    kinds = store.latest("kinds")
    orders = kinds.filter(pl.col("order_like"))["kind"].to_list()
    ends = kinds.filter(pl.col("warning"))["kind"].to_list()
    compute = pl.col("title").str.contains(_COMPUTE)
    rules = pl.col("title").str.contains("制度|办法|细则")
    contract = pl.col("title").str.contains("合同|协议|订单|项目|采购")
    matters = pl.col("kind").is_in([*orders, *_BUYING]) | compute | (pl.col("kind").is_in(ends) & contract)
    return frame.filter(matters & ~rules)


def firms(store: Store) -> list[dict[str, Any]]:
    """Firms outside the store's list with unreviewed finds: what a person may want to look at, newest first."""
    sql = """
        SELECT symbol, max(note) AS firm, count(*) AS announcements, min(known_at) AS first_known,
               arg_max(title, known_at) AS last_title
        FROM latest_announcements WHERE symbol NOT IN (SELECT symbol FROM latest_firms)
          AND symbol NOT IN (SELECT symbol FROM latest_commitments WHERE is_compute) AND review = 'unreviewed'
        GROUP BY symbol ORDER BY max(known_at) DESC, symbol
    """
    names = ("symbol", "firm", "announcements", "first_known", "last_title")
    return [dict(zip(names, row, strict=True)) for row in store.connection.execute(sql).fetchall()]


def by_title(store: Store, words: dict[str, date]) -> list[dict[str, Any]]:
    """Firms of the store's list: announcements, those whose titles hold a keyword from its first day on, the first day.

    `first_hit` is None where no title does: no search by these keywords finds the firm.
    """
    sql = """
        WITH hits AS (SELECT DISTINCT announcement_id FROM latest_announcements
                      JOIN (SELECT unnest($words) AS word, unnest($starts) AS start)
                        ON contains(lower(title), lower(word)) AND event_date >= start)
        SELECT symbol, f.name, count(a.announcement_id), count(h.announcement_id),
               min(a.event_date) FILTER (WHERE h.announcement_id IS NOT NULL) AS first
        FROM latest_firms f LEFT JOIN latest_announcements a USING (symbol) LEFT JOIN hits h USING (announcement_id)
        GROUP BY ALL ORDER BY first NULLS LAST, symbol
    """
    names = ("symbol", "firm", "announcements", "hits", "first_hit")
    told = {"words": list(words), "starts": list(words.values())}
    return [dict(zip(names, row, strict=True)) for row in store.connection.execute(sql, told).fetchall()]
