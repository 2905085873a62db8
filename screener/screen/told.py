"""What is told of each commitment, whatever the counting rules: its facts, what it stands for, when its work begins.

1. The known links are woven once (`weave`); facts about one commitment are facts about all that are the same contract.
2. Policies and lags change none of it: a screen with its range of counting rules reads it thirteen times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from screener.point_in_time.announcements import Commitment, ContractFact, Link
from screener.screen.policy import Reason, Web, weave

ENDING = {"termination": Reason.TERMINATED, "denial": Reason.DENIED}
_CONFIRMING = ("acceptance", "revenue_recognised")


@dataclass(frozen=True, slots=True)
class Told:
    """A commitment and what is known of it; facts in the order in which they became known."""

    commitment: Commitment
    facts: tuple[ContractFact, ...]
    originals: tuple[str, ...]  # itself, then the ids it stands for through amendments
    announced_on: date  # the first of them
    accepted: date | None
    delayed: date | None  # to when, as told last
    ended: ContractFact | None
    reductions: tuple[ContractFact, ...]  # of known size, by the day from which they hold
    confirmed: bool  # by acceptance, revenue or a link


@dataclass(frozen=True)
class Known:
    """All that is told at one moment, oldest first."""

    web: Web
    told: tuple[Told, ...]

    @cached_property
    def by_symbol(self) -> Mapping[str, tuple[Told, ...]]:
        """Symbol → what is told of its commitments."""
        found: dict[str, list[Told]] = {}
        for row in self.told:
            found.setdefault(row.commitment.symbol, []).append(row)
        return {symbol: tuple(rows) for symbol, rows in found.items()}


def known(commitments: Iterable[Commitment], facts: Iterable[ContractFact], links: Iterable[Link]) -> Known:
    """What commitments, facts and links, each ordered by known_at, tell together."""
    web = weave(commitments, links)
    about: dict[str, list[ContractFact]] = {}
    for fact in {fact.fact_id: fact for fact in facts}.values():
        about.setdefault(fact.commitment_id, []).append(fact)
    return Known(web, tuple(_told(web, row, _facts(web, row.commitment_id, about)) for row in web.commitments.values()))


def _facts(web: Web, name: str, about: Mapping[str, list[ContractFact]]) -> tuple[ContractFact, ...]:
    same = web.same.get(name)
    found = about.get(name, []) if same is None else [fact for each in same for fact in about.get(each, ())]
    return tuple(sorted(found, key=lambda fact: (fact.known_at, fact.fact_id)) if len(found) > 1 else found)


def _told(web: Web, row: Commitment, facts: tuple[ContractFact, ...]) -> Told:
    name = row.commitment_id
    if not facts and name not in web.stands_for:  # of most nothing more is known
        return Told(row, (), (name,), row.event_date, None, None, None, (), name in web.confirmed)
    originals = tuple(web.originals(name))
    delays = [fact.effective_date for fact in facts if fact.kind == "delay"]
    reductions = (fact for fact in facts if fact.kind == "reduction" and fact.amount)
    return Told(
        commitment=row,
        facts=facts,
        originals=originals,
        announced_on=min(web.commitments[name].event_date for name in originals),
        accepted=min((fact.effective_date for fact in facts if fact.kind == "acceptance"), default=None),
        delayed=delays[-1] if delays else None,
        ended=next((fact for fact in facts if fact.kind in ENDING), None),
        reductions=tuple(sorted(reductions, key=lambda fact: fact.effective_date)),
        confirmed=any(fact.kind in _CONFIRMING for fact in facts) or not web.confirmed.isdisjoint(originals),
    )
