"""A seeded store, made once and copied for every test that writes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from screener.store.database import Store
from tests import kept
from tests.store.rows import SEEDED_AT


@pytest.fixture(scope="session")
def seeded_file() -> Path:
    return kept.seeded(SEEDED_AT)


@pytest.fixture(scope="session")
def fresh(seeded_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Store]:
    """Opens a new copy of the seeded store."""

    def make() -> Store:
        path = tmp_path_factory.mktemp("store") / "store.duckdb"
        shutil.copy(seeded_file, path)
        return Store.create_or_open(path)

    return make


@pytest.fixture
def store(fresh: Callable[[], Store]) -> Iterator[Store]:
    with fresh() as opened:
        yield opened


@pytest.fixture(scope="module")
def empty(fresh: Callable[[], Store]) -> Iterator[Store]:
    """A store for loads that are refused: of none of them anything stays."""
    with fresh() as opened:
        yield opened


@pytest.fixture
def reader(seeded_file: Path) -> Iterator[Store]:
    with Store.open_read_only(seeded_file) as opened:
        yield opened
