"""A file of bars too large to be held whole: read some firms at a time, each piece like a file of its own.

1. A file under our column names, without a column map: a Parquet file of our types, a CSV file of any separator. What
   is read of a row of it depends on no other row, except those of the same firm.
2. Where it is plain too (symbols in our spelling; a CSV file in UTF-8 with plain figures, days as 2026-06-30 and no
   quotes) it is read at once in its types, and its lines are not counted.
3. A piece that is not plain, or refused, is a reason to read the file again: cell by cell, with its lines (`numbered`).
4. Wherever a piece is not read as bars and nothing but bars, `NotInPieces` says that the file must be read whole.
"""

from __future__ import annotations

import contextlib
import csv
import stat
from codecs import BOM_UTF8
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from screener.core.errors import DataRefused
from screener.core.reading import state_of
from screener.core.tables import TABLES
from screener.sources.files.archives import LARGEST
from screener.sources.files.codes import Sort
from screener.sources.files.parquet import refuse_too_many
from screener.sources.files.spreading import cut, spread
from screener.sources.files.text import SEPARATORS
from screener.sources.files.whose import SAMPLE, code_or_name

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyarrow.csv import CSVStreamingReader
    from pyarrow.parquet import ParquetFile

LARGE = 2_000_000  # rows of a file that is read in pieces
BATCH = 125_000  # rows
_LINE, _LEAST_LINE = 80, 30  # bytes of a row of bars in a CSV file: about, and at least
_BLOCK, _LONGEST_HEAD, _BUFFER = 1 << 24, 1 << 12, 1 << 18  # bytes
_TABLE = TABLES["bars"]
_NEEDED = {column.name for column in _TABLE.columns if column.required}


class NotInPieces(Exception):
    """A file that must be read in another way: with its lines, or whole."""


class RefusedInPieces(NotInPieces):
    """A file that is refused; why is told of it with its lines."""


@dataclass(frozen=True)
class Large:
    """A file of bars; `by_symbol` where its rows are sorted so."""

    path: Path
    place: str  # how messages name it
    state: tuple[int, int]  # of the file that was looked at
    counts: pl.DataFrame | None = None  # the rows of each text of the column symbol, see `counted`
    plain: bool = False
    by_symbol: bool = False
    marks: frozenset[str] = frozenset()  # quotes and zero bytes of a CSV file

    def frames(self) -> Iterator[pl.DataFrame]:
        """All rows, about PIECE at a time, every firm in one frame; firms in order. Raises NotInPieces."""
        if not self.plain or self.counts is None:
            raise NotInPieces(self.place)
        try:
            with ExitStack() as closing:
                rows = closing.enter_context(contextlib.closing(batches(self.path)))
                yield from cut(rows) if self.by_symbol else spread(rows, self.counts, closing)
                self.refuse_changed()
        except (OSError, pl.exceptions.PolarsError, arrow_error()) as error:
            raise NotInPieces(str(error)) from None

    def refuse_changed(self) -> None:
        """Raises NotInPieces where somebody wrote to the file meanwhile."""
        if state_of(self.path) != self.state:
            raise NotInPieces("it changed while it was read")


def large(path: Path, place: str) -> Large | None:
    """The file, where it is so large and so like ours that it can be read in pieces; None for any other."""
    try:
        about = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(about.st_mode) or not LARGE <= about.st_size <= LARGEST:
        return None  # a fact takes a byte at least
    try:
        if path.suffix.lower() == ".parquet":
            with _opened(path) as file:
                told = file.metadata
                refuse_too_many(told.num_rows, told.num_columns, about.st_size, place)
                return _counted(path, place) if told.num_rows >= LARGE and _is_ours(file) else None
        many = about.st_size >= LARGE * _LEAST_LINE and path.suffix.lower() == ".csv"
        return _of_text(path, place) if many and separator_of(path) else None
    except (DataRefused, NotInPieces, OSError, pl.exceptions.PolarsError, arrow_error()):
        return None  # as reading it whole will tell


def _of_text(path: Path, place: str) -> Large | None:
    state, marks = state_of(path), _marks(path)
    if not marks:
        with contextlib.suppress(arrow_error()):
            return _counted(path, place)
    return Large(path, place, state, marks=marks)


def _opened(path: Path, words: list[str] | None = None) -> ParquetFile:
    """Read as its rows are asked for. `words`: columns whose every text is kept once, with numbers in the rows."""
    from pyarrow import parquet

    return parquet.ParquetFile(path, read_dictionary=words, pre_buffer=False, buffer_size=_BUFFER)


def arrow_error() -> type[Exception]:
    """What pyarrow raises."""
    import pyarrow

    return pyarrow.ArrowException  # type: ignore[no-any-return]


def _is_ours(file: ParquetFile) -> bool:
    """True where the columns are bars under our names, of types that say the same in every piece."""
    from pyarrow import types

    right = {
        "TEXT": lambda kind: types.is_string(kind) or types.is_large_string(kind),
        "DATE": types.is_date32,
        "INT": lambda kind: types.is_integer(kind) or types.is_floating(kind),
        "FLOAT": lambda kind: types.is_integer(kind) or types.is_floating(kind),
    }
    schema = file.schema_arrow
    return _are_ours(schema.names) and all(right[_TABLE.column(one.name).kind.name](one.type) for one in schema)


def separator_of(path: Path) -> str:
    """What stands between the headings of a CSV file where they are our names for bars; else nothing."""
    with path.open("rb") as file:
        lines = file.read(_LONGEST_HEAD).removeprefix(BOM_UTF8).splitlines()
    head = lines[0].decode("ascii", "replace") if lines else ""
    return next((mark for mark in SEPARATORS if _are_ours(next(csv.reader([head], delimiter=mark), []))), "")


def _are_ours(names: list[str]) -> bool:
    return len(set(names)) == len(names) and _NEEDED <= set(names) <= set(_TABLE.names)


def _marks(path: Path) -> frozenset[str]:
    """Quotes and zero bytes in a CSV file."""
    found: set[str] = set()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found |= {mark for mark in ('"', "\0") if mark.encode() in block}
    return frozenset(found)


def _counted(path: Path, place: str) -> Large | None:
    """With the rows of each symbol; None where they are few. Raises NotInPieces."""
    texts: list[pl.DataFrame] = []
    by_symbol, last, state = True, "", state_of(path)
    for frame in batches(path, ["symbol"]):
        runs = _runs(frame["symbol"])
        symbols = runs["symbol"]
        by_symbol = by_symbol and not symbols.null_count() and last <= symbols[0] and symbols.is_sorted()
        last = symbols[-1]
        texts.append(_together(runs))
    if sum(int(one["count"].sum()) for one in texts) < LARGE:
        return None
    counts = counted(texts)
    plain = counts.select((pl.col("symbol") == pl.col("firm")).fill_null(False).all()).item()
    return Large(path, place, state, counts, plain, by_symbol and plain)


def texts_of(symbols: pl.Series) -> pl.DataFrame:
    """(symbol, count) of the different texts of some rows, in order."""
    return _together(_runs(symbols))


def _runs(symbols: pl.Series) -> pl.DataFrame:
    """(symbol, count) of rows of one text that follow each other, in order."""
    runs = symbols.rle().struct.unnest()
    return runs.select(symbol=pl.col("value").cast(pl.String), count=pl.col("len").cast(pl.UInt32))


def _together(runs: pl.DataFrame) -> pl.DataFrame:
    return runs.group_by("symbol", maintain_order=True).agg(pl.col("count").sum())


def counted(texts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """(symbol, count, firm) of the different texts of a file, in order; see `_firm`. Raises NotInPieces."""
    parts = list(texts)
    if not parts:
        raise NotInPieces("")
    total = _together(pl.concat(parts))
    sorts = {code_or_name(text).sort for text in total["symbol"].drop_nulls().head(SAMPLE)} - {Sort.OTHER}
    if sorts == {Sort.INDEX}:
        raise NotInPieces("")  # a file of indices, as its first codes tell it
    return total.with_columns(firm=pl.Series([_firm(text) for text in total["symbol"]], dtype=pl.String))


def _firm(text: str | None) -> str | None:
    """The symbol that a text means; nothing for one that refuses the file, None where its rows are left out."""
    code = code_or_name(text or "")
    return None if code.sort in (Sort.INDEX, Sort.OTHER) else code.symbol


def batches(path: Path, columns: list[str] | None = None) -> Generator[pl.DataFrame, None, None]:
    """The rows of a plain file in its order. Raises what pyarrow does."""
    import pyarrow

    for batch in _record_batches(path, columns):
        batch.validate(full=True)  # text that is no UTF-8 would end the process later
        if batch.num_rows:
            yield pl.DataFrame(pyarrow.Table.from_batches([batch]).replace_schema_metadata(None))


def _record_batches(path: Path, columns: list[str] | None) -> Iterator[RecordBatch]:
    if path.suffix.lower() == ".parquet":
        with _opened(path, columns) as file:
            yield from file.iter_batches(BATCH, columns=columns)
    else:
        with _opened_text(path, columns) as text:
            yield from text


def _opened_text(path: Path, columns: list[str] | None) -> CSVStreamingReader:
    """A CSV file in our types; a cell that is no plain one is an ArrowInvalid."""
    import pyarrow
    from pyarrow import csv

    kinds = {"TEXT": pyarrow.large_string(), "DATE": pyarrow.date32()}
    types = {column.name: kinds.get(column.kind.name, pyarrow.float64()) for column in _TABLE.columns}
    convert = csv.ConvertOptions(
        column_types=types, null_values=[""], strings_can_be_null=True, include_columns=columns or []
    )
    parse = csv.ParseOptions(delimiter=separator_of(path), quote_char=False, double_quote=False)
    return csv.open_csv(path, csv.ReadOptions(block_size=BATCH * _LINE), parse, convert)
