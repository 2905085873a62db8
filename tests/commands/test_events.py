"""`screener events`: the first line concludes, the tables follow, JSON and CSV hold everything."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
import typer
from openpyxl import load_workbook
from typer.testing import CliRunner

from screener.commands.events import events
from screener.core.errors import StoreError, UsageError
from screener.point_in_time.frames import frame_of
from screener.point_in_time.market import Market
from screener.research import Research
from tests.recorded import recorded_market

APP = typer.Typer()
APP.command()(events)
FEW = ["--draws", "199"]
TABLES = ("lines", "path", "events", "attainable", "dropped", "tests")


@cache
def run(*arguments: str) -> str:
    """What the command prints; the recorded market stands in for the store."""
    return run_on(recorded_market(), *arguments)


def run_on(market: Market, *arguments: str, columns: int = 200) -> str:
    with patch.object(Research, "market", lambda house, followed=None: market):
        result = CliRunner().invoke(APP, [*FEW, *arguments], env={"COLUMNS": str(columns)})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_stamps_come_first_and_then_what_may_be_concluded() -> None:
    first, second, *_, last = run().splitlines()
    assert first.startswith("HINDSIGHT")
    assert second.startswith("Nothing can be said about orders: CAAR[0,+1]")
    assert last.startswith("as of 2026-")


def test_both_readings_and_both_windows_stand_by_default() -> None:
    output = run()
    assert all(word in output for word in ("printed day", "session after", "[-1,+1]", "HINDSIGHT", "never"))
    assert "kolari_pynnonen" not in output


def test_everything_else_is_behind_full() -> None:
    output = run("--full", "--kind", "purchase")
    assert all(
        word in output for word in ("kolari_pynnonen", "grank_t", "clustered_date", "Path", "R19", "Left out", "τ*")
    )


def test_json_has_the_stable_keys() -> None:
    found = json.loads(run("--json"))
    keys = {"kind", "window", "conclusion", "n", "firms", "n_effective", "caar", "path", "ci", "tests", "events"}
    assert keys | {"detectable_effect"} <= set(found)
    assert isinstance(found["caar"], float) and len(found["ci"]) == 2
    assert {"randomisation", "patell", "bmp", "corrado", "grank_t"} <= set(found["tests"])
    assert set(found["tests"]["bmp"]) >= {"statistic", "p", "n"}


def test_a_window_replaces_the_headline() -> None:
    found = json.loads(run("--json", "--window", "0:5"))
    assert found["window"] == "[0,+5]"
    assert "[-1,+1]" not in {line["window"] for line in found["lines"]}


def test_every_kind_at_once_is_corrected_for_looking_often() -> None:
    found = json.loads(run("--json", "--kind", "all"))
    assert [one["kind"] for one in found][:2] == ["order", "order_a"]
    assert all(one["q"] >= one["tests"]["randomisation"]["p"] for one in found if "q" in one)
    assert "false discovery rate" in " ".join(run("--kind", "all").split())


def test_tables_go_to_csv(tmp_path: Path) -> None:
    run("--csv", str(tmp_path))
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"stands_on.csv", *(f"events_{name}.csv" for name in TABLES)}


@pytest.mark.parametrize("arguments", [("--kind", "orders"), ("--model", "capm"), ("--window", "5:1")])
def test_what_is_not_understood_is_refused(arguments: tuple[str, str]) -> None:
    with pytest.raises(UsageError):
        run(*arguments)


def test_the_same_seed_gives_the_same_answer() -> None:
    assert json.loads(run("--json"))["tests"] == json.loads(run_on(recorded_market(), "--json"))["tests"]


def test_a_store_without_prices_says_what_to_do() -> None:
    with pytest.raises(StoreError, match="no prices in the store"):
        run_on(Market.build({}))


def test_the_mean_path_is_drawn(tmp_path: Path) -> None:
    run_on(recorded_market(), "--plot", str(tmp_path / "path.svg"))
    assert (tmp_path / "path.svg").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize("arguments", [("--plot", "a.pdf"), ("--plot", "a.png", "--kind", "all")])
def test_a_picture_that_cannot_be_is_refused_before_the_study(arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        run_on(Market.build({}), *arguments)


def test_the_headings_stand_whole_in_80_columns() -> None:
    output = run_on(recorded_market(), columns=80)
    assert max(map(len, output.splitlines())) <= 80
    heading = next(line for line in output.splitlines() if "missed" in line)
    assert heading.split() == ["day", "0", "gap", "day", "holding", "excess", "n", "once", "in", "5", "never", "missed"]
    assert "missed: holding, of those never bought" in " ".join(output.split())


def renewing() -> Market:
    """The recorded market with a kind more in its table, and one order announced as it."""
    frames = dict(recorded_market().frames)
    order = pl.when(pl.col("announcement_id") == "R53").then(pl.lit("renewal")).otherwise(pl.col("kind"))
    for name in ("announcements", "commitments"):
        frames[name] = frame_of(frames, name).with_columns(kind=order)
    kinds = frame_of(frames, "kinds")
    row = kinds.filter(pl.col("kind") == "order").with_columns(kind=pl.lit("renewal"), label_en=pl.lit("a renewal"))
    return Market.build({**frames, "kinds": pl.concat([kinds, row])})


def test_a_kind_that_the_user_added_is_studied_and_is_an_order_too() -> None:
    alone, orders = (json.loads(run_on(renewing(), "--json", "--kind", kind)) for kind in ("renewal", "order"))
    assert [event["announcements"] for event in alone["events"]] == [["R53"]] and alone["label"] == "a renewal"
    known = json.loads(run("--json"))
    assert [event["car"] for event in orders["events"]] == [event["car"] for event in known["events"]]


@pytest.mark.parametrize("kind", ["order", "all"])
def test_stamps_are_in_every_form(kind: str, tmp_path: Path) -> None:
    market, book = replace(recorded_market(), synthetic=True), tmp_path / "book.xlsx"
    forms = [run_on(market, "--kind", kind), run_on(market, "--kind", kind, "--json", "--csv", str(tmp_path))]
    run_on(market, "--kind", kind, "--xlsx", str(book))
    forms.append((tmp_path / "stands_on.csv").read_text(encoding="utf-8-sig"))
    forms.append(str([cell.value for row in load_workbook(book).worksheets[-1].rows for cell in row]))
    assert all("HINDSIGHT" in form and "synthetic" in form.lower() for form in forms)
