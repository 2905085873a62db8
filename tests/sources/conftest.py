"""A seeded store, made once per process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from screener.store.database import Store
from tests.sources.scene import Scene, scene


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("seed") / "seeded.duckdb"
    Store.create_or_open(path, now=datetime(2025, 1, 1)).close()
    return path


@pytest.fixture
def stage(tmp_path: Path, seeded: Path) -> Iterator[Scene]:
    with scene(tmp_path, seeded) as made:
        yield made
