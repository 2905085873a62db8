"""What one cell holds and how it looks: numbers as numbers, dates as dates, text as text, nothing as JSON.

1. A look is told by the key (`score` is a share of 1, `backlog_cny` money), never by the size of a number.
2. 亿: Excel scales by thousands alone, so millions are shown with a point before their last two digits; the cell keeps
   yuan. Below 1000万 the yuan themselves are shown.
3. Shares of 1 are shown as per cent; those that rise and fall have a sign and a colour: red up in Chinese, green up in
   English.
4. Lists and groups become words with commas and semicolons.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date, datetime
from enum import Enum
from math import ceil
from typing import Any
from unicodedata import east_asian_width

from screener.core.text import cut, visible

Row = Mapping[str, Any]
MAX_TEXT, MAX_URL = 32_767, 2_079
EXACT_INT = 2**53  # Excel holds every number as a double
WIDTHS = (8, 60)
_MOST_FOLDED = 600  # characters that a row is made high enough for
_WRAPPED = 44  # longer text is folded
_YI = r'[>=10000000]0\.00,,"亿";[<=-10000000]-0\.00,,"亿";#,##0'
_RED, _GREEN = "#C00000", "#007A33"
_SIGNS = {"zh": (_RED, _GREEN), "en": (_GREEN, _RED)}  # rising, falling
INPUT = "#FFF2CC"
_DATES = ("start", "end")
_MONEY = ("_cny",)
_YUAN = (
    *("amount", "commission", "stamp_duty", "transfer_fee", "slippage", "equity", "cash", "yuan", "price", "costs"),
    *("dividend_tax", "floor", "final_value", "close", "max_abs_diff_cny", "target"),
)
_RATES = ("commission_rate", "slippage", "near_limit", "vat_rate")
_RETURNS = ("filled_at_day_average", "at_ten_times_cash", "without_best_firm")
_SIGNED = (
    *("return", "excess", "relative", "so_far", "caar", "aar", "car", "alpha", "gap", "attainable", "highest"),
    *("mean", "median", "lowest", "skill"),
    *("drawdown", "depth", "open_to_close_day0", "contribution", "strategy_return"),
)
_SHARES = (
    *("score", "to_cap", "share", "rate", "volatility", "participation", "invested", "tracking_error", "wilson"),
    *("pearson", "weight", "pbo", "probability", "detectable_effect", "deflated_sharpe", "capture", "deviation"),
)
_RATIOS = (
    *("sharpe", "sortino", "calmar", "beta", "ratio", "statistic", "skew", "kurtosis", "turnover", "luck", "scar"),
    *(
        "effective",
        "days_to_trade",
        "growth",
        "remaining_life_months",
        "variance",
        "slope",
        "kappa",
        "tau",
        "mean_life",
    ),
)
_THREE = ("p", "q", "log")
# Ends of an interval are of the kind of what it is about.
_ENDS = {"events_lines": "signed", "survival": "share", "hits": "share", "records": "share", "scorecards": "share"}


def formats(lang: str) -> dict[str, dict[str, Any]]:
    """Look → what xlsxwriter is told."""
    up, down = _SIGNS[lang]
    heading = {"bold": True, "bottom": 1, "text_wrap": True, "bg_color": "#F2F2F2"}
    signed = {"num_format": "+0.00%;-0.00%;0.00%"}
    looks: dict[str, dict[str, Any]] = {
        "heading": heading,
        "heading_right": heading | {"align": "right"},
        "title": {"bold": True, "font_size": 16},
        "stamp": {"bold": True, "font_color": _RED, "text_wrap": True},
        "said": {"text_wrap": True},
        "text": {"align": "left", "indent": 1},
        "long": {"align": "left", "indent": 1, "text_wrap": True},
        "date": {"num_format": "yyyy-mm-dd", "align": "left", "indent": 1},
        "time": {"num_format": "yyyy-mm-dd hh:mm", "align": "left", "indent": 1},
        "money": {"num_format": _YI},
        "yuan": {"num_format": "#,##0.00"},
        "rate": {"num_format": "0.000%"},
        "share": {"num_format": "0.00%"},
        "signed": signed,
        "signed_up": signed | {"font_color": up},
        "signed_down": signed | {"font_color": down},
        "ratio": {"num_format": "#,##0.00"},
        "three": {"num_format": "0.000"},
        "count": {"num_format": "#,##0"},
        "number": {"num_format": "General"},
        "link": {"font_color": "blue", "underline": 1, "text_wrap": True},
        "input": {"bg_color": INPUT},
        "input_date": {"bg_color": INPUT, "num_format": "yyyy-mm-dd"},
        "input_yuan": {"bg_color": INPUT, "num_format": "#,##0.00"},
        "input_count": {"bg_color": INPUT, "num_format": "#,##0"},
    }
    return {name: {"valign": "top"} | look for name, look in looks.items()}


@dataclass(frozen=True)
class Formula:
    """A live cell: the formula in Excel's English and the value it has now (None: empty)."""

    text: str
    value: float | None


@dataclass(frozen=True)
class Link:
    """Text that opens an address; plain text where the address is missing or neither http nor https."""

    text: str
    url: str | None


def is_web_address(url: str | None) -> bool:
    """True for an http or https address that Excel can hold."""
    if not url or len(url) > MAX_URL or any(c.isspace() or ord(c) < 32 for c in url):
        return False
    return url.lower().startswith(("http://", "https://"))


def is_number(value: Any) -> bool:
    """True for a figure: yes and no count as none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def simple(value: Any) -> Any:
    """Any value → what one cell can hold: numpy numbers as numbers, groups as words, NaN and empty text as nothing."""
    if isinstance(value, (Formula, Link)):
        return value
    if isinstance(value, Enum):
        value = value.value
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item() if getattr(value, "ndim", 0) == 0 else value.tolist()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) > EXACT_INT:
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return words(value) or None
    if value == "":
        return None
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def words(value: Any) -> str:
    """A group or a list as a person would write it: `k 3, hold 20`; `[3, 5]` as `3, 5`; rows with semicolons."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {words(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [words(item) for item in value]
        nested = any(
            isinstance(item, (Mapping, list, tuple)) or " " in told for item, told in zip(value, items, strict=True)
        )
        return ("; " if nested else ", ").join(items)
    plain = simple(value)
    return "" if plain is None else str(plain)


def look(key: str, value: Any, table: str = "") -> str:
    """The look of a value by the key it stands under."""
    if isinstance(value, datetime):
        return "time"
    if isinstance(value, Link):
        return "link"
    if isinstance(value, date) or (isinstance(value, Formula) and key in _DATES):
        return "date"
    number = value.value if isinstance(value, Formula) else value
    if isinstance(number, str):
        return "long" if len(number) > _WRAPPED else "text"
    if key in ("low", "high", "low_effective", "high_effective") and table in _ENDS:
        return _signed(number) if _ENDS[table] == "signed" and number is not None else _ENDS[table]
    return _number_look(key.replace(" ", "_"), number)


def _number_look(key: str, number: Any) -> str:
    if isinstance(number, float) and key in _RATES and abs(number) < 1:
        return "rate"
    if _names(key, ("max_abs_diff_cny",)):
        return "number"
    if isinstance(number, float) and key in _RETURNS:
        return _signed(number)
    if any(part in key for part in _MONEY) and not key.startswith("price"):
        return "money"
    if _names(key, _YUAN):
        return "yuan"
    if not is_number(number):
        return "number"
    if isinstance(number, int):
        return "number" if _names(key, ("seed", "variant", "row", "year", "offset")) else "count"
    for parts, name in ((_THREE, "three"), (_SHARES, "share"), (_SIGNED, "signed"), (_RATIOS, "ratio")):
        if _names(key, parts):
            return _signed(number) if name == "signed" else name
    return "number"


def _signed(number: float) -> str:
    return "signed_up" if number > 0 else "signed_down" if number < 0 else "signed"


def _names(key: str, parts: Sequence[str]) -> bool:
    """True where a part stands in the key as whole words."""
    return any(f"_{part}_" in f"_{key}_" for part in parts)


def fit(text: str) -> str:
    """Text that a cell can hold."""
    return cut(visible(text), MAX_TEXT)


def width(head: str, values: Sequence[Any]) -> int:
    """Characters of a column: of its longest value, within bounds; headings may fold."""
    longest = max([min(_columns(head), 16), *(_columns(value) for value in values)])
    return min(max(longest + 2, WIDTHS[0]), WIDTHS[1])


def lines(value: Any, characters: int) -> int:
    """Lines that a value takes in a column of so many characters."""
    text = value.text if isinstance(value, Link) else value
    if not isinstance(text, str) or len(text) <= _WRAPPED:
        return 1
    return ceil((sum(2 if east_asian_width(c) in "WF" else 1 for c in text[:_MOST_FOLDED]) + 2) / characters)


def _columns(value: Any) -> int:
    if isinstance(value, Link):
        value = value.text
    if isinstance(value, str):
        return sum(2 if east_asian_width(c) in "WF" else 1 for c in value[: WIDTHS[1]])
    if isinstance(value, datetime):
        return 15
    return 10 if isinstance(value, (float, date, Formula, int)) else 4
