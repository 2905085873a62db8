"""The sentences of the program, read off its source: what is printed, what is refused, with what, and what to do next.

1. `sayings`: what stands where it is printed or refused, however short.
2. `prose`: whatever else reads like a sentence, wherever it stands: notes, reasons, meanings, parts of sentences that
   are put together. A docstring is none, nor what a machine reads (`_MACHINES`), nor the rooms of `APART`.

A value in a sentence becomes VALUE.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "screener"
VALUE = "‹›"
_ERRORS = {
    "ScreenerError", "UsageError", "SourceDown", "UnknownSymbol", "CalendarGap", "RuleGap", "DataRefused", "StoreError",
    "StrategyError", "AuditMismatch", "Decided",
}  # fmt: skip
_SAID = {"say", "told"}
_NAMED = {"title", "empty"}
# Two words beside each other, in small letters: no code, column, path or name.
_PROSE = re.compile(r"[A-Za-z]{2,}[,:;]? [a-z]{2,}")
# SQL, patterns, styles, scripts, whole texts with lines.
_MACHINES = re.compile(
    r"\\[wdS(]|\[\^|\n|rgb\(|-src |SET [a-z_]+ =|RESET [a-z_]+$|immutable$|use strict|<script|/\*|yyyy|"
    r"\b(SELECT|FROM|WHERE|INSERT|CREATE|DROP|UPDATE|DELETE|ORDER BY|PARTITION|COPY|AND|OVER|VALUES|AS|IN|NOT|IS|ON)\b"
)
# Files whose English has its Chinese elsewhere, or is read by machines alone, and why.
APART = {
    "report/headings.py": "sheets.toml",
    "report/sheets.py": "names of columns; sheets.toml",
    "serving/tools.py": "a language model reads it",
    "commands/groups.py": "the help, which has a test of its own",
}


def _texts(node: ast.expr | None) -> Iterator[str]:
    """The sentence of an expression; of a choice between two, both."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield _joined(node)
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def _joined(node: ast.JoinedStr) -> str:
    return "".join(str(part.value) if isinstance(part, ast.Constant) else VALUE for part in node.values)


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _of_call(node: ast.Call) -> Iterator[str]:
    name, named = _called(node), {word.arg: word.value for word in node.keywords}
    if name in _SAID and node.args:
        yield from _texts(node.args[0])
    elif name == "print_table":
        for key in _NAMED & named.keys():
            yield from _texts(named[key])
    elif name == "Field" and "name" not in named and len(node.args) > 1:
        yield from _texts(node.args[1])
    elif name in _ERRORS:
        for part in (*node.args[:1], named.get("what"), named.get("expected"), named.get("next_step")):
            yield from _texts(part)


def sayings(kind: str) -> list[tuple[str, str]]:
    """(place, sentence) of all `errors`, or of all that is `printed`."""
    return _sayings()[kind]


@cache
def _sayings() -> dict[str, list[tuple[str, str]]]:
    """Both, in one pass: the source is large."""
    found: dict[str, list[tuple[str, str]]] = {"errors": [], "printed": []}
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                found["errors" if _called(node) in _ERRORS else "printed"] += [(place, t) for t in _of_call(node)]
    return found


def prose() -> Iterator[tuple[str, str]]:
    """(place, text) of every literal that reads like a sentence; `{}` of a format is a value too."""
    for path in sorted(ROOT.rglob("*.py")):
        name = str(path.relative_to(ROOT))
        if name not in APART:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for line, text in _literals(tree):
                if _PROSE.search(text) and not _MACHINES.search(text):
                    yield f"{name}:{line}", text


def _literals(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, text) of what is neither a docstring nor a part of a longer literal."""
    nodes = list(ast.walk(tree))
    inside = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    inside |= {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        if id(node) in inside:
            continue
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, _joined(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value.replace("{}", VALUE)
