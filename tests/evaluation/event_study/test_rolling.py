"""Estimations by running sums are those of the windows one by one."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from screener.evaluation.event_study.model import MINIMUM, Estimated, Model, Window, gather
from screener.evaluation.event_study.placebo import Placebo, estimable, fill
from screener.evaluation.event_study.rolling import day_counts, known_days, rolling
from tests.evaluation.event_study.cases import FirmSeries, stacked

SESSIONS = 420


def firm(seed: int, *, halted: bool = False, wild: bool = False) -> FirmSeries:
    """A firm that trades with the market and its sector; halts make returns of several days, wild days turn beta."""
    rng = np.random.default_rng(seed)
    rows = np.flatnonzero(rng.random(SESSIONS) > (0.1 if halted else 0.0)).astype(np.int64)
    days = np.diff(rows, prepend=rows[:1] - 1).astype(np.float64)
    x = rng.normal(0, 0.012, (len(rows), 2))
    y = 0.001 + x @ [0.9, 0.3] + rng.normal(0, 0.02, len(rows))
    if wild:
        x[[150, 240], 0], y[[150, 240]] = (0.07, -0.06), (-0.2, 0.25)
    y[0], days[0], x[5, 1] = np.nan, np.nan, np.nan
    return FirmSeries(rows, y, days, x, np.zeros(len(rows), dtype=bool))


SERIES = [firm(1), firm(2, halted=True), firm(3, wild=True), *(firm(n, halted=True) for n in range(4, 12))]


@pytest.mark.parametrize("model", list(Model))
@pytest.mark.parametrize("every", [1, 7])
def test_running_sums_estimate_what_each_window_alone_does(model: Model, every: int) -> None:
    stack, checked = stacked(SERIES), 0
    for firms in stack.batches(1_000):
        part = stack.part(firms)
        rows = np.arange(0, len(part.y), every)
        found = rolling(part, rows, model)
        _, plain = gather(part, part.firm[rows], rows - part.starts[part.firm[rows]], Window(0, 1), model)
        there = np.isfinite(plain.variance)
        assert np.array_equal(there, np.isfinite(found.variance))
        names = {each.name for each in fields(plain)} - {"residuals", "parameters", "wild_days"}
        for name in names:
            assert getattr(found, name)[there] == pytest.approx(getattr(plain, name)[there], rel=1e-9, abs=1e-13), name
        checked += int(plain.wild_days.any())
    assert (checked > 0) is (model is not Model.MARKET_ADJUSTED)  # wild days were left out somewhere


def test_rows_of_a_stack_are_those_of_its_firms() -> None:
    stack = stacked(SERIES[:3])
    index, inside = stack.find(np.array([1, 2]), np.array([[-1, 0], [3, 10_000]]))
    assert inside.tolist() == [[False, True], [True, False]]
    assert stack.rows[index[0, 1]] == SERIES[1].rows[0] and stack.rows[index[1, 0]] == SERIES[2].rows[3]


def test_day_zero_of_many_events_is_found_as_in_each_firm_alone() -> None:
    firms, rows = np.repeat(np.arange(len(SERIES)), SESSIONS + 5), np.tile(np.arange(SESSIONS + 5), len(SERIES))
    plain = [np.searchsorted(SERIES[f].rows, t) for f, t in zip(firms, rows, strict=True)]
    assert stacked(SERIES).positions(firms, rows).tolist() == plain


@pytest.mark.parametrize("model", list(Model))
def test_estimations_made_in_parts_are_those_made_together(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    firms, positions = np.repeat(np.arange(3), 40), np.tile(np.arange(230, 270), 3)
    whole = Estimated.of(stacked(SERIES), firms, positions, model)
    monkeypatch.setattr("screener.evaluation.event_study.model._TOGETHER", 7)
    parts = Estimated.of(stacked(SERIES), firms, positions, model)
    assert np.array_equal(parts.rows, whole.rows)
    for name in ("coefficients", "variance", "residuals", "wild_days"):
        assert np.array_equal(getattr(parts.fit, name), getattr(whole.fit, name), equal_nan=True), name


@pytest.mark.parametrize("model", list(Model))
def test_the_days_known_are_those_that_an_estimation_uses(model: Model) -> None:
    stack = stacked(SERIES)
    positions = np.arange(len(stack.y)) - stack.starts[stack.firm]
    plain = Estimated.of(stack, stack.firm, positions, model).fit
    known, calm = known_days(day_counts(stack, model), stack, stack.firm, positions)
    young = known < MINIMUM[model]
    assert np.array_equal(known[~young], (plain.length + plain.wild_days)[~young])
    assert np.isnan(plain.variance[young]).all() and np.array_equal(calm[young], plain.length[young])


def placebo_tables(wanted: dict[Window, np.ndarray]) -> dict[Window, Placebo]:
    tables = {window: Placebo.empty(SESSIONS, len(SERIES)) for window in wanted}
    fill(tables, wanted, stacked(SERIES), Model.TWO_FACTOR)
    return tables


def test_cells_filled_for_windows_together_and_some_at_a_time_are_those_of_each_alone() -> None:
    windows, wanted = (Window(0, 1), Window(-1, 1)), np.ones((SESSIONS, len(SERIES)), dtype=bool)
    wanted[300:310, ::2] = False
    both, few = placebo_tables(dict.fromkeys(windows, wanted)), wanted & (np.arange(SESSIONS) % 9 == 0)[:, None]
    for window in windows:
        alone, some = placebo_tables({window: wanted})[window], placebo_tables({window: few})[window]
        assert np.array_equal(both[window].scar, alone.scar) and np.array_equal(both[window].free, alone.free)
        assert np.array_equal(some.free, alone.free & few) and np.array_equal(some.car, np.where(few, alone.car, 0.0))
        assert alone.free.any() and not alone.free[~wanted].any()


def test_a_cell_with_a_figure_has_days_to_estimate_from() -> None:
    stack, window, least = stacked(SERIES), Window(0, 1), MINIMUM[Model.TWO_FACTOR]
    able = estimable(stack, day_counts(stack, Model.TWO_FACTOR), SESSIONS, least)
    free = placebo_tables({window: np.ones((SESSIONS, len(SERIES)), dtype=bool)})[window].free
    assert free.any() and not (free & ~able).any() and not able[: least - 1].any()
