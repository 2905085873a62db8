"""A file of bars too large to be held whole: read some firms at a time, each piece like a file of its own.

1. A Parquet or text file, packed or not, whose headings `tell` as those of bars with a column of codes (`streams`).
   What is read of a row of it depends on no other row, except those of the same firm, and on what was asked of all
   rows before (`overall`).
2. Where it is plain too (nothing but stocks; text without quotes, with plain figures) it is read at once in its types,
   and its lines are not counted.
3. A piece that is not plain, or refused, is a reason to read the file again: cell by cell, with its lines (`numbered`).
4. Wherever a piece is not read as bars and nothing but bars, `NotInPieces` says that the file must be read whole.
"""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from screener.core.errors import DataRefused
from screener.core.own_folder import own_folder
from screener.core.reading import state_of
from screener.core.table import LINE
from screener.sources.files.codes import Sort, code_in_names
from screener.sources.files.grids import Sheet, named
from screener.sources.files.headings import dated, entries, heading_of, nameless, plain
from screener.sources.files.maps import FileMap
from screener.sources.files.outcome import NotInPieces, NotOurs, Skipped
from screener.sources.files.overall import Overall, columns_of, stands_by_firm
from screener.sources.files.scales import PROVING, is_to_prove
from screener.sources.files.spreading import cut, spread
from screener.sources.files.streams import OfParquet, OfText, Stream, arrow_error, stream_of
from screener.sources.files.telling import WHOSE, Told, tell

_EACH_CELL = ("adjusted", "factor")  # of columns that may mean them every cell is looked at


@dataclass(frozen=True)
class Large:
    """A file of bars; `by_symbol` where its rows are sorted so."""

    path: Path
    place: str  # how messages name it
    state: tuple[int, int]  # of the file that was looked at
    stream: Stream
    told: Told
    file_map: FileMap
    counts: pl.DataFrame | None = None  # the rows of each text of the column symbol, see `Overall.counts`
    plain: bool = False
    by_symbol: bool = False
    aside: Mapping[str, pl.Series] = field(default_factory=dict)  # the first words of columns that no table has
    code: str = ""  # whose all rows are, where no column says it

    def coded(self, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Rows with the column symbol, as text of the file or by its name."""
        return (frame.with_columns(symbol=pl.lit(self.code)) for frame in frames) if self.code else iter(frames)

    def refuse_changed(self) -> None:
        """Raises NotInPieces where somebody wrote to the file meanwhile."""
        if state_of(self.path) != self.state:
            raise NotInPieces("it changed while it was read")

    def sheet(self, frame: pl.DataFrame, skipped: tuple[Skipped, ...] = ()) -> Sheet:
        """A piece as a table of the file, with the columns that are ours."""
        claimed = [claim for claim in self.told.claims if claim.column in frame.columns]
        cells = frame.select(pl.col(claim.column).alias(f"c{claim.at}") for claim in claimed)
        lines = frame[LINE] if LINE in frame.columns else None
        inside = self.stream.inside
        sheet = Sheet(inside.where, self.told.headings, cells, lines, skipped=skipped)
        return named(sheet, inside.label, self.path.name, self.path.parent.name)

    @property
    def others(self) -> tuple[int, ...]:
        """The columns of words that no table has."""
        dropped = {at for at, name in enumerate(self.told.headings) if name in self.told.dropped}
        return tuple(at for at in self.stream.words if at in dropped)

    def after(self, rows: Iterable[pl.DataFrame]) -> Large:
        """With what all rows tell together. Raises NotInPieces."""
        overall = self._overall()
        for frame in self.coded(rows):
            overall.take(frame)
        counts = overall.counts()
        plain = counts.select((pl.col("symbol").is_not_null() & (pl.col("firm") != "")).fill_null(False).all()).item()
        return replace(
            self,
            told=replace(self.told, fitting=overall.fitting()),
            counts=counts,
            plain=plain,
            by_symbol=overall.by_text and plain and stands_by_firm(counts),
            aside=self.aside or self._aside(overall),
        )

    def with_words(self, stream: OfText) -> Large:
        """With the first words of columns that no table has: most have some already in the first lines."""
        overall = self._overall()
        if overall.words:
            with contextlib.closing(stream.batches({f"c{at}": at for at in self.others})) as rows:
                for frame in rows:
                    overall.take_words(frame)
                    if overall.has_words:
                        break
        return replace(self, aside=self._aside(overall))

    def _overall(self) -> Overall:
        return Overall(self.told, self.file_map, {f"c{at}": pl.Series(dtype=pl.String) for at in self.others})

    def _aside(self, overall: Overall) -> dict[str, pl.Series]:
        return {self.told.headings[int(name[1:])]: words for name, words in overall.words.items()}


def pieces_of(files: Sequence[Large]) -> Iterator[dict[int, pl.DataFrame]]:
    """All rows of plain files, about PIECE at a time, by the number of the file; of a firm in one piece, in order.

    Raises NotInPieces.
    """
    try:
        with ExitStack() as closing:
            rows = [(_rows(file, closing), file.counts) for file in files if file.counts is not None and file.plain]
            if len(rows) < len(files):
                raise NotInPieces(files[0].place)
            if len(files) == 1 and files[0].by_symbol:
                yield from ({0: frame} for frame in cut(rows[0][0]))
            else:
                yield from spread(rows, closing)
            for file in files:
                file.refuse_changed()
    except (OSError, pl.exceptions.PolarsError, arrow_error()) as error:
        raise NotInPieces(str(error)) from None


def _rows(file: Large, closing: ExitStack) -> Iterator[pl.DataFrame]:
    """Opened when the first row is asked for."""
    rows = closing.enter_context(contextlib.closing(file.stream.batches(columns_of(file.told))))
    yield from file.coded(rows)


@dataclass
class Looking:
    """Looks whether files can be read in pieces, and remembers what headings mean.

    `closing`: what was unpacked stays until it ends; `least`: rows of a file.
    """

    closing: ExitStack
    least: int
    _told: dict[tuple[object, ...], Told] = field(default_factory=dict)
    _folder: Path | None = None
    _written: list[Path] = field(default_factory=list)

    def large(self, path: Path, place: str, file_map: FileMap) -> Large | None:
        """The file, where it is so large and so like ours that it can be read in pieces; None for any other."""
        before, file = len(self._written), None
        try:
            file = self._settled(path, place, file_map) if stat.S_ISREG(path.stat().st_mode) else None
        except (DataRefused, NotOurs, NotInPieces, OSError, pl.exceptions.PolarsError, arrow_error()):
            pass  # as reading it whole will tell
        if file is None:
            for written in self._written[before:]:
                written.unlink(missing_ok=True)
        return file

    def _room(self) -> Path:
        self._folder = self._folder or self.closing.enter_context(own_folder("load"))
        self._written.append(self._folder / str(len(self._written)))
        return self._written[-1]

    def _settled(self, path: Path, place: str, file_map: FileMap) -> Large | None:
        state = state_of(path)
        stream = stream_of(path, place, file_map, self._room, self.least)
        if stream is None:
            return None
        names = filter(None, (stream.inside.label, path.name, path.parent.name))
        told, code = self._tell(stream, file_map), code_in_names(names)
        claim = told.of("symbol")
        if not _is_in_pieces(stream, told, file_map) or (claim is None and (not code or code.sort is not Sort.STOCK)):
            return None
        file = Large(path, place, state, stream, told, file_map, code=code.symbol if code and claim is None else "")
        file = _of_text(file, stream) if isinstance(stream, OfText) else _of_parquet(file, stream)
        many = file.counts is None or int(file.counts["count"].sum()) >= self.least
        return file if many else None

    def _tell(self, stream: Stream, file_map: FileMap) -> Told:
        headings = _headings(stream)
        key = (headings, id(file_map))
        if key not in self._told:
            self._told[key] = tell(headings, file_map, Sort.STOCK, stream.inside.where)
        return self._told[key]


def _is_in_pieces(stream: Stream, told: Told, file_map: FileMap) -> bool:
    """True where the headings are those of bars, and the file can be read in pieces."""
    claim, places = told.of("symbol"), [claim.at for claim in told.claims]
    said = {plain(name) for name in told.headings}
    if file_map.match != "*" and not {plain(name) for name in file_map.columns} <= said:
        return False
    if told.table.name != "bars" or told.of("name") is not None or len(set(places)) < len(places):
        return False
    codes = (at for at, name in enumerate(told.headings) if _may_be(name, WHOSE))
    at = None if claim is None else claim.at
    if next(codes, at) != at or any(_may_be(name, ("name",)) for name in told.headings):
        return False
    if any(told.rivals(one.column) for one in told.claims if one.column in told.table.figures):
        return False  # whether another column for the same is read at all depends on all its cells
    if len(set(told.dropped)) < len(told.dropped) or any(_may_be(name, _EACH_CELL) for name in told.dropped):
        return False
    return isinstance(stream, OfText) or all(stream.takes(one.column, one.at) for one in told.claims)


def _headings(stream: Stream) -> tuple[str, ...]:
    """As the whole file has them. Raises NotInPieces."""
    at = nameless(stream.headings)
    if at is None:
        return stream.headings
    first = stream.first(at)
    if first.null_count():
        raise NotInPieces(stream.inside.where)
    return dated(stream.headings, at, first)


def _may_be(heading: str, columns: Sequence[str]) -> bool:
    return any(one.column in columns for one in entries(heading_of(heading).word))


def _asked(file: Large) -> dict[str, int]:
    """The columns of which something is asked of all rows, where the file is plain."""
    columns = columns_of(file.told)
    asked = {"symbol", *(PROVING if is_to_prove(file.told, file.file_map) else ())}
    if file.code or file.stream.has_words(columns["session"]):
        asked.add("session")
    return {name: at for name, at in columns.items() if name in asked}


def _of_parquet(file: Large, stream: OfParquet) -> Large:
    """All columns are looked at where some are of no table: one that is broken refuses the file."""
    columns = _asked(file)
    others = [at for at in range(len(stream.headings)) if file.told.dropped and at not in columns.values()]
    return file.after(stream.batches(columns | {f"c{at}": at for at in others}, folded=True))


def _of_text(file: Large, stream: OfText) -> Large:
    if not stream.marks:
        with contextlib.suppress(arrow_error()):
            if stream.is_small:
                return file.after(stream.batches(columns_of(file.told, others=file.others)))
            return file.with_words(stream).after(stream.batches(_asked(file)))
    return file
