"""Locks on files that end with the process that holds them, however that ends.

1. `held` never waits and says whether the lock is ours. Whoever holds it may remove the file and its folder: who comes
   meanwhile makes them anew.
2. `appending` waits its turn and hands out the file itself, so nothing else is left beside it.
3. Where the system has no `flock` (Windows) or the disk no locks, everybody gets them: a lock keeps two processes
   apart, and one alone must never be stopped by it.

The library filelock does neither 2 nor 3: it locks a second file, which stays, and where a disk has no locks raises, or
leaves a mark that outlives a crash.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

TRIES = 10


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Lock `path`, made with its folder where it is missing; False where another process holds it.

    Raises OSError where the file cannot be made.
    """
    handle = _lock(path)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)


@contextmanager
def appending(path: Path) -> Iterator[FileIO]:
    """`path`, made with its folder where it is missing, open for appending and reading; one process at a time.

    Raises OSError where it cannot be opened.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+", buffering=0) as file:
        _flock(file.fileno(), wait=True)
        yield file


def _lock(path: Path) -> int | None:
    for _ in range(TRIES):
        with suppress(FileNotFoundError):  # whoever held it is just removing it: once more
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            if not _flock(handle, wait=False):
                os.close(handle)
                return None
            if _is(handle, path):
                return handle
            os.close(handle)
    return None


def _is(handle: int, path: Path) -> bool:
    """False where the file was removed, or made anew, between opening and locking it."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(handle), path.stat())
    return False


def _flock(handle: int, *, wait: bool) -> bool:
    """False where another process holds the lock; True where it is ours, or there are no locks."""
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        return True
    return True
