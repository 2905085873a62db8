"""A file of bars too large to be held whole: read some firms at a time, each piece like a file of its own.

1. Only a plain file is read so: our column names and types, symbols in our spelling, no column map; a CSV file in UTF-8
   with plain figures, days as 2026-06-30 and no quotes, whatever its separator and the ends of its lines. What is read
   of a row of it depends on no other row, except those of the same firm.
2. Where the rows stand by firm they are read in order and cut between firms; else they are first spread over files of
   some firms each, in a folder that is gone afterwards.
3. Wherever a piece is not read as bars and nothing but bars, `NotInPieces` says that the file must be read whole.
"""

from __future__ import annotations

import contextlib
import stat
from codecs import BOM_UTF8
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from screener.core.errors import DataRefused
from screener.core.own_folder import own_folder
from screener.core.reading import state_of
from screener.core.tables import TABLES
from screener.sources.files.archives import LARGEST
from screener.sources.files.codes import Code, Sort, code_of
from screener.sources.files.parquet import refuse_too_many
from screener.sources.files.text import SEPARATORS

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyarrow.csv import CSVStreamingReader
    from pyarrow.parquet import ParquetFile

LARGE, PIECE = 2_000_000, 750_000  # rows of a file that is read in pieces; about so many rows are one
_BATCH = 125_000
_LINE, _LEAST_LINE = 80, 30  # bytes of a row of bars in a CSV file: about, and at least
_BLOCK, _LONGEST_HEAD = 1 << 24, 1 << 12  # bytes
_TABLE = TABLES["bars"]
_NEEDED = {column.name for column in _TABLE.columns if column.required}


class NotInPieces(Exception):
    """A file that can only be judged whole."""


@dataclass(frozen=True)
class Large:
    """A plain file of bars: `counts` rows of each symbol, sorted by symbol; `by_symbol` where its rows are so too."""

    path: Path
    place: str  # how messages name it
    counts: pl.DataFrame  # symbol, count
    by_symbol: bool
    state: tuple[int, int]  # of the file whose rows were counted

    def frames(self) -> Iterator[pl.DataFrame]:
        """All rows, about PIECE at a time, every firm in one frame; firms in order. Raises NotInPieces."""
        try:
            with ExitStack() as closing:
                rows = closing.enter_context(contextlib.closing(_batches(self.path)))
                yield from _cut(rows) if self.by_symbol else _spread(rows, self.counts, closing)
                if state_of(self.path) != self.state:
                    raise NotInPieces("it changed while it was read")
        except (OSError, pl.exceptions.PolarsError, _arrow_error()) as error:
            raise NotInPieces(str(error)) from None


def large(path: Path, place: str) -> Large | None:
    """The file, where it is so large and so plain that it can be read in pieces; None for any other."""
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
                return _plain(path, place) if told.num_rows >= LARGE and _is_ours(file) else None
        many = about.st_size >= LARGE * _LEAST_LINE and path.suffix.lower() == ".csv"
        return _plain(path, place) if many and _separator(path) and not _has_marks(path) else None
    except (DataRefused, OSError, pl.exceptions.PolarsError, _arrow_error()):
        return None  # as reading it whole will tell


def _opened(path: Path, words: list[str] | None = None) -> ParquetFile:
    """`words`: columns whose every text is kept once, with numbers in the rows."""
    from pyarrow import parquet

    return parquet.ParquetFile(path, read_dictionary=words)


def _arrow_error() -> type[Exception]:
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


def _separator(path: Path) -> str:
    """What stands between the headings of a CSV file where they are our names for bars; else nothing."""
    with path.open("rb") as file:
        lines = file.read(_LONGEST_HEAD).removeprefix(BOM_UTF8).splitlines()
    head = lines[0].decode("ascii", "replace") if lines else ""
    return next((mark for mark in SEPARATORS if _are_ours(head.split(mark))), "")


def _are_ours(names: list[str]) -> bool:
    return len(set(names)) == len(names) and _NEEDED <= set(names) <= set(_TABLE.names)


def _has_marks(path: Path) -> bool:
    """True where a CSV file has quotes or zero bytes: read whole, they are understood."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if any(mark in block for mark in (b'"', b"\0")):
                return True
    return False


def _plain(path: Path, place: str) -> Large | None:
    """With the rows of each symbol; None where they are few, or a symbol is spelled in another way than ours."""
    counts: list[pl.DataFrame] = []
    by_symbol, last, state = True, "", state_of(path)
    for frame in _batches(path, ["symbol"]):
        runs = frame["symbol"].rle().struct.unnest().with_columns(pl.col("value").cast(pl.String))
        symbols = runs["value"]
        if symbols.null_count():
            return None
        by_symbol = by_symbol and last <= symbols[0] and symbols.is_sorted()
        last = symbols[-1]
        counts.append(runs)
    if not counts:
        return None
    every = pl.concat(counts).select(symbol="value", count=pl.col("len").cast(pl.UInt32))
    total = every.group_by("symbol").agg(pl.col("count").sum()).sort("symbol")
    if total["count"].sum() < LARGE or any(code_of(text) != Code(Sort.STOCK, text) for text in total["symbol"]):
        return None
    return Large(path, place, total, by_symbol, state)


def _batches(path: Path, columns: list[str] | None = None) -> Generator[pl.DataFrame, None, None]:
    import pyarrow

    for batch in _record_batches(path, columns):
        batch.validate(full=True)  # text that is no UTF-8 would end the process later
        if batch.num_rows:
            yield pl.DataFrame(pyarrow.Table.from_batches([batch]).replace_schema_metadata(None))


def _record_batches(path: Path, columns: list[str] | None) -> Iterator[RecordBatch]:
    if path.suffix.lower() == ".parquet":
        with _opened(path, columns) as file:
            yield from file.iter_batches(_BATCH, columns=columns)
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
    parse = csv.ParseOptions(delimiter=_separator(path), quote_char=False, double_quote=False)
    return csv.open_csv(path, csv.ReadOptions(block_size=_BATCH * _LINE), parse, convert)


def _cut(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Frames sorted by symbol, put together and cut between firms."""
    held: list[pl.DataFrame] = []
    for frame in frames:
        held.append(frame)
        if sum(one.height for one in held) < PIECE:
            continue
        whole = pl.concat(held, rechunk=True)  # what is compared row by row is looked at in one piece of memory
        open_from = int(whole["symbol"].search_sorted(whole["symbol"][-1]))  # the last firm may go on
        if open_from:
            yield whole[:open_from]
        held = [whole[open_from:]]
    if held:
        yield pl.concat(held, rechunk=True)


def _spread(frames: Iterator[pl.DataFrame], counts: pl.DataFrame, closing: ExitStack) -> Iterator[pl.DataFrame]:
    """Frames in any order, spread over files of some firms each, then read file by file."""
    import pyarrow
    from pyarrow import ipc

    folder = closing.enter_context(own_folder("load"))
    whose = counts.select("symbol", piece=pl.col("count").cum_sum().sub(pl.col("count")) // PIECE)
    paths: dict[int, Path] = {piece: folder / str(piece) for piece in whose["piece"].unique(maintain_order=True)}
    writers: dict[int, Any] = {}
    with ExitStack() as writing:
        for frame in frames:
            for (piece,), part in frame.join(whose, on="symbol", maintain_order="left").group_by("piece"):
                rows = part.drop("piece").to_arrow()
                if piece not in writers:
                    file = writing.enter_context(pyarrow.OSFile(str(paths[piece]), "wb"))
                    writers[piece] = writing.enter_context(ipc.new_stream(file, rows.schema))
                writers[piece].write_table(rows)
    yield from _read_back(paths.values())


def _read_back(paths: Iterable[Path]) -> Iterator[pl.DataFrame]:
    from pyarrow import ipc

    for path in paths:
        with ipc.open_stream(path.read_bytes()) as stream:
            yield pl.DataFrame(stream.read_all()).rechunk()
        path.unlink()
