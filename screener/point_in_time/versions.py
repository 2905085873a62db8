"""Which version of a stored row was known when.

The store appends: the same key may stand there several times, each with its own `known_at`. A reader takes, of each
key, the last version known by a moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl


def as_known(frame: pl.DataFrame, key: Sequence[str], known_by: datetime | None) -> pl.DataFrame:
    """The last version of each key with known_at ≤ `known_by` (None: the last one stored), sorted by key."""
    if known_by is not None:
        frame = frame.filter(pl.col("known_at") <= known_by)
    # The version stored last stands: a corrected release time may lie before the one it corrects.
    order = [*key, *(["fetched_at"] if "fetched_at" in frame.columns else []), "known_at"]
    return frame.sort(order).unique(subset=list(key), keep="last", maintain_order=True)


def revision_times(frame: pl.DataFrame, key: Sequence[str]) -> list[datetime]:
    """When a row that was already known was revised; sorted, without repeats."""
    if frame.height == frame.select(pl.struct(key).n_unique()).item():
        return []
    later = frame.sort([*key, "known_at"]).filter(pl.struct(key).is_first_distinct().not_())
    return later["known_at"].unique().sort().to_list()
