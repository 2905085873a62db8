"""How often memory is looked after: facts are many, immutable and hold no cycles; a load asks for the same again."""

from __future__ import annotations

import gc
import os

_YOUNG, _OLDER = 500_000, 20  # new objects, and looks at the new ones, before it looks
_KEPT = 10_000  # ms


def seldom() -> None:
    """For a process that answers one question: at the usual pace a fifth of a large screen is spent on looking."""
    gc.set_threshold(_YOUNG, _OLDER, _OLDER)


def keep_pages() -> None:
    """For a load, before polars and pyarrow are there: what a piece of a file frees, the next piece asks for.

    Given back to the system within half a second, as they do, those pages cost a tenth of the load to be made anew.
    """
    os.environ.setdefault("_RJEM_MALLOC_CONF", f"dirty_decay_ms:{_KEPT},muzzy_decay_ms:{_KEPT}")
    os.environ.setdefault("MIMALLOC_PURGE_DELAY", str(_KEPT))
