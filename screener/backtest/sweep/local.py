"""Blocks on this machine: in this process while that is quick, in one process per core when it is worth starting them.

1. The first blocks run here; the second one tells what a block takes (the first also loads the kernel).
2. If the rest would take longer than `POOL_PAYS` seconds, it goes to spawned processes that map one copy of the market.
3. Results come back in the order of the blocks, whoever was faster; few are under way at a time.
4. A process that dies takes its blocks along: they are done again in fresh processes.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from tempfile import TemporaryDirectory

from screener.backtest.sweep import share
from screener.backtest.sweep.job import Block, Job, Worker
from screener.core.errors import ScreenerError
from screener.point_in_time.market import Market

Span = tuple[int, int]
POOL_PAYS = 8.0  # seconds left to do that pay for starting processes, which takes two or three
ATTEMPTS = 3


def blocks(market: Market, job: Job, spans: Sequence[Span], workers: int | None = None) -> Iterator[Block]:
    """The blocks in the order of `spans`; `workers` None: as many as there are cores, where it pays."""
    count = workers or os.cpu_count() or 1
    here = Worker(market, job)
    taken = 0.0
    for number, span in enumerate(spans):
        started = time.perf_counter()
        # The first block loads the kernel: it says nothing about the others.
        if number and count > 1 and (workers or (number > 1 and taken * (len(spans) - number) > POOL_PAYS)):
            yield from _pooled(market, job, spans[number:], count)
            return
        yield here.block(*span)
        taken = time.perf_counter() - started


def _pooled(market: Market, job: Job, spans: Sequence[Span], workers: int) -> Iterator[Block]:
    frozen = share.freeze((share.portable(market), job))
    with TemporaryDirectory(prefix="screener-sweep-") as folder:
        path = Path(folder) / "market"
        terms = frozen.head, path, share.write(frozen, path)
        done, died = 0, 0
        while done < len(spans):
            try:
                for block in _once(terms, spans[done:], min(workers, len(spans) - done)):
                    done += 1
                    yield block
            except BrokenProcessPool:
                died += 1
                if died == ATTEMPTS:
                    raise ScreenerError(
                        "worker processes keep dying",
                        where=f"variants {spans[done][0]} …",
                        next_step="free some memory, then run the same sweep with --resume",
                    ) from None


def _once(terms: tuple[bytes, Path, list[int]], spans: Sequence[Span], workers: int) -> Iterator[Block]:
    """Blocks out of one set of processes. Raises BrokenProcessPool when one of them dies."""
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=terms)
    waiting: deque[Future[Block]] = deque()
    left = iter(spans)
    finished = False
    try:
        for span in left:
            waiting.append(pool.submit(_block, span))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
        finished = True
    finally:
        if not finished:
            for process in set(multiprocessing.active_children()) - before:
                process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


_WORKER: list[Worker] = []


def _start(head: bytes, path: Path, sizes: list[int]) -> None:
    """Runs once in each process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops its processes itself
    threading.Thread(target=_end_with_parent, daemon=True).start()
    market, job = share.thaw(share.mapped(head, path, sizes))
    _WORKER[:] = [Worker(market, job)]


def _end_with_parent() -> None:
    """A parent that was killed cannot stop its processes: they would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _block(span: Span) -> Block:
    return _WORKER[0].block(*span)
