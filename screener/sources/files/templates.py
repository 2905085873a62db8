"""A file to start from, for each table that can be loaded: its headings and an example that loads as it is.

Tables whose rows name facts of other tables have a packaged row for an example: it is in every store already.
"""

from __future__ import annotations

import polars as pl

from screener.core.errors import UsageError
from screener.core.tables import TABLES, packaged
from screener.sources.files.maps import LOADABLE

# The announcement a contract stands in may be left to its own row: these two columns make it. Prices around an ex-date
# are compared with the bars of a store, which may be others.
_BESIDE = {
    "commitments": {"event_date": "2026-06-30", "title": "关于签订算力服务合同的公告"},
    "actions": {"prev_close": "", "reference_price": ""},
}


def template(name: str) -> str:
    """A CSV: the header of a table and one row of examples. Raises UsageError."""
    if name not in LOADABLE:
        raise UsageError("no such table to load", got=name, expected=" | ".join(LOADABLE))
    table = TABLES[name]
    row = {column.name: column.example for column in table.columns}
    named = any(table.column(column).required for column in table.refers if column != "kind" and name != "commitments")
    if named or not all(row[column] for column in table.required):
        row = packaged(name).select(pl.all().cast(pl.String)).row(0, named=True)
    return pl.DataFrame([row | _BESIDE.get(name, {})]).write_csv(quote_style="necessary").replace('""', "")
