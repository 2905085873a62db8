"""The strategy contract: one file, one pure function `weights(panel, *, …)`, and how such a file is found and loaded.

The first line of the file's docstring describes it; parameters are keyword-only with a default and a plain annotation
(int, float, bool, str). The function returns symbol → target weight (sum ≤ 1, the rest is cash), or None to leave
everything as it is.

An error in such a file is told in one line: file:line:column and the line of source with a ^ before the column.
"""

from __future__ import annotations

import importlib.util
import inspect
import linecache
import math
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from hashlib import blake2b
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from screener.core.answer import Rows
from screener.core.errors import ScreenerError, StrategyError, UsageError
from screener.core.resources import strategies_dir
from screener.core.stands_on import StandsOn
from screener.point_in_time.panel import Panel

Weights = Mapping[str, float] | None
Decide = Callable[[Panel], Weights]
Value = int | float | bool | str
_PLAIN: dict[str, type] = {"int": int, "float": float, "bool": bool, "str": str}
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_ORDER = "./strategies first, then the packaged ones; of two with one name the first"
_EXAMPLE = "*, k: int = 3 (int, float, bool or str)"
_BEFORE, _AFTER = 40, 60  # characters of a source line shown around the ^


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
        """(decision function of a panel, all parameters in force); what fails inside the file is a StrategyError.

        Raises UsageError for a parameter the strategy does not have.
        """
        full = {**self.defaults, **(params or {})}
        for name in full.keys() - self.defaults.keys():
            raise self._no_such(name)

        def decide(panel: Panel) -> Weights:
            try:
                return self.function(panel, **full)
            except ScreenerError:
                raise
            except (Exception, SystemExit) as error:
                where = where_in(error, self.path)
                if where == str(self.path):
                    raise  # no line of the file takes part: a bug of ours
                raise StrategyError(f"strategy fails: {describe(error)}", where=f"{where}, {panel.session}") from error

        return decide, full

    def parse(self, pairs: Sequence[str]) -> dict[str, Value]:
        """`k=v` words of the command line → typed parameters, by the annotations. Raises UsageError."""
        parsed: dict[str, Value] = {}
        for key, value in map(self._parse_pair, pairs):
            if key in parsed:
                raise UsageError("parameter given twice", where=f"{self.name} {key}", got=f"{parsed[key]} and {value}")
            parsed[key] = value
        return parsed

    def _no_such(self, pair: str) -> UsageError:
        known = " ".join(f"{k}={v}" for k, v in self.defaults.items()) or "no parameters"
        return UsageError("no such parameter", where=self.name, got=repr(pair), expected=known)

    def _parse_pair(self, pair: str) -> tuple[str, Value]:
        key, equals, text = pair.partition("=")
        if key not in self.types:
            raise self._no_such(pair)
        if not equals:
            like = f"{key}={self.defaults[key]}"
            raise UsageError("parameter not understood", where=self.name, got=repr(pair), expected=like)
        return key, self.convert(key, text)

    def convert(self, key: str, text: str) -> Value:
        """The text of one value → its annotated type; a positive default stays positive."""
        kind = self.types[key]
        try:
            value: Value = _WORDS[text.lower()] if kind is bool else kind(text)
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError
        except (ValueError, KeyError):
            expected = f"{'true or false' if kind is bool else kind.__name__}, like {key}={self.defaults[key]}"
            where = f"{self.name} {key}"
            raise UsageError("parameter of the wrong type", where=where, got=repr(text), expected=expected) from None
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


def packaged(name: str) -> str:
    """The packaged file of a name, whatever ./strategies holds. Raises StrategyError."""
    path = strategies_dir() / f"{name}.py"
    if not path.is_file():
        raise StrategyError("no such packaged strategy", got=name)
    return str(path)


def shadows(path: Path) -> str:
    """What must be said of a file that is taken instead of a packaged one of its name; else empty."""
    other = strategies_dir() / path.name
    if path.parent == strategies_dir().resolve() or not other.is_file() or path.resolve() == other.resolve():
        return ""
    return f"{_shown(path)} is run, not the packaged {path.stem} ({other})"


def find(name: str) -> Path:
    """The file of a strategy given by name or by path. Raises StrategyError with the names there are."""
    if name.endswith(".py") and Path(name).is_file():
        return Path(name).resolve()
    for path in available():
        if path.stem == name:
            return path
    names = [path.stem for path in available()]
    wanted = Path(name).stem
    near = "".join(f"nearest: {match}" for match in get_close_matches(wanted, names, 1))
    step = "screener strategies" if near else f"screener new-strategy {wanted}"
    raise StrategyError("no such strategy", where=near, got=name, expected=", ".join(names), next_step=step)


def load(name: str) -> Strategy:
    """Find, import and check a strategy. Raises StrategyError naming file, line and what is wrong."""
    return of_text(find(name))


def of_text(path: Path, text: str | None = None) -> Strategy:
    """Import and check the strategy at `path`; `text`: what stands there, where the file cannot be read.

    Raises StrategyError as `load` does.
    """
    module = _import(path, text)
    function = getattr(module, "weights", None)
    if not inspect.isfunction(function):
        there = ", ".join(key for key, value in vars(module).items() if inspect.isfunction(value)) or "no function"
        raise StrategyError("no function weights(panel, *, …)", where=_shown(path), got=there)
    defaults, types = _parameters(function, f"{_shown(path)}:{function.__code__.co_firstlineno}")
    description = (module.__doc__ or "").strip().split("\n")[0]
    if not description:
        raise StrategyError("no docstring: its first line describes the strategy", where=f"{_shown(path)}:1")
    return Strategy(path.stem, path, description, function, defaults, types)


def listing(look: Callable[[str], Strategy] = load) -> Rows:
    """Every strategy by its file as `look` sees it; a broken one says what is wrong instead of hiding the others."""
    rows, defaults = [], []
    for path in available():
        row: dict[str, str] = {"strategy": path.stem, "parameters": "", "description": "", "file": str(path)}
        try:
            found = look(str(path))
        except StrategyError as error:
            row["description"] = f"broken: {error}"
        else:
            row["description"] = found.description
            row["parameters"] = " ".join(f"{key}={value}" for key, value in found.defaults.items())
            row["description"] += " [shadows the packaged one]" * bool(shadows(path))
            defaults += [{"strategy": path.stem, "parameter": k, "default": v} for k, v in found.defaults.items()]
        rows.append(row)
    own = {"own_folder": str(Path("strategies").absolute()), "order": _ORDER}
    return Rows("strategies", rows, StandsOn("files", False, None, None, None, rules=own), {"parameters": defaults})


class _Loader(SourceFileLoader):
    """Compiles the text anew each time: bytecode can be older than an edit of the same second."""

    text: str | None = None  # instead of what the file holds

    def get_code(self, fullname: str) -> CodeType:
        """The code of the file as it stands."""
        if self.text is not None:
            return _compiled(self.text, self.path)
        return self.source_to_code(self.get_data(self.path), self.path)


@lru_cache(4)
def _compiled(text: str, path: str) -> CodeType:
    """Once: the look-ahead check runs one text anew for each session."""
    code: CodeType = compile(text, path, "exec", dont_inherit=True)
    return code


def _import(path: Path, text: str | None) -> ModuleType:
    name, loader = f"screener_strategy_{path.stem}", _Loader(f"screener_strategy_{path.stem}", str(path))
    loader.text = text
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None or spec.loader is None:
        raise StrategyError("not a Python file", where=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    if text is None:
        linecache.checkcache(str(path))  # else an error would be shown with the text of an earlier load
    else:
        linecache.cache[str(path)] = (len(text), None, text.splitlines(keepends=True), str(path))
    try:
        with _no_bytecode():
            spec.loader.exec_module(module)
    except SyntaxError as error:
        line = error.text or linecache.getline(str(path), error.lineno or 1)
        column = error.offset or 1
        where = f"{_shown(Path(error.filename or path))}:{error.lineno}:{column}"
        message = f"strategy does not parse: {error.msg}"
        raise StrategyError(message, where=f"{where}: {_pointed(line, column - 1)}") from error
    except (Exception, SystemExit) as error:
        raise StrategyError(f"strategy does not import: {describe(error)}", where=where_in(error, path)) from error
    return module


@contextmanager
def _no_bytecode() -> Iterator[None]:
    """What a strategy imports for the first time leaves no file behind: writing one would look like its own doing."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def describe(error: BaseException) -> str:
    """`KeyError: 'x'` on one line, with the nearest name there is where a name is unknown."""
    text = f"{type(error).__name__}: {error}".replace("\n", " ")
    near = get_close_matches(str(getattr(error, "name", None)), _names_near(error), 1)
    return f"{text}; did you mean {near[0]}?" if near and "Did you mean" not in text else text


def _names_near(error: BaseException) -> Iterable[str]:
    if isinstance(error, AttributeError):
        return dir(error.obj)
    if isinstance(error, NameError) and error.__traceback__ is not None:
        frame = list(traceback.walk_tb(error.__traceback__))[-1][0]
        return [*frame.f_locals, *frame.f_globals]
    return ()


def where_in(error: BaseException, path: Path) -> str:
    """`file:line:column: source` of the innermost frame of `error` inside the strategy file; else the path as it is."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    if not frames:
        return str(path)
    number = frames[-1].lineno or 1
    line = linecache.getline(str(path), number)
    column = len(line.encode()[: frames[-1].colno or 0].decode(errors="ignore"))  # Python counts bytes
    return f"{_shown(path)}:{number}:{column + 1}: {_pointed(line, column)}"


def _pointed(line: str, column: int) -> str:
    """A line of source with a ^ before the character at `column` (from 0), cut to what stands near it."""
    line = line.rstrip()
    blank = len(line) - len(line.lstrip())
    column = min(max(column, blank), len(line))
    start, end = max(blank, column - _BEFORE), min(len(line), column + _AFTER)
    left, right = "…" * (start > blank), "…" * (end < len(line))
    return f"{left}{line[start:column]}^{line[column:end]}{right}"


def _shown(path: Path) -> str:
    """The path as one would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _parameters(function: Callable[..., Any], where: str) -> tuple[dict[str, Value], dict[str, type]]:
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters or parameters[0].kind is inspect.Parameter.KEYWORD_ONLY:
        raise StrategyError("weights takes the panel first", where=where, expected="def weights(panel, *, k: int = 3)")
    defaults: dict[str, Value] = {}
    types: dict[str, type] = {}
    for parameter in parameters[1:]:
        types[parameter.name] = _type_of(parameter, where)
        defaults[parameter.name] = parameter.default
    return defaults, types


def _type_of(parameter: inspect.Parameter, where: str) -> type:
    """The plain type of one parameter. Raises StrategyError saying which part of the contract is missing."""
    word = getattr(parameter.annotation, "__name__", str(parameter.annotation)).strip("'\"")
    default, kind = parameter.default, _PLAIN.get(word)
    if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
        missing = "is not keyword-only (it stands before the *)"
    elif parameter.annotation is inspect.Parameter.empty:
        missing = "has no annotation"
    elif kind is None:
        missing = f"has no plain annotation but {word}"
    elif default is inspect.Parameter.empty:
        missing = "has no default"
    elif type(default) is not kind and (kind is not float or type(default) is not int):
        missing = f"has a default that is no {word}: {default!r}"
    else:
        return kind
    raise StrategyError(f"parameter {parameter.name} {missing}", where=where, expected=_EXAMPLE)
