"""Turns an announcement somebody has read into a commitment or a contract fact: checked, versioned, linked.

1. The announcement becomes a new version of itself: reviewed, with the kind the reader gives it.
2. A commitment is named `<announcement>-<number>`; a number already used is a new version of that commitment. It is
   known when its announcement was: the market could read it then. What says the same as one that is there is that one,
   so that the same call twice, or again after a kill, changes nothing.
3. A fact (termination, delay, acceptance …) belongs to a commitment; a link says how this commitment hangs together
   with an earlier one.
4. All of it is one load: either everything passes the checks of the store, or nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from screener.core.errors import UsageError
from screener.core.money import amounts
from screener.core.tables import TABLES
from screener.store.database import Store
from screener.store.ingest import ingest_all
from screener.store.listing import kind_of
from screener.store.parts import LoadReport, Part
from screener.store.withdrawing import withdraw

SOURCE = "recorded by hand"
_SAYS = ("kind", "amount_low", "amount_high", "amount_basis", "term_months", "counterparty", "is_compute", "direction")


@dataclass(frozen=True)
class Entry:
    """What a reader says an announcement contains. Amounts as text (`3.03亿`, `2亿-3亿`); None: not disclosed."""

    kind: str
    amount: str | None = None
    term_months: int | None = None
    basis: str | None = None  # exact | ceiling | estimate; a range shows in the amount
    direction: str | None = None
    work: str | None = None
    is_compute: bool = True
    tax: str = "unknown"
    counterparty: str | None = None
    stake: float | None = None
    number: int | None = None
    links: tuple[tuple[str, str], ...] = ()  # (kind, commitment or announcement)
    note: str | None = None


@dataclass(frozen=True)
class Fact:
    """What an announcement says became of a commitment."""

    kind: str
    commitment_id: str
    effective_date: date | None = None
    amount: str | None = None
    note: str | None = None


def record(store: Store, announcement_id: str, entry: Entry, *, now: datetime | None = None) -> list[LoadReport]:
    """Writes the commitment of an entry. Raises UsageError for an unknown announcement or amount, LoadRefused."""
    kind_of(store, entry.kind)
    announcement = announcement_of(store, announcement_id)
    there = store.latest("commitments").filter(pl.col("announcement_id") == announcement_id)
    low, high, basis = amounts(entry.amount, entry.basis)
    row = {
        "commitment_id": None,
        "announcement_id": announcement_id,
        "symbol": announcement["symbol"],
        "kind": entry.kind,
        "work": entry.work,
        "is_compute": entry.is_compute,
        "direction": entry.direction or _direction(store, entry.kind),
        "amount_low": low,
        "amount_high": high,
        "amount_basis": basis,
        "printed_amount": entry.amount,
        "tax": entry.tax,
        "currency": "CNY",
        "term_months": entry.term_months,
        "counterparty": entry.counterparty,
        "counterparty_named": bool(entry.counterparty),
        "stake": entry.stake,
        "source": SOURCE,
        "note": entry.note,
    }
    row["commitment_id"] = _name_of(announcement_id, entry.number, row, there)
    parts = [reviewed(announcement, entry.kind), part_of("commitments", row)]
    parts += [_link(row["commitment_id"], kind, other) for kind, other in entry.links]
    return ingest_all(store, parts, now=now, command="record")


def record_fact(store: Store, announcement_id: str, fact: Fact, *, now: datetime | None = None) -> list[LoadReport]:
    """Writes a contract fact, by default effective on the printed date. Raises UsageError, LoadRefused."""
    announcement = announcement_of(store, announcement_id)
    amount = amounts(fact.amount, None)[1]
    row = {
        "fact_id": f"{fact.commitment_id}:{announcement_id}",
        "commitment_id": fact.commitment_id,
        "symbol": announcement["symbol"],
        "kind": fact.kind,
        "effective_date": fact.effective_date or announcement["event_date"],
        "amount": amount,
        "announcement_id": announcement_id,
        "source": SOURCE,
        "note": fact.note,
    }
    parts = [reviewed(announcement, announcement["kind"]), part_of("contract_facts", row)]
    return ingest_all(store, parts, now=now, command="record")


def dismiss(
    store: Store, announcement_id: str, *, kind: str | None = None, now: datetime | None = None
) -> list[LoadReport]:
    """Marks an announcement as read: there is nothing in it. What was recorded from it by hand is taken back."""
    announcement = announcement_of(store, announcement_id)
    chosen = kind_of(store, kind) if kind else announcement["kind"]
    with store.transaction():
        reports = ingest_all(store, [reviewed(announcement, chosen)], now=now, command="record")
        for name in ("contract_facts", "commitments"):
            rows = store.latest(name).filter(pl.col("announcement_id") == announcement_id, pl.col("source") == SOURCE)
            for key in rows[TABLES[name].key[0]]:
                withdraw(store, name, [key], f"nothing in {announcement_id}", now=now)
            reports.append(LoadReport(name, SOURCE, revised=rows.height))
    return [report for report in reports if report.revised or report.dataset == "announcements"]


def announcement_of(store: Store, announcement_id: str) -> dict[str, Any]:
    """The newest version of an announcement. Raises UsageError."""
    found = store.latest("announcements").filter(pl.col("announcement_id") == announcement_id)
    if found.is_empty():
        raise UsageError(
            "no such announcement", got=announcement_id, next_step="screener announcements --unreviewed (shows the ids)"
        )
    return found.row(0, named=True)


def _direction(store: Store, kind: str) -> str:
    """Where the money of a kind goes, by the table of kinds."""
    found = store.latest("kinds").filter(pl.col("kind") == kind)
    return str(found["direction"][0]) if found.height else "unclear"


def _name_of(announcement_id: str, number: int | None, row: dict[str, Any], there: pl.DataFrame) -> str:
    """The commitment that is corrected, or says the same already, or a new one."""
    if number is not None:
        return f"{announcement_id}-{number}"
    for old in there.iter_rows(named=True):
        if all(old[name] == row[name] for name in _SAYS):
            return str(old["commitment_id"])
    return f"{announcement_id}-{_free_number(announcement_id, there['commitment_id'].to_list())}"


def _free_number(announcement_id: str, taken: Sequence[str]) -> int:
    number = 1
    while f"{announcement_id}-{number}" in taken:
        number += 1
    return number


def reviewed(announcement: dict[str, Any], kind: str) -> Part:
    return part_of("announcements", {**announcement, "kind": kind, "review": "reviewed"})


def _link(commitment_id: object, kind: str, other: str) -> Part:
    link = {"from_id": commitment_id, "to_id": other, "kind": kind, "state": "asserted", "source": SOURCE}
    return part_of("links", link)


def part_of(name: str, row: dict[str, Any]) -> Part:
    schema = TABLES[name].schema
    return Part(name, pl.DataFrame([{column: row.get(column) for column in schema}], schema=schema), SOURCE)
