"""Column maps: how a user's files differ from what data/tables/headings.csv says. What a map says wins.

    [[file]]
    match = "daily*.csv"              # which files; "*" where left out
    dataset = "bars"                  # optional: told by the headings
    columns = { ts_code = "symbol", 公告时间 = ["event_date", "known_at"] }
    units = { volume = "手", amount = "千元" }    # of our columns; words of `units.UNITS`, or a number
    constants = { source = "Tushare" }            # columns of ours that the file lacks
    date_format = "%Y%m%d"            # optional, as of Python's strptime
    symbol_from = "name"              # optional: the file's name says whose rows these are (000977.csv)
    separator = ";"                   # optional, and so are encoding and heading_line

1. The first entry whose `match` fits the file's name speaks for it.
2. An entry for every file ("*") keeps quiet in a file that has none of its columns: an export of a terminal and files
   of one's own may lie in one folder.
3. Headings that a map does not name are looked up as without it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from screener.core.errors import UsageError
from screener.core.tables import TABLES
from screener.sources.files.headings import plain
from screener.sources.files.units import UNIT_WORDS, UNITS

LOADABLE = tuple(table.name for table in TABLES.values() if table.loadable)
_LARGEST = 1024**2  # bytes of a map

EXAMPLE_MAPS: dict[str, str] = {
    "tushare": """\
# Tushare: `daily_basic` and share files (万股), `daily` (vol in 手, amount in 千元); the rest is known by its headings
[[file]]
match = "daily_basic*"
columns.trade_date = "effective_date"
constants = { source = "Tushare daily_basic" }

[[file]]
match = "share*"
dataset = "shares"
columns.trade_date = "effective_date"
units = { total_shares = "万股", float_shares = "万股" }
constants = { source = "Tushare daily_basic" }

[[file]]
match = "daily*"
dataset = "bars"
columns = { ts_code = "symbol", trade_date = "session", vol = "volume" }
units = { volume = "手", amount = "千元" }
constants = { source = "Tushare daily" }
""",
    "wind": """\
# Wind terminal export: unadjusted prices, volume in 股, amount in 百万元
[[file]]
match = "*"
dataset = "bars"
units = { amount = "百万元" }
constants = { source = "Wind" }
[file.columns]
"开盘价(元)" = "open"
"最高价(元)" = "high"
"最低价(元)" = "low"
"收盘价(元)" = "close"
"成交量(股)" = "volume"
"成交额(百万)" = "amount"
""",
    "choice": """\
# Choice terminal export: unadjusted prices, volume in 手, amount in 元
[[file]]
match = "*"
dataset = "bars"
units = { volume = "手" }
constants = { source = "Choice" }
[file.columns]
"交易时间" = "session"
"开盘价" = "open"
"最高价" = "high"
"最低价" = "low"
"收盘价" = "close"
"成交量" = "volume"
"成交额" = "amount"
""",
}


def _loadable(name: str) -> str:
    if name not in LOADABLE:
        raise ValueError(f"{name} is none of {' | '.join(LOADABLE)}")
    return name


def _unit(unit: str | float) -> str | float:
    if (unit not in UNIT_WORDS) if isinstance(unit, str) else not 0 < unit < float("inf"):
        raise ValueError(f"unit {unit} is none of {' | '.join(UNITS)}, nor a number above 0")
    return unit


class FileMap(BaseModel):
    """How the files that match speak; see the top of the module."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: str = "*"
    dataset: Annotated[str, AfterValidator(_loadable)] | None = None
    columns: dict[str, str | tuple[str, ...]] = {}
    units: dict[str, Annotated[str | float, AfterValidator(_unit)]] = {}
    constants: dict[str, str] = {}
    date_format: str | None = None
    symbol_from: Literal["name"] | None = None
    separator: str | None = None
    encoding: str | None = None
    heading_line: int | None = None

    def claims(self) -> dict[str, tuple[str, ...]]:
        """Plain heading → the columns it feeds."""
        return {
            plain(theirs): (ours,) if isinstance(ours, str) else tuple(ours) for theirs, ours in self.columns.items()
        }

    def speaks_of(self, headings: Collection[str]) -> bool:
        """False for an entry for every file that names columns of which this file has none."""
        return self.match != "*" or not self.columns or bool({plain(name) for name in headings} & set(self.claims()))


_PLAIN = FileMap()


class FolderMap(BaseModel):
    """All column maps of a folder; the first one that matches a file's name is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: tuple[FileMap, ...] = ()

    def of(self, name: str) -> FileMap:
        """The map for a file name; one that changes nothing where none matches."""
        return next((entry for entry in self.file if fnmatchcase(name.lower(), entry.match.lower())), _PLAIN)


def read_map(path: Path | str) -> FolderMap:
    """A column map from a TOML file, or one of the examples by name (tushare, wind, choice). Raises UsageError."""
    name = str(path)
    try:
        return FolderMap.model_validate(tomllib.loads(EXAMPLE_MAPS.get(name) or _text(Path(path))))
    except (OSError, ValueError) as error:
        raise _wrong(name, error) from None
    except RecursionError:
        raise UsageError("column map is no TOML", where=name, got="brackets nested too deeply") from None


def _text(path: Path) -> str:
    if not path.is_file():  # a pipe or a device would be read for ever
        raise FileNotFoundError(path)
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"larger than {_LARGEST:,} bytes")
    return path.read_text(encoding="utf-8")


def _wrong(name: str, error: Exception) -> UsageError:
    if isinstance(error, OSError):
        examples = " | ".join(EXAMPLE_MAPS)
        return UsageError("column map not found", where=name, expected=f"a TOML file, or {examples}")
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return UsageError("column map not understood", where=f"{name}: {place}", got=first["msg"])
    return UsageError("column map is no TOML", where=name, got=error)
