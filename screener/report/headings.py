"""Names of sheets, headings and words of closed lists, in Chinese or English.

1. English is the key itself (`score_low` → "score low"); Chinese stands in `words/sheets.toml`.
2. What is made up of keys is looked up part by part: `costs commission`, `2026Q4_cny`.
3. A key that nobody declared, such as a column of the user's own query, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from screener.report.words import told

# Columns that hold sentences of the program, never words of others.
_SAID = ("verdict", "hindsight", "live", "next_step", "reading", "flags")
_TOLD = ("reason", "note", "notes", "why", "detail", "what", *_SAID)
_QUARTER = re.compile(r"(\d{4}Q\d)_cny")
_EN = {
    "titles": {
        "screen": "Remaining order backlog ÷ market cap",
        "explain": "Where the score comes from",
        "diff": "What changed the scores",
        "rating": "Did the ratings hold?",
        "events": "Abnormal returns after announcements",
        "backtest": "Back-test against the CSI 300",
        "sweep": "Every variant, less what luck gives",
        "delivery": "What became of announced contracts",
        "page": "page &P of &N",
    },
    "charts": {
        "scores": "Score: remaining backlog ÷ market cap",
        "equity": "Growth of 1 yuan against the CSI 300 (log axis)",
        "runoff": "Run-off by quarter, yuan",
        "parts": "Parts of the change of ln score",
        "path": "Mean cumulative abnormal return",
        "sharpe": "Sharpe ratio by variant",
        "halves": "Implied and reported revenue, yuan",
        "hits": "Hit rate",
    },
}


@lru_cache(maxsize=1)
def _chinese() -> Mapping[str, Any]:
    import tomllib  # in English nobody needs it

    return tomllib.loads((Path(__file__).parent / "words" / "sheets.toml").read_text(encoding="utf-8"))


def sheet_name(name: str, lang: str) -> str:
    """The name of the sheet of a table."""
    return str(_chinese()["sheets"].get(name, name)) if lang == "zh" else name


def heading(key: str, lang: str) -> str:
    """The heading of a column or the name of a figure."""
    if quarter := _QUARTER.fullmatch(key):
        return quarter[1]
    if lang == "en":
        return key.replace("_", " ")
    columns = _chinese()["columns"]
    if key.startswith("conclusion_"):  # of a kind of event
        return f"{columns['conclusion']}·{word('kind', key.removeprefix('conclusion_').replace('_', ' '), lang)}"
    if key in columns:
        return str(columns[key])
    parts = key.split(" ")
    return "·".join(heading(part, lang) for part in parts) if len(parts) > 1 else key.replace("_", " ")


def word(key: str, value: str, lang: str) -> str:
    """A value of a closed list, or a sentence of the program; any other text as it is."""
    if lang == "en":
        return value
    found = _chinese()["values"].get(key, {}).get(value)
    return str(found) if found is not None else told(value) if key in _TOLD else value


def said(section: str, key: str, lang: str) -> str:
    """A title or the caption of a chart."""
    return str(_chinese()[section][key]) if lang == "zh" else _EN[section][key]
