"""A strategy as somebody names it (a name, a file, a function of a notebook) → one that can be asked.

1. A name or a file is looked at, and later asked, in a process of its own (`confined`); its fingerprint is that of the
   file.
2. A function is taken as it is: parameters are those it has and those that are given. Its fingerprint is that of its
   source, of the plain values it reads and of the functions it calls beside it: `HOLD = 20` changed to 30 in another
   cell is another try.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from textwrap import dedent
from typing import Any

from screener.backtest.confined import run
from screener.backtest.confined.inside import Inside
from screener.backtest.confined.run import PATIENCE, Elsewhere
from screener.backtest.strategy import Strategy, Weights
from screener.core.errors import UsageError

Named = str | Path | Strategy | Callable[..., Weights]
Given = Mapping[str, Any] | Sequence[str]  # typed values, or the `k=v` words of the command line
_PLAIN = (bool, int, float, str, bytes, tuple, frozenset, type(None))


@dataclass(frozen=True)
class Chosen:
    """How it decides, with every parameter in force."""

    name: str
    code: str  # sixteen hex digits: another text is another try
    decide: Elsewhere | Inside
    params: Mapping[str, Any]


def choose(named: Named, given: Given = (), patience: float = PATIENCE) -> Chosen:
    """The strategy with the given parameters. Raises StrategyError for a file that breaks the contract, UsageError
    for a parameter it does not have or for what is no strategy.
    """
    if isinstance(named, str | Path):
        named = run.load(str(named), patience)
    if isinstance(named, Strategy):
        _, params = named.bind(given if isinstance(given, Mapping) else named.parse(given))
        source = run.source_of(named.path)
        return Chosen(named.name, named.fingerprint, Elsewhere(source, params, patience), params)
    if not inspect.isfunction(named):
        expected = "a name, a file, or a function weights(panel, *, …)"
        raise UsageError("not a strategy", got=type(named).__name__, expected=expected)
    return _of_function(named, given, patience)


def _of_function(function: Callable[..., Weights], given: Given, patience: float) -> Chosen:
    """What fails inside it is raised as it is: whoever wrote it wants to see the line."""
    name = getattr(function, "__name__", "strategy")
    if given and not isinstance(given, Mapping):
        raise UsageError("parameters of a function are values", where=name, got=list(given), expected="{'hold': 20}")
    values = dict(given) if isinstance(given, Mapping) else {}
    signature = inspect.signature(function)
    try:
        bound = signature.bind(None, **values)
    except TypeError as error:
        raise UsageError(f"{error}", where=name, got=values, expected=f"{name}{signature}") from None
    bound.apply_defaults()
    params = dict(list(bound.arguments.items())[1:])  # the first is the panel
    for key in [key for key in params if signature.parameters[key].kind is inspect.Parameter.VAR_KEYWORD]:
        params |= params.pop(key)
    return Chosen(name, fingerprint_of(function), Inside(function, params, name, patience), params)


def fingerprint_of(function: Callable[..., Weights]) -> str:
    """Sixteen hex digits over its source, the plain values it reads and the functions beside it that it calls."""
    return blake2b("\n".join(_texts(function, set())).encode(), digest_size=8).hexdigest()


def _texts(function: Callable[..., Any], seen: set[Callable[..., Any]]) -> Iterator[str]:
    seen.add(function)
    yield text_of(function)
    around = inspect.getclosurevars(function)
    for key, value in sorted({**around.globals, **around.nonlocals}.items()):
        if isinstance(value, _PLAIN):
            yield f"{key} = {value!r}"
        elif inspect.isfunction(value) and value.__module__ == function.__module__ and value not in seen:
            yield from _texts(value, seen)


def text_of(function: Callable[..., Any]) -> str:
    """Its source; its byte code where no source is kept."""
    try:
        return dedent(inspect.getsource(function))
    except (OSError, TypeError):
        code = function.__code__
        return repr((code.co_code, code.co_names, [const for const in code.co_consts if isinstance(const, _PLAIN)]))
