"""Which stored commitment a proposal may speak of again: re-announced, amended, ended. Suspected, with the reasons.

1. Only commitments of the same issuer that were known before the proposal's announcement.
2. Reasons: the amount (the same, or one the other rounds to), the counterparty (by name, or by the same mask: a mask is
   an identity of one firm), the contract's name, the term, the day of signing. Each has a weight; one strong reason or
   several weak ones make a suspicion.
3. The kind of link follows from what the proposal is: an end or a reduction belongs to the commitment; a supplement
   amends it; a new deal with the same figures announces it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from screener.reading.proposals import Proposal
from screener.store.database import Store

_ENOUGH = 1.5
_SAME = 0.006
_LINKS = {"supplement": "amends", "order": "re_announces", "framework": "re_announces", "purchase": "re_announces"}


@dataclass(frozen=True)
class Suspect:
    """A stored commitment that a proposal may speak of; `link`: a kind of links, empty for a fact of its life."""

    commitment_id: str
    link: str
    weight: float
    reasons: tuple[str, ...]


def suspects(store: Store, proposal: Proposal, symbol: str, known_at: datetime) -> list[Suspect]:
    """Stored commitments a proposal may speak of, the likeliest first."""
    return among(store.latest_where("commitments", "symbol", [symbol]).to_dicts(), proposal, known_at)


def among(rows: Sequence[Mapping[str, Any]], proposal: Proposal, known_at: datetime) -> list[Suspect]:
    """The same among given commitments of one firm."""
    found = []
    for row in rows:
        if row["known_at"] >= known_at or row["announcement_id"] == (proposal.announcement_id or ""):
            continue
        reasons = list(_reasons(proposal, row))
        weight = round(sum(size for size, _ in reasons), 2)
        lone = proposal.of_life and len(rows) == 1
        if weight >= _ENOUGH or lone:
            link = "" if proposal.of_life and proposal.kind != "supplement" else _LINKS.get(proposal.kind, "part_of")
            why = tuple(why for _, why in reasons) or ("the only commitment of the firm",)
            found.append(Suspect(row["commitment_id"], link, weight, why))
    return sorted(found, key=lambda one: (-one.weight, one.commitment_id))


def _reasons(proposal: Proposal, row: Mapping[str, Any]) -> Iterator[tuple[float, str]]:
    if proposal.direction != "unclear" and row["direction"] not in (proposal.direction, "unclear"):
        yield -2.0, "money flows the other way"
    stated = proposal.amount_cny or (proposal.amount_high if proposal.currency == "CNY" else None)
    other = row["amount_high"]
    if stated and other and abs(stated - other) <= _SAME * max(stated, other):
        yield 1.5, f"the same amount, {other:,.0f}"
    name = proposal.counterparty_masked or proposal.counterparty
    if name and row["counterparty"]:
        if name == row["counterparty"] or name in row["counterparty"] or row["counterparty"] in name:
            yield 1.0, f"the same counterparty, {row['counterparty']}"
        elif not proposal.counterparty_masked and row["counterparty_named"]:
            yield -1.0, "another counterparty"
    if proposal.contract_name and row["note"] and proposal.contract_name in row["note"]:
        yield 1.0, f"the same contract, {proposal.contract_name}"
    if proposal.term_months and proposal.term_months == row["term_months"]:
        yield 0.3, f"the same term, {row['term_months']} months"
    if proposal.signed_on and row["signed_date"] and proposal.signed_on == row["signed_date"].isoformat():
        yield 1.0, f"signed on the same day, {proposal.signed_on}"
