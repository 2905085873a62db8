"""The trial ledger remembers every variant once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from screener.backtest import trials
from screener.core.errors import DataRefused, ScreenerError
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


def test_what_is_tried_after_a_crash_starts_on_a_line_of_its_own(tmp_path: Path) -> None:
    db, others = tmp_path / "s.duckdb", [replace(TRIAL, params=json.dumps({"k": k})) for k in range(4)]
    assert trials.append(db, others[:2]) == 2
    file = trials.trials_file(db)
    os.truncate(file, file.stat().st_size - 20)
    assert trials.append(db, others[2:]) == 2
    assert trials.read(db)["params"].to_list() == ['{"k": 0}', '{"k": 2}', '{"k": 3}']
    assert trials.append(db, others) == 1


@pytest.mark.parametrize(
    "line", [b"not json", b"", b"\x00" * 9, b"\xff\xfe", b'{"strategy": "ha{"code": 1}', b"[" * 200_000]
)
def test_a_line_that_is_no_json_is_left_out_wherever_it_stands(tmp_path: Path, line: bytes) -> None:
    db = tmp_path / "s.duckdb"
    trials.append(db, [TRIAL])
    file = trials.trials_file(db)
    file.write_bytes(line + b"\n" + file.read_bytes() + line + b"\n")
    trials.append(db, [replace(TRIAL, params='{"k": 4}')])
    assert trials.read(db)["params"].to_list() == ["{}", '{"k": 4}']


WRONG_TYPE = json.dumps({**vars(TRIAL), "sharpe": "high"})


@pytest.mark.parametrize("line", ['{"strategy": "x"}', "[]", json.dumps({**vars(TRIAL), "more": 1}), WRONG_TYPE])
def test_a_line_of_another_shape_is_named(tmp_path: Path, line: str) -> None:
    db = tmp_path / "s.duckdb"
    trials.trials_file(db).write_text(f"{json.dumps(vars(TRIAL))}\n{line}\n", encoding="utf-8")
    for asked in (lambda: trials.read(db), lambda: trials.append(db, [TRIAL])):
        with pytest.raises(DataRefused, match=r"s\.duckdb\.trials\.jsonl:[12]"):
            asked()


def test_a_long_ledger_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "_CHUNK", 1_000)  # two or three lines
    db, many = tmp_path / "s.duckdb", [replace(TRIAL, params=json.dumps({"k": k})) for k in range(50)]
    assert [trials.append(db, many[:30]), trials.append(db, many)] == [30, 20]
    assert trials.read(db)["params"].to_list() == [one.params for one in many]
    with trials.trials_file(db).open("a", encoding="utf-8") as file:
        file.write("[]\n")
    for asked in (lambda: trials.read(db), lambda: trials.append(db, [])):
        with pytest.raises(DataRefused, match=r"jsonl:51"):
            asked()


FULL = """
import json, resource, sys
from pathlib import Path
from screener.backtest import trials
from screener.core.errors import ScreenerError

db, limit = Path(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
same = json.loads(sys.argv[3])
try:
    trials.append(db, [trials.Trial(**{**same, "params": json.dumps({"k": k})}) for k in range(9)])
except ScreenerError as error:
    sys.exit(f"refused: {error}")
"""


def test_a_full_disk_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    db = tmp_path / "s.duckdb"
    trials.append(db, [TRIAL])
    before = trials.trials_file(db).read_bytes()
    words = [sys.executable, "-c", FULL, str(db), str(len(before) + 700), json.dumps(vars(TRIAL))]
    answer = subprocess.run(words, capture_output=True, text=True, check=False)
    assert answer.returncode == 1 and answer.stderr.startswith("refused: ") and "cannot write" in answer.stderr
    assert trials.trials_file(db).read_bytes() == before


def test_what_is_there_already_is_not_written_again(tmp_path: Path) -> None:
    db = tmp_path / "s.duckdb"
    assert trials.append(db, [TRIAL, replace(TRIAL, params='{"k": 4}')]) == 2
    before = trials.trials_file(db).read_bytes()
    assert trials.append(db, [replace(TRIAL, tried_at="2026-08-01T00:00:00")]) == 0
    assert trials.append(db, []) == 0
    assert trials.trials_file(db).read_bytes() == before
    assert trials.append(db, [replace(TRIAL, data="newer")]) == 1


def test_what_another_process_wrote_or_removed_is_noticed(tmp_path: Path) -> None:
    db = tmp_path / "s.duckdb"
    trials.append(db, [TRIAL])
    file, other = trials.trials_file(db), replace(TRIAL, params='{"k": 4}')
    with file.open("a", encoding="utf-8") as theirs:
        theirs.write(json.dumps(vars(other)) + "\n")
    assert trials.append(db, [other]) == 0
    file.write_text("".join(file.read_text(encoding="utf-8").splitlines(keepends=True)[1:]), encoding="utf-8")
    assert trials.append(db, [TRIAL, other]) == 1
    file.unlink()
    assert trials.append(db, [TRIAL, other]) == 2


MANY = """
import json, sys
from pathlib import Path
from screener.backtest import trials

db, first, same = Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
for start in range(first, first + 300, 10):
    names = [json.dumps({"k": k}) for k in range(start, start + 10)]
    trials.append(db, [trials.Trial(**{**same, "params": name}) for name in names])
"""


def test_processes_that_write_at_once_lose_no_line_and_break_none(tmp_path: Path) -> None:
    db = tmp_path / "s.duckdb"
    words = [[sys.executable, "-c", MANY, str(db), str(first), json.dumps(vars(TRIAL))] for first in (0, 150)]
    assert [process.wait(60) for process in [subprocess.Popen(one) for one in words]] == [0, 0]
    lines = trials.trials_file(db).read_text(encoding="utf-8").splitlines()
    assert all(json.loads(line)["strategy"] == TRIAL.strategy for line in lines)
    assert {json.loads(line)["params"] for line in lines} == {f'{{"k": {k}}}' for k in range(450)}
    assert trials.read(db).height == 450


def test_a_ledger_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    trials.trials_file(tmp_path / "s.duckdb").mkdir()
    with pytest.raises(ScreenerError, match="cannot write the trial ledger"):
        trials.append(tmp_path / "s.duckdb", [])


def test_a_trial_names_what_differs_from_the_defaults() -> None:
    assert json.loads(TRIAL.options)["execution"]["participation"] == 1.0
    assert (TRIAL.first, TRIAL.sessions) == (str(RESULT.sessions[0]), 29)


def test_moments_are_those_of_the_session_returns() -> None:
    returns = np.array([0.01, -0.02, 0.03, 0.01, -0.01])
    sharpe, skew, kurtosis = trials.moments(returns)
    assert sharpe == pytest.approx(0.004 / np.sqrt(0.00152 / 4))
    assert skew == pytest.approx(np.mean((returns - 0.004) ** 3) / np.std(returns) ** 3)
    assert kurtosis == pytest.approx(np.mean((returns - 0.004) ** 4) / np.std(returns) ** 4)
    assert trials.moments(np.zeros(9)) == (None, None, None)
