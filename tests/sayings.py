"""The sentences of the program, read off its source: what is printed, what is refused, with what, and what to do next.

A value in a sentence becomes VALUE; a sentence that is put together out of others is not seen here, and is found by
looking at what commands print.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "screener"
VALUE = "‹›"
_ERRORS = {
    "ScreenerError", "UsageError", "SourceDown", "UnknownSymbol", "CalendarGap", "RuleGap", "DataRefused", "StoreError",
    "StrategyError", "AuditMismatch",
}  # fmt: skip
_SAID = {"say", "told"}
_NAMED = {"title", "empty"}


def _texts(node: ast.expr | None) -> Iterator[str]:
    """The sentence of an expression; of a choice between two, both."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else VALUE for part in node.values)
        yield "".join(map(str, parts))
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


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


def sayings(kind: str) -> Iterator[tuple[str, str]]:
    """(place, sentence) of all `errors`, or of all that is `printed`."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (_called(node) in _ERRORS) is (kind == "errors"):
                for text in _of_call(node):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", text
