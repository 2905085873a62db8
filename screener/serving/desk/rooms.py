"""The rooms of the desk: what can be asked in each, and the command line that asks the same.

What somebody gives is text, as on the command line; it is checked where the command's words are checked.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from screener.core.config import ExecutionOptions, ScreenOptions, Universe, checked
from screener.core.days import day_of
from screener.core.errors import UsageError
from screener.core.settings import SCREENING, settings

Given = Mapping[str, str]
PARAM = "p."  # before the name of a strategy's parameter
LONGEST = 200  # characters of a value
_SCREEN, _CASH = ScreenOptions(), ExecutionOptions().initial_cash


@dataclass(frozen=True)
class Room:
    """A question: its controls with their defaults, whether it takes long, and which sections show its answer."""

    name: str
    controls: Mapping[str, str]
    sections: tuple[str, ...]
    words: Callable[[Given], list[str]]
    long: bool = False

    def checked(self, given: Mapping[str, Any]) -> dict[str, str]:
        """What was given, without blanks. Raises UsageError for what is no control of this room."""
        found = {str(key): str(value).strip() for key, value in given.items()}
        for key, value in found.items():
            if key not in self.controls and not (
                self.long and key.startswith(PARAM) and key[len(PARAM) :].isidentifier()
            ):
                raise UsageError("no such control", got=key, expected=", ".join(self.controls))
            if len(value) > LONGEST:
                raise UsageError("too long", where=key, got=f"{len(value)} characters", expected=f"at most {LONGEST}")
        return {key: value for key, value in found.items() if value}

    def defaults(self) -> dict[str, str]:
        """What each control stands at: as settings have it, else the default. Raises UsageError."""
        found = settings()
        told = {name: found.get(name) for name in self.controls}
        return {name: default if told[name] is None else _word(told[name]) for name, default in self.controls.items()}

    def command(self, given: Given, db: Path) -> str:
        """The command line that gives the same answer, to be copied into a shell."""
        return shlex.join(["screener", self.name, *self.words(given), "--db", str(db.resolve())])


def _option(given: Given, *names: str) -> list[str]:
    return [word for name in names if name in given for word in (f"--{name.replace('_', '-')}", given[name])]


def _screen_words(given: Given) -> list[str]:
    return _option(given, "as_of", "policy", "burn", "lag", "universe")


def _backtest_words(given: Given) -> list[str]:
    params = [word for key, value in params_of(given).items() for word in ("--param", f"{key}={value}")]
    return [
        given["strategy"],
        *_option(given, "start", "end"),
        *params,
        *_option(given, "universe", "cash"),
        "--no-audit",
    ]


def _sweep_words(given: Given) -> list[str]:
    grid = [word for axis in given["grid"].split() for word in ("--grid", axis)]
    return [given["strategy"], *grid, *_option(given, "start", "end", "universe", "walk_forward")]


ROOMS: Mapping[str, Room] = {
    "screen": Room(
        "screen",
        {
            "as_of": "",
            "policy": str(_SCREEN.policy),
            "burn": str(_SCREEN.burn),
            "lag": str(_SCREEN.lag_months),
            "universe": str(_SCREEN.universe),
        },
        ("screen", "firms", "ratings", "believe", "context", "stands_on"),
        _screen_words,
    ),
    "backtest": Room(
        "backtest",
        {"strategy": "", "start": "", "end": "", "universe": str(_SCREEN.universe), "cash": f"{_CASH:.0f}"},
        ("backtests", "stands_on"),
        _backtest_words,
        long=True,
    ),
    "sweep": Room(
        "sweep",
        {"strategy": "", "grid": "", "start": "", "end": "", "universe": str(_SCREEN.universe), "walk_forward": ""},
        (),
        _sweep_words,
        long=True,
    ),
}


def params_of(given: Given) -> dict[str, str]:
    """The parameters of a strategy."""
    return {key.removeprefix(PARAM): value for key, value in given.items() if key.startswith(PARAM)}


def screen_options(given: Given) -> dict[str, Any]:
    """Options of a screen by the names of the front door: of the controls, else of the settings. Raises UsageError."""
    asked = {field: given[name] for name, field in SCREENING.items() if name in given}
    found = settings()
    kept = {field: found.get(key) for key, field in SCREENING.items() if found.get(key) is not None}
    options = checked(ScreenOptions, **{**kept, **asked})
    named = {field: getattr(options, field) for field in SCREENING.values()}
    return {**named, "universe": _universe(given)}


def span_options(given: Given) -> dict[str, Any]:
    """Span and universe of a back-test. Raises UsageError."""
    return {**{name: day_of(given.get(name)) for name in ("start", "end")}, "universe": _universe(given)}


def execution_options(given: Given) -> dict[str, Any]:
    """The cash of the controls, every other cost of the settings, and the warm-up. Raises UsageError."""
    costs = settings().costs()
    if "cash" in given:
        costs["initial_cash"] = checked(ExecutionOptions, initial_cash=given["cash"]).initial_cash
    warm_up = settings().get("warm_up")
    return costs if warm_up is None else {**costs, "warm_up": warm_up}


def universes() -> list[str]:
    """Rules, watch lists and what the settings name; no other file: a browser names none. Raises UsageError."""
    found = settings()
    own = found.get("universe")
    return list(dict.fromkeys([*map(str, Universe), *found.watch, *([] if own is None else [str(own)])]))


def _universe(given: Given) -> str:
    named = given.get("universe", str(Universe.KNOWN))
    if named not in universes():
        raise UsageError("no such universe", got=named, expected=" | ".join(universes()), next_step="screener config")
    return named


def _word(value: Any) -> str:
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def needed(given: Given, name: str, expected: str) -> str:
    """A control that has no default. Raises UsageError."""
    if name not in given:
        raise UsageError(f"no {name} given", expected=expected)
    return given[name]
