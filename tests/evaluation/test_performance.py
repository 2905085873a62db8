"""Figures of an equity curve against hand numbers, scipy, statsmodels and recorded R output."""

from __future__ import annotations

import json
from datetime import date, timedelta
from math import sqrt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.errors import ScreenerError
from screener.evaluation import performance as perf
from tests.cases import drawn
from tests.recorded import shared_dir

RNG = np.random.default_rng(7)
MARKET = RNG.normal(0.0004, 0.012, 400)
OWN = 0.001 + 1.3 * MARKET + RNG.standard_t(4, 400) * 0.01
DATES = [date(2026, 1, 1) + timedelta(days=k) for k in range(401)]


def levels(returns: np.ndarray, start: float = 1e7) -> np.ndarray:
    return start * np.concatenate(([1.0], np.cumprod(1.0 + returns)))


def case(name: str, file: str) -> str:
    folder = shared_dir()
    path = folder / "reference" / "cases" / name / file if folder else None
    if path is None or not path.is_file():
        pytest.skip(f"no recorded case {name}")
    return path.read_text(encoding="utf-8")


WHOLE = perf.performance(levels(OWN), levels(MARKET, 4000.0), dates=DATES, benchmark_open=4010.0)


def test_a_year_of_known_growth() -> None:
    result = perf.performance(np.linspace(100.0, 121.0, 243))
    assert result.total_return.value == pytest.approx(0.21)
    assert result.annualized_return.value == pytest.approx(0.21)


def test_half_a_year_is_compounded() -> None:
    assert perf.annualized_return(np.linspace(1.0, 1.1, 122)).value == pytest.approx(0.21)


def test_hand_numbers_of_three_returns() -> None:
    returns = np.array([0.02, -0.01, 0.02])
    assert perf.volatility(returns).value == pytest.approx(sqrt(3e-4) * sqrt(242))
    assert perf.sharpe(returns).value == pytest.approx(0.01 / sqrt(3e-4) * sqrt(242))
    assert perf.downside_deviation(returns).value == pytest.approx(sqrt(1e-4 / 3) * sqrt(242))
    assert perf.sortino(returns).value == pytest.approx(0.01 / sqrt(1e-4 / 3) * sqrt(242))


def test_sharpe_error_against_scipy_moments() -> None:
    from scipy import stats

    ratio = OWN.mean() / stats.tstd(OWN)
    skew, kurtosis = stats.skew(OWN), stats.kurtosis(OWN, fisher=False)
    expected = sqrt((1 - skew * ratio + (kurtosis - 1) / 4 * ratio**2) / 399) * sqrt(242)
    got = WHOLE.sharpe
    assert got.se == pytest.approx(expected, rel=1e-12) and got.value is not None
    assert (got.low, got.high) == pytest.approx((got.value - 1.959964 * expected, got.value + 1.959964 * expected))


def test_sharpe_error_of_the_recorded_case() -> None:
    expected = json.loads(case("psr_dsr_mintrl", "expected.json"))["published"]["A"]
    text = case("psr_dsr_mintrl", "input.csv").splitlines()
    returns = np.array([float(line.split(",")[-1]) for line in text if line and line[-1].isdigit()])
    got = perf.sharpe(returns, sessions_per_year=1)
    assert (got.value, got.se) == pytest.approx((expected["sr"], expected["sr_se"]), rel=1e-9)


@pytest.mark.parametrize("lag", [0, 4, 5, 10])
def test_newey_west_of_the_recorded_case(lag: int) -> None:
    expected = json.loads(case("newey_west_capm", "expected.json"))
    frame = pl.read_csv(case("newey_west_capm", "input.csv").encode())
    values, errors = perf.newey_west(frame["y"].to_numpy(), frame["x"].to_numpy(), lag)
    row = expected["newey_west"][f"L{lag}"]
    assert values == pytest.approx([expected["alpha"], expected["beta"]], rel=1e-9)
    assert errors == pytest.approx([row["se_alpha_adj"], row["se_beta_adj"]], rel=1e-9)


def test_alpha_and_beta_against_statsmodels() -> None:
    import statsmodels.api as sm

    lag = perf.newey_west_lag(400)
    settings_ = {"maxlags": lag, "use_correction": True}
    fit = sm.OLS(OWN, sm.add_constant(MARKET)).fit(cov_type="HAC", cov_kwds=settings_, use_t=True)
    (low, high), (beta_low, beta_high) = fit.conf_int()
    alpha, beta = WHOLE.alpha, WHOLE.beta
    assert [alpha.value, alpha.low, alpha.high] == pytest.approx([fit.params[0] * 242, low * 242, high * 242], rel=1e-8)
    assert [beta.value, beta.low, beta.high] == pytest.approx([fit.params[1], beta_low, beta_high], rel=1e-8)


@pytest.mark.parametrize(("n", "lag"), [(3, 1), (100, 4), (242, 4), (2500, 8)])
def test_lag_rule(n: int, lag: int) -> None:
    assert perf.newey_west_lag(n) == lag


def test_information_ratio_and_tracking_error_are_of_active_returns() -> None:
    active = OWN - MARKET
    assert WHOLE.tracking_error.value == pytest.approx(np.std(active, ddof=1) * sqrt(242))
    assert WHOLE.information_ratio.value == pytest.approx(active.mean() / np.std(active, ddof=1) * sqrt(242))


@pytest.mark.parametrize("up", [True, False])
def test_capture_is_a_ratio_of_geometric_means(up: bool) -> None:
    from scipy.stats import gmean

    days = MARKET > 0 if up else MARKET < 0
    expected = (gmean(1 + OWN[days]) - 1) / (gmean(1 + MARKET[days]) - 1)
    got = WHOLE.up_capture if up else WHOLE.down_capture
    assert (got.value, got.n) == (pytest.approx(expected), days.sum())


def test_first_loss_is_measured_from_the_starting_capital() -> None:
    fall = perf.worst_drawdown([100.0, 80.0, 90.0, 100.0, 110.0], DATES[:5])
    assert fall is not None
    assert (fall.depth, fall.peak, fall.trough, fall.recovery) == (pytest.approx(-0.2), DATES[0], DATES[1], DATES[3])


def test_a_fall_without_recovery_has_none() -> None:
    result = perf.performance([100.0, 120.0, 90.0, 100.0], dates=DATES[:4])
    assert result.drawdown is not None
    assert (result.drawdown.peak, result.drawdown.trough, result.drawdown.recovery) == (DATES[1], DATES[2], None)
    assert result.max_drawdown.value == pytest.approx(-0.25)


def test_a_curve_that_only_rises_has_no_drawdown() -> None:
    result = perf.performance([1.0, 1.1, 1.2])
    assert (result.drawdown, result.max_drawdown.value) == (None, 0.0)
    assert (result.calmar.value, result.calmar.reason) == (None, "no drawdown")


def test_drawdown_table_is_sorted_by_depth() -> None:
    table = perf.drawdown_table([100, 95, 101, 80, 90, 102, 101], DATES[:7])
    assert table["depth"].to_list() == pytest.approx([80 / 101 - 1, -0.05, 101 / 102 - 1])
    assert table["recovery"].to_list() == [DATES[5], DATES[2], None]
    assert table["sessions_down"].to_list() == [1, 1, 1]


def test_calmar() -> None:
    yearly, fall = WHOLE.annualized_return.value, WHOLE.max_drawdown.value
    assert yearly is not None and fall is not None
    assert WHOLE.calmar.value == pytest.approx(yearly / abs(fall))


def test_benchmark_from_the_close_before_and_from_the_open() -> None:
    result = perf.performance([1.0, 1.1, 1.2], [100.0, 110.0, 121.0], benchmark_open=108.0)
    assert result.benchmark_return.value == pytest.approx(0.21)
    assert result.benchmark_return_from_open.value == pytest.approx(121 / 108 - 1)
    assert result.excess_return.value == pytest.approx(-0.01)


def test_monthly_table_hand_numbers() -> None:
    days = [date(2026, 5, 29), date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 1)]
    table = perf.monthly_table([100, 110, 121, 60.5], [10, 10, 11, 11], days)
    assert table["month"].to_list() == ["2026-06", "2026-07"]
    assert table["sessions"].to_list() == [2, 1]
    assert table["strategy"].to_list() == pytest.approx([0.21, -0.5])
    assert table["excess"].to_list() == pytest.approx([0.11, -0.5])


def test_months_multiply_to_the_whole() -> None:
    table = perf.monthly_table(levels(OWN), None, DATES)
    assert np.prod(1 + table["strategy"].to_numpy()) - 1 == pytest.approx(WHOLE.total_return.value)
    assert table["benchmark"].null_count() == table.height


def test_hit_rate_has_a_wilson_interval() -> None:
    got = perf.hit_rate(np.array([0.1] * 8 + [0.0] * 4))
    assert (got.value, got.n) == (pytest.approx(8 / 12), 12)
    assert (got.low, got.high) == pytest.approx((0.391, 0.862), abs=5e-4)


@pytest.mark.parametrize(("hits", "n"), [(81, 263), (15, 148), (0, 20), (12, 12)])
def test_wilson_against_statsmodels(hits: int, n: int) -> None:
    from statsmodels.stats.proportion import proportion_confint

    assert perf.wilson(hits, n) == pytest.approx(proportion_confint(hits, n, method="wilson"), abs=1e-12)


@pytest.mark.parametrize("n", [1, 2])
def test_short_spans_say_why_instead_of_a_number(n: int) -> None:
    result = perf.performance(levels(OWN[: n - 1]), levels(MARKET[: n - 1]))
    for name in ("volatility", "sharpe", "annualized_return", "alpha", "beta", "information_ratio", "sortino"):
        estimate = result.estimates()[name]
        assert estimate.value is None and estimate.reason and estimate.n == n - 1


def test_cash_all_the_way_has_no_ratio() -> None:
    result = perf.performance([1e7] * 50, levels(MARKET[:49]))
    assert (result.sharpe.value, result.sharpe.reason) == (None, "returns do not vary")
    assert (result.volatility.value, result.total_return.value, result.beta.value) == (0.0, 0.0, pytest.approx(0.0))


NAN = float("nan")
MONTHS = [date(2026, 5, 29), date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 31)]


def test_a_missing_day_costs_that_day_by_hand() -> None:
    result = perf.performance([100, 110, 99, 108.9, 120], [50, 55, NAN, 55, 66], dates=MONTHS, benchmark_open=52.0)
    own, market = [0.1, -0.01, 120 / 108.9 - 1], [0.1, 0.0, 0.2]
    active, a_year = np.subtract(own, market), 242 * 3 / 4
    assert (result.benchmark_return.value, result.benchmark_return.n) == (pytest.approx(0.32), 3)
    assert result.excess_return.value == pytest.approx(0.2 - 0.32)
    assert result.benchmark_return_from_open.value == pytest.approx(66 / 52 - 1)
    assert result.tracking_error.value == pytest.approx(np.std(active, ddof=1) * sqrt(a_year))
    assert result.information_ratio.value == pytest.approx(np.mean(active) / np.std(active, ddof=1) * sqrt(a_year))
    slope = np.cov(own, market)[0, 1] / np.var(market, ddof=1)
    assert (result.beta.value, result.beta.n) == (pytest.approx(slope), 3)
    assert result.alpha.value == pytest.approx((np.mean(own) - slope * np.mean(market)) * a_year)
    assert result.beta.reason == "benchmark missing in 1 of 5 rows (2026-06-30)"


@pytest.mark.parametrize(
    ("level", "benchmark", "excess"),
    [([NAN, 50, 55, 55, 60], 0.2, 120 / 110 - 1.2), ([50, 55, 55, 60, NAN], 0.2, 0.089 - 0.2)],
    ids=["begins late", "ends early"],
)
def test_relative_figures_start_and_end_where_the_benchmark_does(
    level: list[float], benchmark: float, excess: float
) -> None:
    result = perf.performance([100, 110, 99, 108.9, 120], level)
    assert (result.benchmark_return.value, result.benchmark_return.n) == (pytest.approx(benchmark), 3)
    assert result.excess_return.value == pytest.approx(excess) and result.total_return.value == pytest.approx(0.2)


def test_a_month_without_its_last_close_ends_with_the_close_before() -> None:
    table = perf.monthly_table([100, 110, 121, 121, 60.5], [NAN, 10, NAN, 11, 12], MONTHS)
    assert table["strategy"].to_list() == pytest.approx([0.21, -0.5])
    assert table["benchmark"].to_list() == [None, pytest.approx(0.2)]
    assert table["excess"].to_list() == [None, pytest.approx(60.5 / 110 - 1 - 0.2)]


def test_interest_rounded_to_the_fen_has_no_ratio() -> None:
    fund = np.round(10_000 * 1.0001 ** np.arange(200), 2)
    assert (perf.performance(fund).sharpe.value, perf.performance(fund).sharpe.reason) == (None, "returns do not vary")
    assert perf.performance(fund).volatility.value == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize(
    ("level", "reason"),
    [(None, "no benchmark"), ([NAN] * 3, "no benchmark"), ([1.0, NAN, NAN], "2 of 3 rows")],
)
def test_a_missing_benchmark_leaves_relative_figures_out(level: list[float] | None, reason: str) -> None:
    result = perf.performance([1.0, 1.1, 1.2], level)
    assert result.beta.value is None and reason in result.beta.reason
    assert result.excess_return.value is None and result.total_return.value == pytest.approx(0.2)


@pytest.mark.parametrize("equity", [[], [1.0, 0.0], [1.0, float("nan")], [-1.0, 1.0]])
def test_equity_must_be_positive(equity: list[float]) -> None:
    with pytest.raises(ScreenerError, match="positive"):
        perf.performance(equity)


def test_lengths_must_agree() -> None:
    with pytest.raises(ScreenerError, match="length"):
        perf.performance([1.0, 1.1], [1.0])


def test_frame_lists_every_figure_once() -> None:
    frame = WHOLE.frame()
    assert frame["figure"].to_list() == list(WHOLE.headline())
    assert frame.filter(pl.col("value").is_null()).is_empty()


@settings(max_examples=drawn(60))
@given(st.lists(st.floats(-0.2, 0.2), min_size=2, max_size=60), st.floats(0.5, 1e6))
def test_scale_of_money_changes_nothing(returns: list[float], scale: float) -> None:
    one, other = (perf.performance(levels(np.array(returns), start)) for start in (1.0, scale))
    assert one.total_return.value == pytest.approx(other.total_return.value)
    assert one.max_drawdown.value == pytest.approx(other.max_drawdown.value, abs=1e-12)


@settings(max_examples=drawn(60))
@given(st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=60))
def test_drawdown_equals_the_brute_force(returns: list[float]) -> None:
    wealth = levels(np.array(returns))
    brute = min(wealth[j] / wealth[i] - 1 for i in range(wealth.size) for j in range(i, wealth.size))
    assert perf.performance(wealth).max_drawdown.value == pytest.approx(brute, abs=1e-12)
