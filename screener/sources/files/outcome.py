"""What came of reading: rows of our tables, what was done to them, what was left out and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from screener.core.errors import DataRefused
from screener.core.table import LINE


@dataclass(frozen=True)
class Note:
    """Something a reader of the rows should know: a default that was used, a unit that was understood."""

    what: str
    count: int = 0  # rows it concerns; 0: all of the file

    def __str__(self) -> str:
        return f"{self.what} ({self.count:,} rows)" if self.count > 1 else self.what


@dataclass(frozen=True)
class Skipped:
    """Rows or files that were not read. `what` names them: a file, or what the rows are."""

    what: str
    why: str
    count: int = 1

    def __str__(self) -> str:
        return f"{self.what}: {self.why}" + (f" ({self.count:,} rows)" if self.count > 1 else "")


@dataclass(frozen=True)
class Refusal:
    """A file of ours that cannot be stored."""

    file: str
    reason: str


@dataclass(frozen=True)
class FileRows:
    """The rows of one file (or sheet) under our column names, typed, with the line of each in the column LINE."""

    dataset: str
    path: Path
    frame: pl.DataFrame
    dropped: tuple[str, ...] = ()  # headings that no column of the table takes
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Note, ...] = ()
    label: str = ""  # where a file has several tables: its sheet or member
    defaults: tuple[str, ...] = ()  # columns the file lacks: their values hold for new facts, never for stored ones
    where_missing: bool = False  # only rows whose key nobody else has: announcements made from contracts
    aside: Mapping[str, pl.Series] = field(default_factory=dict)  # the dropped columns as they are
    titles: tuple[str, ...] = ()  # the file's name, its sheet's, and the lines above its header
    below: str = ""  # its path below the folder that is loaded

    @property
    def place(self) -> str:
        """File and sheet, for messages."""
        name = self.below or self.path.name
        return f"{name}[{self.label}]" if self.label else name

    @property
    def rows(self) -> pl.DataFrame:
        """The rows without their lines."""
        return self.frame.drop(LINE, strict=False)


@dataclass(frozen=True)
class Pieces:
    """Files of bars, some firms at a time, the rows of each file for themselves.

    Each call begins anew, and may raise NotInPieces on the way. `numbered`: with the lines of the rows; raises
    DataRefused at its end, in the words of the whole file. None where the files must be read whole for that.
    """

    places: tuple[str, ...]  # of the files, in order
    shapes: tuple[tuple[str, ...], ...]  # the columns of each
    read: Callable[[], Iterator[tuple[FileRows, ...]]]
    numbered: Callable[[], Iterator[tuple[FileRows, ...]]] | None = None


@dataclass(frozen=True)
class FolderRows:
    """All that came of a folder. `names`: symbol → short name, from any file that has both."""

    files: tuple[FileRows, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    refused: tuple[Refusal, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    pieces: Pieces | None = None  # files of bars that are too large to be held whole


OWN = "an answer that screener wrote, no facts"


TOGETHER = 50  # more files of one table and shape than this are stored as one


class NotInPieces(Exception):
    """A file that must be read in another way: with its lines, or whole."""


class RefusedInPieces(NotInPieces):
    """A file that is refused; why is told of it with its lines."""


class NotOurs(Exception):
    """A file or table that is none of ours: skipped and named, never a reason to refuse the rest."""


def refused(
    where: str,
    what: str,
    *,
    got: object = None,
    expected: object = None,
    next_step: str = "",
    line: int | None = None,
) -> DataRefused:
    """A refusal in one line; control characters of the file never reach a terminal. `line`: see DataRefused."""
    said = [None if value is None else _short(str(value)) for value in (got, expected)]
    what = _short(what, 2 * _LONGEST)
    return DataRefused(what, where=where, got=said[0], expected=said[1], next_step=next_step, line=line)


_LONGEST = 120


def _short(value: str, longest: int = _LONGEST) -> str:
    text = "".join(char if char.isprintable() else repr(char)[1:-1] for char in value)
    return text if len(text) <= longest else text[:longest] + "…"
