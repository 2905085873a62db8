"""What the store's firms are called, today and before."""

from __future__ import annotations

import polars as pl

from screener.core.firm_names import Names
from screener.core.tables import packaged
from screener.store.database import Store


def names_of(store: Store) -> Names:
    """Symbol → its names: of every version of its row, the newest first."""
    return _grouped(store.frame("firms").filter(~pl.col("withdrawn").fill_null(False)).reverse())


def packaged_names() -> Names:
    """The same of the packaged firms, where there is no store yet."""
    return _grouped(packaged("firms"))


def _grouped(firms: pl.DataFrame) -> Names:
    found: dict[str, list[str]] = {}
    for symbol, name in firms.select("symbol", "name").iter_rows():
        if name not in found.setdefault(symbol, []):
            found[symbol].append(name)
    return found
