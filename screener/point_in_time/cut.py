"""Frames as they would stand had everything after a moment never happened, or happened otherwise.

What a decision at that moment returns must be the same on all three; the look-ahead check and its tests rest on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import polars as pl

Frames = Mapping[str, pl.DataFrame]
# Not facts of the market: cutting them would only make the calendar or the rule book end.
_TIMELESS = ("rules", "kinds", "sessions", "benchmarks", "bands", "runs", "findings")
_SCRAMBLED = ("open", "high", "low", "close", "volume", "amount", "amount_low", "amount_high", "total_shares")


def known_only(frames: Frames, as_of: datetime) -> dict[str, pl.DataFrame]:
    """Frames without every row known after `as_of`."""
    return {
        name: frame if name in _TIMELESS else _forget(name, frame, pl.col("known_at") > as_of)
        for name, frame in frames.items()
    }


def _forget(name: str, frame: pl.DataFrame, later: pl.Expr) -> pl.DataFrame:
    if name == "firms":  # the short name is older than the day on which somebody called the firm part of a theme
        return frame.with_columns(theme=pl.when(later).then(None).otherwise(pl.col("theme")))
    return frame.filter(~later)


def scrambled_after(frames: Frames, as_of: datetime, seed: int = 0) -> dict[str, pl.DataFrame]:
    """Frames in which every figure known after `as_of` is multiplied by a random factor of its own."""
    rng = np.random.default_rng(seed)
    return {name: frame if name in _TIMELESS else _scramble(frame, as_of, rng) for name, frame in frames.items()}


def _scramble(frame: pl.DataFrame, as_of: datetime, rng: np.random.Generator) -> pl.DataFrame:
    factor = pl.Series("factor", rng.uniform(0.2, 5.0, frame.height))
    later = pl.col("known_at") > as_of
    columns = [name for name in _SCRAMBLED if name in frame.columns]
    changed = [
        pl.when(later).then((pl.col(name) * factor).cast(frame.schema[name])).otherwise(pl.col(name)).alias(name)
        for name in columns
    ]
    return frame.with_columns(changed)
