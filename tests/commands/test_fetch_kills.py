"""A fetch killed at random moments, then run again, gives the store of an undisturbed run.

Five seeded kills here; `make soak` sets SCREENER_KILLS=50.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from screener.core.tables import TABLES
from screener.store.database import Store
from tests.loopback import kills
from tests.loopback.server import Loopback
from tests.loopback.world import Notice, World

FIRST_SEED, COUNT = 1, int(os.environ.get("SCREENER_KILLS", "5"))
Killed = tuple[Path, dict[str, Any]]
SEEDS = range(FIRST_SEED, FIRST_SEED + COUNT)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    if not hasattr(os, "fork"):
        pytest.skip("needs a system with fork and kill")
    folder = tmp_path_factory.mktemp("kills")
    seeded = folder / "seeded.duckdb"
    Store.create_or_open(seeded, now=datetime(2025, 1, 1)).close()
    # A row of the report is among them: one transaction over announcements, commitments and links.
    title, evening = "关于孙公司签订重大算力销售合同的公告", datetime(2025, 6, 27, 19)
    world = World(kills.SYMBOLS, kills.FIRST, kills.LAST)
    world.extra_notices = [Notice(7, "300093.SZ", title, date(2025, 6, 30), evening)]
    server = Loopback(world)
    command = [sys.executable, "-m", "tests.loopback.kills", str(server.server_address[1]), str(seeded), str(folder)]
    done = subprocess.run([*command, str(FIRST_SEED), str(COUNT)], capture_output=True, text=True, timeout=900)
    server.stop()
    assert done.returncode == 0, done.stderr[-2000:]
    return folder, json.loads(done.stdout.splitlines()[-1])


def facts(path: Path) -> dict[str, pl.DataFrame]:
    """Every version of every fact without the names of runs."""
    with Store.open_read_only(path) as store:
        frames = {name: store.frame(name) for name in TABLES if not TABLES[name].log}
        findings = store.frame("findings")
    return {name: frame.drop("run") for name, frame in frames.items()} | {"findings": findings}


def pieces(path: Path) -> list[tuple[object, ...]]:
    with Store.open_read_only(path) as store:
        runs = store.frame("runs").filter(pl.col("command") == "fetch")
    return sorted(runs.select("dataset", "origin", "new", "revised", "unchanged").rows())


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_fetch_run_again_equals_an_undisturbed_one(killed: Killed, seed: int) -> None:
    folder, _ = killed
    whole, again = facts(folder / "whole.duckdb"), facts(folder / f"again-{seed}.duckdb")
    for name, frame in whole.items():
        assert frame.equals(again[name]), name
    assert pieces(folder / "whole.duckdb") == pieces(folder / f"again-{seed}.duckdb")


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_killed_fetch_leaves_is_whole_pieces_that_can_be_read(killed: Killed, seed: int) -> None:
    folder, _ = killed
    path = folder / f"killed-{seed}.duckdb"
    with Store.open_read_only(path) as store:
        runs = {row["run"]: row for row in store.frame("runs").to_dicts()}
        written = pl.concat([store.frame(name).select("run") for name in TABLES if not TABLES[name].log])
    counts = dict(written.group_by("run").len().rows())
    assert set(counts) <= set(runs)
    assert all(counts.get(run, 0) == row["new"] + row["revised"] for run, row in runs.items())
    assert set(pieces(path)) <= set(pieces(folder / "whole.duckdb"))


@pytest.mark.long
def test_the_kills_hit_the_fetch_at_work(killed: Killed) -> None:
    folder, told = killed
    lengths = {len(pieces(folder / f"killed-{seed}.duckdb")) for seed in SEEDS}
    assert sum(one["killed"] for one in told["kills"]) >= 0.6 * COUNT
    assert len(lengths) > 1
