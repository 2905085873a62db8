"""A condition over the columns of a table, in the words of SQL's WHERE: `score > 0.03 and not st`.

1. The text is cut into words. A name must be a column or one of a few words and functions; anything else (a semicolon,
   SELECT, a function that reads a file or makes a long text) has no word here and is refused.
2. What is left goes to polars' reader of SQL expressions, columns in quotes, and is asked of a frame of known types.
3. A comparison with an unknown value is unknown, and so is a division by zero: as a number polars holds it to be
   greater than any other. Such rows are left out, and counted by the column that is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import polars as pl

from screener.core.errors import UsageError

LONGEST, DEEPEST = 1000, 20  # characters; brackets inside each other
_OPTION = "--where"
_WORDS = frozenset(["and", "or", "not", "in", "between", "is", "null", "like", "ilike", "true", "false"])
_FUNCTIONS = frozenset(["abs", "round", "coalesce", "greatest", "least", "lower", "upper", "length"])
_UNITS = {"万": 10_000, "亿": 100_000_000}
_EXPECTED = "columns, numbers, 'texts', < = >, and or not"
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)(?P<unit>[万亿]?)(?![A-Za-z_\d.])"
    r"|(?P<text>'[^'\x00-\x1f]*')|(?P<name>[A-Za-z_][A-Za-z_0-9]*)|(?P<sign><=|>=|<>|!=|==|[<>=+\-*/(),]))",
)


@dataclass(frozen=True)
class Condition:
    """A condition that was understood."""

    text: str
    columns: tuple[str, ...]  # that it asks about, in order
    expression: pl.Expr

    @classmethod
    def of(cls, text: str, columns: Sequence[str]) -> Condition:
        """Raises UsageError that names the word, and the nearest columns where it is none."""
        if not text.strip() or len(text) > LONGEST:
            raise _refused("no condition, or too long a one", f"{len(text)} characters", f"1 to {LONGEST}")
        words, asked = _read(text, columns)
        try:
            expression = pl.sql_expr(" ".join(_never_by_zero(words)))
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError):
            raise _refused("condition not understood", repr(text), _EXPECTED) from None
        return cls(text.strip(), tuple(dict.fromkeys(asked)), expression)

    def judged(self, frame: pl.DataFrame) -> list[bool | None]:
        """Row by row: whether it holds; None where that is unknown. Raises UsageError for what is no yes or no."""
        try:
            found = frame.with_columns(self.expression.alias(_ANSWER))[_ANSWER]
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError) as error:
            raise _refused("condition cannot be answered", repr(self.text), _first_line(error)) from None
        if found.dtype not in (pl.Boolean, pl.Null):
            raise _refused("condition is no yes or no", repr(self.text), "a comparison, as score > 0.03")
        return found.cast(pl.Boolean).to_list()


_ANSWER = "holds "


def unknown_columns(condition: Condition, rows: Sequence[Mapping[str, object]]) -> dict[str, int]:
    """Column of the condition → of how many of the rows it is unknown; columns that are known everywhere left out."""
    counts = {name: sum(row[name] is None for row in rows) for name in condition.columns}
    return {name: count for name, count in counts.items() if count}


def nearest(name: str, columns: Sequence[str]) -> str:
    """Columns whose name is like `name`, else all of them."""
    return ", ".join(get_close_matches(name.lower(), columns, n=3, cutoff=0.5) or columns)


def _read(text: str, columns: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words for polars, and the columns among them."""
    known, words, asked, place, depth = frozenset(columns), [], [], 0, 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if not found:
            rest = text[place:].strip()
            raise _refused("condition not understood", repr(rest[:40]), _EXPECTED)
        place = found.end()
        depth += (found["sign"] == "(") - (found["sign"] == ")")
        if depth > DEEPEST:
            raise _refused("too many brackets inside each other", repr(text[:40]), f"at most {DEEPEST}")
        if found["name"] in known:
            asked.append(found["name"])
        words.append(_word(found, text, known))
    return words, asked


def _never_by_zero(words: Sequence[str]) -> list[str]:
    """`a / b` as `a / nullif(b, 0)`; what is divided by ends with a value, or with the bracket that closes it."""
    told, place = list[str](), 0
    while place < len(words):
        told.append(words[place])
        place += 1
        if told[-1] == "/":
            end = _operand(words, place)
            told += ["nullif", "(", *_never_by_zero(words[place:end]), ",", "0", ")"]
            place = end
    return told


def _operand(words: Sequence[str], place: int) -> int:
    """Where the operand that begins at a place ends: signs, a function's name, then a value or a pair of brackets."""
    while place < len(words) and words[place] in ("-", "+"):
        place += 1
    place += words[place : place + 1] != [] and words[place] in _FUNCTIONS
    depth = 0
    for end in range(place, len(words)):
        depth += (words[end] == "(") - (words[end] == ")")
        if depth <= 0:
            return end + 1
    return len(words)


def _word(found: re.Match[str], text: str, known: frozenset[str]) -> str:
    if found["number"]:
        value = float(found["number"]) * _UNITS.get(found["unit"], 1)
        return repr(value) if found["unit"] else found["number"]
    name = found["name"]
    if name is None:
        return "=" if found["sign"] == "==" else found["text"] or found["sign"]
    if name in known:
        return f'"{name}"'
    rest = "".join(text[found.end() : found.end() + 80].split())
    called = rest.startswith("(")
    if called and rest.startswith("()"):
        raise _refused("a function of nothing", name, "a column or a value in its brackets, as abs(score)")
    if name.lower() in _WORDS or (called and name.lower() in _FUNCTIONS):
        return name.lower()
    if called:
        raise _refused("no such function", name, ", ".join(sorted(_FUNCTIONS)))
    raise _refused("no such column", name, nearest(name, sorted(known)))


def _refused(what: str, got: str, expected: str) -> UsageError:
    return UsageError(what, where=_OPTION, got=got, expected=expected)


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0][:200] if str(error) else "a comparison, as score > 0.03"
