"""Parts of a load before the store is asked: each alone, and those of one table against each other.

1. `rows_of`: what a row says alone, and beside the rows of its key.
2. Then what all rows say together: units, prices off the fen.
3. Rows of several files that are parts of one event become it; two files that contradict each other are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from screener.core.errors import DataRefused
from screener.core.tables import FACTS, TABLES
from screener.store import events
from screener.store.checks import raw, shape, subjects, units
from screener.store.parts import Part


@dataclass(frozen=True)
class Staged:
    """A part whose frame passed what can be checked without the store, or the reason why not."""

    part: Part
    frame: pl.DataFrame
    refused: str = ""


def staged(parts: Sequence[Part]) -> list[Staged]:
    """Every part; where one is refused the others are still looked at."""
    staged = _with_whole_events([stage(part) for part in parts])
    for dataset in {entry.part.dataset for entry in staged if not entry.refused}:
        sound = [entry for entry in staged if entry.part.dataset == dataset and not entry.refused]
        files = [(entry.part.origin, entry.frame) for entry in sound]
        try:
            shape.refuse_contradiction(TABLES[dataset], files)
        except DataRefused as refusal:
            staged = [
                replace(entry, refused=entry.refused or str(refusal)) if entry.part.dataset == dataset else entry
                for entry in staged
            ]
    return staged


def _with_whole_events(staged: list[Staged]) -> list[Staged]:
    """Corporate actions of all files together: rows of one event become it (see `events`)."""
    sound = [n for n, entry in enumerate(staged) if entry.part.dataset == "actions" and not entry.refused]
    if not sound:
        return staged
    frames = (
        staged[n].frame.with_columns(pl.col("source").fill_null(staged[n].part.origin), file=pl.lit(n)) for n in sound
    )
    where = ", ".join(staged[n].part.origin for n in sound)
    try:
        whole = events.merged(pl.concat(frames), where=where)
    except DataRefused as refusal:
        return [replace(entry, refused=str(refusal)) if n in sound else entry for n, entry in enumerate(staged)]
    parts = {n: whole.filter(pl.col("file") == n).drop("file") for n in sound}
    return [replace(entry, frame=parts[n]) if n in parts else entry for n, entry in enumerate(staged)]


def stage(part: Part) -> Staged:
    """One part alone."""
    if part.refused or part.pieces:
        return Staged(part, part.frame, part.refused)
    try:
        if part.dataset not in {table.name for table in FACTS}:
            raise DataRefused("no such table of facts", where=part.origin, got=part.dataset)
        table, where = TABLES[part.dataset], part.origin
        raw.refuse_said(table, part.aside, part.titles, where=where)
        frame = rows_of(part)
        units.refuse_units(table, frame, where=where)
        raw.refuse_off_fen(table, frame, where=where)
    except DataRefused as refusal:
        return Staged(part, part.frame, str(refusal))
    return Staged(part, frame)


def rows_of(part: Part) -> pl.DataFrame:
    """The rows in the declared shape, equal ones once. Raises DataRefused for the first that is none of the table's."""
    table, where = TABLES[part.dataset], part.origin
    frame = shape.shaped(table, part.frame, where=where)
    if table.name != "actions":  # whose rows may be parts of one event: told when all files are there
        frame = shape.distinct(table, frame, where=where)
    shape.refuse_rows(table, frame, where=where)
    subjects.refuse_subjects(table, frame, where=where)
    return frame
