"""Fills in when rows became known, as their table declares it (see `known`)."""

from __future__ import annotations

import polars as pl

from screener.core.config import END_OF_DAY
from screener.core.known import MIDNIGHT, at
from screener.core.table import Table

_GIVEN = pl.col("known_at")


def with_known_at(table: Table, frame: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """`frame` with `known_at` filled as `table` declares it (null: when it is stored).

    Adds `own_time`: true where a later version keeps the time of the row instead of its fetched_at.
    `ends` (id, known_at) holds the facts of the store that others follow.
    """
    how = table.known
    if how is None:
        raise TypeError(f"{table.name} is a log: its rows are not facts")
    if "known_at" not in frame.columns:
        frame = frame.with_columns(pl.lit(None, dtype=pl.Datetime("us")).alias("known_at"))
    frame = frame.with_columns((_GIVEN.is_not_null() | pl.lit(how.own_time or table.law)).alias("own_time"))
    followed = [_end(frame, ends, column) for column in how.follows]
    if how.clock:
        frame = _by_clock(frame, followed)
    rule = [] if how.rule is None else [how.rule]
    told = pl.max_horizontal(_GIVEN, *followed) if how.latest else pl.coalesce(_GIVEN, *followed, *rule)
    return frame.with_columns(told.alias("known_at"))


def _by_clock(frame: pl.DataFrame, followed: list[pl.Series]) -> pl.DataFrame:
    """The end of the day where only a date is told; `known_at_basis` says so, where there is one."""
    midnight = _GIVEN.dt.time() == MIDNIGHT
    last = pl.when(midnight).then(at(_GIVEN.dt.date(), END_OF_DAY)).otherwise(_GIVEN).alias("known_at")
    if "known_at_basis" not in frame.columns:
        return frame.with_columns(last)
    untold = pl.all_horizontal(_GIVEN.is_null(), *(end.is_null() for end in followed))
    basis = pl.when(midnight | untold).then(pl.lit("date_only")).otherwise(pl.col("known_at_basis"))
    return frame.with_columns(last, basis.alias("known_at_basis"))


def _end(frame: pl.DataFrame, ends: pl.DataFrame, column: str) -> pl.Series:
    """known_at of the fact named in `column`, row by row; null where none is named.

    An announcement and a commitment may carry one id: the later of both counts, which is never too early.
    """
    named, once = frame.select(pl.col(column).alias("id")), ends.group_by("id").agg(pl.col("known_at").max())
    return named.join(once, on="id", how="left", maintain_order="left")["known_at"]
