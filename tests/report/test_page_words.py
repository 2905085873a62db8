"""The Chinese page is Chinese: no English word is left that is not a name, and its marks are full-width ones.

Text, labels for screen readers, charts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.commands.test_languages import left_in_english
from tests.report.pages import parsed, source

# Latin letters that stand on the page, and why; those of the terminal beside them.
ALLOWED = {
    r"DSR|CAAR|CAR|GRANK-T|BMP|Corrado|Patell|Wilcoxon|Kolari–Pynnönen|Brown–Warner": "names of statistics",
    r"GPU|IT|AI|GW|MW|kW|TOPS|TFLOPS": "names and units of the trade",
    r"JavaScript|CSV|polars|duckdb|numpy|numba|plotly|jinja2|compute-lease-screener": "programs and formats",
    r"policy|lag|hold": "parameters of strategies, as they are typed",
}
_ALLOWED = re.compile("|".join(f"(?:{one})" for one in ALLOWED))
SPOKEN = ("title", "aria-label", "placeholder", "alt")
# A half-width mark beside a Chinese letter.
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff）」][:;,?!(]|[:;,)] ?[\u4e00-\u9fff（]")
DRAWN = ("name", "text", "ticktext", "hovertemplate")


def seen() -> Iterator[str]:
    """Every text of the Chinese page that a person reads or is read."""
    page = parsed("zh")
    yield from page.text
    yield from (attrs[name] for _, attrs in page.elements for name in SPOKEN if attrs.get(name))
    data = next(json.loads(text) for _, attrs, text in page.raw if attrs.get("id") == "data")
    yield from (*data["words"].values(), *drawn(data["charts"]))


def drawn(value: Any, of: str = "text") -> Iterator[str]:
    """What a chart writes: names of its lines, titles, ticks, and what stands beside the pointer."""
    if isinstance(value, str):
        yield from [re.sub(r"%\{[^}]*\}|<[^>]*>", " ", value)] if of in DRAWN else []
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from drawn(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from drawn(item, of)


def test_the_chinese_page_leaves_no_english() -> None:
    texts = list(dict.fromkeys(seen()))
    assert len(texts) > 500 and any("宏景科技" in text for text in texts)
    left = {word: text for text in texts for word in left_in_english(text) if not _ALLOWED.fullmatch(word)}
    assert left == {}


def test_marks_beside_chinese_are_full_width() -> None:
    titles = sorted({row.title for row in source().market.announcements}, key=len, reverse=True)  # as published
    apart = re.compile("|".join(map(re.escape, titles)))
    assert {text for text in seen() if HALF_WIDTH.search(apart.sub(" ", text))} == set()
