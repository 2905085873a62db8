"""Takes facts back, and tells every version of a fact.

1. A fact is named by words: each must be the value of a column of its key, or of whom and when it speaks. Where none
   is as written, firms and days may be spelled in any way.
2. Taking it back appends one more version, flagged, known from now: a question about an earlier day still sees it. Why
   stands in the origin of the run. Nothing is deleted; what is told again later counts again.
3. Columns are compared as text, so that even a row no command can read back can be named and taken out.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

import duckdb
import polars as pl

from screener.core import known
from screener.core.answer import Answer, Tables
from screener.core.calendar import packaged_calendar
from screener.core.days import day_of
from screener.core.errors import ScreenerError, StoreError, UnknownSymbol, UsageError
from screener.core.firm_names import Names, symbol_of
from screener.core.stands_on import StandsOn
from screener.core.table import Kind, Table
from screener.core.tables import FACTS, TABLES
from screener.store import versions
from screener.store.checks import covered
from screener.store.database import Store
from screener.store.facts import Facts
from screener.store.findings import derive
from screener.store.naming import names_of
from screener.store.schema import newest, quoted, stored_names, value_names
from screener.store.standing import standing

COMMAND = "withdraw"
_SHOWN = 5


@dataclass(frozen=True, repr=False, eq=False)
class History(Answer):
    """Every version of the facts that were named, oldest first."""

    table: str
    rows: pl.DataFrame  # numbers and text; `changed` names the values that differ from the version before
    stands_on: StandsOn

    def frame(self) -> pl.DataFrame:
        """One row per version."""
        return self.rows

    def _tables(self) -> Tables:
        return {"history": self.rows.to_dicts()}

    def _plain(self) -> list[dict[str, Any]]:
        return self.rows.to_dicts()


def withdraw(store: Store, name: str, words: Sequence[str], why: str, *, now: datetime | None = None) -> str:
    """Takes one fact back from now on; its key. Raises UsageError where the words name none, or several."""
    if store.read_only:
        raise StoreError("the store is open for reading only", where=str(store.path))
    if not why.strip():
        raise UsageError("no reason given", expected="--why TEXT, so that the history can tell")
    table, moment = _table(name), now or known.shanghai_now()
    key = _one(store, table, words)
    con = store.connection
    with store.transaction():
        run = versions.run_name(con, table)
        at = f"TIMESTAMP '{moment.isoformat(sep=' ')}'"
        columns = quoted(stored_names(table))
        con.execute(
            f'INSERT INTO "{table.name}" ({columns}) SELECT {columns} FROM (SELECT * REPLACE ('  # noqa: S608 - names of ours
            f"{at} AS known_at, {at} AS fetched_at, '{run}' AS run, true AS withdrawn) "
            f"FROM ({newest(table)}) WHERE {_is(table)})",
            key,
        )
        versions.write_run(con, run, COMMAND, table.name, why.strip(), versions.Counts(revised=1), moment)
        _refuse_needed(con, table, key)
        derive.refresh(con, {table.name: None})
    return " ".join(key)


def _refuse_needed(con: duckdb.DuckDBPyConnection, table: Table, key: Sequence[str]) -> None:
    """Raises UsageError where stored bars need the rule or the session that was taken back."""
    expected = "load the rows that hold instead, then withdraw it"
    if table.name == "rules":
        for rule, scope, since, until in covered.holes(Facts(con)):
            if [rule, scope] == list(key[:2]):
                got = f"no {rule} of {scope} from {since} to {until}"
                raise UsageError("bars need that rule", where=table.name, got=got, expected=expected)
    if table.name == "sessions" and not packaged_calendar().between(day := date.fromisoformat(key[0]), day):
        bars = con.execute("SELECT count(*) FROM bars WHERE session = CAST(? AS DATE)", [key[0]]).fetchall()[0][0]
        if bars:
            got = f"{bars} bars on {key[0]}"
            raise UsageError("bars stand on that session", where=table.name, got=got, expected=expected)


def history(store: Store, name: str, words: Sequence[str]) -> History:
    """Every version of the facts that the words name. Raises UsageError where they name none."""
    table = _table(name)
    keys = _named(store, table, words)
    if not keys:
        raise _nothing(store, table, words)
    shown = [column for column in stored_names(table) if column != "run"]
    texts = ", ".join(f'CAST(t."{column}" AS VARCHAR) AS "{column}"' for column in shown)
    each = " OR ".join(f"({_is(table, 't.')})" for _ in keys)
    found = store.connection.execute(
        f"SELECT {texts}, t.run, r.command, r.origin "  # noqa: S608 - names of ours
        f'FROM "{table.name}" t LEFT JOIN runs r ON r.run = t.run WHERE {each} '
        f"ORDER BY {quoted(table.key, 't.')}, t.run",
        [value for key in keys for value in key],
    ).fetchall()
    names = [*shown, "run", "command", "origin"]
    rows = pl.DataFrame([dict(zip(names, row, strict=True)) for row in found], schema=dict.fromkeys(names, pl.String))
    return History(
        name,
        _numbers(table, _with_changes(table, rows)),
        standing(store, rules={"table": name, "key": " ".join(words)}),
    )


def _numbers(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Columns of numbers as numbers, except where a value is one that cannot be read back."""
    for column in table.columns:
        if column.kind in (Kind.INT, Kind.FLOAT):
            number = rows[column.name].cast(pl.Int64 if column.kind is Kind.INT else pl.Float64, strict=False)
            if number.null_count() == rows[column.name].null_count():
                rows = rows.with_columns(number)
    return rows


def _with_changes(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Adds `changed`; the columns that say when and by whom come first."""
    values = value_names(table)
    changed: list[str] = []
    before: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows.iter_rows(named=True):
        key = tuple(row[name] for name in table.key)
        old = before.get(key)
        names = [] if old is None else [name for name in values if row[name] != old[name]]
        changed.append("withdrawn" if row["withdrawn"] == "true" else ", ".join(names) if old else "first")
        before[key] = row
    first = [*table.key, "changed", "known_at", "fetched_at", "run", "command", "origin", "source", "withdrawn"]
    return rows.with_columns(pl.Series("changed", changed, dtype=pl.String)).select(
        *first, *(name for name in rows.columns if name not in first)
    )


def _table(name: str) -> Table:
    if name not in {table.name for table in FACTS}:
        raise UsageError("no such table of facts", got=name, expected=" | ".join(table.name for table in FACTS))
    return TABLES[name]


def _one(store: Store, table: Table, words: Sequence[str]) -> list[str]:
    keys = _named(store, table, words)
    if not keys:
        raise _nothing(store, table, words)
    if len(keys) > 1:
        shown = "; ".join(" ".join(key) for key in keys[:_SHOWN])
        more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
        raise UsageError(
            "several facts are meant", where=table.name, got=" ".join(words), expected=f"one of {shown}{more}"
        )
    return keys[0]


def _nothing(store: Store, table: Table, words: Sequence[str]) -> ScreenerError:
    by = ", ".join(_told_by(table))
    step = f"screener history {table.name} KEY (one of them)"
    return UsageError("no such fact", where=table.name, got=" ".join(words) or "no key", expected=by, next_step=step)


def _named(store: Store, table: Table, words: Sequence[str]) -> list[list[str]]:
    """Keys (as text) of the facts whose key or natural columns hold every word."""
    if not words:
        return []
    columns = [f'CAST("{name}" AS VARCHAR)' for name in _told_by(table)]
    each = " AND ".join(f"list_contains([{', '.join(columns)}], ?)" for _ in words)
    keys = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in table.key)
    sql = f'SELECT DISTINCT {keys} FROM "{table.name}" WHERE {each} ORDER BY ALL'  # noqa: S608 - names of ours
    for spelled in (list, partial(_respelled, store, table)):
        found = store.connection.execute(sql, spelled(words)).fetchall()
        if found:
            return [[str(value) for value in row] for row in found]
    return []


def _told_by(table: Table) -> list[str]:
    """Columns a fact may be named by: its key, whom it speaks of, its days and its kind."""
    days = [column.name for column in table.columns if column.kind is Kind.DATE and column.required]
    more = [name for name in (table.stands_in, "symbol", "kind") if name in table.names]
    return list(dict.fromkeys([*table.key, *more, *days]))


def _respelled(store: Store, table: Table, words: Sequence[str]) -> list[str]:
    """Words in the spelling of the store. Raises UnknownSymbol for a part of several firms' names."""
    names = names_of(store) if "symbol" in table.names else {}
    return [_spelled(word, names) for word in words]


def _spelled(word: str, names: Names) -> str:
    with suppress(UsageError):
        return str(day_of(word))
    try:
        return symbol_of(word, lambda: names)
    except UnknownSymbol as error:
        if "several" in error.what:
            raise
        return word


def _is(table: Table, prefix: str = "") -> str:
    return " AND ".join(f'CAST({prefix}"{name}" AS VARCHAR) = ?' for name in table.key)
