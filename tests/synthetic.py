"""The SYNTHETIC market as frames, made once per process."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from screener.store.database import Store
from screener.store.made_up import load_synthetic


@cache
def synthetic_frames() -> dict[str, pl.DataFrame]:
    """Every table of a store that holds the SYNTHETIC market and the packaged facts."""
    with TemporaryDirectory() as folder, Store.create_or_open(Path(folder) / "synthetic.duckdb") as store:
        load_synthetic(store)
        return store.frames()
