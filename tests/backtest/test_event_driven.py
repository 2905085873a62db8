"""What `hold_after` holds, and which commitments it asks about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache

import pytest

from screener.backtest.event_driven import hold_after
from screener.core.config import Universe
from screener.point_in_time.announcements import Commitment
from screener.point_in_time.market import Market
from tests.screen.world import DAY, ONE, TWO, market, order

HOLD = 3
# One a week, of two firms in turn: within three sessions of one of them the other's is over.
ORDERS = [order(f"A{n}-1", DAY + timedelta(days=7 * n), symbol=(ONE, TWO)[n % 2]) for n in range(20)]
SESSIONS = range(10, 120)


def held(world: Market, sessions: Sequence[int], holds: Sequence[int] = (HOLD,)) -> dict[int, dict[str, float] | None]:
    """What is held after three sessions on each of these, asked in their order; further holds are asked beside it."""
    found: dict[int, dict[str, float] | None] = {}
    for t in sessions:
        for hold in holds:
            answer = hold_after(world.panel(t, Universe.MARKET), _any, hold)
            found |= {t: answer} if hold == HOLD else {}
    return found


def _any(_: Commitment) -> bool:
    return True


@cache
def alone(t: int) -> dict[str, float] | None:
    """What is held after three sessions in a market that was asked nothing before."""
    return held(market(ORDERS), [t])[t]


@pytest.mark.parametrize(
    ("sessions", "holds"),
    [(SESSIONS, (HOLD,)), (SESSIONS[::-1], (HOLD,)), (SESSIONS, (1, HOLD, 40)), (SESSIONS[::-7], (40, HOLD, 1))],
)
def test_what_is_held_does_not_depend_on_what_was_asked_before(sessions: Sequence[int], holds: Sequence[int]) -> None:
    found = held(market(ORDERS), sessions, holds)
    assert found == {t: alone(t) for t in sessions}
    assert {ONE: 1.0} in found.values() and {} in found.values() and None in found.values()


def test_commitments_that_are_over_are_not_asked_about() -> None:
    asked: list[str] = []

    def wanted(row: Commitment) -> bool:
        asked.append(row.commitment_id)
        return True

    world = market(ORDERS)
    for t in range(60, 70):
        hold_after(world.panel(t, Universe.MARKET), wanted, HOLD)
    names = [row.commitment_id for row in ORDERS]
    assert asked == names[names.index(asked[0]) :][: len(asked)] and 2 <= len(asked) <= 3 < names.index(asked[0])
