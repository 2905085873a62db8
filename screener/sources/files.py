"""Reads the user's own CSV and Parquet files and puts them into our words.

1. Every `*.csv` and `*.parquet` of the folder is read (CSV as text: UTF-8, else GB18030), no other file.
2. A column map (TOML, optional) renames columns, adds constants, scales units and says how dates are written.
3. A file's dataset is told by its columns: the table that shares most columns with it. Where a required column is
   missing the file is refused with the nearest table. Columns no table has are dropped and named (an adjustment
   factor is derived data, never stored).
4. Dates as 2026-06-30, 20260630 or 2026/6/30, with or without a time of day, are understood without a map.

A column map, here for Tushare's `daily` (vol in 手, amount in 千元; 手 and the like are in `UNITS`):

    [[file]]
    match = "daily*.csv"              # which files; "*" where left out
    dataset = "bars"                  # optional: told by the columns
    columns = { ts_code = "symbol", trade_date = "session", vol = "volume" }
    units = { volume = "手", amount = "千元" }
    constants = { source = "Tushare" }
    date_format = "%Y%m%d"            # optional

`EXAMPLE_MAPS` has Tushare, Wind and Choice as templates; exports differ by setting, so compare the header.
"""

from __future__ import annotations

import io
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import polars as pl
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from screener.core.errors import DataRefused, UsageError
from screener.core.reading import readable
from screener.core.table import Kind, Table
from screener.core.tables import TABLES

LOADABLE = tuple(table.name for table in TABLES.values() if table.loadable)
# How many shares, yuan or fractions one unit is.
UNITS: dict[str, float] = {
    "股": 1, "手": 100, "万股": 1e4, "亿股": 1e8, "元": 1, "千元": 1e3, "万": 1e4, "万元": 1e4, "百万元": 1e6,
    "亿": 1e8, "亿元": 1e8, "%": 0.01, "每10股": 0.1,
}  # fmt: skip
_EMPTY = ("", "-", "--", "nan", "NaN", "None", "null", "N/A")  # what terminals write for a missing value
_CLOCKS = ("%H:%M:%S", "%H:%M", "%H:%M:%S%.f")
_DATE_FORMATS = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d")
_SCALED_DECIMALS = 6  # × 100 and the like leave float noise far behind the point

EXAMPLE_MAPS: dict[str, str] = {
    "tushare": """\
# Tushare `daily` (vol in 手, amount in 千元), `dividend`, `daily_basic`-like share files (万股)
[[file]]
match = "daily*"
dataset = "bars"
columns = { ts_code = "symbol", trade_date = "session", vol = "volume" }
units = { volume = "手", amount = "千元" }
constants = { source = "Tushare daily" }

[[file]]
match = "share*"
dataset = "shares"
columns.ts_code = "symbol"
columns.trade_date = "effective_date"
columns.total_share = "total_shares"
columns.float_share = "float_shares"
units = { total_shares = "万股", float_shares = "万股" }
constants = { source = "Tushare daily_basic" }
""",
    "wind": """\
# Wind terminal export: unadjusted prices, volume in 股, amount in 百万元
[[file]]
match = "*"
dataset = "bars"
units = { amount = "百万元" }
constants = { source = "Wind" }
[file.columns]
"代码" = "symbol"
"日期" = "session"
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
"证券代码" = "symbol"
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
    if (unit not in UNITS) if isinstance(unit, str) else unit <= 0:
        raise ValueError(f"unit {unit} is none of {' | '.join(UNITS)}, nor a number above 0")
    return unit


class FileMap(BaseModel):
    """How the files that match speak; see the top of the module."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: str = "*"
    dataset: Annotated[str, AfterValidator(_loadable)] | None = None
    columns: dict[str, str] = {}
    units: dict[str, Annotated[str | float, AfterValidator(_unit)]] = {}
    constants: dict[str, str] = {}
    date_format: str | None = None


class FolderMap(BaseModel):
    """All column maps of a folder; the first one that matches a file's name is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: tuple[FileMap, ...] = ()

    def of(self, name: str) -> FileMap:
        """The map for a file name; one that changes nothing where none matches."""
        return next((entry for entry in self.file if fnmatchcase(name.lower(), entry.match.lower())), FileMap())


@dataclass(frozen=True)
class FileRows:
    """The rows of one file under our column names, not checked yet."""

    dataset: str
    path: Path
    frame: pl.DataFrame
    dropped: tuple[str, ...]


def read_map(path: Path | str) -> FolderMap:
    """A column map from a TOML file, or one of the examples by name (tushare, wind, choice). Raises UsageError."""
    name = str(path)
    try:
        text = EXAMPLE_MAPS[name] if name in EXAMPLE_MAPS else readable(path, error=UsageError).read_text("utf-8")
        return FolderMap.model_validate(tomllib.loads(text))
    except OSError:
        examples = " | ".join(EXAMPLE_MAPS)
        raise UsageError("column map not found", where=name, expected=f"a TOML file, or {examples}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError("column map not understood", where=f"{name}: {place}", got=first["msg"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError("column map is no TOML", where=name, got=error) from None


def read_folder(folder: Path, folder_map: FolderMap | None = None) -> list[FileRows]:
    """Every CSV and Parquet file of `folder` (or the file itself), sorted by name. Raises DataRefused."""
    if not folder.exists():
        raise DataRefused("no such folder", where=str(folder), next_step="screener load DIR")
    candidates = [folder] if folder.is_file() else sorted(folder.iterdir())
    paths = [path for path in candidates if path.suffix.lower() in (".csv", ".parquet") and path.is_file()]
    if not paths:
        raise DataRefused("no CSV or Parquet file", where=str(folder), next_step="screener load --template bars")
    return [read_file(path, (folder_map or FolderMap()).of(path.name)) for path in paths]


def read_file(path: Path, file_map: FileMap | None = None) -> FileRows:
    """One file, mapped and told apart. Raises DataRefused naming the nearest table where none fits."""
    file_map = file_map or FileMap()
    frame = _renamed(_read(path), file_map, path.name)
    table = _told(frame.columns, file_map.dataset, path.name)
    dropped = tuple(name for name in frame.columns if name not in table.names)
    wanted = [column for column in table.columns if column.name in frame.columns]
    understood = [_understood(frame[column.name], column.kind, file_map) for column in wanted]
    return FileRows(table.name, path, pl.DataFrame(understood), dropped)


def template(name: str) -> str:
    """A CSV to start from: the header of a table and one row of examples. Raises UsageError."""
    if name not in LOADABLE:
        raise UsageError("no such table to load", got=name, expected=" | ".join(LOADABLE))
    columns = TABLES[name].columns
    row = pl.DataFrame({column.name: [column.example] for column in columns})
    return row.write_csv(quote_style="necessary").replace('""', "")


def _read(path: Path) -> pl.DataFrame:
    try:
        if path.suffix.lower() == ".parquet":
            return pl.read_parquet(path)
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("gb18030")  # what Chinese Excel writes
        return pl.read_csv(io.StringIO(text), infer_schema=False)
    except (pl.exceptions.PolarsError, UnicodeDecodeError, OSError) as error:
        kind = path.suffix[1:].lower()
        raise DataRefused(f"not a readable {kind} file", where=path.name, got=str(error).splitlines()[0]) from None


def _renamed(frame: pl.DataFrame, file_map: FileMap, where: str) -> pl.DataFrame:
    try:
        frame = frame.rename(lambda name: file_map.columns.get(name.strip(), name.strip()))
    except pl.exceptions.DuplicateError:
        raise DataRefused("two columns of one name", where=where, got=list(frame.columns)) from None
    missing = [name for name in file_map.columns.values() if name not in frame.columns]
    if missing and file_map.match != "*":
        raise DataRefused(
            "a column of the map is not in the file", where=where, got=list(frame.columns), expected=missing
        )
    added = {name: text for name, text in file_map.constants.items() if name not in frame.columns}
    return frame.with_columns(pl.lit(text).alias(name) for name, text in added.items())


def _told(columns: Sequence[str], asked: str | None, where: str) -> Table:
    """The table a file's columns speak of: most columns shared, then fewest required ones missing."""

    def nearness(name: str) -> tuple[int, int]:
        table = TABLES[name]
        return len(set(table.names) & set(columns)), -len(set(table.required) - set(columns))

    table = TABLES[asked or max(LOADABLE, key=nearness)]
    missing = [name for name in table.required if name not in columns]
    if missing:
        raise DataRefused(
            "the columns fit no table",
            where=where,
            got=list(columns),
            expected=f"{', '.join(missing)} too for the nearest one, {table.name}",
            next_step=f"screener load --template {table.name}, or a column map (--map)",
        )
    return table


def _understood(series: pl.Series, kind: Kind, file_map: FileMap) -> pl.Series:
    """Values in our units; what cannot be read is left as it is for the table's check to refuse with its row."""
    if series.dtype == pl.String and kind is not Kind.TEXT:
        text = series.str.strip_chars()
        series = text.set(text.is_in(_EMPTY), None)
    if kind is Kind.DATE or kind is Kind.TIME:
        return _moment(series, kind, file_map.date_format)
    unit = file_map.units.get(series.name)
    if unit is not None:
        return _scaled(series, UNITS[unit] if isinstance(unit, str) else unit)
    if kind is Kind.INT and series.dtype == pl.String:
        return _numbers(series)  # "1234500.0" is a whole number too
    return series


def _moment(series: pl.Series, kind: Kind, date_format: str | None) -> pl.Series:
    if isinstance(series.dtype, pl.Datetime) and series.dtype.time_zone:
        return series.dt.convert_time_zone("Asia/Shanghai").dt.replace_time_zone(None)
    if series.dtype.is_integer():
        series = series.cast(pl.String)  # 20260630; a plain cast would count days from 1970
    if series.dtype != pl.String:
        return series
    parts = series.str.replace("T", " ", literal=True).str.split(" ").list
    formats = (date_format,) if date_format else _DATE_FORMATS
    days = [parts.first().str.to_date(form, strict=False) for form in formats]
    day = pl.select(pl.coalesce(days)).to_series().alias(series.name)
    if day.null_count() > series.null_count():
        return series
    if kind is Kind.DATE:
        return day
    clocks = [parts.get(1, null_on_oob=True).fill_null("00:00:00").str.to_time(form, strict=False) for form in _CLOCKS]
    clock = pl.select(pl.coalesce(clocks).alias("clock")).to_series()
    if clock.null_count():
        return series
    return pl.DataFrame([day, clock]).select(pl.first().dt.combine(pl.col("clock"), "us")).to_series()


def _scaled(series: pl.Series, factor: float) -> pl.Series:
    numbers = _numbers(series)
    if numbers.dtype == pl.String:
        return series
    return (numbers.cast(pl.Float64) * factor).round(_SCALED_DECIMALS)


def _numbers(series: pl.Series) -> pl.Series:
    """Text → floats (thousands separators allowed); the text again where a cell is no number."""
    if series.dtype != pl.String:
        return series
    numbers = series.str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
    return series if numbers.null_count() > series.null_count() else numbers
