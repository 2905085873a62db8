"""What a sweep says of its best variant, by everything that was tried, and the matrix it draws."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from screener.backtest import trials
from screener.backtest.sweep.job import Worker
from screener.evaluation import inference
from screener.report.heat_map import heat_map
from screener.report.sweep import SweepReport, summary
from tests.backtest.sweeps import moving_market, swept

WORDS = ["k=1,2,3", "retries=0,5"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SweepReport:
    folder = tmp_path_factory.mktemp("sweep")
    results = swept(folder, WORDS, ledger=folder / "s.duckdb")
    best = Worker(moving_market(), results.job).result(0)
    return SweepReport(results, best, trials.read(folder / "s.duckdb"), 5)


def beside(report: SweepReport, **changed: str) -> SweepReport:
    """The report with each of its tries made a second time, this or that being different."""
    more = report.ledger.with_columns(**{name: pl.lit(value) for name, value in changed.items()})
    return replace(report, ledger=pl.concat([more, report.ledger]))


def test_the_sweep_of_five_days_counts_as_that_of_one(report: SweepReport) -> None:
    days = report
    for day in "1234":
        days = replace(days, ledger=pl.concat([days.ledger, report.ledger.with_columns(data=pl.lit(day))]))
    assert days.ledger.height == 30 and days.trials == report.trials and days.luck == report.luck
    assert report.trials.count == 6 and 1 <= report.trials.effective < 6
    assert summary(days)["deflated_sharpe"] == summary(report)["deflated_sharpe"]
    assert "sessions or data counts once" in summary(days)["trials"]["note"]


@pytest.mark.parametrize(
    ("changed", "more"),
    [
        ({"universe": "known"}, 6),
        ({"code": "edited"}, 6),
        ({"strategy": "other"}, 6),
        ({"options": json.dumps({"execution": {"slippage": 0.01}})}, 3),  # the two retries are one then
    ],
)
def test_tries_of_another_kind_count_in_full(report: SweepReport, changed: dict[str, str], more: int) -> None:
    both = beside(report, **changed)
    assert both.trials.count == 6 + more and f"{more} tries of other kinds" in both.trials.note
    assert both.trials.effective == pytest.approx(report.trials.effective + more)


def test_an_option_that_is_an_axis_makes_no_other_kind(report: SweepReport) -> None:
    assert report.ledger["options"].n_unique() == 2
    both = beside(report, options=json.dumps({"execution": {"retries": 3}}), params='{"k": 9}')
    assert both.trials.count == 7 and "other kinds" not in both.trials.note
    assert both.trials.effective < report.trials.effective + 1


def test_a_back_test_counts_as_the_sweep_does(report: SweepReport) -> None:
    both = beside(report, data="newer")
    rows = {row["figure"]: row for row in inference.statistics(report.sample.returns, ledger=both.ledger)}
    assert rows["deflated_sharpe"]["note"].startswith(f"{both.trials.count} variants tried")
    assert inference.trials_of(both.ledger).variance == both.trials.variance


def grid_of(**sizes: int) -> Any:
    """Results of a grid, each variant's Sharpe ratio its number."""
    axes = tuple((name, tuple(range(size))) for name, size in sizes.items())
    cells = np.stack([mesh.ravel() for mesh in np.meshgrid(*(values for _, values in axes), indexing="ij")], axis=1)
    frame = pl.DataFrame(cells, schema=list(sizes)).with_columns(sharpe=pl.Series(np.arange(float(len(cells)))))
    return SimpleNamespace(job=SimpleNamespace(grid=SimpleNamespace(axes=axes)), figures=lambda: frame)


@pytest.mark.parametrize(
    ("sizes", "note"),
    [
        ({"a": 14, "b": 13}, "7 of 13 values of b are shown"),
        ({"a": 30, "b": 2, "c": 2}, "median over c; 15 of 30 values of a are shown"),
        ({"a": 30, "b": 14}, "15 of 30 values of a are shown; 7 of 14 values of b are shown"),
        ({"a": 25, "b": 12}, ""),
        ({"a": 30}, "15 of 30 values of a are shown"),
    ],
)
def test_values_left_out_of_the_matrix_are_named(sizes: dict[str, int], note: str) -> None:
    found = heat_map(grid_of(**sizes))
    assert found is not None and found.note == note
    assert found.cells.shape == (len(found.row_values), len(found.column_values))
