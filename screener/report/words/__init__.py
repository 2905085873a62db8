"""Every word that a person reads: `zh.toml`, `en.toml` with the words of the page; `said/`, the terminal in Chinese;
`figures.toml`, the report's own figures in Chinese.

1. The program says its sentences in English where they arise. A list of `said/` holds each with its Chinese, and
   `{name}` where a value stands: `"{n} alerts since {day}" = "{day} 起共 {n} 条提醒"`. {n}, {m} and {k} are numbers, a
   {figure} has a sign or a unit, {day} is a day; {code}, {code2} (words of the command line) and {raw}, {raw2} stay
   as they are. A value {action} is looked for as `action: value` first: one word may mean two things.
2. `told` gives a sentence in the language of the reader: found as it is, or as one of those with values in it, whose
   values are told in turn; else its parts (` · `, `; `, `: `) are looked for. What no list holds stays as it was said.
3. Lists are read the first time somebody asks for them in Chinese. JSON, CSV and exit codes know no language.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
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
_NUMBER, _FIGURE, _AS_SAID = r"[\d.,]+", r"(?:[+\-\d.,…%]+亿?|—)", ("code", "code2", "raw", "raw2")
_KINDS = {
    **dict.fromkeys("nmk", _NUMBER),
    "day": r"\d{4}-\d\d-\d\d",
    "figure": _FIGURE,
    **dict.fromkeys(("code", "code2"), r"\S+"),
}  # values that are nothing else
_TWOFOLD = ("action",)
_REFUSAL = re.compile(
    r"(?P<what>.+?)(?: \((?P<where>[^()]+(?:\([^()]*\)[^()]*)*)\))?(?:; got (?P<got>.*?))?"
    r"(?:; expected (?P<expected>.*?))?(?:; (?P<more>[\d,]+ more of [\d,]+ files refused))?(?:; next: (?P<next>.*))?"
)
_OF_TABLE = re.compile(r"([a-z_]+): (.+)", re.DOTALL)


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


def described(sentence: str) -> str:
    """What a strategy says of itself: a packaged one in the language of the reader, another in its author's words."""
    return sentence if language() == "en" else lists().whole.get(sentence, sentence)


def refused(sentence: str) -> str:
    """The sentence of an error (`core.errors`) in the language of the reader; what was typed stays as it is."""
    return sentence if language() == "en" else _refused_in_chinese(sentence)


def _refused_in_chinese(sentence: str) -> str:
    found = _REFUSAL.fullmatch(sentence)
    if found is None:
        return _in_chinese(sentence)
    whole = f"{found['what']} ({found['where']})" if found["where"] else ""
    parts = [lists().whole.get(whole) or _of_table(found["what"])]
    if found["where"] and whole not in lists().whole:
        parts[0] += f"（{_around(found['where'])}）"
    parts += [f"{label} {_around(found[key])}" for key, label in (("got", "得到"), ("expected", "应为")) if found[key]]
    parts += [_in_chinese(found["more"])] if found["more"] else []
    parts += [f"下一步：{_around(found['next'])}"] if found["next"] else []
    return "；".join(parts)


def _of_table(text: str) -> str:
    """`bars: a price is negative`: the name of a table is typed, and stays."""
    found = _OF_TABLE.fullmatch(text)
    return f"{found[1]}：{_in_chinese(found[2])}" if found and not known(text) else _in_chinese(text)


def _around(text: str) -> str:
    """A sentence whose words are told, and a list of words, which is typed, as it is."""
    if " " not in text and text not in lists().whole:
        return text
    own = text.partition(": ")[2] in lists().whole  # `a.csv: it is empty`
    found = None if own else _looked_up(text, _around)
    if found is not None:
        return found
    if "; " in text:
        return "；".join(map(_around, text.split("; ")))
    for mark, opening, closing in ((": ", "：", ""), (" (", "（", "）")):
        head, _, tail = text.partition(mark)
        tail = tail.removesuffix(")") if closing else tail
        if tail and known(tail):
            return f"{head}{opening}{_around(tail)}{closing}"
    return text


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


def _looked_up(text: str, tell: Callable[[str], str] | None = None) -> str | None:
    """As a list holds it; `tell`: how the values in it are told."""
    held = lists()
    found = held.whole.get(text)
    if found is not None:
        return found
    tell = tell or _in_chinese
    tried = (shape.fill(text, tell) for part, shape in held.shapes if part in text)
    return next((said for said in tried if said is not None), None)


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
        self._own = max(_VALUE.split(english), key=len)  # what is this sentence's alone
        self._pattern: re.Pattern[str] | None = None

    def fill(self, text: str, tell: Callable[[str], str]) -> str | None:
        """The Chinese with the values of `text`, each told by `tell`; None where it is another sentence, or two."""
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
        if any(self._own in value and "; " in value for value in found.groupdict().values()):
            return None
        values = {name: _value(name, value, tell) for name, value in found.groupdict().items()}
        values = {name: value.replace(", ", "、") if name == "names" else value for name, value in values.items()}
        return _VALUE.sub(lambda name: values[name[0][1:-1]], self.chinese)


def _value(name: str, value: str, tell: Callable[[str], str]) -> str:
    if name in _AS_SAID:
        return value
    return lists().whole.get(f"{name}: {value}") or tell(value) if name in _TWOFOLD else tell(value)


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
