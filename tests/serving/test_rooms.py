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
from screener.serving.desk.controls import NO, YES
from screener.serving.desk.rooms import ROOMS, counting
from screener.serving.desk.views import hangs_on, understood

GIVEN = {
    "brief": {"as_of": "2026-06-30", "policy": "strict", "strategies": "order_drift,equal_weight"},
    "screen": {"as_of": "2026-06-30", "policy": "strict", "lag": "3", "where": "score > 0.03", "sort": "-score"},
    "backtest": {"strategy": "order_drift", "start": "2026-01-05", "p.hold": "40", "p.note": "a b; rm -rf $HOME 'x'"},
    "sweep": {"strategy": "order_drift", "grid": "hold=5,10 retries=0,5", "walk_forward": "train=120,test=60"},
    "events": {"kind": "purchase", "window": "-1:1", "model": "market", "draws": "99"},
    "rating": {"as_of": "2026-06-30", "industry_index": "801750.SI", "by": "year"},
}
# Every option of a command is a control, but for what is written, and where the answer is not another one for it.
NOT_CONTROLS = {"db", "as_json", "csv", "xlsx", "rows", "plot", "export", "full", "columns", "ratings", "out", "brief"}
NOT_CONTROLS |= {"lang", "engine", "workers", "address", "resume", "param", "help"}


def shape(found: Any) -> Any:
    return {key: shape(value) for key, value in found.items()} if isinstance(found, dict) else type(found)


def test_both_languages_have_the_same_words_and_name_every_room_and_control() -> None:
    assert shape(words("zh")) == shape(words("en"))
    controls = {one for room in ROOMS.values() for one in room.controls}
    for said in (words("zh"), words("en")):
        assert {"review", *ROOMS} == set(said["rooms"]) and set(ROOMS) == set(said["leads"]) == set(said["go"])
        assert {one.name for one in controls} == set(said["controls"])
        assert {one.group for one in controls} - {"main"} == set(said["groups"])
        # A number tells its unit, and what is blank by default what it then is.
        assert {one.name for one in controls if one.kind == "number"} - {"seed"} <= set(said["units"])
        blank = {one.name for one in controls if not one.default} - {"strategy", "grid"}
        assert blank == {name for name in said["blank"] if name in said["controls"]}


@pytest.mark.parametrize("name", ROOMS)
def test_every_option_of_the_command_is_a_control(name: str) -> None:
    asks = ROOMS[name].asks or (name,)
    (command,) = get_command(command_line(asks[0])).commands.values()  # type: ignore[attr-defined]
    assert {one.name for one in command.params} - NOT_CONTROLS == {one.name for one in ROOMS[name].controls}


@pytest.mark.parametrize("name", ROOMS)
def test_what_stands_at_its_default_is_no_word_of_the_command_and_each_flag_can_be_said(name: str) -> None:
    room, db = ROOMS[name], Path("s.duckdb")
    given = {"strategy": "order_drift", "grid": "hold=5"}
    asked = {key: value for key, value in {**room.defaults(), **given}.items() if key in room.defaults() and value}
    plain = shlex.split(room.command(asked, db))
    assert [word for word in plain if word.startswith("--")] == [
        word for word in ("--brief", "--grid", "--db") if word in plain
    ]
    for one in (one for one in room.controls if one.kind == "flag"):
        other = NO if one.default == YES else YES
        assert len(shlex.split(room.command({**asked, one.name: other}, db))) == len(plain) + 1


def test_what_a_setting_says_is_spelled_out_and_can_be_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "screener.toml").write_text("confirmed_only = true\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert ROOMS["screen"].defaults()["confirmed_only"] == YES
    for value, word in ((YES, "--confirmed-only"), (NO, "--no-confirmed-only")):
        assert word in ROOMS["screen"].command({"confirmed_only": value}, Path("s.duckdb"))
        assert counting({"confirmed_only": value}, "screen")["confirmed_only"] is (value == YES)


@pytest.mark.parametrize("name", ROOMS)
def test_the_command_line_has_every_word_as_one_word_and_no_unknown_option(name: str) -> None:
    found = shlex.split(ROOMS[name].command(GIVEN[name], Path("a folder/s.duckdb")))
    asks = ROOMS[name].asks or (name,)
    assert found[: 1 + len(asks)] == ["screener", *asks] and found[-2:] == [
        "--db",
        str(Path("a folder/s.duckdb").resolve()),
    ]
    for key, value in GIVEN[name].items():
        told = [value] if key != "grid" else value.split()
        assert (
            f"{key[2:]}={value}" in found
            if key.startswith("p.")
            else all(one in found or f"--{key.replace('_', '-')}={one}" in found for one in told)
        )
    (command,) = get_command(command_line(asks[0])).commands.values()  # type: ignore[attr-defined]
    known = {word for each in command.params for word in each.opts}
    assert {word.partition("=")[0] for word in found if word.startswith("--")} <= known


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
        ("brief", {"strategies": "order_drift,/etc/passwd"}, "no such strategy"),
        ("screen", {"vat": "2"}, "vat_rate"),
        ("screen", {"top": "0"}, "whole number"),
        ("screen", {"attributable": "perhaps"}, "neither yes nor no"),
        ("backtest", {"strategy": "order_drift", "slippage": "1"}, "slippage"),
        ("backtest", {"strategy": "order_drift", "patience": "0"}, "patience"),
        ("events", {"draws": "1"}, "draws"),
        ("events", {"seed": "-1"}, "seed"),
        ("events", {"seed": "1e300"}, "whole number"),
        ("backtest", {"strategy": "order_drift", "patience": "nan"}, "patience"),
        ("events", {"as_of": "someday"}, "date not understood"),
    ],
)
def test_what_a_room_cannot_understand_is_refused_before_any_work(room: str, given: dict[str, str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        understood(room, ROOMS[room].checked(given))


@pytest.mark.parametrize("given", [{"db": "/etc/passwd"}, {"p.hold": "1"}, {"policy": "x" * 300}])
def test_what_is_no_control_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        ROOMS["screen"].checked(given)


@pytest.mark.parametrize("given", [{"strategy": "mine"}, {"strategies": "order_drift, mine"}, {"as_of": "today"}])
def test_a_kept_answer_is_another_one_for_a_changed_strategy_and_on_another_day(
    given: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "strategies" / "mine.py"
    file.parent.mkdir()
    file.write_text("a = 1")
    before = hangs_on(given)
    assert hangs_on(given) == before
    file.write_text("a = 10")
    assert (hangs_on(given) != before) == ("as_of" not in given)
    monkeypatch.setenv("SCREENER_NOW", "2030-01-02T03:04:05")
    assert hangs_on(given)[0] != before[0]
