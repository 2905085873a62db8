"""Settings of the user: `screener.toml` and the environment, under what a command line says and over the defaults.

1. The file $SCREENER_CONFIG names; without it ./screener.toml over the one in the user's configuration folder. A key of
   the nearer file wins; a watch list of a name that both have is the nearer one's.
2. $SCREENER_KEY (as $SCREENER_POLICY; $SCREENER_DB for the store, $SCREENER_LANG for the language) wins over files.
3. A key that is none, a value out of its range and a file that is no TOML are refused with the file and the line.
Where there is no file, none is parsed: a look at two places is all that a command pays.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from screener.core.config import BacktestOptions, ExecutionOptions, ScreenOptions, Universe, checked
from screener.core.errors import UsageError
from screener.core.resources import data_dir

FILE = "screener.toml"
# Setting → the model and its field that knows the range; the setting is named as the option is.
SCREENING = {
    "policy": "policy",
    "burn": "burn",
    "lag": "lag_months",
    "vat": "vat_rate",
    "confirmed_only": "confirmed_only",
    "attributable": "attributable",
}
COSTS = {
    "cash": "initial_cash",
    "commission": "commission_rate",
    "floor": "commission_floor",
    "slippage": "slippage",
    "participation": "participation",
    "participation_sessions": "participation_sessions",
    "retries": "retries",
    "near_limit": "near_limit",
    "dividend_tax": "dividend_tax",
    "rights": "rights",
    "fill_at": "fill_at",
}
LANGUAGES = ("zh", "en")
_ENVIRONMENT = {"store": "SCREENER_DB", "language": "SCREENER_LANG"}
_LIST = '[watch.mine] symbols = ["301396", …]'
_TOP = ("store", "language", "universe", "warm_up", *SCREENING)
_LINE = r"^\s*(?:\[\s*)?(?:[\w.\"'-]+\.)?[\"']?{}[\"']?\s*[\].=]"


@dataclass(frozen=True)
class Setting:
    """One value and where it was said."""

    key: str
    value: Any
    origin: str  # a file, a variable of the environment


@dataclass(frozen=True)
class WatchList:
    """A list of firms as it was written: symbols or names, not looked up yet."""

    name: str
    symbols: tuple[str, ...]
    since: date | None
    origin: str


@dataclass(frozen=True)
class Settings:
    """What applies, by key; see the steps above."""

    values: Mapping[str, Setting]
    watch: Mapping[str, WatchList]
    files: tuple[Path, ...]  # that were read, the nearest first

    def get(self, key: str) -> Any:
        """The value; None where nobody set one."""
        found = self.values.get(key)
        return None if found is None else found.value

    def costs(self) -> dict[str, Any]:
        """What is set of ExecutionOptions, by the names of its fields."""
        return {field: self.values[key].value for key, field in COSTS.items() if key in self.values}


def settings() -> Settings:
    """Settings as they stand now. Raises UsageError."""
    files = tuple(places())
    values: dict[str, Setting] = {}
    watch: dict[str, WatchList] = {}
    for path in reversed(files):
        found, lists = _read(path, path.resolve(), path.stat().st_mtime_ns)
        values.update(found)
        watch.update(lists)
    return Settings({**values, **dict(_environment())}, watch, files)


def places() -> Iterator[Path]:
    """The files there are, the nearest first. Raises UsageError where $SCREENER_CONFIG names none."""
    named = os.environ.get("SCREENER_CONFIG")
    if named:
        if not Path(named).is_file():
            raise UsageError("no such settings file", where="$SCREENER_CONFIG", got=named, expected="a TOML file")
        yield Path(named)
        return
    here = Path(FILE)
    if here.is_file():
        yield here
    home = user_file()
    if home.is_file():
        yield home


def user_file() -> Path:
    """Where the settings of this user lie."""
    if sys.platform == "linux":  # as platformdirs has it, which takes a tenth of a screen's time to be imported
        return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "screener" / FILE
    import platformdirs

    return Path(platformdirs.user_config_dir("screener")) / FILE


def default_db() -> Path:
    """The store where a command names none: $SCREENER_DB, else the setting `store`, else one in the data folder."""
    named = settings().get("store")
    return Path(named) if named else data_dir() / "screener.duckdb"


def _environment() -> Iterator[tuple[str, Setting]]:
    for key in (*_TOP, *COSTS):
        name = _ENVIRONMENT.get(key, f"SCREENER_{key.upper()}")
        text = os.environ.get(name)
        if text:
            yield key, Setting(key, _checked(key, text, f"${name}"), f"${name}")


@lru_cache(maxsize=8)
def _read(path: Path, place: Path, written: int) -> tuple[dict[str, Setting], dict[str, WatchList]]:
    """Settings and watch lists of a file, as it stood at a place when it was `written`; nobody changes what is told."""
    import tomllib

    try:
        text = path.read_bytes().decode("utf-8-sig")
        told = tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise UsageError("settings not understood", where=str(path), got=str(error), expected="TOML in UTF-8") from None

    def at(key: str) -> str:
        return f"{path}{_line_of(key, text)}"

    lists = told.pop("watch", {})
    costs = told.pop("costs", {})
    for key, table in (("watch", lists), ("costs", costs)):
        if not isinstance(table, dict):
            raise UsageError("a setting of another shape", where=at(key), got=repr(table), expected=f"a table [{key}]")
    _refuse_unknown(told, (*_TOP, "costs", "watch"), at)
    _refuse_unknown(costs, COSTS, at)
    values = {
        key: Setting(key, _checked(key, value, at(key), path.parent), str(path))
        for key, value in {**told, **costs}.items()
    }
    return values, {name: _watch(name, table, at, str(path)) for name, table in lists.items()}


def _refuse_unknown(told: Mapping[str, Any], known: Any, at: Any) -> None:
    for key in told:
        if key not in known:
            raise UsageError("no such setting", where=at(key), got=key, expected=", ".join(known))


def _checked(key: str, value: Any, where: str, folder: Path = Path()) -> Any:
    """The value in its type, within its range."""
    if key in SCREENING:
        return getattr(checked(ScreenOptions, where=f"{key}, {where}", **{SCREENING[key]: value}), SCREENING[key])
    if key in COSTS:
        return getattr(checked(ExecutionOptions, where=f"{key}, {where}", **{COSTS[key]: value}), COSTS[key])
    if key == "warm_up":
        return checked(BacktestOptions, where=f"{key}, {where}", warm_up=value).warm_up
    if not isinstance(value, str) or not value.strip():
        raise UsageError("a setting of another type", where=f"{key}, {where}", got=repr(value), expected="a text")
    if key == "language" and value not in LANGUAGES:
        raise UsageError("no such language", where=f"{key}, {where}", got=value, expected=" | ".join(LANGUAGES))
    return str(folder / Path(value).expanduser()) if key == "store" else value


def _watch(name: str, table: Any, at: Any, origin: str) -> WatchList:
    where = at(name)
    if not isinstance(table, dict) or "symbols" not in table:
        raise UsageError("a watch list without firms", where=where, got=repr(table), expected=_LIST)
    if name in list(Universe):
        raise UsageError("a watch list with the name of a rule", where=where, got=name, expected="another name")
    _refuse_unknown(table, ("symbols", "since"), at)
    named, since = table["symbols"], table.get("since")
    if not isinstance(named, list) or not named or not all(isinstance(one, str) and one.strip() for one in named):
        raise UsageError("a watch list without firms", where=where, got=repr(named), expected=_LIST)
    from screener.core.days import day_of

    return WatchList(name, tuple(named), day_of(since), origin)


def _line_of(key: str, text: str) -> str:
    """` line 3`; nothing where the key is written in a way that is not found."""
    found = re.search(_LINE.format(re.escape(key)), text, re.MULTILINE)
    return f" line {text[: found.end()].count(chr(10)) + 1}" if found else ""
