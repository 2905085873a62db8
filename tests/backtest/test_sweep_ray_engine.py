"""What a sweep asks of Ray, with this process in the place of a cluster; a real one stands in test_sweep_ray.py."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from screener.backtest.sweep import EngineName, ray_engine
from screener.core.errors import ScreenerError, UsageError
from tests.backtest.sweeps import rows, swept

MANY = ["k=1:45"]  # five blocks: more than are under way at a time


class RayTaskError(Exception):
    """A task raised `cause` on its worker."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class WorkerCrashedError(Exception):
    """A task was run until its retries were used up."""


@dataclass
class Here:
    """A cluster of one worker in this process: a task runs where its result is fetched, what is put is kept."""

    asked: dict[str, Any] = field(default_factory=dict)  # of `init`
    told: list[str] = field(default_factory=list)
    kept: list[Any] = field(default_factory=list)
    waiting: int = 0
    most: int = 0  # tasks under way at a time

    exceptions = SimpleNamespace(RayTaskError=RayTaskError, WorkerCrashedError=WorkerCrashedError)

    def init(self, **asked: Any) -> None:
        self.asked = asked

    def shutdown(self) -> None:
        self.told.append("shut down")

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 1.0}

    def put(self, value: Any) -> int:
        self.kept.append(value)
        return len(self.kept) - 1

    def get(self, reference: Any) -> Any:
        if isinstance(reference, int):
            self.told.append("market")
            return self.kept[reference]
        self.waiting -= 1
        try:
            return reference()
        except (WorkerCrashedError, KeyboardInterrupt):
            raise
        except Exception as error:
            raise RayTaskError(error) from None

    def remote(self, **_: int) -> Callable[[Callable[..., Any]], Any]:
        def send(task: Callable[..., Any], *given: Any) -> Callable[[], Any]:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            return lambda: task(*given)

        return lambda task: SimpleNamespace(remote=lambda *given: send(task, *given))


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Here:
    """`import ray` finds the cluster in this process."""
    here, module = Here(), ModuleType("ray")
    module.__spec__ = ModuleSpec("ray", None)
    for name in ("init", "shutdown", "cluster_resources", "put", "get", "remote", "exceptions"):
        setattr(module, name, getattr(here, name))
    monkeypatch.setitem(sys.modules, "ray", module)
    monkeypatch.setattr(ray_engine, "_WORKER", {})
    return here


def test_blocks_come_in_order_from_one_market_few_at_a_time(tmp_path: Path, ray: Here) -> None:
    there = rows(swept(tmp_path, MANY, out="ray.parquet", engine=EngineName.RAY))
    assert there.equals(rows(swept(tmp_path, MANY, out="here.parquet", workers=1)))
    assert len(ray.kept) == 1 and ray.told == ["market", "shut down"]  # one worker: fetched once, for all its blocks
    assert ray.most == 2 and ray.waiting == 0


def test_a_worker_keeps_the_panels_of_one_sweep_only(tmp_path: Path, ray: Here) -> None:
    for words in (["k=1,2"], ["k=3"]):
        swept(tmp_path, words, out=f"{words}.parquet", engine=EngineName.RAY)
    assert len(ray_engine._WORKER) == 1 and ray.told == ["market", "shut down"] * 2


@pytest.mark.parametrize(
    ("how", "asked"),
    [({"workers": 3}, {"address": "local", "num_cpus": 3}), ({"address": "auto", "workers": 3}, {"address": "auto"})],
)
def test_only_without_an_address_a_cluster_of_its_own_is_started(
    tmp_path: Path, ray: Here, how: dict[str, Any], asked: dict[str, Any]
) -> None:
    swept(tmp_path, ["k=1,2"], engine=EngineName.RAY, **how)
    assert {key: ray.asked[key] for key in ("address", "num_cpus") if key in ray.asked} == asked


def test_what_a_strategy_did_wrong_is_its_own_sentence_and_the_cluster_is_left(tmp_path: Path, ray: Here) -> None:
    text = '"""Sell short."""\ndef weights(panel, *, k: int = 1):\n    return {panel.symbols[0]: -1}\n'
    with pytest.raises(ScreenerError, match="negative weight"):
        swept(tmp_path, ["k=1:25"], text=text, engine=EngineName.RAY)
    assert ray.told[-1] == "shut down"


@pytest.mark.parametrize(
    ("error", "raised", "said"),
    [
        (WorkerCrashedError(), ScreenerError, r"killed its worker 6 times; next: .*--resume"),
        (MemoryError("a fault of ours"), RayTaskError, "a fault of ours"),
    ],
)
def test_a_task_that_cannot_end_stops_the_sweep(
    tmp_path: Path, ray: Here, monkeypatch: pytest.MonkeyPatch, error: Exception, raised: type[Exception], said: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(ray_engine, "_block", fail)
    with pytest.raises(raised, match=said):
        swept(tmp_path, ["k=1,2"], engine=EngineName.RAY)
    assert ray.told == ["shut down"]


def test_a_sweep_stopped_on_a_cluster_goes_on_where_it_was(tmp_path: Path, ray: Here) -> None:
    def stop(done: int, count: int) -> None:
        if done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(ScreenerError, match="stopped after 20 of 45 variants"):
        swept(tmp_path, MANY, engine=EngineName.RAY, progress=stop)
    done: list[int] = []
    found = swept(tmp_path, MANY, engine=EngineName.RAY, resume=True, progress=lambda n, _: done.append(n))
    assert done[0] == 20 and rows(found).height == 45


@pytest.mark.parametrize("address", ["not an address", "127.0.0.1", ":6379", "127.0.0.1:70000", ""])
def test_what_is_no_address_is_a_usage_error(tmp_path: Path, ray: Here, address: str) -> None:
    with pytest.raises(UsageError, match="address not understood"):
        swept(tmp_path, ["k=1,2"], engine=EngineName.RAY, address=address)
    assert not ray.asked


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_an_address_where_nothing_listens_is_one_sentence_at_once(tmp_path: Path, ray: Here) -> None:
    with pytest.raises(ScreenerError, match=r"no Ray cluster.*refused.*ray start --head"):
        swept(tmp_path, ["k=1,2"], engine=EngineName.RAY, address=f"127.0.0.1:{closed_port()}")
    assert not ray.asked and not list(tmp_path.glob("*.parts"))  # Ray would try for minutes


def test_a_cluster_that_refuses_is_one_sentence(tmp_path: Path, ray: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise ConnectionError("Failed to connect\nand more")

    monkeypatch.setattr(sys.modules["ray"], "init", refuse)
    with pytest.raises(ScreenerError, match=r"no Ray cluster.*got Failed to connect; next.*RAY_AUTH_TOKEN"):
        swept(tmp_path, ["k=1,2"], engine=EngineName.RAY, address="auto")
