"""The rows of one table in one load, beside the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from screener.core.table import Table
from screener.store.facts import Facts


@dataclass(frozen=True)
class Loaded:
    """What a cross-check looks at; `rows` of all files are put together when a check asks for them."""

    table: Table
    files: Sequence[tuple[str, pl.DataFrame]]
    facts: Facts
    runs: Mapping[str, int]  # run → how many stored rows it revised
    notes: list[str]
    kept: dict[str, pl.DataFrame] = field(default_factory=dict)  # what one check worked out and another one asks too

    @cached_property
    def rows(self) -> pl.DataFrame:
        """Every row, with `file` (its number) and `line` (from 0)."""
        return self.where(None)

    def where(self, asked: pl.Expr | None) -> pl.DataFrame:
        """`rows` of which something is true; a market's worth of rows is not put together for a few of them."""
        parts = []
        for number, (_, frame) in enumerate(self.files):
            rows = frame.select(self.table.names).with_row_index("line")
            chosen = rows if asked is None else rows.filter(asked)
            parts.append(chosen.with_columns(file=pl.lit(number, dtype=pl.Int32)))
        return pl.concat(parts)


def contradiction(
    rows: pl.DataFrame, broken: pl.Expr | None, what: pl.Expr | str, got: pl.Expr, expected: pl.Expr | str
) -> pl.DataFrame:
    """The rows where `broken` is true (None: all of them), with the words of their refusal."""
    words = {"what": what, "got": got, "expected": expected}
    kept = rows if broken is None else rows.filter(broken.fill_null(False))
    return kept.with_columns(**{name: pl.lit(text) if isinstance(text, str) else text for name, text in words.items()})
