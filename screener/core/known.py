"""When the market could know a row (invariant 1 of the design), where the row does not say so itself.

1. Each table declares a `Known`: a rule over its own columns, facts it follows, or that somebody must have said so.
2. `dating.with_known_at` fills the column by that declaration. What is stated and carries no time is known when it was
   stored: its known_at stays empty for the store to fill.
3. A revision is known from its `fetched_at`, except where the row itself states when it was known (`own_time` always):
   there a corrected time is a fact about the past. A corrected law holds from its first day on, whoever noticed when.
   The column `own_time` says which rule holds for a row.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

import polars as pl

ALWAYS_KNOWN = datetime(1990, 1, 1)
MIDNIGHT = time(0)
# Exchanges and index houses of the mainland; an index of anybody else counts as foreign, which is the later time.
DOMESTIC_SUFFIXES = ("SH", "SZ", "BJ", "CSI", "CNI", "SI", "WI", "EI")


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
    return moment(ALWAYS_KNOWN)


def moment(when: datetime) -> pl.Expr:
    """A stated moment. Written as text: polars starts its threads to take a datetime, and a fork would lose them."""
    return pl.lit(f"{when:%Y-%m-%d %H:%M:%S}").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us")


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
