"""No answer leaves without what it stands on: every command × every form, on a SYNTHETIC and on a recorded store."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from screener.commands.groups import COMMANDS
from screener.store.database import Store
from screener.store.loading import load_folder
from tests.commands.conftest import Cli
from tests.recorded import market_dir

Written = tuple[Path, str]  # a folder of files, and what was printed
QUESTIONS = {
    "screen": ("screen", "--as-of", "2025-06-30"),
    "explain": ("explain", "301396", "--as-of", "2025-06-30"),
    "diff": ("diff", "2025-01-02", "2025-06-30"),
    "delivery": ("delivery", "--as-of", "2025-06-30"),
    "alerts": ("alerts", "--since", "2026-01-05"),
    "backtest": ("backtest", "order_drift", "--no-audit", "--start", "2025-06-02", "--end", "2025-09-30"),
    "sweep": ("sweep", "order_drift", "--grid", "hold=5,10", "--start", "2025-06-02", "--end", "2025-09-30"),
    "events": ("events", "--draws", "99"),
    "rating": ("rating",),
    "report": ("report", "--brief", "--as-of", "2025-06-30", "--strategies", "order_drift"),
}
# Facts alone, or the user's own columns: sources and spans are said, but nothing in them is made up or hindsight.
FACTS_ONLY = {
    "status": ("status",),
    "query": ("query", "SELECT symbol, close FROM bars LIMIT 3"),
    "announcements": ("announcements", "--all"),
    "review": ("review", "--list"),
}
# No answer about a market: what they do is told, or they write one.
NO_ANSWER = {
    "discover",
    "read",
    "config",
    "demo",
    "fetch",
    "load",
    "desk",
    "mcp",
    "strategies",
    "new_strategy",
    "check_strategy",
    "withdraw",
    "history",
}


def test_every_command_is_walked_or_named() -> None:
    assert set(COMMANDS) <= set(QUESTIONS) | set(FACTS_ONLY) | NO_ANSWER


@pytest.fixture(scope="module")
def recorded_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 12 firms of the recorded market."""
    folder, path = market_dir(), tmp_path_factory.mktemp("recorded") / "store.duckdb"
    small = tmp_path_factory.mktemp("small")
    for name in ("bars_12.parquet", "indices.parquet", "share_capital_12.csv", "adjustments_12.csv"):
        (small / name).symlink_to(folder / name)
    with Store.create_or_open(path) as store:
        load_folder(store, small)
    return path


def words_of(command: str, db: Path, tmp_path: Path) -> list[object]:
    words: list[object] = [*{**QUESTIONS, **FACTS_ONLY}[command], "--db", db]
    return [*words, "--out", tmp_path / "variants.parquet"] if command == "sweep" else words


def told(found: Any) -> list[dict[str, Any]]:
    """The stamps of a JSON answer: those of the object, or of each row."""
    return [found["stands_on"]] if isinstance(found, dict) else found


def check(command: str, stamps: dict[str, Any], *, synthetic: bool) -> None:
    assert stamps["synthetic"] in (synthetic, str(synthetic)) and stamps["source"] and stamps["as_of"]
    assert ("SYNTHETIC" in str(stamps["source"])) is synthetic
    assert "HINDSIGHT" in str(stamps["hindsight"])


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Cli, str, Path], Written]:
    """Asks a command once for everything it writes: the folder of its tables and its workbook, and its JSON."""
    kept: dict[tuple[str, Path], Written] = {}

    def ask(cli: Cli, command: str, db: Path) -> Written:
        if (command, db) not in kept:
            folder = tmp_path_factory.mktemp(command)
            files = ("--csv", folder / "out", "--xlsx", folder / "out.xlsx", "--json")
            kept[command, db] = folder, cli(*words_of(command, db, folder), *files).out
        return kept[command, db]

    return ask


FORMS = ("text", "json", "csv", "xlsx")
ALSO_RECORDED = ("screen", "backtest", "rating")  # in `make test`


def _cases() -> Iterator[Any]:
    for command, form in product(QUESTIONS, FORMS):
        yield pytest.param(command, form, "synthetic_db")
        long = command not in ALSO_RECORDED
        yield pytest.param(command, form, "recorded_db", marks=pytest.mark.long if long else [])


@pytest.mark.parametrize(("command", "form", "store"), list(_cases()))
def test_every_form_says_what_it_stands_on(
    cli: Cli,
    command: str,
    form: str,
    store: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    written: Callable[[Cli, str, Path], Written],
) -> None:
    synthetic, db = store == "synthetic_db", request.getfixturevalue(store)
    folder, out = written(cli, command, db) if form != "text" else (tmp_path, "")
    if form == "text":
        printed = cli(*words_of(command, db, tmp_path)).out
        assert printed.startswith("SYNTHETIC") is synthetic and "HINDSIGHT" in printed.split("─")[0]
        last = printed.strip().splitlines()[-1]
        assert "source: " in last and "prices 20" in last and ("as of 20" in last or "known by 20" in last)
    elif form == "json":
        stamps = told(json.loads(out))
        assert stamps
        for each in stamps:
            check(command, each, synthetic=synthetic)
    elif form == "csv":
        with (folder / "out" / "stands_on.csv").open(encoding="utf-8-sig", newline="") as file:
            check(command, next(csv.DictReader(file)), synthetic=synthetic)
    else:
        cells = {row[0]: row[1] for row in load_workbook(folder / "out.xlsx")["stands on"].iter_rows(values_only=True)}
        check(command, {str(key).replace(" ", "_"): value for key, value in cells.items()}, synthetic=synthetic)


@pytest.mark.parametrize("command", FACTS_ONLY)
def test_facts_say_their_store_and_sources(cli: Cli, command: str, synthetic_db: Path, tmp_path: Path) -> None:
    printed = cli(*words_of(command, synthetic_db, tmp_path)).out
    assert printed.startswith("SYNTHETIC") and "source: SYNTHETIC" in printed
    cli(*words_of(command, synthetic_db, tmp_path), "--csv", tmp_path / "out")
    assert "SYNTHETIC" in (tmp_path / "out" / "stands_on.csv").read_text(encoding="utf-8-sig")


def test_the_users_own_columns_are_left_alone(cli: Cli) -> None:
    answer = cli("query", "SELECT symbol, close FROM bars LIMIT 3", "--json")
    assert set(json.loads(answer.out)[0]) == {"symbol", "close"} and "SYNTHETIC" in answer.err
