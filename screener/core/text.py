r"""Text from outside, made safe to look at: what acts on a screen, or cannot be seen on it, is written out.

Control characters (but newline and tab), direction marks, zero-width and tag characters, line separators and lone
surrogates become escapes like \x1b or \u202e: a title cannot move the cursor, turn a line around or hide a letter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
# What a spreadsheet takes for the beginning of a formula, in full width too: some put that right on their own.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

_NAME = 40  # characters of a name among others


def visible(text: str) -> str:
    r"""`text` with an escape in place of each character that would act or hide; twice is the same as once."""
    return _HIDDEN.sub(_escape, text)


def one_line(text: str) -> str:
    r"""`visible`, with an escape in place of \n and \t too: a name with a line break in it is one name."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def visible_json(text: str) -> str:
    """JSON text in which such characters are written as JSON writes them: it looks harmless and means the same."""
    if text.isascii() and "\x7f" not in text:  # JSON itself writes out the others below 128
        return text
    return _HIDDEN.sub(lambda found: json.dumps(found[0])[1:-1], text)


def inert(text: str) -> str:
    """`text` that no spreadsheet runs as a formula: visible, and quoted where it begins like one."""
    shown = visible(text)
    return f"'{shown}" if text.startswith(FORMULA) or shown.startswith(FORMULA) else shown


def cut(text: str, most: int) -> str:
    """At most so many characters, the last one a sign that some are missing."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def listed(names: Iterable[str], most: int | None = None) -> str:
    """Names of a file with commas between them, at most so many characters; a long name hides no other."""
    text = ", ".join(cut(name, _NAME) for name in names if name)
    return text if most is None else cut(text, most)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
