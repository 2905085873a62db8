"""Findings on the terminal: after a load, and explained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.conftest import Cli
from tests.store.rows import bars


def test_a_load_tells_what_it_found_and_status_explains_it(cli: Cli, tmp_path: Path) -> None:
    folder, db = tmp_path / "in", str(tmp_path / "s.duckdb")
    folder.mkdir()
    bars(8, volume=0).write_csv(folder / "b.csv")
    told = cli("load", str(folder), "--db", db).out
    assert "finding: zero_volume 1 on bars" in told and "status --findings" in told
    assert "what the findings mean: screener status --findings" in cli("status", "--db", db).out
    explained = cli("status", "--findings", "--db", db).out
    assert "a bar without volume" in explained and "to do: nothing, if the stock was halted" in explained
    checks = json.loads(cli("status", "--findings", "--json", "--db", db).out)["checks"]
    assert [(one["check"], one["rows"]) for one in checks] == [("zero_volume", 1)]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_reason_that_holds_for_several_ended_series_is_said_once(cli: Cli, tmp_path: Path, lang: str) -> None:
    folder, db = tmp_path / "in", str(tmp_path / "s.duckdb")
    folder.mkdir()
    for count, symbol in ((8, "301396.SZ"), (5, "603629.SH"), (4, "300166.SZ")):
        bars(count, symbol).write_csv(folder / f"{symbol}.csv")
    cli("load", str(folder), "--db", db)
    told = cli("status", "--db", db, "--lang", lang).out
    assert told.count("bars were loaded" if lang == "en" else "没有载入") == 1
    assert [line.split()[0] for line in told.splitlines() if line.rstrip().endswith(("not known", "不明"))] == [
        "300166.SZ",
        "603629.SH",
    ]
    ended = json.loads(cli("status", "--db", db, "--json").out)["ended"]
    assert {row["became"] for row in ended} == {"not known: no newer bars were loaded or fetched"}
