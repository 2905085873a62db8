"""Appends versions of facts. Nothing in a table of facts is ever updated or deleted.

1. A fact is named by its table's key; its newest stored version is the one written last.
2. Same values → unchanged, no row. Other values → a new version, known from now (or its own time, if stated). A column
   that the file does not have is no value. What was withdrawn and is told again is a new version too.
3. A key that is not stored → the first version, known by the rule of its table.
4. `source` is not a value: of two sources that agree, the first one loaded stays named.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from screener.core.table import Table
from screener.core.tables import TABLES, named
from screener.core.tables.logs import RUNS
from screener.store.arrow import frame_of
from screener.store.schema import newest, quoted, stored_names, value_names


@dataclass(frozen=True)
class Counts:
    """Rows of one append."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.new + other.new, self.revised + other.revised, self.unchanged + other.unchanged)


def append(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    frame: pl.DataFrame,
    *,
    run: str,
    now: datetime,
    absent: Collection[str] = (),
    unknown: bool = False,
) -> Counts:
    """Appends what is new or changed in `frame` (as `with_known_at` returns it, source filled, keys unique).

    `unknown`: none of the keys is stored.

    A row without known_at was only ever stated: it is known from now. `absent`: columns the file does not have, which
    leave what is stored as it is; their values in `frame` are defaults for new facts.
    """
    moment = f"TIMESTAMP '{now.isoformat(sep=' ')}'"
    told = (
        f"* REPLACE (coalesce(known_at, {moment}) AS known_at), {moment} AS fetched_at, '{run}' AS run, "
        "false AS withdrawn"
    )
    if unknown:  # a view of the rows would keep them until the end of the transaction
        columns = quoted(con.table(table.name).columns)
        con.from_arrow(frame).project(told).project(columns).insert_into(table.name)
        return Counts(new=frame.height)
    con.register("rows_in", frame)
    con.execute(f"CREATE OR REPLACE TEMP VIEW incoming AS SELECT {told} FROM rows_in")  # noqa: S608 - of ours
    try:
        if is_empty(con, table):
            _insert(con, table, "incoming")
            return Counts(new=frame.height)
        return _append_changes(con, table, absent, frame[table.key[0]])
    finally:
        con.execute("DROP VIEW incoming")
        con.unregister("rows_in")


def holds_none_of(con: duckdb.DuckDBPyConnection, table: Table, frame: pl.DataFrame) -> tuple[bool, bool]:
    """(no row of the symbols in `frame`, none of them in its span either) is stored; for bars, by what lies between."""
    symbols, days = frame["symbol"], frame[table.day]
    between = f'SELECT min("{table.day}"), max("{table.day}") FROM "{table.name}" WHERE symbol BETWEEN ? AND ?'  # noqa: S608
    first, last = con.execute(between, [symbols.min(), symbols.max()]).fetchall()[0]
    if first is None:
        return True, True
    return False, bool(first > days.max() or last < days.min())


def is_empty(con: duckdb.DuckDBPyConnection, table: Table) -> bool:
    """True where the table has no row."""
    return not con.execute(f'SELECT 1 FROM "{table.name}" LIMIT 1').fetchall()  # noqa: S608 - name of ours


def insert(con: duckdb.DuckDBPyConnection, table: Table, frame: pl.DataFrame) -> None:
    """Appends rows that have the stored shape, as they are."""
    con.register("rows_in", frame)
    try:
        _insert(con, table, "rows_in")
    finally:
        con.unregister("rows_in")


def run_name(con: duckdb.DuckDBPyConnection, table: Table) -> str:
    """Name of the next run; names start with its number, so that they sort in the order of writing."""
    number = con.execute("SELECT count(*) + 1 FROM runs").fetchall()[0][0]
    return f"{number:06d}-{table.name}"


def write_run(
    con: duckdb.DuckDBPyConnection, run: str, command: str, dataset: str, origin: str, counts: Counts, now: datetime
) -> None:
    """One row of `runs`."""
    row = [run, command, dataset, origin, counts.new, counts.revised, counts.unchanged, now]
    con.execute(f"INSERT INTO runs ({quoted(RUNS.names)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608


def count_run(con: duckdb.DuckDBPyConnection, run: str, counts: Counts) -> None:
    """Fills in what a run wrote, where its row was made before the rows were there."""
    sql = "UPDATE runs SET new = ?, revised = ?, unchanged = ? WHERE run = ?"
    con.execute(sql, [counts.new, counts.revised, counts.unchanged, run])


def newest_of(con: duckdb.DuckDBPyConnection, table: Table) -> pl.DataFrame:
    """The newest version of each fact that was not taken back."""
    return frame_of(con.sql(f"SELECT * FROM latest_{table.name}"))  # noqa: S608 - name of ours


def known_ends(con: duckdb.DuckDBPyConnection, table: Table) -> pl.DataFrame:
    """(id, known_at) of every fact that rows of `table` follow, newest versions; empty where they follow none."""
    if not named(table):
        return pl.DataFrame(schema={"id": pl.String, "known_at": pl.Datetime("us")})
    parts = (f"SELECT {key} AS id, known_at FROM latest_{other.name}" for key, other in named(table).items())  # noqa: S608
    return frame_of(con.sql(" UNION ALL ".join(parts)))


def known_parents(con: duckdb.DuckDBPyConnection, table: Table) -> pl.DataFrame | None:
    """(id, symbol, known_at) of the facts in which rows of `table` stand; None where they stand in none."""
    if not table.stands_in:
        return None
    parent = TABLES[table.refers[table.stands_in][0]]
    return frame_of(con.sql(f"SELECT {parent.key[0]} AS id, symbol, known_at FROM latest_{parent.name}"))  # noqa: S608


def _append_changes(con: duckdb.DuckDBPyConnection, table: Table, absent: Collection[str], named: pl.Series) -> Counts:
    """`named`: the first part of each key; what is stored beyond the least and the largest is not looked at."""
    revised = con.execute("SELECT 1 FROM runs WHERE dataset = ? AND revised > 0 LIMIT 1", [table.name]).fetchall()
    judging = _judging(table, absent, "" if named.dtype == pl.Date else _between(table, named), revised=bool(revised))
    con.execute(f"CREATE OR REPLACE TEMP TABLE judged AS {judging}")
    from_now = "SELECT * REPLACE (CASE WHEN _verdict = 'new' OR own_time THEN known_at ELSE fetched_at END AS known_at)"
    _insert(con, table, f"({from_now} FROM judged WHERE _verdict <> 'unchanged')")
    found = dict(con.execute("SELECT _verdict, count(*) FROM judged GROUP BY _verdict").fetchall())
    con.execute("DROP TABLE judged")
    return Counts(found.get("new", 0), found.get("revised", 0), found.get("unchanged", 0))


def _between(table: Table, named: pl.Series) -> str:
    """SQL of the span in which a part of a key lies: rows in order are then found without reading the others."""
    least, largest = ("'" + str(end).replace("'", "''") + "'" for end in (named.min(), named.max()))
    return f'WHERE "{table.key[0]}" BETWEEN {least} AND {largest}'


def _judging(table: Table, absent: Collection[str], between: str, *, revised: bool) -> str:
    """SQL: every incoming row with its state against the newest stored version of the same fact.

    `revised`: some fact may have several versions.
    """
    changes = [f's."{name}" IS DISTINCT FROM i."{name}"' for name in value_names(table) if name not in absent]
    differs = " OR ".join([*changes, "(i.own_time AND s.known_at <> i.known_at)", "coalesce(s.withdrawn, false)"])
    kept = [
        f'CASE WHEN s.run IS NULL THEN i."{name}" ELSE s."{name}" END AS "{name}"'
        for name in value_names(table)
        if name in absent
    ]
    incoming = f"i.* REPLACE ({', '.join(kept)})" if kept else "i.*"
    keys = quoted(table.key)
    touched = f'(SELECT * FROM "{table.name}" SEMI JOIN incoming USING ({keys}) {between})'  # noqa: S608 - names of ours
    stored = newest(table, touched) if revised else f'SELECT * FROM "{table.name}" {between}'  # noqa: S608 - names of ours
    return (
        f"SELECT {incoming}, "  # noqa: S608 - names of ours
        f"CASE WHEN s.run IS NULL THEN 'new' WHEN {differs} THEN 'revised' ELSE 'unchanged' END AS _verdict "
        f"FROM incoming i LEFT JOIN ({stored}) s USING ({keys})"
    )


def _insert(con: duckdb.DuckDBPyConnection, table: Table, source: str) -> None:
    names = quoted(stored_names(table))
    con.execute(f'INSERT INTO "{table.name}" ({names}) SELECT {names} FROM {source}')  # noqa: S608 - names of ours
