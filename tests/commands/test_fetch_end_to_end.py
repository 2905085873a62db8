"""`screener fetch` as a process, through a proxy that ends TLS; then screen and back-test on what it fetched."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.loopback.server import Loopback
from tests.loopback.world import Notice, World

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-06-30T18:00:00"
SYMBOLS = ("300093.SZ", "301396.SZ", "603629.SH")
DATASETS = ["calendar", "bars", "indices", "shares", "actions", "announcements", "names", "delistings", "ratings"]


Fetched = tuple[dict[str, str], Loopback, subprocess.CompletedProcess[str]]


def cli(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "cli.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=240)


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fetched]:
    """Environment, server and the first fetch of three firms over a year and a half."""
    if not shutil.which("openssl"):
        pytest.skip("needs the openssl command for a test certificate")
    folder = tmp_path_factory.mktemp("end")
    world = World(SYMBOLS, date(2025, 1, 2), date(2026, 6, 30))
    evening = datetime(2025, 6, 27, 19)
    world.extra_notices = [Notice(7, "300093.SZ", "关于孙公司签订重大算力销售合同的公告", date(2025, 6, 30), evening)]
    server = Loopback(world)
    env = {
        **server.environment(folder),
        "SCREENER_DB": str(folder / "store.duckdb"),
        "SCREENER_PACE": "0",
        "SCREENER_NOW": NOW,
        "COLUMNS": "200",
    }
    yield env, server, cli("fetch", "--since", "2025-01-01", "--symbols", ",".join(SYMBOLS), "--json", env=env)
    server.stop()


def test_all_datasets_come_through_the_proxy(fetched: Fetched) -> None:
    _, server, done = fetched
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [row["dataset"] for row in told["datasets"]] == DATASETS
    assert all(row["failed"] == 0 for row in told["datasets"])
    sessions = len(server.world.sessions)
    counts = {row["dataset"]: row["new"] for row in told["datasets"]}
    assert (counts["bars"], counts["shares"], counts["actions"]) == (3 * sessions, 6, 3)
    assert [row["announcement_id"] for row in told["moved"]] == ["R45"]


def test_a_dry_run_asks_nobody_and_says_what_is_due(fetched: Fetched) -> None:
    env, server, _ = fetched
    before, later = len(server.seen), {**env, "SCREENER_NOW": "2026-07-01T18:00:00"}
    asked = ("fetch", "--since", "2025-01-01", "--symbols", ",".join(SYMBOLS), "--dry-run")
    told, printed = json.loads(cli(*asked, "--json", env=later).stdout), cli(*asked, env=later).stdout
    rows = {row["dataset"]: row for row in told["datasets"]}
    assert (rows["bars"]["rounds"], rows["shares"]["rounds"], rows["announcements"]["rounds"]) == (1, 1, 1)
    assert sum(row["requests"] for row in rows.values()) == told["requests"] < 40
    assert f"{told['requests']} requests or more" in printed and f"{told['seconds']:,.0f} s or more" in printed
    assert len(server.seen) == before


def test_screen_and_back_test_work_on_what_was_fetched(fetched: Fetched) -> None:
    env, _, _ = fetched
    screen = json.loads(cli("screen", "--json", env=env).stdout)
    scored = {row["symbol"] for row in screen if row["score"] is not None}
    assert scored and scored <= set(SYMBOLS)
    done = cli("backtest", "order_drift", "--no-audit", "--json", env=env)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["data"]["synthetic"] is False


def test_a_second_run_at_once_asks_nobody(fetched: Fetched) -> None:
    env, server, _ = fetched
    before = len(server.seen)
    done = cli("fetch", "--since", "2025-01-01", "--symbols", ",".join(SYMBOLS), "--quiet", env=env)
    assert (done.returncode, done.stdout, done.stderr, len(server.seen)) == (0, "", "", before)


def test_a_dead_source_without_cover_is_one_line_and_exit_3(fetched: Fetched, tmp_path: Path) -> None:
    env, server, _ = fetched
    server.mode = lambda address: "403" if "cninfo" in address or "np-anotice" in address else "ok"
    there = {**env, "SCREENER_DB": str(tmp_path / "other.duckdb")}
    asked = ("fetch", "--since", "2026-01-01", "--symbols", "300093", "--only", "bars,actions", "--quiet")
    done = cli(*asked, env=there)
    server.mode = lambda address: "ok"
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "cninfo blocked" in done.stderr


def test_without_a_network_it_ends_at_once_with_one_line(tmp_path: Path) -> None:
    """Three seconds on an idle machine; pauses or second tries for every piece would take many minutes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = f"http://127.0.0.1:{probe.getsockname()[1]}"
    env = {**os.environ, **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), free)}
    env.update({"NO_PROXY": "", "no_proxy": "", "SCREENER_DB": str(tmp_path / "s.duckdb"), "SCREENER_NOW": NOW})
    started = time.monotonic()
    done = cli("fetch", "--quiet", env=env)
    assert time.monotonic() - started < 60  # a loaded machine is slow to start Python
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "no connection" in done.stderr
