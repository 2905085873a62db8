"""Series that end before the market does: what became of the stock, as far as the store knows.

1. A symbol whose last bar lies before the market's last session is one; the market ends with the last bar of any.
2. What became of it: an action (delisting, merger, renumbering), a delisting day of the firm, a delisting period that
   is over; else what the providers were asked since: no bars there (halted, or gone), or nobody asked.
"""

from __future__ import annotations

import polars as pl

from screener.core.tables.actions import ENDING
from screener.store.arrow import frame_of
from screener.store.database import Store

_BEHIND = """
    WITH ends AS (SELECT symbol, max(session) AS last FROM bars GROUP BY symbol),
    days AS (SELECT DISTINCT session FROM sessions)
    SELECT symbol, last,
           (SELECT count(*) FROM days WHERE session > last AND session <= (SELECT max(last) FROM ends)) AS sessions
    FROM ends WHERE last < (SELECT max(last) FROM ends) ORDER BY symbol
"""
# The span of a fetched piece is its third part: 2025-01-01…2026-08-21.
_ASKED = """
    WITH told AS (SELECT string_split(origin, ' | ') AS part FROM runs WHERE command = 'fetch' AND dataset = 'bars')
    SELECT part[2] AS symbol, max(CAST(split_part(part[3], '…', 2) AS DATE)) AS asked FROM told GROUP BY ALL
"""


def ended(store: Store) -> pl.DataFrame:
    """Columns symbol, last (session with a bar), sessions (of the market since), became; sorted by symbol."""
    behind = frame_of(store.connection.sql(_BEHIND))
    if behind.is_empty():
        return behind.with_columns(became=pl.lit("", dtype=pl.String))
    known = _told(store).unique("symbol", keep="first", maintain_order=True)
    asked = frame_of(store.connection.sql(_ASKED))
    rows = behind.join(known, on="symbol", how="left", maintain_order="left")
    rows = rows.join(asked, on="symbol", how="left", maintain_order="left")
    silent = pl.when(pl.col("asked") > pl.col("last")).then(
        pl.format("no bars at the providers up to {}: halted, or gone", "asked")
    )
    unasked = pl.lit("not known: no newer bars were loaded or fetched")
    return rows.select("symbol", "last", "sessions", became=pl.coalesce("became", silent, unasked))


def _told(store: Store) -> pl.DataFrame:
    """(symbol, became) out of actions, firms and spells, the surest first."""
    actions = store.latest("actions").filter(pl.col("kind").is_in(ENDING)).sort("ex_date", descending=True)
    into = pl.when(pl.col("into_symbol").is_null()).then(pl.lit("")).otherwise(pl.format(" into {}", "into_symbol"))
    firms = store.latest("firms").drop_nulls("delisted")
    spells = store.latest("st_spells").filter(pl.col("status") == "delisting").drop_nulls("end")
    return pl.concat(
        [
            actions.select("symbol", became=pl.concat_str(pl.format("{} on {}", "kind", "ex_date"), into)),
            firms.select("symbol", became=pl.format("delisted on {}", "delisted")),
            spells.select("symbol", became=pl.format("delisting period over on {}", "end")),
        ]
    )
