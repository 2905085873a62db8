"""Rows on their way from a file to a table, and defaults that say themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from screener.sources.files.outcome import Note, Skipped


@dataclass(frozen=True)
class Made:
    """Typed rows of one table, further rows made from them, and what was said and left out."""

    dataset: str
    frame: pl.DataFrame
    where: str = ""
    notes: tuple[Note, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    announced: pl.DataFrame | None = None  # announcements that a contract's file implies

    def but(self, frame: pl.DataFrame, **more: Any) -> Made:
        """With other rows."""
        return replace(self, frame=frame, **more)


def filled(frame: pl.DataFrame, name: str, value: Any, said: str) -> tuple[pl.DataFrame, tuple[Note, ...]]:
    """`value` (one, or a series) where a column is missing or empty, and the note that says so."""
    if frame.is_empty():
        return (frame if name in frame.columns else frame.with_columns(pl.lit(None).alias(name))), ()
    given = pl.lit(value) if not isinstance(value, pl.Series) else value
    if name not in frame.columns:
        return frame.with_columns(given.alias(name)), (Note(said),) if said else ()
    empty = frame[name].is_null()
    if not empty.any():
        return frame, ()
    column = pl.when(empty).then(given).otherwise(pl.col(name)).alias(name)
    return frame.with_columns(column), (Note(said, int(empty.sum())),) if said else ()


def own_names(
    frame: pl.DataFrame, column: str, names: Callable[[list[dict[str, Any]]], Sequence[str]]
) -> tuple[pl.DataFrame, tuple[Note, ...]]:
    """Names for facts that have none. Rows that lack what the name is made of keep none, and are refused for that."""
    if column in frame.columns and not frame[column].null_count():
        return frame, ()
    rows = frame.to_dicts()
    whole = [row for row in rows if row.get(column) is None and _complete(row)]
    made = iter(names(whole))
    values = [row.get(column) if row.get(column) is not None or not _complete(row) else next(made) for row in rows]
    named = frame.with_columns(pl.Series(column, values, dtype=pl.String))
    return named, (Note(f"{column} is made here", len(whole)),) if whole else ()


_MAKING = ("symbol", "event_date", "subject", "broker", "report_date", "commitment_id", "effective_date")


def _complete(row: dict[str, Any]) -> bool:
    return all(row[name] is not None for name in _MAKING if name in row)
