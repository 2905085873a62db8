"""The rows of a large file a batch at a time, whole only on disk: of Parquet, or of text in UTF-8.

1. What is packed (.gz, .zip of one file), and text in another encoding, is written out once and read from there.
2. Parquet: every column of a type whose cells mean the same without the others.
3. Text whose one heading row comes first. Without quotes it is read in types: figures, days as 2026-06-30 or 20260630.
   A cell that is none is an ArrowInvalid: then the file is read cell by cell (`numbered`).
"""

from __future__ import annotations

import csv
import re
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING

import polars as pl

from screener.core.tables import TABLES
from screener.sources.files import archives
from screener.sources.files.grids import Grid, one_head
from screener.sources.files.maps import FileMap
from screener.sources.files.opening import not_data
from screener.sources.files.outcome import NotInPieces
from screener.sources.files.parquet import refuse_too_many
from screener.sources.files.text import (
    blocks_of_text,
    first_rows,
    look_at,
    write_as_utf8,
)

if TYPE_CHECKING:
    from pyarrow import DataType
    from pyarrow.csv import CSVStreamingReader
    from pyarrow.parquet import ParquetFile

LARGE = 2_000_000  # rows of a file that is read in pieces
BATCH = 125_000  # rows
_LINE, _LEAST_LINE = 80, 30  # bytes of a row of bars in a CSV file: about, and at least
_FOLDED, _PACKED = 4, 10  # so many times smaller is a file of bars packed: about, and at most
_BUFFER, _BLOCK = 1 << 18, 1 << 20  # bytes
_TABLE = TABLES["bars"]
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PACKED_DAY = re.compile(r"[0-9]{8}")

Columns = Mapping[str, int]  # the name that a column gets → its place in the file
Room = Callable[[], Path]  # where a file may be written that is gone afterwards


@dataclass(frozen=True)
class Inside:
    """What a file holds: itself, or what was packed in it, with the names that messages have for both."""

    path: Path
    where: str
    label: str = ""


@dataclass(frozen=True)
class OfParquet:
    """A Parquet file whose columns have different names and types that are read in pieces."""

    inside: Inside
    headings: tuple[str, ...]
    types: tuple[DataType, ...]

    def batches(self, columns: Columns, *, folded: bool = False) -> Generator[pl.DataFrame, None, None]:
        """Rows in order. `folded`: codes and days that are text are kept once, with numbers in the rows.

        Raises what pyarrow does.
        """
        import pyarrow

        names = [self.headings[at] for at in columns.values()]
        kept = {"symbol", "session"} if folded else set()
        words = [self.headings[at] for name, at in columns.items() if name in kept and self._is_words(at)]
        asked = {name: at for name, at in columns.items() if name not in kept}
        texts = [name for name, at in asked.items() if name == "symbol" or _is_text(self.types[at])]
        with _opened(self.inside.path, words) as file:
            for batch in file.iter_batches(BATCH, columns=names):
                batch.validate(full=True)  # text that is no UTF-8 would end the process later
                if batch.num_rows:
                    table = pyarrow.Table.from_batches([batch]).replace_schema_metadata(None).select(names)
                    frame = pl.DataFrame(table.rename_columns(list(columns)))
                    yield frame.with_columns(pl.col(texts).cast(pl.String))

    def _is_words(self, at: int) -> bool:
        from pyarrow import types

        return bool(types.is_string(self.types[at]) or types.is_large_string(self.types[at]))

    def takes(self, column: str, at: int) -> bool:
        """True where a column of ours is of a type that is read cell by cell."""
        from pyarrow import types

        kind = self.types[at]
        number = types.is_integer(kind) or types.is_float32(kind) or types.is_float64(kind)
        if column == "symbol":
            return _is_text(kind) or types.is_integer(kind)
        if column == "session":
            return _is_text(kind) or number or types.is_date(kind) or types.is_timestamp(kind)
        if column in _TABLE.figures:
            return number or types.is_decimal128(kind) or self._is_words(at)
        return _is_text(kind) or column not in _TABLE.names

    def first(self, at: int) -> pl.Series:
        """The first cell of a column."""
        with _opened(self.inside.path) as file:
            (batch,) = next(file.iter_batches(1, columns=[self.headings[at]])).columns
        return pl.Series(batch)

    def has_words(self, at: int) -> bool:
        """True where the cells of a column are text, once or for each row."""
        return _is_text(self.types[at])

    @property
    def words(self) -> tuple[int, ...]:
        """The columns whose cells are text."""
        return tuple(at for at in range(len(self.headings)) if self._is_words(at))


@dataclass(frozen=True)
class OfText:
    """A text file with one heading row and nothing above it; `row`: the cells of its first row."""

    inside: Inside
    headings: tuple[str, ...]
    separator: str
    marks: frozenset[str]  # quotes and zero bytes
    row: tuple[str, ...]
    dated: bool = False  # a column map says how days are written

    @property
    def is_small(self) -> bool:
        """True where it is read at once: then it is opened once for all that is asked of it."""
        return self.inside.path.stat().st_size < BATCH * _LINE

    def batches(self, columns: Columns) -> Generator[pl.DataFrame, None, None]:
        """Rows in order, in types. Raises what pyarrow does, NotInPieces where there are quotes."""
        import pyarrow

        if self.marks:
            raise NotInPieces(self.inside.where)
        with self._opened(columns) as text:
            for batch in text:
                if batch.num_rows:
                    yield pl.DataFrame(pyarrow.Table.from_batches([batch]).rename_columns(list(columns)))

    def _opened(self, columns: Columns) -> CSVStreamingReader:
        from pyarrow import csv

        names = [f"c{at}" for at in range(len(self.headings))]
        convert = csv.ConvertOptions(
            column_types={f"c{at}": self._type(name, at) for name, at in columns.items()},
            null_values=[""],
            strings_can_be_null=True,
            include_columns=[f"c{at}" for at in columns.values()],
        )
        parse = csv.ParseOptions(delimiter=self.separator, quote_char=False, double_quote=False)
        read = csv.ReadOptions(block_size=BATCH * _LINE, skip_rows=1, column_names=names)
        return csv.open_csv(self.inside.path, read, parse, convert)

    def _type(self, column: str, at: int) -> DataType:
        import pyarrow

        day = self.row[at] if column == "session" and not self.dated else ""
        if column in _TABLE.figures:
            return pyarrow.float64()
        if _DAY.fullmatch(day):
            return pyarrow.date32()
        return pyarrow.int64() if _PACKED_DAY.fullmatch(day) else pyarrow.large_string()

    def first(self, at: int) -> pl.Series:
        """The first cell of a column."""
        return pl.Series([self.row[at] or None], dtype=pl.String)

    def has_words(self, at: int) -> bool:
        """True where the days in a column are read as text."""
        from pyarrow import types

        return bool(types.is_large_string(self._type("session", at)))

    @property
    def words(self) -> tuple[int, ...]:
        """The columns whose cells are text: all, as nobody knows better."""
        return tuple(range(len(self.headings)))

    def blocks(self) -> Iterator[Grid]:
        """All lines, with the heading row."""
        return blocks_of_text(self.inside.path, self.inside.where, self.separator, BATCH, self.marks)


Stream = OfParquet | OfText


def stream_of(path: Path, place: str, file_map: FileMap, room: Room, least: int) -> Stream | None:
    """The rows of a file where it may have `least` rows, and can be read in pieces.

    Raises NotInPieces, DataRefused, OSError, what polars and pyarrow raise: such files are read whole.
    """
    try:
        inside = _unpacked(path, place, room, least)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as error:
        raise NotInPieces(str(error)) from None
    if inside is None or not least <= inside.path.stat().st_size <= archives.LARGEST:
        return None  # a fact takes a byte at least
    with inside.path.open("rb") as file:
        begins = file.read(4)
    if begins == b"PAR1":
        return _of_parquet(inside, least)
    if inside.path.stat().st_size < least * _LEAST_LINE:
        return None
    try:
        return _of_text(inside, file_map, room)
    except (UnicodeError, LookupError, csv.Error) as error:
        raise NotInPieces(str(error)) from None


def rows_about(path: Path) -> int:
    """How many rows of bars a file may have, by its size or as it says. Raises OSError, what pyarrow raises."""
    with path.open("rb") as file:
        begins = file.read(4)
    if begins == b"PAR1":
        with _opened(path) as opened:
            return int(opened.metadata.num_rows)
    packed = begins.startswith((b"\x1f\x8b", b"PK"))
    return path.stat().st_size * (_FOLDED if packed else 1) // _LINE


def _unpacked(path: Path, place: str, room: Room, least: int) -> Inside | None:
    size = path.stat().st_size
    with path.open("rb") as file:
        begins = file.read(4)
        if not begins.startswith((b"\x1f\x8b", b"PK")):
            return Inside(path, place)
        if size < least * _LEAST_LINE // _PACKED:
            return None
        out = room()
        if begins.startswith(b"PK"):
            return _only_member(path, place, out)
        file.seek(0)
        with out.open("wb") as written:
            archives.gunzip(file, written, size, place)
    return Inside(out, place[:-3] if place.lower().endswith(".gz") else place)


def _only_member(path: Path, place: str, out: Path) -> Inside | None:
    """The one file of a .zip; None where it has several, and for workbooks."""
    with zipfile.ZipFile(path) as archive:
        inside = [one for one in archive.infolist() if not one.is_dir()]
        if len(inside) != 1 or not_data(Path(archives.name_of(inside[0]))):
            return None
        if inside[0].file_size > min(archives.LARGEST, archives.DENSEST * path.stat().st_size):
            return None
        with archive.open(inside[0]) as packed, out.open("wb") as written:
            copyfileobj(packed, written, _BLOCK)
    name = archives.name_of(inside[0])
    return Inside(out, f"{place}[{name}]", name)


def _of_parquet(inside: Inside, least: int) -> OfParquet | None:
    with _opened(inside.path) as file:
        told, schema = file.metadata, file.schema_arrow
    refuse_too_many(told.num_rows, told.num_columns, inside.path.stat().st_size, inside.where)
    names, kinds = tuple(schema.names), tuple(one.type for one in schema)
    plain = len(set(names)) == len(names) and all(map(_is_held, kinds))
    return OfParquet(inside, names, kinds) if plain and told.num_rows >= least else None


def _is_text(kind: DataType) -> bool:
    from pyarrow import types

    inner = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(inner) or types.is_large_string(inner))


def _is_held(kind: DataType) -> bool:
    """True for types of cells that are read whatever they mean."""
    from pyarrow import types

    number = types.is_integer(kind) or types.is_float32(kind) or types.is_float64(kind) or types.is_decimal128(kind)
    day = types.is_date(kind) or types.is_timestamp(kind)
    return number or day or types.is_boolean(kind) or _is_text(kind)


def _of_text(inside: Inside, file_map: FileMap, room: Room) -> OfText | None:
    if file_map.heading_line is not None:
        return None
    look = look_at(inside.path)
    encoding = file_map.encoding or look.encoding
    if encoding != look.encoding or encoding != "utf-8":
        out = room()
        write_as_utf8(inside.path, encoding, out)
        inside = Inside(out, inside.where, inside.label)
        look = look_at(out)
    further = frozenset(file_map.claims())
    separator, rows = first_rows(inside.path, file_map.separator, further)
    headings = one_head(rows, inside.where, further) if len(rows) > 1 else ()
    if not headings or len(rows[1]) != len(headings):
        return None
    return OfText(inside, headings, separator, look.marks, tuple(rows[1]), file_map.date_format is not None)


def _opened(path: Path, words: list[str] | None = None) -> ParquetFile:
    """Read as its rows are asked for. `words`: columns whose every text is kept once, with numbers in the rows."""
    from pyarrow import parquet

    return parquet.ParquetFile(path, read_dictionary=words, pre_buffer=False, buffer_size=_BUFFER)


def arrow_error() -> type[Exception]:
    """What pyarrow raises."""
    import pyarrow

    return pyarrow.ArrowException  # type: ignore[no-any-return]
