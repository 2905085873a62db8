"""The store's tables, made from the declarations of `core.tables`.

1. A table of facts has its declared columns, then those of PROVENANCE that it does not declare itself.
2. `runs` (what was written when) and `findings` (derived from the facts) carry no provenance.
3. Facts are only ever appended: the version of a fact written last (`fetched_at`, then `run`) is the one the view
   `latest_<table>` shows.
"""

from __future__ import annotations

from screener.core.frames import Column, Kind, Table
from screener.core.tables import FINDINGS, PROVENANCE, RUNS, TABLES

SCHEMA_VERSION = 1
META = "screener_meta"
NOT_FACTS = (FINDINGS.name, RUNS.name)
FACTS: tuple[Table, ...] = tuple(table for table in TABLES.values() if table.name not in NOT_FACTS)

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
    if table.name in NOT_FACTS:
        return table.columns
    own = {column.name: column for column in table.columns}
    own.update({column.name: column for column in PROVENANCE})
    return tuple(own.values())


def stored_names(table: Table) -> list[str]:
    """Names of the stored columns, in order."""
    return [column.name for column in stored_columns(table)]


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
        f"(PARTITION BY {quoted(table.key)} ORDER BY fetched_at DESC, run DESC) = 1"
    )


def _table_ddl(table: Table) -> list[str]:
    lines = (
        f'"{column.name}" {_SQL_TYPES[column.kind]}{" NOT NULL" if column.required else ""}'
        for column in stored_columns(table)
    )
    create = f'CREATE TABLE "{table.name}" ({", ".join(lines)})'
    if table.name in NOT_FACTS:
        return [create]
    return [create, f"CREATE VIEW latest_{table.name} AS {newest(table)}"]
