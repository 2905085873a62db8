"""Amounts as announcements print them: `3.03亿`, `30300万元`, `35-40亿`, `5000万美元`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from screener.core.errors import UsageError

UNITS = {"亿": 1e8, "百万": 1e6, "万": 1e4, "千": 1e3, "": 1.0}
_CURRENCIES = {
    "人民币": "CNY",
    "元": "CNY",
    "RMB": "CNY",
    "CNY": "CNY",
    "¥": "CNY",
    "￥": "CNY",
    "美元": "USD",
    "USD": "USD",
    "$": "USD",
    "港元": "HKD",
    "港币": "HKD",
    "HKD": "HKD",
    "欧元": "EUR",
    "EUR": "EUR",
    "€": "EUR",
    "日元": "JPY",
    "JPY": "JPY",
    "英镑": "GBP",
    "GBP": "GBP",
    "新加坡元": "SGD",
    "新元": "SGD",
    "SGD": "SGD",
}
_NUMBER = r"(?P<number>[0-9][0-9,]*(?:\.[0-9]+)?)"
_WORDS = "|".join(re.escape(word) for word in sorted(_CURRENCIES, key=len, reverse=True))
_END = re.compile(rf"^(?P<before>{_WORDS})?{_NUMBER}(?P<unit>亿|百万|万|千)?(?P<after>(?:{_WORDS})*)$", re.IGNORECASE)
_ASIDE = re.compile(r"[（(][^（()）]*[)）]|不超过|不低于|不少于|至多|至少|预计|合计|总计|约|近|超|余|左右|以上|以内|\s")


@dataclass(frozen=True)
class Printed:
    """An amount or a range as printed. `slack`: half a unit of the last printed digit."""

    low: float
    high: float
    slack: float
    currency: str = "CNY"


def printed(text: str) -> Printed | None:
    """What a printed cell says; None where it says something else. Words beside the figure (约, 含税) do not count."""
    parts = re.split(r"[-~–—～至]", _ASIDE.sub("", text.replace("，", ",")))
    ends = [end for end in map(_END.match, parts) if end]
    if len(ends) != len(parts) or len(ends) > 2:
        return None
    values = [_value(end, ends[-1]["unit"] or "") for end in ends]
    (low, _), (high, slack) = values[0], values[-1]
    named = {_CURRENCIES[word.upper()] for end in ends for word in _named(end)}
    if low > high or len(named - {"CNY"}) > 1:
        return None
    return Printed(low, high, max(slack, values[0][1]), next(iter(named - {"CNY"}), "CNY"))


def amounts(text: str | None, basis: str | None) -> tuple[float | None, float | None, str]:
    """(low, high, basis) in yuan of `3.03亿`, `30300万`, `303000000` or a range `2亿-3亿`. Raises UsageError."""
    if text is None:
        if basis not in (None, "undisclosed"):
            raise UsageError("a basis without an amount", got=basis, expected="--amount too")
        return None, None, "undisclosed"
    found = [_plain(part, text) for part in re.split(r"[-~–—至]", text)]
    if len(found) > 2 or (len(found) == 2 and found[0] >= found[1]):
        raise UsageError("amount not understood", got=text, expected="3.03亿, or a range from low to high like 2亿-3亿")
    if len(found) == 2:
        return found[0], found[1], "range"
    if basis == "ceiling":
        return None, found[0], "ceiling"
    return found[0], found[0], basis or "exact"


def _plain(part: str, text: str) -> float:
    """Yuan of `3.03亿`, an end of what a person typed. Raises UsageError."""
    found = _END.match(part.strip().replace("，", ","))
    if not found or any(_CURRENCIES[word.upper()] != "CNY" for word in _named(found)):
        raise UsageError("amount not understood", got=text, expected="3.03亿, 30300万 or 303000000")
    value = _value(found, "")[0]
    if value <= 0:
        raise UsageError("amount is zero", got=text, expected="a figure above 0, or no --amount where undisclosed")
    return value


def _value(end: re.Match[str], unit: str) -> tuple[float, float]:
    """(value, half a unit of its last digit); the first end of a range may leave the unit to the second."""
    digits, scale = end["number"].replace(",", ""), UNITS[end["unit"] or unit]
    decimals = len(digits.partition(".")[2])
    return round(float(digits) * scale, 2), 0.5 * scale * 10.0**-decimals


def _named(end: re.Match[str]) -> list[str]:
    return [*filter(None, [end["before"]]), *re.findall(_WORDS, end["after"] or "", re.IGNORECASE)]
