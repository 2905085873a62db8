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
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from screener.core.arrays import Flags, Floats, Ints
from screener.core.config import Policy
from screener.point_in_time.announcements import Commitment, Link
from screener.point_in_time.columns import are, cells, figures

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


class Named(Mapping[str, Commitment]):
    """Commitments by their id, each id once, in the order of `rows`: of each id the last one given."""

    def __init__(self, rows: Sequence[Commitment]) -> None:
        self.ids: list[str] = cells(rows, "commitment_id")
        self.places = {name: n for n, name in enumerate(self.ids)}
        self.rows = rows
        if len(self.places) < len(rows):
            self.rows = tuple(rows[n] for n in self.places.values())
            self.ids = [*self.places]
            self.places = {name: n for n, name in enumerate(self.ids)}

    def __getitem__(self, name: str) -> Commitment:
        return self.rows[self.places[name]]

    def __contains__(self, name: object) -> bool:
        return name in self.places  # without the value: it may not be made yet

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def flags(self, names: Iterable[str]) -> Flags:
        """(n,) True for these."""
        found = np.zeros(len(self.ids), dtype=bool)
        found[[self.places[name] for name in names]] = True
        return found


@dataclass(frozen=True, slots=True)
class Web:
    """The known commitments by id, and what the known links between them mean."""

    commitments: Named
    amended_by: Mapping[str, str]
    duplicate_of: Mapping[str, str]
    drawn: Mapping[str, float]  # ceiling → yuan of the orders drawn from it
    same: Mapping[str, frozenset[str]]  # ids that are one contract: facts about one are facts about all
    confirmed: frozenset[str]
    stands_for: Mapping[str, Sequence[str]]  # `amended_by` the other way round

    def originals(self, commitment_id: str) -> list[str]:
        """The commitment and all it stands for through amendments."""
        found = [commitment_id]
        for name in found:
            found += [earlier for earlier in self.stands_for.get(name, ()) if earlier not in found]
        return found


def weave(commitments: Sequence[Commitment], links: Iterable[Link]) -> Web:
    """Commitments and links as known at one moment (each ordered by known_at) → a Web."""
    known = Named(commitments)
    live = [link for link in {(x.from_id, x.to_id, x.kind): x for x in links}.values() if link.state != "refuted"]
    inside = _inside(known, {end for link in live for end in (link.from_id, link.to_id)})
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
        stands_for=_turned(amended_by),
    )


def _inside(known: Named, ends: set[str]) -> dict[str, list[str]]:
    """Of the announcements among the ends of links: their commitments, in order."""
    found: dict[str, list[str]] = {}
    for name, announcement in zip(known.ids, cells(known.rows, "announcement_id") if ends else (), strict=False):
        if announcement in ends:
            found.setdefault(announcement, []).append(name)
    return found


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


def _inflow_amount(row: Commitment) -> bool:
    return row.direction == "inflow" and row.amount is not None


@dataclass(frozen=True, slots=True, eq=False)
class Against:
    """What speaks against commitments, from which width of policies on."""

    least: int
    why: Reason
    holds: Flags  # (n,)


def against(web: Web) -> tuple[Against, ...]:
    """In the order in which it is told."""
    known, rows = web.commitments, web.commitments.rows
    return (
        Against(0, Reason.AMENDED, known.flags(web.amended_by)),
        Against(1, Reason.DUPLICATE, known.flags(web.duplicate_of)),
        Against(0, Reason.NOT_INFLOW, ~are(rows, "direction", "inflow")),
        Against(0, Reason.NO_AMOUNT, np.isnan(_stated(rows))),
        Against(1, Reason.NOT_COMPUTE, ~are(rows, "is_compute", True)),
        Against(2, Reason.FRAMEWORK_CEILING, are(rows, "ceiling_kind", True) | are(rows, "amount_basis", "ceiling")),
        Against(3, Reason.INTEGRATION, are(rows, "work", "integration")),
    )


def _stated(rows: Sequence[Commitment]) -> Floats:
    """(n,) `Commitment.amount`."""
    high = figures(rows, "amount_high")
    return np.where(np.isnan(high), figures(rows, "amount_low"), high)


def exclusions(told: Sequence[Against], policy: Policy, count: int) -> Ints:
    """(count,) which of what speaks against each commitment leaves it out first; -1 where `policy` counts it."""
    found = np.full(count, -1, dtype=np.int64)
    for place in reversed(range(len(told))):
        if told[place].least <= _WIDTH[policy]:
            found[told[place].holds] = place
    return found


def detail(web: Web, row: Commitment, why: Reason) -> str:
    """The id of the commitment that stands for one that is left out, or what it is."""
    match why:
        case Reason.AMENDED:
            return web.amended_by[row.commitment_id]
        case Reason.DUPLICATE:
            return web.duplicate_of[row.commitment_id]
        case Reason.NOT_INFLOW:
            return row.direction
        case Reason.NO_AMOUNT:
            return row.amount_basis
        case Reason.FRAMEWORK_CEILING:
            return row.kind
        case _:
            return row.work or ""


def width_of(policy: Policy) -> int:
    """How many policies are wider."""
    return _WIDTH[policy]


def counts_under(told: Iterable[Against], count: int) -> Ints:
    """(count,) how many policies count each commitment, the widest first, as they are nested: those of a `width_of`
    below it."""
    found = np.full(count, len(_WIDTH), dtype=np.int64)
    for each in told:
        found[each.holds & (found > each.least)] = each.least
    return found


def amounts_as(policy: Policy) -> Policy:
    """The widest policy that counts the same amounts: `strict` leaves out more, and counts what is left as `firm`."""
    return Policy.FIRM if policy is Policy.STRICT else policy


def counted_amounts(web: Web, policy: Policy) -> Floats:
    """(n,) yuan at 100 %, as stated: the high end in the wide policies, the low end where only firm work counts; NaN
    where nothing is."""
    rows, counted = web.commitments.rows, amounts_as(policy)
    found = _stated(rows)
    if counted is not Policy.GROSS:
        drawn = [web.commitments.places[name] for name in web.drawn]
        found[drawn] = np.maximum(found[drawn] - np.array([*web.drawn.values()]), 0.0)
    if counted is Policy.FIRM:
        low = figures(rows, "amount_low")
        found = np.where(np.isnan(low), found, low)
    return found
