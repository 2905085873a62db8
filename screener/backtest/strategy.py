"""The strategy contract: one file, one pure function `weights(panel, *, …)`, and how such a file is found and loaded.

The first line of the file's docstring describes it; parameters are keyword-only with a default and a plain annotation
(int, float, bool, str). The function returns symbol → target weight (sum ≤ 1, the rest is cash), or None to leave
everything as it is.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import ModuleType
from typing import Any

from screener.core.errors import StrategyError, UsageError
from screener.core.resources import strategies_dir
from screener.point_in_time.panel import Panel

Weights = Mapping[str, float] | None
Decide = Callable[[Panel], Weights]
Value = int | float | bool | str
_PLAIN: dict[str, type] = {"int": int, "float": float, "bool": bool, "str": str}
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Strategy:
    """A loaded strategy file; `defaults` holds every parameter with its default value."""

    name: str
    path: Path
    description: str
    function: Callable[..., Weights]
    defaults: Mapping[str, Value]
    types: Mapping[str, type]

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits over the file: another text is another trial."""
        return blake2b(self.path.read_bytes(), digest_size=8).hexdigest()

    def bind(self, params: Mapping[str, Value] | None = None) -> tuple[Decide, dict[str, Value]]:
        """(decision function of a panel, all parameters in force)."""
        full = {**self.defaults, **(params or {})}
        return lambda panel: self.function(panel, **full), full

    def parse(self, pairs: Sequence[str]) -> dict[str, Value]:
        """`k=v` words of the command line → typed parameters, by the annotations."""
        return dict(self._parse_pair(pair) for pair in pairs)

    def _parse_pair(self, pair: str) -> tuple[str, Value]:
        key, equals, text = pair.partition("=")
        if not equals or key not in self.types:
            known = ", ".join(f"{k}={v}" for k, v in self.defaults.items()) or "no parameters"
            raise UsageError("parameter not understood", where=self.name, got=repr(pair), expected=known)
        return key, self.convert(key, text)

    def convert(self, key: str, text: str) -> Value:
        """The text of one value → its annotated type; a positive default stays positive."""
        kind = self.types[key]
        try:
            value: Value = _WORDS[text.lower()] if kind is bool else kind(text)
        except (ValueError, KeyError):
            raise UsageError(
                "parameter of the wrong type", where=f"{self.name} {key}", got=repr(text), expected=kind.__name__
            ) from None
        if kind is int and isinstance(value, int) and value < 1 <= int(self.defaults[key]):
            raise UsageError("parameter out of range", where=f"{self.name} {key}", got=value, expected="1 or more")
        return value


def folders() -> list[Path]:
    """Where strategies are looked for: ./strategies first, then the packaged ones."""
    here = Path.cwd() / "strategies"
    return list(dict.fromkeys(folder.resolve() for folder in (here, strategies_dir()) if folder.is_dir()))


def available() -> list[Path]:
    """Strategy files in the order in which a name is looked up; a name found twice is listed once."""
    found: dict[str, Path] = {}
    for folder in folders():
        for path in sorted(folder.glob("[!_]*.py")):
            found.setdefault(path.stem, path)
    return list(found.values())


def find(name: str) -> Path:
    """The file of a strategy given by name or by path. Raises StrategyError with the names there are."""
    if name.endswith(".py") and Path(name).is_file():
        return Path(name).resolve()
    for path in available():
        if path.stem == name:
            return path
    names = ", ".join(path.stem for path in available())
    raise StrategyError("no such strategy", got=name, expected=names, next_step=f"screener new-strategy {name}")


def load(name: str) -> Strategy:
    """Find, import and check a strategy. Raises StrategyError naming file, line and what is wrong."""
    path = find(name)
    module = _import(path)
    function = getattr(module, "weights", None)
    if not callable(function):
        raise StrategyError("no function weights(panel, *, …)", where=str(path))
    defaults, types = _parameters(function, path)
    description = (module.__doc__ or "").strip().split("\n")[0]
    if not description:
        raise StrategyError("no docstring: its first line describes the strategy", where=str(path))
    return Strategy(path.stem, path, description, function, defaults, types)


def _import(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"screener_strategy_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise StrategyError("not a Python file", where=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        line, column = (error.text or "").rstrip("\n"), (error.offset or 1) - 1
        raise StrategyError(
            f"strategy does not parse: {error.msg}",
            where=f"{path}:{error.lineno}",
            got=f"{line.strip()!r} column {column}",
        ) from error
    except Exception as error:
        raise StrategyError(f"strategy does not import: {describe(error)}", where=where_in(error, path)) from error
    return module


def describe(error: BaseException) -> str:
    """`KeyError: 'x'` on one line."""
    return f"{type(error).__name__}: {error}".replace("\n", " ")


def where_in(error: BaseException, path: Path) -> str:
    """`file:line: source` of the innermost frame of `error` inside the strategy file."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    return f"{path}:{frames[-1].lineno}: {frames[-1].line}" if frames else str(path)


def _parameters(function: Callable[..., Any], path: Path) -> tuple[dict[str, Value], dict[str, type]]:
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters or parameters[0].kind is inspect.Parameter.KEYWORD_ONLY:
        raise StrategyError(
            "weights takes the panel first", where=str(path), expected="def weights(panel, *, k: int = 3)"
        )
    defaults: dict[str, Value] = {}
    types: dict[str, type] = {}
    for parameter in parameters[1:]:
        kind = _PLAIN.get(getattr(parameter.annotation, "__name__", str(parameter.annotation)))
        keyword = parameter.kind is inspect.Parameter.KEYWORD_ONLY
        if not keyword or kind is None or parameter.default is inspect.Parameter.empty:
            raise StrategyError(
                f"parameter {parameter.name} is not keyword-only with a default and a plain annotation",
                where=str(path),
                expected="*, k: int = 3 (int, float, bool or str)",
            )
        defaults[parameter.name], types[parameter.name] = parameter.default, kind
    return defaults, types
