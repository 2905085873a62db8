"""A firm's backlog as it was known day by day, and how its contracts run off."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from screener.core.config import ScreenOptions
from screener.screen.factors import firms
from screener.screen.history import backlog_history, planned
from tests.screen.test_ranking import BIG, SPRING
from tests.screen.world import DAY, ONE, TWO, ceiling, fact, link, market, on, order


def test_nothing_counts_before_it_is_known_and_then_the_rules_of_each_day() -> None:
    made = market([order()])
    found = backlog_history(made, ScreenOptions())
    known = next(row.known_at.date() for row in made.announcements if row.symbol == ONE)
    before = made.sessions < np.datetime64(known)
    assert set(found) == {ONE} and np.isnan(found[ONE][before]).all() and np.isfinite(found[ONE][~before]).all()


def test_the_last_day_is_the_backlog_of_the_screen() -> None:
    made = market([BIG])
    (firm,) = firms(made.at_day(), ScreenOptions(), [TWO])
    assert backlog_history(made, ScreenOptions())[TWO][-1] == firm.backlog


@pytest.mark.parametrize("kind", ["re_announces", "amends", "part_of"])
@pytest.mark.parametrize("ends", [("B-1", "A-1"), ("B", "A")])
def test_of_some_firms_it_is_what_it_is_among_all(kind: str, ends: tuple[str, str]) -> None:
    orders = [
        order(),
        ceiling("A-2"),
        order("B-1", DAY + timedelta(days=30), 20e6, symbol=TWO),
        order("C-1", DAY + timedelta(days=60), 5e6, symbol="300442.SZ"),
    ]
    ended = fact("termination", DAY + timedelta(days=90), "A-1")
    made = market(orders, [ended], [link(*ends, kind, "asserted", DAY + timedelta(days=30))])
    whole = backlog_history(made, ScreenOptions())
    assert {ONE, "300442.SZ"} <= set(whole)
    for symbols in ([ONE], [TWO], ["300442.SZ", TWO], ["600000.SH"]):
        found = backlog_history(made, ScreenOptions(), symbols)
        assert set(found) == set(whole).intersection(symbols)
        for symbol in found:
            np.testing.assert_array_equal(found[symbol], whole[symbol])


def test_contracts_run_off_month_by_month_to_nothing() -> None:
    (firm,) = firms(on(market([BIG]), SPRING), ScreenOptions(), [TWO])
    found = planned(firm, SPRING)
    assert found.days[0] == SPRING and found.yuan[0] == pytest.approx(firm.backlog)
    assert list(found.yuan) == sorted(found.yuan, reverse=True) and found.yuan[-1] == 0
    assert {(b - a) // timedelta(days=28) for a, b in zip(found.days, found.days[1:], strict=False)} == {1}


def test_without_a_known_end_nothing_is_planned() -> None:
    (firm,) = firms(on(market([BIG]), date(2024, 1, 2)), ScreenOptions(), [TWO])
    assert planned(firm, date(2024, 1, 2)).days == ()
