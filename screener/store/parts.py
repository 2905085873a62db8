"""What is loaded, a part for each place it comes from, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from screener.core.errors import DataRefused
from screener.sources.files.outcome import Note, Skipped


@dataclass(frozen=True)
class Part:
    """One table's rows from one place: a file or an answer of a provider."""

    dataset: str
    frame: pl.DataFrame
    origin: str
    dropped: tuple[str, ...] = ()  # columns of the file that no table column takes
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Note, ...] = ()
    refused: str = ""  # why it could not even be read
    defaults: tuple[str, ...] = ()  # columns whose values hold for new facts alone
    aside: Mapping[str, pl.Series] = field(default_factory=dict)  # what was dropped may say what the prices are
    titles: tuple[str, ...] = ()  # the file's name, lines above its header, sheet names: they may say so too
    # Instead of `frame` the rows of one or more files some symbols at a time, anew with every call: each symbol in one
    # piece only, a part for each file that has it. `numbered`: with their lines in the file, so that a refusal can be
    # told; else one is a reason to read them again.
    pieces: Callable[[], Iterator[tuple[Part, ...]]] | None = None
    origins: tuple[str, ...] = ()  # of the files that come in pieces, in order
    shapes: tuple[tuple[str, ...], ...] = ()  # the columns that each of them gives
    numbered: bool = False
    judged: bool = False  # it was seen that a row of it is refused: which one is told, and nothing written

    @property
    def given(self) -> tuple[str, ...]:
        """The columns it came with; what they lack is not changed in stored facts."""
        return tuple(name.strip() for name in self.frame.columns if name not in self.defaults)


@dataclass(frozen=True)
class LoadReport:
    """What became of one part; `refused` holds the reason where nothing was stored.

    `skipped`: rows that were left out, `notes`: units that were understood and defaults that were used.
    `first` and `last` are days of the table's key, where it has one.
    """

    dataset: str
    file: str
    new: int = 0
    revised: int = 0
    unchanged: int = 0
    refused: str = ""
    dropped: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Note, ...] = ()
    rows: int = 0
    symbols: int = 0
    first: date | None = None
    last: date | None = None


class LoadRefused(DataRefused):
    """A load of which nothing was stored; `reports` has one entry for each file."""

    def __init__(self, reports: Sequence[LoadReport]) -> None:
        self.reports = tuple(reports)
        reasons = [report.refused for report in reports if report.refused]
        others = f"; {len(reasons) - 1} more of {len(reports)} files refused" if len(reasons) > 1 else ""
        super().__init__(reasons[0] + others, next_step="mend the file and load again; nothing was stored")
