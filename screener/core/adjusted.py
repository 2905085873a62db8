"""Words that say that prices are adjusted: of headings (`收盘价(前复权)`), titles, names of files, cells.

Adjusted prices are not raw prices: with the corporate actions beside them every split would count twice.
"""

from __future__ import annotations

import re

# As a heading has them in brackets, plain (see `sources.files.headings.plain`).
HEADINGS = frozenset(
    [
        *("前复权", "后复权", "定点复权", "等比前复权", "等比后复权", "向前复权", "向后复权", "复权"),
        *("qfq", "hfq", "adjusted", "adj"),
    ]
)
RAW = frozenset({"不复权", "除权", "未复权", "不复权价", "none", "raw", "unadjusted"})
_SAID = re.compile(
    r"[前后]复权(?!因子|系数)|(?<![不未非无])复权(?!因子|系数|方式|状态|类型|标志|\s*[:：])"
    r"|(?<![a-z])[qh]fq(?![a-z]|_?factor)|\b(?:forward|backward|front|back|split)[- _]?adjusted\b",
    re.IGNORECASE,
)


def adjusted_word(text: str) -> str:
    """The word of a text that says its prices are adjusted; empty where none does."""
    found = _SAID.search(text)
    return found[0] if found else ""
