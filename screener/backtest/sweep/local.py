"""Blocks on this machine: in this process while that is quick, in one process per core when it is worth starting them.

1. The first blocks run here; the second one tells what a block takes (the first also loads the kernel).
2. If the rest would take longer than `POOL_PAYS` seconds, it goes to spawned processes that map one copy of the market.
   All that is large goes through files: on a pipe, whoever talks to a process that was killed may wait for ever.
3. Results come back in the order of the blocks, whoever was faster; few are under way at a time.
4. A process that dies takes its blocks along: they are done again in fresh processes.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from screener.backtest.sweep import share
from screener.backtest.sweep.job import Block, Job, Worker
from screener.core.errors import ScreenerError
from screener.core.own_folder import own_folder
from screener.core.undisturbed import undisturbed
from screener.point_in_time.market import Market

Span = tuple[int, int]
POOL_PAYS = 8.0  # seconds left to do that pay for starting processes, which takes two or three
ATTEMPTS = 3  # sets of processes that may die one after another before a block is done


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
        yield here.block(*span, *spans[number + 1 : number + 2])
        taken = time.perf_counter() - started


@contextmanager
def _shared(market: Market, job: Job) -> Iterator[Path]:
    """A folder with the market and the job, as `share.mapped` reads it."""
    frozen = share.freeze((share.portable(market), job))
    with own_folder("sweep") as folder:
        try:
            share.write(frozen, folder)
        except OSError as error:
            raise ScreenerError(
                "no room for the market that processes share",
                where=str(folder),
                got=error.strerror,
                next_step="make room, name another folder in TMPDIR, or --workers 1; then with --resume",
            ) from error
        yield folder


def _pooled(market: Market, job: Job, spans: Sequence[Span], workers: int) -> Iterator[Block]:
    done, died = 0, 0
    with _shared(market, job) as folder:
        while done < len(spans):
            try:
                for block in _once(folder, spans[done:], min(workers, len(spans) - done)):
                    done, died = done + 1, 0
                    yield block
            except BrokenProcessPool:
                died += 1
                if died == ATTEMPTS:
                    raise ScreenerError(
                        "worker processes keep dying",
                        where=f"variants {spans[done][0]} …",
                        next_step="free some memory, then run the same sweep with --resume",
                    ) from None


def _once(folder: Path, spans: Sequence[Span], workers: int) -> Iterator[Block]:
    """Blocks out of one set of processes. Raises BrokenProcessPool when one of them dies."""
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(folder,))
    waiting: deque[Future[Path]] = deque()
    finished = False
    try:
        for span in spans:
            waiting.append(_asked(pool, span))
            if len(waiting) > 2 * workers:
                yield _taken(waiting.popleft())
        while waiting:
            yield _taken(waiting.popleft())
        finished = True
    finally:
        if not finished:
            for process in set(multiprocessing.active_children()) - before:
                process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


def _asked(pool: ProcessPoolExecutor, span: Span) -> Future[Path]:
    """A block asked for; starts a process where one is missing. Raises BrokenProcessPool."""
    try:
        with undisturbed():
            return pool.submit(_block, span)
    except OSError as error:  # one process died while the next one started: the pool has closed what it starts with
        raise BrokenProcessPool(str(error)) from error


_FOLDER: list[Path] = []
_WORKER: list[Worker] = []


def _start(folder: Path) -> None:
    """Runs once in each process. What can go wrong is left to the first block, whose error reaches the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops its processes itself
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _FOLDER[:] = [folder]


def _end_with_parent() -> None:
    """A parent that was killed cannot stop its processes: they would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _block(span: Span) -> Path:
    if not _WORKER:
        _WORKER.append(Worker(*share.thaw(share.mapped(_FOLDER[0]))))
    path = _FOLDER[0] / f"block-{span[0]}"
    path.write_bytes(pickle.dumps(_WORKER[0].block(*span)))
    return path


def _taken(future: Future[Path]) -> Block:
    path = future.result()
    block: Block = pickle.loads(path.read_bytes())  # noqa: S301
    path.unlink()
    return block
