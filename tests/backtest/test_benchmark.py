"""The index of a back-test: its levels on the sessions of the run, what is named where they are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from screener.backtest.benchmark import benchmark_levels, remarks_on_benchmark, session_before
from screener.core.config import BacktestOptions, Universe
from screener.evaluation.appraisal import Appraisal, appraise
from screener.point_in_time.indices import IndexSeries
from screener.point_in_time.market import Market
from tests.backtest.markets import make_market

CLOSE = np.linspace(10, 20, 90)
WHOLE = make_market(CLOSE)
DAYS = WHOLE.sessions
LEVELS = 4000.0 * 1.001 ** np.arange(90.0)


def lacking(*rows: int) -> Market:
    """The market, its index without these rows."""
    kept = np.setdiff1d(np.arange(90), rows)
    series = IndexSeries(DAYS[kept], DAYS[kept].astype("datetime64[us]"), LEVELS[kept] - 1, LEVELS[kept])
    return replace(WHOLE, indices={"000300.SH": series})


def tried(market: Market, start: int, end: int = 89) -> Appraisal:
    options = BacktestOptions(universe=Universe.MARKET, start=DAYS[start].astype(object), end=DAYS[end].astype(object))
    return appraise(market, lambda panel: {"300001.SZ": 0.5} if panel.first_decision else None, options)


def test_levels_start_with_the_close_before_and_gaps_stay_gaps() -> None:
    close, opening = benchmark_levels(lacking(15), 13, 17)
    assert close[:3].tolist() == LEVELS[12:15].tolist() and np.isnan([close[3], opening[2]]).all()
    assert opening[3] == LEVELS[16] - 1


def test_an_older_close_is_not_that_of_the_session_before() -> None:
    assert np.isnan(benchmark_levels(lacking(11, 12), 13, 17)[0][0])


def test_the_session_before_the_first_bar_is_one_of_the_calendar() -> None:
    assert session_before(WHOLE, 0) == np.datetime64("2024-09-30")  # before the National Day closure
    assert session_before(WHOLE, 5) == DAYS[4]


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ((), ()),
        ((20, 22), (f"on 2 of 30 sessions ({DAYS[20]}, {DAYS[22]}): returns beside it run over the gap",)),
        (range(25), (f"begins {DAYS[25]}: relative figures start at its close of {DAYS[25]}",)),
        ((9,), (f"has no close from {DAYS[9]} to {DAYS[9]}: relative figures start at its close of {DAYS[10]}",)),
        ((38, 39), (f"has no close after {DAYS[37]}: relative figures end there",)),
        (range(60), (f"has no close from {DAYS[9]} to {DAYS[39]}: nothing to compare with",)),
    ],
    ids=["none", "holes", "begins late", "the day before", "at the end", "begins after the run"],
)
def test_what_is_missing_is_named(missing: Sequence[int], said: Sequence[str]) -> None:
    told = remarks_on_benchmark(lacking(*missing), 10, 40)
    assert len(told) == len(said) and all(part in line for part, line in zip(said, told, strict=True))


def test_a_hole_costs_its_day_and_no_total() -> None:
    whole, holed = tried(lacking(), 10), tried(lacking(30), 10)
    figures, other = whole.performance, holed.performance
    assert other.benchmark_return.value == figures.benchmark_return.value
    assert other.excess_return.value == figures.excess_return.value
    assert (figures.beta.n, other.beta.n) == (80, 79)
    assert str(DAYS[30]) in holed.stands_on.stamps[-1] and str(DAYS[30]) in other.beta.reason
    assert {row.figure for row in holed.statistics} == {row.figure for row in whole.statistics}


def test_relative_figures_start_where_the_index_starts() -> None:
    late = tried(lacking(*range(25)), 10)
    account, days = late.wealth, late.summary["benchmark_days"]
    assert (days["from"], days["returns"], days["missing"]) == (DAYS[25].astype(object), 64, 16)
    assert late.performance.benchmark_return.value == pytest.approx(LEVELS[89] / LEVELS[25] - 1)
    assert late.performance.benchmark_return_from_open.value == pytest.approx(LEVELS[89] / (LEVELS[26] - 1) - 1)
    assert late.performance.excess_return.value == pytest.approx(account[-1] / account[16] - LEVELS[89] / LEVELS[25])
    assert late.curves.benchmark[-1] - 1 == pytest.approx(late.performance.benchmark_return.value)


def test_a_run_that_ends_in_a_hole_is_compared_up_to_it() -> None:
    days = tried(lacking(40), 10, end=40).benchmark_days
    assert (days.last, days.returns, days.whole) == (DAYS[39].astype(object), 30, False)


def test_the_default_end_is_said_where_the_index_ends_first() -> None:
    market = lacking(*range(80, 90))
    found = appraise(market, lambda panel: None, BacktestOptions(universe=Universe.MARKET, warm_up=20))
    assert found.last == DAYS[79].astype(object) and f"ends {DAYS[79]}" in found.result.notes[0]


def test_a_fall_from_the_first_session_begins_on_the_session_before() -> None:
    market = make_market(np.linspace(20, 10, 90))
    options = BacktestOptions(universe=Universe.MARKET, start=date(2024, 10, 14))  # a Monday
    found = appraise(market, lambda panel: {"300001.SZ": 0.9} if panel.first_decision else None, options)
    fall = found.performance.drawdown
    assert fall is not None and fall.peak == date(2024, 10, 11) and fall.peak_index == 0
