"""When the market could know a row (invariant 1 of the design), where the row does not say so itself.

1. Each table declares a `Known`: a rule over its own columns, facts it follows, or that somebody must have said so.
2. `with_known_at` fills the column by that declaration. What is stated and carries no time is known when it was stored:
   its known_at stays empty for the store to fill.
3. A revision is known from its `fetched_at`, except where the row itself states when it was known (`own_time` always):
   there a corrected time is a fact about the past. A corrected law holds from its first day on, whoever noticed when.
   The column `own_time` says which rule holds for a row.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from screener.core.config import END_OF_DAY

if TYPE_CHECKING:
    from screener.core.table import Table

ALWAYS_KNOWN = datetime(1990, 1, 1)
MIDNIGHT = time(0)
# Exchanges and index houses of the mainland; an index of anybody else counts as foreign, which is the later time.
DOMESTIC_SUFFIXES = ("SH", "SZ", "BJ", "CSI", "CNI", "SI", "WI", "EI")
_GIVEN = pl.col("known_at")


@dataclass(frozen=True)
class Known:
    """How the rows of a table become known. One of `rule`, `follows` and `stated` is needed."""

    rule: pl.Expr | None = None  # of the row's own columns
    follows: tuple[str, ...] = ()  # columns that name facts: known with the first of them that is named …
    latest: bool = False  # … or not before all of them
    stated: bool = False  # no rule: known when somebody said so
    own_time: bool = False  # the time stands in the row; a changed time is a new version
    clock: bool = False  # a time of 00:00:00 says no more than the date: the end of that day

    def __post_init__(self) -> None:
        if self.rule is None and not self.follows and not self.stated:
            raise TypeError("a row that is known by nothing would be known always")


def always() -> pl.Expr:
    """For what was public long before any session in a store: calendars, vocabularies."""
    return pl.lit(ALWAYS_KNOWN, dtype=pl.Datetime("us"))


def at(day: str | pl.Expr, clock: time) -> pl.Expr:
    """The time `clock` of a date column."""
    column = pl.col(day) if isinstance(day, str) else day
    return column.dt.combine(pl.lit(clock), "us")


def is_domestic(index: str = "index") -> pl.Expr:
    """True for an index of the mainland (by the suffix of its name)."""
    return pl.col(index).str.split(".").list.last().is_in(DOMESTIC_SUFFIXES)


def shanghai_now() -> datetime:
    """The wall clock of Asia/Shanghai, naive, to the second."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None, microsecond=0)


def fixed_now() -> datetime | None:
    """The moment that $SCREENER_NOW names, for a run that is to be repeated; None: the wall clock counts."""
    named = os.environ.get("SCREENER_NOW")
    return datetime.fromisoformat(named) if named else None


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
    """known_at of the fact named in `column`, row by row; null where none is named."""
    named = frame.select(pl.col(column).alias("id"))
    return named.join(ends, on="id", how="left", maintain_order="left")["known_at"]
