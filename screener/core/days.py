"""Days as people write them."""

from __future__ import annotations

from datetime import date, datetime

from screener.core.errors import UsageError

Day = date | str | None
_SHAPES = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d")


def day_of(given: Day) -> date | None:
    """`2026-06-30`, `20260630` or `2026/6/30` → a date; a date as it is. Raises UsageError."""
    if given is None or (isinstance(given, date) and not isinstance(given, datetime)):
        return given
    if isinstance(given, datetime):
        return given.date()
    for shape in _SHAPES:
        try:
            return datetime.strptime(given, shape).date()
        except ValueError:
            continue
    raise UsageError("date not understood", got=repr(given), expected="a day like 2026-06-30 or 20260630")
