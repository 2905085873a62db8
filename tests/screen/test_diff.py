from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.config import Policy, ScreenOptions
from screener.core.errors import UsageError
from screener.core.tables import TABLES
from screener.screen.diff import FirmDiff, diff
from tests.cases import drawn
from tests.screen.world import (
    DAY,
    ONE,
    SHARES,
    TWO,
    ceiling,
    evening,
    fact,
    flat_bars,
    later,
    link,
    market,
    on,
    order,
    shares,
)

FIRST, LAST = date(2025, 5, 20), date(2025, 11, 20)


def changed(world: Any, first: date = FIRST, last: date = LAST, **options: Any) -> FirmDiff:
    return diff(on(world, first), on(world, last), ScreenOptions(**options), ONE).rows[0]


def effects(found: FirmDiff) -> dict[str, float]:
    return {name: yuan for name, yuan in found.effects_cny.items() if yuan}


def test_time_alone_burns() -> None:
    found = changed(market([order()]))
    assert effects(found) == {"burned": pytest.approx(-5.166667e6, abs=1)} and found.status == "changed"


@pytest.mark.parametrize(
    ("commitments", "facts", "links", "expected"),
    [
        ([order("B-1", LAST, 12e6)], [], [], {"new": 12e6}),
        ([], [fact("termination", LAST)], [], {"ended": -36e6}),
        ([], [fact("reduction", LAST, amount=6e6)], [], {"ended": -6e6}),
        ([order("B-1", LAST, 40e6)], [], [link("B-1", "A-1", "amends", "asserted", LAST)], {"re_read": 4e6}),
    ],
)
def test_what_happened_has_its_own_effect(commitments: Any, facts: Any, links: Any, expected: dict[str, float]) -> None:
    found = changed(market([order(), *commitments], facts, links), burn="none")
    assert effects(found) == pytest.approx(expected)


def test_acceptance_is_a_new_reading_not_burn_off() -> None:
    found = changed(market([order()], [fact("acceptance", date(2025, 11, 20))]))
    assert effects(found) == pytest.approx({"burned": -5.166667e6, "re_read": 5.166667e6}, abs=1)


def test_work_that_ran_out_has_ended() -> None:
    world = market([order(), order("B-1", work="integration")])
    found = [row for row in changed(world).changes if row.commitment_id == "B-1"]
    assert [(row.effect, row.why) for row in found] == [("ended", "finished")]


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [(FIRST, LAST, "changed"), (date(2025, 1, 8), FIRST, "appeared"), (date(2025, 1, 8), date(2025, 1, 9), "unscored")],
)
def test_a_score_may_appear_where_there_was_none(first: date, last: date, status: str) -> None:
    found = changed(market([order()]), first, last)
    assert found.status == status and (found.log_shares is None) == (status != "changed")


def test_a_score_may_disappear() -> None:
    found = changed(market([order()], [fact("termination", LAST)]))
    assert (found.status, found.score_after, found.log_change) == ("disappeared", None, None)
    assert [row.why for row in found.changes] == ["", "terminated A-1-termination-2025-11-20"]


def test_the_announcements_in_between_stand_with_it() -> None:
    found = changed(market([order(), order("B-1", later(FIRST, 5))]))
    assert [row.announcement_id for row in found.announcements] == ["B"]
    assert {row.announcement_id for row in found.changes if row.effect == "new"} == {"B"}


def split_market(ratio: float, issued: int = 0, factor: float = 1.0) -> Any:
    """A bonus issue of `ratio` on 2025-08-01, prices × factor ÷ (1 + ratio) and `issued` more shares from then on."""
    ex = date(2025, 8, 1)
    price = pl.when(pl.col("session") >= ex).then(10.0 * factor / (1 + ratio)).otherwise(10.0)
    bars = flat_bars().with_columns(**dict.fromkeys(("open", "high", "low", "close"), price))
    row = {"symbol": [ONE], "ex_date": [ex], "kind": ["bonus"], "shares_to_holder": [ratio], "cash_to_holder": [0.0]}
    actions = TABLES["actions"].check(pl.DataFrame(row)).with_columns(known_at=pl.lit(evening(DAY)))
    capital = shares((ONE, date(2024, 1, 2), SHARES), (ONE, ex, int(SHARES * (1 + ratio)) + issued))
    return market([order()], bars=bars, actions=actions, shares=capital)


def test_a_split_is_neither_price_nor_shares() -> None:
    found = changed(split_market(0.4), burn="none")
    assert found.log_shares is not None and max(map(abs, found.log_shares.values())) < 1e-12


def test_an_issue_of_shares_is_shares_and_a_move_is_price() -> None:
    found = changed(split_market(0.4, issued=14_000_000, factor=2.0), burn="none")
    assert found.log_shares is not None
    assert found.log_shares["price"] == pytest.approx(-0.693147, abs=1e-6)
    assert found.log_shares["shares"] == pytest.approx(-0.0953102, abs=1e-6)


amounts = st.integers(100, 10**12).map(lambda fen: fen / 100)


@settings(max_examples=drawn(25))
@given(one=amounts, two=amounts, cut=amounts, ratio=st.sampled_from([0.0, 0.3, 0.4]), factor=st.floats(0.2, 5.0))
def test_the_parts_sum_to_the_change_exactly(one: float, two: float, cut: float, ratio: float, factor: float) -> None:
    rows = [order(amount=one), order("B-1", later(FIRST, 9), two), order("C-1", work="integration"), ceiling()]
    world = split_market(ratio, 1000, factor)
    full = market(rows, [fact("reduction", later(FIRST, 3), amount=cut)])
    names = ("announcements", "commitments", "contract_facts")
    found = changed(type(world).build({**world.frames, **{name: full.frames[name] for name in names}}))
    assert found.log_shares is not None and found.log_change is not None
    assert sum(found.log_shares.values()) == pytest.approx(found.log_change, abs=1e-12)
    assert (found.backlog_after_cny or 0) - (found.backlog_before_cny or 0) == pytest.approx(
        sum(found.effects_cny.values()), abs=0.05
    )
    assert found.count == len(found.changes)


def test_nothing_changed_is_nothing_told() -> None:
    found = changed(market([order()]), FIRST, later(FIRST, 1), burn="none")
    assert (found.status, found.changes, found.log_change) == ("unchanged", (), 0.0)
    assert found.log_shares and "-" not in str([*found.log_shares.values()])  # nor a zero with a sign


def test_one_day_twice_is_no_question() -> None:
    with pytest.raises(UsageError, match="one day twice: nothing can have changed"):
        changed(market([order()]), FIRST, FIRST)


def test_what_is_counted_of_a_firm_is_what_is_told_of_it() -> None:
    rows = [order(), order("B-1", later(FIRST, 9)), order("C-1", later(FIRST, 9), 40e6), ceiling("F-1", symbol=TWO)]
    told = [fact("termination", LAST), fact("acceptance", LAST, "B-1")]
    world = market(rows, told, [link("C-1", "B-1", "amends", "asserted", LAST)])
    found = diff(on(world, FIRST), on(world, LAST), ScreenOptions(policy=Policy.GROSS)).rows
    assert {row.symbol: row.count for row in found} == {row.symbol: len(row.changes) for row in found}
    assert {row.symbol: row.between for row in found} == {row.symbol: len(row.announcements) for row in found}
    assert sum(row.count for row in found) > 3
