from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.config import Policy, ScreenOptions
from screener.point_in_time.announcements import Commitment, ContractFact, Link
from screener.screen.backlog import backlogs
from tests.cases import drawn
from tests.screen.world import DAY, ONE, backlog, ceiling, fact, later, lines, link, order, seen

NEXT = later(DAY, 28)


def counted(policy: str, commitments: list[Commitment], links: list[Link] | None = None) -> set[str]:
    found = lines(NEXT, commitments, (), links or [], policy=policy)
    return {name for name, row in found.items() if row.counted}


@pytest.mark.parametrize(
    ("other", "widest", "reason"),
    [
        ({"direction": "outflow"}, None, "not_inflow"),
        ({"direction": "unclear"}, None, "not_inflow"),
        ({"amount": None}, None, "no_amount"),
        ({"is_compute": False, "work": "software"}, "gross", "not_compute"),
        ({"amount_basis": "ceiling", "amount_low": None}, "dedup", "framework_ceiling"),
        ({"kind": "framework", "ceiling_kind": True}, "dedup", "framework_ceiling"),
        ({"work": "integration"}, "firm", "integration"),
        ({}, "strict", ""),
    ],
)
def test_each_policy_counts_what_its_name_says(other: dict[str, Any], widest: str | None, reason: str) -> None:
    policies = [str(policy) for policy in Policy]
    counting = [policy for policy in policies if counted(policy, [order(**other)])]
    assert counting == (policies[: policies.index(widest) + 1] if widest else [])
    assert lines(NEXT, [order(**other)], policy="strict")["A-1"].reason == reason


@pytest.mark.parametrize(
    ("state", "policy", "expected"),
    [
        ("suspected", "gross", {"A-1", "B-1"}),
        ("suspected", "dedup", {"A-1"}),
        ("asserted", "dedup", {"A-1"}),
        ("refuted", "dedup", {"A-1", "B-1"}),
    ],
)
def test_of_a_pair_the_first_known_counts_unless_refuted(state: str, policy: str, expected: set[str]) -> None:
    pair = [order("A-1"), order("B-1", NEXT)]
    assert counted(policy, pair, [link("B-1", "A-1", state=state)]) == expected


def test_a_duplicate_names_the_one_that_counts() -> None:
    found = lines(NEXT, [order("A-1"), order("B-1", NEXT)], (), [link("B-1", "A-1")])["B-1"]
    assert (found.reason, found.detail) == ("duplicate", "A-1")


def test_a_first_announcement_without_an_amount_does_not_hide_the_second() -> None:
    pair = [order("A-1", amount=None), order("B-1", NEXT)]
    assert counted("dedup", pair, [link("B-1", "A-1")]) == {"B-1"}


def test_links_between_announcements_hold_for_their_commitments_in_order() -> None:
    rows = [order(name, day) for name, day in (("A-1", DAY), ("A-2", DAY), ("B-1", NEXT), ("B-2", NEXT))]
    assert counted("dedup", rows, [link("B", "A", state="asserted")]) == {"A-1", "A-2"}


def test_a_later_verdict_on_a_link_replaces_the_earlier_one() -> None:
    pair = [order("A-1"), order("B-1", NEXT)]
    links = [link("B-1", "A-1"), link("B-1", "A-1", state="refuted", day=NEXT)]
    assert counted("firm", pair, links) == {"A-1", "B-1"}


@pytest.mark.parametrize("policy", list(Policy))
def test_an_amended_version_replaces_the_old_one_and_keeps_its_start(policy: Policy) -> None:
    rows = [order("A-1"), order("B-1", NEXT, 48e6)]
    found = lines(NEXT, rows, (), [link("B-1", "A-1", "amends", "asserted")], policy=policy)
    assert not found["A-1"].counted and found["A-1"].reason == "amended"
    assert found["B-1"].counted and found["B-1"].plan.start == date(2025, 6, 15)


def test_facts_about_the_old_version_hold_for_the_new_one() -> None:
    rows = [order("A-1"), order("B-1", NEXT)]
    found = lines(NEXT, rows, [fact("termination", NEXT)], [link("B-1", "A-1", "amends", "asserted")])
    assert found["B-1"].reason == "terminated"


def test_an_order_drawn_from_a_ceiling_is_not_counted_on_top_of_it() -> None:
    rows = [ceiling("F-1", amount=90e6), order("A-1", amount=36e6)]
    links = [link("A-1", "F-1", "part_of", "asserted")]
    sums = {str(p): backlog(DAY, rows, (), links, policy=p, burn="none") for p in Policy}
    assert sums == {"gross": 126e6, "dedup": 90e6, "firm": 36e6, "strict": 36e6}


def test_a_range_counts_its_high_end_widely_and_its_low_end_firmly() -> None:
    rows = [order(amount_basis="range", amount_low=35e6, amount_high=40e6)]
    assert [backlog(DAY, rows, policy=p, burn="none") for p in Policy] == [40e6, 40e6, 35e6, 35e6]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Commitment], list[ContractFact], list[Link]]:
    """Up to six inflows of every sort, some linked, some with facts."""
    days = st.integers(0, 500).map(lambda n: later(DAY, n))
    make = st.sampled_from([order, ceiling])
    rows = [
        draw(make)(
            f"{n}-1",
            draw(days),
            draw(st.integers(1, 10**10)) / 100,
            work=draw(st.sampled_from(["service", "integration", "software", None])),
            is_compute=draw(st.booleans()),
            term_months=draw(st.sampled_from([None, 1, 25, 36, 60])),
            stake=draw(st.sampled_from([None, 0.51, 1.0])),
            tax=draw(st.sampled_from(["included", None])),
        )
        for n in range(draw(st.integers(1, 6)))
    ]
    names = st.sampled_from([row.commitment_id for row in rows])
    kinds = st.sampled_from(["re_announces", "part_of", "confirms", "amends"])
    states = st.sampled_from(["asserted", "suspected", "refuted"])
    links = [link(draw(names), draw(names), draw(kinds), draw(states)) for _ in range(draw(st.integers(0, 4)))]
    what = st.sampled_from(["acceptance", "delay", "reduction", "termination", "revenue_recognised"])
    facts = [
        fact(draw(what), draw(days), draw(names), draw(st.integers(1, 10**9))) for _ in range(draw(st.integers(0, 3)))
    ]
    return rows, facts, links


@settings(max_examples=drawn(150))
@given(world=worlds(), day=st.integers(0, 2500), burn=st.sampled_from(["none", "straight_line"]))
def test_policies_are_nested(world: Any, day: int, burn: str) -> None:
    sums = [backlog(later(DAY, day), *world, policy=policy, burn=burn) for policy in Policy]
    assert all(wide >= narrow - 0.01 for wide, narrow in pairwise(sums))


@settings(max_examples=drawn(150))
@given(world=worlds(), day=st.integers(0, 2500), step=st.integers(1, 400), policy=st.sampled_from(list(Policy)))
def test_backlog_never_grows_without_a_new_fact(world: Any, day: int, step: int, policy: Policy) -> None:
    assert backlog(later(DAY, day + step), *world, policy=policy) <= backlog(later(DAY, day), *world, policy=policy)


@settings(max_examples=drawn(150))
@given(world=worlds(), day=st.integers(0, 2500), policy=st.sampled_from(list(Policy)))
def test_what_remains_lies_between_nothing_and_the_announced_amount(world: Any, day: int, policy: Policy) -> None:
    found = lines(later(DAY, day), *world, policy=policy).values()
    assert all(0.0 <= (row.remaining or 0.0) <= (row.announced or 0.0) + 0.005 for row in found)


@settings(max_examples=drawn(200))
@given(
    world=worlds(),
    day=st.integers(0, 2500),
    policy=st.sampled_from(list(Policy)),
    lag=st.integers(1, 6),
    data=st.data(),
)
def test_what_is_summed_in_columns_is_the_sum_of_the_lines(
    world: Any, day: int, policy: Policy, lag: int, data: st.DataObject
) -> None:
    flags = {name: data.draw(st.booleans()) for name in ("confirmed_only", "attributable")}
    options: dict[str, Any] = {
        "policy": policy,
        "lag_months": lag,
        "vat_rate": data.draw(st.sampled_from([0.0, 0.06])),
        **flags,
    }
    found = lines(later(DAY, day), *world, **options).values()
    summed = backlogs(seen(later(DAY, day), *world), ScreenOptions(**options))
    assert (ONE in summed) == any(row.counted for row in found)
    assert summed.get(ONE, 0.0) == pytest.approx(backlog(later(DAY, day), *world, **options), abs=0.01)
