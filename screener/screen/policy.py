"""Which commitments count: links between them, then four nested policies.

1. Of each id the last known version stands; of each link (from, to, kind) likewise, and a refuted link is no link.
2. `amends` and `replaces_ceiling`: the later commitment stands for the earlier one in every policy, from the day the
   link is known.
3. `re_announces` (asserted or suspected) makes groups; of each group the first known member that has an amount and is
   compute work counts, the others are duplicates of it. `gross` counts them all.
4. `part_of`: an order drawn from a framework ceiling takes its amount off that ceiling, except in `gross`.
5. gross: inflow with an amount. dedup: gross, compute work only, duplicates and drawn parts once. firm: dedup without
   frameworks and ceilings, ranges at their low end. strict: firm without integration work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from screener.core.config import Policy
from screener.point_in_time.announcements import Commitment, Link

_WIDTH = {Policy.GROSS: 0, Policy.DEDUP: 1, Policy.FIRM: 2, Policy.STRICT: 3}


class Reason(StrEnum):
    """Why a commitment is not counted."""

    NOT_INFLOW = "not_inflow"
    NO_AMOUNT = "no_amount"
    AMENDED = "amended"
    NOT_COMPUTE = "not_compute"
    DUPLICATE = "duplicate"
    FRAMEWORK_CEILING = "framework_ceiling"
    INTEGRATION = "integration"
    TERMINATED = "terminated"
    DENIED = "denied"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Web:
    """The known commitments by id, and what the known links between them mean."""

    commitments: Mapping[str, Commitment]
    amended_by: Mapping[str, str]
    duplicate_of: Mapping[str, str]
    drawn: Mapping[str, float]  # ceiling → yuan of the orders drawn from it
    same: Mapping[str, frozenset[str]]  # ids that are one contract: facts about one are facts about all
    confirmed: frozenset[str]
    links: Mapping[str, tuple[Link, ...]] = field(default_factory=dict)
    stands_for: Mapping[str, Sequence[str]] = field(default_factory=dict)  # `amended_by` the other way round

    def amends(self, commitment_id: str) -> Sequence[str]:
        """Ids this commitment stands for, oldest last."""
        return self.stands_for.get(commitment_id, ())

    def originals(self, commitment_id: str) -> list[str]:
        """The commitment and all it stands for through amendments."""
        found = [commitment_id]
        for name in found:
            found += [earlier for earlier in self.amends(name) if earlier not in found]
        return found


def weave(commitments: Iterable[Commitment], links: Iterable[Link]) -> Web:
    """Commitments and links as known at one moment (each ordered by known_at) → a Web."""
    known = {row.commitment_id: row for row in commitments}
    inside: dict[str, list[str]] = {}
    for row in known.values():
        inside.setdefault(row.announcement_id, []).append(row.commitment_id)
    live = [link for link in {(x.from_id, x.to_id, x.kind): x for x in links}.values() if link.state != "refuted"]
    pairs = list(_pairs(live, known, inside))
    amended_by = {old: new for link, new, old in pairs if link.kind in ("amends", "replaces_ceiling") and new != old}
    doubles = [(link, new, old) for link, new, old in pairs if link.kind == "re_announces"]
    asserted = [(new, old) for link, new, old in doubles if link.state == "asserted"]
    duplicate_of = _duplicates(known, _groups((new, old) for _, new, old in doubles))
    return Web(
        commitments=known,
        amended_by=amended_by,
        duplicate_of=duplicate_of,
        drawn=_drawn(known, [pair for pair in pairs if pair[1] not in duplicate_of and pair[1] not in amended_by]),
        same=_groups([*asserted, *((new, old) for old, new in amended_by.items())]),
        confirmed=frozenset(
            name
            for link in live
            if link.kind == "confirms" and link.state == "asserted"
            for name in ([link.to_id] if link.to_id in known else inside.get(link.to_id, []))
        ),
        links=_links_by_end(live, inside),
        stands_for=_turned(amended_by),
    )


def _turned(amended_by: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for earlier, later in amended_by.items():
        found.setdefault(later, []).append(earlier)
    return found


def _pairs(
    links: Iterable[Link], known: Mapping[str, Commitment], inside: Mapping[str, Sequence[str]]
) -> Iterator[tuple[Link, str, str]]:
    """(link, later commitment, earlier commitment); an announcement stands for its commitments, in order."""
    for link in links:
        ends = [[end] if end in known else sorted(inside.get(end, [])) for end in (link.from_id, link.to_id)]
        if len(ends[0]) == 1 and len(ends[1]) == 1:
            yield link, ends[0][0], ends[1][0]
            continue
        later, earlier = ([name for name in end if known[name].direction == "inflow"] for end in ends)
        yield from ((link, new, old) for new, old in zip(later, earlier, strict=False))


def _groups(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Id → all ids it hangs together with (itself included)."""
    group: dict[str, frozenset[str]] = {}
    for one, other in pairs:
        merged = group.get(one, frozenset([one])) | group.get(other, frozenset([other]))
        group.update(dict.fromkeys(merged, merged))
    return group


def _duplicates(known: Mapping[str, Commitment], groups: Mapping[str, frozenset[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for members in set(groups.values()):
        able = [known[name] for name in members if known[name].amount is not None and known[name].is_compute]
        if able:
            first = min(able, key=lambda row: (row.known_at, row.event_date, row.commitment_id)).commitment_id
            found.update({name: first for name in members if name != first})
    return found


def _drawn(known: Mapping[str, Commitment], pairs: Iterable[tuple[Link, str, str]]) -> dict[str, float]:
    drawn: dict[str, float] = {}
    for link, part, whole in pairs:
        if (
            link.kind == "part_of"
            and _inflow_amount(known[part])
            and known[part].is_compute
            and known[whole].is_ceiling
        ):
            drawn[whole] = drawn.get(whole, 0.0) + (known[part].amount or 0.0)
    return drawn


def _links_by_end(links: Iterable[Link], inside: Mapping[str, Sequence[str]]) -> dict[str, tuple[Link, ...]]:
    ends: dict[str, list[Link]] = {}
    for link in links:
        for end in (link.from_id, link.to_id):
            for name in (end, *inside.get(end, ())):
                ends.setdefault(name, []).append(link)
    return {name: tuple(found) for name, found in ends.items()}


def _inflow_amount(row: Commitment) -> bool:
    return row.direction == "inflow" and row.amount is not None


def _against(web: Web, row: Commitment) -> Iterator[tuple[int, Reason, str]]:
    """What speaks against a commitment, in the order in which it is told: (from which width on, why, detail)."""
    name = row.commitment_id
    if name in web.amended_by:
        yield 0, Reason.AMENDED, web.amended_by[name]
    if name in web.duplicate_of:
        yield 1, Reason.DUPLICATE, web.duplicate_of[name]
    if row.direction != "inflow":
        yield 0, Reason.NOT_INFLOW, row.direction
    if row.amount is None:
        yield 0, Reason.NO_AMOUNT, row.amount_basis
    if not row.is_compute:
        yield 1, Reason.NOT_COMPUTE, row.work or ""
    if row.is_ceiling:
        yield 2, Reason.FRAMEWORK_CEILING, row.kind
    if row.work == "integration":
        yield 3, Reason.INTEGRATION, row.work


def exclusion(web: Web, row: Commitment, policy: Policy) -> tuple[Reason, str] | None:
    """Why `policy` leaves a commitment out, with the id of the one that stands for it; None where it counts."""
    width = _WIDTH[policy]
    for least, why, detail in _against(web, row):
        if least <= width:
            return why, detail
    return None


def width_of(policy: Policy) -> int:
    """How many policies are wider."""
    return _WIDTH[policy]


def counts_under(web: Web, row: Commitment) -> int:
    """How many policies count a commitment, the widest first, as they are nested: those of a `width_of` below it."""
    return min((least for least, _, _ in _against(web, row)), default=len(_WIDTH))


def amounts_as(policy: Policy) -> Policy:
    """The widest policy that counts the same amounts: `strict` leaves out more, and counts what is left as `firm`."""
    return Policy.FIRM if policy is Policy.STRICT else policy


def counted_amount(web: Web, row: Commitment, policy: Policy) -> float | None:
    """Yuan at 100 %, as stated: the high end in the wide policies, the low end where only firm work counts."""
    amounts = amounts_as(policy)
    if amounts is Policy.FIRM and row.amount_low is not None:
        return row.amount_low
    if row.amount is None or amounts is Policy.GROSS or row.commitment_id not in web.drawn:
        return row.amount
    return max(row.amount - web.drawn[row.commitment_id], 0.0)
