"""A finished back-test measured: typed figures, the one shape of an answer, and a function of somebody's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from screener.backtest import trials
from screener.core.config import BacktestOptions, ExecutionOptions, Universe
from screener.core.errors import StrategyError, UsageError
from screener.evaluation.appraisal import ROLLING, Appraisal, appraise
from tests.backtest.markets import make_market
from tests.backtest.sweeps import moving_market

OPTIONS = BacktestOptions(universe=Universe.MARKET, warm_up=20)
KEYS = (
    "strategy",
    "params",
    "universe",
    "start",
    "end",
    "sessions",
    "initial_cash",
    "final_value",
    "benchmark",
    "total_return",
    "benchmark_return",
    "benchmark_return_from_open",
    "excess_return",
    "annualized_return",
    "volatility",
    "sharpe",
    "tracking_error",
    "information_ratio",
    "alpha",
    "beta",
    "max_drawdown",
    "benchmark_days",
    "benchmark_total_return",
    "benchmark_total_return_to",
    "filled_at_day_average",
    "at_ten_times_cash",
    "against_decision",
    "turnover",
    "without_best_firm",
    "best_firm",
    "effective_firms",
    "days_to_trade",
    "costs",
    "dividend_tax_due",
    "carried_without_a_price",
    "statistics",
    "orders",
    "fills",
    "near_limit_fills",
    "refusals",
    "audit",
    "look_ahead",
    "hindsight",
    "notes",
    "data",
)


def weights(panel: Any, *, k: int = 1, hold: int = 5) -> dict[str, float] | None:
    if panel.t % hold and not panel.first_decision:
        return None
    rise = panel.close[-1] / panel.close[-6]
    top = sorted(range(len(rise)), key=lambda n: -rise[n])[:k]
    return {panel.symbols[n]: 0.9 / k for n in top}


@cache
def found() -> Appraisal:
    return appraise(moving_market(), weights, OPTIONS, params={"k": 2})


# What it is


def test_the_curves_end_where_the_figures_say() -> None:
    curves, figures = found().curves, found().performance
    assert curves.strategy[-1] - 1 == pytest.approx(found().result.total_return)
    assert curves.drawdown.min() == pytest.approx(figures.max_drawdown.value)
    assert curves.benchmark[-1] - 1 == pytest.approx(figures.benchmark_return.value)


def test_the_rolling_excess_starts_when_a_window_is_full() -> None:
    curves = found().curves
    assert np.isnan(curves.rolling_excess[:ROLLING]).all()
    last = curves.strategy[-1] / curves.strategy[-1 - ROLLING]
    other = curves.benchmark[-1] / curves.benchmark[-1 - ROLLING]
    assert curves.rolling_excess[-1] == pytest.approx(last - other)


def test_the_months_multiply_to_the_total_and_the_profits_add_up_to_it() -> None:
    run = found().result
    assert np.prod(1 + found().months["strategy"].to_numpy()) - 1 == pytest.approx(run.total_return)
    assert sum(row.yuan for row in found().profits) == pytest.approx(run.final_value - run.initial_cash, abs=0.005)
    assert [row.yuan for row in found().profits] == sorted((row.yuan for row in found().profits), reverse=True)


def test_a_line_of_a_comparison_has_the_figures_of_the_summary() -> None:
    line, told = found().compared, found().summary
    assert (line.total_return, line.excess, line.without_best) == (
        told["total_return"],
        told["excess_return"],
        told["without_best_firm"],
    )
    assert (line.fills, line.refusals, line.sharpe) == (told["fills"], told["refusals"], told["sharpe"])


def test_the_own_band_says_what_it_is_worth() -> None:
    short = appraise(moving_market(), weights, BacktestOptions(universe=Universe.MARKET, warm_up=200))
    assert str(found().own_band).startswith(str(found().own_band.band)) and found().own_band.long_enough
    assert "no verdict" in str(short.own_band)


def test_without_a_benchmark_there_is_no_band_and_no_excess() -> None:
    market = replace(make_market(np.linspace(10, 20, 120)), indices={})
    blind = appraise(market, lambda panel: {"300001.SZ": 0.5}, OPTIONS)
    assert not blind.result.paired.n and blind.own_band.band is None and "no benchmark" in str(blind.own_band)
    assert blind.total_return_benchmark.value is None and "nothing to compare with" in blind.stands_on.stamps[-1]


# One shape


def test_what_it_stands_on_says_every_option_of_the_run() -> None:
    standing = found().stands_on
    assert standing.price_session == standing.as_of == found().last and standing.synthetic
    assert standing.universe == "market" and standing.hindsight.startswith("HINDSIGHT")
    assert set(ExecutionOptions.model_fields) <= set(standing.rules)
    assert standing.rules["params"] == {"k": 2, "hold": 5} and standing.rules["start"] == found().first
    assert standing.as_dict()["universe"] == "market"  # no option of the screen takes its place


def test_a_parameter_counts_before_an_option_of_that_name() -> None:
    run = appraise(moving_market(), "backlog_yield", OPTIONS, params={"policy": "gross"})
    assert run.stands_on.rules["params"]["policy"] == "gross" and "policy" not in run.stands_on.rules


def test_json_keeps_the_keys_others_script_against() -> None:
    assert tuple(found().as_dict()) == (*KEYS, "stands_on")


def test_json_has_days_as_days_and_what_it_stands_on() -> None:
    told = found().as_dict()
    assert isinstance(told["start"], date) and told["stands_on"]["synthetic"] is True
    assert told["data"]["last_session"] == found().result.market.sessions[-1].astype(object)
    assert all(set(row) == {"figure", "value", "low", "high", "n", "note"} for row in told["statistics"])


def test_tables_and_sheets_hold_the_same_figures() -> None:
    (row,), lines = found().tables()["summary"], found().sheets()["summary"]
    figures = {line["figure"]: line["value"] for line in lines}
    assert figures["total_return"] == row["total_return"]
    assert figures["costs commission"] == row["costs"]["commission"]
    assert set(found().tables()) == {"summary", "orders", "equity", "contributions", "stands_on"}


def test_a_look_at_it_is_short_and_says_what_the_prices_are() -> None:
    assert len(repr(found()).splitlines()) <= 40
    assert "SYNTHETIC" in repr(found()) and "HINDSIGHT" in found()._repr_html_()


def test_the_audit_waits_until_it_is_asked_for() -> None:
    checked = appraise(moving_market(), weights, OPTIONS, audited=True)
    _ = repr(checked), checked.performance, checked.statistics
    assert "audit" not in vars(checked) and found().summary["audit"] is None
    assert checked.summary["audit"]["max_abs_diff_cny"] < 0.005
    assert {line["figure"] for line in checked.sheets()["summary"]} >= {"audit engine", "audit max_abs_diff_cny"}


# Strategies


def test_a_run_goes_to_the_ledger_and_is_deflated_by_it(tmp_path: Path) -> None:
    for k in (1, 2):
        last = appraise(moving_market(), weights, OPTIONS, params={"k": k}, ledger=tmp_path / "s.duckdb")
    assert trials.read(tmp_path / "s.duckdb")["code"].n_unique() == 1
    (note,) = [row.note for row in last.statistics if row.figure == "deflated_sharpe"]
    assert note.startswith("2 variants tried")
    assert appraise(moving_market(), weights, OPTIONS).trials is None


def test_a_name_takes_the_words_of_the_command_line() -> None:
    run = appraise(moving_market(), "order_drift", OPTIONS, params=["hold=3"]).result
    assert (run.strategy, run.params) == ("order_drift", {"hold": 3})


@pytest.mark.parametrize(
    ("strategy", "params", "error", "said"),
    [
        (weights, {"x": 1}, UsageError, "unexpected keyword argument"),
        (weights, ["k=1"], UsageError, "are values"),
        (3, {}, UsageError, "not a strategy"),
        ("no_such", {}, StrategyError, "no such strategy"),
        ("order_drift", {"x": 1}, UsageError, "no such parameter"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(strategy: Any, params: Any, error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        appraise(moving_market(), strategy, OPTIONS, params=params)


def test_an_error_in_a_function_of_ones_own_is_shown_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        appraise(moving_market(), lambda panel: {"300001.SZ": 1 / 0}, OPTIONS)
