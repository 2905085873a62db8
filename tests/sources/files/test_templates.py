"""The example of every template loads as it is: into a new store, and, but for prices, into a SYNTHETIC one."""

from __future__ import annotations

from pathlib import Path

import pytest

import screener
from screener.core.errors import StoreError
from screener.research import Research, template_of
from screener.sources.files.maps import LOADABLE
from screener.store.checks.apart import PRICES


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Research:
    return screener.open(tmp_path_factory.mktemp("templates") / "store.duckdb")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Research:
    return Research.made_up(tmp_path_factory.mktemp("templates") / "store.duckdb")


def example(folder: Path, name: str) -> Path:
    """A folder with the example of a template as a user would save it."""
    (folder / "mine.csv").write_text(template_of(name), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", LOADABLE)
def test_the_example_of_a_template_loads(new: Research, name: str, tmp_path: Path) -> None:
    done = new.load(example(tmp_path, name))
    assert name in {row["dataset"] for row in done.rows} and not done.left_out


@pytest.mark.parametrize("name", sorted({*LOADABLE} - {*PRICES}))
def test_the_example_loads_beside_a_synthetic_market(filled: Research, name: str, tmp_path: Path) -> None:
    test_the_example_of_a_template_loads(filled, name, tmp_path)


@pytest.mark.parametrize("name", PRICES)
def test_prices_of_an_example_stay_out_of_a_synthetic_market(filled: Research, name: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="real prices do not go into a store of SYNTHETIC ones"):
        filled.load(example(tmp_path, name))
