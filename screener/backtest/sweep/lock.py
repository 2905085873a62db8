"""A lock on a file that ends with the process that holds it, however that ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TRIES = 10


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Lock `path`, made with its folder where it is missing; False where another process holds it.

    Where the system has no `flock` (Windows) or the file system no locks, always True. Raises OSError where the file
    cannot be made.
    """
    handle = _lock(path)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)


def _lock(path: Path) -> int | None:
    for _ in range(TRIES):
        with suppress(FileNotFoundError):  # whoever held it is just removing it: once more
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            if not _flock(handle):
                os.close(handle)
                return None
            if _is(handle, path):
                return handle
            os.close(handle)
    return None


def _is(handle: int, path: Path) -> bool:
    """False where the file was removed, or made anew, between opening and locking it."""
    return path.is_file() and os.path.samestat(os.fstat(handle), path.stat())


def _flock(handle: int) -> bool:
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        return True
    return True
