"""Findings on the terminal: after a load, and explained."""

from __future__ import annotations

import json
from pathlib import Path

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
