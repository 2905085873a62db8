"""Bootstraps, overfitting, Sharpe differences and what `backtest` prints of them, against the literature."""

from __future__ import annotations

from math import sqrt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.errors import ScreenerError
from screener.core.paired import pair
from screener.evaluation import inference as inf
from screener.evaluation.performance import sharpe
from tests.cases import drawn

RNG = np.random.default_rng(11)
MARKET = RNG.normal(0.0003, 0.012, 480)
OWN = 0.0004 + 1.1 * MARKET + 0.01 * RNG.standard_t(5, 480)


def autoregressive(phi: float, n: int, seed: int) -> np.ndarray:
    shocks = np.random.default_rng(seed).standard_normal(n)
    out = shocks.copy()
    for i in range(1, n):
        out[i] = phi * out[i - 1] + shocks[i]
    return out


@pytest.mark.parametrize(
    ("phi", "n", "stationary", "circular"),  # values of another implementation of the same papers
    [(0.0, 500, 3.18970886, 3.65130516), (0.5, 300, 7.13469225, 8.16718383), (0.9, 1000, 26.42162624, 30.24521187)],
)
def test_block_length_agrees_with_another_implementation(
    phi: float, n: int, stationary: float, circular: float
) -> None:
    rng = np.random.default_rng(1)
    series = {}
    for a, size in ((0.0, 500), (0.5, 300), (0.9, 1000)):
        out = rng.standard_normal(size)
        shocks = out.copy()
        for i in range(1, size):
            out[i] = a * out[i - 1] + shocks[i]
        series[a] = out
    found = inf.block_length(series[phi])
    assert (found.stationary, found.circular) == pytest.approx((stationary, circular), abs=1e-7)


def test_memory_lengthens_the_blocks() -> None:
    lengths = [inf.block_length(autoregressive(phi, 800, 3)).stationary for phi in (0.0, 0.5, 0.9)]
    assert lengths == sorted(lengths) and lengths[0] < 6


def test_a_series_that_stands_still_has_blocks_of_one() -> None:
    assert inf.block_length(np.zeros(100)) == inf.BlockLength(1.0, 1.0)


@given(st.integers(2, 60), st.floats(1.0, 20.0), st.integers(0, 99))
def test_resampled_rows_exist_and_blocks_run_on(n: int, length: float, seed: int) -> None:
    rows = np.concatenate([*inf.stationary_indices(n, length, 20, np.random.default_rng(seed))])
    assert rows.min() >= 0 and rows.max() < n and rows.shape == (20, n)


def test_strips_draw_what_one_piece_draws() -> None:
    n, count, rng = 100, 1000, np.random.default_rng(3)
    starts, first = rng.random((count, n)) < 1 / 4, rng.integers(0, n, (count, n), dtype=np.int32)
    starts[:, 0] = True
    begun = np.maximum.accumulate(np.where(starts, np.arange(n), 0), axis=1)
    expected = (np.take_along_axis(first, begun, axis=1) + np.arange(n) - begun) % n
    pieces = [*inf.stationary_indices(n, 4.0, count, np.random.default_rng(3))]
    assert len(pieces) > 1 and np.array_equal(np.concatenate(pieces), expected)


def test_the_mean_block_is_as_long_as_asked() -> None:
    rows = np.concatenate([*inf.stationary_indices(1000, 8.0, 200, np.random.default_rng(0))])
    breaks = ((rows[:, 1:] - rows[:, :-1]) % 1000 != 1).mean()
    assert 1 / breaks == pytest.approx(8.0, rel=0.05)


@pytest.mark.parametrize("length", [1, 7, 50])
def test_circular_sums_go_on_at_the_beginning(length: int) -> None:
    values = np.random.default_rng(0).normal(size=(50, 2))
    rows = (np.arange(50)[:, None] + np.arange(length)) % 50
    assert inf.circular_sums(values, length) == pytest.approx(values[rows].sum(axis=1))


def test_bootstrap_interval_agrees_with_the_formula_for_independent_returns() -> None:
    returns = np.random.default_rng(5).normal(0.001, 0.01, 1000)
    ours, formula = inf.sharpe_interval(returns, 242, resamples=999), sharpe(returns)
    assert ours.value == pytest.approx(formula.value)
    assert (ours.low, ours.high) == pytest.approx((formula.low, formula.high), rel=0.25)


def test_serial_correlation_lowers_the_annual_ratio() -> None:
    returns = 0.002 + 0.01 * autoregressive(0.5, 2000, 1)
    assert inf.annualisation(returns, lags=10) < 0.7 * sqrt(242)
    assert inf.annualisation(returns, lags=0) == pytest.approx(sqrt(242))


def test_more_trials_leave_less() -> None:
    held = inf.moments(OWN)
    left = [inf.deflated_sharpe(held, inf.Trials(n, 0.002, n)) for n in (1, 10, 1000)]
    assert left == sorted(left, reverse=True)
    assert left[0] == pytest.approx(inf.probabilistic_sharpe(held.sharpe, 0.0, held.error))


@settings(max_examples=drawn(50))
@given(st.floats(1.0, 3.0), st.floats(1.0, 3.0), st.floats(0.0, 0.01))
def test_a_second_try_never_adds_to_what_is_left(fewer: float, more: float, variance: float) -> None:
    fewer, more = sorted((fewer, more))
    assert 0.0 <= inf.expected_maximum(variance, fewer) <= inf.expected_maximum(variance, more)
    held = inf.moments(OWN)
    left = inf.deflated_sharpe(held, inf.Trials(3, variance, fewer))
    assert left <= inf.probabilistic_sharpe(held.sharpe, 0.0, held.error)


def test_the_best_of_luck_is_the_mean_of_the_best() -> None:
    best = np.random.default_rng(0).normal(0.0, 0.05, (4000, 50)).max(axis=1).mean()
    assert inf.expected_maximum(0.05**2, 50) == pytest.approx(best, rel=0.02)


def test_trials_come_out_of_the_ledger() -> None:
    found = inf.trials_of(pl.DataFrame({"sharpe": [0.01, 0.03, None, 0.05]}))
    assert (found.count, found.effective) == (4, 4.0)
    assert found.variance == pytest.approx(0.0004)


def test_equal_variants_are_one_trial() -> None:
    ledger = pl.DataFrame({"sharpe": [0.05, 0.05, 0.05]})
    same = np.repeat(OWN[:, None], 3, axis=1)
    assert inf.trials_of(ledger, same).effective == pytest.approx(1.0)
    apart = np.random.default_rng(0).normal(0, 0.01, (2000, 3))
    assert inf.trials_of(ledger, apart).effective == pytest.approx(3.0, abs=0.1)


def ledger_of(*rows: tuple[str, str, float]) -> pl.DataFrame:
    same = {"strategy": "s", "code": "c", "universe": "known", "options": "{}", "first": "a", "last": "b"}
    return pl.DataFrame([{**same, "params": params, "data": data, "sharpe": sharpe} for params, data, sharpe in rows])


def test_the_same_idea_on_other_data_is_one_try_with_its_newest_ratio() -> None:
    ledger = ledger_of(*((f"{k}", day, 0.01 * k + shift) for day, shift in (("1", 0.0), ("2", 0.5)) for k in range(4)))
    found, newest = inf.trials_of(ledger), inf.trials_of(ledger[4:])
    assert (found.count, found.effective) == (4, 4.0)
    assert found.variance == newest.variance == pytest.approx(np.var([0.5, 0.51, 0.52, 0.53], ddof=1))
    assert "sessions or data counts once" in found.note
    other = pl.concat([ledger, ledger.with_columns(universe=pl.lit("market"))])
    assert inf.trials_of(other).count == 8


def test_only_tries_of_the_same_kind_share_the_correlation_of_the_variants() -> None:
    ledger = ledger_of(("1", "d", 0.01), ("2", "d", 0.02), ("3", "d", 0.03))
    mixed = pl.concat([ledger, ledger[:2].with_columns(strategy=pl.lit("other"))])
    same = np.repeat(OWN[:, None], 3, axis=1)
    found = inf.trials_of(mixed, same, [pl.col("strategy") == "s"])
    assert found.count == 5 and found.effective == pytest.approx(1.0 + 2.0)
    assert "2 tries of other kinds count in full" in found.note
    assert inf.trials_of(mixed, same, [pl.col("strategy") == "none"]).effective == 5.0


def test_an_empty_ledger_deflates_nothing() -> None:
    with pytest.raises(ScreenerError, match="ledger is empty"):
        inf.trials_of(pl.DataFrame({"sharpe": []}, schema={"sharpe": pl.Float64}))


def test_noise_overfits_every_second_time() -> None:
    rng = np.random.default_rng(3)
    found = [inf.overfitting(rng.normal(0, 0.01, (400, 20)), 10).pbo for _ in range(20)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.12)


def test_a_variant_that_is_truly_better_is_found_again() -> None:
    returns = np.random.default_rng(3).normal(0, 0.01, (400, 20))
    returns[:, 7] += 0.005
    found = inf.overfitting(returns, 10)
    assert found.pbo < 0.01 and found.loss < 0.01 and len(found.logits) == 252


def test_overfitting_of_two_opposite_variants_by_hand() -> None:
    half = np.array([0.02, 0.01, 0.02, 0.01])
    returns = np.column_stack((np.concatenate((half, -half)), np.concatenate((-half, half))))
    found = inf.overfitting(returns, 2)
    assert found.pbo == 1.0 and found.loss == 1.0  # the best of either half is the worst of the other


def test_blocks_must_be_longer_than_the_holding_time() -> None:
    with pytest.raises(ScreenerError, match="horizon"):
        inf.overfitting(np.zeros((100, 3)), 10, horizon=20)


def test_identical_series_do_not_differ() -> None:
    found = inf.sharpe_difference(OWN, OWN.copy(), resamples=99)
    assert found.difference == 0.0 and found.p == 1.0


def test_difference_error_agrees_with_the_delta_method_for_independent_normals() -> None:
    """Jobson–Korkie (1981) with Memmel's correction: independent series of Sharpe 0: variance 2 ÷ T."""
    rng = np.random.default_rng(8)
    found = inf.sharpe_difference(rng.normal(0, 0.01, 4000), rng.normal(0, 0.02, 4000), resamples=49)
    assert found.se == pytest.approx(sqrt(2 / 4000), rel=0.05)


def test_difference_rejects_one_in_twenty() -> None:
    rng, hits, repeats = np.random.default_rng(12), 0, 200
    for k in range(repeats):
        pair = rng.multivariate_normal([0.0005, 0.0005], [[1e-4, 5e-5], [5e-5, 1e-4]], 150)
        hits += inf.sharpe_difference(pair[:, 0], pair[:, 1], resamples=99, block=3, seed=k).p <= 0.05
    assert hits / repeats == pytest.approx(0.05, abs=3 * sqrt(0.0475 / repeats))


def test_a_much_better_series_is_told_apart() -> None:
    rng = np.random.default_rng(2)
    assert inf.sharpe_difference(rng.normal(0.003, 0.01, 400), rng.normal(0, 0.01, 400), resamples=199).p < 0.01


def test_appraisal_ratio_is_not_the_information_ratio() -> None:
    import statsmodels.api as sm

    fitted = sm.OLS(OWN, sm.add_constant(MARKET)).fit()
    found = inf.appraisal_ratio(OWN, MARKET)
    assert found.value == pytest.approx(fitted.params[0] / sqrt(fitted.mse_resid) * sqrt(242))
    assert found.value != pytest.approx(sharpe(OWN - MARKET).value, rel=1e-3)


def test_false_discovery_values_of_the_paper() -> None:
    """Benjamini–Hochberg (1995), section 3.2: four of fifteen are kept at 5 %."""
    small = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p = [*small, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    q = inf.benjamini_hochberg(p)
    assert sum(value <= 0.05 for value in q) == 4 and q[-1] == 1.0


@settings(max_examples=drawn(50))
@given(st.lists(st.floats(0.0, 1.0), max_size=20))
def test_false_discovery_values_are_never_below_p(p: list[float]) -> None:
    assert all(a >= b - 1e-12 and a <= 1.0 for a, b in zip(inf.benjamini_hochberg(p), p, strict=True))


def test_statistics_for_a_back_test() -> None:
    ledger = pl.DataFrame({"sharpe": [0.01, 0.02, 0.06]})
    paired = pair(*(np.cumprod([1.0, *(1.0 + returns)]) for returns in (OWN, MARKET)))
    rows = {row.figure: row for row in inf.statistics(OWN, paired, ledger)}
    assert set(inf.KEY_FIGURES) <= set(rows)
    assert "3 variants tried" in rows["deflated_sharpe"].note
    low, high = rows["sharpe_bootstrap"].low, rows["sharpe_bootstrap"].high
    assert (low or 0.0) < (rows["sharpe"].value or 0.0) < (high or 0.0)
    assert [row.figure for row in inf.key_rows(list(rows.values()))] == list(inf.KEY_FIGURES)


def test_the_printed_difference_is_that_of_the_printed_ratios() -> None:
    paired = pair(*(np.cumprod([1.0, *(1.0 + returns)]) for returns in (OWN, MARKET)))
    value = {row.figure: row.value or 0.0 for row in inf.statistics(OWN, paired)}
    own, other = (float(returns.mean() / returns.std(ddof=1) * sqrt(242)) for returns in (OWN, MARKET))
    assert (value["sharpe"], value["benchmark_sharpe"]) == pytest.approx((own, other))
    assert value["difference_to_benchmark"] == pytest.approx(own - other, rel=1e-9)


def test_what_cannot_be_inferred_says_why() -> None:
    assert inf.statistics(np.zeros(100))[0].value is None
    rows = {row.figure: row for row in inf.statistics(-np.abs(OWN))}
    assert rows["deflated_sharpe"].note == "no trial ledger"
    assert rows["minimum_track_record"].value is None
