"""Reads the documents of stored announcements and keeps what was read: documents once by hash, proposals beside.

1. Which: those named, or the unreviewed ones whose kind can bring, buy, or change signed work. Titles of purchases
   carry no compute word, so their bodies are read too. A document that was read is not read again.
2. The store is closed while a document is fetched (under the one HTTP policy) and read (in a process of its own).
3. A document lies in `<store>.documents/`, named by the SHA-256 of its bytes: the same file behind two links is one.
4. Each document is one transaction: its row, and its proposals. What could not be fetched or read says why.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from screener.core.errors import UsageError
from screener.core.tables import TABLES
from screener.core.writing import folder, written
from screener.reading import bounded
from screener.reading.documents import Unreadable
from screener.reading.proposals import Proposal
from screener.sources.classify import SourceFailure
from screener.sources.documents import document
from screener.sources.http import Wire
from screener.store.arrow import frame_of
from screener.store.database import Store
from screener.store.fetch.opening import opened

_TITLES_TO_READ = ("purchase", "lease", "project", "framework", "cooperation", "report")
_UNREVIEWED = """
    SELECT announcement_id, symbol, title, url, known_at FROM latest_announcements
    JOIN (SELECT kind, order_like, warning FROM latest_kinds) USING (kind)
    WHERE review = 'unreviewed' AND (order_like OR warning OR kind IN (SELECT unnest($kinds::VARCHAR[])))
"""
_DUE = f"""
    SELECT announcement_id, symbol, title, url FROM ({_UNREVIEWED})
    WHERE url IS NOT NULL
      AND announcement_id NOT IN (SELECT announcement_id FROM documents WHERE refused IS NULL)
    ORDER BY known_at DESC, announcement_id
"""  # noqa: S608 - words of ours
Report = Callable[[str, str], None]  # the announcement and what became of it


@dataclass(frozen=True)
class Due:
    """An announcement whose document is to be read."""

    announcement_id: str
    symbol: str
    title: str
    url: str


@dataclass(frozen=True)
class ReadOutcome:
    """What became of one document."""

    due: Due
    sha256: str | None
    reading: bounded.Reading | None
    refused: str
    size: int = 0


def due(store: Store, ids: Sequence[str]) -> list[Due]:
    """Announcements to be read: those named, else the unreviewed ones. Raises UsageError for an unknown one."""
    if not ids:
        rows = frame_of(store.connection.sql(_DUE, params={"kinds": list(_TITLES_TO_READ)})).to_dicts()
        return [Due(**row) for row in rows]
    found = store.latest_where("announcements", "announcement_id", ids)
    by_id = {row["announcement_id"]: row for row in found.iter_rows(named=True)}
    missing = [name for name in ids if name not in by_id]
    if missing:
        raise UsageError("no such announcement", got=missing[0], next_step="screener announcements (shows the ids)")
    without = [name for name in ids if not by_id[name]["url"]]
    if without:
        raise UsageError("this announcement has no link", got=without[0], next_step="screener read --file F")
    return [Due(*(by_id[name][key] for key in ("announcement_id", "symbol", "title", "url"))) for name in ids]


def unlinked(store: Store) -> int:
    """How many announcements would be read if they said where their document is."""
    asked = f"SELECT count(*) FROM ({_UNREVIEWED}) WHERE url IS NULL"  # noqa: S608 - words of ours
    ((count,),) = store.connection.sql(asked, params={"kinds": list(_TITLES_TO_READ)}).fetchall()
    return int(count)


def read_all(
    path: Path,
    ids: Sequence[str],
    wire: Wire,
    now: Callable[[], datetime],
    *,
    ocr: bool,
    limit: int | None,
    report: Report,
) -> list[ReadOutcome]:
    """Reads what is due. Raises UsageError; what fails for one document is told and leaves the others alone."""
    with opened(path, now()) as store:
        todo = due(store, ids)[:limit]
    outcomes = []
    with wire:
        for one in todo:
            outcome = read_one(path, one, wire, ocr=ocr)
            keep(path, outcome, now())
            told = outcome.refused or f"{len(outcome.reading.proposals) if outcome.reading else 0} proposals"
            report(one.announcement_id, told)
            outcomes.append(outcome)
    return outcomes


def read_one(path: Path, one: Due, wire: Wire, *, ocr: bool) -> ReadOutcome:
    """Fetches a document unless it is there, and reads it."""
    body, digest = None, None
    try:
        body = stored_body(path, one.announcement_id) or document(wire, one.url)
        digest = sha256(body).hexdigest()
        place(path, digest, body)
        reading = bounded.read(body, title=one.title, ocr=ocr)
        return ReadOutcome(one, digest, reading, "", len(body))
    except SourceFailure as failure:
        return ReadOutcome(one, None, None, str(failure))
    except Unreadable as error:
        return ReadOutcome(one, digest, None, str(error), len(body or b""))


def documents_dir(path: Path) -> Path:
    """Where the documents of a store lie."""
    return path.with_name(path.name + ".documents")


def place(path: Path, digest: str, body: bytes) -> Path:
    """Stores bytes under their hash, once."""
    target = documents_dir(path) / digest[:2] / digest
    if not target.is_file():
        folder(target.parent)
        written(target, lambda draft: draft.write_bytes(body), kind="document")
    return target


def stored_body(path: Path, announcement_id: str) -> bytes | None:
    """The stored document of an announcement; None where there is none, or where it is not what its name says."""
    with Store.open_read_only(path) as store:
        rows = store.connection.execute(
            "SELECT sha256 FROM documents WHERE announcement_id = ? AND sha256 IS NOT NULL", [announcement_id]
        ).fetchall()
    file = documents_dir(path) / rows[0][0][:2] / rows[0][0] if rows else None
    if file is None or not file.is_file():
        return None
    body = file.read_bytes()
    return body if sha256(body).hexdigest() == file.name else None


def keep(path: Path, outcome: ReadOutcome, now: datetime) -> None:
    """Writes what was read, in one transaction; proposals nobody has decided about are replaced by the new reading."""
    one, reading = outcome.due, outcome.reading
    row = {
        "announcement_id": one.announcement_id,
        "symbol": one.symbol,
        "url": one.url,
        "sha256": outcome.sha256,
        "format": reading.kind if reading else None,
        "bytes": outcome.size or None,
        "pages": len(reading.pages) if reading else None,
        "refused": outcome.refused or None,
        "notes": _notes(reading) or None,
        "read_at": now,
    }
    with opened(path, now) as store, store.transaction():
        run = store.connection.execute
        run("DELETE FROM documents WHERE announcement_id = ?", [one.announcement_id])
        insert(store, "documents", [row])
        if reading is None:
            return
        run(
            "DELETE FROM proposals WHERE announcement_id = ? "
            "AND proposal_id NOT IN (SELECT proposal_id FROM decisions)",
            [one.announcement_id],
        )
        insert(store, "proposals", list(_rows(store, outcome, now)))


def _notes(reading: bounded.Reading | None) -> str:
    if reading is None:
        return ""
    pages = {"without text": reading.scanned, "broken font map": reading.odd, "by OCR": reading.recognised}
    told = [f"pages {name}: {', '.join(map(str, numbers[:12]))}" for name, numbers in pages.items() if numbers]
    return "; ".join([*reading.notes, *told])


def _rows(store: Store, outcome: ReadOutcome, now: datetime) -> Iterator[dict[str, Any]]:
    one = outcome.due
    decided = {
        name
        for (name,) in store.connection.execute(
            "SELECT proposal_id FROM proposals WHERE announcement_id = ?", [one.announcement_id]
        ).fetchall()
    }
    number = 0
    for each in outcome.reading.proposals if outcome.reading else ():
        number += 1
        while f"{one.announcement_id}~{number}" in decided:
            number += 1
        named = replace(each, announcement_id=one.announcement_id)
        yield {
            "proposal_id": f"{one.announcement_id}~{number}",
            "announcement_id": one.announcement_id,
            "symbol": one.symbol,
            "kind": each.kind,
            "direction": each.direction,
            "is_compute": each.is_compute,
            "counterparty": each.counterparty,
            "amount_cny": yuan(each),
            "confidence": each.confidence,
            "reading": json.dumps(named.as_dict(), ensure_ascii=False),
            "sha256": outcome.sha256,
            "read_at": now,
        }


def yuan(proposal: Proposal) -> float | None:
    """The amount in yuan: stated so, or by the equivalent the document gives; None elsewhere."""
    return proposal.amount_high if proposal.currency == "CNY" else proposal.amount_cny


def insert(store: Store, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Appends rows to a table the store writes about itself."""
    names = TABLES[name].names
    marks = ", ".join("?" for _ in names)
    for row in rows:
        store.connection.execute(f"INSERT INTO {name} VALUES ({marks})", [row.get(key) for key in names])  # noqa: S608 - names of ours
