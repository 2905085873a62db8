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
from screener.sources.files.grids import Grid, Sheet, below_head, body_of, footers, joined
from screener.sources.files.large import (
    BATCH,
    Large,
    NotInPieces,
    arrow_error,
    batches,
    counted,
    separator_of,
    texts_of,
)
from screener.sources.files.outcome import Skipped
from screener.sources.files.spreading import cut, spread
from screener.sources.files.text import blocks_of_text
from screener.sources.files.whose import code_or_name, left_out


def sheets(file: Large) -> Iterator[Sheet]:
    """All rows, every firm in one sheet; firms in order. Raises DataRefused for ragged rows, NotInPieces."""
    try:
        with ExitStack() as closing:
            yield from _of_parquet(file, closing) if file.path.suffix.lower() == ".parquet" else _of_text(file, closing)
            file.refuse_changed()
    except (OSError, UnicodeError, pl.exceptions.PolarsError, arrow_error()) as error:
        raise NotInPieces(str(error)) from None


def _of_parquet(file: Large, closing: ExitStack) -> Iterator[Sheet]:
    if file.counts is None:
        raise NotInPieces(file.place)
    rows, left = _with_lines(batches(file.path)), _left_out(file.counts)
    for frame in cut(rows) if file.by_symbol else spread(rows, file.counts, closing):
        yield _sheet(file, frame, left)
        left = ()


def _with_lines(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    first = 1
    for frame in frames:
        numbers = pl.int_range(first, first + frame.height, eager=True, dtype=pl.Int64)
        yield frame.with_columns((-numbers).alias(LINE))
        first += frame.height


def _sheet(file: Large, frame: pl.DataFrame, skipped: tuple[Skipped, ...] = ()) -> Sheet:
    """A piece whose columns bear the headings, as a table of the file."""
    headings = tuple(name for name in frame.columns if name != LINE)
    cells = frame.select(pl.col(name).alias(f"c{index}") for index, name in enumerate(headings))
    return Sheet(file.place, headings, cells, frame[LINE], skipped=skipped)


def _of_text(file: Large, closing: ExitStack) -> Iterator[Sheet]:
    counts = counted(_Text(file).texts()) if file.counts is None else file.counts
    text, told = _Text(file), False
    for frame in spread(text.frames(), counts, closing, text=True):  # all of the file was read before the first piece
        yield _sheet(file, frame, () if told else (*text.skipped(), *_left_out(counts)))
        told = True


def _left_out(counts: pl.DataFrame) -> tuple[Skipped, ...]:
    """Rows of funds, indices and the like, which are in no piece."""
    others = counts.filter(pl.col("firm").is_null())
    read = {text: code_or_name(text) for text in others["symbol"]}
    return left_out(((text, read[text].sort, count) for text, count, _ in others.rows()), read)


@dataclass
class _Text:
    """One look at a CSV file, and what was left out of it."""

    file: Large
    _remarks: tuple[Skipped, ...] = ()
    _again: list[Skipped] = field(default_factory=list)

    def skipped(self) -> tuple[Skipped, ...]:
        """Footers, and headings that stand again further down."""
        count = sum(one.count for one in self._again)
        return (*self._remarks, *(replace(one, count=count) for one in self._again[:1]))

    def texts(self) -> Iterator[pl.DataFrame]:
        """The rows of each symbol, see `large.texts_of`. Raises as `frames` does."""
        return (texts_of(frame["symbol"]) for frame in self.frames())

    def frames(self) -> Iterator[pl.DataFrame]:
        """The rows as text, under the headings, with their lines. Raises DataRefused, NotInPieces."""
        try:
            for frame in self._frames():
                if any(is_open(day) for day in frame["session"].unique().drop_nulls()):
                    raise NotInPieces(self.file.place)
                yield frame
        except DataRefused as refusal:
            if refusal.line is None:  # about the file: what it says depends on all of it
                raise NotInPieces(str(refusal)) from None
            raise

    def _frames(self) -> Iterator[pl.DataFrame]:
        path, place, marks = self.file.path, self.file.place, self.file.marks
        grids = blocks_of_text(path, place, separator_of(path), BATCH, marks)
        top = below_head(next(grids))
        if top is None:
            raise NotInPieces(place)
        headings, first = top
        ragged: list[Grid] = []
        for body in self._bodies(chain([first], grids), len(headings)):
            try:
                sheet = body_of(body, headings, len(headings))
            except DataRefused as refusal:
                ragged.append(body.only(refusal.line))
                continue
            self._again += sheet.skipped
            if not ragged and sheet.lines is not None and sheet.frame.height:
                cells = sheet.frame.select(pl.col(f"c{at}").alias(name) for at, name in enumerate(headings))
                yield cells.with_columns(sheet.lines.cast(pl.Int64).alias(LINE))
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
