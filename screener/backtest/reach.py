"""Does a strategy look at firms outside the universe? One that cannot is given their bars for nothing.

1. Its source is read, not run: no name in it may be one under which a panel tells of all firms at once, nor a way to
   reach a name that is not written there.
2. `amount` is a commitment's too: allowed of a parameter annotated so, and of what a loop over `commitments` yields.
3. What is not understood, and a function whose helpers stand elsewhere, counts as looking at all of them.
"""

from __future__ import annotations

import ast
import io
import token
import tokenize
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from screener.backtest.strategy import find

# What a panel holds of every firm the market holds, not of those in the universe alone.
_OF_ALL = frozenset(
    [
        "symbols",
        "open",
        "high",
        "low",
        "close",
        "volume",
        "reference",
        "total_shares",
        "shares_derived",
        "market_cap",
        "share_factor",
        "share_factor_now",
        "last_bar",
        "bars",
        "index_of",
        "t",
        "_market",
        "_row",
        "_closed",
        "_ahead",
    ]
)
# Ways to names that are not written in the source, and to what is no panel at all.
_HIDDEN = frozenset(
    [
        "getattr",
        "vars",
        "dir",
        "eval",
        "exec",
        "compile",
        "globals",
        "locals",
        "__dict__",
        "__getattribute__",
        "__import__",
        "importlib",
        "inspect",
        "operator",
        "attrgetter",
        "methodcaller",
        "pickle",
        "copy",
        "point_in_time",
    ]
)
_SHARED = "amount"  # of a panel (all firms) and of a commitment


def reads_all_firms(strategy: str | Path | Callable[..., Any]) -> bool:
    """True where its source may read more than the firms of the universe, or cannot be read.

    Raises StrategyError where there is no such strategy.
    """
    if callable(strategy):
        return True
    path = find(str(strategy))
    try:
        text = path.read_text(encoding="utf-8")
        words = _words(text)
        return bool(words.keys() & (_OF_ALL | _HIDDEN)) or words[_SHARED] > _of_commitments(ast.parse(text))
    except (OSError, UnicodeDecodeError, SyntaxError, tokenize.TokenError):
        return True  # what is wrong with it is told where it is loaded


def _words(text: str) -> Counter[str]:
    """Every name, and every string that is one, and how often."""
    found = Counter[str]()
    for each in tokenize.generate_tokens(io.StringIO(text).readline):
        if each.type == token.NAME:
            found[each.string] += 1
        elif each.type == token.STRING:
            found[each.string.lstrip("rbfuRBFU").strip("'\"")] += 1
    return found


def _of_commitments(tree: ast.AST) -> int:
    """How often the amount of a name is read that can be nothing but a commitment."""
    nodes = list(ast.walk(tree))
    named = Counter(node.arg for node in nodes if isinstance(node, ast.arg))
    named.update(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    sure = Counter(filter(None, map(_commitment, nodes)))
    reads = (node.value for node in nodes if isinstance(node, ast.Attribute) and node.attr == _SHARED)
    return sum(isinstance(value, ast.Name) and 0 < named[value.id] == sure[value.id] for value in reads)


def _commitment(node: ast.AST) -> str | None:
    """The name that a node gives to a commitment; None where it gives none."""
    if isinstance(node, ast.arg):
        return node.arg if isinstance(node.annotation, ast.Name) and node.annotation.id == "Commitment" else None
    if isinstance(node, ast.For | ast.comprehension) and isinstance(node.target, ast.Name):
        over = node.iter
        return node.target.id if isinstance(over, ast.Attribute) and over.attr == "commitments" else None
    return None
