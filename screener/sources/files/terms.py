"""How long a contract runs: months, years, or until a day."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from screener.sources.files.dates import moment

_CHINESE = {word: number for number, word in enumerate("零一二三四五六七八九十", 0)} | {"两": 2, "半": 0.5}
_DIGIT = "[一二三四五六七八九]"
_COUNT = rf"[0-9]+(?:\.[0-9]+)?|{_DIGIT}?十{_DIGIT}?|[一二三四五六七八九十两半]"
_SPAN = re.compile(
    rf"(?:(?P<years>{_COUNT})\s*(?:年|years?|yrs?))?(?P<half>半)?\s*(?:(?P<months>{_COUNT})\s*(?:个?月|months?|mos?))?",
    re.IGNORECASE,
)
_DAYS = re.compile(r"(?P<days>[0-9]+)\s*(?:天|日|days?)", re.IGNORECASE)
_FROM = re.compile(
    r"(?:自|从)?\s*(?P<first>.+?[0-9日号])(?:起|开始)?\s*(?:至|到|—+|–|~|-(?=\s|[0-9]{4}))\s*(?P<last>[0-9].+?)(?:止|为止)?"
)
_UNTIL = re.compile(r"(?:截至|截止到?|至|到|until|through)\s*(?P<day>.+?)(?:止|为止|前)?", re.IGNORECASE)
_MONTH = 365.25 / 12


def months_of(text: str, since: date | None) -> int | None:
    """Months of `36个月`, `3年`, `1095天`, `截至2029年6月30日` (counted from `since`),
    `2026年4月1日至2029年3月31日`; None: not understood."""
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = re.sub(r"^(共|合计|约|为期|期限[:为]?)", "", plain)
    span = _SPAN.fullmatch(plain)
    if span and plain:
        total = 12 * _count(span["years"]) + _count(span["months"]) + (6 if span["half"] else 0)
        return int(total) if total > 0 and total == int(total) else None
    days = _DAYS.fullmatch(plain)
    if days:
        years = int(days["days"]) / 365
        return round(12 * years) if years == int(years) and years > 0 else None
    spell = _FROM.fullmatch(plain)
    if spell and (begun := moment(spell["first"].strip())) and (ended := moment(spell["last"].strip())):
        return _between(begun.at.date(), ended.at.date())
    until = _UNTIL.fullmatch(plain)
    end = moment(until["day"].strip() if until else plain)
    return _between(since, end.at.date()) if end and since else None


def _between(first: date, last: date) -> int | None:
    return max(1, round((last - first).days / _MONTH)) if last > first else None


def _count(text: str | None) -> float:
    if not text:
        return 0
    if text[0].isdigit():
        return float(text)
    if len(text) == 1:
        return float(_CHINESE[text])
    tens, _, ones = text.partition("十")
    return 10.0 * (_CHINESE[tens] if tens else 1) + (_CHINESE[ones] if ones else 0)
