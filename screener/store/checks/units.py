"""Units of bars: shares and yuan. Where amount and volume are given, each row proves its own.

1. A row whose amount ÷ volume is five times beside the day's prices, or more, refuses the file: that is no block trade
   (0 of 309 376 recorded bars, the furthest is off by a tenth).
2. So do more than 1 % of the rows of a file, or of one symbol, outside low … high.
3. Bars without an amount prove nothing: that is said as a finding.
"""

from __future__ import annotations

import polars as pl

from screener.core.table import Table
from screener.store.checks.refusal import refuse

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


def refuse_units(table: Table, frame: pl.DataFrame, *, where: str) -> None:
    """Raises DataRefused where bars speak of other units than shares and yuan."""
    if table.name != "bars":
        return
    odd = frame.select(unit_odd().fill_null(False).alias("odd"))["odd"]
    if not odd.any():
        return
    factor = pl.col("amount") / pl.col("volume") / pl.mean_horizontal("low", "high")
    rows = frame.select(
        "symbol", odd, factor.alias("factor"), traded=(pl.col("volume") > 0) & pl.col("amount").is_not_null()
    )
    wild = rows["odd"] & ~rows["factor"].is_between(1 / WILD, WILD, closed="none")
    if wild.any():
        refuse(table, frame, wild, where, _said(rows, "", wild), _SHOWN, _EXPECTED)
    if int(odd.sum()) > max(1, SHARE * int(rows["traded"].sum())):
        refuse(table, frame, odd, where, _said(rows, "", odd), _SHOWN, _EXPECTED)
    counts = rows.group_by("symbol", maintain_order=True).agg(pl.col("odd", "traded").sum())
    worst = counts.filter(pl.col("odd") > pl.max_horizontal(_FEW, SHARE * pl.col("traded")))["symbol"]
    for symbol in worst[:1]:
        own = rows["symbol"] == symbol
        refuse(
            table,
            frame,
            odd & own,
            where,
            _said(rows.filter(own), f" of {symbol}", (odd & own).filter(own)),
            _SHOWN,
            _EXPECTED,
        )


def _said(rows: pl.DataFrame, of: str, broken: pl.Series) -> str:
    typical = rows.filter(broken).select(pl.col("factor").median().cast(pl.Float64)).item()
    return (
        f"{int(broken.sum())} of {int(rows['traded'].sum())} rows{of} have amount ÷ volume outside low … high "
        f"(typically × {typical:.4g})"
    )
