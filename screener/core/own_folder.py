"""Temporary folders of this program, which go with their process however that ends.

1. Each holds a lock that ends with its process. Whoever makes a folder first removes those that nobody holds any more:
   they are of processes that were killed.
2. Where the system or the disk has no locks, a lock can be had twice: nothing is removed there.
3. Between making its lock and holding it a folder belongs to nobody: one made a moment ago is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, gettempdir
from time import time
from weakref import finalize

from screener.core.locks import held

_PREFIX, _LOCK = "screener-", ".screener-lock"
_MOMENT = 60.0  # seconds


@contextmanager
def own_folder(purpose: str) -> Iterator[Path]:
    """A folder `screener-<purpose>-…`, removed afterwards."""
    remove_abandoned()
    with TemporaryDirectory(prefix=f"{_PREFIX}{purpose}-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with held(folder / _LOCK):
            yield folder


class OwnFolder:
    """The same for an object: made at once; removed when nobody holds it any more, at the latest with the process."""

    def __init__(self, purpose: str) -> None:
        closing = ExitStack()
        self.path = closing.enter_context(own_folder(purpose))
        finalize(self, closing.close)


def remove_abandoned() -> None:
    """Removes the folders of processes that were killed."""
    for mark in Path(gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        with suppress(OSError):
            if time() - mark.stat().st_mtime > _MOMENT:
                _remove(mark)


def _remove(mark: Path) -> None:
    with held(mark) as free, held(mark) as twice:
        if free and not twice:
            rmtree(mark.parent)
