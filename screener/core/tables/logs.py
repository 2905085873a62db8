"""What the store writes about itself."""

from __future__ import annotations

from screener.core.table import Column, Table
from screener.core.tables.columns import INT, NEED, TIME, T

FINDINGS = Table(
    "findings",
    "odd rows that were kept",
    (
        "dataset",
        "row_key",
        "check",
    ),
    (
        Column("dataset", T, NEED, "table"),
        Column("row_key", T, NEED, "key of the row"),
        Column("check", T, NEED, "name of the check"),
        Column("detail", T, NEED, "got / expected"),
    ),
    log=True,
    loadable=False,
)

RUNS = Table(
    "runs",
    "what was written when",
    ("run",),
    (
        Column("run", T, NEED, "unique name"),
        Column("command", T, NEED, "command"),
        Column("dataset", T, NEED, "table"),
        Column("origin", T, NEED, "file name or provider"),
        Column("new", INT, NEED, "rows"),
        Column("revised", INT, NEED, "rows"),
        Column("unchanged", INT, NEED, "rows"),
        Column("finished_at", TIME, NEED, "when"),
    ),
    log=True,
    loadable=False,
)
