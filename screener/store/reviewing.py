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
from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl

from screener.core.errors import Decided, UsageError
from screener.core.known import shanghai_now
from screener.core.tables import FACTS
from screener.core.tables.logs import FINDINGS
from screener.core.tables.prices import BARS
from screener.reading.proposals import Proposal
from screener.store.accepting import Waiting, check_edits, commitment, fact, firm, links, note_of
from screener.store.arrow import frame_of
from screener.store.database import Store
from screener.store.ingest import ingest_all
from screener.store.proposing import insert
from screener.store.recording import announcement_of, part_of, reviewed
from screener.store.schema import newest
from screener.store.suspecting import among, suspects

# The view of all bars would look for the newest version of every bar of a whole market.
_BARS = newest(BARS, f"(SELECT * FROM {BARS.name} SEMI JOIN proposals USING (symbol))")  # noqa: S608 - a name of ours
_QUEUE = f"""
    WITH caps AS (
        SELECT b.symbol, b.close * s.total_shares AS cap FROM
        (SELECT symbol, arg_max(close, session) AS close FROM ({_BARS})
         WHERE NOT coalesce(withdrawn, false) GROUP BY symbol) b
        JOIN (SELECT symbol, arg_max(total_shares, effective_date) AS total_shares
              FROM latest_shares GROUP BY symbol) s USING (symbol))
    SELECT p.*, a.title, a.known_at, a.url, c.cap AS market_cap_cny, p.amount_cny / c.cap AS amount_to_cap
    FROM proposals p JOIN latest_announcements a USING (announcement_id) LEFT JOIN caps c ON c.symbol = p.symbol
    WHERE p.proposal_id NOT IN (SELECT proposal_id FROM decisions) AND (p.is_compute OR $everything)
    ORDER BY p.is_compute DESC, amount_to_cap DESC NULLS LAST, p.amount_cny DESC NULLS LAST, p.proposal_id
"""  # noqa: S608 - names of ours


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
    if decided:
        got = f"{decided[0][0]} by {decided[0][1]}"
        raise Decided("somebody has decided about it", got=got, next_step="screener review --list")
    raise UsageError("no such proposal waits", got=proposal_id, next_step="screener review --list")


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
    check_edits(store, edits)
    announcement = announcement_of(store, waiting.proposal.announcement_id or "")
    note = note_of(waiting, reviewer, when)
    if waiting.proposal.of_life and "kind" not in edits:
        row = fact(waiting, announcement, edits, note)
        parts, became = [reviewed(announcement, announcement["kind"]), part_of("contract_facts", row)], row["fact_id"]
    else:
        row = commitment(store, waiting, announcement, edits, note)
        kind = announcement["kind"] if waiting.proposal.of_life else row["kind"]
        parts, became = [reviewed(announcement, kind), part_of("commitments", row)], row["commitment_id"]
        parts += firm(store, announcement)
        parts += [part_of("links", link) for link in links(waiting, became, edits)]
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


def with_proposals(store: Store) -> dict[str, pl.DataFrame]:
    """Every table of facts but the bars, the waiting proposals among them as if they were accepted."""
    frames = store.frames(*(table.name for table in FACTS if table is not BARS), FINDINGS.name)
    for name, more in _as_if_accepted(store).items():
        like = frames[name]
        shaped = [{column: row.get(column) for column in like.columns} for row in more]
        frames[name] = pl.concat([like, pl.DataFrame(shaped, schema=like.schema)])
    return frames


def _as_if_accepted(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Table → rows that waiting proposals of compute deals, and of what became of them, would become."""
    made: dict[str, list[dict[str, Any]]] = {"commitments": [], "links": [], "contract_facts": []}
    for one in sorted(queue(store), key=lambda one: one.proposal.of_life):  # deals first: an end may be of one of them
        announcement = announcement_of(store, one.proposal.announcement_id or "")
        known = {name: announcement[name] for name in ("known_at", "fetched_at")}
        said = {**known, "run": "~", "source": "proposal, not reviewed"}
        try:
            if one.proposal.of_life:
                own = [row for row in made["commitments"] if row["symbol"] == one.symbol]
                meant = one if one.suspects else replace(one, suspects=tuple(among(own, one.proposal, one.known_at)))
                made["contract_facts"].append({**fact(meant, announcement, {}, ""), **said})
            else:
                row = commitment(store, one, announcement, {}, "a proposal nobody has reviewed")
                made["commitments"].append({**row, **said, "commitment_id": one.proposal_id})
                made["links"] += [{**link, **said} for link in links(one, one.proposal_id, {})]
        except UsageError:  # a foreign amount, an amount a year, an end of nobody knows what: nothing that could count
            continue
    return made


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
