"""Bars of one load that are stored some symbols at a time: what then remains to be judged, and what is told of them.

1. Checks of rows, of symbols and of their neighbours see whole symbols, so they say what they say of the whole file.
2. Shares of a file (1 % off the fen, or of another unit) hold for it where they hold for each piece; `undecided` names
   the pieces too small to tell.
3. When all tables of the load are written, the bars are looked at beside them (`crossed`), again by symbols.
A refusal here is a reason to judge the file whole; the sentence that a person reads is made there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from screener.core.table import Table
from screener.sources.files.outcome import Skipped
from screener.store.checks import cross, raw, units
from screener.store.facts import Facts

if TYPE_CHECKING:
    from screener.store.ingest import LoadReport


@dataclass(frozen=True)
class Stored:
    """The run that wrote the pieces of a file, and how many stored rows it revised."""

    origin: str
    run: str
    revised: int
    first: bool  # the table was empty before: what it holds is what was loaded


def undecided(frame: pl.DataFrame) -> str:
    """Why the odd rows of a piece of bars cannot be judged without the others; empty where they can, or it has none."""
    proven = frame.select(((pl.col("volume") > 0) & pl.col("amount").is_not_null()).sum()).item()
    few = proven < 1 / units.SHARE and frame.select(units.unit_odd().any()).item()
    few = few or (frame.height < 1 / raw.SHARE and frame.select(raw.off_fen().any()).item())
    return "an odd row among few" if few else ""


def crossed(table: Table, stored: Stored, pieces: Iterable[tuple[pl.DataFrame, Facts]], *, replacing: bool) -> str:
    """Why the rows of a load contradict what else is stored; empty where they do not."""
    if stored.revised >= raw.CHANGED_FEWEST and not replacing:
        return "a share of all that is stored"
    for frame, facts in pieces:
        runs = {stored.run: stored.revised}
        found = cross.crossed(table, [(stored.origin, frame)], facts, runs, replace=replacing)
        if found.refused:
            return found.refused
    return ""


def by_symbols(table: Table, facts: Facts) -> Iterator[tuple[pl.DataFrame, Facts]]:
    """The stored rows, some symbols at a time, in the declared shape."""
    for part in facts.by_symbols():
        yield pl.concat([table.empty(), part.latest(table.name)], how="diagonal"), part


def summed(reports: Sequence[LoadReport]) -> LoadReport:
    """The reports of all pieces as one of the file."""
    days = [day for one in reports for day in (one.first, one.last) if isinstance(day, date)]
    halts: dict[str, Skipped] = {}
    for left in (left for one in reports for left in one.skipped):
        before = halts.get(left.why, replace(left, count=0))
        halts[left.why] = replace(left, what=min(before.what, left.what), count=before.count + left.count)
    return replace(
        reports[0],
        **{
            name: sum(getattr(one, name) for one in reports)
            for name in ("new", "revised", "unchanged", "rows", "symbols")
        },
        first=min(days, default=None),
        last=max(days, default=None),
        skipped=tuple(halts.values()),
        notes=tuple(dict.fromkeys(note for one in reports for note in one.notes)),
    )
