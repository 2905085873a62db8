"""The store opened for writing by a fetch, which waits for readers."""

from __future__ import annotations

import time as clock_time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from screener.core.errors import StoreError
from screener.store.database import Store

_WAIT_FOR_STORE = 20.0  # seconds: somebody may be reading


@contextmanager
def opened(path: Path, now: datetime | None = None) -> Iterator[Store]:
    """The store for writing, made as of `now` where there is none; waits while somebody reads it. Raises StoreError."""
    deadline = clock_time.monotonic() + _WAIT_FOR_STORE
    while True:
        try:
            store = Store.create_or_open(path, now=now)
            break
        except StoreError as error:
            if "in use" not in error.what or clock_time.monotonic() > deadline:
                raise
            clock_time.sleep(0.2)
    with store:
        yield store
