"""Which version of a stored row was known when.

The store appends: the same key may stand there several times, each with its own `known_at`. A reader takes, of each
key, the last version known by a moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from screener.core.table import Table


def latest(frame: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """The version of each key that was stored last, sorted by key; what was withdrawn is gone.

    Stored last, not known last: a corrected release time may lie before the one it corrects. Runs are numbered in the
    order of writing, which a clock that was set back does not change.
    """
    newest = in_order(frame, key)
    if _repeats(frame, key):
        newest = newest.unique(subset=list(key), keep="last", maintain_order=True)
    if "withdrawn" not in frame.columns or not frame["withdrawn"].any():
        return newest
    return newest.filter(~pl.col("withdrawn").fill_null(False))


def _repeats(frame: pl.DataFrame, key: Sequence[str]) -> bool:
    """True where several rows have one key. A column that repeats nothing says so far sooner than all of them do."""
    if frame.height < 2 or any(frame[name].n_unique() == frame.height for name in key):
        return False
    return len(key) == 1 or frame.n_unique(subset=list(key)) < frame.height


def in_order(frame: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Versions of each key in the order in which they were written."""
    written = next(([name] for name in ("run", "fetched_at") if name in frame.columns), [])
    return frame.sort([*key, *written, "known_at"])


def as_known(frame: pl.DataFrame, key: Sequence[str], known_by: datetime) -> pl.DataFrame:
    """Of each key the version stored last among those known by then: for tables whose revisions say new things."""
    return latest(frame.filter(pl.col("known_at") <= known_by), key)


def revising(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The rows that changed what a reader had before: what was taken back, further versions, what acts backwards.

    Where later versions only correct what was read then (not `revised`), only what was taken back.
    """
    if not table.revised:
        gone = "withdrawn" in frame.columns and frame["withdrawn"].any()
        return frame.filter(pl.col("withdrawn").fill_null(False)) if gone else frame.clear()
    late = frame.filter(table.late) if table.backdates else frame.clear()
    if not _repeats(frame, table.key):
        return late
    again = in_order(frame, table.key).filter(pl.struct(table.key).is_first_distinct().not_())
    return pl.concat([again, late]).unique()


def before_revision(
    frame: pl.DataFrame, table: Table, moment: datetime | pl.Expr, key: Sequence[str] = ()
) -> pl.DataFrame:
    """Rows as they stood before `moment`: without those that revised something at or after it.

    Where later versions only correct what was read then, they stay, but nothing is taken back yet. `key`: what names a
    row, where the frame holds rows of the table several times over, with a moment of each.
    """
    if table.revised:
        key = key or table.key
        first = pl.struct(key).is_first_distinct() & ~table.late
        return in_order(frame, key).filter(first | (pl.col("known_at") < moment))
    if "withdrawn" not in frame.columns:
        return frame
    return frame.filter(~pl.col("withdrawn").fill_null(False) | (pl.col("known_at") < moment))
