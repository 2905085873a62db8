"""Findings of the store as a market knows them: whose rows they are about, and since when.

1. A key of the log names a symbol and a day (`603629.SH 2026-07-07`), or a commitment or contract fact, whose symbol
   and time the market knows.
2. A finding counts for an answer where it is about a symbol that the answer uses and a day not after its last one:
   whether a row is odd is told by rows before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

_SYMBOL, _DAY = r"(\d{6}\.(?:SH|SZ|BJ))", r"(\d{4}-\d{2}-\d{2})"
_SCHEMA = {"dataset": pl.String(), "symbol": pl.String(), "day": pl.Date()}
Counts = Mapping[str, Mapping[str, int]]  # dataset → symbol → findings


def located(findings: pl.DataFrame | None, known: Mapping[str, tuple[str, date]]) -> pl.DataFrame:
    """(dataset, symbol, day) of every finding about a symbol. `known`: id of a fact → its symbol and day."""
    if findings is None or findings.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    ids = pl.DataFrame(
        [(name, *known[name]) for name in {*findings["row_key"]} & known.keys()],
        schema={"row_key": pl.String(), "of": pl.String(), "since": pl.Date()},
        orient="row",
    )
    key = pl.col("row_key")
    return (
        findings.join(ids, on="row_key", how="left", maintain_order="left")
        .select(
            "dataset",
            pl.coalesce(key.str.extract(_SYMBOL), "of").alias("symbol"),
            pl.coalesce(key.str.extract(_DAY).str.to_date(strict=False), "since").alias("day"),
        )
        .drop_nulls()
    )


def counted(found: pl.DataFrame, symbols: Iterable[str], first: date | None, last: date | None) -> Counts:
    """How many findings stand behind an answer about these symbols and days (None: no bound), by dataset and symbol."""
    inside = pl.col("symbol").is_in(list(symbols))
    if first is not None:
        inside &= pl.col("day") >= first
    if last is not None:
        inside &= pl.col("day") <= last
    counts: dict[str, dict[str, int]] = {}
    rows = found.filter(inside).group_by("dataset", "symbol").len().sort("dataset", "symbol")
    for dataset, symbol, number in rows.iter_rows():
        counts.setdefault(dataset, {})[symbol] = number
    return counts
