"""Numbers as files write them, each read to its last character: separators, signs of money, 亿 and 万 in the cell.

1. Plain figures are read all at once; what is left is read text by text, each different text once.
2. `1,234.5`, `¥1,234`, `12亿`, `1.2万手`, `45%`, `="1234"`; never `1.234,5`, nor a figure with words behind it.
3. A unit in the cell holds for that cell, whatever the heading says.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

import polars as pl

from screener.sources.files.units import UNITS

# What providers write where there is no figure, in small letters.
EMPTY = (
    "",
    "-",
    "--",
    "---",
    "—",
    "——",
    "－",
    "nan",
    "none",
    "null",
    "n/a",
    "na",
    "#n/a",
    "nat",
    "<na>",
    "/",
    "\\n",
    "#value!",
    "无",
    "停牌",
)
_COUNTS = ("千", "万", "百万", "千万", "亿", "十亿", "万亿")  # how many, not of what
_NUMBER = re.compile(
    r"(?P<sign>[-+])?(?:[¥$]|CNY|RMB|人民币)?\s*(?P<figure>[0-9]+(?:\.[0-9]*)?|\.[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?)"
    r"(?P<power>[eE][-+]?[0-9]{1,3})?\s*(?P<unit>[^0-9,.\s][^0-9]*|%)?"
)


@dataclass(frozen=True)
class Numbers:
    """A column of figures. `own` is true where the cell says its unit itself."""

    values: pl.Series
    own: pl.Series
    unread: pl.Series  # true where a cell is no number
    short: pl.Series | None = None  # true where that unit is 万 or 亿 of something the cell does not name


def numbers(text: pl.Series) -> Numbers:
    """Text → floats; infinite ones count as unread."""
    quick = _quickly(text)
    if quick is not None:
        return quick
    plain = emptied(text)
    values = plain.cast(pl.Float64, strict=False)
    odd = (values.is_null() & plain.is_not_null()) | (~values.is_finite()).fill_null(False)
    own = pl.Series([False], dtype=pl.Boolean).new_from_index(0, len(plain))
    if not odd.any():
        return Numbers(values, own, odd)
    read = {cell: number(cell) for cell in plain.filter(odd).unique()}
    found = {cell: value for cell, value in read.items() if value}
    said = plain.replace_strict(
        {cell: value[0] for cell, value in found.items()}, default=None, return_dtype=pl.Float64
    )
    with_unit = [cell for cell, value in found.items() if value[1]]
    values = pl.select(pl.when(odd).then(said).otherwise(values)).to_series().rename(text.name)
    unread = odd & values.is_null()
    short = [cell for cell, value in found.items() if value[1] in _COUNTS]
    own, bare = ((odd & plain.is_in(cells)).fill_null(False) for cells in (with_unit, short))
    return Numbers(values, own, unread, bare)


def _quickly(text: pl.Series) -> Numbers | None:
    """A column of nothing but plain figures, all at once."""
    try:
        values = text.cast(pl.Float64)
    except pl.exceptions.PolarsError:
        return None
    if not values.is_finite().all():
        return None
    none = pl.Series([False], dtype=pl.Boolean).new_from_index(0, len(text))
    return Numbers(values, none, none)


def number(text: str) -> tuple[float, str] | None:
    """(value in ours, unit said in the cell) of one text."""
    plain = unicodedata.normalize("NFKC", text).replace("￥", "¥").strip()
    wrapped = re.fullmatch(r"=?\"(.*)\"|'(.*)", plain)
    plain = (wrapped[1] or wrapped[2] or "").strip() if wrapped else plain
    found = _NUMBER.fullmatch(plain)
    if not found:
        return None
    unit = (found["unit"] or "").strip()
    if unit and unit not in UNITS:
        return None
    value = float(found["figure"].replace(",", "") + (found["power"] or "")) * UNITS.get(unit, 1.0)
    if not math.isfinite(value):
        return None
    return round(-value if found["sign"] == "-" else value, 6), unit


def emptied(text: pl.Series) -> pl.Series:
    """Without blanks around; what providers write for a missing value is missing."""
    plain = text.str.strip_chars()
    return plain.set(plain.str.to_lowercase().is_in(EMPTY), None)
