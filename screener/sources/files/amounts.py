"""Amounts as announcements print them: `12亿`, `2-3亿元`, `不超过5亿`, `约3.03亿元（含税）`, `未披露`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import polars as pl

from screener.sources.files.numbers import EMPTY, number

_CEILING = re.compile(r"^(?:不超过|不高于|最高|至多|上限|最多|≤|<=)\s*")
_ESTIMATE = re.compile(r"^(?:约为?|大约|预计|近|暂估|估计|≈|~)\s*")
_TAX = re.compile(r"[(\s,]*(?P<tax>不含税|含税)\)?$")
_RANGE = re.compile(r"^(?P<low>.+?)\s*(?:-|~|–|—|至|到)\s*(?P<high>.+)$")
_UNDISCLOSED = ("未披露", "不详", "保密", "未公告", "未知")


@dataclass(frozen=True)
class Amount:
    """Yuan of a contract; `own` where the cell names its unit."""

    low: float | None
    high: float | None
    basis: str
    tax: str | None = None
    own: bool = False


def amount(text: str | None, factor: float) -> Amount | None:
    """What a cell says, in yuan; `factor` is the unit of the heading. None: not understood."""
    plain = unicodedata.normalize("NFKC", text or "").strip()
    if plain.lower() in EMPTY or plain in _UNDISCLOSED:
        return Amount(None, None, "undisclosed")
    taxed = _TAX.search(plain)
    tax = {"含税": "included", "不含税": "excluded"}[taxed["tax"]] if taxed else None
    plain = plain[: taxed.start()] if taxed else plain
    for shape, basis in ((_CEILING, "ceiling"), (_ESTIMATE, "estimate")):
        if shape.match(plain):
            end = _yuan(shape.sub("", plain), factor)
            return end and Amount(None if basis == "ceiling" else end[0], end[0], basis, tax, end[1])
    whole = _yuan(plain, factor)
    return Amount(whole[0], whole[0], "exact", tax, whole[1]) if whole else _range(plain, factor, tax)


def amounts(cells: pl.Series, factor: float) -> tuple[dict[str, Amount], pl.Series]:
    """Text → amount, for the different texts of a column, and where one is not understood."""
    read = {text: amount(text, factor) for text in cells.unique().drop_nulls()}
    found = {text: value for text, value in read.items() if value}
    return found, (cells.is_not_null() & ~cells.is_in(list(found))).fill_null(False)


def _range(plain: str, factor: float, tax: str | None) -> Amount | None:
    """`2-3亿`: a unit at the end is that of both."""
    found = _RANGE.match(plain)
    if not found:
        return None
    high = _yuan(found["high"], factor)
    low = _yuan(found["low"], factor)
    if high and low and high[1] and not low[1]:
        said = number(found["high"])
        low = _yuan(f"{found['low']}{said[1] if said else ''}", factor)
    if not low or not high or low[0] >= high[0]:
        return None
    return Amount(low[0], high[0], "range", tax, high[1])


def _yuan(text: str, factor: float) -> tuple[float, bool] | None:
    """(yuan, the cell names its unit)."""
    said = number(text.removesuffix("人民币").removesuffix("整").strip())
    if said is None or said[0] < 0 or said[1].endswith(("股", "手", "%")):
        return None
    return (said[0], True) if said[1] else (round(said[0] * factor, 6), False)
