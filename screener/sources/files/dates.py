"""Days and times as files write them, each read to its last character; times become those of Shanghai.

1. Each different text is read once: year first (2026-06-30, 2026/6/30, 2026.06.30, 2026年6月30日, 20260630), serial
   numbers of Excel, names of months, day and month first only where the column leaves no doubt which is which.
2. A time of day may follow, with AM/PM or 上午/下午, with an offset or Z, which is converted; without one it is local.
3. Years have four digits and lie in 1990 … 2100. Anything else is no day, and nothing is cut off to make it one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

FIRST, LAST = 1990, 2100
MIDNIGHT = time(0)
_SHANGHAI = timedelta(hours=8)
_EXCEL = datetime(1899, 12, 30)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_WEEKDAYS = "一二三四五六日"
_YEAR_FIRST = re.compile(
    r"(?P<y>[0-9]{4})(?:(?P<s>[-/.])(?P<m>[0-9]{1,2})(?P=s)(?P<d>[0-9]{1,2})|年(?P<m2>[0-9]{1,2})月(?P<d2>[0-9]{1,2})日"
    r"|(?P<m3>[0-9]{2})(?P<d3>[0-9]{2}))"
)
_YEAR_LAST = re.compile(r"(?P<a>[0-9]{1,2})(?P<s>[-/.])(?P<b>[0-9]{1,2})(?P=s)(?P<y>[0-9]{4})")
_NAMED = re.compile(
    r"(?:(?P<d>[0-9]{1,2})[- ](?P<m>[A-Za-z]{3,9})[- ,]+|(?P<m2>[A-Za-z]{3,9}) (?P<d2>[0-9]{1,2}),? )(?P<y>[0-9]{4})"
)
_WEEKDAY = re.compile(r"\s*(?:\((?:周|星期)?(?P<a>[一二三四五六日天])\)|(?:周|星期|,)(?P<b>[一二三四五六日天]))")
_CLOCK = re.compile(
    r"(?P<h>[0-9]{1,2})(?::(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2})(?:\.(?P<f>[0-9]{1,9}))?)?"
    r"|[时点](?P<m2>[0-9]{1,2})分(?:(?P<s2>[0-9]{1,2})秒)?)"
)
_PACKED_CLOCK = re.compile(r"(?P<h>[0-9]{2})(?P<m>[0-9]{2})(?P<s>[0-9]{2})?")
_HALF = re.compile(r"\s*(?P<half>AM|PM|A\.M\.|P\.M\.)", re.IGNORECASE)
_OFFSET = re.compile(
    r"\s*(?:(?P<z>Z|UTC|GMT)(?![A-Za-z])|(?P<sign>[+-])(?P<h>[0-9]{2}):?(?P<m>[0-9]{2})?)", re.IGNORECASE
)
_SERIAL = re.compile(r"(?P<days>[0-9]{5})(?:\.(?P<part>[0-9]+))?")


@dataclass(frozen=True)
class Moment:
    """A day, and a time of day where one is told."""

    at: datetime
    timed: bool = False
    serial: bool = False


@dataclass(frozen=True)
class Moments:
    """What the texts of one column say; a text that says nothing is missing from `read`."""

    read: dict[str, Moment]
    order: str = ""  # what 6/7/2026 was taken for: month first or day first
    serials: int = 0


def moments(texts: Iterable[str], date_format: str | None = None) -> Moments:
    """Text → day and time, for the different texts of a column."""
    spelled = {text: cleaned(text) for text in texts}
    if date_format:
        return Moments({text: found for text, plain in spelled.items() if (found := _by_format(plain, date_format))})
    order = _order(spelled.values())
    read = {text: found for text, plain in spelled.items() if (found := moment(plain, order))}
    doubtful = any(_YEAR_LAST.match(plain) for plain in spelled.values())
    return Moments(read, order if doubtful else "", sum(found.serial for found in read.values()))


@lru_cache(maxsize=65536)
def cleaned(text: str) -> str:
    """Half width, without blanks and quotes of a spreadsheet around it."""
    plain = unicodedata.normalize("NFKC", text).replace("\u200b", "").strip()
    wrapped = re.fullmatch(r"=?\"(.*)\"|'(.*)'?", plain)
    return (wrapped[1] or wrapped[2] or "").strip() if wrapped else plain


@lru_cache(maxsize=65536)
def moment(text: str, order: str = "") -> Moment | None:
    """A day with or without a time; None where the text is not one to its last character."""
    serial = _SERIAL.fullmatch(text)
    if serial:
        return _serial(serial)
    if re.fullmatch(r"[0-9]{8}\.0+", text):
        text = text[:8]
    found = _day(text, order)
    if found is None:
        return None
    day, rest = found
    weekday = _WEEKDAY.match(rest)
    if weekday:
        said = (weekday["a"] or weekday["b"]).replace("天", "日")
        if _WEEKDAYS[day.weekday()] != said:
            return None
        rest = rest[weekday.end() :]
    return _with_clock(day, rest, packed=text[:8].isdigit())


def is_open(text: str) -> bool:
    """True where it depends on the others of a column which figure is the month: 6/7/2026."""
    return bool(_YEAR_LAST.match(cleaned(text)))


def _day(text: str, order: str) -> tuple[date, str] | None:
    """The day a text begins with, and what follows it."""
    found = _YEAR_FIRST.match(text)
    if found:
        parts = [found["m"] or found["m2"] or found["m3"], found["d"] or found["d2"] or found["d3"]]
        return _made(found["y"], parts[0], parts[1], text[found.end() :])
    found = _YEAR_LAST.match(text)
    if found:
        a, b = found["a"], found["b"]
        if found["s"] == "." and order != "day first":  # 30.06.2026 is German, 6.30.2026 nobody's
            return None
        month_first = order == "month first" if order else False
        if not order and a != b:
            return None
        return _made(found["y"], a if month_first else b, b if month_first else a, text[found.end() :])
    found = _NAMED.match(text)
    if found:
        month = _MONTHS.get((found["m"] or found["m2"])[:3].lower())
        return _made(found["y"], str(month), found["d"] or found["d2"], text[found.end() :]) if month else None
    return None


def _made(year: str, month: str, day: str, rest: str) -> tuple[date, str] | None:
    try:
        made = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return (made, rest) if FIRST <= made.year <= LAST else None


def _order(texts: Iterable[str]) -> str:
    """Which of day and month comes first in 6/30/2026; empty where the column shows both or neither."""
    orders = set()
    for text in texts:
        found = _YEAR_LAST.match(text)
        if found and int(found["a"]) > 12:
            orders.add("day first")
        elif found and int(found["b"]) > 12:
            orders.add("month first")
    return orders.pop() if len(orders) == 1 else ""


def _with_clock(day: date, rest: str, *, packed: bool) -> Moment | None:
    if not rest.strip():
        return Moment(datetime.combine(day, MIDNIGHT))
    told = _packed(rest) if packed else None
    if told is None:
        told = _spelled(rest)
    if told is None:
        return None
    clock, rest = told
    offset = _OFFSET.match(rest)
    at = datetime.combine(day, clock)
    if offset:
        rest = rest[offset.end() :]
        hours, minutes = int(offset["h"] or 0), int(offset["m"] or 0)
        if hours > 14 or minutes > 59:
            return None
        away = timedelta(hours=hours, minutes=minutes) * (-1 if offset["sign"] == "-" else 1)
        at += _SHANGHAI - away
    return None if rest.strip() else Moment(at, timed=at.time() != MIDNIGHT)


def _packed(rest: str) -> tuple[time, str] | None:
    """20260630150000."""
    found = _PACKED_CLOCK.match(rest)
    return _clock(found["h"], found["m"], found["s"], rest[found.end() :]) if found and rest[0].isdigit() else None


def _spelled(rest: str) -> tuple[time, str] | None:
    begun = re.match(r"(?:T|\s+|,\s*)?(?P<half>上午|下午|晚上|中午|AM |PM )?\s*", rest, re.IGNORECASE)
    half, text = (begun["half"] or "", rest[begun.end() :]) if begun else ("", rest)
    if begun is not None and not begun.end():
        return None
    found = _CLOCK.match(text)
    if not found:
        return None
    text = text[found.end() :]
    behind = _HALF.match(text)
    if behind:
        half, text = half or behind["half"], text[behind.end() :]
    hour = _hour(int(found["h"]), half.strip().upper().replace(".", ""))
    if hour is None:
        return None
    micro = (found["f"] or "0")[:6].ljust(6, "0")
    return _clock(str(hour), found["m"] or found["m2"], found["s"] or found["s2"], text, micro)


def _hour(hour: int, half: str) -> int | None:
    """6 PM → 18; 12 AM → 0. None for 13 PM … 23 PM, which nobody means."""
    if not half:
        return hour
    if hour > 12 or hour == 0:
        return None
    late = half in ("PM", "下午", "晚上", "中午")
    return hour % 12 + 12 * (late and not (half == "中午" and hour == 11))


def _clock(hour: str, minute: str, second: str | None, rest: str, micro: str = "0") -> tuple[time, str] | None:
    try:
        return time(int(hour), int(minute), int(second or 0), int(micro)), rest
    except ValueError:
        return None


def _serial(found: re.Match[str]) -> Moment | None:
    """Days since 1899-12-30, as Excel counts them."""
    part = float(f"0.{found['part']}") if found["part"] else 0.0
    at = _EXCEL + timedelta(days=int(found["days"]), seconds=round(part * 86_400))
    return Moment(at, timed=part > 0, serial=True) if FIRST <= at.year <= LAST else None


def _by_format(text: str, date_format: str) -> Moment | None:
    try:
        at = datetime.strptime(text, date_format)
    except ValueError:
        return None
    if at.tzinfo is not None:
        at = (at - (at.utcoffset() or timedelta(0)) + _SHANGHAI).replace(tzinfo=None)
    return Moment(at, timed=at.time() != MIDNIGHT) if FIRST <= at.year <= LAST else None
