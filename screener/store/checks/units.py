"""Units of bars: shares and yuan. Where amount and volume are given, each row proves its own.

1. A row whose amount ÷ volume is five times beside the day's prices, or more, refuses the file: that is no block trade
   (0 of 309 376 recorded bars, the furthest is off by a tenth).
2. So do more than 1 % of the rows of a file, or of one symbol, outside low … high.
3. Bars without an amount prove nothing: that is said as a finding.
4. What is told of a file is the sum of what is told of its parts, where each symbol stands in one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from screener.core.table import Table, line_of
from screener.store.checks.refusal import earlier, first_of, refuse_first

TOLERANCE = 0.005  # of low and high: rounding of amount and volume
SHARE = 0.01  # more odd rows than this: the unit is wrong, not the row
WILD = 5  # times beside the middle of low and high: a slip of ten lies 7 … 13 beside it
LOTS = 30.0  # a typical volume that many times off another one of the symbol is another unit (手: 100)
_FEW = 5  # odd rows of one symbol that may be block trades: the worst of 811 recorded ones has 4 of 389
_EXPECTED = "volume in shares, amount in yuan; name other units in a column map (--map)"
_SHOWN = ("low", "high", "volume", "amount")


def unit_odd() -> pl.Expr:
    """True where amount ÷ volume lies outside low … high by more than the tolerance (null without an amount)."""
    average = pl.when(pl.col("volume") > 0).then(pl.col("amount") / pl.col("volume"))
    return ~average.is_between(pl.col("low") * (1 - TOLERANCE), pl.col("high") * (1 + TOLERANCE))


@dataclass(frozen=True)
class Odd:
    """Rows outside low … high: how many of how many that prove a unit, how far off each, the first of them."""

    rows: int
    traded: int
    factors: pl.Series
    first: pl.DataFrame

    def __add__(self, other: Odd) -> Odd:
        factors = pl.concat([self.factors, other.factors])
        return Odd(self.rows + other.rows, self.traded + other.traded, factors, earlier(self.first, other.first))

    def refuse(self, table: Table, *, of: str = "", where: str) -> None:
        """Raises DataRefused."""
        typical = self.factors.to_frame().select(pl.all().median()).item()
        what = (
            f"{self.rows} of {self.traded} rows{of} have amount ÷ volume outside low … high (typically × {typical:.4g})"
        )
        refuse_first(table, self.first, where, what, _SHOWN, _EXPECTED)


@dataclass(frozen=True)
class Units:
    """What bars tell of their units."""

    wild: Odd
    odd: Odd  # counted where no row is wild
    symbol: tuple[int, str, Odd] | None = None  # the first with too many odd rows: its first line, its name, the rows

    def __add__(self, other: Units) -> Units:
        symbols = [one for one in (self.symbol, other.symbol) if one]
        first = min(symbols, key=lambda one: one[0], default=None)
        return Units(self.wild + other.wild, self.odd + other.odd, first)

    def refuse(self, table: Table, *, where: str) -> None:
        """Raises DataRefused where bars speak of other units than shares and yuan."""
        if self.wild.rows:
            self.wild.refuse(table, where=where)
        if self.odd.rows > max(1, SHARE * self.odd.traded):
            self.odd.refuse(table, where=where)
        if self.symbol:
            _, name, rows = self.symbol
            rows.refuse(table, of=f" of {name}", where=where)


def units_of(frame: pl.DataFrame) -> Units:
    """What bars tell of their units; `frame`: shaped rows, each symbol whole."""
    factor = pl.col("amount") / pl.col("volume") / pl.mean_horizontal("low", "high")
    traded = (pl.col("volume") > 0) & pl.col("amount").is_not_null()
    odd = frame.select(unit_odd().fill_null(False).alias("odd"))["odd"]
    if not odd.any():
        none = Odd(0, int(frame.select(traded.sum()).item()), pl.Series(dtype=pl.Float64), frame.clear())
        return Units(none, none)
    rows = frame.select("symbol", odd, factor.alias("factor"), traded.alias("traded"))
    wild = rows["odd"] & ~rows["factor"].is_between(1 / WILD, WILD, closed="none")
    if wild.any():
        found = _odd(frame, rows, wild)
        return Units(found, found)
    return Units(_odd(frame, rows, wild), _odd(frame, rows, odd), _first_symbol(frame, rows))


def _odd(frame: pl.DataFrame, rows: pl.DataFrame, broken: pl.Series) -> Odd:
    factors = rows["factor"].filter(broken).cast(pl.Float64)
    return Odd(int(broken.sum()), int(rows["traded"].sum()), factors, first_of(frame, broken))


def _first_symbol(frame: pl.DataFrame, rows: pl.DataFrame) -> tuple[int, str, Odd] | None:
    counts = rows.group_by("symbol", maintain_order=True).agg(pl.col("odd", "traded").sum())
    worst = counts.filter(pl.col("odd") > pl.max_horizontal(_FEW, SHARE * pl.col("traded")))["symbol"]
    if not len(worst):
        return None
    own = rows["symbol"] == worst[0]
    line = line_of(frame, own.arg_max() or 0)
    return abs(line), worst[0], _odd(frame.filter(own), rows.filter(own), rows["odd"].filter(own))


def refuse_units(table: Table, frame: pl.DataFrame, *, where: str) -> None:
    """Raises DataRefused where bars speak of other units than shares and yuan."""
    if table.name == "bars":
        units_of(frame).refuse(table, where=where)
