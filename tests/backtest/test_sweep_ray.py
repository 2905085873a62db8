"""The same sweep on a real local Ray of two workers; skipped where the extra `ray` is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from screener.backtest.sweep import EngineName
from screener.core.errors import ScreenerError
from tests.backtest.sweeps import rows, swept
from tests.backtest.test_sweep import GRID, KILLER

ray = pytest.importorskip("ray", reason='the extra is not installed: pip install "ray>=2.60,<3"')


@pytest.fixture(scope="module")
def cluster() -> Iterator[dict[str, Any]]:
    """A cluster of two workers on this machine, reached by its address as one elsewhere would be."""
    from ray.cluster_utils import Cluster

    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    yield {"engine": EngineName.RAY, "address": started.address}
    started.shutdown()


def test_a_ray_started_for_the_sweep_gives_the_same_file_and_is_gone(tmp_path: Path) -> None:
    here = rows(swept(tmp_path, GRID, out="here.parquet", workers=1))
    assert rows(swept(tmp_path, GRID, out="ray.parquet", engine=EngineName.RAY, workers=2)).equals(here)
    assert not ray.is_initialized()


def test_a_cluster_at_an_address_gives_the_same_file(tmp_path: Path, cluster: dict[str, Any]) -> None:
    here = rows(swept(tmp_path, GRID, out="here.parquet", workers=1))
    assert rows(swept(tmp_path, GRID, out="ray.parquet", **cluster)).equals(here)


def test_a_killed_worker_loses_nothing(tmp_path: Path, cluster: dict[str, Any]) -> None:
    there = rows(swept(tmp_path, ["k=1:45"], text=KILLER, out="ray.parquet", **cluster))
    assert (tmp_path / "momentum.died").exists()
    assert there.equals(rows(swept(tmp_path, ["k=1:45"], text=KILLER, out="here.parquet", workers=1)))


def test_an_error_of_the_strategy_is_its_own_sentence(tmp_path: Path, cluster: dict[str, Any]) -> None:
    text = '"""Sell short."""\ndef weights(panel, *, k: int = 1):\n    return {panel.symbols[0]: -1}\n'
    with pytest.raises(ScreenerError, match="negative weight"):
        swept(tmp_path, ["k=1:25"], text=text, **cluster)


def test_a_cluster_that_does_not_answer_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "1")
    with pytest.raises(ScreenerError, match="no Ray cluster"):
        swept(tmp_path, ["k=1,2"], engine=EngineName.RAY, address="not an address")
