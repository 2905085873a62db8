"""The example of every template loads as it is, into a new store and into one that is filled."""

from __future__ import annotations

from pathlib import Path

import pytest

import screener
from screener.research import Research, template_of
from screener.sources.files.maps import LOADABLE
from screener.store.made_up import make


@pytest.fixture(scope="module", params=["new", "filled"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Research:
    path = tmp_path_factory.mktemp("templates") / "store.duckdb"
    if request.param == "filled":
        make(path)
    return screener.open(path)


@pytest.mark.parametrize("name", LOADABLE)
def test_the_example_of_a_template_loads(house: Research, name: str, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(template_of(name), encoding="utf-8")
    done = house.load(tmp_path)
    assert name in {row["dataset"] for row in done.rows} and not done.left_out
