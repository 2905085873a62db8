"""One DuckDB file: opened for writing by one process, or read-only by many.

1. A new file gets the tables and the packaged rows in one transaction; a crash before that leaves an empty file.
2. An older store is brought to today's shape, and to today's packaged rows (`packaged`), when it is opened for writing;
   a reader sees both in memory. A store of a later version and a foreign file are refused in one line.
3. Read-only connections cannot read files or attach databases, nor change settings once SQL of the user is asked
   there (`asking`), so any SQL is safe to run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType

import duckdb
import polars as pl

from screener.core import known
from screener.core.bars import Bars
from screener.core.errors import StoreError
from screener.core.reading import readable
from screener.core.table import Table
from screener.core.tables import PACKAGED, TABLES
from screener.store import arrow, asking, packaged
from screener.store.bars import bars_of, followed, rated
from screener.store.schema import META, SCHEMA_VERSION, ddl, migration, newest, quoted, reading

_FILL = "screener demo / screener load DIR / screener fetch"
_OTHER = "name another --db"
_DAMAGED = (
    "Corrupt database file",
    "INTERNAL Error",
    "Serialization Error",
    "Failed to load metadata pointer",
    "Could not read enough bytes",
)
# What a disk does to a store, whatever was asked of it.
_OF_THE_DISK = (
    duckdb.IOException,
    duckdb.TransactionException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.SerializationException,
    duckdb.OutOfMemoryException,
)


class Store:
    """The facts and what was found in them. Make one with `create_or_open` or `open_read_only`."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection, *, read_only: bool) -> None:
        self.path, self.read_only = path, read_only
        self.connection = connection
        self._in_transaction = False
        self._limit: str | None = None  # of the memory for SQL of the user, which may not change settings

    @classmethod
    def create_or_open(cls, path: Path | str, *, now: datetime | None = None) -> Store:
        """The store at `path`, for writing; a new one is seeded with the packaged tables as of `now`.

        Raises StoreError where another process holds the file, or the file is no store of this version.
        """
        path = readable(path, error=StoreError)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError("no folder for the store", where=str(path), got=error.strerror, next_step=_OTHER) from None
        if path.is_file() and path.stat().st_size == 0:
            path.unlink()  # an empty file is no database yet; DuckDB wants to make its own
        store = cls(path, _connect(path, read_only=False), read_only=False)
        with _closing_on_error(store):
            if store._is_fresh():
                store._create()
            store._check_version()
            store._bring_up_to_date(now or known.shanghai_now())
        return store

    @classmethod
    def open_read_only(cls, path: Path | str) -> Store:
        """The store at `path`, for reading. Raises StoreError where it is missing, locked, foreign or older."""
        path = readable(path, error=StoreError)
        if not path.is_file() or path.stat().st_size == 0:
            raise StoreError("no store yet", where=str(path), next_step=_FILL)
        store = cls(path, _connect(path, read_only=True), read_only=True)
        with _closing_on_error(store):
            store._check_version()
            if store._version != SCHEMA_VERSION:
                (catalog,) = store.connection.execute("SELECT current_database()").fetchall()[0]
                for statement in reading(catalog, store._columns):
                    store.connection.execute(statement)
        return store

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(duckdb.Error):
            self.close()
        told = None if error is None else _told(self.path, error)
        if told is not None:
            raise told from None

    def close(self) -> None:
        """Gives the file free for other processes."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or nothing of it; a block inside another one belongs to the outer one."""
        if self._in_transaction:
            yield
            return
        self.connection.execute("BEGIN")
        self._in_transaction = True
        try:
            yield
        except BaseException:
            with suppress(duckdb.Error):  # a connection that broke has nothing to take back
                self.connection.execute("ROLLBACK")
            raise
        else:
            self.connection.execute("COMMIT")
        finally:
            self._in_transaction = False

    def frame(self, name: str) -> pl.DataFrame:
        """Every version of every row of a table, with provenance, sorted by key and then by writing.

        The version written last (by `run`) is the last of its key.
        """
        table = TABLES[name]
        found = self._with_packaged(table, self._read(f'SELECT * FROM "{name}"'))  # noqa: S608 - names of ours
        return found.sort([*table.key, *([] if table.log else ["run"])], nulls_last=True, maintain_order=True)

    def frames(self, *names: str) -> dict[str, pl.DataFrame]:
        """The tables called `names` (default: all) by name (see `frame`)."""
        return {name: self.frame(name) for name in names or TABLES}

    def bars(
        self,
        symbols: Collection[str] | None = None,
        days: Collection[date | None] | None = None,
        back: Collection[str] | None = (),
    ) -> Bars:
        """Bars for a market: of `symbols` (None: of all), and what questions about `days` (None: the last) need.

        `back`: of whom such a question asks how their shares trade (None: of all).
        """
        return bars_of(self.connection, symbols, days, back)

    def revised(self) -> frozenset[str]:
        """Tables of which some row may have several versions or was taken back; the others say nothing twice."""
        rows = self.connection.execute("SELECT DISTINCT dataset FROM runs WHERE revised > 0").fetchall()
        return self._outdated.union(row[0] for row in rows)

    def followed(self) -> list[str]:
        """The firms that are listed or announced something."""
        return followed(self.connection)

    def rated(self) -> list[str]:
        """What is rated, in whatever spelling, and the firms that the report lists."""
        return rated(self.connection)

    def latest(self, name: str) -> pl.DataFrame:
        """The newest version of each row of a table of facts, sorted by key."""
        table = TABLES[name]
        if table.packaged:
            newest = self.frame(name).unique(list(table.key), keep="last", maintain_order=True)
            return newest.filter(~pl.col("withdrawn").fill_null(False)).drop("withdrawn")
        return self._read(f"SELECT * FROM latest_{name} ORDER BY {quoted(table.key)}")  # noqa: S608

    def latest_where(self, name: str, column: str, values: Collection[str]) -> pl.DataFrame:
        """The newest version of each row that holds one of `values` in a text column, sorted by key.

        Only the versions of such facts are looked at, so that it costs what they are and not what the table is.
        """
        keys = quoted(TABLES[name].key)
        holds = f'"{column}" IN (SELECT unnest($asked::VARCHAR[]))'
        named = f'SELECT {keys} FROM "{name}" WHERE {holds}'  # noqa: S608 - names of ours
        versions_of = newest(TABLES[name], f'(SELECT * FROM "{name}" SEMI JOIN ({named}) USING ({keys}))')  # noqa: S608
        stands = f"{holds} AND NOT coalesce(withdrawn, false)"
        sql = f"SELECT * EXCLUDE (withdrawn) FROM ({versions_of}) WHERE {stands} ORDER BY {keys}"  # noqa: S608
        return arrow.frame_of(self.connection.sql(sql, params={"asked": sorted(values)}))

    def query(self, sql: str, *, memory: str = asking.MEMORY, seconds: float = asking.SECONDS) -> pl.DataFrame:
        """The answer of one SELECT, see `asking`. Raises UsageError, and StoreError on a store open for writing."""
        if not self.read_only:
            raise StoreError("SQL of the user needs the store opened read-only", where=str(self.path))
        if self._limit is None:
            asking.limited(self.connection, memory)
            self._limit = memory
        elif self._limit != memory:
            raise StoreError("this store is open with another memory limit", got=memory, expected=self._limit)
        return asking.answer(self.connection, sql, memory, seconds)

    def _read(self, sql: str) -> pl.DataFrame:
        return arrow.frame_of(self.connection.sql(sql))

    def _is_fresh(self) -> bool:
        found = self.connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall()
        return bool(found[0][0] == 0)

    def _create(self) -> None:
        with self.transaction():
            self.connection.execute(f"CREATE TABLE {META} (schema_version INTEGER NOT NULL)")
            self.connection.execute(f"INSERT INTO {META} VALUES (0)")  # noqa: S608

    def _bring_up_to_date(self, now: datetime) -> None:
        """Today's shape and today's packaged rows; nothing is written where both are there."""
        with self.transaction():
            if self._version != SCHEMA_VERSION:
                for statement in migration(self._columns) if self._version else ddl():
                    self.connection.execute(statement)
                self.connection.execute(f"UPDATE {META} SET schema_version = {SCHEMA_VERSION}")  # noqa: S608
                self.__dict__.pop("_columns", None)
            for table in packaged.outdated(self.connection, PACKAGED):
                packaged.seed(self.connection, table, now)

    @cached_property
    def _columns(self) -> dict[str, frozenset[str]]:
        """Table → the columns it has in this file."""
        rows = self.connection.execute(
            "SELECT table_name, list(column_name) FROM duckdb_columns() "
            "WHERE NOT internal AND table_name IN (SELECT table_name FROM duckdb_tables()) GROUP BY table_name"
        ).fetchall()
        return {name: frozenset(columns) for name, columns in rows}

    @cached_property
    def _outdated(self) -> frozenset[str]:
        """Packaged tables that this file has otherwise than the package; of a reader, for whom nothing changes."""
        return frozenset(table.name for table in packaged.outdated(self.connection, PACKAGED))

    def _with_packaged(self, table: Table, found: pl.DataFrame) -> pl.DataFrame:
        """What a reader sees of a store whose packaged rows are older than this package's."""
        if not (self.read_only and table.name in self._outdated):
            return found
        fresh, _ = packaged.news(self.connection, table, known.shanghai_now())
        return pl.concat([found, fresh.select(found.columns)])

    def _check_version(self) -> None:
        try:
            found = self.connection.execute(f"SELECT schema_version FROM {META}").fetchall()  # noqa: S608
        except duckdb.CatalogException:
            if self.read_only and self._is_fresh():
                raise StoreError("no store yet", where=str(self.path), next_step=_FILL) from None
            raise StoreError("not a store of this program", where=str(self.path), next_step=_OTHER) from None
        if len(found) != 1 or not 0 <= found[0][0] <= SCHEMA_VERSION:
            raise StoreError(
                "store of another version",
                where=str(self.path),
                got=found[0][0] if found else None,
                expected=f"{SCHEMA_VERSION} or older",
                next_step="move the file away and fill a new one: " + _FILL,
            )
        self._version: int = found[0][0]


def _connect(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {"enable_external_access": "false"} if read_only else {}
    config["python_enable_replacements"] = "false"  # SQL sees tables, never variables of this program
    try:  # settings are given here: a file this process already has open shares them, and may have them locked
        return duckdb.connect(str(path), read_only=read_only, config=config)
    except duckdb.Error as error:
        raise _refusal(path, error) from None


def _refusal(path: Path, error: duckdb.Error) -> StoreError:
    text = str(error)
    if "Could not set lock" in text:
        return StoreError(
            "the store is in use by another process", where=str(path), next_step="wait for it or end it, then try again"
        )
    if "not a valid DuckDB database" in text or "storage version" in text.lower():
        return StoreError("not a store of this program", where=str(path), next_step=_OTHER)
    return StoreError("the store cannot be opened", where=str(path), got=asking.first_line(error))


def _told(path: Path, error: BaseException) -> StoreError | None:
    """What the disk did to the store, in one line; None for an error of another sort."""
    if not isinstance(error, duckdb.Error | pl.exceptions.PolarsError):
        return None
    if any(sign in str(error) for sign in _DAMAGED):
        next_step = "move it away and fill a new one: " + _FILL
        return StoreError(
            "the file of the store is damaged", where=str(path), got=asking.first_line(error), next_step=next_step
        )
    if isinstance(error, _OF_THE_DISK) or "IO Error" in str(error):
        return StoreError(
            "the store cannot be read or written",
            where=str(path),
            got=asking.first_line(error),
            next_step="free space or name another --db, then again",
        )
    return None


@contextmanager
def _closing_on_error(store: Store) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        with suppress(duckdb.Error):
            store.close()
        told = _told(store.path, error)
        if told is not None:
            raise told from None
        raise
