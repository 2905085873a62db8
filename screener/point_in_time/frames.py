"""The store's frames as a Market wants them: a table that is missing is the packaged one, the version that stands, and
when something was revised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache

import polars as pl

from screener.core.dating import with_known_at
from screener.core.errors import DataRefused
from screener.core.tables import FACTS, TABLES, named, packaged
from screener.point_in_time.versions import revising

Frames = Mapping[str, pl.DataFrame]


class NotRead(LookupError):
    """A question asks for a table that was not read for it: a mistake in this program, never an empty table."""


class Read(Mapping[str, pl.DataFrame]):
    """Some tables of a store; to ask for another one raises NotRead, as its rows would else be taken for none."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in self._frames:
            raise NotRead(name)
        return self._frames[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)

    def __contains__(self, name: object) -> bool:
        return name in self._frames


def frame_of(frames: Frames, name: str) -> pl.DataFrame:
    """A table of `frames`, else the packaged one, else an empty one; every row has its known_at.

    Raises DataRefused for prices without one: by which rule they are known is for the store to say.
    """
    frame = frames.get(name)
    if frame is None:
        return _packaged(name) if TABLES[name].packaged else _empty(name)
    if not frame.height:
        return _empty(name)
    if "known_at" not in frame.columns or frame["known_at"].null_count():
        raise DataRefused(f"{name}: rows without known_at", expected="frames of the store")
    return TABLES[name].identified(frame)


def _empty(name: str) -> pl.DataFrame:
    return TABLES[name].empty().with_columns(known_at=pl.lit(None, dtype=pl.Datetime("us")))


@cache
def _packaged(name: str) -> pl.DataFrame:
    """A packaged table with the time at which each row is known, as a new store would have it."""
    parts = [
        _packaged(other.name).select(pl.col(key).alias("id"), "known_at") for key, other in named(TABLES[name]).items()
    ]
    ends = pl.concat([pl.DataFrame(schema={"id": pl.String, "known_at": pl.Datetime("us")}), *parts])
    return with_known_at(TABLES[name], packaged(name), ends).drop("own_time")


def revisions(frames: Frames) -> tuple[datetime, ...]:
    """When a stored row of another table than the bars was revised or withdrawn, in order."""
    times = {
        moment
        for table in FACTS
        if table.name in frames and table.name != "bars"
        for moment in revising(frames[table.name], table)["known_at"]
    }
    return tuple(sorted(times))
