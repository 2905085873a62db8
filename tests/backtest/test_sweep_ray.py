"""The same sweep on a real local Ray of two workers; skipped where the extra `ray` is not installed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from screener.backtest.sweep import EngineName, ray_engine
from screener.core.errors import ScreenerError
from tests.backtest.sweeps import job, moving_market, rows, swept, write_strategy
from tests.backtest.test_sweep import GRID

ray = pytest.importorskip("ray", reason='the extra is not installed: pip install "ray>=2.60,<3"')


@pytest.fixture(scope="module")
def cluster() -> Iterator[dict[str, Any]]:
    """A cluster of two workers on this machine, reached by its address as one elsewhere would be."""
    from ray.cluster_utils import Cluster

    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    yield {"engine": EngineName.RAY, "address": started.address}
    started.shutdown()


@pytest.mark.long
def test_a_ray_started_for_the_sweep_gives_the_same_file_and_is_gone(tmp_path: Path) -> None:
    here = rows(swept(tmp_path, GRID, out="here.parquet", workers=1))
    assert rows(swept(tmp_path, GRID, out="ray.parquet", engine=EngineName.RAY, workers=2)).equals(here)
    assert not ray.is_initialized()


def test_a_cluster_at_an_address_gives_the_same_file(tmp_path: Path, cluster: dict[str, Any]) -> None:
    here = rows(swept(tmp_path, GRID, out="here.parquet", workers=1))
    assert rows(swept(tmp_path, GRID, out="ray.parquet", **cluster)).equals(here)


def mapping_of_closes(sent: list[Any], digest: str) -> tuple[int, str, bool]:
    """On a worker that has computed a block: its process, the mapping that holds its closes, may it write there?"""
    ray_engine._block(sent, digest, (0, 1))
    close = ray_engine._WORKER[digest].market.close
    for line in Path("/proc/self/maps").read_text().splitlines():
        begin, _, end = line.split()[0].partition("-")
        if int(begin, 16) <= close.ctypes.data < int(end, 16):
            return os.getpid(), line.split(maxsplit=5)[-1], close.flags.writeable
    raise AssertionError("an array that lies nowhere")


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc to look up addresses in")
def test_workers_read_one_market_in_shared_memory(tmp_path: Path, cluster: dict[str, Any]) -> None:
    market = moving_market()
    work = job(market, write_strategy(tmp_path), GRID)
    ray.init(address=cluster["address"], log_to_driver=False)
    try:
        sent = ray_engine._put(ray, market, work)
        asked = [ray.remote(num_cpus=1)(mapping_of_closes).remote([sent], work.digest) for _ in range(2)]
        found = ray.get(asked)
    finally:
        ray.shutdown()
    assert len({process for process, _, _ in found}) == 2
    assert all("plasma" in mapping and not writeable for _, mapping, writeable in found)


def busy_workers() -> list[int]:
    """Ray's processes beneath this one that compute a block."""
    told = {int(path.parent.name): text for path in Path("/proc").glob("[0-9]*/stat") if (text := read(path))}
    parents = {pid: int(text.rpartition(b")")[2].split()[1]) for pid, text in told.items()}
    beneath = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in beneath} - beneath:
        beneath |= more
    return [pid for pid in beneath if read(Path(f"/proc/{pid}/cmdline")).startswith(b"ray::_block")]


def read(path: Path) -> bytes:
    """What the system says of a process; nothing of one that has just ended."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to find Ray's processes in")
def test_a_killed_worker_loses_nothing(tmp_path: Path, cluster: dict[str, Any]) -> None:
    killed: list[int] = []

    def kill_one(done: int, count: int) -> None:
        for pid in busy_workers()[:1] if done and not killed else ():
            killed.append(pid)
            os.kill(pid, signal.SIGKILL)

    there = rows(swept(tmp_path, ["k=1:85"], out="ray.parquet", progress=kill_one, **cluster))
    assert killed and there.equals(rows(swept(tmp_path, ["k=1:85"], out="here.parquet", workers=1)))


@pytest.mark.long
def test_an_error_of_the_strategy_is_its_own_sentence(tmp_path: Path, cluster: dict[str, Any]) -> None:
    text = '"""Sell short."""\ndef weights(panel, *, k: int = 1):\n    return {panel.symbols[0]: -1}\n'
    with pytest.raises(ScreenerError, match="negative weight"):
        swept(tmp_path, ["k=1:25"], text=text, **cluster)
