"""Price limits and the ex-right reference price: one formula each, in whole numbers, for numbers, arrays and polars.

1. Prices are whole fen and rates whole per-mille: a float `round` is wrong for 130 of 9 900 prices at 10 %.
2. Limit (SSE 3.3.13/3.3.17, SZSE 3.3.12): reference × (1 ± rate), rounded to the fen, at least one fen (the tick of
   shares) away. Shanghai and Shenzhen round half up; Beijing never goes beyond its rate (rule `limit_rounding`).
3. Ex-right reference (SSE 4.3.2, SZSE 4.4.2): (previous close − cash + rights price × rights) ÷ (1 + shares + rights),
   half up to the fen; cash, shares and rights per share held.

The formulas use operators only, so that one text serves a Python integer, an array and an expression.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import polars as pl

from screener.core.arrays import Floats, Ints, Shorts

Whole = TypeVar("Whole", int, Ints, pl.Expr)
HALF_UP = 0.5  # `limit_rounding`: the part of a fen from which a limit lies further out; 0: it never does
NO_LIMIT = -1  # in place of a rate in per-mille
_MILLIONTH = 10**6  # cash and ratios are printed with six decimals at most


def limit_fen(fen: Whole, permille: Whole, outwards: Whole) -> tuple[Whole, Whole]:
    """(limit up, limit down) in fen of a reference of `fen`, at least one fen away and one fen high.

    `outwards`: 1000 rounds half up; 0 cuts towards the reference.
    """
    up_step = (fen * permille * 2 + outwards) // 2000
    inwards = 2000 - outwards - (outwards < 1)  # a truth value counts as 1: the last part that is still cut off
    down = (fen * (1000 - permille) * 2 + inwards) // 2000
    up = fen + up_step + (up_step < 1)
    down = down - (down >= fen)
    return up, down + (down < 1)


def limit_prices(reference: float, rate: float, rounding: float = HALF_UP) -> tuple[float, float]:
    """(limit up, limit down) of one price, yuan; `rate` as a fraction, `rounding` as the rule `limit_rounding`."""
    up, down = limit_fen(round(reference * 100), round(rate * 1000), round(rounding * 2000))
    return up / 100, down / 100


def limit_arrays(reference: Floats, permille: Shorts, outwards: Shorts) -> tuple[Floats, Floats]:
    """(limit up, limit down) of arrays of one shape, yuan; NaN without a reference, and where it says NO_LIMIT."""
    known = ~(np.isnan(reference) | (permille == NO_LIMIT))
    fen = np.rint(np.where(known, reference, 1.0) * 100).astype(np.int64)
    up, down = limit_fen(fen, permille.astype(np.int64), outwards.astype(np.int64))
    return np.where(known, up / 100, np.nan), np.where(known, down / 100, np.nan)


def limit_exprs(reference: pl.Expr, rate: pl.Expr, rounding: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """(limit up, limit down) of columns, yuan; null where one of them is."""
    up, down = limit_fen(_whole(reference, 100), _whole(rate, 1000), _whole(rounding, 2000))
    return (up / 100).round(2), (down / 100).round(2)  # polars divides by a product


def reference_fen(prev: Whole, cash: Whole, shares: Whole, rights: Whole, rights_price: Whole) -> Whole:
    """Ex-right reference in fen; everything else in millionths (of a yuan, of a share)."""
    above: Whole = (prev - cash) * _MILLIONTH + rights_price * rights
    below: Whole = (shares + rights + _MILLIONTH) * _MILLIONTH
    fen: Whole = (above * 200 + below) // (below * 2)
    return fen


def ex_right_reference(
    prev_close: float, *, cash: float = 0.0, shares: float = 0.0, rights: float = 0.0, rights_price: float = 0.0
) -> float:
    """Ex-right reference of one price, yuan."""
    terms = (round(term * _MILLIONTH) for term in (prev_close, cash, shares, rights, rights_price))
    return reference_fen(*terms) / 100


def ex_right_expr(
    prev_close: pl.Expr, *, cash: pl.Expr, shares: pl.Expr, rights: pl.Expr | None = None, price: pl.Expr | None = None
) -> pl.Expr:
    """Ex-right reference of columns, yuan; `rights` at `price` each. Null where a term is."""
    nothing = pl.lit(0.0)
    terms = (prev_close, cash, shares, nothing if rights is None else rights, nothing if price is None else price)
    return (reference_fen(*(_whole(term, _MILLIONTH) for term in terms)) / 100).round(2)


def _whole(value: pl.Expr, scale: int) -> pl.Expr:
    return (value * scale).round().cast(pl.Int64)
