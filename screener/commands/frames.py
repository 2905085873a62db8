"""Frames of many rows on their way out: column by column, not cell by cell."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from screener.commands.output import FORMULA, write_csv
from screener.core.errors import ScreenerError


def print_frame(frame: pl.DataFrame) -> None:
    """Prints a frame as a JSON list of rows; what is no finite number is null."""
    if not frame.height:
        print("[]")
        return
    print(frame.with_columns(*_finite(frame), *_moments(frame)).write_json())


def write_frame(folder: Path, name: str, frame: pl.DataFrame) -> None:
    """As `output.write_csv`, for one table."""
    if any(kind.is_nested() for kind in frame.dtypes):
        write_csv(folder, {name: frame.to_dicts()})
        return
    texts = (column for column, kind in frame.schema.items() if kind == pl.String)
    safe = frame.with_columns(*_finite(frame), *_moments(frame), *(_quoted(column) for column in texts))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        safe.write_csv(folder / f"{name}.csv", include_bom=True, line_terminator="\r\n")
    except OSError as error:
        raise ScreenerError("cannot write there", where=str(folder), got=error.strerror) from error


def _finite(frame: pl.DataFrame) -> list[pl.Expr]:
    floats = (name for name, kind in frame.schema.items() if kind.is_float())
    return [pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in floats]


def _quoted(name: str) -> pl.Expr:
    """A title from the internet must not run in Excel."""
    text = pl.col(name)
    return pl.when(text.str.slice(0, 1).is_in(list(FORMULA))).then(pl.lit("'") + text).otherwise(text).alias(name)


def _moments(frame: pl.DataFrame) -> list[pl.Expr]:
    """As Python writes them: without a fraction where there is none."""
    moments = (name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime))
    return [pl.col(name).dt.to_string("iso:strict").str.replace(r"\.0+$", "") for name in moments]
