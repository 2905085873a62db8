"""Which version of a stored row was known when.

The store appends: the same key may stand there several times, each with its own `known_at`. A reader takes, of each
key, the last version known by a moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl


def latest(frame: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """The version of each key that was stored last, sorted by key.

    Stored last, not known last: a corrected release time may lie before the one it corrects. Runs are numbered in the
    order of writing, which a clock that was set back does not change.
    """
    written = next(([name] for name in ("run", "fetched_at") if name in frame.columns), [])
    return frame.sort([*key, *written, "known_at"]).unique(subset=list(key), keep="last", maintain_order=True)


def as_known(frame: pl.DataFrame, key: Sequence[str], known_by: datetime) -> pl.DataFrame:
    """Of each key the version stored last among those known by then: for tables whose revisions say new things."""
    return latest(frame.filter(pl.col("known_at") <= known_by), key)


def revision_times(frame: pl.DataFrame, key: Sequence[str]) -> list[datetime]:
    """When a row that was already known was revised; sorted, without repeats."""
    if frame.height == frame.select(pl.struct(key).n_unique()).item():
        return []
    later = frame.sort([*key, "known_at"]).filter(pl.struct(key).is_first_distinct().not_())
    return later["known_at"].unique().sort().to_list()
