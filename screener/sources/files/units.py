"""Unit words of headings, cells and column maps: how many shares, yuan, months or fractions one of them is."""

from __future__ import annotations

UNITS: dict[str, float] = {
    "股": 1, "手": 100, "千股": 1e3, "万股": 1e4, "百万股": 1e6, "亿股": 1e8, "万手": 1e6, "百手": 1e4,
    "元": 1, "千": 1e3, "千元": 1e3, "万": 1e4, "万元": 1e4, "百万": 1e6, "百万元": 1e6, "千万": 1e7, "千万元": 1e7,
    "亿": 1e8, "亿元": 1e8, "十亿": 1e9, "十亿元": 1e9, "万亿": 1e12, "万亿元": 1e12, "%": 0.01, "每10股": 0.1,
}  # fmt: skip
TERMS: dict[str, float] = {"月": 1, "个月": 1, "months": 1, "month": 1, "年": 12, "years": 12, "year": 12}
# Written in headings, plain to a reader; column maps keep to the words above.
_FURTHER: dict[str, float] = {
    "元/股": 1, "人民币": 1, "人民币元": 1, "rmb": 1, "cny": 1, "yuan": 1, "点": 1, "points": 1,
    "share": 1, "shares": 1, "lot": 100, "lots": 100, "rmb10000": 1e4, "万股/份": 1e4, "人民币万元": 1e4,
    "人民币亿元": 1e8, "rmbmillion": 1e6, "million": 1e6, "mn": 1e6, "thousand": 1e3, "billion": 1e9, "bn": 1e9,
    "10000shares": 1e4, "10kshares": 1e4, "百分比": 0.01, "每十股": 0.1, "股/10股": 0.1, "元/10股": 0.1,
}  # fmt: skip
UNIT_WORDS: dict[str, float] = {**UNITS, **TERMS, **_FURTHER}


def factor_of(unit: str | float) -> float:
    """What one of the unit is in ours. Raises KeyError for an unknown word."""
    return UNIT_WORDS[unit] if isinstance(unit, str) else float(unit)
