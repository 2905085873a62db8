"""Every word of the page: one TOML file per language, with the same keys."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from screener.core.errors import UsageError

LANGUAGES = ("zh", "en")
Words = Mapping[str, Any]


@lru_cache(maxsize=len(LANGUAGES))
def words_of(language: str) -> Words:
    """Section → key → text. Raises UsageError for a language the page is not written in."""
    if language not in LANGUAGES:
        raise UsageError("no such language of the page", got=language, expected=" or ".join(LANGUAGES))
    return tomllib.loads((Path(__file__).parent / f"{language}.toml").read_text(encoding="utf-8"))
