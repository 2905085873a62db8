"""Rooms without a browser: words in both languages, command lines that survive a shell, what is no question."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from screener.commands.answering import command_line
from screener.core.errors import UsageError
from screener.report.desk.render import words
from screener.serving.desk.rooms import ROOMS
from screener.serving.desk.views import understood

GIVEN = {
    "screen": {"as_of": "2026-06-30", "policy": "strict", "lag": "3"},
    "backtest": {"strategy": "order_drift", "start": "2026-01-05", "p.hold": "40", "p.note": "a b; rm -rf $HOME 'x'"},
    "sweep": {"strategy": "order_drift", "grid": "hold=5,10 retries=0,5", "walk_forward": "train=120,test=60"},
}


def shape(found: Any) -> Any:
    return {key: shape(value) for key, value in found.items()} if isinstance(found, dict) else type(found)


def test_both_languages_have_the_same_words_and_name_every_room_and_control() -> None:
    assert shape(words("zh")) == shape(words("en"))
    for lang in ("zh", "en"):
        assert {"review", *ROOMS} == set(words(lang)["rooms"])
        assert {name for room in ROOMS.values() for name in room.controls} <= set(words(lang)["controls"])


@pytest.mark.parametrize("name", ROOMS)
def test_the_command_line_has_every_word_as_one_word_and_no_unknown_option(name: str) -> None:
    found = shlex.split(ROOMS[name].command(GIVEN[name], Path("a folder/s.duckdb")))
    assert found[:2] == ["screener", name] and found[-2:] == ["--db", str(Path("a folder/s.duckdb").resolve())]
    for key, value in GIVEN[name].items():
        assert f"{key[2:]}={value}" in found if key.startswith("p.") else set(value.split()) <= set(found)
    known = {word for each in get_command(command_line(name)).commands[name].params for word in each.opts}  # type: ignore[attr-defined]
    assert {word for word in found if word.startswith("--")} <= known | {"--no-audit"}


@pytest.mark.parametrize(
    ("room", "given", "why"),
    [
        ("screen", {"policy": "loose"}, "policy"),
        ("screen", {"lag": "x"}, "lag_months"),
        ("screen", {"universe": "/etc/passwd"}, "no such universe"),
        ("screen", {"as_of": "2026-13-01"}, "date not understood"),
        ("backtest", {}, "no strategy given"),
        ("backtest", {"strategy": "../order_drift"}, "no such strategy"),
        ("backtest", {"strategy": "order_drift", "cash": "-1"}, "initial_cash"),
        ("sweep", {"strategy": "order_drift"}, "no grid given"),
    ],
)
def test_what_a_room_cannot_understand_is_refused_before_any_work(room: str, given: dict[str, str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        understood(room, ROOMS[room].checked(given))


@pytest.mark.parametrize("given", [{"db": "/etc/passwd"}, {"p.hold": "1"}, {"policy": "x" * 300}])
def test_what_is_no_control_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        ROOMS["screen"].checked(given)
