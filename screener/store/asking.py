"""One SELECT of the user, answered within a memory and a time.

1. Anything but one SELECT or EXPLAIN is refused before it runs (`one_read`).
2. DuckDB gets its memory limit, then its settings are locked (`limited`).
3. The query runs in a thread of its own, batch by batch, so that the time, a Ctrl-C and rows that are too many for
   the memory are seen while it runs.
4. Columns are carried as `carrying` says; where a value does not fit its type the query is asked again for text.
"""

from __future__ import annotations

import math
import re
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from time import monotonic

import duckdb
import polars as pl

from screener.core.errors import UsageError
from screener.store import carrying

MEMORY, SECONDS = "2GB", 60.0
_BYTES = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_MEMORY = re.compile(r"(\d{1,6})\s*(KB|MB|GB|TB)", re.IGNORECASE)
_READS = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
_BATCH = 100_000  # rows
_TICK = 0.1  # seconds between two looks at the clock
_GRACE = 5.0  # seconds an interrupted query has to end


def answer(connection: duckdb.DuckDBPyConnection, sql: str, memory: str, seconds: float) -> pl.DataFrame:
    """The rows. Raises UsageError where it is no SELECT, cannot be answered, or not within `memory` and `seconds`."""
    one_read(connection, sql)
    if not (math.isfinite(seconds) and seconds > 0):
        raise UsageError("time not understood", got=seconds, expected="seconds, more than 0")
    try:
        return _in_time(connection, sql, memory, seconds)
    except duckdb.OutOfMemoryException:
        raise _too_large(memory) from None
    except duckdb.Error as error:
        raise UsageError("SQL cannot be answered", got=first_line(error)) from None
    except pl.exceptions.PolarsError:
        raise UsageError("SQL cannot be answered", got="a type no table holds", expected="CAST(… AS VARCHAR)") from None


def one_read(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Raises UsageError for anything but one SELECT or EXPLAIN."""
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise UsageError("SQL not understood", got=first_line(error)) from None
    if len(statements) != 1 or statements[0].type not in _READS:
        raise UsageError("one SELECT is expected", got=repr(sql[:80]), next_step='screener query "SHOW TABLES"')


def bytes_of(memory: str) -> int:
    """Bytes of a size like 2GB. Raises UsageError."""
    found = _MEMORY.fullmatch(memory.strip())
    if found is None or int(found[1]) == 0:
        raise UsageError("memory not understood", got=repr(memory[:40]), expected="a size like 500MB or 2GB")
    return int(found[1]) * _BYTES[found[2].upper()]


def limited(connection: duckdb.DuckDBPyConnection, memory: str) -> None:
    """Sets how much memory DuckDB may take and locks the settings. Raises UsageError.

    Both hold for all that this process has open of the file: what another question has locked meanwhile stands.
    """
    limit = f"SET memory_limit = '{bytes_of(memory)}B'"
    with suppress(duckdb.InvalidInputException):
        connection.execute(limit)
        connection.execute("SET lock_configuration = true")


def first_line(error: Exception) -> str:
    """What an error of DuckDB says, without where in the text."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _in_time(connection: duckdb.DuckDBPyConnection, sql: str, memory: str, seconds: float) -> pl.DataFrame:
    """In a thread of its own, as DuckDB itself does not always hear a Ctrl-C."""
    end = monotonic() + seconds
    thread = ThreadPoolExecutor(1)
    found: Future[pl.DataFrame] = thread.submit(_rows, connection, sql, memory)
    try:
        while not wait([found], timeout=_TICK).done:
            if monotonic() > end:
                connection.interrupt()
                wait([found], timeout=_GRACE)
                raise UsageError(
                    "the query takes too long",
                    expected=f"an answer within {seconds:g} s",
                    next_step="ask for less (WHERE, LIMIT), or allow more: --seconds",
                )
        return found.result()
    except KeyboardInterrupt:
        connection.interrupt()
        raise
    finally:
        thread.shutdown(wait=False)


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, memory: str) -> pl.DataFrame:
    relation = connection.sql(sql)
    names, kinds = relation.columns, relation.types
    frame = _read(relation.project(carrying.projection(names, kinds, ())), memory)
    strange = carrying.strange(frame)
    if strange:
        frame = _read(relation.project(carrying.projection(names, kinds, strange)), memory)
    return carrying.numbers(frame, kinds)


def _read(relation: duckdb.DuckDBPyRelation, memory: str) -> pl.DataFrame:
    """The rows, counted while they come: DuckDB's own limit ends where it hands them over."""
    import pyarrow as pa  # slow to import, and few commands ask

    limit, size, batches = bytes_of(memory), 0, []
    with relation.to_arrow_reader(_BATCH) as reader:  # one left open would keep the file from being opened again
        for batch in reader:
            size += batch.nbytes
            if size > limit:
                raise _too_large(memory)
            batches.append(batch)
        return pl.DataFrame(pa.Table.from_batches(batches, reader.schema))


def _too_large(memory: str) -> UsageError:
    return UsageError(
        "the query needs too much memory",
        expected=f"an answer within {memory}",
        next_step="ask for less (WHERE, LIMIT), or allow more: --memory",
    )
