"""Every word that a person reads: `zh.toml`, `en.toml` with the words of the page; `said/`, the terminal in Chinese;
`figures.toml`, the report's own figures in Chinese.

1. The program says its sentences in English where they arise. A list of `said/` holds each with its Chinese, and
   `{name}` where a value stands: `"{n} alerts since {day}" = "{day} 起共 {n} 条提醒"`. {n}, {m} and {k} are numbers, a
   {figure} has a sign or a unit, {day} is a day; {code} (a word of the command line) and {raw} stay as they are.
2. `told` gives a sentence in the language of the reader: found as it is, or as one of those with values in it, whose
   values are told in turn; else its parts (` · `, `; `, `: `) are looked for. What no list holds stays as it was said.
3. Lists are read the first time somebody asks for them in Chinese. JSON, CSV and exit codes know no language.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

from screener.core.errors import UsageError
from screener.core.resources import tables_dir
from screener.core.settings import settings

LANGUAGES = ("zh", "en")
VARIABLE = "SCREENER_LANG"
Words = Mapping[str, Any]
_HERE = Path(__file__).parent
_SPOKEN: ContextVar[str | None] = ContextVar("language of the terminal", default=None)
# What stands between parts of a sentence, in Chinese.
_BETWEEN = ((" · ", " · "), ("; ", "；"), (", ", "，"), (": ", "："))
# Closed lists of the page whose codes stand in tables too.
_CODES = (
    "coverages", "exclusions", "flags", "directions", "amounts", "sides", "refusals", "basis", "statuses", "mistakes",
)  # fmt: skip
_PAIR = re.compile(r'^"((?:[^"\\]|\\")*)" = "((?:[^"\\]|\\")*)"$', re.MULTILINE)
_VALUE = re.compile(r"\{\w+\}")
_NUMBER, _FIGURE, _AS_SAID = r"[\d.,]+", r"(?:[+\-\d.,…%]+亿?|—)", ("code", "raw")
_KINDS = {
    **dict.fromkeys("nmk", _NUMBER),
    "day": r"\d{4}-\d\d-\d\d",
    "figure": _FIGURE,
    "code": r"\S+",
}  # values that are nothing else


@lru_cache(maxsize=len(LANGUAGES))
def words_of(language: str) -> Words:
    """The words of the page: section → key → text. Raises UsageError for a language there is none of."""
    return _read(_HERE / f"{checked(language)}.toml")


def checked(language: str, where: str = "") -> str:
    """A language there are words of. Raises UsageError."""
    if language not in LANGUAGES:
        raise UsageError("no such language", where=where, got=language, expected=" or ".join(LANGUAGES))
    return language


def of_environment() -> str:
    """$SCREENER_LANG, else the setting `language`, else that of the locale. Raises UsageError for a wrong variable."""
    if chosen := os.environ.get(VARIABLE):
        return checked(chosen, f"${VARIABLE}")
    with suppress(UsageError):  # settings that are refused are refused elsewhere, in some language
        if chosen := settings().get("language"):
            return checked(chosen)
    locale = next((found for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (found := os.environ.get(name))), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def language() -> str:
    """The language of the terminal."""
    return _SPOKEN.get() or of_environment()


@contextmanager
def spoken(chosen: str | None) -> Iterator[None]:
    """Within it the terminal speaks a language; None: that of the environment. Raises UsageError."""
    before = _SPOKEN.set(checked(chosen, "--lang") if chosen is not None else of_environment())
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def told(sentence: str) -> str:
    """A sentence of the program in the language of the reader."""
    if not sentence or language() == "en":
        return sentence
    return _in_chinese(sentence)


def known(sentence: str) -> bool:
    """Whether a list holds it, as it is or with values in it."""
    return _looked_up(sentence) is not None


@lru_cache(maxsize=4096)
def _in_chinese(sentence: str) -> str:
    text = sentence.strip()
    found = _looked_up(text)
    if found is None:
        found = _in_parts(text)
    return sentence.replace(text, found, 1) if found != text else sentence


def _looked_up(text: str) -> str | None:
    held = lists()
    found = held.whole.get(text)
    if found is not None:
        return found
    return next((said for part, shape in held.shapes if part in text and (said := shape.fill(text)) is not None), None)


def _in_parts(text: str) -> str:
    for mark, chinese in _BETWEEN:
        parts = text.split(mark)
        if len(parts) > 1 and (said := [_in_chinese(part) for part in parts]) != parts:
            return chinese.join(said)
    return _in_words(text)


def _in_words(text: str) -> str:
    """`R05-1 unconfirmed tax_unknown`: codes of closed lists beside ids; a text with any other word stays."""
    parts, whole = text.split(" "), lists().whole
    if len(parts) > 1 and all(part in whole or any(sign.isdigit() for sign in part) for part in parts):
        return " ".join(whole.get(part, part) for part in parts)
    return text


class _Shape:
    """A sentence with values in it, and its Chinese."""

    def __init__(self, english: str, chinese: str) -> None:
        self.english, self.chinese = english, chinese
        self._pattern: re.Pattern[str] | None = None

    def fill(self, text: str) -> str | None:
        """The Chinese with the values of `text`; None where it is another sentence."""
        if self._pattern is None:
            names = [name[1:-1] for name in _VALUE.findall(self.english)]
            parts = [re.escape(part) for part in _VALUE.split(self.english)]
            inner = (
                f"(?P<{name}>{_KINDS.get(name, '.*?')}){part}" for name, part in zip(names, parts[1:], strict=True)
            )
            self._pattern = re.compile(parts[0] + "".join(inner), re.DOTALL)
        found = self._pattern.fullmatch(text)
        if found is None:
            return None
        values = {name: value if name in _AS_SAID else _in_chinese(value) for name, value in found.groupdict().items()}
        values = {name: value.replace(", ", "、") if name == "names" else value for name, value in values.items()}
        return _VALUE.sub(lambda name: values[name[0][1:-1]], self.chinese)


class _Lists:
    """All lists of the terminal: whole sentences, and shapes with the longest part that never changes."""

    def __init__(self) -> None:
        import csv

        self.whole: dict[str, str] = {}
        with (tables_dir() / "kinds.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                self.whole |= {row["kind"]: row["label_zh"], row["kind"].replace("_", " "): row["label_zh"]}
                self.whole.setdefault(row["label_en"], row["label_zh"])
        page = words_of("zh")
        for section in _CODES:
            self.whole |= {
                form: said for code, said in page[section].items() for form in (code, code.replace("_", " "))
            }
        shapes: dict[str, str] = {}
        for path in sorted((_HERE / "said").glob("*.toml")):
            for english, chinese in pairs(path.read_text(encoding="utf-8")):
                (shapes if _VALUE.search(english) else self.whole)[english] = chinese
        ordered = sorted(shapes, key=lambda one: -sum(map(len, _VALUE.split(one))))
        self.shapes = [(max(_VALUE.split(one), key=len), _Shape(one, shapes[one])) for one in ordered]


@lru_cache(maxsize=1)
def lists() -> _Lists:
    """All lists of Chinese, read once."""
    return _Lists()


@lru_cache(maxsize=1)
def figures() -> Mapping[str, str]:
    """What the tables of the report's figures say → its Chinese; read by the page alone."""
    return dict(pairs((_HERE / "figures.toml").read_text(encoding="utf-8")))


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """(English, Chinese) of a list of `said`: TOML with a pair a line, read ten times faster than any TOML is."""
    for english, chinese in _PAIR.findall(text):
        yield english.replace('\\"', '"'), chinese.replace('\\"', '"')


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(path.read_text(encoding="utf-8"))
