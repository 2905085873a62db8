"""Real prices and SYNTHETIC ones are kept apart: a real price after a made-up one is a return that nobody had.

1. A row of the SYNTHETIC market names it as its source, in whatever table.
2. Into a store of SYNTHETIC bars goes no real bar and no real level of an index.
3. Into a store of real bars goes no SYNTHETIC row at all; nor do prices of both kinds come in one load.
"""

from __future__ import annotations

import duckdb
import polars as pl

from screener.core.errors import StoreError
from screener.core.stands_on import SYNTHETIC
from screener.core.table import Table

PRICES = ("bars", "indices")
_SAID = {
    True: "SYNTHETIC rows do not go into a store of real prices",
    False: "real prices do not go into a store of SYNTHETIC ones",
}


class Apart:
    """Looks at the parts of one load, one after the other."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, store: str) -> None:
        self._connection, self._store = connection, store
        self._held: dict[bool, bool] = {}  # made up or not → whether there are such prices, once somebody asked

    def refuse(self, table: Table, frame: pl.DataFrame, *, where: str) -> None:
        """Raises StoreError where the store, or this load so far, has prices of the other kind."""
        told = (frame["source"].fill_null("") == SYNTHETIC) if "source" in frame.columns else pl.Series([False])
        kinds = {True: told.any(), False: table.name in PRICES and not told.all()}
        for made_up in (kind for kind, there in kinds.items() if there):
            if self._holds(made_up=not made_up):
                step = "screener load DIR --db FILE: a store of their own; nothing was stored"
                raise StoreError(_SAID[made_up], where=self._store, got=f"{where}: {table.name}", next_step=step)
            if table.name in PRICES:
                self._held[made_up] = True

    def _holds(self, *, made_up: bool) -> bool:
        if made_up not in self._held:
            other = "=" if made_up else "<>"
            found = self._connection.execute(
                f"SELECT EXISTS (FROM bars WHERE source {other} ?)",
                [SYNTHETIC],
            ).fetchall()
            self._held[made_up] = bool(found[0][0])
        return self._held[made_up]
