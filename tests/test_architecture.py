"""The picture of the house is what the import graph says, and every arrow in it points down."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def picture() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_architecture", ROOT / "docs" / "draw_architecture.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules["draw_architecture"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_is_what_the_code_does(picture: ModuleType) -> None:
    drawn = picture.drawn(picture.built(picture.rooms_and_imports()))
    assert drawn == picture.FILE.read_text(encoding="utf-8"), "the rooms have changed: run `make picture`, look at it"


def test_every_arrow_points_down_and_the_sides_meet_in_research(picture: ModuleType) -> None:
    house = picture.built(picture.rooms_and_imports())
    for room, imports in house.imports.items():
        assert all(house.boxes[other].y > house.boxes[room].y for other in imports if other not in house.facts)
    assert (house.facts, house.thinking[-1]) == (["store", "sources"], "point_in_time")


def test_the_picture_is_a_drawing(picture: ModuleType) -> None:
    texts = [each.text for each in ElementTree.parse(picture.FILE).iter("{http://www.w3.org/2000/svg}text")]
    assert {*picture.rooms_and_imports()} <= {*texts}


def test_rooms_that_import_each_other_cannot_be_drawn(picture: ModuleType) -> None:
    with pytest.raises(SystemExit, match="import each other: a → b → a"):
        picture.levels({"a": {"b"}, "b": {"a"}})


def test_every_room_stands_in_the_text(picture: ModuleType) -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert [room for room in picture.rooms_and_imports() if f"| [`{room}`]" not in text] == []
