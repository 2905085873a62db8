"""A large file of bars with the line of each row, its CSV cells as text: what of it is refused can be told to the row.

1. A block of lines after the other becomes what it would be in the whole file: rows below the headings, without
   headings that stand again further down. Rows at the end of a block that may be footers wait for what follows.
2. Ragged rows refuse the file before anything else in it: the first of each block is kept, then they are judged alone.
3. The rows of each firm are counted, where they could not be before, and spread over pieces (`spreading`).
4. A day that can only be read beside the others of its column (6/7/2026) is a reason to read the file whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import chain

import polars as pl

from screener.core.errors import DataRefused
from screener.core.table import LINE
from screener.sources.files.dates import is_open
from screener.sources.files.grids import Grid, Sheet, body_of, footers, joined
from screener.sources.files.large import Large
from screener.sources.files.outcome import NotInPieces, Skipped
from screener.sources.files.overall import columns_of
from screener.sources.files.spreading import cut, spread
from screener.sources.files.streams import OfText, arrow_error
from screener.sources.files.whose import code_or_name, left_out


def settled(file: Large) -> Large:
    """The file with what all its rows tell together. Raises DataRefused for ragged rows, NotInPieces."""
    if file.counts is not None or not isinstance(file.stream, OfText):
        return file
    try:
        return file.after(_Text(file, file.stream).frames(others=True))
    except (OSError, UnicodeError, pl.exceptions.PolarsError) as error:
        raise NotInPieces(str(error)) from None


def sheets(file: Large) -> Iterator[Sheet]:
    """All rows, every firm in one sheet; firms in order. `file`: settled. Raises DataRefused, NotInPieces."""
    if file.counts is None:
        raise NotInPieces(file.place)
    try:
        with ExitStack() as closing:
            if isinstance(file.stream, OfText):
                yield from _of_text(file, file.stream, file.counts, closing)
            else:
                yield from _of_parquet(file, file.counts, closing)
            file.refuse_changed()
    except (OSError, UnicodeError, pl.exceptions.PolarsError, arrow_error()) as error:
        raise NotInPieces(str(error)) from None


def _of_parquet(file: Large, counts: pl.DataFrame, closing: ExitStack) -> Iterator[Sheet]:
    rows, left = _with_lines(file.coded(file.stream.batches(columns_of(file.told)))), _left_out(counts)
    for frame in cut(rows) if file.by_symbol else _only(spread([(rows, counts)], closing)):
        yield file.sheet(frame, left)
        left = ()


def _with_lines(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    first = 1
    for frame in frames:
        numbers = pl.int_range(first, first + frame.height, eager=True, dtype=pl.Int64)
        yield frame.with_columns((-numbers).alias(LINE))
        first += frame.height


def _of_text(file: Large, stream: OfText, counts: pl.DataFrame, closing: ExitStack) -> Iterator[Sheet]:
    text, told = _Text(file, stream), False
    for frame in _only(
        spread([(file.coded(text.frames()), counts)], closing, text=True)
    ):  # all of the file was read before the first piece
        yield file.sheet(frame, () if told else (*text.skipped(), *_left_out(counts)))
        told = True


def _only(pieces: Iterator[dict[int, pl.DataFrame]]) -> Iterator[pl.DataFrame]:
    return (frame for piece in pieces for frame in piece.values())


def _left_out(counts: pl.DataFrame) -> tuple[Skipped, ...]:
    """Rows of funds, indices and the like, which are in no piece."""
    others = counts.filter(pl.col("firm").is_null())
    read = {text: code_or_name(text) for text in others["symbol"]}
    return left_out(((text, read[text].sort, count) for text, count, _ in others.rows()), read)


@dataclass
class _Text:
    """One look at a text file, and what was left out of it."""

    file: Large
    stream: OfText
    _remarks: tuple[Skipped, ...] = ()
    _again: list[Skipped] = field(default_factory=list)

    def skipped(self) -> tuple[Skipped, ...]:
        """Footers, and headings that stand again further down."""
        count = sum(one.count for one in self._again)
        return (*self._remarks, *(replace(one, count=count) for one in self._again[:1]))

    def frames(self, *, others: bool = False) -> Iterator[pl.DataFrame]:
        """The rows as text with their lines, see `columns_of`. Raises DataRefused, NotInPieces."""
        columns = columns_of(self.file.told, others=self.file.others if others else ())
        try:
            for sheet in self._sheets():
                cells = sheet.frame.select(pl.col(f"c{at}").alias(name) for name, at in columns.items())
                if not self.file.file_map.date_format and any(map(is_open, cells["session"].unique().drop_nulls())):
                    raise NotInPieces(self.file.place)
                if sheet.lines is not None:
                    yield cells.with_columns(sheet.lines.cast(pl.Int64).alias(LINE))
        except DataRefused as refusal:
            if refusal.line is None:  # about the file: what it says depends on all of it
                raise NotInPieces(str(refusal)) from None
            raise

    def _sheets(self) -> Iterator[Sheet]:
        headings = self.stream.headings
        grids = self.stream.blocks()
        first = next(grids)
        ragged: list[Grid] = []
        for body in self._bodies(chain([first.rows(1, first.cells.height)], grids), len(headings)):
            try:
                sheet = body_of(body, headings, len(headings))
            except DataRefused as refusal:
                ragged.append(body.only(refusal.line))
                continue
            self._again += sheet.skipped
            if not ragged and sheet.frame.height:
                yield sheet
        if ragged:
            body_of(joined(ragged), headings, len(headings))

    def _bodies(self, grids: Iterable[Grid], width: int) -> Iterator[Grid]:
        """The blocks without the footers of the file."""
        held: list[Grid] = []
        for grid in grids:
            block = joined([*held, grid])
            end, self._remarks = footers(block, 0, width)
            held = [block.rows(end, block.cells.height)]
            if end:
                yield block.rows(0, end)
