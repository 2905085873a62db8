"""A seeded store, made once and copied for every test that writes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from screener.core.errors import DataRefused
from screener.sources.files import spreading, streams
from screener.sources.files.maps import FolderMap
from screener.sources.files.outcome import FolderRows
from screener.sources.files.reading import read_folder
from screener.store import loading, piecewise
from screener.store.database import Store
from screener.store.loading import load_folder
from tests import kept
from tests.store.large_files import Loads
from tests.store.rows import LATER, NOW, SEEDED_AT


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


@pytest.fixture
def loads(fresh: Callable[[], Store], monkeypatch: pytest.MonkeyPatch) -> Loads:
    """What came of some folders, how the store stands, and for each reading of a folder whether it was in pieces."""

    def done(
        *folders: Path,
        in_pieces: bool,
        group: int = 7,
        piece: int = 18,
        batch: int = 5,
        mapped: FolderMap | None = None,
    ) -> tuple[list[object], dict[str, pl.DataFrame], list[bool]]:
        read: list[bool] = []
        with monkeypatch.context() as patch, fresh() as store:
            patch.setattr(streams, "LARGE", 20 if in_pieces else 10**9)
            patch.setattr(spreading, "PIECE", piece)
            patch.setattr(spreading, "TEXT_PIECE", piece)
            patch.setattr(streams, "BATCH", batch)
            patch.setattr(piecewise, "ROW_GROUP", group)

            def counted(*args: Any, **kwargs: Any) -> FolderRows:
                found = read_folder(*args, **kwargs)
                read.append(found.pieces is not None)
                return found

            patch.setattr(loading, "read_folder", counted)
            told: list[object] = []
            for folder, now in zip(folders, (NOW, LATER), strict=False):
                try:
                    told.append(load_folder(store, folder, mapped, now=now))
                except DataRefused as refusal:
                    told.append(str(refusal))
            return told, store.frames(), read

    return done
