"""The store opened by a fetch: for writing, which waits for readers; or to see what it lacks, which writes nothing."""

from __future__ import annotations

import time as clock_time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from screener.core.errors import StoreError
from screener.core.own_folder import own_folder
from screener.store.database import Store

_WAIT_FOR_STORE = 20.0  # seconds: somebody may be reading


@contextmanager
def opened(path: Path, now: datetime | None = None, *, read_only: bool = False) -> Iterator[Store]:
    """The store for writing, made as of `now` where there is none; waits while somebody reads it. Raises StoreError.

    `read_only`: a store that is there, for reading; waits while somebody writes to it.
    """
    deadline = clock_time.monotonic() + _WAIT_FOR_STORE
    while True:
        try:
            store = Store.open_read_only(path) if read_only else Store.create_or_open(path, now=now)
            break
        except StoreError as error:
            if "in use" not in error.what or clock_time.monotonic() > deadline:
                raise
            clock_time.sleep(0.2)
    with store:
        yield store


@contextmanager
def looked_at(path: Path) -> Iterator[Path]:
    """The store at `path` to read what it lacks, or a new one where there is none yet, gone afterwards."""
    if path.is_file():
        yield path
        return
    with own_folder("store") as folder:
        Store.create_or_open(folder / path.name).close()
        yield folder / path.name
