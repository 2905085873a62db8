"""The store's tables, made from the declarations of `core.tables`.

1. A table of facts has its declared columns, then those of PROVENANCE that it does not declare itself.
2. `runs` (what was written when) and `findings` (derived from the facts) carry no provenance.
3. Facts are only ever appended: the version of a fact written last (`run`, whatever a clock said) is the one the view
   `latest_<table>` shows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from screener.core.table import Column, Kind, Table
from screener.core.tables import PROVENANCE, TABLES

# 1 had no direction of kinds and took the later clock for the later version; 2 had no series of industries and
# no words of brokers; 3 had no proposals and no segments; 4 had no margins.
SCHEMA_VERSION = 5
META = "screener_meta"

_SQL_TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.DATE: "DATE",
    Kind.TIME: "TIMESTAMP",
    Kind.INT: "BIGINT",
    Kind.FLOAT: "DOUBLE",
    Kind.FLAG: "BOOLEAN",
}
_PROVENANCE_NAMES = tuple(column.name for column in PROVENANCE)


def quoted(names: list[str] | tuple[str, ...], prefix: str = "") -> str:
    """`"a", "b"`: column names that may be words of SQL (index, end, check)."""
    return ", ".join(f'{prefix}"{name}"' for name in names)


def stored_columns(table: Table) -> tuple[Column, ...]:
    """The columns of `table` in the store; `known_at` and `source` exist once and always hold a value there."""
    if table.log:
        return table.columns
    own = {column.name: column for column in table.columns}
    own.update({column.name: column for column in PROVENANCE})
    return tuple(own.values())


def stored_names(table: Table) -> list[str]:
    """Names of the stored columns, in order."""
    return [column.name for column in stored_columns(table)]


def sql_types(table: Table) -> dict[str, str]:
    """Stored column → its SQL type, in order."""
    return {column.name: _SQL_TYPES[column.kind] for column in stored_columns(table)}


def value_names(table: Table) -> list[str]:
    """Columns whose change makes a new version: neither key nor provenance."""
    return [name for name in table.names if name not in table.key and name not in _PROVENANCE_NAMES]


def ddl() -> list[str]:
    """Statements that make an empty store."""
    return [statement for table in TABLES.values() for statement in _table_ddl(table)]


def newest(table: Table, source: str = "") -> str:
    """SQL of the last written version of each fact, out of `source` (default: the whole table)."""
    return (
        f"SELECT * FROM {source or quoted([table.name])} QUALIFY row_number() OVER "  # noqa: S608 - names of ours
        f"(PARTITION BY {quoted(table.key)} ORDER BY run DESC) = 1"
    )


def _table_ddl(table: Table) -> list[str]:
    lines = (
        f'"{column.name}" {_SQL_TYPES[column.kind]}{" NOT NULL" if column.required else ""}'
        for column in stored_columns(table)
    )
    create = f'CREATE TABLE IF NOT EXISTS "{table.name}" ({", ".join(lines)})'
    return [create] if table.log else [create, view(table)]


def view(table: Table) -> str:
    """SQL of the view that shows the newest version of each fact that was not taken back."""
    standing = f"SELECT * EXCLUDE (withdrawn) FROM ({newest(table)}) WHERE NOT coalesce(withdrawn, false)"  # noqa: S608
    return f"CREATE OR REPLACE VIEW latest_{table.name} AS {standing}"


def migration(stored: Mapping[str, Collection[str]]) -> list[str]:
    """Statements that bring an older store (table → columns it has) to this shape; its rows stay as they are."""
    added = [
        f'ALTER TABLE "{table.name}" ADD COLUMN "{column.name}" {_SQL_TYPES[column.kind]}'
        for table in TABLES.values()
        if table.name in stored
        for column in stored_columns(table)
        if column.name not in stored[table.name]
    ]
    freed = [
        f'ALTER TABLE "{table.name}" ALTER COLUMN "{column.name}" DROP NOT NULL'
        for table in TABLES.values()
        if table.name in stored
        for column in stored_columns(table)
        if not column.required and column.name in stored[table.name]
    ]
    named = [
        _named_by_default(table)
        for table in TABLES.values()
        if table.identity and table.name in stored and table.identity.column not in stored[table.name]
    ]
    return [*added, *freed, *named, *ddl()]


def reading(catalog: str, stored: Mapping[str, Collection[str]]) -> list[str]:
    """Statements after which an older store (table → columns it has) reads in this shape; its file stays as it is.

    `catalog`: DuckDB's name of the file, whose tables the views of the same names stand before.
    """
    return [
        statement
        for table in TABLES.values()
        for statement in (
            f'CREATE TEMP VIEW "{table.name}" AS {_in_this_shape(catalog, table, stored.get(table.name))}',
            *([] if table.log else [view(table).replace("CREATE OR REPLACE", "CREATE TEMP")]),
        )
    ]


def _in_this_shape(catalog: str, table: Table, there: Collection[str] | None) -> str:
    """SQL of an older file's rows: columns that are not there yet are null, ids the default ones."""
    empty = {name: f'NULL::{kind} AS "{name}"' for name, kind in sql_types(table).items()}
    if there is None:
        return f"SELECT {', '.join(empty.values())} LIMIT 0"
    if table.identity:
        empty[table.identity.column] = f'{default_ids(table)} AS "{table.identity.column}"'
    columns = (f'"{name}"' if name in there else null for name, null in empty.items())
    return f'SELECT {", ".join(columns)} FROM "{catalog}".main."{table.name}"'  # noqa: S608 - names of ours


def _named_by_default(table: Table) -> str:
    """SQL that gives the rows of an older store their ids; of rows of one day and run each is a fact of its own."""
    made = default_ids(table)
    return (
        f'UPDATE "{table.name}" AS t SET "{table.key[0]}" = s.id '  # noqa: S608 - names of ours
        f'FROM (SELECT rowid AS r, {made} AS id FROM "{table.name}") s WHERE t.rowid = s.r'
    )


def default_ids(table: Table) -> str:
    """SQL of the id of a row nobody named: `<symbol>@<day>`, numbered where one run wrote several of a day."""
    day = f'"{table.identity.day}"' if table.identity else ""
    nth = f"row_number() OVER (PARTITION BY symbol, {day}, run ORDER BY rowid)"
    return f"symbol || '@' || {day} || CASE WHEN {nth} > 1 THEN '#' || {nth} ELSE '' END"
