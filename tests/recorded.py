"""Finds the recorded market; a test that needs it skips with a reason where it is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
