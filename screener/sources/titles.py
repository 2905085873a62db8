"""Titles of announcements: in one spelling for comparison, and the kind that a table of patterns gives them.

Patterns stand in data/tables/title_patterns.csv; the first one that is found in a title and whose exception is not
decides. A title that none fits is `other`: it is kept, never dropped.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import lru_cache

from screener.core.errors import DataRefused
from screener.core.resources import tables_dir

OTHER = "other"
_PREFIX = re.compile(r"^[^:]{1,12}:")
_NOT_WORDS = re.compile(r"[\W_]+")


def plain_title(title: str) -> str:
    """Without the marks a search engine puts around words, on one line."""
    return " ".join(re.sub(r"</?em>", "", title).split())


@lru_cache(maxsize=16384)
def comparable(title: str) -> str:
    """Letters and digits of a title without the firm's name before the colon; full width equals half width."""
    text = unicodedata.normalize("NFKC", plain_title(title))
    return _NOT_WORDS.sub("", _PREFIX.sub("", text) or text).lower()


def kind_of(title: str) -> str:
    """The kind of the first pattern that fits; `other` where none does."""
    text = unicodedata.normalize("NFKC", plain_title(title))
    for pattern, exception, kind in _patterns():
        if pattern.search(text) and not (exception and exception.search(text)):
            return kind
    return OTHER


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], re.Pattern[str] | None, str], ...]:
    path = tables_dir() / "title_patterns.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        return tuple(
            (re.compile(row["pattern"]), re.compile(row["except"]) if row["except"] else None, row["kind"])
            for row in rows
        )
    except (re.error, KeyError) as error:
        raise DataRefused("a title pattern is broken", where=path.name, got=error) from None
