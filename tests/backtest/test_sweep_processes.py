"""Processes of a sweep that die, are stopped or cannot start: nothing hangs, and the reason is told."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from screener.backtest.sweep import local, share
from screener.backtest.sweep.job import Worker
from screener.core.errors import ScreenerError, StrategyError
from tests.backtest.sweeps import job, moving_market, rows, swept, write_strategy

PIPE = 65_536  # bytes that a pipe takes while nobody reads


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Path]:
    market = moving_market()
    with local._shared(market, job(market, write_strategy(tmp_path), ["k=1,2"])) as folder:
        yield folder


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of its own."""
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_what_a_starting_process_is_sent_fits_a_pipe_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []

    class Pool:
        def __init__(self, *_: object, initargs: tuple[object, ...], **__: object) -> None:
            sent.extend(initargs)
            raise ScreenerError("enough")

    market = moving_market()
    monkeypatch.setattr(local, "ProcessPoolExecutor", Pool)
    with pytest.raises(ScreenerError, match="enough"):
        list(local._once(Path("folder"), [(0, 1)], 1))
    assert len(pickle.dumps(sent)) < PIPE // 16 < len(pickle.dumps(market))


def test_what_a_process_sends_back_fits_a_pipe_nobody_reads(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker(*share.thaw(share.mapped(shared)))
    monkeypatch.setattr(local, "_WORKER", [worker])
    monkeypatch.setattr(local, "_FOLDER", [shared])
    path = local._block((0, 2))
    assert len(pickle.dumps(path)) < PIPE // 16
    found = pickle.loads(path.read_bytes())
    assert np.array_equal(found.returns, worker.block(0, 2).returns)


@pytest.mark.skipif(os.name == "nt", reason="no such signal there")
def test_a_process_killed_while_it_starts_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from multiprocessing.popen_spawn_posix import Popen

    launch = Popen._launch  # type: ignore[attr-defined]
    killed: list[int] = []

    def kill_the_first(self: Popen, process: object) -> None:
        launch(self, process)
        if not killed:
            os.kill(self.pid, signal.SIGKILL)
            killed.append(self.pid)

    monkeypatch.setattr(Popen, "_launch", kill_the_first)
    assert len(rows(swept(tmp_path, ["k=1,2", "look=2:12"], workers=2))) == 22
    assert killed


def test_a_strategy_changed_while_it_is_swept_is_what_is_said(tmp_path: Path) -> None:
    def change(done: int, count: int) -> None:
        path = tmp_path / "momentum.py"
        path.write_text(path.read_text().replace("0.9", "0.8"))

    with pytest.raises(ScreenerError, match="changed while it was swept"):
        swept(tmp_path, ["k=1,2", "look=2:12"], workers=2, progress=change)


def test_deaths_count_while_no_block_comes_in_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent.futures.process import BrokenProcessPool

    market, spans, alive = moving_market(), [(n, n + 1) for n in range(5)], iter([1, 1, 1, 1, 0, 0, 0])

    def dying(folder: Path, left: list[Any], workers: int) -> Iterator[Any]:
        yield from left[: next(alive)]
        raise BrokenProcessPool

    monkeypatch.setattr(local, "_once", dying)
    found: Iterator[Any] = local._pooled(market, job(market, write_strategy(tmp_path), ["k=1,2"]), spans, 2)
    assert [next(found) for _ in range(4)] == spans[:4]
    with pytest.raises(ScreenerError, match="keep dying"):
        next(found)


def test_no_room_for_the_shared_market_is_one_sentence(
    temp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(share, "write", full)
    with pytest.raises(ScreenerError, match=r"no room.*TMPDIR.*--resume"):
        swept(tmp_path, ["k=1,2", "look=2:12"], workers=2)
    assert list(temp.iterdir()) == []


def test_an_error_keeps_its_kind_on_the_way_from_a_process() -> None:
    assert isinstance(pickle.loads(pickle.dumps(StrategyError("x", where="y"))), StrategyError)
