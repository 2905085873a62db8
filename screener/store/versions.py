"""Appends versions of facts. Nothing in a table of facts is ever updated or deleted.

1. A fact is named by its table's key; its newest stored version is the one written last.
2. Same values → unchanged, no row. Other values → a new version, known from now (or its own time, if stated).
3. A key that is not stored → the first version, known by the rule of its table.
4. `source` is not a value: of two sources that agree, the first one loaded stays named.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from screener.core import known
from screener.core.frames import Table
from screener.core.tables import RUNS
from screener.store.arrow import frame_of
from screener.store.schema import newest, quoted, stored_names, value_names


@dataclass(frozen=True)
class Counts:
    """Rows of one append."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0


def append(con: duckdb.DuckDBPyConnection, table: Table, frame: pl.DataFrame, *, run: str, now: datetime) -> Counts:
    """Appends what is new or changed in `frame` (as `with_known_at` returns it, source filled, keys unique)."""
    con.register("rows_in", frame)
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW incoming AS "  # noqa: S608 - time and name of ours
        f"SELECT *, TIMESTAMP '{now.isoformat(sep=' ')}' AS fetched_at, '{run}' AS run FROM rows_in"
    )
    try:
        if not con.execute(f'SELECT 1 FROM "{table.name}" LIMIT 1').fetchall():  # noqa: S608 - name of ours
            _insert(con, table, "incoming")
            return Counts(new=frame.height)
        return _append_changes(con, table)
    finally:
        con.execute("DROP VIEW incoming")
        con.unregister("rows_in")


def next_run(con: duckdb.DuckDBPyConnection) -> int:
    """Number of the next run; names start with it, so that they sort in the order of writing."""
    return int(con.execute("SELECT count(*) + 1 FROM runs").fetchall()[0][0])


def write_run(
    con: duckdb.DuckDBPyConnection, run: str, command: str, dataset: str, origin: str, counts: Counts, now: datetime
) -> None:
    """One row of `runs`."""
    row = [run, command, dataset, origin, counts.new, counts.revised, counts.unchanged, now]
    con.execute(f"INSERT INTO runs ({quoted(RUNS.names)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608


def known_ends(con: duckdb.DuckDBPyConnection, dataset: str) -> pl.DataFrame:
    """(id, known_at) of every announcement and commitment, newest versions; empty where `dataset` refers to none."""
    if dataset not in known.REFERRING:
        return pl.DataFrame(schema={"id": pl.String, "known_at": pl.Datetime("us")})
    return frame_of(
        con.sql(
            "SELECT announcement_id AS id, known_at FROM latest_announcements "
            "UNION ALL SELECT commitment_id, known_at FROM latest_commitments"
        )
    )


def known_parents(con: duckdb.DuckDBPyConnection, dataset: str) -> pl.DataFrame:
    """(id, symbol, known_at) of the announcements for commitments, of the commitments for contract facts."""
    if dataset not in ("commitments", "contract_facts"):
        return pl.DataFrame(schema={"id": pl.String, "symbol": pl.String, "known_at": pl.Datetime("us")})
    source = "latest_announcements" if dataset == "commitments" else "latest_commitments"
    key = "announcement_id" if dataset == "commitments" else "commitment_id"
    return frame_of(con.sql(f"SELECT {key} AS id, symbol, known_at FROM {source}"))  # noqa: S608 - names of ours


def _append_changes(con: duckdb.DuckDBPyConnection, table: Table) -> Counts:
    con.execute(f"CREATE OR REPLACE TEMP TABLE judged AS {_judging(table)}")
    from_now = "SELECT * REPLACE (CASE WHEN _verdict = 'new' OR own_time THEN known_at ELSE fetched_at END AS known_at)"
    _insert(con, table, f"({from_now} FROM judged WHERE _verdict <> 'unchanged')")
    found = dict(con.execute("SELECT _verdict, count(*) FROM judged GROUP BY _verdict").fetchall())
    con.execute("DROP TABLE judged")
    return Counts(found.get("new", 0), found.get("revised", 0), found.get("unchanged", 0))


def _judging(table: Table) -> str:
    """SQL: every incoming row with its state against the newest stored version of the same fact."""
    changes = [f's."{name}" IS DISTINCT FROM i."{name}"' for name in value_names(table)]
    differs = " OR ".join([*changes, "(i.own_time AND s.known_at <> i.known_at)"])
    keys = quoted(table.key)
    touched = f'(SELECT * FROM "{table.name}" SEMI JOIN incoming USING ({keys}))'  # noqa: S608 - names of ours
    return (
        f"SELECT i.*, "  # noqa: S608 - names of ours
        f"CASE WHEN s.run IS NULL THEN 'new' WHEN {differs} THEN 'revised' ELSE 'unchanged' END AS _verdict "
        f"FROM incoming i LEFT JOIN ({newest(table, touched)}) s USING ({keys})"
    )


def _insert(con: duckdb.DuckDBPyConnection, table: Table, source: str) -> None:
    names = quoted(stored_names(table))
    con.execute(f'INSERT INTO "{table.name}" ({names}) SELECT {names} FROM {source}')  # noqa: S608 - names of ours
