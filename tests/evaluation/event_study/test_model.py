"""The normal-return models and the windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from screener.evaluation import event_study as es
from screener.evaluation.event_study.model import MINIMUM, Abnormal, Model, Window, fit, gather
from tests.evaluation.event_study.cases import FirmSeries, stacked


def made_series(n: int = 400, seed: int = 0, beta: float = 1.5, limit: Sequence[int] = ()) -> FirmSeries:
    rng = np.random.default_rng(seed)
    x = rng.normal(0.0, 0.01, (n, 2))
    at_limit = np.isin(np.arange(n), limit)
    y = 0.001 + beta * x[:, 0] + 0.5 * x[:, 1] + rng.normal(0.0, 0.02, n)
    return FirmSeries(np.arange(n), y, np.ones(n), x, at_limit)


def one_event(made: FirmSeries, position: int, window: Window, model: Model) -> tuple[Abnormal, object]:
    return gather(stacked([made]), np.zeros(1, np.int64), np.array([position]), window, model)


def test_two_factor_model_is_ordinary_least_squares() -> None:
    import statsmodels.api as sm

    made, at = made_series(), 300
    found, estimate = one_event(made, at, Window(0, 1), Model.TWO_FACTOR)
    window = slice(at - 220, at - 20)
    plain = sm.OLS(made.y[window], sm.add_constant(made.x[window])).fit()
    assert estimate.coefficients[0] == pytest.approx(plain.params, abs=1e-10)  # type: ignore[attr-defined]
    assert found.variance[0] == pytest.approx(plain.mse_resid, abs=1e-12)
    design = sm.add_constant(made.x[at : at + 2], has_constant="add").sum(axis=0)
    assert found.car_var[0] == pytest.approx(plain.mse_resid * 2 + design @ plain.cov_params() @ design, abs=1e-12)


def test_a_return_over_three_sessions_weighs_a_third() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(3)
    days = rng.choice([1.0, 3.0], (1, 120))
    x, y = rng.normal(0, 0.01, (1, 120, 1)), rng.normal(0, 0.02, (1, 120))
    plain = sm.WLS(y[0], np.column_stack((days[0], x[0])), weights=1 / days[0]).fit()
    assert fit(y, x, days, Model.MARKET).coefficients[0] == pytest.approx(plain.params, abs=1e-10)


def test_one_wild_market_day_that_turns_beta_is_left_out() -> None:
    made = made_series(beta=1.0)
    made.x[200, 0], made.y[200] = 0.09, -0.15
    _, estimate = one_event(made, 300, Window(0, 1), Model.MARKET)
    assert estimate.wild_days[0] == 1  # type: ignore[attr-defined]
    assert abs(estimate.coefficients[0, 1] - 1.0) < abs(estimate.beta_all_days[0] - 1.0)  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", list(Model))
def test_too_few_days_give_no_abnormal_return(model: Model) -> None:
    least = MINIMUM[model]
    short, _ = one_event(made_series(), least + 19, Window(0, 1), model)
    enough, _ = one_event(made_series(), least + 20, Window(0, 1), model)
    assert np.isnan(short.car[0]) and np.isfinite(enough.car[0])


def test_the_estimation_never_sees_the_event() -> None:
    made, at = made_series(), 300
    before, _ = one_event(made, at, Window(0, 1), Model.MARKET)
    changed = made_series()
    changed.y[at - 20 :] += 5.0
    after, _ = one_event(changed, at, Window(0, 1), Model.MARKET)
    assert after.variance == pytest.approx(before.variance)
    assert after.car[0] - before.car[0] == pytest.approx(10.0)


def test_the_adaptive_window_ends_at_the_first_close_off_the_limit() -> None:
    made = made_series(limit=[300, 301])
    found, _ = one_event(made, 300, es.ADAPTIVE, Model.MARKET)
    free, _ = one_event(made, 302, es.ADAPTIVE, Model.MARKET)
    assert (found.days[0], free.days[0]) == (3, 1)
    assert found.car[0] == pytest.approx(one_event(made, 300, Window(0, 2), Model.MARKET)[0].car[0])
