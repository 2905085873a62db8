"""The rows of one table in one load, beside the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from screener.core.table import Table
from screener.store.facts import Facts


@dataclass(frozen=True)
class Loaded:
    """`rows`: those of every file, with `file` (its number) and `line` (from 0); `runs` wrote them."""

    table: Table
    rows: pl.DataFrame
    facts: Facts
    runs: tuple[str, ...]
    notes: list[str]

    @classmethod
    def of(
        cls,
        table: Table,
        files: Sequence[tuple[str, pl.DataFrame]],
        facts: Facts,
        runs: tuple[str, ...],
        notes: list[str],
    ) -> Loaded:
        """All files as one frame."""
        numbered = [
            frame.select(table.names).with_columns(
                pl.lit(number, dtype=pl.Int32).alias("file"), pl.int_range(pl.len(), dtype=pl.Int32).alias("line")
            )
            for number, (_, frame) in enumerate(files)
        ]
        return cls(table, pl.concat(numbered, rechunk=False), facts, runs, notes)

    @property
    def symbols(self) -> list[str]:
        """Different symbols, sorted."""
        return self.rows["symbol"].unique().sort().to_list()


def contradiction(
    rows: pl.DataFrame, broken: pl.Expr, what: pl.Expr | str, got: pl.Expr, expected: pl.Expr | str
) -> pl.DataFrame:
    """The rows where `broken` is true, with the words of their refusal."""
    words = {"what": what, "got": got, "expected": expected}
    return rows.filter(broken.fill_null(False)).with_columns(
        **{name: pl.lit(text) if isinstance(text, str) else text for name, text in words.items()}
    )
