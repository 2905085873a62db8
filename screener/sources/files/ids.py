"""Names of facts whose file gives none: the provider's own, else firm and day, the same at every reading.

1. An address of cninfo or East Money carries the announcement's number; fetched rows are named by it too.
2. Else symbol and day, and a number from the second announcement of that day on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

_CNINFO = re.compile(r"announcementId=(?P<id>[0-9]{6,20})(?![0-9])")
_EASTMONEY = re.compile(r"/(?P<id>AN[0-9]{15,22})(?![0-9])")


def announcement_ids(rows: Sequence[dict[str, Any]]) -> list[str]:
    """One name for each row (symbol, event_date, title, url); rows of one announcement share theirs."""
    days: dict[tuple[str, date], list[str]] = {}
    names = []
    for row in rows:
        number = _number(row.get("url"))
        if number:
            names.append(number)
            continue
        titles = days.setdefault((row["symbol"], row["event_date"]), [])
        title = row.get("title") or ""
        if title not in titles:
            titles.append(title)
        place = titles.index(title)
        names.append(f"{row['symbol']}-{row['event_date']:%Y%m%d}" + (f"-{place + 1}" if place else ""))
    return names


def numbered(parents: Sequence[str]) -> list[str]:
    """`A-1`, `A-2` for the first and second row of A."""
    seen: dict[str, int] = {}
    names = []
    for parent in parents:
        seen[parent] = seen.get(parent, 0) + 1
        names.append(f"{parent}-{seen[parent]}")
    return names


def _number(url: str | None) -> str | None:
    if not url:
        return None
    found = _CNINFO.search(url)
    if found:
        return f"cninfo-{found['id']}"
    found = _EASTMONEY.search(url)
    return f"em-{found['id']}" if found else None
