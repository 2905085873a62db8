"""When the market could know a row (invariant 1 of the design): the rule of each table where the row does not say.

bars, domestic indices     15:00 of the session
other indices              08:00 of the next day (Hong Kong closes at 16:00, New York after midnight)
announcements              the given time; date only or 00:00:00: 23:59:59 of that date
commitments                the given time, else that of the announcement
contract facts             the given time, else that of the announcement named, else 23:59:59 of the effective date
links                      the later of both ends (and of the given time)
actions, shares, rules, ST 09:00 of the first day
ratings                    23:59:59 of the last candidate report date
indicators, statements     the latest candidate date of the report: only the report states them
everything else            1990-01-01: names and calendars that were public long before any session in the store

A revision is known from its `fetched_at`, except where the row itself states when it was known (OWN_TIME always): there
a corrected time is a fact about the past. The column `own_time` says which rule holds for a row.
"""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import polars as pl

from screener.core.config import CLOSE_TIME, EFFECTIVE_TIME, END_OF_DAY, FOREIGN_CLOSE_TIME, REPORT_KNOWN_AT

OWN_TIME = ("announcements", "commitments")  # the time stands in the row; a changed time is a new version
REFERRING = ("commitments", "contract_facts", "links")  # rows that name an announcement or a commitment
ALWAYS_KNOWN = datetime(1990, 1, 1)
MIDNIGHT = time(0)
# Exchanges and index houses of the mainland; an index of anybody else counts as foreign, which is the later time.
DOMESTIC_SUFFIXES = ("SH", "SZ", "BJ", "CSI", "CNI", "SI", "WI", "EI")
_FIRST_DAY = {"shares": "effective_date", "actions": "ex_date", "rules": "start", "st_spells": "start"}
_GIVEN = pl.col("known_at")


def shanghai_now() -> datetime:
    """The wall clock of Asia/Shanghai, naive, to the second."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None, microsecond=0)


def is_domestic(index: str = "index") -> pl.Expr:
    """True for an index of the mainland (by the suffix of its name)."""
    return pl.col(index).str.split(".").list.last().is_in(DOMESTIC_SUFFIXES)


def with_known_at(name: str, frame: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """`frame` with `known_at` filled in every row, by the rule of the table `name`.

    Adds `own_time`: true where a later version keeps the time of the row instead of its fetched_at.
    `ends` (id, known_at) holds the announcements and commitments of the store; only commitments, contract facts and
    links ask it.
    """
    if "known_at" not in frame.columns:
        frame = frame.with_columns(pl.lit(None, dtype=pl.Datetime("us")).alias("known_at"))
    frame = frame.with_columns((_GIVEN.is_not_null() | pl.lit(name in OWN_TIME)).alias("own_time"))
    if name in ("announcements", "commitments", "contract_facts"):
        frame = _without_midnight(frame)
    if name == "announcements":
        return _announcements(frame)
    if name in ("commitments", "contract_facts"):
        end = _end(frame, ends, "announcement_id")
        frame = frame.with_columns(pl.coalesce(_GIVEN, end).alias("known_at"))
    elif name == "links":
        return frame.with_columns(
            pl.max_horizontal(_GIVEN, _end(frame, ends, "from_id"), _end(frame, ends, "to_id")).alias("known_at")
        )
    rule = _rule(name)
    return frame if rule is None else frame.with_columns(pl.coalesce(_GIVEN, rule).alias("known_at"))


def _rule(name: str) -> pl.Expr | None:
    if name == "bars":
        return at("session", CLOSE_TIME)
    if name == "indices":
        foreign = at(pl.col("session").dt.offset_by("1d"), FOREIGN_CLOSE_TIME)
        return pl.when(is_domestic()).then(at("session", CLOSE_TIME)).otherwise(foreign)
    if name in _FIRST_DAY:
        return at(_FIRST_DAY[name], EFFECTIVE_TIME)
    if name == "contract_facts":
        return at("effective_date", END_OF_DAY)
    if name == "ratings":
        return at(pl.coalesce("report_date_last", "report_date"), END_OF_DAY)
    if name == "commitments":
        return None
    return pl.lit(REPORT_KNOWN_AT if name in ("indicators", "statements") else ALWAYS_KNOWN, dtype=pl.Datetime("us"))


def at(day: str | pl.Expr, clock: time) -> pl.Expr:
    """The time `clock` of a date column."""
    column = pl.col(day) if isinstance(day, str) else day
    return column.dt.combine(pl.lit(clock), "us")


def _without_midnight(frame: pl.DataFrame) -> pl.DataFrame:
    """A time of 00:00:00 says no more than the date: the end of that day."""
    midnight = _GIVEN.dt.time() == MIDNIGHT
    last = pl.when(midnight).then(at(_GIVEN.dt.date(), END_OF_DAY)).otherwise(_GIVEN).alias("known_at")
    if "known_at_basis" not in frame.columns:
        return frame.with_columns(last)
    basis = pl.when(midnight).then(pl.lit("date_only")).otherwise(pl.col("known_at_basis")).alias("known_at_basis")
    return frame.with_columns(last, basis)


def _announcements(frame: pl.DataFrame) -> pl.DataFrame:
    basis = pl.when(_GIVEN.is_null()).then(pl.lit("date_only")).otherwise(pl.col("known_at_basis"))
    return frame.with_columns(
        basis.alias("known_at_basis"), pl.coalesce(_GIVEN, at("event_date", END_OF_DAY)).alias("known_at")
    )


def _end(frame: pl.DataFrame, ends: pl.DataFrame, column: str) -> pl.Series:
    """known_at of the fact named in `column`, row by row; null where none is named."""
    named = frame.select(pl.col(column).alias("id"))
    return named.join(ends, on="id", how="left", maintain_order="left")["known_at"]
