"""The next command that a message names is one: every one of them is run, in a store with a SYNTHETIC market.

What is advised stands in the code as `screener WORDS` inside a text that is passed as `next_step`, `todo` or `step`, or
written as the next command of `status`. A word in capitals stands for what the user names.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import screener
from screener.store.findings.meaning import MEANINGS
from tests.commands.conftest import Cli

PACKAGE = Path(screener.__file__).parent
STANDS_FOR = {
    "DIR": "nothing_here",
    "STRATEGY": "order_drift",
    "FILE": "nothing_here.csv",
    "D": "2026-06-30",
    "ID": "X",
    "SYMBOL": "301396",
}
# What a program puts there, by the name of the expression.
VALUES = {
    "nearest": "bars",
    "table.name": "bars",
    "wanted": "my_idea",
    "name": "order_drift",
    "oldest": "2026-06-30",
    "BENCHMARK": "000300.SH",
}
ADVICE = re.compile(r"screener [a-z-]+(?:'[^']*'|\"[^\"]*\"|(?! or | and |: )[^,;()])*")
# They ask the network, or never end; that they are understood is seen by their --help.
NAMES = ("next_step", "todo", "step")
# A file without such a word gives no advice and is not parsed: each process of the tests asks at its start.
MAY_ADVISE = re.compile(rf"\b(?:{'|'.join(NAMES)})\s*=|\bdef next_command\b")
APART = ("fetch", "demo", "discover", "read", "review")


def texts() -> Iterator[tuple[str, str]]:
    """(place, text) of every text that the package passes as advice, placeholders filled in."""
    for path in sorted(PACKAGE.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        for value in _passed(ast.parse(source)) if MAY_ADVISE.search(source) else ():
            inside = {id(part) for node in ast.walk(value) if isinstance(node, ast.JoinedStr) for part in node.values}
            for node in ast.walk(value):
                if id(node) not in inside and (text := _text(node)):
                    yield f"{path.name}:{node.lineno}", text  # type: ignore[attr-defined]


def _passed(tree: ast.Module) -> list[ast.expr]:
    """What is given as advice in a file: in a call, by a name, or as the next command of `status`."""
    nodes = list(ast.walk(tree))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    given = [word.value for node in calls for word in node.keywords if word.arg in NAMES]
    named = {part.id for value in given for part in ast.walk(value) if isinstance(part, ast.Name)}
    assigned = [node for node in nodes if isinstance(node, ast.Assign)]
    given += [node.value for node in assigned if any(isinstance(t, ast.Name) and t.id in named for t in node.targets)]
    told = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == "next_command"]
    return given + [
        part.value for node in told for part in ast.walk(node) if isinstance(part, ast.Return) and part.value
    ]


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(p.value) if isinstance(p, ast.Constant) else _value(p) for p in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _value(part: ast.expr) -> str:
    name = ast.unparse(part.value) if isinstance(part, ast.FormattedValue) else ""
    return VALUES.get(name, "301396.SZ")


def advised() -> dict[str, str]:
    """Command → where it is advised."""
    told = [*texts(), *((one.check, one.todo) for one in MEANINGS.values())]
    return {match[0].strip(" ."): place for place, text in told for match in ADVICE.finditer(text)}


ADVISED = advised()


def test_there_is_advice_to_run() -> None:
    assert len(ADVISED) > 15


@pytest.mark.parametrize("command", sorted(ADVISED), ids=lambda command: f"{ADVISED[command]} {command}")
def test_what_a_message_advises_is_understood(cli: Cli, command: str) -> None:
    words = [STANDS_FOR.get(word, word) for word in shlex.split(command)[1:]]
    answer = cli(*words[:1], "--help") if words[0] in APART else cli(*words)
    understood = answer.code != 2 or "no such fact" in answer.err  # the key is made up
    assert understood, f"{ADVISED[command]}: {answer.err}"
