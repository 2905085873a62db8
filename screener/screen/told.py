"""What is known of each commitment: the contract facts about it, whether it stands for earlier ones, what confirms it.

1. Of each id the last known version stands; facts about one contract are facts about all ids that are it (`policy`).
2. Of n commitments, oldest first, all this stands in columns: a question about a day sums over thousands of them and
   shows a few.
3. Accepted: the first acceptance. Delayed: to when, as told last. Ended: by the first termination or denial.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from screener.core.arrays import Days, Flags, Ints
from screener.point_in_time.announcements import Commitment, ContractFact, Link
from screener.point_in_time.columns import are, cells, days, figures
from screener.screen.policy import Against, Reason, Web, against, counts_under, weave

ENDING = {"termination": Reason.TERMINATED, "denial": Reason.DENIED}
STARTED = ("acceptance", "revenue_recognised")
_NEVER, _LAST = np.datetime64("NaT"), np.datetime64("9999-12-31")


@dataclass(frozen=True, eq=False)
class Known:
    """All that is told at one moment of n commitments, oldest first, by m pairs of one and a fact about it."""

    web: Web
    facts: Sequence[ContractFact]
    about: Ints  # (m,) commitment, rising
    by: Ints  # (m,) fact; of each commitment in the order in which they became known
    schedules: dict[int, Any] = field(default_factory=dict)  # by lag, as `schedule` makes them

    def __len__(self) -> int:
        return len(self.web.commitments)

    def commitment(self, n: int) -> Commitment:
        """By its place."""
        return self.web.commitments.rows[n]

    def facts_of(self, n: int) -> tuple[ContractFact, ...]:
        """In the order in which they became known."""
        first, stop = self._spans[n], self._spans[n + 1]
        return tuple(self.facts[at] for at in self.by[first:stop].tolist()) if first < stop else ()

    @cached_property
    def _spans(self) -> Ints:
        """(n + 1,) where the pairs of each begin, and where the last ones end."""
        return np.concatenate([[0], np.cumsum(np.bincount(self.about, minlength=len(self)))])

    def originals(self, n: int) -> tuple[str, ...]:
        """Ids: itself, then those it stands for through amendments."""
        return tuple(self.web.originals(self.web.commitments.ids[n]))

    @cached_property
    def symbols(self) -> Mapping[str, int]:
        """Each symbol once, with its number."""
        found: dict[str, int] = {}
        for symbol in cells(self.web.commitments.rows, "symbol"):
            found.setdefault(symbol, len(found))
        return found

    @cached_property
    def whose(self) -> Ints:
        """(n,) numbers of symbols."""
        number = self.symbols
        return np.array([number[symbol] for symbol in cells(self.web.commitments.rows, "symbol")], dtype=np.int64)

    @cached_property
    def by_symbol(self) -> Mapping[str, Ints]:
        """Symbol → the places of its commitments, in order."""
        ends = np.cumsum(np.bincount(self.whose, minlength=len(self.symbols)))
        groups = np.split(np.argsort(self.whose, kind="stable"), ends)  # and what lies behind the last end: nothing
        return dict(zip(self.symbols, groups, strict=False))

    @cached_property
    def against(self) -> tuple[Against, ...]:
        """What speaks against counting each."""
        return against(self.web)

    @cached_property
    def policies(self) -> Ints:
        """(n,) how many policies count each, the widest first."""
        return counts_under(self.against, len(self))

    @cached_property
    def announced_on(self) -> Days:
        """(n,) the day of each, or of the first of those it stands for."""
        found, places = days(self.web.commitments.rows, "event_date").copy(), self.web.commitments.places
        own = found.copy()
        for name in self.web.stands_for:
            found[places[name]] = own[[places[each] for each in self.web.originals(name)]].min()
        return found

    @cached_property
    def accepted(self) -> Days:
        """(n,) NaT where it is not."""
        found = np.full(len(self), _LAST, dtype="datetime64[D]")
        told = self._told("acceptance")
        np.minimum.at(found, self.about[told], self._effective[told])
        return np.where(found == _LAST, _NEVER, found)

    @cached_property
    def delayed(self) -> Days:
        """(n,) NaT where it is not."""
        found, told = np.full(len(self), _NEVER, dtype="datetime64[D]"), self._told("delay")
        found[self.about[told]] = self._effective[told]  # of several the last one stays
        return found

    @cached_property
    def ended_by(self) -> Ints:
        """(n,) the fact that ended it, -1 where none did."""
        found, told = np.full(len(self), -1, dtype=np.int64), self._told(*ENDING)
        found[self.about[told][::-1]] = self.by[told][::-1]  # of several the first one stays
        return found

    @cached_property
    def reduced(self) -> Flags:
        """(n,) True where a fact takes a known amount off it."""
        amounts = figures(self.facts, "amount")[self.by]
        return self._flags(self._told("reduction") & ~np.isnan(amounts) & (amounts != 0))

    @cached_property
    def started(self) -> Flags:
        """(n,) True where it is accepted, or revenue is reported for it."""
        return self._flags(self._told(*STARTED))

    @cached_property
    def confirmed(self) -> Flags:
        """(n,) True where it is started, or a link confirms it or one that it stands for."""
        confirmed, names = self.web.confirmed, self.web.commitments
        through = [name for name in self.web.stands_for if not confirmed.isdisjoint(self.web.originals(name))]
        return self.started | names.flags(confirmed) | names.flags(through)

    def reductions(self, n: int) -> list[ContractFact]:
        """Of known size, by the day from which they hold."""
        found = (fact for fact in self.facts_of(n) if fact.kind == "reduction" and fact.amount)
        return sorted(found, key=lambda fact: fact.effective_date)

    @cached_property
    def _effective(self) -> Days:
        return days(self.facts, "effective_date")[self.by]

    def _told(self, *kinds: str) -> Flags:
        """(m,) True for facts of these kinds."""
        return are(self.facts, "kind", *kinds)[self.by]

    def _flags(self, told: Flags) -> Flags:
        """(n,) True for those that one of the pairs is about."""
        found = np.zeros(len(self), dtype=bool)
        found[self.about[told]] = True
        return found


def known(commitments: Sequence[Commitment], facts: Sequence[ContractFact], links: Sequence[Link]) -> Known:
    """What commitments, facts and links, each ordered by known_at, tell together."""
    web = weave(commitments, links)
    names = cells(facts, "fact_id")
    last = {name: at for at, name in enumerate(names)}
    moments = cells(facts, "known_at")
    in_order = sorted(last.values(), key=lambda at: (moments[at], names[at]))
    pairs = np.array([*_pairs(web, cells(facts, "commitment_id"), in_order)], dtype=np.int64).reshape(-1, 2)
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    return Known(web, facts, pairs[:, 0], pairs[:, 1])


def _pairs(web: Web, about: Sequence[str], in_order: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(commitment, fact about it or about another id of the same contract)."""
    places, same = web.commitments.places, web.same
    for at in in_order:
        name = about[at]
        if name in same:
            yield from ((places[each], at) for each in same[name])
        elif name in places:
            yield places[name], at
