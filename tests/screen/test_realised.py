"""What became of announced work, beside the score and never in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from screener.core.config import ScreenOptions
from screener.point_in_time.announcements import ContractFact
from screener.screen.ranking import screen
from screener.screen.realised import realised
from screener.screen.row import ScreenRow
from tests.screen.world import ONE, TWO, fact, market, on, order

LATER = date(2025, 4, 1)
ROWS = [order(), order("B-1", symbol=TWO, confidence="B"), order("C-1", symbol=TWO, amount=None)]


def rows(facts: Sequence[ContractFact], day: date = LATER) -> dict[str, ScreenRow]:
    return {row.symbol: row for row in screen(on(market(ROWS, facts), day)).rows}


def about_two(kind: str, amount: float | None = None) -> ContractFact:
    return fact(kind, LATER, "B-1", amount, symbol=TWO)


@pytest.mark.parametrize(
    ("facts", "lost"),
    [
        ([], 0.0),
        ([about_two("termination")], 36e6),
        ([about_two("revenue_recognised", 6e6), about_two("termination")], 30e6),
        ([about_two("reduction", 16e6)], 16e6),
        ([about_two("reduction")], 0.0),  # of unknown size: not guessed, flagged in `explain`
        ([about_two("acceptance")], 0.0),
    ],
)
def test_what_ended_or_was_reduced_is_told_in_yuan(facts: Sequence[ContractFact], lost: float) -> None:
    assert rows(facts)[TWO].lost_cny == pytest.approx(lost)


def test_it_is_told_from_the_day_it_was_known() -> None:
    facts = [about_two("termination")]
    assert rows(facts, date(2025, 3, 31))[TWO].lost_cny == 0.0
    assert rows(facts)[TWO].lost_cny == 36e6


def test_a_firm_without_an_amount_has_lost_an_unknown_sum() -> None:
    found = screen(on(market([order(amount=None)]), LATER)).rows[0]
    assert (found.lost_cny, found.score_after_haircut, found.haircut_n) == (None, None, None)


def test_a_class_is_worth_what_was_kept_of_it_and_an_unknown_one_nothing_known() -> None:
    told = [*ROWS, order("D-1", symbol=TWO), order("E-1", symbol=TWO)]
    facts = [fact("acceptance", LATER, "D-1", symbol=TWO), fact("termination", LATER, "E-1", symbol=TWO)]
    panel = on(market(told, facts), LATER)
    one = realised(panel, ScreenOptions())["A"]
    assert (one.n, one.announced_cny, one.kept_cny, one.share) == (2, 72e6, 36e6, 0.5)
    found = {row.symbol: row for row in screen(panel).rows}
    whole = found[ONE].score
    assert whole is not None and found[ONE].score_after_haircut == pytest.approx(whole / 2)
    assert found[ONE].haircut_n == 2
    assert (found[TWO].score_after_haircut, found[TWO].haircut_n) == (None, None)  # nothing is told of class B


def test_neither_moves_the_score() -> None:
    told = [*ROWS, order("D-1", symbol=TWO)]
    with_fate = screen(on(market(told, [fact("termination", LATER, "D-1", symbol=TWO)]), LATER)).rows
    without = screen(on(market(ROWS), LATER)).rows
    assert {row.symbol: row.score for row in with_fate} == {row.symbol: row.score for row in without}
