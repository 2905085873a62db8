from datetime import date
from typing import Any

import pytest

from tests.screen.world import DAY, TWO, backlog, evening, fact, later, lines, link, market, on, order

HALF = date(2026, 12, 15)  # half of 36 months from 2025-06-15
SERVICE = [order(amount=36e6)]


def left(day: date, *more: Any, **options: Any) -> float:
    return backlog(day, SERVICE, *more, **options)


@pytest.mark.parametrize(
    ("day", "lag", "months_left"),
    [
        (date(2025, 1, 15), 5, 36),
        (date(2025, 6, 15), 5, 36),
        (date(2025, 7, 15), 5, 35),
        (date(2025, 7, 15), 0, 30),
        (date(2028, 6, 14), 5, 1 / 31),
        (date(2028, 6, 15), 5, 0),
    ],
)
def test_service_burns_evenly_from_announcement_and_lag(day: date, lag: int, months_left: float) -> None:
    assert left(day, lag_months=lag) == pytest.approx(months_left * 1e6, abs=0.01)


def test_burn_none_keeps_what_was_announced() -> None:
    assert left(date(2040, 1, 1), burn="none") == 36e6


def test_acceptance_starts_the_burn() -> None:
    assert left(HALF, [fact("acceptance", date(2025, 12, 15))]) == pytest.approx(24e6)


def test_a_delay_moves_the_start_until_acceptance_is_known() -> None:
    delayed = fact("delay", date(2026, 6, 15), known_at=evening(date(2025, 6, 1)))
    assert left(HALF, [delayed]) == pytest.approx(30e6)
    assert left(HALF, [delayed, fact("acceptance", date(2026, 9, 15))]) == pytest.approx(33e6)


def test_recognised_revenue_confirms_but_does_not_burn() -> None:
    found = lines(HALF, SERVICE, [fact("revenue_recognised", HALF, amount=5e6)])["A-1"]
    assert (found.remaining, found.recognised, found.flags) == (18e6, 5e6, ())


@pytest.mark.parametrize(("day", "expected"), [(HALF, 12e6), (date(2027, 9, 15), 6e6), (date(2028, 6, 15), 0.0)])
def test_a_reduction_comes_off_the_rest_and_the_rest_still_ends_on_time(day: date, expected: float) -> None:
    assert left(day, [fact("reduction", HALF, amount=6e6)]) == pytest.approx(expected)


def test_a_reduction_beyond_the_rest_leaves_nothing() -> None:
    assert left(HALF, [fact("reduction", HALF, amount=60e6)]) == 0.0


def test_a_reduction_of_unknown_size_is_flagged_and_changes_nothing() -> None:
    found = lines(HALF, SERVICE, [fact("reduction", HALF)])["A-1"]
    assert found.remaining == 18e6 and "reduction_of_unknown_size" in found.flags


@pytest.mark.parametrize(("kind", "reason"), [("termination", "terminated"), ("denial", "denied")])
def test_an_ended_contract_leaves_nothing_and_says_why(kind: str, reason: str) -> None:
    found = lines(HALF, SERVICE, [fact(kind, HALF)])["A-1"]
    assert (found.counted, found.reason, found.remaining, found.finished) == (False, reason, 0.0, False)


def test_a_termination_works_from_the_day_it_is_known_not_the_day_it_names() -> None:
    world = market([order()], [fact("termination", date(2025, 9, 1), known_at=evening(date(2025, 10, 9)))])
    from screener.core.config import ScreenOptions
    from screener.screen.contracts import contracts

    counted = [contracts(on(world, day), ScreenOptions())[0].counted for day in (date(2025, 10, 8), date(2025, 10, 9))]
    assert counted == [True, False]


@pytest.mark.parametrize(("day", "expected"), [(DAY, 6e6), (date(2025, 4, 15), 3e6), (date(2025, 7, 15), 0.0)])
def test_integration_runs_off_in_six_months_whatever_the_lag(day: date, expected: float) -> None:
    assert backlog(day, [order(amount=6e6, work="integration", term_months=None)]) == pytest.approx(expected)


def test_accepted_integration_is_finished() -> None:
    found = lines(date(2025, 3, 1), [order(work="integration")], [fact("acceptance", date(2025, 2, 20))])["A-1"]
    assert found.finished and found.plan.end == date(2025, 2, 20)


def test_a_service_without_a_term_is_kept_whole_and_flagged() -> None:
    found = lines(date(2035, 1, 1), [order(term_months=None)])["A-1"]
    assert found.remaining == 36e6 and "no_term" in found.flags and found.plan.end is None
    assert found.as_dict()["run_off"] == "term_unknown"


@pytest.mark.parametrize(("burn", "run_off"), [("straight_line", "straight_line"), ("none", "not_burned")])
def test_a_contract_that_is_not_burned_is_no_contract_without_a_term(burn: str, run_off: str) -> None:
    found = lines(date(2025, 3, 1), [order()], burn=burn)["A-1"]
    assert (found.as_dict()["run_off"], "no_term" in found.flags) == (run_off, False)
    bought = lines(date(2025, 3, 1), [order(direction="outflow", term_months=None)])["A-1"]
    assert bought.as_dict()["run_off"] is None


@pytest.mark.parametrize(
    ("day", "facts", "links", "flagged"),
    [
        (date(2026, 1, 14), [], [], False),
        (date(2026, 1, 15), [], [], True),
        (date(2026, 1, 15), [fact("acceptance", DAY)], [], False),
        (date(2026, 1, 15), [fact("delay", DAY)], [], True),
        (date(2026, 1, 15), [], [link("B-1", "A-1", "confirms", "asserted")], False),
        (date(2026, 1, 15), [], [link("B-1", "A-1", "confirms", "suspected")], True),
    ],
)
def test_a_year_without_evidence_makes_a_contract_unconfirmed(day: date, facts: Any, links: Any, flagged: bool) -> None:
    rows = [*SERVICE, order("B-1", direction="unclear")]
    assert ("unconfirmed" in lines(day, rows, facts, links)["A-1"].flags) == flagged
    assert lines(day, rows, facts, links, confirmed_only=True)["A-1"].counted != flagged


@pytest.mark.parametrize(("tax", "expected"), [("included", 100.0), ("unknown", 106.0), ("excluded", 106.0)])
def test_vat_comes_off_where_it_is_said_to_be_included(tax: str, expected: float) -> None:
    assert backlog(DAY, [order(amount=106.0, tax=tax)], vat_rate=0.06) == pytest.approx(expected)


@pytest.mark.parametrize(("stake", "expected"), [(0.51, 51.0), (None, 100.0)])
def test_the_parents_stake_is_taken_where_it_is_known(stake: float | None, expected: float) -> None:
    rows = [order(amount=100.0, stake=stake)]
    assert backlog(DAY, rows, attributable=True) == pytest.approx(expected) and backlog(DAY, rows) == 100.0
    assert ("stake_unknown" in lines(DAY, rows)["A-1"].flags) == (stake is None)


def test_a_fact_belongs_to_its_own_contract_only() -> None:
    rows = [order("A-1"), order("B-1", symbol=TWO)]
    found = lines(later(DAY, 30), rows, [fact("termination", later(DAY, 20), "B-1")])
    assert found["A-1"].counted and not found["B-1"].counted
