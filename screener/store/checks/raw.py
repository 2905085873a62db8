"""Adjusted prices are not raw prices: with the actions beside them every split would count twice.

1. A raw A-share price is whole fen (0 of 309 376 recorded bars are off). More than one row and 1 % of a file, or of
   one symbol, off the fen: adjusted. A single row is kept as a finding.
2. A column or a title that says so: `adjustflag` other than 3 (Baostock), `factor` other than 1 (qlib, JoinQuant),
   复权, qfq or hfq in a title or in the file's name.
3. More than 5 % of the stored rows changed by more than 0.5 % in one load: the new ones are adjusted, or the stored
   ones were. Which, a person must say (`load --replace`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from screener.core.adjusted import adjusted_word
from screener.core.errors import DataRefused
from screener.core.table import Table
from screener.core.text import cut
from screener.store.checks.loaded import Loaded, contradiction
from screener.store.checks.refusal import LONGEST, earlier, first_of, refuse_first
from screener.store.facts import Facts

OHLC = ("open", "high", "low", "close")
SHARE = 0.01
CHANGED_SHARE, CHANGED_BY, CHANGED_FEWEST = 0.05, 0.005, 10
_NOISE = 0.01  # fen: a price kept in four bytes is off by less
_EXPECTED = "raw prices, as traded (不复权)"
_CELLS = 5  # different words of a column that are looked at
_RAW = {"adjustflag": 3.0, "factor": 1.0}  # column beside the prices → its value where they are raw


def off_fen() -> pl.Expr:
    """True where a price of the bar is no whole number of fen."""
    parts = (pl.col(name) * 100 % 1 for name in OHLC)  # of a fen
    return pl.any_horizontal(part.is_between(_NOISE, 1 - _NOISE, closed="right") for part in parts)


@dataclass(frozen=True)
class OffFen:
    """Prices off the fen among bars; of a file the sum of what is told of its parts, each symbol in one of them."""

    rows: int
    off: int
    first: pl.DataFrame  # of the rows that are off
    of_symbols: pl.DataFrame  # the first one of those symbols that have too many

    def __add__(self, other: OffFen) -> OffFen:
        first, of_symbols = earlier(self.first, other.first), earlier(self.of_symbols, other.of_symbols)
        return OffFen(self.rows + other.rows, self.off + other.off, first, of_symbols)

    def refuse(self, table: Table, *, where: str) -> None:
        """Raises DataRefused where too many prices of a file, or of one symbol, are off the fen."""
        if self.off <= max(1, SHARE * self.rows) and self.of_symbols.is_empty():
            return
        what = f"{self.off} of {self.rows} rows have prices off the fen: adjusted prices"
        first = self.first if self.of_symbols.is_empty() else self.of_symbols
        refuse_first(table, first, where, what, OHLC, _EXPECTED)


def off_fen_of(frame: pl.DataFrame) -> OffFen:
    """Prices off the fen; `frame`: shaped bars, each symbol whole."""
    off = frame.select(off_fen().fill_null(False).alias("off"))["off"]
    if not off.any():
        return OffFen(frame.height, 0, frame.clear(), frame.clear())
    counts = frame.select("symbol", off).group_by("symbol").agg(pl.col("off").sum(), pl.len())
    symbols = counts.filter(pl.col("off") > pl.max_horizontal(1, SHARE * pl.col("len")))["symbol"]
    theirs = off & frame["symbol"].is_in(symbols.implode())
    return OffFen(frame.height, int(off.sum()), first_of(frame, off), first_of(frame, theirs))


def refuse_off_fen(table: Table, frame: pl.DataFrame, *, where: str) -> None:
    """Raises DataRefused where too many prices of a file, or of one symbol, are off the fen."""
    if table.name == "bars":
        off_fen_of(frame).refuse(table, where=where)


def refuse_said(table: Table, aside: Mapping[str, pl.Series], titles: Iterable[str], *, where: str) -> None:
    """Raises DataRefused where the file itself says that its prices are adjusted.

    `aside`: columns that no table has; `titles`: the file's name, lines above the header, sheet names.
    """
    if table.name != "bars":
        return
    for title in (*titles, *aside):
        _refuse_words(title, where)
    for name, series in aside.items():
        if series.dtype == pl.String:
            for cell in series.drop_nulls().unique(maintain_order=True)[:_CELLS]:
                _refuse_words(cell, f"{where} column {name}")
        raw = _RAW.get(name.strip().lower())
        if raw is not None:
            _refuse_factor(name, series, raw, where)


def _refuse_words(text: str, where: str) -> None:
    if adjusted_word(text):
        got = cut(text.strip(), LONGEST)
        raise DataRefused("bars: the file says adjusted prices", where=where, got=got, expected=_EXPECTED)


def _refuse_factor(name: str, series: pl.Series, raw: float, where: str) -> None:
    value = series.cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False)
    other = ((value - raw).abs() > 1e-9).fill_null(False)
    if other.any():
        row = other.arg_max() or 0
        raise DataRefused(
            "bars: the file says adjusted prices",
            where=f"{where} row {row + 1}",
            got=cut(f"{name} {series[row]}", LONGEST),
            expected=f"{_EXPECTED}: {name} {raw:g}; where the prices are raw all the same, leave that column out",
        )


def refused_changes(loaded: Loaded) -> pl.DataFrame | None:
    """Bars of the load that change too many stored closes by too much."""
    if sum(loaded.runs.values()) < CHANGED_FEWEST:
        return None
    told = loaded.rows.group_by("symbol").agg(pl.len().cast(pl.Int64).alias("told"))
    moved = changed_too_much(loaded.facts, loaded.runs, told)
    return None if moved is None else among_changed(loaded.rows, moved)


def among_changed(rows: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    """Those of some bars whose closes are among the `moved` ones, with the words of their refusal."""
    return contradiction(
        rows.join(moved.select("symbol", "session", "before"), on=["symbol", "session"]),
        None,
        f"stored closes would change by more than {CHANGED_BY:.1%}: adjusted prices",
        pl.format("close {}, stored {}", "close", "before"),
        f"{_EXPECTED}; load --replace where the stored ones are wrong",
    )


def changed_too_much(facts: Facts, runs: Collection[str], told: pl.DataFrame) -> pl.DataFrame | None:
    """The stored closes that `runs` moved far, where they are too many of all, or of one symbol (see `Facts`)."""
    changes = facts.replaced_closes(runs, told)
    moved = changes.filter((pl.col("close") / pl.col("before") - 1).abs() > CHANGED_BY)
    if moved.height < CHANGED_FEWEST:
        return None
    counts = moved.group_by("symbol").agg(pl.len(), pl.col("overlap").first())
    least = pl.max_horizontal(CHANGED_FEWEST, CHANGED_SHARE * pl.col("overlap"))
    stored = int(changes.unique("symbol")["overlap"].sum())
    if moved.height <= CHANGED_SHARE * stored and counts.filter(pl.col("len") >= least).is_empty():
        return None
    return moved
