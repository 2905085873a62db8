"""Days as people write them: one reader for every option, argument and method that takes a day.

1. Full-width letters and blanks are brought to half width; capitals do not matter.
2. Year, month and day with `-`, `/`, `.` or 年月日 between them, or eight digits.
3. `today`, `yesterday` (今天, 昨天), and a time before today: `-30d`, `-2w`, `-3m`, `-1y`.
   Today is the date in Shanghai, whatever the store holds; $SCREENER_NOW stands in for the clock.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta

from screener.core.errors import UsageError

Day = date | str | None
SPELLINGS = "2026-06-30, 2026/6/30, 20260630, 2026年6月30日, today, yesterday, -30d, -3m or -1y"
_WRITTEN = re.compile(r"(\d{4})([-/.年])(\d{1,2})([-/.月])(\d{1,2})日?|(\d{4})(\d{2})(\d{2})", re.ASCII)
_BEFORE = re.compile(r"-(\d{1,6})([dwmy])", re.ASCII)
_NAMED = {"today": 0, "今天": 0, "今日": 0, "yesterday": 1, "昨天": 1, "昨日": 1}
_MONTHS = {"m": 1, "y": 12}
_DAYS = {"d": 1, "w": 7}


def day_of(given: Day) -> date | None:
    """A date out of any of the spellings above; a date as it is, None for None. Raises UsageError."""
    if given is None or (isinstance(given, date) and not isinstance(given, datetime)):
        return given
    if isinstance(given, datetime):
        return given.date()
    text = unicodedata.normalize("NFKC", given).strip().lower().replace(" ", "")
    try:
        found = _written(text) or _relative(text)
    except (ValueError, OverflowError):  # the 31st of June; before the year 1
        found = None
    if found is None:
        raise UsageError("date not understood", got=repr(given), expected=f"a day like {SPELLINGS}")
    return found


def is_before_today(word: str) -> bool:
    """True for `-30d` and its like, which a parser of options would take for one."""
    return bool(_BEFORE.fullmatch(unicodedata.normalize("NFKC", word).strip().lower()))


def not_come(day: date) -> UsageError:
    """The refusal of a first day after today: there is nothing from then on."""
    return UsageError("that day has not come yet", got=day, expected=f"{today()} or earlier")


def in_order(first: date | None, last: date | None) -> None:
    """Raises UsageError where the first of two days is the later one."""
    if first is not None and last is not None and first > last:
        raise UsageError("the days are the wrong way round", got=f"{first} {last}", expected="the earlier day first")


def today() -> date:
    """The date in Shanghai."""
    from screener.core.known import fixed_now, shanghai_now

    return (fixed_now() or shanghai_now()).date()


def _written(text: str) -> date | None:
    found = _WRITTEN.fullmatch(text)
    if not found:
        return None
    first, second = found[2], found[4]
    if found[6] is None and not (first == second or (first, second) == ("年", "月")):
        return None
    year, month, day = (found[6], found[7], found[8]) if found[6] else (found[1], found[3], found[5])
    return date(int(year), int(month), int(day))


def _relative(text: str) -> date | None:
    if text in _NAMED:
        return today() - timedelta(days=_NAMED[text])
    found = _BEFORE.fullmatch(text)
    if not found:
        return None
    count, unit = int(found[1]), found[2]
    if unit in _DAYS:
        return today() - timedelta(days=count * _DAYS[unit])
    from screener.core.calendar import add_months

    return add_months(today(), -count * _MONTHS[unit])
