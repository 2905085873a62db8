"""Bars on their way from a store into a market: whose they are and how far they reach, and the rows in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

FIELDS = ("open", "high", "low", "close", "volume", "amount")


@dataclass(frozen=True)
class Bars:
    """What a store knows of its bars before they are read, and how to read them.

    Symbols and span are those of the rows that stand: the last version of each, unless it was taken back.
    """

    symbols: tuple[str, ...]  # whose bars are handed over, sorted
    first: date | None  # the sessions of the first and the last bar of the whole store
    last: date | None
    sources: Mapping[str, date]  # who told rows of the whole store that have one version, and the first such; sorted
    versions: pl.DataFrame  # of the others every version, with its provenance: corrected, or taken back
    moments: tuple[datetime, ...]  # when one was, of any symbol of the store
    # Frames of the rows of one version: n (position in the symbols given), session, FIELDS, told (position in sources).
    # Those of `versions` may be among them: they do not count.
    rows: Callable[[Sequence[str]], Iterator[pl.DataFrame]]
    whose: frozenset[str] | None = None  # the symbols that were asked for; None: all
    # Of a question about a few days: these, and the days whose rows it needs. None: every session from first to last.
    asked: tuple[date, ...] | None = None
    days: tuple[date, ...] = ()
