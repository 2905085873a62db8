"""Settings and lists of firms on the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import screener
from screener.core.settings import FILE
from screener.report.words import language
from tests.commands.conftest import Cli

SETTINGS = """policy = "strict"
lag = 4
[costs]
commission = 0.001
[watch.mine]
symbols = ["宏景科技", "603629", "600519"]
[watch.dated]
symbols = ["宏景"]
since = "2025-07-01"
"""
SCREEN = ("screen", "--as-of", "2026-06-30")


@pytest.fixture
def own(cli: Cli, synthetic_db: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store to write trials beside, and settings in the folder where one is."""
    path = Path(shutil.copy(synthetic_db, Path.cwd() / "own.duckdb"))
    monkeypatch.setenv("SCREENER_DB", str(path))
    Path(FILE).write_text(SETTINGS, encoding="utf-8")
    return path


def told(cli: Cli, *words: object) -> Any:
    answer = cli(*words, "--json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


def test_settings_are_defaults_and_the_command_line_goes_first(cli: Cli, own: Path) -> None:
    printed = cli(*SCREEN).out
    assert "policy strict · burn straight_line · lag 4 months" in printed
    assert printed.splitlines()[-1] == "settings: policy strict (screener.toml), lag 4 (screener.toml)"
    answer = cli(*SCREEN, "--policy", "gross", "--lag", "5").out
    assert "policy gross · burn straight_line · lag 5" in answer and "settings:" not in answer
    assert {row["policy"] for row in told(cli, *SCREEN)} == {"strict"}


def test_the_environment_goes_before_the_file(cli: Cli, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCREENER_POLICY", "gross")
    assert {row["policy"] for row in told(cli, *SCREEN)} == {"gross"}
    assert "policy gross ($SCREENER_POLICY)" in cli(*SCREEN).out


def test_config_says_what_applies_and_from_where(cli: Cli, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCREENER_BURN", "none")
    found = told(cli, "config")
    origins = {one["key"]: (one["value"], one["from"]) for one in found["settings"]}
    assert origins["policy"] == ("strict", FILE) and origins["burn"] == ("none", "$SCREENER_BURN")
    assert [one["name"] for one in found["watch"]] == ["mine", "dated"] and found["store"] == str(own)
    printed = cli("config").out
    words = ("strict", "$SCREENER_BURN", "宏景科技", "2025-07-01", "screener.toml", own.name)
    assert all(word in printed for word in words)
    Path(FILE).unlink()
    for name in ("SCREENER_BURN", "SCREENER_DB", "SCREENER_LANG"):
        monkeypatch.delenv(name)
    assert "every option has its default" in cli("config").out


def test_config_says_where_the_store_is_not_there_yet(cli: Cli, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(cli, "config")["store_exists"] is True and "not there yet" not in cli("config").out
    monkeypatch.setenv("SCREENER_DB", "none.duckdb")
    assert told(cli, "config")["store_exists"] is False
    assert "store: none.duckdb (not there yet: screener fetch or load makes it)" in cli("config").out


def test_costs_reach_back_tests_and_sweeps(cli: Cli, own: Path) -> None:
    assert told(cli, "backtest", "equal_weight", "--no-audit")["stands_on"]["commission_rate"] == 0.001
    found = told(cli, "sweep", "order_drift", "--grid", "hold=5,10", "--workers", "1")
    assert found["stands_on"]["commission_rate"] == 0.001


def test_a_broken_file_is_one_sentence_but_help_is_there(cli: Cli, own: Path) -> None:
    Path(FILE).write_text("polcy = 1\n", encoding="utf-8")
    for words in (SCREEN, ("config",), ("status",)):
        answer = cli(*words)
        assert (answer.code, answer.out) == (2, "") and "got polcy; expected" in answer.err
    assert cli("screen", "--help").code == 0


def test_a_watch_list_is_a_universe(cli: Cli, own: Path) -> None:
    answer = cli(*SCREEN, "--universe", "mine")
    assert "HINDSIGHT list of firms: mine does not say since when it holds 3 of its 3 firms" in answer.out
    assert "1 of 3 firms of mine are not in the store: 600519.SH" in answer.out
    rows = told(cli, *SCREEN, "--universe", "mine")
    assert {row["symbol"] for row in rows} == {"301396.SZ", "603629.SH"}
    assert all(row["hindsight"].startswith("HINDSIGHT") for row in rows)
    every = {row["symbol"]: row["score"] for row in told(cli, *SCREEN)}
    assert all(row["score"] == every[row["symbol"]] for row in rows)


def test_a_dated_list_is_no_hindsight_and_begins_with_its_day(cli: Cli, own: Path) -> None:
    answer = cli("screen", "--as-of", "2025-06-30", "--universe", "dated")
    assert answer.code == 0 and "no firm" in answer.out and "HINDSIGHT" not in answer.out
    later = told(cli, "screen", "--as-of", "2025-07-01", "--universe", "dated")
    assert [row["symbol"] for row in later] == ["301396.SZ"]
    run = told(cli, "backtest", "equal_weight", "--universe", "dated", "--start", "2025-06-20", "--no-audit", "--full")
    assert run["hindsight"] == [] and run["fills"] > 0 and run["universe"].startswith("dated (1 firm, ")
    assert run["look_ahead"]["verdict"] == "ok"
    fills = screener.open(own).backtest("equal_weight", universe="dated", start="2025-06-20").result.fills
    assert str(fills["session"].min()) == "2025-08-01"  # the first of a month after the day of the list


def test_the_language_of_the_settings_is_that_of_the_terminal(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCREENER_LANG")
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, "en_US.UTF-8")
    assert language() == "en"
    Path(FILE).write_text('language = "zh"\n', encoding="utf-8")
    assert language() == "zh"
    monkeypatch.setenv("SCREENER_LANG", "en")
    assert language() == "en"


def test_an_event_strategy_holds_firms_of_the_list_alone(cli: Cli, own: Path) -> None:
    run = screener.open(own).backtest("order_drift", universe="mine").result
    assert {*run.fills["symbol"]} <= {"301396.SZ", "603629.SH"} and run.fills.height
    assert any("600519.SH" in note for note in run.notes)


@pytest.mark.parametrize("command", [("alerts", "--since", "2026-06-01"), ("diff", "2026-05-29", "2026-06-30")])
def test_other_questions_take_a_list_too(cli: Cli, own: Path, command: tuple[str, ...]) -> None:
    Path("list.csv").write_text("symbol,since\n宏景,2025-01-02\n", encoding="utf-8")
    answer = cli(*command, "--universe", "list.csv", "--json")
    found = json.loads(answer.out)
    rows = found if isinstance(found, list) else found.get("rows", [])
    assert answer.code in (0, 10) and "301396" in answer.out and "603629" not in answer.out
    assert all("HINDSIGHT" not in str(row.get("hindsight")) for row in rows)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("--universe", "knwon"),
            "no such universe; got knwon; expected known | theme | report | market | mine",
        ),
        (("--universe", "bad.csv"), "no firm of that name; got '无此公司'"),
    ],
)
def test_a_list_that_is_none_is_one_sentence(cli: Cli, own: Path, words: tuple[str, ...], said: str) -> None:
    Path("bad.csv").write_text("无此公司\n", encoding="utf-8")
    answer = cli(*SCREEN, *words)
    assert answer.code in (1, 2) and answer.out == "" and said in answer.err and answer.err.count("\n") == 1
