"""A sweep gives what single back-tests give, on any engine, interrupted or not."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.backtest import engine, strategy, trials
from screener.backtest.fingerprint import fingerprint
from screener.backtest.sweep import Grid, Results, SweepStopped, job_of, parse_grid, share
from screener.backtest.sweep.job import Worker, longest_holding
from screener.backtest.sweep.run import spans_of
from screener.core.config import BacktestOptions, Universe
from screener.core.errors import ScreenerError, UsageError
from tests.backtest.markets import make_market, trade
from tests.backtest.sweeps import job, moving_market, rows, swept, write_strategy

GRID = ["k=1,2", "look=3:9:2", "retries=0,5"]


@pytest.fixture
def chosen(tmp_path: Path) -> strategy.Strategy:
    return strategy.load(str(write_strategy(tmp_path)))


# Grid


def test_a_grid_takes_lists_and_ranges_and_drops_repeats(chosen: strategy.Strategy) -> None:
    grid = parse_grid(chosen, ["k=2,1,2", "hold=5:20:5", "slippage=0,0.001"])
    assert grid.plain() == {"k": [2, 1], "hold": [5, 10, 15, 20], "slippage": [0.0, 0.001]}
    assert len(grid) == 16


def test_options_of_execution_turn_fastest_wherever_they_stand(chosen: strategy.Strategy) -> None:
    grid = parse_grid(chosen, ["retries=0,5", "k=1,2"])
    assert [grid.variant(n) for n in range(4)] == [
        ({"k": 1}, {"retries": 0}),
        ({"k": 1}, {"retries": 5}),
        ({"k": 2}, {"retries": 0}),
        ({"k": 2}, {"retries": 5}),
    ]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_every_variant_of_a_grid_is_another_one(sizes: list[int]) -> None:
    grid = Grid(tuple((f"p{n}", tuple(range(size))) for n, size in enumerate(sizes)))
    found = {tuple(grid.variant(number)[0].values()) for number in range(len(grid))}
    assert len(found) == len(grid) == np.prod(sizes)


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (["nonsense=1"], "axis not understood"),
        (["k"], "axis not understood"),
        (["k="], "axis not understood"),
        (["k=x"], "wrong type"),
        (["k=0"], "out of range"),
        (["k=5:1"], "range not understood"),
        (["k=1:9:0"], "range not understood"),
        (["slippage=2"], "out of range"),
        (["hold=9223372036854775808"], "too large"),
        (["retries=1,100000000000000000000"], "too large|out of range"),
        (["k=1", "k=2"], "named twice"),
        (["k=1:9999", "hold=1:9999"], "too many"),
    ],
)
def test_a_grid_that_cannot_be_is_a_usage_error(chosen: strategy.Strategy, words: list[str], match: str) -> None:
    with pytest.raises(UsageError, match=match):
        parse_grid(chosen, words)


@given(st.integers(1, 100_000))
def test_blocks_cover_every_variant_once(count: int) -> None:
    spans = spans_of(count)
    assert spans[0][0] == 0 and spans[-1][1] == count
    assert all(first[1] == second[0] for first, second in pairwise(spans))


# Results


def test_each_variant_is_the_back_test_of_its_parameters(tmp_path: Path) -> None:
    results, market = swept(tmp_path, GRID), moving_market()
    frame = rows(results)
    for number in (0, 7, 15):
        varied, execution = results.job.grid.variant(number)
        options = results.job.options
        options = options.model_copy(update={"execution": options.execution.model_copy(update=execution)})
        decide, params = strategy.load(results.job.file).bind(varied)
        single = engine.run(market, decide, options, params=params)
        assert frame["final_value"][number] == single.final_value
        assert np.array_equal(frame["returns"][number].to_numpy(), single.returns)


def test_the_file_has_one_row_group_a_block_and_the_axes_as_columns(tmp_path: Path) -> None:
    results = swept(tmp_path, GRID)
    assert pq.read_metadata(results.file).num_row_groups == len(spans_of(16)) == 2
    frame = rows(results)
    assert frame["variant"].to_list() == list(range(16))
    assert frame.select("k", "look", "retries").n_unique() == 16
    assert not list(tmp_path.glob("*.parts"))


def test_an_axis_called_like_a_figure_keeps_its_own_column(tmp_path: Path) -> None:
    text = '"""Hold one firm."""\ndef weights(panel, *, fills: int = 1):\n    return {panel.symbols[0]: fills / 10}\n'
    frame = rows(swept(tmp_path, ["fills=1,2"], text=text))
    assert frame["fills_"].to_list() == [1, 2] and min(frame["fills"].to_list()) > 2


def test_a_variant_that_never_trades_has_no_sharpe_ratio(tmp_path: Path) -> None:
    text = '"""Hold nothing."""\ndef weights(panel, *, k: int = 1):\n    return {}\n'
    frame = rows(swept(tmp_path, ["k=1,2"], text=text))
    assert frame["sharpe"].to_list() == [None, None] and frame["total_return"].to_list() == [0.0, 0.0]


def test_very_many_returns_are_thinned_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = swept(tmp_path, GRID)
    monkeypatch.setattr("screener.backtest.sweep.results.MATRIX_CELLS", 16 * 220 // 3 + 1)
    matrix, step = results.matrix()
    assert step == 3
    assert np.array_equal(matrix, np.concatenate(list(results.blocks()))[::3].T)


def test_every_variant_is_a_trial_once_however_often_it_is_swept(tmp_path: Path) -> None:
    for name in ("a.parquet", "b.parquet"):
        swept(tmp_path, GRID, out=name, ledger=tmp_path / "s.duckdb")
    ledger = trials.read(tmp_path / "s.duckdb")
    assert ledger.height == 16
    assert ledger["sharpe"].to_list() == rows(Results(tmp_path / "a.parquet", None))["sharpe_session"].to_list()  # type: ignore[arg-type]


def test_variants_that_differ_in_execution_ask_the_strategy_once(tmp_path: Path) -> None:
    market = moving_market()
    worker = Worker(market, job(market, write_strategy(tmp_path), ["k=1,2", "retries=0,1,2,3"]))
    decisions = [id(worker.result(number).decisions) for number in range(8)]
    assert [decisions.index(one) for one in decisions] == [0, 0, 0, 0, 4, 4, 4, 4]


# Processes


def test_processes_give_the_same_file_as_one(tmp_path: Path) -> None:
    here, there = (rows(swept(tmp_path, GRID, out=f"{n}.parquet", workers=n)) for n in (1, 2))
    assert here.equals(there)


def test_what_is_thawed_equals_what_was_frozen_and_cannot_be_written(tmp_path: Path) -> None:
    market = moving_market()
    frozen = share.freeze(market)
    share.write(frozen, tmp_path)
    back = share.thaw(share.mapped(tmp_path))
    assert fingerprint(back) == fingerprint(market)
    assert np.array_equal(back.limit_up, market.limit_up, equal_nan=True)
    assert not back.close.flags.writeable and frozen.nbytes > 7 * market.close.nbytes


def test_a_process_that_dies_loses_nothing(tmp_path: Path) -> None:
    killed: list[int] = []

    def kill_one(done: int, count: int) -> None:
        for process in multiprocessing.active_children()[:1] if not killed else ():
            killed.append(process.pid or 0)
            process.kill()

    frame = rows(swept(tmp_path, ["k=1:65"], workers=2, progress=kill_one))
    assert killed and frame["k"].to_list() == list(range(1, 66))


def test_an_error_of_the_strategy_in_a_process_is_its_own_sentence(tmp_path: Path) -> None:
    text = (
        '"""Sell short."""\ndef weights(panel, *, k: int = 1):\n    return {panel.symbols[0]: 0.5 if k < 12 else -1}\n'
    )
    with pytest.raises(ScreenerError, match="negative weight"):
        swept(tmp_path, ["k=1:25"], text=text, workers=2)


# Interruption


def stop_after(blocks: int) -> Callable[[int, int], None]:
    def progress(done: int, count: int) -> None:
        if done >= 10 * blocks:
            raise KeyboardInterrupt

    return progress


def test_ctrl_c_leaves_a_valid_file_and_the_same_sweep_goes_on(tmp_path: Path) -> None:
    words = ["k=1,2", "look=2:16"]  # 30 variants, 3 blocks
    with pytest.raises(SweepStopped, match=r"stopped after 10 of 30 variants.*--resume"):
        swept(tmp_path, words, progress=stop_after(1))
    assert pl.read_parquet(tmp_path / "out.parquet").height == 10
    asked: list[int] = []
    results = swept(tmp_path, words, resume=True, progress=lambda done, count: asked.append(done))
    assert asked[0] == 10
    assert rows(results).equals(rows(swept(tmp_path, words, out="whole.parquet")))


def test_an_unfinished_sweep_is_not_overwritten_unasked(tmp_path: Path) -> None:
    with pytest.raises(SweepStopped):
        swept(tmp_path, ["look=2:16"], progress=stop_after(1))
    with pytest.raises(UsageError, match=r"left unfinished.*--resume"):
        swept(tmp_path, ["look=2:16"])
    with pytest.raises(UsageError, match="another sweep"):
        swept(tmp_path, ["look=2:17"], resume=True)


def test_a_finished_sweep_is_read_again_not_run_again(tmp_path: Path) -> None:
    swept(tmp_path, GRID)
    asked: list[int] = []
    swept(tmp_path, GRID, resume=True, progress=lambda done, count: asked.append(done))
    assert asked == []


def test_a_strategy_changed_meanwhile_is_another_sweep(tmp_path: Path) -> None:
    market = moving_market()
    path = write_strategy(tmp_path)
    before = job(market, path, ["k=1,2"])
    path.write_text(path.read_text().replace("0.9", "0.8"))
    after = job(market, path, ["k=1,2"])
    assert before.digest != after.digest


def test_remarks_on_the_span_reach_every_result(tmp_path: Path) -> None:
    market, chosen = moving_market(), strategy.load(str(write_strategy(tmp_path)))
    options = BacktestOptions(universe=Universe.MARKET, end=date(2030, 1, 1), warm_up=20)
    todo = job_of(market, chosen, parse_grid(chosen, ["k=1,2"]), options)
    assert any("after the last common session" in note for note in Worker(market, todo).result(0).notes)


def test_the_longest_holding_is_the_longest_run_of_sessions_with_shares() -> None:
    result = trade(make_market(np.full(40, 10.0)), {2: 0.5, 9: 0.0, 12: 0.5, 15: 0.0}, cash=100_000)
    assert longest_holding(result) == 7
