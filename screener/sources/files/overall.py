"""What only all rows of a file can tell, asked once before the file is read in pieces.

1. How many rows each code has, and whether the rows stand by firm.
2. The unit of the volume, where the rows must prove it (`scales`). Rows of funds and the like prove nothing.
3. The first few words of columns that no table has: they may say that the prices are adjusted.
4. Days that can only be read beside the others of their column (6/7/2026): such a file is read whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from screener.sources.files import cells
from screener.sources.files.codes import Sort
from screener.sources.files.dates import is_open
from screener.sources.files.maps import FileMap
from screener.sources.files.outcome import NotInPieces
from screener.sources.files.scales import PROVING, Middle, is_to_prove, middles
from screener.sources.files.telling import Told
from screener.sources.files.whose import SAMPLE, code_or_name

WORDS = 5  # different ones of a column that no table has


@dataclass
class Overall:
    """Takes all rows in order, under our names; columns that no table has as `c3`."""

    told: Told
    file_map: FileMap
    words: Mapping[str, pl.Series] = field(default_factory=dict)  # c3 → its first words
    by_text: bool = True  # the rows stand in the order of the texts in the column symbol
    _texts: list[pl.DataFrame] = field(default_factory=list)
    _last: str = ""
    _firms: dict[str, str | None] = field(default_factory=dict)  # text → see `_firm`
    _days: set[str] = field(default_factory=set)
    _middles: dict[str, Middle] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._proving = is_to_prove(self.told, self.file_map)

    def take(self, frame: pl.DataFrame) -> None:
        """Further rows. Raises NotInPieces."""
        runs = _runs(frame["symbol"])
        symbols = runs["symbol"]
        self.by_text = self.by_text and not symbols.null_count() and self._last <= symbols[0] and symbols.is_sorted()
        self._last = symbols[-1]
        texts = _together(runs)
        self._texts.append(texts)
        if "session" in frame.columns and not self.file_map.date_format:
            self._take_days(frame["session"])
        if self._proving:
            self._take_middles(frame, texts["symbol"].drop_nulls())
        self.take_words(frame)

    def take_words(self, frame: pl.DataFrame) -> None:
        """The first words of columns that no table has."""
        for name in self.words:
            found = self.words[name]
            if name in frame.columns and len(found) < WORDS:
                more = frame[name].cast(pl.String).drop_nulls().unique(maintain_order=True)
                self.words = {**self.words, name: pl.concat([found, more]).unique(maintain_order=True)[:WORDS]}

    @property
    def has_words(self) -> bool:
        """True where no further row can have one that counts."""
        return all(len(found) == WORDS for found in self.words.values())

    def _take_days(self, days: pl.Series) -> None:
        if days.dtype != pl.String and not isinstance(days.dtype, (pl.Categorical, pl.Enum)):
            return
        more = set(days.unique().cast(pl.String).drop_nulls()) - self._days
        if any(map(is_open, more)):
            raise NotInPieces  # a day that depends on others
        self._days |= more

    def _take_middles(self, frame: pl.DataFrame, texts: pl.Series) -> None:
        for text in texts:
            if text not in self._firms:
                self._firms[text] = firm_of(text)
        others = [text for text in texts if self._firms[text] is None]
        if others:
            frame = frame.filter(~pl.col("symbol").cast(pl.String).is_in(others).fill_null(False))
        try:
            given = {name: cells.figures(frame[name]) for name in PROVING}
        except cells.Unread:
            return  # it refuses the file
        for word, middle in middles(self.told, given, self.file_map).items():
            self._middles[word] = self._middles.get(word, Middle()) + middle

    def fitting(self) -> tuple[str, ...] | None:
        """The units of the volume that all rows prove; None where they need not."""
        return tuple(word for word, one in self._middles.items() if one.is_near) if self._proving else None

    def counts(self) -> pl.DataFrame:
        """(symbol, count, firm) of the different texts of the file, in order; see `firm_of`. Raises NotInPieces."""
        if not self._texts:
            raise NotInPieces  # it has no rows
        total = _together(pl.concat(self._texts))
        sample = cells.text(total["symbol"].drop_nulls()).drop_nulls().unique(maintain_order=True).head(SAMPLE)
        sorts = {code_or_name(text).sort for text in sample} - {Sort.OTHER}
        if sorts == {Sort.INDEX}:
            raise NotInPieces  # a file of indices, as its first codes tell it
        counts = total.with_columns(firm=pl.Series([firm_of(text) for text in total["symbol"]], dtype=pl.String))
        if not counts["firm"].count():
            raise NotInPieces  # nothing of it is a stock
        return counts


def stands_by_firm(counts: pl.DataFrame) -> bool:
    """True where firms stand in the order of the texts that mean them, each by one text."""
    firms = counts.sort("symbol")["firm"]
    return firms.is_sorted() and firms.n_unique() == len(firms)


def firm_of(text: str | None) -> str | None:
    """The symbol that a text means; nothing for one that refuses the file, None where its rows are left out."""
    code = code_or_name(text or "")
    return None if code.sort in (Sort.INDEX, Sort.OTHER) else code.symbol


def columns_of(told: Told, *, others: Sequence[int] = ()) -> dict[str, int]:
    """The columns of ours with their places, and some of those that no table has."""
    return {claim.column: claim.at for claim in told.claims} | {f"c{at}": at for at in others}


def _runs(symbols: pl.Series) -> pl.DataFrame:
    """(symbol, count) of rows of one text that follow each other, in order."""
    runs = symbols.rle().struct.unnest()
    return runs.select(symbol=pl.col("value").cast(pl.String), count=pl.col("len").cast(pl.UInt32))


def _together(runs: pl.DataFrame) -> pl.DataFrame:
    return runs.group_by("symbol", maintain_order=True).agg(pl.col("count").sum())
