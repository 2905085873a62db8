"""Cheating on purpose, on the SYNTHETIC market: every figure is a run of its own, and the honest one stays honest."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from screener.backtest import engine, mistakes, strategy
from screener.backtest.mistakes import Asked, Mistake
from screener.core.config import BacktestOptions
from screener.point_in_time.market import Market
from tests.synthetic import synthetic_frames


@cache
def market() -> Market:
    return Market.build(synthetic_frames())


@cache
def run_of(name: str) -> Asked:
    decide, params = strategy.load(name).bind()
    return decide, engine.run(market(), decide, BacktestOptions(), params=params, name=name)


def test_no_mistake_gives_the_honest_result() -> None:
    run = run_of("order_drift")
    assert mistakes.again(run, []).final_value == run[1].final_value
    assert mistakes.cheated(run, []) is run[1]


@pytest.mark.parametrize("mistake", [one for one in mistakes.MISTAKES if not one.earlier and not one.shown])
@pytest.mark.parametrize("name", ["order_drift", "backlog_yield"])
def test_what_a_strategy_is_not_shown_changes_no_decision(name: str, mistake: Mistake) -> None:
    asked, executed = mistakes.again(run_of(name), [mistake]), mistakes.cheated(run_of(name), [mistake])
    np.testing.assert_array_equal(asked.decisions.weights, executed.decisions.weights)
    assert asked.final_value == executed.final_value


def test_each_step_is_a_run_of_its_own_and_the_changes_add_up() -> None:
    run = run_of("order_drift")
    steps = mistakes.mistakes_of([run]).steps
    assert [step.total for step in steps] == [
        mistakes.cheated(run, mistakes.MISTAKES[:count]).total_return for count in range(len(steps))
    ]
    assert sum(step.change for step in steps) == pytest.approx(steps[-1].total)


def test_alone_each_mistake_is_measured_against_the_honest_run() -> None:
    run = run_of("equal_weight")
    found = mistakes.mistakes_of([run])
    assert (found.names, found.honest) == (("equal_weight",), (run[1].total_return,))
    for mistake in mistakes.MISTAKES:
        (cell,) = found.alone[mistake.name]
        assert cell.total == mistakes.cheated(run, [mistake]).total_return
        assert cell.change == cell.total - run[1].total_return


def test_gross_counting_is_a_pair_of_runs_of_the_backlog_strategy() -> None:
    gross = mistakes.mistakes_of([run_of("backlog_yield")]).gross
    assert gross is not None and gross.policy == "firm"
    assert gross.honest == run_of("backlog_yield")[1].total_return
    assert gross.change == pytest.approx(gross.total - gross.honest)


def test_what_was_not_run_has_no_figures() -> None:
    found = mistakes.mistakes_of([])
    assert (found.steps, found.names, found.honest, found.gross) == ((), (), (), None)
    assert set(found.alone.values()) == {()}


def test_without_limits_nothing_is_refused_for_a_limit() -> None:
    result = mistakes.cheated(run_of("equal_weight"), [Mistake("x", mistakes.no_limits)])
    assert not {"limit_up", "limit_down"} & set(result.refusals_by_reason)


def test_a_credited_conversion_makes_shares_out_of_nothing() -> None:
    changed, _ = mistakes.credited_conversion(market(), BacktestOptions())
    honest = [a for a in market().actions if a.kind == mistakes.CONVERSION]
    credited = [b for a, b in zip(market().actions, changed.actions, strict=True) if a in honest]
    assert honest
    assert all(action.kind == "bonus" and action.shares_to_holder > 0 for action in credited)


def test_the_volume_of_a_bar_stands_on_the_bar_before_it() -> None:
    moved, options = mistakes.same_day_volume(market(), BacktestOptions())
    bars, factor, k = np.flatnonzero(np.isfinite(market().volume[:, 0])), market().share_factor, 40
    ratio = factor[bars[k], 0] / factor[bars[k - 1], 0]
    assert moved.volume[bars[k - 1], 0] * ratio == pytest.approx(market().volume[bars[k], 0])
    assert options.execution.participation_sessions == 1


def test_the_honest_market_is_left_as_it_was() -> None:
    before = market().limit_up.copy()
    mistakes.cheated(run_of("order_drift"), mistakes.MISTAKES)
    np.testing.assert_array_equal(market().limit_up, before)
