"""Finds the recorded market; a test that needs it skips with a reason where it is missing."""

from __future__ import annotations

import os
from datetime import time
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from screener.core.config import CLOSE_TIME, EFFECTIVE_TIME, FOREIGN_CLOSE_TIME
from screener.core.known import is_domestic
from screener.core.tables import TABLES
from screener.point_in_time.market import Market

_ROOT = Path(__file__).resolve().parent.parent


def shared_dir() -> Path | None:
    """The folder with recorded data, if there is one."""
    named = os.environ.get("SCREENER_SHARED")
    folder = Path(named) if named else _ROOT.parent / "shared"
    return folder if folder.is_dir() else None


def market_dir() -> Path:
    """The recorded market; skips the calling test where it is missing."""
    folder = shared_dir()
    if folder is None or not (folder / "market" / "bars_12.parquet").is_file():
        pytest.skip("no recorded market beside the checkout (set SCREENER_SHARED to its folder)")
    return folder / "market"


@cache
def _recorded(folder: Path, *further: Path) -> Market:
    """The 12 firms with their actions, share capital and indices (of `further` files too), packaged tables else."""
    bars = pl.read_parquet(folder / "bars_12.parquet")
    shares = pl.read_csv(folder / "share_capital_12.csv", infer_schema=False)
    actions = pl.read_csv(folder / "adjustments_12.csv", infer_schema=False)
    files = (folder / "indices.parquet", *further)
    indices = pl.concat(TABLES["indices"].check(pl.read_parquet(file)) for file in files)
    return Market.build(
        {
            "bars": _known(TABLES["bars"].check(bars), "session", CLOSE_TIME),
            "shares": _known(TABLES["shares"].check(shares), "effective_date", EFFECTIVE_TIME),
            "actions": _known(TABLES["actions"].check(actions), "ex_date", EFFECTIVE_TIME),
            "indices": pl.concat(
                [
                    _known(indices.filter(_DOMESTIC), "session", CLOSE_TIME),
                    _known(indices.filter(~_DOMESTIC), "session", FOREIGN_CLOSE_TIME, days=1),
                ]
            ),
        }
    )


_DOMESTIC = is_domestic()


def _known(frame: pl.DataFrame, day: str, moment: time, days: int = 0) -> pl.DataFrame:
    return frame.with_columns(known_at=(pl.col(day) + pl.duration(days=days)).dt.combine(moment))


def recorded_market() -> Market:
    """The recorded market of the 12 firms; skips the calling test where it is missing. Built once per session."""
    return _recorded(market_dir())


def recorded_industries() -> Market:
    """The recorded market with the series of its industry; skips where they are missing."""
    folder = market_dir()
    file = folder.parent / "market_industry" / "indices.parquet"
    if not file.is_file():
        pytest.skip("no recorded industry series beside the recorded market")
    return _recorded(folder, file)
