"""The rooms of the desk: what can be asked in each, and the command line that asks the same.

What somebody gives is text, as on the command line; it is checked where the command's words are checked.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from screener.core.config import BacktestOptions, ExecutionOptions, ScreenOptions, Universe, checked, several
from screener.core.days import day_of
from screener.core.errors import UsageError
from screener.core.settings import COSTS, SCREENING, settings
from screener.serving.desk import controls as c
from screener.serving.desk.controls import NO, YES, Control, word

Given = Mapping[str, str]
PARAM = "p."  # before the name of a strategy's parameter
LONGEST = 200  # characters of a value
_STRATEGY = "the name of a strategy"
_GRID = "values of a parameter: hold=5,20 or hold=5:60:5"


@dataclass(frozen=True)
class Room:
    """A question: its controls, whether it takes long, which sections show its answer, the command that asks it."""

    name: str
    controls: tuple[Control, ...]
    sections: tuple[str, ...]
    asks: tuple[str, ...] = ()  # words of the command; none: the name of the room
    long: bool = False
    begins: bool = True  # its defaults alone are a question: it is answered when somebody comes in
    parameters: bool = False  # of a strategy

    def checked(self, given: Mapping[str, Any]) -> dict[str, str]:
        """What was given, without blanks. Raises UsageError for what is no control of this room."""
        found = {str(key): str(value).strip() for key, value in given.items()}
        known = [one.name for one in self.controls]
        for key, value in found.items():
            param = self.parameters and key.startswith(PARAM) and key[len(PARAM) :].isidentifier()
            if key not in known and not param:
                raise UsageError("no such control", got=key, expected=", ".join(known))
            if len(value) > LONGEST:
                raise UsageError("too long", where=key, got=f"{len(value)} characters", expected=f"at most {LONGEST}")
        flags = [one.name for one in self.controls if one.kind == "flag"]
        for name in flags:
            if found.get(name, "") not in ("", YES, NO):
                raise UsageError("neither yes nor no", where=name, got=found[name], expected=f"{YES} | {NO}")
        return {key: value for key, value in found.items() if value}

    def defaults(self) -> dict[str, str]:
        """What each control stands at: as settings have it, else the default. Raises UsageError."""
        found = settings()
        told = {one.name: found.get(one.name) for one in self.controls}
        return {one.name: one.default if told[one.name] is None else word(told[one.name]) for one in self.controls}

    def command(self, given: Given, db: Path) -> str:
        """The command line that gives the same answer, to be copied into a shell."""
        words = ["screener", *(self.asks or (self.name,)), *self._words(given), "--db", str(db.resolve())]
        return shlex.join(words)

    def _words(self, given: Given) -> list[str]:
        """What was asked, but what the command does by itself; what a setting says is spelled out."""
        found, said = settings(), list[str]()
        for one in self.controls:
            value = given.get(one.name, "")
            if one.name == "strategy":
                said += [value, *(w for key, v in params_of(given).items() for w in ("--param", f"{key}={v}"))]
            elif value and (value != one.default or found.get(one.name) is not None):
                said += _option(one, value)
        return said


def _option(one: Control, value: str) -> list[str]:
    name = one.name.replace("_", "-")
    if one.kind == "flag":
        return [f"--{name}"] if value == YES else [f"--no-{name}"] if one.negated else []
    if one.name == "grid":
        return [said for axis in value.split() for said in ("--grid", axis)]
    return [f"--{name}={value}"] if value.startswith("-") else [f"--{name}", value]


ROOMS: Mapping[str, Room] = {
    "brief": Room(
        "brief",
        (c.AS_OF, *c.COUNTED, c.UNIVERSE, Control("strategies", group=c.MORE)),
        ("brief", "stands_on"),
        asks=("report", "--brief"),
        long=True,
    ),
    "screen": Room(
        "screen",
        (c.AS_OF, *c.COUNTED, c.UNIVERSE, *c.FINER, *c.LISTED),
        ("screen", "firms", "ratings", "believe", "context", "stands_on"),
    ),
    "backtest": Room(
        "backtest",
        (c.STRATEGY, c.START, c.END, c.UNIVERSE, c.CASH, *c.CHARGED, *c.EXECUTED, *c.CHECKED),
        ("backtests", "stands_on"),
        long=True,
        begins=False,
        parameters=True,
    ),
    "sweep": Room(
        "sweep",
        (c.STRATEGY, Control("grid"), c.START, c.END, c.UNIVERSE, Control("walk_forward")),
        (),
        long=True,
        begins=False,
    ),
    "events": Room("events", (c.EVENT[0], c.AS_OF, *c.EVENT[1:]), ("events",), long=True),
    "rating": Room("rating", (c.AS_OF, *c.RATED), ("ratings",), long=True),
}


def params_of(given: Given) -> dict[str, str]:
    """The parameters of a strategy."""
    return {key.removeprefix(PARAM): value for key, value in given.items() if key.startswith(PARAM)}


def counting(given: Given, room: str) -> dict[str, Any]:
    """How a room counts, by the names of the front door: of its controls, else of the settings. Raises UsageError."""
    known, found = {one.name for one in ROOMS[room].controls}, settings()
    told = {name: given.get(name, found.get(name)) for name in SCREENING if name in known}
    asked = {SCREENING[name]: value for name, value in told.items() if value is not None}
    options = checked(ScreenOptions, **asked)
    return {SCREENING[name]: getattr(options, SCREENING[name]) for name in told} | {"universe": _universe(given)}


def listing(given: Given) -> dict[str, Any]:
    """Which rows of a screen, in which order. Raises UsageError."""
    return {
        "where": given.get("where"),
        "sort": given.get("sort", "rank"),
        "top": _whole("top", given["top"]) if "top" in given else None,
        "with_proposals": given.get("with_proposals") == YES,
    }


def span_options(given: Given) -> dict[str, Any]:
    """Span and universe of a back-test. Raises UsageError."""
    return {**{name: day_of(given.get(name)) for name in ("start", "end")}, "universe": _universe(given)}


def execution_options(given: Given) -> dict[str, Any]:
    """Costs and rules of the controls, else of the settings, and the warm-up. Raises UsageError."""
    asked = {field: given[name] for name, field in COSTS.items() if name in given}
    made = checked(ExecutionOptions, **{**settings().costs(), **asked})
    warm_up = given.get("warm_up", settings().get("warm_up"))
    later = {} if warm_up is None else {"warm_up": checked(BacktestOptions, warm_up=warm_up).warm_up}
    return {**{field: getattr(made, field) for field in COSTS.values()}, **later}


def check_options(given: Given) -> dict[str, Any]:
    """What is looked at beside the run. Raises UsageError."""
    patience, least = _number("patience", given.get("patience", "10")), 0.1
    if not least <= patience < float("inf"):
        raise UsageError("option out of range", where="patience", got=patience, expected=f"{least} or more")
    return {
        "audited": given.get("audit", YES) == YES,
        "unchecked": given.get("unchecked") == YES,
        "patience": patience,
    }


def study_options(given: Given) -> dict[str, Any]:
    """How events are studied. Raises UsageError."""
    told = {name: given[name] for name in ("window", "model") if name in given}
    numbers = {one.name: one for one in c.EVENT if one.kind == "number"}
    for name, one in numbers.items():
        value = _whole(name, given.get(name, one.default))
        if not (one.least is None or one.least <= value) or not (one.most is None or value <= one.most):
            most = "" if one.most is None else f"{one.most:.0f}"
            raise UsageError("option out of range", where=name, got=value, expected=f"{one.least or 0:.0f} … {most}")
        told[name] = value  # type: ignore[assignment]
    return {**told, "day": day_of(given.get("as_of")), "full": True}


def review_options(given: Given) -> dict[str, Any]:
    """How ratings are judged. Raises UsageError."""
    return {
        "industry_index": names_in(given.get("industry_index", "")),
        "geometric": given.get("geometric") == YES,
        "scorecard": given.get("scorecard") == YES,
        "by": given.get("by", "broker"),
    }


def names_in(text: str) -> list[str]:
    """Names with commas between them; none in a blank control. Raises UsageError."""
    return several(text) if text else []


def _whole(name: str, text: str) -> int:
    if not text.removeprefix("-").isdecimal() or (name == "top" and int(text) < 1):
        raise UsageError("not understood", where=name, got=text, expected="a whole number")
    return int(text)  # not by way of a float: a seed keeps its last digit


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError("not understood", where=name, got=text, expected="a number") from None


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


def strategy_in(given: Given) -> str:
    """Which strategy. Raises UsageError where none is named."""
    return _needed(given, "strategy", _STRATEGY)


def grid_in(given: Given) -> list[str]:
    """The axes of a sweep. Raises UsageError where there is none."""
    return _needed(given, "grid", _GRID).split()


def _needed(given: Given, name: str, expected: str) -> str:
    if name not in given:
        raise UsageError(f"no {name} given", expected=expected)
    return given[name]
