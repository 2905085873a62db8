"""Packaged rows in a store: seeded when it is made, brought up to date when a newer package says something else.

1. Each seeding leaves a row of `runs` (command `seed`) whose origin ends in the digest of the packaged file. A digest
   that was ever seeded is not seeded again: an older package beside a newer one takes nothing back.
2. `news` are the packaged rows that the store lacks, and those that differ from their newest version where that came
   from a package. What somebody corrected since stays as corrected.
3. Opened for writing, a store gets them as new versions; a reader has them in memory, as if they were stored now.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b

import duckdb
import polars as pl

from screener.core.dating import with_known_at
from screener.core.resources import tables_dir
from screener.core.table import Table
from screener.core.tables import packaged
from screener.store import versions
from screener.store.arrow import frame_of
from screener.store.schema import quoted, stored_names, value_names

COMMAND = "seed"


def outdated(con: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> list[Table]:
    """Those of the tables whose packaged file was never seeded as it is now."""
    seeded = set(con.execute("SELECT dataset, origin FROM runs WHERE command = ?", [COMMAND]).fetchall())
    ends = {(dataset, origin.rpartition(" ")[2]) for dataset, origin in seeded if origin}
    return [table for table in tables if (table.name, digest(table.name)) not in ends]


@lru_cache(maxsize=32)
def digest(name: str) -> str:
    """Sixteen hex digits over a packaged file."""
    return blake2b((tables_dir() / f"{name}.csv").read_bytes(), digest_size=8).hexdigest()


def seed(con: duckdb.DuckDBPyConnection, table: Table, now: datetime) -> None:
    """Appends the news of a table and notes the digest."""
    fresh, changed = news(con, table, now)
    versions.insert(con, table, fresh)
    revised = int(changed.sum())
    counts = versions.Counts(fresh.height - revised, revised, packaged(table.name).height - fresh.height)
    versions.write_run(con, versions.run_name(con, table), COMMAND, table.name, _origin(table), counts, now)


def news(con: duckdb.DuckDBPyConnection, table: Table, now: datetime) -> tuple[pl.DataFrame, pl.Series]:
    """(rows to append, in the stored shape; True where they revise a stored one)."""
    rows = with_known_at(table, packaged(table.name), versions.known_ends(con, table))
    rows = rows.with_columns(source=pl.col("source").fill_null(f"packaged {table.name}.csv"))
    lacking, changed = _beside_stored(con, table, rows)
    taken = lacking | changed
    own = rows["own_time"] | lacking
    stamped = rows.with_columns(
        known_at=pl.when(own).then(pl.coalesce("known_at", pl.lit(now))).otherwise(pl.lit(now)),
        fetched_at=pl.lit(now, dtype=pl.Datetime("us")),
        run=pl.lit(versions.run_name(con, table)),
        withdrawn=pl.lit(False),
    )
    return stamped.filter(taken).select(stored_names(table)), changed.filter(taken)


def _beside_stored(con: duckdb.DuckDBPyConnection, table: Table, rows: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """(True where a packaged row is not stored, True where a package stored it otherwise)."""
    if versions.is_empty(con, table):
        none = pl.Series([False]).new_from_index(0, rows.height)
        return ~none, none
    stored, values = _newest_with_origin(con, table), value_names(table)
    beside = rows.join(stored, on=table.key, how="left", maintain_order="left", suffix="_stored")
    lacking = beside["command"].is_null()
    same = [pl.col(name).eq_missing(pl.col(f"{name}_stored")) for name in values]
    differs = beside.select(~pl.all_horizontal(*same, pl.lit(True)))[:, 0] if values else ~lacking & lacking
    return lacking, ~lacking & (beside["command"] == COMMAND) & differs


def _newest_with_origin(con: duckdb.DuckDBPyConnection, table: Table) -> pl.DataFrame:
    """Newest version of each fact with the command that wrote it."""
    return frame_of(
        con.sql(
            f"SELECT t.*, coalesce(r.command, '') AS command FROM \"{table.name}\" t "  # noqa: S608 - names of ours
            f"LEFT JOIN (SELECT run, command FROM runs) r USING (run) "
            f"QUALIFY row_number() OVER (PARTITION BY {quoted(table.key, 't.')} ORDER BY t.run DESC) = 1"
        )
    )


def _origin(table: Table) -> str:
    return f"packaged {table.name}.csv {digest(table.name)}"
