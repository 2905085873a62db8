"""A sweep in one call: grid as words or values, files beside the store or with the answer, the walk, Ctrl-C."""

from __future__ import annotations

from dataclasses import astuple
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from screener.backtest import trials
from screener.backtest.sweep import EngineName, SweepStopped
from screener.backtest.sweep.walk_forward import Windows
from screener.core.config import BacktestOptions, Universe
from screener.core.errors import StrategyError, UsageError
from screener.evaluation.sweep import SweepAnswer, SweepOptions, appraise_sweep
from tests.backtest.sweeps import moving_market, write_strategy

OPTIONS = BacktestOptions(universe=Universe.MARKET, warm_up=20)
WALK = SweepOptions(walk_forward=Windows(train=100, test=40))


def swept(folder: Path, grid: Any = ("k=1,2",), how: SweepOptions | None = None, **more: Any) -> SweepAnswer:
    return appraise_sweep(moving_market(), str(write_strategy(folder)), grid, OPTIONS, how, **more)


def test_words_and_values_are_the_same_grid(tmp_path: Path) -> None:
    words = swept(tmp_path, ["k=1,2", "retries=0,5"], ledger=tmp_path / "a.duckdb")
    values = swept(tmp_path, {"k": [1, 2], "retries": (0, 5)}, ledger=tmp_path / "b.duckdb")
    assert words.results.job.grid == values.results.job.grid and words.best == values.best


def test_the_file_stands_beside_the_store_and_every_variant_in_its_ledger(tmp_path: Path) -> None:
    done: list[tuple[int, int]] = []
    found = swept(tmp_path, ledger=tmp_path / "s.duckdb", progress=lambda *at: done.append(at))
    assert found.results.file.parent == tmp_path / "sweeps" and done[-1] == (2, 2)
    assert trials.read(tmp_path / "s.duckdb").height == found.trials.count == 2


def test_without_a_store_its_files_go_with_the_answer(tmp_path: Path) -> None:
    found = swept(tmp_path)
    file = found.results.file
    assert file.is_file() and found.trials.count == 2
    del found
    assert not file.exists()


def test_a_walk_is_typed_and_one_more_try(tmp_path: Path) -> None:
    found = swept(tmp_path, how=WALK, ledger=tmp_path / "s.duckdb")
    held = found.out_of_sample
    assert held is not None and isinstance(held.folds[0].test_start, date)
    assert held.folds[0].test_start == held.appraisal.first == held.curve["session"][0]
    assert held.figures["total_return"] == pytest.approx(np.prod(1 + held.walk.result.returns) - 1)
    assert trials.read(tmp_path / "s.duckdb").height == 3
    assert [*found.tables()] == ["summary", "best", "variants", "walk_forward", "folds", "curve", "stands_on"]
    assert isinstance(found.as_dict()["walk_forward"]["folds"][0]["train_end"], date)


def test_a_walk_that_cannot_be_is_said_in_the_answer(tmp_path: Path) -> None:
    text = SweepOptions(walk_forward="train=12,test=40")
    found = swept(tmp_path, {"k": [1], "hold": [2]}, text)
    assert found.out_of_sample is None and "longest holding" in found.walk_refused and found.best


@pytest.mark.parametrize(
    ("grid", "how", "said"),
    [
        (["x=1"], {}, "axis not understood"),
        (["k=1"], {"walk_forward": "train=1"}, "not understood"),
        (["slippage=0,0.01"], {"walk_forward": "train=100,test=40"}, "not its costs"),
        (["k=1"], {"address": "auto"}, "an address is for Ray"),
    ],
)
def test_all_that_can_be_wrong_is_found_before_the_first_variant(
    tmp_path: Path, grid: Any, how: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        swept(tmp_path, grid, SweepOptions(**how), ledger=tmp_path / "s.duckdb")
    assert not (tmp_path / "sweeps").exists() and not trials.trials_file(tmp_path / "s.duckdb").exists()


def test_a_variant_that_decides_otherwise_among_others_is_caught(tmp_path: Path) -> None:
    """Each variant alone keeps to the panel; together they follow the first one that was asked."""
    text = (
        "MEMO = {}\ndef weights(panel, *, k: int = 1):\n    return {panel.symbols[MEMO.setdefault(panel.t, k)]: 0.5}\n"
    )
    path = write_strategy(tmp_path, f'"""Remembers."""\n{text}')
    with pytest.raises(StrategyError, match="another value when it is asked alone"):
        appraise_sweep(moving_market(), str(path), ["k=1,2,3"], OPTIONS)


@pytest.mark.parametrize("phase", ["sweep.answer.overfitting", "sweep.run.walk_forward.walk_forward"])
def test_ctrl_c_while_it_is_measured_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(f"screener.evaluation.{phase}", stopped)
        with pytest.raises(SweepStopped, match="--resume"):
            swept(tmp_path, how=WALK, ledger=tmp_path / "s.duckdb")
    again = swept(tmp_path, how=SweepOptions(resume=True), ledger=tmp_path / "s.duckdb")
    assert pl.read_parquet(again.results.file).height == 2


def test_where_it_is_computed_changes_nothing_by_default() -> None:
    assert astuple(SweepOptions())[:4] == (EngineName.LOCAL, None, None, False)
