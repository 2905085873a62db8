"""Formulas against published numbers; the inputs stay where they are and the tests skip without them."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np
import polars as pl
import pytest

from screener.evaluation import inference as inf
from screener.evaluation.event_study import correlation, parametric, power, ranks
from screener.evaluation.event_study.model import Abnormal
from screener.evaluation.performance import newey_west, wilson
from screener.evaluation.rating.scorecard import clopper_pearson
from tests.evaluation.cases import case_dir, covid_events, expected

DAYS = range(5)
PUBLISHED = {  # needs no quirk of the package: to its printed digits
    "bw_1980": parametric.brown_warner_1980,
    "bw_1985": parametric.brown_warner_1985,
    "t_cross": parametric.cross_sectional,
    "sign": ranks.sign,
    "gsign": ranks.generalised_sign,
    "wilcoxon_Wplus": ranks.wilcoxon,
}
TEXTBOOK = {
    "patell_textbook": parametric.patell,
    "bmp_textbook": parametric.bmp,
    "kp_adj_bmp_textbook": parametric.kolari_pynnonen,
}
RANKS = {
    "corrado_rank_textbook": ranks.corrado,
    "corrado_zivney_rank_textbook": ranks.corrado_zivney,
    "corrado_sign_textbook": ranks.corrado_sign,
}


def one_of_five(day: int) -> Abnormal:
    """The event day ranked among the estimation days and the other four event days, as the source does."""
    events, full = covid_events(day, day), covid_events(0, 4)
    rest = [k for k in DAYS if k != day]
    rows = np.concatenate((events.residual_rows, full.event_rows[:, rest]), axis=1)
    return replace(events, residuals=np.concatenate((events.residuals, full.ar[:, rest]), axis=1), residual_rows=rows)


@pytest.mark.parametrize("name", PUBLISHED)
def test_estudy2_published_series(name: str) -> None:
    ours = [PUBLISHED[name](covid_events(day, day)).statistic for day in DAYS]
    assert ours == pytest.approx(expected("estudy2_covid7")["published"][name], abs=2e-6)


def test_estudy2_average_abnormal_returns() -> None:
    ours = [covid_events(day, day).car.mean() for day in DAYS]
    assert ours == pytest.approx(expected("estudy2_covid7")["published"]["aar"], abs=2e-6)


@pytest.mark.parametrize("name", TEXTBOOK)
def test_estudy2_textbook_series(name: str) -> None:
    ours = [TEXTBOOK[name](covid_events(day, day)).statistic for day in DAYS]
    assert ours == pytest.approx(expected("estudy2_covid7")["recomputed"][name], abs=1e-8)


@pytest.mark.parametrize("name", RANKS)
def test_estudy2_rank_series(name: str) -> None:
    ours = [RANKS[name](one_of_five(day)).statistic for day in DAYS]
    assert ours == pytest.approx(expected("estudy2_covid7")["recomputed"][name], abs=1e-8)


def test_estudy2_five_day_window() -> None:
    events, case = covid_events(0, 4), expected("estudy2_covid7")["extension_car_0_4"]
    pairs = {
        "CAAR": float(events.car.mean()),
        "rbar": correlation.mean_correlation(events),
        "bmp_car": parametric.bmp(events).statistic,
        "kp_car": parametric.kolari_pynnonen(events).statistic,
        "patell_car": parametric.patell(events).statistic,
        "t_cross_car": parametric.cross_sectional(events).statistic,
        "cdf_ratio_car": parametric.brown_warner_1985(events).statistic,
    }
    assert pairs == pytest.approx({key: case[key] for key in pairs}, abs=1e-9)
    assert events.scar == pytest.approx(list(case["SCAR"].values()), abs=1e-9)


def test_mackinlay_power_table() -> None:
    table = expected("analytic_formulas")["mackinlay"]["power_two_sided_5pct"]
    cells = [(int(n), key, value) for n, row in table.items() for key, value in row.items()]
    for n, key, value in cells:
        sigma, effect = (float(part[1:]) for part in key.split("_"))
        assert power(effect, sigma, n) == pytest.approx(value, abs=5e-5)


def test_lo_standard_errors() -> None:
    for n, row in expected("analytic_formulas")["lo_iid_se"].items():
        for key, value in row.items():
            assert inf.sharpe_error_iid(float(key[2:]), int(n)) == pytest.approx(value, abs=5.1e-4)


def test_mackinlay_theta() -> None:
    for row in expected("analytic_formulas")["mackinlay"]["published"].values():
        assert row["aar_pct"] / row["se_pct"] == pytest.approx(row["theta1"], abs=0.01)


def test_newcombe_intervals() -> None:
    case = expected("newcombe_proportions")
    for key, row in case["cases"].items():
        hits, n = map(int, key.split("/"))
        assert wilson(hits, n) == pytest.approx(row["published"]["wilson"], abs=5.1e-5)
        assert clopper_pearson(hits, n) == pytest.approx(row["published"]["cp"], abs=5.1e-5)
    for key, row in case["small_n_table_n12"].items():
        hits, n = map(int, key.split("/"))
        assert (*wilson(hits, n), *clopper_pearson(hits, n)) == pytest.approx((*row["wilson"], *row["cp"]), abs=1e-12)


@pytest.mark.parametrize("lag", [0, 4, 5, 10])
def test_newey_west_of_sandwich(lag: int) -> None:
    frame = pl.read_csv(case_dir("newey_west_capm") / "input.csv")
    case = expected("newey_west_capm")
    beta, error = newey_west(frame["y"].to_numpy(), frame["x"].to_numpy(), lag)
    row = case["newey_west"][f"L{lag}"]
    assert beta == pytest.approx([case["alpha"], case["beta"]], abs=1e-12)
    assert error == pytest.approx([row["se_alpha_adj"], row["se_beta_adj"]], abs=1e-12)


def returns_a() -> np.ndarray:
    return np.loadtxt(case_dir("psr_dsr_mintrl") / "input.csv")


def test_probabilistic_sharpe_of_fifty_returns() -> None:
    held, case = inf.moments(returns_a()), expected("psr_dsr_mintrl")["published"]["A"]
    assert held.sharpe == pytest.approx(case["sr"], abs=1e-12)
    assert held.error == pytest.approx(case["sr_se"], abs=1e-12)
    assert inf.probabilistic_sharpe(held.sharpe, 0.05, held.error) == pytest.approx(case["psr_vs_005"], abs=1e-12)
    assert inf.minimum_track_record(held, 0.05, 0.90) == pytest.approx(case["mintrl_005_90"], abs=1e-9)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("se_134_a", lambda: inf.sharpe_error(0.7079, 134, -0.2250, 2.9570)),
        ("se_134_b", lambda: inf.sharpe_error(0.8183, 134, -1.4455, 7.0497)),
        ("psr_24_norm", lambda: inf.probabilistic_sharpe(0.458, 0.0, inf.sharpe_error(0.458, 24))),
        ("psr_24_fat", lambda: inf.probabilistic_sharpe(0.458, 0.0, inf.sharpe_error(0.458, 24, -2.448, 10.164))),
        ("mintrl_a_years", lambda: (inf.minimum_track_record(inf.Moments(0.7079, -0.2250, 2.9570, 134)) or 0) / 12),
        ("mintrl_b_years", lambda: (inf.minimum_track_record(inf.Moments(0.8183, -1.4455, 7.0497, 134)) or 0) / 12),
    ],
)
def test_efficient_frontier_examples(key: str, value) -> None:  # type: ignore[no-untyped-def]
    assert value() == pytest.approx(expected("psr_dsr_mintrl")["published"]["B"][key], abs=5.1e-4)
    assert value() == pytest.approx(expected("psr_dsr_mintrl")["recomputed"]["B"][key], abs=1e-9)


def test_deflated_sharpe_example() -> None:
    """Annual 2.5 over 1250 days, variance of annual trials ½, skewness −3, kurtosis 10; all turned to days."""
    case = expected("psr_dsr_mintrl")["published"]["C"]
    held = inf.Moments(2.5 / sqrt(250), -3.0, 10.0, 1250)
    normal = replace(held, skew=0.0, kurtosis=3.0)
    assert inf.expected_maximum(0.5 / 250, 100) == pytest.approx(case["SR0_N100"], abs=5e-5)
    for moments, trials, key in ((held, 100, "DSR_N100"), (held, 46, "DSR_N46"), (normal, 88, "DSR_N88_normal")):
        assert inf.deflated_sharpe(moments, inf.Trials(trials, 0.5 / 250, trials)) == pytest.approx(case[key], abs=5e-5)
