"""Clusters, correlation, placebo dates, longer horizons: single tests against sums done another way."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.evaluation.event_study import longrun, randomisation, ranks
from screener.evaluation.event_study.clusters import clusters, effective_firms, effective_n, spans
from screener.evaluation.event_study.correlation import mean_correlation, mean_correlations
from screener.evaluation.event_study.model import Abnormal
from screener.evaluation.event_study.parametric import bmp, kolari_pynnonen
from screener.evaluation.event_study.placebo import Placebo
from screener.evaluation.event_study.study import EVENT_TESTS
from tests.cases import drawn
from tests.evaluation.cases import simulated


def test_chained_windows_are_one_cluster() -> None:
    assert clusters(np.array([[20, 21], [1, 2], [2, 3], [3, 4], [9, -1]])) == [[1, 2, 3], [4], [0]]


def test_effective_numbers() -> None:
    assert effective_n(12, 0.5) == pytest.approx(1.846, abs=1e-3)
    assert effective_n(12, -0.5) == 12
    assert effective_firms(np.array([0, 0, 0, 1])) == pytest.approx(1.6)


def test_events_that_share_no_session_are_not_correlated() -> None:
    rng = np.random.default_rng(1)
    apart, together = simulated(rng, common=0.9), simulated(rng, common=0.9, same_dates=True)
    assert mean_correlation(apart) == 0.0
    assert mean_correlation(together) == pytest.approx(0.9, abs=0.05)


@given(st.integers(0, 10_000))
def test_correlations_of_looks_taken_together_are_those_of_each(seed: int) -> None:
    rng = np.random.default_rng(seed)
    events = simulated(rng, n=12, common=0.5, same_dates=True)
    rows = rng.integers(0, 4, (12, 1)) + np.arange(2)  # some share a session
    every = [np.flatnonzero(rng.random(12) < share) for share in (1.0, 0.7, 0.5)]
    looks = [replace(events, event_rows=rows - np.array([k, 0])).take(some) for k, some in enumerate(every)]
    together = mean_correlations(dict(zip(looks, every, strict=True)))
    assert together == pytest.approx([_mean_correlation(one) for one in looks], abs=1e-12)


def _mean_correlation(events: Abnormal) -> float:
    """Pair by pair; of residuals on the same sessions."""
    found, (first, last) = np.asarray(np.corrcoef(events.residuals)), spans(events.event_rows)
    near = [(i, j) for i, j in combinations(range(events.n), 2) if first[i] <= last[j] and first[j] <= last[i]]
    return 2 * sum(found[i, j] for i, j in near) / (events.n * (events.n - 1)) if near else 0.0


def test_correlation_shrinks_the_statistic() -> None:
    events = simulated(np.random.default_rng(2), common=0.5, same_dates=True, effect=0.02)
    assert 0 < abs(kolari_pynnonen(events).statistic or 0) < 0.5 * abs(bmp(events).statistic or 0)


def moves(clear: np.ndarray, *groups: tuple[int, int]) -> tuple[list[np.ndarray], int]:
    """(Offsets of clusters of one event each, firm and day; cells that were estimated) where only `clear` tells."""
    asked = []

    def filled(cells: np.ndarray) -> Placebo:
        asked.append(int(cells.sum()))
        return Placebo(np.zeros(clear.shape), np.zeros(clear.shape), clear & cells)

    firms, day0 = np.array(groups).T
    found, _ = randomisation.Moves([np.array([n]) for n in range(len(groups))], firms, day0, clear).admissible(filled)
    return found, sum(asked)


def test_placebo_dates_keep_off_true_events_and_stay_near() -> None:
    clear = np.ones((500, 1), dtype=bool)
    clear[240:260] = False
    (found,), estimated = moves(clear, (0, 250))
    assert np.abs(found).max() == 60 and not set(range(-10, 10)) & set(found.tolist())
    assert estimated == len(found)  # nothing further away


@pytest.mark.parametrize(("free", "widest"), [(5, 449), (60, 120)])
def test_a_cluster_with_little_room_goes_further(free: int, widest: int) -> None:
    clear = np.zeros((500, 1), dtype=bool)
    clear[[0, 499]] = True
    clear[130 : 130 + free] = True
    (found,), _ = moves(clear, (0, 50))
    assert np.abs(found).max() == (widest if free == 5 else 120)


def test_where_one_cluster_has_nowhere_to_go_nothing_is_estimated_for_the_others() -> None:
    clear = np.ones((500, 2), dtype=bool)
    clear[:, 1] = False
    assert moves(clear, (0, 250), (1, 250))[1] == 0 and moves(clear, (0, 250))[1] > 0


@pytest.mark.parametrize("last", [259, 260])
def test_a_cluster_without_a_free_session_has_no_placebo_whatever_is_estimated(last: int) -> None:
    events = replace(simulated(np.random.default_rng(3), n=3, length=30, days=1), event_rows=np.full((3, 1), 250))
    clear, day0 = np.zeros((300, 3), dtype=bool), np.full(3, 250)
    clear[last:260] = True  # the one session to which all three may move, or none
    table = Placebo(*(np.ones(clear.shape),) * 2, clear)
    found = randomisation.randomisation(events, day0, clear, lambda _: table, gap=5, draws=99)
    assert (found == randomisation.untold(3)) is (last == 260)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60)), min_size=2, max_size=8),
    st.integers(0, 6),
    st.integers(0, 1000),
)
def test_draws_in_which_windows_meet_are_those_of_a_plain_search(
    events: list[tuple[int, int]], gap: int, seed: int
) -> None:
    firms, day0 = np.array(events).T
    rows = np.random.default_rng(seed).integers(0, 60, (20, len(firms)))
    pairs = [(i, j) for i, j in combinations(range(len(firms)), 2) if firms[i] == firms[j]]
    apart = [(i, j) for i, j in pairs if abs(day0[i] - day0[j]) > gap]
    plain = [any(abs(draw[i] - draw[j]) <= gap for i, j in apart) for draw in rows]
    groups = randomisation._to_keep_apart(firms, day0, gap)
    assert randomisation._meet(rows - day0, np.arange(len(firms)), day0, groups, gap).tolist() == plain


def test_buy_and_hold_compounds_both_sides() -> None:
    own, other = np.array([[0.1, 0.1], [0.5, np.nan]]), np.array([[0.0, 0.1], [0.1, np.nan]])
    assert longrun.buy_and_hold(own, other) == pytest.approx([0.11, 0.4])


def test_skew_adjusted_statistic_by_hand() -> None:
    values = np.array([0.1, -0.05, 0.2, 0.6])
    s, n = values.mean() / values.std(ddof=1), 4
    g = ((values - values.mean()) ** 3).sum() / (n * values.std(ddof=1) ** 3)
    found = longrun.skew_adjusted_bhar(values)
    assert found.statistic == pytest.approx(2 * (s + g * s**2 / 3 + g / 24))
    assert "descriptive" in found.note


def test_calendar_portfolio_holds_each_firm_once() -> None:
    returns = np.tile([0.01, 0.03], (10, 1))
    portfolio, count = longrun.calendar_portfolio(returns, np.array([0, 0, 1]), np.array([2, 3, 4]), 3)
    assert count.tolist() == [0, 0, 1, 1, 2, 2, 1, 0, 0, 0]
    assert portfolio[4] == pytest.approx(0.02)


def test_calendar_time_alpha_is_that_of_statsmodels() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(4)
    market_, count = rng.normal(0, 0.01, 200), rng.integers(3, 9, 200)
    portfolio = 0.001 + market_ + rng.normal(0, 0.02, 200) / np.sqrt(count)
    found = longrun.calendar_time(portfolio, market_, count, lag=5)
    x = sm.add_constant(market_)
    expected = {
        "calendar_time_ols": sm.OLS(portfolio, x).fit(),
        "calendar_time_wls": sm.WLS(portfolio, x, weights=count).fit(),
        "calendar_time_newey_west": sm.OLS(portfolio, x).fit(
            cov_type="HAC", cov_kwds={"maxlags": 5, "use_correction": True}, use_t=True
        ),
    }
    for name, model in expected.items():
        assert (found[name].statistic, found[name].p) == pytest.approx((model.tvalues[0], model.pvalues[0]), abs=1e-9)


def test_clustered_error_is_that_of_statsmodels() -> None:
    import statsmodels.api as sm

    events = simulated(np.random.default_rng(5), n=30, days=3)
    found = longrun.clustered(events, both=False)
    groups = np.unique(events.event_rows.ravel(), return_inverse=True)[1]
    plain = sm.OLS(events.ar.ravel(), np.ones(90)).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    assert found.statistic == pytest.approx(float(plain.tvalues[0]) / (90 / 89) ** 0.5, rel=1e-6)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_rounding_decides_no_p_value_of_few_clusters(seed: int, both: bool) -> None:
    rng = np.random.default_rng(seed)
    events = simulated(rng, n=6, days=2)
    events = replace(events, event_rows=events.event_rows % 3, firms=np.arange(6) // 2)
    noisy = replace(events, ar=events.ar * (1.0 + rng.choice([-1.0, 1.0], events.ar.shape) * 2e-16))
    assert longrun.clustered(noisy, both=both).p == longrun.clustered(events, both=both).p


@settings(max_examples=drawn(20))
@given(st.integers(0, 10_000))
def test_p_values_are_probabilities(seed: int) -> None:
    events = simulated(np.random.default_rng(seed), n=5, length=60, days=2)
    for test in EVENT_TESTS.values():
        outcome = test(events)
        assert outcome.p is None or 0.0 <= outcome.p <= 1.0


@given(
    st.lists(st.lists(st.sampled_from([0.5, -1.0, 2.0, float("nan")]), min_size=4, max_size=4), min_size=1, max_size=5)
)
def test_ranks_within_an_event_are_those_of_scipy(rows: list[list[float]]) -> None:
    from scipy.stats import rankdata

    found, values = ranks.ranked(np.array(rows)), np.array(rows)
    assert np.array_equal(found, rankdata(values, axis=1, nan_policy="omit"), equal_nan=True)
