"""Real prices and SYNTHETIC ones are never in one store, and nothing is lost where they meet."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from screener.core.errors import StoreError
from screener.core.stands_on import SYNTHETIC
from screener.research import Research
from screener.sources.files.templates import template
from screener.store.database import Store
from screener.store.ingest import ingest_all
from screener.store.parts import Part
from tests.commands.conftest import Cli
from tests.commands.conftest import cli as cli
from tests.commands.conftest import synthetic_db as synthetic_db
from tests.store.rows import NOW, bars

MIXED = "real prices do not go into a store of SYNTHETIC ones|SYNTHETIC rows do not go into a store of real prices"
OTHERS = {True: "real", False: SYNTHETIC}


@pytest.mark.parametrize("first", [SYNTHETIC, "real"])
@pytest.mark.parametrize("together", [True, False])
def test_bars_of_both_kinds_are_refused_in_either_order(fresh: Callable[[], Store], first: str, together: bool) -> None:
    second = OTHERS[first == SYNTHETIC]
    frames = [bars(symbol="301396.SZ", source=first)[-1], bars(symbol="603629.SH", source=second)[-1]]
    parts = [Part("bars", frame, f"{at}.csv") for at, frame in enumerate(frames)]
    with fresh() as store:
        if not together:
            ingest_all(store, parts[:1], now=NOW)
        before = store.latest("bars")
        with pytest.raises(StoreError, match=MIXED):
            ingest_all(store, parts if together else parts[1:], now=NOW)
        assert store.latest("bars").equals(before)


@pytest.mark.parametrize("table", ["bars", "indices"])
def test_a_users_prices_do_not_go_into_the_demo(synthetic_db: Path, tmp_path: Path, table: str) -> None:
    path = Path(shutil.copy(synthetic_db, tmp_path / "demo.duckdb"))
    (tmp_path / "mine.csv").write_text(template(table), encoding="utf-8")
    before = sha256(path.read_bytes()).digest()
    with pytest.raises(StoreError, match=rf"SYNTHETIC.*demo.duckdb.*mine.csv: {table}.*load DIR --db FILE"):
        Research(path).load(tmp_path / "mine.csv")
    assert sha256(path.read_bytes()).digest() == before


def test_a_demos_folder_holds_answers_and_a_store_but_no_table(cli: Cli, synthetic_db: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo_out"
    folder.mkdir()
    shutil.copy(synthetic_db, folder / "demo.duckdb")
    cli("screen", "--xlsx", folder / "screen.xlsx")
    cli("report", "--brief", "--out", folder / "report.html")
    said = cli("load", folder, "--db", tmp_path / "real.duckdb")
    assert (said.code, said.err.count("an answer that screener wrote"), "--db names it" in said.err) == (1, 2, True)


def test_the_demo_replaces_no_store_of_real_prices(fresh: Callable[[], Store], tmp_path: Path) -> None:
    with fresh() as store:
        ingest_all(store, [Part("bars", bars(1), "mine.csv")], now=NOW)
    shutil.copy(store.path, tmp_path / "demo.duckdb")
    with pytest.raises(StoreError, match=r"real prices is not replaced.*got 1 bars.*demo --out DIR"):
        Research.made_up(tmp_path / "demo.duckdb")
    with Store.open_read_only(tmp_path / "demo.duckdb") as store:
        assert store.latest("bars").height == 1
