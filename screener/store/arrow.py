"""Rows of our tables between DuckDB and polars, handed over as an Arrow stream.

1. `relation.pl()` and a polars frame as it is would load pyarrow for it, which takes longer than all the rest of a
   screen, and would write every text anew.
2. polars remembers the class of whatever it is given until the process ends. Were it DuckDB's own class, DuckDB would
   find its types still in use then and print forty lines about leaks. So it is given a class of this module, which
   must not import duckdb.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import duckdb


# Rows of a batch: so few that it lies where the one before lay, still in the cache; up to _WHOLE are read at once.
_BATCH, _WHOLE = 100_000, 1_000_000


@dataclass(frozen=True)
class _Stream:
    """An Arrow C stream capsule, as the PyCapsule interface wants it."""

    capsule: object

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.capsule


@dataclass(frozen=True)
class _Rows:
    """A frame as what exports Arrow streams, one for each time it is asked."""

    frame: pl.DataFrame

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.frame.__arrow_c_stream__(requested_schema)


def relation_of(con: duckdb.DuckDBPyConnection, frame: pl.DataFrame) -> duckdb.DuckDBPyRelation:
    """The rows of a frame as a query, in order."""
    return con.from_arrow(_Rows(frame))


def frame_of(relation: duckdb.DuckDBPyRelation) -> pl.DataFrame:
    """Runs the query; its rows. For the types of our tables: polars panics at some others, such as INTERVAL."""
    return pl.DataFrame(_Stream(relation.__arrow_c_stream__()))


def batches_of(relation: duckdb.DuckDBPyRelation, count: int) -> Iterator[pl.DataFrame]:
    """Runs the query; of many rows (`count`: about how many) a batch at a time, only one of which is held."""
    if count <= _WHOLE:
        yield frame_of(relation)
        return
    # It imports pyarrow, which is slow, and most questions read little; left open, it would keep the file from being
    # opened again.
    with relation.to_arrow_reader(_BATCH) as reader:
        for batch in reader:
            yield pl.DataFrame(batch)
