"""A Parquet file as a table, by pyarrow: a damaged one is an exception there, where others end the process.

1. Of more cells than are read, or of more rows than its bytes can hold, none is read (`refuse_too_many`).
2. It is counted while it unfolds: a cell of a thousand letters takes two bytes where it is in every row.
3. A column of a type that polars would end the process at is turned into one that it holds, or named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from screener.core.errors import DataRefused
from screener.core.text import cut
from screener.sources.files.archives import DENSEST
from screener.sources.files.grids import Sheet
from screener.sources.files.outcome import refused

if TYPE_CHECKING:
    from pyarrow import Array, DataType, Table
    from pyarrow.parquet import ParquetFile

_MOST_CELLS = 500_000_000  # of a file, whose size says little about its rows
_FOLDED = 1_000_000  # rows; of more, a file smaller than them holds one row over and over
_AT_ONCE = 16_384  # rows
_SMALL = 512 * 1024**2  # bytes: below this a ratio tells nothing


def sheet_of_parquet(raw: bytes, where: str) -> Sheet:
    """The table of a file. Raises DataRefused."""
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(pyarrow.BufferReader(raw))
        refuse_too_many(file.metadata.num_rows, file.metadata.num_columns, len(raw), where)
        table = _unfolded(file, len(raw), where).replace_schema_metadata(None)
        table.validate(full=True)  # text that is no UTF-8, in cells or in names, would end the process later
        headings = tuple(table.column_names)
        frame = pl.DataFrame(_held(table.rename_columns([f"c{index}" for index in range(len(headings))]), where))
    except DataRefused:
        raise
    except Exception as error:  # pyarrow and polars have a tree of their own
        got = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise refused(where, "not a readable parquet file", got=got) from None
    return Sheet(where, headings, frame)


def refuse_too_many(rows: int, columns: int, size: int, where: str) -> None:
    """Raises DataRefused for a file of more cells than are read, or of more rows than its bytes can hold."""
    if rows * max(columns, 1) > _MOST_CELLS:
        raise refused(where, "too large", got=f"{rows:,} rows", expected=f"at most {_MOST_CELLS:,} cells a file")
    if rows > max(_FOLDED, size):
        got = f"{rows:,} rows in {size:,} bytes"
        raise refused(where, "too large", got=got, expected="facts, which take a byte a row at least")


def _unfolded(file: ParquetFile, size: int, where: str) -> Table:
    import pyarrow

    most, held, batches = max(_SMALL, DENSEST * size), 0, []
    for batch in file.iter_batches(_AT_ONCE):
        held += sum(map(_bytes, batch.columns))
        if held > most:
            got = f"{size:,} bytes that unfold to more than {most:,}"
            raise refused(where, "too large", got=got, expected="several files, or shorter cells")
        batches.append(batch)
    return pyarrow.Table.from_batches(batches, file.schema_arrow)


def _bytes(column: Array) -> int:
    """Of a column as polars will hold it: each text for itself, though the file may have it once and numbers for it."""
    from pyarrow import types

    if types.is_dictionary(column.type) and types.is_string(column.type.value_type):
        from pyarrow import compute  # takes a while to import, and few files have such columns

        lengths = compute.binary_length(column.dictionary).take(column.indices)
        return int(compute.sum(lengths).as_py() or 0) + 16 * len(column)
    return int(column.nbytes)


def _held(table: Table, where: str) -> Table:
    """With columns that polars holds."""
    import pyarrow
    from pyarrow import types

    for index, field in enumerate(table.schema):
        column, kind = table.column(index), field.type
        if isinstance(kind, pyarrow.BaseExtensionType):
            column, kind = (
                pyarrow.chunked_array([one.storage for one in column.chunks], kind.storage_type),
                kind.storage_type,
            )
        if types.is_decimal256(kind):
            kind = pyarrow.decimal128(38, kind.scale)
            column = column.cast(kind)
        if _ends_the_process(kind):
            raise refused(where, "a column of a type that is not read", got=cut(str(kind), 60))
        table = table.set_column(index, field.name, column)
    return table


def _ends_the_process(kind: DataType) -> bool:
    from pyarrow import types

    inner = [kind.field(index).type for index in range(kind.num_fields)] if types.is_nested(kind) else []
    odd = types.is_decimal256(kind) or types.is_list_view(kind) or types.is_large_list_view(kind)
    return odd or any(map(_ends_the_process, inner))
