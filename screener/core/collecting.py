"""How often the collector of reference cycles looks: facts are many, immutable and hold no cycles."""

from __future__ import annotations

import gc

_YOUNG, _OLDER = 500_000, 20  # new objects, and looks at the new ones, before it looks


def seldom() -> None:
    """For a process that answers one question: at the usual pace a fifth of a large screen is spent on looking."""
    gc.set_threshold(_YOUNG, _OLDER, _OLDER)
