"""Walk-forward trades each window with what was best before it, and the purged sessions had no say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from screener.backtest import ledger
from screener.backtest.sweep import Results, walk_forward
from screener.backtest.sweep.walk_forward import Windows, parse_windows
from screener.core.errors import UsageError
from tests.backtest.sweeps import job, moving_market, rows, swept, write_strategy

WORDS = ["k=1,2,3", "look=2:12"]
WINDOWS = Windows(train=100, test=40)
PURGED = Windows(train=100, test=40, purge=5)
CASH = '"""Hold nothing."""\ndef weights(panel, *, k: int = 1):\n    return {}\n'
LASTING = '"""Hold one firm for good."""\ndef weights(panel, *, k: int = 1):\n    return {panel.symbols[k]: 0.5}\n'


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return swept(tmp_path_factory.mktemp("walk"), WORDS)


@pytest.fixture(scope="module")
def walk(results: Results) -> walk_forward.WalkForward:
    return walk_forward.walk_forward(moving_market(), results, PURGED)


def test_test_windows_follow_each_other_to_the_end(walk: walk_forward.WalkForward) -> None:
    assert [fold.test for fold in walk.folds] == [(100, 140), (140, 180), (180, 220)]
    assert [fold.train for fold in walk.folds] == [(0, 95), (40, 135), (80, 175)]
    assert len(walk.result.sessions) == 120


def test_the_choice_is_the_best_sharpe_ratio_of_the_purged_window(
    results: Results, walk: walk_forward.WalkForward
) -> None:
    matrix, _ = results.matrix()
    for fold in walk.folds:
        window = matrix[slice(*fold.train)]
        ratios = window.mean(axis=0) / window.std(axis=0, ddof=1)
        assert fold.variant == int(np.argmax(ratios))
        assert fold.in_sample == pytest.approx(ratios.max())


def test_nothing_from_the_purged_sessions_on_changes_a_choice(results: Results) -> None:
    market = moving_market()
    first = walk_forward.walk_forward(market, results, PURGED).folds[0]
    cut = walk_forward._choose(results, [first.train])[0]
    ends = {walk_forward._choose(results, [(0, end)])[0] for end in range(40, 220, 9)}
    assert cut == (first.variant, first.in_sample) and len(ends) > 1


def test_the_curve_is_one_execution_that_balances_to_the_fen(walk: walk_forward.WalkForward) -> None:
    ledger.verify(walk.result)
    assert walk.result.initial_cash == 10_000_000
    first_of_fold = {int(day) for fold in walk.folds for day in [fold.test[0] + walk.result.first - 100]}
    assert first_of_fold <= set(walk.result.decisions.when.tolist())


def test_where_nothing_ever_traded_the_walk_stays_in_cash(tmp_path: Path) -> None:
    results = swept(tmp_path, ["k=1,2"], text=CASH)
    walk = walk_forward.walk_forward(moving_market(), results, Windows(100, 40, purge=0))
    assert [fold.variant for fold in walk.folds] == [None, None, None]
    assert walk.result.total_return == 0.0


def test_the_longest_holding_is_purged_and_what_would_be_enough_is_said(tmp_path: Path) -> None:
    results = swept(tmp_path, ["k=1,2"], text=LASTING)
    with pytest.raises(UsageError, match=r"purging leaves nothing.*220 sessions.*purge=N"):
        walk_forward.walk_forward(moving_market(), results, WINDOWS)


@pytest.mark.parametrize(("words", "least"), [(["hold=3,9,6"], 9), (["hold=5"], 5)])
def test_what_a_renewed_position_was_held_is_purged_not_only_hold(tmp_path: Path, words: list[str], least: int) -> None:
    results = swept(tmp_path, words)
    walk = walk_forward.walk_forward(moving_market(), results, WINDOWS)
    assert walk.purge == walk.longest_holding == max(rows(results)["longest_holding"].to_list()) > least
    assert walk.remark == ""


def test_purging_less_than_the_longest_holding_is_said(tmp_path: Path) -> None:
    results = swept(tmp_path, ["k=1,2"], text=LASTING)
    walk = walk_forward.walk_forward(moving_market(), results, Windows(100, 40, purge=9))
    assert walk.purge == 9
    assert walk.remark.startswith("purged 9 sessions, but positions were held up to 220 sessions")


@pytest.mark.parametrize(
    "text",
    [
        "train=252",
        "train=a,test=3",
        "test=5,train=1",
        "train=9,test=3,gap=1",
        "train=9,test=0",
        "",
        "train=9,test=3,train=7",
    ],
)
def test_windows_that_cannot_be_are_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="--walk-forward"):
        parse_windows(text)


def test_windows_are_read_with_and_without_a_purge() -> None:
    assert parse_windows("train=252,test=63") == Windows(252, 63)
    assert parse_windows("test=63, train=252, purge=10") == Windows(252, 63, 10)


@pytest.mark.parametrize(
    ("words", "windows", "match"),
    [
        (["slippage=0,0.001"], WINDOWS, "not its costs"),
        (["hold=5,99"], WINDOWS, "purging leaves nothing"),
        (["k=1,2"], Windows(220, 10), "too short"),
    ],
)
def test_what_cannot_be_walked_is_said_before_the_sweep(
    tmp_path: Path, words: list[str], windows: Windows, match: str
) -> None:
    market = moving_market()
    with pytest.raises(UsageError, match=match):
        walk_forward.check(job(market, write_strategy(tmp_path), words), windows)
