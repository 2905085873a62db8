"""akshare draws progress bars of its own over what a command says; here they are told not to, and only they.

tqdm reads TQDM_DISABLE when it is imported, and another library may have imported it long before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

_QUIET: ContextVar[bool] = ContextVar("no bar is drawn", default=False)


@contextmanager
def quiet() -> Iterator[None]:
    """Within it no tqdm of this thread draws; those of other threads, and later ones, do."""
    _heeded()
    before = _QUIET.set(True)
    try:
        yield
    finally:
        _QUIET.reset(before)


@cache
def _heeded() -> None:
    """Once a process: every bar asks whether it may be drawn."""
    from tqdm.std import tqdm

    made = tqdm.__init__

    def asking(self: Any, *words: Any, **options: Any) -> None:
        made(self, *words, **{**options, "disable": True} if _QUIET.get() else options)

    tqdm.__init__ = asking
