"""Seeded corruptions of valid inputs: what a spreadsheet, a terminal, a script or bad luck makes of a file.

Each mutator takes a frame of text (or bytes of a file) and a seeded `random.Random`, and gives another one back.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import polars as pl

ODD_TEXTS = (
    "", " ", "-", "nan", "inf", "-inf", "1e308", "-1e308", "9" * 40, "1e999", "0x10", "１２３", "3０1396.SZ", "NULL",
    "2026-02-30", "0000-00-00", "99999-01-01", "2026-13-01", "1899-12-30", "20260630.0", "30/06/2026",
    "2026-06-30T25:00", "46203", "二〇二六年六月三十日", "true", "=1+1", "a\x00b", "\x1b[31mred", "a\nb", "a\rb",
    "\u202e", "\ud7ff", "🙂" * 50, "x" * 5000, "600519", "600519.SZ", "SZ301396", "-0",
    "1,234", "1.000.000", "１０.５", "5%", "1亿", "'",
    '"', ";", "\\", "\u2028", "1_000", "+5", "٣", "Infinity", "None", "9223372036854775808", "-9223372036854775809",
)  # fmt: skip
ODD_DTYPES: tuple[pl.DataType, ...] = (
    pl.Int8(), pl.UInt64(), pl.Int128(), pl.Float32(), pl.Boolean(), pl.Date(), pl.Datetime("ns"),
    pl.Datetime("ms", "UTC"), pl.Duration(), pl.Time(), pl.Binary(), pl.Categorical(), pl.Decimal(20, 3), pl.Null(),
)  # fmt: skip


@dataclass(frozen=True)
class Input:
    """One file to load: its name, its bytes, a column map as TOML where it has one, what was done to it."""

    name: str
    raw: bytes
    done: str
    toml: bytes | None = None


def csv_of(frame: pl.DataFrame) -> bytes:
    """A frame of text as CSV."""
    return frame.write_csv().encode()


# Of the table


def a_cell(frame: pl.DataFrame, dice: Random) -> pl.DataFrame:
    """One cell gets an odd text."""
    name, at = dice.choice(frame.columns), dice.randrange(frame.height)
    cells = frame[name].to_list()
    cells[at] = dice.choice(ODD_TEXTS)
    return frame.with_columns(pl.Series(name, cells, pl.String))


def a_column(frame: pl.DataFrame, dice: Random) -> pl.DataFrame:
    """A whole column gets one odd text."""
    return frame.with_columns(pl.lit(dice.choice(ODD_TEXTS)).alias(dice.choice(frame.columns)))


def swapped_columns(frame: pl.DataFrame, dice: Random) -> pl.DataFrame:
    """Two columns under each other's name."""
    first, second = dice.sample(frame.columns, 2)
    return frame.with_columns(pl.col(first).alias(second), pl.col(second).alias(first))


def a_column_less(frame: pl.DataFrame, dice: Random) -> pl.DataFrame:
    """A column is not there."""
    return frame.drop(dice.choice(frame.columns))


def a_strange_name(frame: pl.DataFrame, dice: Random) -> pl.DataFrame:
    """A header nobody asked for."""
    name = dice.choice(frame.columns)
    strange = (name.upper(), f" {name} ", name + "\x00", "", "é" * 3000, "\x1b[2J", "known_at")
    return frame.rename({name: dice.choice([other for other in strange if other not in frame.columns])})


def a_row_twice(frame: pl.DataFrame, dice: Random) -> pl.DataFrame:
    """A row is there twice, the second time with another cell."""
    return pl.concat([frame, a_cell(frame.sample(1, seed=dice.randrange(10**6)), dice)])


def no_rows(frame: pl.DataFrame, dice: Random) -> pl.DataFrame:
    """Nothing but a header."""
    return frame.clear()


TABLE = (a_cell, a_cell, a_cell, a_column, swapped_columns, a_column_less, a_strange_name, a_row_twice, no_rows)

# Of the bytes


def cut(raw: bytes, dice: Random) -> bytes:
    """The file ends too early."""
    return raw[: dice.randrange(len(raw))]


def a_flipped_byte(raw: bytes, dice: Random) -> bytes:
    """One byte is another one."""
    at = dice.randrange(len(raw))
    return raw[:at] + bytes([dice.randrange(256)]) + raw[at + 1 :]


def some_bytes_more(raw: bytes, dice: Random) -> bytes:
    """Bytes of no meaning inside."""
    at = dice.randrange(len(raw) + 1)
    return (
        raw[:at]
        + dice.choice((b"\x00", b"\xff\xfe", b'"', b"\r", b",,,,", b"\n\n", b"\xef\xbb\xbf", dice.randbytes(9)))
        + raw[at:]
    )


def another_encoding(raw: bytes, dice: Random) -> bytes:
    """Written by another program."""
    return raw.decode(errors="replace").encode(
        dice.choice(("utf-16", "utf-32", "gb18030", "big5", "shift-jis", "latin-1")), "replace"
    )


def a_header_twice(raw: bytes, dice: Random) -> bytes:
    """A column's name is there twice."""
    head, _, rest = raw.partition(b"\n")
    names = head.split(b",")
    names[dice.randrange(len(names))] = dice.choice(names)
    return b",".join(names) + b"\n" + rest


def another_separator(raw: bytes, dice: Random) -> bytes:
    """Semicolons, tabs or bars."""
    return raw.replace(b",", dice.choice((b";", b"\t", b"|", b" ")))


BYTES = (cut, a_flipped_byte, some_bytes_more, another_encoding, a_header_twice, another_separator)

# Of Parquet


def an_odd_dtype(frame: pl.DataFrame, dice: Random) -> pl.DataFrame:
    """A column of another type, where its values can be that."""
    name, kind = dice.choice(frame.columns), dice.choice(ODD_DTYPES)
    return frame.with_columns(pl.lit(None, kind).alias(name) if dice.random() < 0.3 else _cast(frame[name], kind))


def _cast(column: pl.Series, kind: pl.DataType) -> pl.Series:
    try:
        return column.cast(kind, strict=False)
    except pl.exceptions.PolarsError:
        return pl.Series(column.name, [None] * len(column), kind)


def a_nested_column(frame: pl.DataFrame, dice: Random) -> pl.DataFrame:
    """A list, a list of lists or a struct where a value should be."""
    name = dice.choice(frame.columns)
    nested = (pl.concat_list(name), pl.concat_list(pl.concat_list(name)), pl.struct(name, pl.lit(1).alias("b")))
    return frame.with_columns(dice.choice(nested).alias(name))


def a_huge_number(frame: pl.DataFrame, dice: Random) -> pl.DataFrame:
    """A number no market has."""
    huge = (2**63 - 1, -(2**63), 1e308, -1e308, float("nan"), float("inf"), 0, -1, 1e-320)
    return frame.with_columns(pl.lit(dice.choice(huge)).alias(dice.choice(frame.columns)))


PARQUET = (an_odd_dtype, a_nested_column, a_huge_number, a_column_less, swapped_columns, no_rows)


def parquet_of(frame: pl.DataFrame) -> bytes:
    """A frame as Parquet."""
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


# Of the column map

MAPS = (
    'units = { {number} = "手" }', 'units = { {number} = 1e300 }', 'units = { {number} = nan }',
    'units = { {number} = -1 }',
    'units = { {number} = "里" }', 'units = { nowhere = "手" }', 'date_format = "%Q"', 'date_format = "%d%m"',
    'date_format = ""', 'columns = { {any} = "{other}" }', 'columns = { nowhere = "symbol" }', 'columns = 3',
    'constants = { symbol = "300001" }', 'constants = { {any}x = "\\u0000" }', 'dataset = "findings"',
    'dataset = "firms"',
    'dataset = "\\u001b[31m"', 'match = "[", dataset = 1', 'columns = { "" = "" }', 'constants = { source = "" }',
    '\x00',
    'units = { {number} = inf }', 'constants = { known_at = "2020-01-01" }', 'constants = { withdrawn = "true" }',
)  # fmt: skip


def a_map(frame: pl.DataFrame, dice: Random) -> bytes:
    """A column map that is wrong, or right by chance."""
    line = dice.choice(MAPS)
    numbers = ("volume", "close", "amount_low", "total_shares", "shares_to_holder")
    for word, text in (
        ("{number}", next((name for name in numbers if name in frame.columns), "x")),
        ("{any}", dice.choice(frame.columns)),
        ("{other}", dice.choice(frame.columns)),
    ):
        line = line.replace(word, text)
    raw = f'[[file]]\nmatch = "*"\n{line}\n'.encode()
    return dice.choice(BYTES)(raw, dice) if dice.random() < 0.2 else raw


def mutated(table: str, sound: pl.DataFrame, dice: Random) -> Input:
    """One corrupted input of a table from its sound frame of text."""
    form = dice.choice(("table", "table", "bytes", "parquet", "packed", "map"))
    if form == "map":
        return Input(f"{table}.csv", csv_of(sound), "map", a_map(sound, dice))
    if form in ("table", "bytes"):
        return Input(f"{table}.csv", *_as_text(form, sound, dice))
    if form == "packed":
        packed: Callable[[bytes, Random], bytes] = dice.choice(BYTES[:3])
        return Input(f"{table}.parquet", packed(parquet_of(sound), dice), f"parquet {packed.__name__}")
    typed = dice.choice(PARQUET)
    return Input(f"{table}.parquet", parquet_of(typed(sound, dice)), f"parquet {typed.__name__}")


def _as_text(form: str, sound: pl.DataFrame, dice: Random) -> tuple[bytes, str]:
    if form == "table":
        torn = dice.choice(TABLE)
        return csv_of(torn(sound, dice)), torn.__name__
    damaged = dice.choice(BYTES)
    return damaged(csv_of(sound), dice), damaged.__name__
