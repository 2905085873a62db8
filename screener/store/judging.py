"""What refuses a file that is looked at in pieces, in the words of the whole file. Every symbol stands in one piece.

1. A file is refused for the first of these that any row of it breaks: what a row says alone or beside those of its key
   (`staging.rows_of`), what all rows say together (units, fen), what the store knows. Of rows that break the same one,
   the first in the file is named.
2. So that row is the one that refuses its piece. Of each piece it is kept with all rows of its key, and those that were
   kept are judged as if they were the file.
3. What all rows say together is summed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import polars as pl

from screener.core.errors import DataRefused, StoreError
from screener.core.table import LINE, Table
from screener.sources.files.outcome import NotInPieces
from screener.store import staging
from screener.store.checks import raw, units
from screener.store.parts import Part


@dataclass
class Judging:
    """`beside` raises DataRefused for rows that what the store knows speaks against."""

    table: Table
    where: str
    beside: Callable[[pl.DataFrame], None]
    _said: str = ""  # by its name or its titles
    _alone: list[Part] = field(default_factory=list)
    _against: list[pl.DataFrame] = field(default_factory=list)
    _units: units.Units | None = None
    _fen: raw.OffFen | None = None

    @property
    def refused(self) -> bool:
        """True where a row or a title refuses the file; what all rows say together is not asked before the end."""
        return bool(self._said or self._alone or self._against or (self._units and self._units.wild.rows))

    def passed(self, piece: Part) -> pl.DataFrame | None:
        """The rows of a piece, shaped; None where one of them refuses it. Raises NotInPieces."""
        try:
            raw.refuse_said(self.table, piece.aside, piece.titles, where=self.where)
        except DataRefused as refusal:
            self._said = str(refusal)
            return None
        try:
            frame = staging.rows_of(piece)
        except DataRefused as refusal:
            self._alone.append(replace(piece, frame=_with_its_key(self.table, piece.frame, refusal)))
            return None
        found, fen = units.units_of(frame), raw.off_fen_of(frame)
        self._units = found if self._units is None else self._units + found
        self._fen = fen if self._fen is None else self._fen + fen
        return frame if self._is_sound(frame) else None

    def _is_sound(self, frame: pl.DataFrame) -> bool:
        try:
            self.beside(frame)
        except DataRefused as refusal:
            self._against.append(_with_its_key(self.table, frame, refusal))
            return False
        except StoreError as error:  # real and made-up prices: in which order they come is told of the whole file
            raise NotInPieces(str(error)) from None
        return True

    def refusal(self) -> str:
        """Why the file is refused, when all pieces have passed by; empty where it is not. Raises NotInPieces."""
        if self._said:
            return self._said
        try:
            if self._alone:
                frame = _in_order([part.frame for part in self._alone])
                staging.rows_of(replace(self._alone[0], frame=frame))
            for summed in (self._units, self._fen):
                if summed is not None:
                    summed.refuse(self.table, where=self.where)
            if self._against:
                self.beside(_in_order(self._against))
        except DataRefused as refusal:
            return str(refusal)
        if self._alone or self._against:
            raise NotInPieces(self.where)  # what refuses a piece does not refuse the file
        return ""


def _with_its_key(table: Table, frame: pl.DataFrame, refusal: DataRefused) -> pl.DataFrame:
    """The row that is refused and all others of its key."""
    own = frame.filter(pl.col(LINE) == refusal.line)
    if own.is_empty():
        raise NotInPieces(str(refusal))
    same = (pl.col(name) == pl.lit(own[name][0], dtype=own.schema[name]) for name in table.key)
    return frame.filter((pl.col(LINE) == refusal.line) | pl.all_horizontal(*same).fill_null(False))


def _in_order(frames: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(frames).sort(pl.col(LINE).abs())
