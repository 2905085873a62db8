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
from screener.store.arrow import frame_of, relation_of
from screener.store.checks.shape import rising
from screener.store.schema import quoted, value_names


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
    incoming = _told(con, frame, run, now)
    if unknown or is_empty(con, table):
        _insert(con, table, incoming)
        return Counts(new=frame.height)
    changed = frame_of(_changes(con, table, incoming, absent, frame[table.key[0]]))
    verdicts = changed["_verdict"]
    if changed.height:
        _insert(con, table, relation_of(con, changed))
    new = int((verdicts == "new").sum())
    return Counts(new, changed.height - new, frame.height - changed.height)


def stored_of(con: duckdb.DuckDBPyConnection, table: Table, frame: pl.DataFrame) -> tuple[int, bool]:
    """(rows stored of the symbols in `frame` and of those between, whether none of them can be one of its keys)."""
    symbols, days = frame["symbol"], frame[table.day]
    counted = f'count(*), min("{table.day}"), max("{table.day}")'
    sql = f'SELECT {counted} FROM "{table.name}" WHERE symbol BETWEEN ? AND ?'  # noqa: S608 - names of ours
    count, first, last = con.execute(sql, [symbols.min(), symbols.max()]).fetchall()[0]
    return count, not count or bool(first > days.max() or last < days.min())


def are_stored(con: duckdb.DuckDBPyConnection, table: Table, frame: pl.DataFrame, absent: Collection[str]) -> bool:
    """True where the rows are all that is stored of their symbols and of those between, without a change.

    `frame`: in order, as for `append`. Read and compared in order they cost a third of a join.
    """
    if _is_revised(con, table) or frame["own_time"].any():
        return False
    told = [*table.key, *(name for name in value_names(table) if name not in absent)]
    stored = frame_of(_between(con, table, frame["symbol"]).project(quoted([*told, "withdrawn"])))
    if stored["withdrawn"].any() or stored.height != frame.height:
        return False
    stored = stored.select(told)
    return frame.select(told).equals(stored if rising(stored, table.key) else stored.sort(table.key))


def is_empty(con: duckdb.DuckDBPyConnection, table: Table) -> bool:
    """True where the table has no row."""
    return not con.execute(f'SELECT 1 FROM "{table.name}" LIMIT 1').fetchall()  # noqa: S608 - name of ours


def insert(con: duckdb.DuckDBPyConnection, table: Table, frame: pl.DataFrame) -> None:
    """Appends rows that have the stored shape, as they are."""
    _insert(con, table, relation_of(con, frame))


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


def _told(con: duckdb.DuckDBPyConnection, frame: pl.DataFrame, run: str, now: datetime) -> duckdb.DuckDBPyRelation:
    """Rows with where they come from. Neither a view nor a temporary table: both keep rows until a transaction ends."""
    moment = f"TIMESTAMP '{now.isoformat(sep=' ')}'"
    return relation_of(con, frame).project(
        f"* REPLACE (coalesce(known_at, {moment}) AS known_at), {moment} AS fetched_at, '{run}' AS run, "
        "false AS withdrawn"
    )


def _changes(
    con: duckdb.DuckDBPyConnection,
    table: Table,
    incoming: duckdb.DuckDBPyRelation,
    absent: Collection[str],
    named: pl.Series,
) -> duckdb.DuckDBPyRelation:
    """The rows that are to be stored, with `_verdict`: new or revised. `named`: the first part of each key."""
    same = " AND ".join(f'i."{name}" = s."{name}"' for name in table.key)
    incoming = incoming.set_alias("i")
    stored = _stored(con, table, incoming, named).set_alias("s")
    judged = incoming.join(stored, same, how="left").project(_judged(con, table, absent))
    return judged.filter("_verdict <> 'unchanged'")


def _stored(
    con: duckdb.DuckDBPyConnection, table: Table, incoming: duckdb.DuckDBPyRelation, named: pl.Series
) -> duckdb.DuckDBPyRelation:
    """The newest stored version of what is told, and of more; what lies beyond the span of `named` is not looked at."""
    rows = _between(con, table, named) if named.dtype == pl.String else con.table(table.name)
    if not _is_revised(con, table):
        return rows  # a fact has one version
    same = " AND ".join(f't."{name}" = i."{name}"' for name in table.key)
    touched = rows.set_alias("t").join(incoming, same, how="semi")
    nth = f"row_number() OVER (PARTITION BY {quoted(table.key)} ORDER BY run DESC)"
    return touched.project(f"*, {nth} AS _nth").filter("_nth = 1").project("* EXCLUDE (_nth)")


def _between(con: duckdb.DuckDBPyConnection, table: Table, named: pl.Series) -> duckdb.DuckDBPyRelation:
    """Rows in the span of the first part of some keys: those in order are found without reading the others."""
    least, largest = ("'" + str(end).replace("'", "''") + "'" for end in (named.min(), named.max()))
    return con.table(table.name).filter(f'"{table.key[0]}" BETWEEN {least} AND {largest}')


def _is_revised(con: duckdb.DuckDBPyConnection, table: Table) -> bool:
    """True where a fact of the table may have several versions."""
    sql = "SELECT 1 FROM runs WHERE dataset = ? AND revised > 0 LIMIT 1"
    return bool(con.execute(sql, [table.name]).fetchall())


def _judged(con: duckdb.DuckDBPyConnection, table: Table, absent: Collection[str]) -> str:
    """SQL of a row as it is to be stored, beside the newest version `s` of the same fact, and its verdict."""
    changes = [f's."{name}" IS DISTINCT FROM i."{name}"' for name in value_names(table) if name not in absent]
    differs = " OR ".join([*changes, "(i.own_time AND s.known_at <> i.known_at)", "coalesce(s.withdrawn, false)"])
    given = {name: f'i."{name}"' for name in con.table(table.name).columns}
    for name in value_names(table):
        if name in absent:
            given[name] = f'CASE WHEN s.run IS NULL THEN i."{name}" ELSE s."{name}" END'
    given["known_at"] = "CASE WHEN s.run IS NULL OR i.own_time THEN i.known_at ELSE i.fetched_at END"
    verdict = f"CASE WHEN s.run IS NULL THEN 'new' WHEN {differs} THEN 'revised' ELSE 'unchanged' END AS _verdict"
    return ", ".join([*(f'{sql} AS "{name}"' for name, sql in given.items()), verdict])


def _insert(con: duckdb.DuckDBPyConnection, table: Table, rows: duckdb.DuckDBPyRelation) -> None:
    rows.project(quoted(con.table(table.name).columns)).insert_into(table.name)
