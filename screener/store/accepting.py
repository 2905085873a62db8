"""Proposals as rows: what a person accepted becomes a commitment, a contract fact, a link, a firm's name.

A value is the reading's unless the person has edited it. An amount without a rate of exchange, one per year, and an
event of no named commitment are refused until they are edited: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from screener.core.errors import UsageError
from screener.core.money import amounts
from screener.core.symbols import board_of
from screener.core.tables import TABLES
from screener.reading.proposals import BY_OCR, Proposal
from screener.store.database import Store
from screener.store.listing import kind_of
from screener.store.parts import Part
from screener.store.proposing import yuan
from screener.store.recording import part_of
from screener.store.suspecting import Suspect

SOURCE = "reviewed reading"
EDITABLE = (
    "kind",
    "amount",
    "basis",
    "term",
    "counterparty",
    "direction",
    "compute",
    "tax",
    "work",
    "entity",
    "stake",
    "signed",
    "of",
)


# Edits that are a word of a closed list, and its column.
_LISTED = {"direction": "direction", "tax": "tax", "work": "work", "basis": "amount_basis"}


@dataclass(frozen=True)
class Waiting:
    """A proposal that waits, with what a person needs to decide."""

    proposal_id: str
    symbol: str
    title: str
    known_at: datetime
    url: str | None
    market_cap_cny: float | None
    amount_to_cap: float | None
    sha256: str
    proposal: Proposal
    suspects: tuple[Suspect, ...] = ()


def check_edits(store: Store, edits: Mapping[str, str]) -> None:
    """Raises UsageError for a name that is none, a word that its list does not have, a commitment nobody knows."""
    unknown = [name for name in edits if name not in EDITABLE]
    if unknown:
        raise UsageError("nothing to edit by that name", got=unknown[0], expected=" | ".join(EDITABLE))
    for name, column in _LISTED.items():
        words = TABLES["commitments"].column(column).words
        if edits.get(name) and edits[name] not in words:
            raise UsageError(f"{name} is none of its words", got=edits[name], expected=" | ".join(words))
    of = edits.get("of")
    if of and of not in store.latest("commitments")["commitment_id"].to_list():
        raise UsageError("no such commitment", got=of, next_step="screener explain SYMBOL (shows their ids)")


def commitment(
    store: Store, waiting: Waiting, announcement: Mapping[str, Any], edits: Mapping[str, str], note: str
) -> dict[str, Any]:
    """The row of a commitment: the reading with the edits over it."""
    read, number = waiting.proposal, waiting.proposal_id.rpartition("~")[2]
    kind = kind_of(store, edits.get("kind", read.kind))
    low, high, basis = _amount(read, edits)
    foreign = read.amount_high if read.currency not in (None, "CNY") and "amount" not in edits else None
    name = edits.get("counterparty", read.counterparty_masked or read.counterparty) or None
    named = bool(name) and (read.counterparty_masked is None or "counterparty" in edits)
    return {
        "commitment_id": f"{announcement['announcement_id']}-{number}",
        "announcement_id": announcement["announcement_id"],
        "symbol": announcement["symbol"],
        "kind": kind,
        "work": edits.get("work", work_of(read)),
        "is_compute": _flag(edits["compute"]) if "compute" in edits else read.is_compute,
        "direction": edits.get("direction", read.direction),
        "amount_low": low,
        "amount_high": high,
        "amount_basis": basis,
        "printed_amount": _shown(read, "amount_high"),
        "printed_column": "text" if read.amount_high is not None else None,
        "tax": edits.get("tax", read.tax) or "unknown",
        "currency": read.currency if foreign is not None else "CNY",
        "foreign_amount": foreign,
        "compute_amount": read.compute_amount,
        "compute_unit": read.compute_unit,
        "term_months": _months(edits["term"]) if "term" in edits else read.term_months,
        "term_basis": "text" if read.term_months else None,
        "counterparty": name,
        "counterparty_named": named,
        "entity": edits.get("entity", read.entity) or None,
        "stake": _fraction(edits["stake"]) if "stake" in edits else read.stake,
        "signed_date": _day(edits.get("signed", read.signed_on)),
        "confidence": _class(kind, basis, named),
        "source": SOURCE,
        "note": note,
    }


def _amount(read: Proposal, edits: Mapping[str, str]) -> tuple[float | None, float | None, str]:
    """(low, high, basis) in yuan."""
    basis = edits.get("basis", read.basis)
    if "amount" in edits:
        told = edits["amount"] or None
        return amounts(told, None if told is None or basis in ("per_year", None) else basis)
    if read.amount_high is None:
        return None, None, "undisclosed"
    if any(why.startswith(BY_OCR) for why in read.review):
        raise UsageError("an amount read by OCR", got=read.amount_high, expected="--set amount=… as the page shows it")
    value = yuan(read)
    if value is None:
        raise UsageError(
            f"an amount in {read.currency} without its equivalent",
            got=read.amount_high,
            expected="--set amount=3.03亿 in yuan",
        )
    if basis == "per_year":
        raise UsageError(
            "an amount per year is not the amount of the contract", got=value, expected="--set amount=… of all years"
        )
    if read.currency == "CNY" and read.amount_low is not None and read.amount_low < value:
        return read.amount_low, value, "range"
    return (None, value, "ceiling") if basis == "ceiling" else (value, value, basis or "exact")


def fact(waiting: Waiting, announcement: Mapping[str, Any], edits: Mapping[str, str], note: str) -> dict[str, Any]:
    """The row of a contract fact; which commitment it belongs to is a person's word, or the only suspicion there is."""
    read = waiting.proposal
    strong = [one for one in waiting.suspects if one.weight >= waiting.suspects[0].weight]
    of = edits.get("of") or (strong[0].commitment_id if len(strong) == 1 else None)
    if of is None:
        told = ", ".join(one.commitment_id for one in waiting.suspects[:5]) or "screener explain shows the commitments"
        raise UsageError(f"a {read.kind} of which commitment?", expected=f"--set of=COMMITMENT ({told})")
    why = next(("; ".join(one.reasons) for one in waiting.suspects if one.commitment_id == of), "said by the reviewer")
    return {
        "fact_id": f"{of}:{announcement['announcement_id']}:{read.kind}",
        "commitment_id": of,
        "symbol": announcement["symbol"],
        "kind": read.kind,
        "effective_date": _day(edits.get("signed", read.signed_on)) or announcement["event_date"],
        "amount": amounts(edits["amount"], None)[1] if "amount" in edits else yuan(read),
        "announcement_id": announcement["announcement_id"],
        "source": SOURCE,
        "note": f"{note}; of {of}: {why}",
    }


def firm(store: Store, announcement: Mapping[str, Any]) -> list[Part]:
    """The firm of a discovered announcement, known by name since that was; without a theme: nobody has named it so."""
    symbol = announcement["symbol"]
    if symbol in store.latest("firms")["symbol"].to_list() or not announcement["note"]:
        return []
    row = {
        "symbol": symbol,
        "name": announcement["note"],
        "board": str(board_of(symbol)),
        "known_at": announcement["known_at"],
        "source": announcement["source"],
    }
    return [part_of("firms", row)]


def links(waiting: Waiting, commitment_id: str, edits: Mapping[str, str]) -> list[dict[str, Any]]:
    """The likeliest link, as suspected; the edit `of` names another one, empty for none."""
    linked = {one.commitment_id: one for one in waiting.suspects if one.link}
    of = edits.get("of", next(iter(linked), ""))
    if not of:
        return []
    found = linked.get(of)
    return [
        {
            "from_id": commitment_id,
            "to_id": of,
            "kind": found.link if found else "part_of",
            "state": "suspected",
            "evidence": "; ".join(found.reasons) if found else "said by the reviewer",
            "source": SOURCE,
        }
    ]


def work_of(read: Proposal) -> str | None:
    """What kind of work a contract's name says it is."""
    words = {
        "服务": "service",
        "租赁": "service",
        "集成": "integration",
        "软件": "software",
        "采购": "hardware",
        "设备": "hardware",
    }
    return next((work for word, work in words.items() if word in (read.contract_name or "")), None)


def _class(kind: str, basis: str, named: bool) -> str:
    """A signed and named, B unnamed or an estimate, C a ceiling, D without an amount."""
    if basis == "undisclosed":
        return "D"
    if basis == "ceiling" or kind == "framework":
        return "C"
    return "A" if named and basis == "exact" else "B"


def note_of(waiting: Waiting, reviewer: str, when: datetime) -> str:
    shown = next((one for one in waiting.proposal.evidence if one.field in ("amount_high", "kind")), None)
    place = f" page {shown.page}, characters {shown.start}–{shown.end}" if shown else ""
    name = f"{waiting.proposal.contract_name}; " if waiting.proposal.contract_name else ""
    return f"{name}reviewed by {reviewer} on {when:%Y-%m-%d %H:%M}; read in {waiting.sha256[:12]}{place}"


def _shown(read: Proposal, name: str) -> str | None:
    return next((" ".join(one.text.split()) for one in read.evidence if one.field == name), None)


def _flag(word: str) -> bool:
    if word.lower() not in ("true", "false", "yes", "no"):
        raise UsageError("compute or not?", got=word, expected="yes | no")
    return word.lower() in ("true", "yes")


def _fraction(word: str) -> float | None:
    try:
        found = float(word) if word else None
    except ValueError:
        found = 0.0
    if found is not None and not 0 < found <= 1:
        raise UsageError("stake not understood", got=word, expected="a fraction of 1, as 0.51")
    return found


def _months(word: str) -> int | None:
    if not word:
        return None
    if not word.isdecimal() or not int(word):
        raise UsageError("term not understood", got=word, expected="months")
    return int(word)


def _day(word: str | None) -> date | None:
    try:
        return date.fromisoformat(word) if word else None
    except ValueError:
        raise UsageError("day not understood", got=word, expected="2026-06-30") from None
