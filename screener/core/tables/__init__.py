"""Every table of the store, once. A new table is one declaration; DDL, checks, dating, templates and cuts follow."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from screener.core.resources import tables_dir
from screener.core.table import Column, Table
from screener.core.tables.actions import ACTIONS
from screener.core.tables.announced import ANNOUNCEMENTS, COMMITMENTS, CONTRACT_FACTS, KEYWORDS, KINDS, LINKS
from screener.core.tables.columns import FLAG, MAY, NEED, TIME, T
from screener.core.tables.law import RULES, SESSIONS
from screener.core.tables.listed import FIRMS, ST_SPELLS
from screener.core.tables.logs import FINDINGS, RUNS
from screener.core.tables.prices import BARS, INDICES, SHARES
from screener.core.tables.proposed import DECISIONS, DOCUMENTS, PROPOSALS
from screener.core.tables.rated import (
    BANDS,
    BENCHMARKS,
    INDICATORS,
    INDUSTRY_SERIES,
    RATING_STANDARDS,
    RATINGS,
    STATEMENTS,
)
from screener.core.tables.reported import MARGINS, PRODUCTS, SEGMENTS

# When and from where a row is known; appended to every table of facts by the store itself.
PROVENANCE = (
    Column("known_at", TIME, NEED, "Asia/Shanghai time when the market could read it"),
    Column("source", T, NEED, "who said so"),
    Column("fetched_at", TIME, NEED, "when the row entered this store"),
    Column("run", T, NEED, "the run that wrote it"),
    Column("withdrawn", FLAG, MAY, "true: taken back; why stands in the origin of the run"),
)

# A table stands after those whose facts it names: in this order they are seeded and loaded.
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        SESSIONS,
        RULES,
        KINDS,
        KEYWORDS,
        FIRMS,
        ST_SPELLS,
        ANNOUNCEMENTS,
        COMMITMENTS,
        CONTRACT_FACTS,
        LINKS,
        BARS,
        INDICES,
        SHARES,
        ACTIONS,
        RATINGS,
        BENCHMARKS,
        INDUSTRY_SERIES,
        RATING_STANDARDS,
        BANDS,
        INDICATORS,
        STATEMENTS,
        PRODUCTS,
        SEGMENTS,
        MARGINS,
        FINDINGS,
        RUNS,
        DOCUMENTS,
        PROPOSALS,
        DECISIONS,
    )
}
FACTS: tuple[Table, ...] = tuple(table for table in TABLES.values() if not table.log)
PACKAGED: tuple[Table, ...] = tuple(table for table in FACTS if table.packaged)


def named(table: Table) -> dict[str, Table]:
    """Id column → table, for the tables whose facts rows of `table` name and are dated by."""
    follows = table.known.follows if table.known else ()
    return {TABLES[name].key[0]: TABLES[name] for column in follows for name in table.refers[column]}


@lru_cache(maxsize=32)
def packaged(name: str) -> pl.DataFrame:
    """A table of data/tables in its declared shape."""
    path = tables_dir() / f"{name}.csv"
    # Read by Python itself, so that the look-ahead check of strategies sees the file being opened.
    checked = TABLES[name].check(pl.read_csv(path.read_bytes(), infer_schema=False), where=path.name)
    return TABLES[name].identified(checked)
