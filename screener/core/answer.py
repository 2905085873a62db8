"""The one shape of every answer: what it stands on, a frame, tables for files, a dictionary for JSON, a short look.

1. A kind of answer is a frozen dataclass that gives `stands_on`, `frame`, `_tables` and `_plain`.
2. `tables` and `as_dict` add what the answer stands on, so that no kind of answer can forget it: an object gets a key
   `stands_on`, a list stays a list and gets `as_of`, `source`, `synthetic` and `hindsight` in each row.
3. In a notebook an answer shows its stamps, what may be concluded, and the head of its frame.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from screener.core.stands_on import StandsOn

Row = Mapping[str, Any]
Tables = dict[str, Sequence[Row]]
STANDS_ON = "stands_on"
_SHOWN_ROWS, _SHOWN_COLUMNS, _SHOWN_WIDTH = 20, 10, 140
_SHOWN_LINES = 40


class Answer(ABC):
    """Base of all answers; see the steps above."""

    if TYPE_CHECKING:  # at run time a dataclass would take the property for the default of its field

        @property
        def stands_on(self) -> StandsOn:
            """Sources, spans, universe, hindsight and rules."""

    @abstractmethod
    def frame(self) -> pl.DataFrame:
        """The main table, one row each; nested values left out or as text."""

    @abstractmethod
    def _tables(self) -> Tables:
        """Every table by name, for CSV and Excel."""

    @abstractmethod
    def _plain(self) -> dict[str, Any] | list[dict[str, Any]]:
        """The keys others script against."""

    @property
    def first_line(self) -> str:
        """What must be read before the frame, in one sentence; empty where the frame speaks for itself."""
        return ""

    def tables(self) -> Tables:
        """Every table by name, and one more of what they stand on."""
        return {**self._tables(), STANDS_ON: [self.stands_on.as_dict()]}

    def sheets(self) -> Tables:
        """The tables as sheets of a workbook, where they differ from those of `tables`; without what they stand on."""
        return self._tables()

    def as_dict(self) -> Any:
        """What `--json` prints: an object, or a list of rows. Values are Python's own, dates as dates."""
        plain = self._plain()
        if isinstance(plain, dict):
            return {**plain, STANDS_ON: self.stands_on.as_dict()}
        stamp = self.stands_on.in_row()
        return [{**row, **{key: value for key, value in stamp.items() if key not in row}} for row in plain]

    def to_pandas(self) -> Any:
        """The frame in pandas, with a DatetimeIndex where its rows are days."""
        return _bridges().frame_of(self)

    def to_excel(self, path: Path | str, lang: str = "zh") -> None:
        """A workbook, as `--xlsx` writes it, in Chinese or English (`en`). Raises ScreenerError, UsageError."""
        _bridges().book_of(self, path, lang)

    def plot(self) -> Any:
        """A plotly figure, as an analyst would draw the answer (`report.pictures`).

        Raises UsageError where there is nothing to draw, and for what no picture says better than words: a check of a
        strategy and the list of strategies, which name what to draw instead.
        """
        return _bridges().picture_of(self)

    def __repr__(self) -> str:
        head, frame = [f"{type(self).__name__}: {self.stands_on.line}", *self.stands_on.stamps], self.frame()
        head += [self.first_line] if self.first_line else []
        lines: list[str] = []
        for rows in (_SHOWN_ROWS, _SHOWN_ROWS // 2, _SHOWN_ROWS // 4):  # cells of Chinese fold into several lines
            with _short(rows):
                lines = [*head, *str(frame).splitlines()]
            if len(lines) <= _SHOWN_LINES:
                break
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        with _short():
            shown = self.frame()._repr_html_()
        said = "".join(f"<p><strong>{escape(line)}</strong></p>" for line in self.stands_on.stamps)
        first = f"<p>{escape(self.first_line)}</p>" if self.first_line else ""
        return f"{said}{first}{shown}<p>{escape(self.stands_on.line)}</p>"


def _bridges() -> Any:
    """What answers become for other libraries; it stands above every answer, so it is looked up by name."""
    return import_module("screener.research.bridges")


def opened(row: Row) -> dict[str, Any]:
    """Groups of figures opened all the way down (`costs commission`), so that each number has a cell of its own."""
    cells: dict[str, Any] = {}
    for key, value in row.items():
        grouped = isinstance(value, Mapping)
        cells |= opened({f"{key} {part}": each for part, each in value.items()}) if grouped else {key: value}
    return cells


@dataclass(frozen=True, repr=False, eq=False)
class Rows(Answer):
    """An answer that is one table of rows, such as a listing."""

    name: str
    rows: Sequence[Row]
    stands_on: StandsOn
    further: Tables = field(default_factory=dict)  # tables beside the main one

    def frame(self) -> pl.DataFrame:
        """The rows."""
        return pl.DataFrame([dict(row) for row in self.rows], infer_schema_length=None, strict=False)

    def _tables(self) -> Tables:
        return {self.name: self.rows, **self.further}

    def _plain(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self.rows]


def _short(rows: int = _SHOWN_ROWS) -> pl.Config:
    return pl.Config(
        tbl_rows=rows,
        tbl_cols=_SHOWN_COLUMNS,
        tbl_width_chars=_SHOWN_WIDTH,
        tbl_hide_dataframe_shape=True,
        fmt_str_lengths=40,
        tbl_hide_column_data_types=True,
    )
