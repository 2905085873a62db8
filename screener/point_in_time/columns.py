"""Columns of announcements, commitments, facts and links, whether they stand in a frame or came as values alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from screener.core.arrays import Days, Flags, Floats, Times
from screener.point_in_time.announcements import V, Values, cells_of

Rows = Sequence[Any]  # `Values`, or a tuple of values


def cells(rows: Rows, name: str) -> list[Any]:
    """Of a field."""
    return rows.frame[name].to_list() if isinstance(rows, Values) else [getattr(row, name) for row in rows]


def figures(rows: Rows, name: str) -> Floats:
    """(n,) of a field, NaN where it is None."""
    if isinstance(rows, Values):
        return rows.frame[name].cast(pl.Float64).to_numpy()
    return np.array([np.nan if value is None else value for value in cells(rows, name)], dtype=np.float64)


def days(rows: Rows, name: str) -> Days:
    """(n,) of a field, NaT where it is None."""
    found = rows.frame[name].to_numpy() if isinstance(rows, Values) else cells(rows, name)
    return np.asarray(found, dtype="datetime64[D]")


def moments(rows: Rows) -> Times:
    """(n,) when each was known, rising."""
    found = rows.frame["known_at"].to_numpy() if isinstance(rows, Values) else cells(rows, "known_at")
    return np.asarray(found, dtype="datetime64[us]")


def upto(known_at: Times, moment: datetime) -> int:
    """How many were known by a moment."""
    return int(np.searchsorted(known_at, np.datetime64(moment, "us"), side="right"))


def are(rows: Rows, name: str, *words: object) -> Flags:
    """(n,) True where a field is one of the words."""
    if isinstance(rows, Values):
        told = rows.frame[name]
        return told.is_in(list(words)).fill_null(value=False).to_numpy()
    return np.array([value in words for value in cells(rows, name)], dtype=bool)


def first(rows: Sequence[Any], count: int) -> Sequence[Any]:
    """The oldest so many, as they stand."""
    return rows.first(count) if isinstance(rows, Values) else rows[:count]


def plain(rows: Rows, start: int, stop: int) -> list[tuple[Any, ...]]:
    """The cells of the rows start ≤ n < stop, from which their values can be made."""
    if isinstance(rows, Values):
        return rows.frame.slice(start, stop - start).rows()
    return [cells_of(row) for row in rows[start:stop]]


def chosen(rows: Sequence[V], which: Flags) -> tuple[V, ...]:
    """The values of some rows."""
    return tuple(rows[n] for n in np.flatnonzero(which).tolist())
