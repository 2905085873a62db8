"""Frames as they would stand had everything after a moment never happened, or happened otherwise.

What a decision at that moment returns must be the same on all three; the look-ahead check and its tests rest on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import numpy as np
import polars as pl

from screener.core.tables import TABLES
from screener.point_in_time.following import with_times
from screener.point_in_time.versions import latest

Frames = Mapping[str, pl.DataFrame]


def _timeless(name: str) -> bool:
    """Laws and logs are no facts of the market: cutting them would only make the calendar or the rule book end."""
    return TABLES[name].law or TABLES[name].log


def known_only(frames: Frames, as_of: datetime) -> dict[str, pl.DataFrame]:
    """Frames without every row known after `as_of`."""
    return {
        name: frame if _timeless(name) else _forget(name, frame, pl.col("known_at") > as_of, as_of.date())
        for name, frame in _dated(frames).items()
    }


def _dated(frames: Frames) -> Frames:
    """Frames in which commitments have the time of their announcement as it stands corrected."""
    told, stood = frames.get("commitments"), frames.get("announcements")
    if told is None or stood is None or not {"known_at", "run"} <= set(stood.columns) or told.is_empty():
        return frames
    standing = stood.filter(~pl.col("withdrawn").fill_null(False)) if "withdrawn" in stood.columns else stood
    return {**frames, "commitments": with_times(told, latest(standing, TABLES["announcements"].key), stood)}


def _forget(name: str, frame: pl.DataFrame, later: pl.Expr, day: date) -> pl.DataFrame:
    if name == "firms":  # the short name is older than the day on which somebody called the firm part of a theme
        theme = pl.when(~later).then(pl.col("theme"))
        return frame.with_columns(theme, pl.when(pl.col("delisted") <= day).then(pl.col("delisted")))
    return frame.filter(~later)


def scrambled_after(frames: Frames, as_of: datetime, seed: int = 0) -> dict[str, pl.DataFrame]:
    """Frames in which every figure known after `as_of` is multiplied by a random factor of its own."""
    rng = np.random.default_rng(seed)
    return {
        name: frame if _timeless(name) else _scramble(name, frame, as_of, rng) for name, frame in _dated(frames).items()
    }


def _scramble(name: str, frame: pl.DataFrame, as_of: datetime, rng: np.random.Generator) -> pl.DataFrame:
    factor = pl.Series("factor", rng.uniform(0.2, 5.0, frame.height))
    later = pl.col("known_at") > as_of
    figures = [column for column in TABLES[name].figures if column in frame.columns]
    moved = [
        pl.when(later).then((pl.col(column) * factor).cast(frame.schema[column])).otherwise(pl.col(column))
        for column in figures
    ]
    return frame.with_columns(expr.alias(column) for column, expr in zip(figures, moved, strict=True))
