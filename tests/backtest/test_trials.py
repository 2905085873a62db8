"""The trial ledger remembers every variant once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from screener.backtest import trials
from screener.core.errors import DataRefused
from tests.backtest.markets import make_market, trade

RESULT = trade(make_market(np.linspace(10, 12, 30)), {1: 0.5})
TRIAL = trials.trial_of(RESULT, now=datetime(2026, 7, 1, 12))


def test_a_variant_tried_twice_counts_once_as_tried_first(tmp_path: Path) -> None:
    db = tmp_path / "s.duckdb"
    trials.append(db, [TRIAL, replace(TRIAL, params='{"k": 4}')])
    trials.append(db, [replace(TRIAL, tried_at="2026-08-01T00:00:00")])
    frame = trials.read(db)
    assert frame["params"].to_list() == ["{}", '{"k": 4}']
    assert frame["tried_at"][0] == "2026-07-01T12:00:00"


def test_without_a_ledger_nothing_was_tried(tmp_path: Path) -> None:
    assert trials.read(tmp_path / "none.duckdb").height == 0


def test_a_line_cut_off_by_a_crash_is_left_out(tmp_path: Path) -> None:
    db = tmp_path / "s.duckdb"
    trials.append(db, [TRIAL])
    with trials.trials_file(db).open("a") as file:
        file.write('{"strategy": "ha')
    assert trials.read(db).height == 1


@pytest.mark.parametrize("line", ["not json\n", '{"strategy": "x"}\n', "[]\n"])
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    db = tmp_path / "s.duckdb"
    trials.trials_file(db).write_text(line, encoding="utf-8")
    with pytest.raises(DataRefused, match=r"s\.duckdb\.trials\.jsonl:1"):
        trials.read(db)


def test_a_trial_names_what_differs_from_the_defaults() -> None:
    assert json.loads(TRIAL.options)["execution"]["participation"] == 1.0
    assert (TRIAL.first, TRIAL.sessions) == (str(RESULT.sessions[0]), 29)


def test_the_same_data_has_the_same_fingerprint_and_one_price_changes_it() -> None:
    market = RESULT.market
    assert trials.fingerprint(make_market(np.linspace(10, 12, 30))) == TRIAL.data
    close = market.close.copy()
    close[3, 0] += 0.01
    assert trials.fingerprint(replace(market, close=close)) != TRIAL.data


def test_moments_are_those_of_the_session_returns() -> None:
    returns = np.array([0.01, -0.02, 0.03, 0.01, -0.01])
    sharpe, skew, kurtosis = trials.moments(returns)
    assert sharpe == pytest.approx(0.004 / np.sqrt(0.00152 / 4))
    assert skew == pytest.approx(np.mean((returns - 0.004) ** 3) / np.std(returns) ** 3)
    assert kurtosis == pytest.approx(np.mean((returns - 0.004) ** 4) / np.std(returns) ** 4)
    assert trials.moments(np.zeros(9)) == (None, None, None)
