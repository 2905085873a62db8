"""Do the tests reject 5 % where theory says so, and fail where it says so? Simulations with fixed seeds."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from math import sqrt
from typing import Any

import numpy as np
import pytest

from screener.evaluation.event_study import Model, Window, longrun, parametric, power
from screener.evaluation.event_study.model import Abnormal, gather
from screener.evaluation.event_study.outcome import Outcome
from screener.evaluation.event_study.placebo import Placebo, fill
from screener.evaluation.event_study.randomisation import randomisation
from screener.evaluation.event_study.series import Stack
from screener.evaluation.event_study.study import EVENT_TESTS
from tests.evaluation.cases import rejection_rates
from tests.evaluation.event_study.cases import FirmSeries, stacked

REPEATS = 300
ERROR = 3 * sqrt(0.05 * 0.95 / REPEATS)  # three Monte-Carlo standard errors
Test = Callable[[Abnormal], Outcome]
ALL: dict[str, Test] = {**EVENT_TESTS, "clustered_date": longrun.clustered}


@cache
def rates(scenario: str) -> dict[str, float]:
    options: dict[str, dict[str, Any]] = {
        "null": {},
        "variance": {"inflate": 2.0},
        "clustered": {"same_dates": True, "common": 0.3},
        "effect": {"effect": 0.01},
    }
    chosen = {name: test for name, test in ALL.items() if scenario == "null" or name != "wilcoxon"}
    return rejection_rates(chosen, REPEATS, 2026, **options[scenario])


@pytest.mark.parametrize("name", ALL)
def test_rejects_one_in_twenty_without_an_effect(name: str) -> None:
    assert rates("null")[name] == pytest.approx(0.05, abs=ERROR)


@pytest.mark.parametrize("name", ["bmp", "kolari_pynnonen", "cross_sectional", "generalised_sign", "grank_t"])
def test_event_induced_variance_does_not_fool(name: str) -> None:
    assert rates("variance")[name] == pytest.approx(0.05, abs=ERROR)


@pytest.mark.parametrize("name", ["patell", "brown_warner_1980", "brown_warner_1985", "patell_adjusted"])
def test_event_induced_variance_fools(name: str) -> None:
    assert rates("variance")[name] > 0.20


@pytest.mark.parametrize("name", ["kolari_pynnonen", "brown_warner_1985", "grank_t", "corrado_zivney"])
def test_shared_dates_do_not_fool(name: str) -> None:
    assert rates("clustered")[name] <= 0.05 + ERROR


@pytest.mark.parametrize("name", ["cross_sectional", "bmp", "patell", "brown_warner_1980", "generalised_sign"])
def test_shared_dates_fool(name: str) -> None:
    assert rates("clustered")[name] > 0.25


@pytest.mark.parametrize("name", ["brown_warner_1980", "patell", "brown_warner_1985"])
def test_power_is_that_of_mackinlay(name: str) -> None:
    assert rates("effect")[name] == pytest.approx(power(0.01, 0.02, 20), abs=3 * sqrt(0.24 / REPEATS))


def test_student_tests_pay_a_little_power_for_few_events() -> None:
    assert power(0.01, 0.02, 20) - 0.15 < rates("effect")["bmp"] < power(0.01, 0.02, 20)


# The randomisation test: random dates on random panels, one placebo table per panel.
SESSIONS, FIRMS, EVENTS = 460, 6, 8
WINDOW = Window(0, 1)


@cache
def panel(seed: int) -> tuple[Stack, Placebo]:
    """Six firms that load on a common shock beside the market, fat tails, and their placebo table."""
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0, 0.01, SESSIONS)
    shock = 0.015 * rng.standard_t(4, SESSIONS)
    ones, rows, never = np.ones(SESSIONS), np.arange(SESSIONS), np.zeros(SESSIONS, dtype=bool)
    series = [
        FirmSeries(rows, market + shock + 0.02 * rng.standard_t(4, SESSIONS), ones, market[:, None], never)
        for _ in range(FIRMS)
    ]
    made = stacked(series)
    table = Placebo.empty(SESSIONS, FIRMS)
    fill({WINDOW: table}, {WINDOW: ~table.free}, made, Model.MARKET)
    return made, table


def _whole(table: Placebo, _: np.ndarray) -> Placebo:
    """Whatever cells are asked for, all are filled."""
    return table


def dates(rng: np.random.Generator, *, together: bool) -> tuple[np.ndarray, np.ndarray]:
    """(firms, sessions) of eight events: on dates of their own, or two dates that four firms share."""
    if together:
        first = rng.integers(250, 340)
        return np.tile(np.arange(4), 2), np.repeat([first, first + 50], 4)
    return rng.integers(0, FIRMS, EVENTS), 250 + 20 * rng.permutation(10)[:EVENTS] + rng.integers(0, 8, EVENTS)


def randomised(*, together: bool = False, inflate: float = 1.0, repeats: int = 240) -> dict[str, float]:
    rng, hits = np.random.default_rng(9), {"randomisation": 0, "caar": 0, "cross_sectional": 0}
    for k in range(repeats):
        series, placebo = panel(k % 6)
        firms, rows = dates(rng, together=together)
        events, _ = gather(series, firms, rows, WINDOW, Model.MARKET)
        scale = np.where(rng.random(EVENTS) < 0.5, -1.0, 1.0) * inflate if inflate > 1.0 else np.ones(EVENTS)
        moved = Abnormal(**{**vars(events), "car": events.car * scale})
        control = randomisation(moved, rows, placebo.free, partial(_whole, placebo), gap=5, draws=199, seed=k)
        hits["randomisation"] += (control.studentised.p or 1.0) <= 0.05
        hits["caar"] += (control.caar.p or 1.0) <= 0.05
        hits["cross_sectional"] += (parametric.cross_sectional(moved).p or 1.0) <= 0.05
    return {name: count / repeats for name, count in hits.items()}


def test_placebo_dates_reject_one_in_twenty() -> None:
    assert randomised()["randomisation"] == pytest.approx(0.05, abs=3 * sqrt(0.0475 / 240))


def test_placebo_dates_inherit_clustering_where_the_plain_test_fails() -> None:
    found = randomised(together=True)
    assert found["randomisation"] <= 0.05 + 3 * sqrt(0.0475 / 240)
    assert found["cross_sectional"] > found["randomisation"] + 0.03


def test_only_the_studentised_placebo_test_survives_event_induced_variance() -> None:
    found = randomised(inflate=2.5)
    assert found["randomisation"] <= 0.05 + 3 * sqrt(0.0475 / 240)
    assert found["caar"] > 0.20
