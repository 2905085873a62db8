"""Frames of many rows on their way out: column by column, not cell by cell."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import polars as pl

from screener.commands.output import write_csv
from screener.core import writing
from screener.core.text import inert, visible_json


def print_frame(frame: pl.DataFrame) -> None:
    """Prints a frame as a JSON list of rows; what is no finite number is null."""
    if not frame.height:
        print("[]")
        return
    print(visible_json(frame.with_columns(*_finite(frame), *_moments(frame)).write_json()))


def write_frame(folder: Path, name: str, frame: pl.DataFrame) -> None:
    """As `output.write_csv`, for one table of many rows."""
    if any(kind.is_nested() for kind in frame.dtypes):
        write_csv(folder, {name: frame.to_dicts()})
        return
    texts = (column for column, kind in frame.schema.items() if kind == pl.String)
    safe = frame.with_columns(*_finite(frame), *_moments(frame), *(_inert(frame[column]) for column in texts))
    named = safe.rename({heading: inert(heading) for heading in safe.columns})
    fill = partial(named.write_csv, include_bom=True, line_terminator="\r\n")
    writing.folder(folder)
    writing.written(folder / f"{name}.csv", fill, kind="csv")


def _finite(frame: pl.DataFrame) -> list[pl.Expr]:
    floats = (name for name, kind in frame.schema.items() if kind.is_float())
    return [pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in floats]


def _inert(column: pl.Series) -> pl.Series:
    """A title from the internet must not run in Excel."""
    found = {text: inert(text) for text in column.drop_nulls().unique()}
    return column.replace({text: shown for text, shown in found.items() if shown != text})


def _moments(frame: pl.DataFrame) -> list[pl.Expr]:
    """As Python writes them: without a fraction where there is none."""
    moments = (name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime))
    return [pl.col(name).dt.to_string("iso:strict").str.replace(r"\.0+$", "") for name in moments]
