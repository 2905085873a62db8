"""What a sweep says of its best variant, by everything that was tried, and the one shape of an answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from screener.backtest import trials
from screener.backtest.sweep.job import Worker
from screener.evaluation import inference
from screener.evaluation.sweep import SweepAnswer
from tests.backtest.sweeps import moving_market, swept

WORDS = ["k=1,2,3", "retries=0,5"]
KEYS = (
    "strategy",
    "grid",
    "fixed",
    "variants",
    "universe",
    "start",
    "end",
    "sessions",
    "benchmark",
    "benchmark_return",
    "best",
    "deflated_sharpe",
    "deflated_sharpe_if_independent",
    "sharpe_of_luck",
    "trials",
    "pbo",
    "pbo_detail",
    "share_beating_benchmark",
    "verdict",
    "look_ahead",
    "walk_forward",
    "walk_forward_refused",
    "file",
    "hindsight",
    "notes",
    "data",
)
BEST = (
    "variant",
    "params",
    "sharpe",
    "total_return",
    "excess_return",
    "volatility",
    "max_drawdown",
    "turnover",
    "fills",
    "refusals",
    "deflated_sharpe",
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> SweepAnswer:
    folder = tmp_path_factory.mktemp("sweep")
    results = swept(folder, WORDS, ledger=folder / "s.duckdb")
    best = Worker(moving_market(), results.job).result(0)
    return SweepAnswer(results, best, trials.read(folder / "s.duckdb"), 5)


def beside(found: SweepAnswer, **changed: str) -> SweepAnswer:
    """The answer with each of its tries made a second time, this or that being different."""
    more = found.ledger.with_columns(**{name: pl.lit(value) for name, value in changed.items()})
    return replace(found, ledger=pl.concat([more, found.ledger]))


def test_the_sweep_of_five_days_counts_as_that_of_one(found: SweepAnswer) -> None:
    days = found
    for day in "1234":
        days = replace(days, ledger=pl.concat([days.ledger, found.ledger.with_columns(data=pl.lit(day))]))
    assert days.ledger.height == 30 and days.trials == found.trials and days.luck == found.luck
    assert found.trials.count == 6 and 1 <= found.trials.effective < 6
    assert days.summary["deflated_sharpe"] == found.summary["deflated_sharpe"]
    assert "sessions or data counts once" in days.summary["trials"]["note"]


@pytest.mark.parametrize(
    ("changed", "more"),
    [
        ({"universe": "known"}, 6),
        ({"code": "edited"}, 6),
        ({"strategy": "other"}, 6),
        ({"options": json.dumps({"execution": {"slippage": 0.01}})}, 3),  # the two retries are one then
    ],
)
def test_tries_of_another_kind_count_in_full(found: SweepAnswer, changed: dict[str, str], more: int) -> None:
    both = beside(found, **changed)
    assert both.trials.count == 6 + more and f"{more} tries of other kinds" in both.trials.note
    assert both.trials.effective == pytest.approx(found.trials.effective + more)


def test_an_option_that_is_an_axis_makes_no_other_kind(found: SweepAnswer) -> None:
    assert found.ledger["options"].n_unique() == 2
    both = beside(found, options=json.dumps({"execution": {"retries": 3}}), params='{"k": 9}')
    assert both.trials.count == 7 and "other kinds" not in both.trials.note
    assert both.trials.effective < found.trials.effective + 1


def test_a_back_test_counts_as_the_sweep_does(found: SweepAnswer) -> None:
    both = beside(found, data="newer")
    rows = {row.figure: row for row in inference.statistics(found.sample.returns, ledger=both.ledger)}
    assert rows["deflated_sharpe"].note.startswith(f"{both.trials.count} variants tried")
    assert inference.trials_of(both.ledger).variance == both.trials.variance


def test_the_best_are_typed_and_say_what_is_left_of_each(found: SweepAnswer) -> None:
    first, second = found.best[:2]
    assert first.sharpe >= second.sharpe and found.frame()["variant"][0] == first.variant
    assert first.name == " ".join(f"{key}={value}" for key, value in first.params.items())
    assert first.deflated_sharpe == found.deflated_sharpe and 0 < first.deflated_sharpe < 1


def test_json_keeps_the_keys_others_script_against(found: SweepAnswer) -> None:
    assert tuple(found.as_dict()) == (*KEYS, "stands_on")
    assert tuple(found.as_dict()["best"][0]) == BEST


def test_days_are_days_and_every_option_that_does_not_vary_is_told(found: SweepAnswer) -> None:
    told = found.as_dict()
    assert isinstance(told["start"], date) and told["end"] == found.last == told["stands_on"]["as_of"]
    assert told["stands_on"]["grid"] == told["grid"] and told["stands_on"]["slippage"] == 0.0005
    assert "retries" not in told["stands_on"]  # an axis
    assert told["stands_on"]["trials"]["count"] == 6 and told["stands_on"]["universe"] == "market"


def test_a_look_at_it_is_short_and_starts_with_stamps_and_verdict(found: SweepAnswer) -> None:
    lines = repr(found).splitlines()
    assert len(lines) <= 40 and "SYNTHETIC" in lines[1] and found.verdict in lines
    assert "cannot be told from luck" in found._repr_html_()


def test_sheets_hold_a_figure_a_line_and_tables_a_row(found: SweepAnswer) -> None:
    figures = {line["figure"]: line["value"] for line in found.sheets()["summary"]}
    assert figures["pbo"] == found.pbo and figures["pbo_detail blocks"] == 10
    assert [*found.tables()] == ["summary", "best", "variants", "stands_on"]
    assert found.tables()["best"][0]["k"] == found.best[0].params["k"]
