from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.config import Burn, Policy, ScreenOptions
from screener.core.errors import UsageError
from screener.screen.factors import FACTORS, Firm, beside, factor_values, runoff_by_quarter, runoff_of, scores
from screener.screen.ranking import screen
from tests.screen.world import DAY, ONE, TWO, fact, lines, market, on, order

CAP = 1e9  # 10 yuan × 100 million shares
END = date(2026, 1, 15)


def firm(day: date, *commitments: Any, facts: Any = (), cap: float | None = CAP, **options: Any) -> Firm:
    return Firm(ONE, day, cap, tuple(lines(day, commitments, facts, **options).values()))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("score", 0.029),  # 29 of 36 months left
        ("announced_to_cap", 0.036),
        ("annualised_to_cap", 0.012),
        ("orders_12m_to_cap", 0.0),
        ("days_since_last_order", 365.0),
        ("remaining_life_months", 29.0),
        ("purchases_to_cap", None),
        ("unnamed_share", 1.0),
    ],
)
def test_factors_of_a_single_service_contract(name: str, expected: float | None) -> None:
    assert FACTORS[name](firm(END, order())) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("name", FACTORS)
def test_every_factor_is_unknown_for_a_firm_of_which_nothing_is_known(name: str) -> None:
    assert FACTORS[name](firm(END)) is None
    assert FACTORS[name](firm(END, order(amount=None))) is None


@pytest.mark.parametrize("name", [name for name in FACTORS if name.endswith("to_cap") or name == "score"])
def test_without_a_market_cap_a_share_of_it_is_unknown_not_zero(name: str) -> None:
    assert FACTORS[name](firm(END, order(), order("P-1", kind="purchase", direction="outflow"), cap=None)) is None


def test_integration_is_no_run_rate() -> None:
    both = firm(DAY, order(), order("B-1", work="integration"))
    assert FACTORS["annualised_to_cap"](both) == pytest.approx(0.012)


def test_purchases_are_outflows_and_never_backlog() -> None:
    buyer = firm(DAY, order("P-1", amount=2e9, kind="purchase", direction="outflow"))
    found = beside(buyer)
    assert FACTORS["score"](buyer) is None and "score" not in found and buyer.backlog is None
    assert [found[f"purchases_to_cap{end}"] for end in ("", "_at_40", "_at_25")] == pytest.approx([2.0, 0.8, 0.5])


def test_the_unnamed_share_weighs_what_remains() -> None:
    both = firm(DAY, order(amount=30e6), order("B-1", amount=10e6, counterparty_named=True))
    assert FACTORS["unnamed_share"](both) == pytest.approx(0.75)


AMOUNTS = st.integers(1, 10**12).map(lambda fen: fen / 100)


@given(amount=AMOUNTS, term=st.one_of(st.none(), st.integers(1, 90)), day=st.dates(DAY, date(2030, 1, 1)))
def test_the_run_off_sums_to_the_backlog_to_the_fen(amount: float, term: int | None, day: date) -> None:
    one = firm(day, order(amount=amount, term_months=term), order("B-1", amount=amount, work="integration"))
    assert round(sum(runoff_by_quarter(one).values()) * 100) == round((one.backlog or 0.0) * 100)
    for row in one.running:
        assert sum(round(yuan * 100) for yuan in runoff_of(row).values()) == round((row.remaining or 0.0) * 100)


def test_work_without_a_schedule_runs_off_unscheduled() -> None:
    assert runoff_by_quarter(firm(DAY, order(term_months=None))) == {"unscheduled": 36e6}
    assert runoff_by_quarter(firm(DAY, order(), burn="none")) == {"unscheduled": 36e6}


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize(("lag", "burn"), [(0, "straight_line"), (5, "straight_line"), (5, "none")])
def test_the_fast_scores_are_those_of_the_screen(policy: Policy, lag: int, burn: str) -> None:
    world = market([order(), order("B-1", work="integration"), order("C-1", symbol=TWO, amount=None)])
    panel = on(world, date(2025, 5, 20))
    result = screen(panel, ScreenOptions(policy=policy, lag_months=lag, burn=Burn(burn)))
    assert scores(panel, policy, lag, burn) == {row.symbol: row.score for row in result.rows if row.score is not None}


def test_remembered_plans_are_not_used_once_a_further_fact_is_known() -> None:
    world = market([order()], [fact("termination", date(2025, 3, 3))])
    assert [len(scores(on(world, date(2025, 3, day)))) for day in (2, 3, 2)] == [1, 0, 1]


@pytest.mark.parametrize("given_", [{"policy": "loose"}, {"burn": "fast"}, {"lag": -1}])
def test_scores_refuse_switches_they_do_not_have(given_: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="not understood"):
        scores(on(market([order()]), END), **given_)


def test_one_factor_over_the_universe_and_no_unknown_factor() -> None:
    panel = on(market([order()]), DAY)
    assert factor_values(panel, "score")[ONE] == pytest.approx(0.036) and factor_values(panel, "score")[TWO] is None
    with pytest.raises(UsageError, match="no such factor"):
        factor_values(panel, "charm")
