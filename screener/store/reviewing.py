"""What a person makes of proposals: the queue, and accepting, editing and rejecting, each once and for all to see.

1. The queue holds proposals nobody has decided about: compute work first, then by amount ÷ market cap, from the top.
2. Accepting writes a commitment, or for an event in the life of a contract a contract fact, in one transaction with the
   decision and the announcement as reviewed. Known is what was accepted since its announcement was: the market could
   read it then. Evidence, reviewer and time stand in the row's note; what the machine read stays beside in `proposals`.
3. Edits are the person's: a value of the reading replaced by another one. An amount without a rate of exchange, one per
   year, and an event of no named commitment cannot be accepted without an edit.
4. Rejecting writes the decision alone; an announcement all of whose proposals are decided is reviewed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import polars as pl

from screener.core.errors import UsageError
from screener.core.known import shanghai_now
from screener.core.money import amounts
from screener.core.tables import FACTS
from screener.core.tables.logs import FINDINGS
from screener.reading.proposals import Proposal
from screener.store.arrow import frame_of
from screener.store.database import Store
from screener.store.ingest import ingest_all
from screener.store.listing import kind_of
from screener.store.proposing import insert, yuan
from screener.store.recording import announcement_of, part_of, reviewed
from screener.store.suspecting import Suspect, suspects

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
_QUEUE = """
    WITH caps AS (
        SELECT b.symbol, b.close * s.total_shares AS cap FROM
        (SELECT symbol, arg_max(close, session) AS close FROM latest_bars
         WHERE symbol IN (SELECT symbol FROM proposals) GROUP BY symbol) b
        JOIN (SELECT symbol, arg_max(total_shares, effective_date) AS total_shares
              FROM latest_shares GROUP BY symbol) s USING (symbol))
    SELECT p.*, a.title, a.known_at, a.url, c.cap AS market_cap_cny, p.amount_cny / c.cap AS amount_to_cap
    FROM proposals p JOIN latest_announcements a USING (announcement_id) LEFT JOIN caps c ON c.symbol = p.symbol
    WHERE p.proposal_id NOT IN (SELECT proposal_id FROM decisions) AND (p.is_compute OR $everything)
    ORDER BY p.is_compute DESC, amount_to_cap DESC NULLS LAST, p.amount_cny DESC NULLS LAST, p.proposal_id
"""


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


def queue(store: Store, *, everything: bool = False) -> list[Waiting]:
    """Proposals nobody has decided about; `everything`: also those that are no compute work."""
    rows = frame_of(store.connection.sql(_QUEUE, params={"everything": everything})).to_dicts()
    return [_waiting(store, row) for row in rows]


def _waiting(store: Store, row: Mapping[str, Any]) -> Waiting:
    proposal = Proposal.from_dict(json.loads(row["reading"]))
    names = ("proposal_id", "symbol", "title", "known_at", "url", "market_cap_cny", "amount_to_cap", "sha256")
    found = suspects(store, proposal, row["symbol"], row["known_at"])
    return Waiting(**{name: row[name] for name in names}, proposal=proposal, suspects=tuple(found))


def one_of_queue(store: Store, proposal_id: str) -> Waiting:
    """The proposal called so. Raises UsageError where there is none, or somebody has decided about it."""
    for one in queue(store, everything=True):
        if one.proposal_id == proposal_id:
            return one
    decided = store.connection.execute(
        "SELECT decision, reviewer FROM decisions WHERE proposal_id = ?", [proposal_id]
    ).fetchall()
    got = f"{decided[0][0]} by {decided[0][1]}" if decided else proposal_id
    raise UsageError("no such proposal waits", got=got, next_step="screener review --list")


def accept(
    store: Store,
    proposal_id: str,
    reviewer: str,
    edits: Mapping[str, str] | None = None,
    *,
    now: datetime | None = None,
) -> str:
    """Writes what a person accepted; the id of the commitment or fact it became.

    Raises UsageError where something must be edited first, LoadRefused.
    """
    when, waiting, edits = now or shanghai_now(), one_of_queue(store, proposal_id), dict(edits or {})
    _check_edits(edits)
    announcement = announcement_of(store, waiting.proposal.announcement_id or "")
    note = _note(waiting, reviewer, when)
    if waiting.proposal.of_life and "kind" not in edits:
        row = _fact(waiting, announcement, edits, note)
        parts, became = [reviewed(announcement, announcement["kind"]), part_of("contract_facts", row)], row["fact_id"]
    else:
        row = _commitment(store, waiting, announcement, edits, note)
        kind = announcement["kind"] if waiting.proposal.of_life else row["kind"]
        parts, became = [reviewed(announcement, kind), part_of("commitments", row)], row["commitment_id"]
        parts += [part_of("links", link) for link in _links(waiting, became, edits)]
    decision = {
        "proposal_id": proposal_id,
        "decision": "edited" if edits.keys() - {"of"} else "accepted",
        "reviewer": reviewer,
        "decided_at": when,
        "became": became,
        "edits": json.dumps(edits, ensure_ascii=False) if edits else None,
    }
    with store.transaction():
        ingest_all(store, parts, now=when, command="review")
        insert(store, "decisions", [decision])
    return str(became)


def reject(store: Store, proposal_id: str, reviewer: str, why: str = "", *, now: datetime | None = None) -> None:
    """Writes that a person has rejected a proposal."""
    when, waiting = now or shanghai_now(), one_of_queue(store, proposal_id)
    decision = {
        "proposal_id": proposal_id,
        "decision": "rejected",
        "reviewer": reviewer,
        "decided_at": when,
        "note": why or None,
    }
    with store.transaction():
        insert(store, "decisions", [decision])
        left = [
            one
            for one in queue(store, everything=True)
            if one.proposal.announcement_id == waiting.proposal.announcement_id
        ]
        if not left:
            announcement = announcement_of(store, waiting.proposal.announcement_id or "")
            ingest_all(store, [reviewed(announcement, announcement["kind"])], now=when, command="review")


def _check_edits(edits: Mapping[str, str]) -> None:
    unknown = [name for name in edits if name not in EDITABLE]
    if unknown:
        raise UsageError("nothing to edit by that name", got=unknown[0], expected=" | ".join(EDITABLE))


def _commitment(
    store: Store, waiting: Waiting, announcement: Mapping[str, Any], edits: Mapping[str, str], note: str
) -> dict[str, Any]:
    """The row of a commitment: the reading with the edits over it."""
    read, number = waiting.proposal, waiting.proposal_id.rpartition("~")[2]
    kind = kind_of(store, edits.get("kind", read.kind))
    low, high, basis = _amount(read, edits)
    foreign = read.amount_high if read.currency not in (None, "CNY") and "amount" not in edits else None
    name = edits.get("counterparty", read.counterparty_masked or read.counterparty)
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
        "tax": edits.get("tax", read.tax or "unknown"),
        "currency": read.currency if foreign is not None else "CNY",
        "foreign_amount": foreign,
        "compute_amount": read.compute_amount,
        "compute_unit": read.compute_unit,
        "term_months": _months(edits["term"]) if "term" in edits else read.term_months,
        "term_basis": "text" if read.term_months else None,
        "counterparty": name,
        "counterparty_named": named,
        "entity": edits.get("entity", read.entity),
        "stake": float(edits["stake"]) if "stake" in edits else read.stake,
        "signed_date": _day(edits.get("signed", read.signed_on)),
        "confidence": _class(kind, basis, named),
        "source": SOURCE,
        "note": note,
    }


def _amount(read: Proposal, edits: Mapping[str, str]) -> tuple[float | None, float | None, str]:
    """(low, high, basis) in yuan."""
    basis = edits.get("basis", read.basis)
    if "amount" in edits:
        return amounts(edits["amount"] or None, None if basis in ("per_year", None) else basis)
    if read.amount_high is None:
        return None, None, "undisclosed"
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


def _fact(waiting: Waiting, announcement: Mapping[str, Any], edits: Mapping[str, str], note: str) -> dict[str, Any]:
    """The row of a contract fact; which commitment it belongs to is a person's word, or the only suspicion there is."""
    read = waiting.proposal
    strong = [one for one in waiting.suspects if one.weight >= waiting.suspects[0].weight]
    of = edits.get("of") or (strong[0].commitment_id if len(strong) == 1 else None)
    if of is None:
        told = ", ".join(one.commitment_id for one in waiting.suspects[:5]) or "screener explain shows the commitments"
        raise UsageError(f"a {read.kind} of which commitment?", expected=f"--set of=COMMITMENT ({told})")
    return {
        "fact_id": f"{of}:{announcement['announcement_id']}:{read.kind}",
        "commitment_id": of,
        "symbol": announcement["symbol"],
        "kind": read.kind,
        "effective_date": _day(edits.get("signed", read.signed_on)) or announcement["event_date"],
        "amount": amounts(edits["amount"], None)[1] if "amount" in edits else yuan(read),
        "announcement_id": announcement["announcement_id"],
        "source": SOURCE,
        "note": note,
    }


def _links(waiting: Waiting, commitment_id: str, edits: Mapping[str, str]) -> list[dict[str, Any]]:
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


def _note(waiting: Waiting, reviewer: str, when: datetime) -> str:
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


def _months(word: str) -> int | None:
    if not word:
        return None
    if not word.isdigit():
        raise UsageError("term not understood", got=word, expected="months")
    return int(word)


def _day(word: str | None) -> date | None:
    try:
        return date.fromisoformat(word) if word else None
    except ValueError:
        raise UsageError("day not understood", got=word, expected="2026-06-30") from None


def waiting_counts(store: Store, as_of: date | None) -> dict[str, int]:
    """Symbol → order-like proposals that wait, of announcements known by the end of a day."""
    sql = """
        SELECT p.symbol, count(*) FROM proposals p JOIN latest_announcements a USING (announcement_id)
        JOIN (SELECT kind FROM latest_kinds WHERE order_like) k ON k.kind = p.kind
        WHERE p.is_compute AND p.proposal_id NOT IN (SELECT proposal_id FROM decisions)
          AND ($day::DATE IS NULL OR a.known_at < $day::DATE + INTERVAL 1 DAY) GROUP BY 1 ORDER BY 1
    """
    return dict(store.connection.execute(sql, {"day": as_of}).fetchall())


def with_proposals(store: Store) -> dict[str, pl.DataFrame]:
    """Every table of facts, the commitments with the waiting proposals among them, as if they were accepted."""
    frames = store.frames(*(table.name for table in FACTS), FINDINGS.name)
    rows, links = _as_if_accepted(store)
    for name, more in (("commitments", rows), ("links", links)):
        like = frames[name]
        shaped = [{column: row.get(column) for column in like.columns} for row in more]
        frames[name] = pl.concat([like, pl.DataFrame(shaped, schema=like.schema)])
    return frames


def _as_if_accepted(store: Store) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(commitments, links) that waiting proposals of compute deals would become."""
    rows, links = [], []
    for one in queue(store):
        announcement = announcement_of(store, one.proposal.announcement_id or "")
        if one.proposal.of_life:
            continue
        try:
            row = _commitment(store, one, announcement, {}, "a proposal nobody has reviewed")
        except UsageError:  # a foreign amount, an amount a year: nothing that could count
            continue
        known = {"known_at": announcement["known_at"], "fetched_at": announcement["fetched_at"], "run": "~"}
        said = {**known, "source": "proposal, not reviewed"}
        rows.append({**row, **said, "commitment_id": one.proposal_id})
        links += [{**link, **said} for link in _links(one, one.proposal_id, {})]
    return rows, links


def as_rows(waiting: Sequence[Waiting]) -> list[dict[str, Any]]:
    """The queue as rows of an answer."""
    return [
        {
            "proposal_id": one.proposal_id,
            "symbol": one.symbol,
            "title": one.title,
            "known_at": one.known_at,
            "url": one.url,
            "market_cap_cny": one.market_cap_cny,
            "amount_to_cap": one.amount_to_cap,
            "suspects": [
                {"commitment_id": s.commitment_id, "link": s.link, "weight": s.weight, "reasons": list(s.reasons)}
                for s in one.suspects
            ],
            **replace(one.proposal, announcement_id=one.proposal.announcement_id).as_dict(),
        }
        for one in waiting
    ]
