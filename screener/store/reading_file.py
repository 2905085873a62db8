"""What reading documents brought, as an answer: proposals as rows, what they stand on, what could not be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from screener.core.answer import Rows
from screener.core.errors import DataRefused
from screener.core.resources import install_step
from screener.core.stands_on import StandsOn
from screener.reading import bounded
from screener.reading.documents import MAX_BYTES, Unreadable
from screener.reading.ocr import installed
from screener.reading.proposals import Proposal
from screener.store.database import Store
from screener.store.proposing import ReadOutcome, stored_body, unlinked
from screener.store.standing import standing

_NEXT = {
    "encrypted": "save it without a password, then again",
    "damaged": "fetch it again",
    "no text": "screener read --ocr (needs the extra `ocr`)",
    "too large": "cut out the pages in question",
    "too slow": "cut out the pages in question",
    "not a document": "name a PDF, a web page or a text",
}


def proposals_of(file: Path, *, ocr: bool) -> Rows:
    """Proposals out of a file. Raises DataRefused with the cause."""
    if not file.is_file():
        raise DataRefused("no such file", where=str(file))
    if file.stat().st_size > MAX_BYTES:
        raise DataRefused(
            "too large to read", where=str(file), got=f"{file.stat().st_size:,} bytes", expected=MAX_BYTES
        )
    need_ocr(ocr)
    try:
        reading = bounded.read(file.read_bytes(), ocr=ocr)
    except Unreadable as error:
        raise DataRefused(
            f"cannot be read: {error.cause}", where=str(file), got=error.detail, next_step=_NEXT.get(error.cause, "")
        ) from None
    said = StandsOn(
        source=f"document {file.name}",
        synthetic=False,
        first_session=None,
        price_session=None,
        as_of=None,
        rules={"pages": len(reading.pages), "format": reading.kind},
        notes=tuple(notes_of(reading)),
    )
    return rows_of(reading.proposals, said)


def pages_of(path: Path, announcement_id: str) -> tuple[str, ...]:
    """The text of the pages of a stored document, with OCR where it was read so. Raises DataRefused."""
    body = stored_body(path, announcement_id)
    if body is None:
        raise DataRefused("no document is stored", where=announcement_id, next_step=f"screener read {announcement_id}")
    with Store.open_read_only(path) as store:
        notes = store.connection.execute(
            "SELECT coalesce(notes, '') FROM documents WHERE announcement_id = ?", [announcement_id]
        ).fetchall()
    try:
        return bounded.read(body, ocr="by OCR" in notes[0][0]).pages
    except Unreadable as error:
        raise DataRefused(f"cannot be read: {error.cause}", where=announcement_id, got=error.detail) from None


def need_ocr(asked: bool) -> None:
    """Raises DataRefused where OCR is asked for and not installed."""
    if asked and not installed():
        raise DataRefused("OCR is not installed", next_step=install_step("ocr"))


def told_of(store: Store, outcomes: Sequence[ReadOutcome], *, every: bool) -> Rows:
    """Proposals out of stored announcements' documents; what could not be read stands in the notes.

    `every`: all that nobody has read yet was asked for, so that those without a document are told too.
    """
    found = [
        replace(each, announcement_id=one.due.announcement_id)
        for one in outcomes
        if one.reading
        for each in one.reading.proposals
    ]
    refused = [f"{one.due.announcement_id}: {one.refused}" for one in outcomes if one.refused]
    said = standing(store, rules={"documents": len(outcomes), "refused": len(refused), "store": store.path.name})
    noted = [f"{one.due.announcement_id}: {note}" for one in outcomes if one.reading for note in notes_of(one.reading)]
    count = unlinked(store) if every else 0
    left = f"{count:,} unreviewed announcements without a link: screener announcements record ID, by hand"
    return rows_of(found, replace(said, notes=(*said.notes, *refused, *noted, *([left] if count else []))))


def rows_of(proposals: Iterable[Proposal], said: StandsOn) -> Rows:
    """Proposals as rows of an answer, their evidence as a table of its own beside."""
    rows: list[dict[str, Any]] = [one.as_dict() for one in proposals]
    evidence = [
        {"announcement_id": row["announcement_id"], "proposal": number, **one}
        for number, row in enumerate(rows, 1)
        for one in row["evidence"]
    ]
    return Rows("proposals", rows, said, {"evidence": evidence})


def notes_of(reading: bounded.Reading) -> Iterable[str]:
    """What a reader must know before the first figure."""
    yield from reading.notes
    if reading.scanned:
        told = ", ".join(map(str, reading.scanned[:12]))
        yield f"pages without text, not read: {told} (--ocr reads them; their amounts always need a person)"
    if reading.odd:
        yield f"pages with a broken font map, not reliable: {', '.join(map(str, reading.odd[:12]))}"
    if reading.recognised:
        yield f"pages read by OCR: {', '.join(map(str, reading.recognised[:12]))}: compare every figure with the page"
