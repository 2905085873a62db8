"""Blocks on a Ray cluster, or on a local one that is started for the sweep (optional extra `ray`).

1. The market's arrays go to Ray's object store once; workers read them in place.
2. One task per block; a worker process keeps its panels for the next block of the same sweep.
3. A task whose worker dies is run again on another one; a strategy that raises stops the sweep.
4. Results come back in the order of the blocks; few are under way at a time.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import socket
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from screener.backtest.sweep import share
from screener.backtest.sweep.job import Block, Job, Worker
from screener.core.errors import ScreenerError, UsageError
from screener.core.resources import install_step
from screener.point_in_time.market import Market

Span = tuple[int, int]
RETRIES = 5  # times a task is run again after its worker died
REACHED_WITHIN = 5.0  # seconds
HIGHEST_PORT = 65_535
_REFUSED = "ray status; where a cluster runs, compare its token: RAY_AUTH_MODE, RAY_AUTH_TOKEN"


def blocks(
    market: Market, job: Job, spans: Sequence[Span], workers: int | None = None, address: str | None = None
) -> Iterator[Block]:
    """The blocks in the order of `spans`. Raises UsageError without Ray, ScreenerError where no cluster answers."""
    ray = _connect(workers, address)
    try:
        sent = _put(ray, market, job)
        task = ray.remote(num_cpus=1, max_retries=RETRIES)(_block)
        under_way = 2 * max(1, int(ray.cluster_resources().get("CPU", 1)))
        waiting: deque[Any] = deque()
        for span in spans:
            # In a list the reference travels, not the market: a worker that has it does not fetch it again.
            waiting.append(task.remote([sent], job.digest, span))
            if len(waiting) >= under_way:
                yield _result(ray, waiting.popleft())
        while waiting:
            yield _result(ray, waiting.popleft())
    finally:
        ray.shutdown()


def _put(ray: Any, market: Market, job: Job) -> Any:
    """The reference of both in the object store; each node takes it from there once."""
    frozen = share.freeze((share.portable(market), job))
    return ray.put((frozen.head, list(frozen.buffers)))


def _connect(workers: int | None, address: str | None) -> Any:
    if importlib.util.find_spec("ray") is None:
        raise UsageError("Ray is not installed", where="--engine ray", next_step=install_step("ray"))
    if address is not None:
        _reach(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address is None:
            # "local" starts a cluster of its own even where $RAY_ADDRESS names another one.
            ray.init(address="local", num_cpus=workers or os.cpu_count(), include_dashboard=False, **quiet)
        else:
            ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise _no_cluster(address or "local", str(error).split("\n")[0], _REFUSED) from error
    return ray


def _reach(address: str) -> None:
    """Raise ScreenerError where nothing listens: Ray itself would try for minutes, without a word."""
    if address == "auto":  # Ray looks for one on this machine
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal() or int(port) > HIGHEST_PORT:
        raise UsageError("address not understood", where="--address", got=repr(address), expected="HOST:PORT or auto")
    try:
        socket.create_connection((host.strip("[]"), int(port)), REACHED_WITHIN).close()
    except (OSError, UnicodeError) as error:
        raise _no_cluster(address, str(error), "ray start --head there, or another --address") from error


def _no_cluster(address: str, got: str, next_step: str) -> ScreenerError:
    return ScreenerError("no Ray cluster", where=address, got=got, next_step=next_step)


def _result(ray: Any, reference: Any) -> Block:
    try:
        block: Block = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, ScreenerError):
            raise error.cause from None
        raise
    except ray.exceptions.WorkerCrashedError:
        raise ScreenerError(
            f"a block killed its worker {RETRIES + 1} times", next_step="free some memory, then run with --resume"
        ) from None
    return block


_WORKER: dict[str, Worker] = {}


def _block(sent: list[Any], digest: str, span: Span) -> Block:
    """Runs on a worker; the panels of one sweep are kept."""
    if digest not in _WORKER:
        import ray

        head, buffers = ray.get(sent[0])
        _WORKER.clear()
        _WORKER[digest] = Worker(*share.thaw(share.Frozen(head, buffers)))
    return _WORKER[digest].block(*span)
