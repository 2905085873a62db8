from datetime import date

import pytest

from screener.core.config import Universe
from screener.core.errors import UnknownSymbol
from screener.screen.explain import Explanation, explain
from screener.screen.ranking import screen
from tests.screen.world import DAY, ONE, TWO, fact, later, link, market, on, order

SPRING = date(2025, 5, 20)


def told() -> Explanation:
    rows = [order(), order("B-1", later(DAY, 20)), order("C-1", symbol=TWO), order("D-1", amount=None)]
    links = [link("B-1", "A-1", day=later(DAY, 20))]
    return explain(on(market(rows, [fact("acceptance", date(2025, 4, 1))], links), SPRING), ONE)


def test_every_line_of_the_firm_is_told_with_its_reason() -> None:
    lines = {row.commitment.commitment_id: row.reason for row in told().contracts}
    assert lines == {"A-1": "", "D-1": "no_amount", "B-1": "duplicate"}
    assert [row.announcement_id for row in told().announcements] == ["A", "D", "B"]


def test_facts_and_links_stand_with_their_state() -> None:
    assert [(row.kind, row.commitment_id) for row in told().facts] == [("acceptance", "A-1")]
    assert [(row.kind, row.state, row.evidence) for row in told().links] == [("re_announces", "suspected", None)]


def test_the_row_is_that_of_the_screen() -> None:
    panel = on(market([order(), order("B-1", symbol=TWO)]), SPRING)
    assert explain(panel, ONE).row == next(row for row in screen(panel).rows if row.symbol == ONE)


def test_a_firm_outside_the_universe_is_explained_without_a_rank() -> None:
    panel = on(market([order(is_compute=False)]), SPRING, Universe.KNOWN)
    found = explain(panel, ONE)
    assert found.row.rank is None and found.row.reason == "order not counted: not compute (2025-01-15)"


def test_the_run_off_matrix_has_every_quarter_and_sums_to_the_backlog() -> None:
    frame = told().runoff_frame()
    assert frame.columns[:3] == ["commitment_id", "2025Q2", "2025Q3"] and frame.columns[-2:] == ["2028Q1", "total"]
    assert frame["total"].sum() == told().row.backlog_cny


def test_nothing_known_later_is_told() -> None:
    world = market([order("A-1"), order("B-1", date(2025, 9, 1))], [fact("termination", date(2025, 9, 2))])
    found = explain(on(world, SPRING), ONE)
    assert (len(found.contracts), found.facts, len(found.announcements)) == (1, (), 1)


def test_a_symbol_the_market_does_not_hold_is_refused() -> None:
    with pytest.raises(UnknownSymbol, match=r"600000\.SH"):
        explain(on(market([order()]), SPRING), "600000.SH")


def test_it_becomes_plain_values_and_a_frame() -> None:
    plain = told().as_dict()
    assert plain["lines"][0]["remaining_cny"] == plain["backlog_cny"] and told().lines_frame().height == 3
