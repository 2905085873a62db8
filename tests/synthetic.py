"""The SYNTHETIC market as frames, read once per process."""

from __future__ import annotations

from functools import cache

import polars as pl

from screener.store.database import Store
from tests import kept


@cache
def synthetic_frames() -> dict[str, pl.DataFrame]:
    """Every table of a store that holds the SYNTHETIC market and the packaged facts."""
    with Store.open_read_only(kept.synthetic()) as store:
        return store.frames()
