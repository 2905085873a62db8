"""Stores that many tests begin with, made once per process; whoever writes takes a copy.

Seeding a store takes some 0.2 s and loading the SYNTHETIC market a second more; copying the file, a few milliseconds.
"""

from __future__ import annotations

import atexit
import shutil
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from screener.store.database import Store
from screener.store.made_up import load_synthetic


@cache
def _folder() -> Path:
    made = TemporaryDirectory(prefix="screener_kept_")
    atexit.register(made.cleanup)
    return Path(made.name)


@cache
def seeded(now: datetime) -> Path:
    """A store with the packaged facts alone, seeded `now`; never to be written to."""
    path = _folder() / f"{now:%Y%m%dT%H%M%S}.duckdb"
    Store.create_or_open(path, now=now).close()
    return path


@cache
def synthetic() -> Path:
    """A store with the SYNTHETIC market too; never to be written to."""
    path = _folder() / "synthetic.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SCREENER_NOW", raising=False)  # of the test that happens to be the first to ask
        with Store.create_or_open(path) as store:
            load_synthetic(store)
    return path


def copied(kept: Path, to: Path) -> Path:
    """`to`, now a copy of a kept store."""
    return Path(shutil.copyfile(kept, to))
