"""The columns of a table: text of the file → values of each column's kind, in our units, with the line of each row."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

import polars as pl

from screener.core.errors import DataRefused
from screener.core.table import LINE, Kind
from screener.sources.files import cells
from screener.sources.files.amounts import Amount, amounts
from screener.sources.files.grids import Sheet
from screener.sources.files.maps import FileMap
from screener.sources.files.numbers import EMPTY, Numbers
from screener.sources.files.outcome import Note, refused
from screener.sources.files.scales import check_bare, scaled, unit_of
from screener.sources.files.telling import Claim, Told
from screener.sources.files.terms import months_of
from screener.sources.files.units import TERMS
from screener.sources.files.whose import Whose

Got = TypeVar("Got")
_SUMMANDS = ("bonus_shares", "converted_shares")
_EXACT_DAYS = ("bars", "shares", "actions")
_DATED = {"event_date": Kind.DATE, "begins": Kind.DATE}
_PRINTED_UNITS = {1e3: "千元", 1e4: "万元", 1e6: "百万元", 1e7: "千万元", 1e8: "亿元"}
_ALIKE = 0.01  # two columns of one figure, each rounded
_LAST_DIGIT = re.compile(r"([0-9０-９])(?![\s\S]*[0-9０-９])")


@dataclass(frozen=True)
class Typed:
    """Typed columns under our names, and what was understood on the way."""

    frame: pl.DataFrame
    notes: tuple[Note, ...]


def typed(told: Told, ours: Whose, file_map: FileMap) -> Typed:
    """Every column of a table read to the end of each cell. Raises DataRefused naming the first that is not."""
    reader = _Columns(told, ours.sheet, file_map)
    columns = reader.read(ours.codes)
    height = ours.sheet.frame.height
    lines = ours.sheet.lines
    if lines is None:
        lines = pl.int_range(-1, -height - 1, -1, eager=True)
    frame = pl.DataFrame([*columns.values(), lines.cast(pl.Int64).alias(LINE)])
    return Typed(frame.with_columns(reader.constants(frame)), tuple(reader.notes))


class _Columns:
    def __init__(self, told: Told, sheet: Sheet, file_map: FileMap) -> None:
        self.told, self.sheet, self.map = told, sheet, file_map
        self.notes: list[Note] = []

    def read(self, codes: pl.Series | None) -> dict[str, pl.Series]:
        found: dict[str, pl.Series] = {}
        figures: dict[str, Numbers] = {}
        late: list[Claim] = []
        for claim in self.told.claims:
            if codes is not None and claim.column == codes.name:
                continue
            if self._is_special(claim):
                late.append(claim)
            elif self._is_figure(claim):
                figures[claim.column] = self._tried(claim, cells.figures)
            else:
                found[claim.column] = self._plain(claim)
        if codes is not None:
            found = {codes.name: codes, **found}
        values, notes = scaled(self.told, figures, self.map, self.sheet.where)
        for column, series in values.items():
            self._refuse_rivals(column, series)
        self.notes += notes
        for column, series in values.items():
            found[column] = self._whole(column, series)
        for claim in late:
            found |= self._term(claim, found) if claim.column == "term_months" else self._amount(claim, found)
        return {name: series.rename(name) for name, series in found.items()}

    def _refuse_rivals(self, column: str, taken: pl.Series) -> None:
        """A second column of the file that feeds the same column of ours says the same, in its own unit."""
        for claim in self.told.rivals(column):
            values = self._rival(claim)
            if values is None:
                continue
            apart = ((taken - values).abs() > _ALIKE * taken.abs()).fill_null(False)
            if apart.any():
                row, first = apart.arg_max() or 0, self.told.of(column)
                name = first.heading.text if first else column
                raise refused(
                    self.sheet.place(row),
                    f"{self.told.table.name}: two columns for {column} say different things",
                    got=f"{name} {taken[row]:.15g}, {claim.heading.text} {values[row]:.15g}",
                    expected="the same in both, or one of them left out",
                )

    def _rival(self, claim: Claim) -> pl.Series | None:
        """The figures of a column that is not taken, in our units; None where it is no column of figures."""
        others = tuple(one for one in self.told.claims if one.column != claim.column)
        told = replace(self.told, claims=(*others, claim))
        try:
            if self._is_special(claim):
                texts = cells.text(self._series(claim))
                read, _ = amounts(texts, unit_of(told, claim.column, self.map).factor)
                ends = {text: one.high for text, one in read.items()}
                return texts.replace_strict(ends, default=None, return_dtype=pl.Float64)
            figures = cells.figures(self._series(claim))
            return scaled(told, {claim.column: figures}, self.map, self.sheet.where)[0][claim.column]
        except (cells.Unread, DataRefused):
            return None

    def constants(self, frame: pl.DataFrame) -> list[pl.Series]:
        """What the column map gives where the file has no such column."""
        made = []
        for name, value in self.map.constants.items():
            if name not in frame.columns and name in self.told.table.names:
                made.append(self._constant(name, value, frame.height))
        return made

    def _constant(self, name: str, value: str, height: int) -> pl.Series:
        series = pl.Series(name, [value], dtype=pl.String).new_from_index(0, height)
        column = self.told.table.column(name)
        if column.kind is Kind.TEXT:
            return cells.words(series, self.told.table.name, column) if self._listed(name) else series
        return self.told.table.column_of(series.to_frame(), name, self.sheet.where)

    def _is_special(self, claim: Claim) -> bool:
        return self.told.table.name == "commitments" and claim.column in ("term_months", "amount")

    def _is_figure(self, claim: Claim) -> bool:
        return claim.column in _SUMMANDS or claim.column in self.told.table.figures

    def _listed(self, name: str) -> bool:
        return cells.has_words(self.told.table.name, self.told.table.column(name))

    def _series(self, claim: Claim) -> pl.Series:
        return self.sheet.frame[f"c{claim.at}"].alias(claim.column)

    def _plain(self, claim: Claim) -> pl.Series:
        table = self.told.table
        kind = table.column(claim.column).kind if claim.column in table.names else _DATED.get(claim.column, Kind.TEXT)
        if kind is Kind.DATE:
            exact, traded = table.name in _EXACT_DAYS, table.name == "bars"
            return self._noted(
                claim, lambda series: cells.days(series, self.map.date_format, exact=exact, traded=traded)
            )
        if kind is Kind.TIME:
            whole_day = not (table.known and table.known.clock)
            return self._noted(claim, lambda series: cells.times(series, self.map.date_format, whole_day=whole_day))
        if kind is Kind.FLAG:
            return self._tried(claim, cells.flags)
        if claim.column in table.names and self._listed(claim.column):
            return self._tried(claim, lambda series: cells.words(series, table.name, table.column(claim.column)))
        return self._tried(claim, cells.text)

    def _noted(self, claim: Claim, read: Callable[[pl.Series], cells.Read]) -> pl.Series:
        found = self._tried(claim, read)
        self.notes += found.notes
        return found.values

    def _tried(self, claim: Claim, read: Callable[[pl.Series], Got]) -> Got:
        try:
            return read(self._series(claim))
        except cells.Unread as error:
            raise self._refusal(claim.column, error) from None

    def _refusal(self, column: str, error: cells.Unread) -> Exception:
        place = self.sheet.where if error.row is None else self.sheet.place(error.row)
        return refused(
            place,
            f"{self.told.table.name}: {column} {error.what}",
            got=error.got,
            expected=error.expected or None,
            line=None if error.row is None else self.sheet.line(error.row),
        )

    def _whole(self, column: str, series: pl.Series) -> pl.Series:
        table = self.told.table
        if column not in table.names or table.column(column).kind is not Kind.INT:
            return series
        try:
            claim = self.told.of(column)
            original = self._series(claim) if claim else series
            return cells.whole(series, original, table.column(column).meaning.split(",")[0].split(" (")[0])
        except cells.Unread as error:
            raise self._refusal(column, error) from None

    def _term(self, claim: Claim, found: dict[str, pl.Series]) -> dict[str, pl.Series]:
        """Months by the cell (36个月, until a day), or by the unit in the heading."""
        series = self._series(claim)
        unit = self.map.units.get("term_months", claim.heading.unit)
        factor = TERMS.get(str(unit)) or (1.0 if claim.entry is None or claim.entry.rank < 0 else None)
        since, begins = found.get("event_date"), found.get("begins")
        texts = self._tried(claim, cells.text)
        months: list[int | None] = []
        known: dict[tuple[str, date | None], int] = {}
        for row, text in enumerate(texts):
            day = since[row] if since is not None else None
            day = (begins[row] if begins is not None else None) or day
            if text is None or text.lower() in EMPTY:
                months.append(None)
                continue
            if (text, day) not in known:
                known[text, day] = self._months(row, text, day, factor, series)
            months.append(known[text, day])
        return {"term_months": pl.Series("term_months", months, dtype=pl.Int64)}

    def _months(self, row: int, text: str, day: date | None, factor: float | None, series: pl.Series) -> int:
        try:
            bare = cells.figures(pl.Series([text])).values[0]
        except cells.Unread:
            bare = None
        months = months_of(text, day)
        if months is None and bare is not None and factor:
            scaled_ = bare * factor
            months = round(scaled_) if abs(scaled_ - round(scaled_)) < 1e-6 else None
        if months is None:
            unitless = bare is not None and not factor
            expected = (
                "months or years: 36个月, 3年, or (月) in the heading" if unitless else "36个月, 3年, 截至2029年6月30日"
            )
            raise self._refusal("term_months", cells.Unread(row, repr(text), expected))
        return months

    def _amount(self, claim: Claim, found: dict[str, pl.Series]) -> dict[str, pl.Series]:
        """Both ends, basis and printed form of an amount as an announcement prints it."""
        texts = self._tried(claim, cells.text)
        unit = unit_of(self.told, "amount", self.map)
        read, unread = amounts(texts, unit.factor)
        if unread.any():
            row = unread.arg_max() or 0
            expected = "12亿, 30300万, 303000000, 2亿-3亿, 不超过5亿, or empty where undisclosed"
            raise self._refusal("amount", cells.Unread(row, repr(texts[row]), expected))
        check_bare(
            self.told, "amount", unit, [one.high for one in read.values() if one.high and not one.own], self.sheet.where
        )
        if unit.factor != 1:
            self.notes.append(Note(f"{claim.heading.text} is {unit.word}"))
        ends = _ends(texts, read, found, unit.factor)
        if "amount_high" in ends:
            self._refuse_rivals("amount", ends["amount_high"])
        return ends


def _ends(
    texts: pl.Series, read: dict[str, Amount], found: dict[str, pl.Series], factor: float
) -> dict[str, pl.Series]:
    nothing = Amount(None, None, "undisclosed")
    each = [read[text] if text is not None else nothing for text in texts]
    made = {
        "amount_low": pl.Series([one.low for one in each], dtype=pl.Float64),
        "amount_high": pl.Series([one.high for one in each], dtype=pl.Float64),
        "amount_basis": pl.Series([None if one.basis == "exact" else one.basis for one in each], dtype=pl.String),
        "printed_amount": _printed(texts, read, factor),
        "tax": pl.Series([one.tax for one in each], dtype=pl.String),
    }
    return {name: series for name, series in made.items() if name not in found and (name != "tax" or series.count())}


def _printed(texts: pl.Series, read: dict[str, Amount], factor: float) -> pl.Series:
    """The cells with the unit that their heading says; without one that no announcement prints."""
    if factor == 1:
        return texts
    unit = _PRINTED_UNITS.get(factor)
    said = {
        text: text if one.own or one.high is None else unit and _LAST_DIGIT.sub(rf"\1{unit}", text, count=1)
        for text, one in read.items()
    }
    return texts.replace_strict(said, default=None, return_dtype=pl.String)
