"""A seeded store, made once per process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests import kept
from tests.sources.scene import Scene, scene


@pytest.fixture(scope="session")
def seeded() -> Path:
    return kept.seeded(datetime(2025, 1, 1))


@pytest.fixture
def stage(tmp_path: Path, seeded: Path) -> Iterator[Scene]:
    with scene(tmp_path, seeded) as made:
        yield made
