"""Writes data/tables/sessions.csv from the calendar XSHG of exchange-calendars.

1. Sessions run from the first one of 2005 to the last one the installed calendar knows, 2026-12-31 at the latest:
   later years are not announced yet, and a guessed holiday would be a wrong session.
2. Shanghai and Shenzhen trade on the same days, so one calendar serves both.

Run it from the checkout: `python data/make_sessions.py`.
"""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import exchange_calendars  # type: ignore[import-untyped]

FIRST = date(2005, 1, 1)
LAST = date(2026, 12, 31)
SOURCE = "exchange-calendars XSHG"
TARGET = Path(__file__).resolve().parent / "tables" / "sessions.csv"


def sessions(first: date = FIRST, last: date = LAST) -> list[date]:
    """Sessions from `first` to `last`, clipped to what the calendar knows."""
    bound = exchange_calendars.exchange_calendar_xshg.XSHGExchangeCalendar.bound_max()
    end = min(last, bound.date()) if bound is not None else last
    calendar = exchange_calendars.get_calendar("XSHG", start=first.isoformat(), end=end.isoformat())
    return [stamp.date() for stamp in calendar.sessions]


def as_csv(days: list[date]) -> str:
    """The text of sessions.csv; known_at stays empty: by the rule of the table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["session", "known_at", "source"])
    writer.writerows([day.isoformat(), "", SOURCE] for day in days)
    return text.getvalue()


if __name__ == "__main__":
    TARGET.write_text(as_csv(sessions()), encoding="utf-8", newline="\n")
