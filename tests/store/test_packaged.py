"""Packaged rows in stores that exist: an upgrade corrects them, a correction by hand stays, an older store opens."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from screener.core import tables
from screener.core.resources import tables_dir
from screener.core.rules import Rules
from screener.core.tables import FACTS, PACKAGED
from screener.point_in_time.market import Market
from screener.store import packaged
from screener.store.database import Store
from screener.store.ingest import ingest
from screener.store.schema import META, SCHEMA_VERSION

MADE, LATER = datetime(2026, 7, 1, 12), datetime(2026, 10, 12, 20)
CUT = "stamp_duty,all,sell,2026-07-01,,0.00025,fraction,knowledge,,made up for a test,\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Store.create_or_open(tmp_path / "s.duckdb", now=MADE) as store:
        return store.path


@pytest.fixture
def upgraded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a newer package's tables, to be changed by a test before a store is opened."""
    folder = tmp_path / "tables"
    shutil.copytree(tables_dir(), folder)
    for module in (tables, packaged):
        monkeypatch.setattr(module, "tables_dir", lambda: folder)
    yield folder
    _forget()


def _forget() -> None:
    tables.packaged.cache_clear()
    packaged.digest.cache_clear()


def change(folder: Path, name: str, old: str, new: str) -> None:
    file = folder / f"{name}.csv"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8", newline="\n")
    _forget()


def halved_duty(folder: Path) -> None:
    change(folder, "rules", "stamp_duty,all,sell,2023-08-28,,", "stamp_duty,all,sell,2023-08-28,2026-07-01,")
    with (folder / "rules.csv").open("a", encoding="utf-8", newline="\n") as file:
        file.write(CUT)
    _forget()


def duty_on(store: Store, day: date) -> float:
    return Rules(store.latest("rules")).value("stamp_duty", "all", day, side="sell")


@pytest.mark.parametrize("opened", [Store.create_or_open, Store.open_read_only])
def test_a_changed_law_reaches_an_existing_store(path: Path, upgraded: Path, opened: Callable[..., Store]) -> None:
    halved_duty(upgraded)
    with opened(path) as store:
        assert duty_on(store, date(2026, 6, 30)) == 0.0005 and duty_on(store, date(2026, 7, 1)) == 0.00025
        law = store.frame("rules").filter(pl.col("start") == date(2026, 7, 1), pl.col("rule") == "stamp_duty")
        assert law["known_at"].to_list() == [datetime(2026, 7, 1, 9)]


def test_an_upgrade_is_written_once_and_a_reader_writes_nothing(path: Path, upgraded: Path) -> None:
    halved_duty(upgraded)
    before = path.read_bytes()
    with Store.open_read_only(path):
        pass
    assert path.read_bytes() == before
    for _ in range(2):
        with Store.create_or_open(path, now=LATER) as store:
            runs = store.frame("runs").filter(pl.col("dataset") == "rules")
            assert runs.select("new", "revised").rows()[1:] == [(1, 1)]


def test_what_only_knowledge_changes_is_known_from_the_upgrade_on(path: Path, upgraded: Path) -> None:
    change(upgraded, "indicators", "tengyun_revenue_2025,", "tengyun_revenue_2025,")
    frame = pl.read_csv(upgraded / "indicators.csv", infer_schema=False)
    first = frame["value"][0]
    change(upgraded, "indicators", f",{first},", f",{first}1,")
    with Store.create_or_open(path, now=LATER) as store:
        assert store.frame("indicators")["known_at"].max() == LATER


def test_a_correction_by_hand_outlives_an_upgrade(path: Path, upgraded: Path) -> None:
    mine = tables.packaged("rules").filter(pl.col("rule") == "stamp_duty", pl.col("start") == date(2023, 8, 28))
    with Store.create_or_open(path, now=MADE) as store:
        ingest(store, "rules", mine.with_columns(value=0.0004), "mine.csv", LATER, command="load")
    change(upgraded, "rules", "stamp_duty,all,sell,2023-08-28,,0.0005", "stamp_duty,all,sell,2023-08-28,,0.0006")
    with Store.create_or_open(path, now=LATER) as store:
        assert duty_on(store, date(2026, 7, 2)) == 0.0004


def test_an_older_package_takes_nothing_back(path: Path, upgraded: Path) -> None:
    original = (upgraded / "rules.csv").read_text(encoding="utf-8")
    halved_duty(upgraded)
    with Store.create_or_open(path, now=LATER):
        pass
    (upgraded / "rules.csv").write_text(original, encoding="utf-8", newline="\n")
    _forget()
    with Store.create_or_open(path, now=LATER) as store:
        assert duty_on(store, date(2026, 7, 1)) == 0.00025


@pytest.mark.parametrize("opened", [Store.open_read_only, Store.create_or_open])
def test_a_store_of_the_version_before_opens(path: Path, opened: Callable[..., Store]) -> None:
    with Store.create_or_open(path) as store:
        for column in ("direction", "group", "ceiling"):
            store.connection.execute(f'ALTER TABLE kinds DROP COLUMN "{column}"')
        for table in FACTS:
            gone = ["withdrawn", *([table.identity.column] if table.identity else [])]
            for column in gone:
                store.connection.execute(f'ALTER TABLE "{table.name}" DROP COLUMN "{column}"')
        store.connection.execute("UPDATE runs SET origin = 'packaged ' || dataset || '.csv' WHERE command = 'seed'")
        store.connection.execute(f"UPDATE {META} SET schema_version = 1")
    with opened(path) as store:
        kinds = Market.build(store.frames()).frames["kinds"].unique("kind", keep="last", maintain_order=True)
        assert set(kinds.filter(pl.col("kind") == "order").row(0, named=True)) >= {"direction", "group", "ceiling"}
        newest = kinds.filter(pl.col("kind") == "order").row(0, named=True)
        assert (newest["direction"], newest["group"], newest["ceiling"]) == ("inflow", "inflow", False)
    if opened is Store.create_or_open:
        with Store.open_read_only(path) as store:
            assert store.connection.execute(f"SELECT schema_version FROM {META}").fetchall() == [(SCHEMA_VERSION,)]
            assert store.query("SELECT direction FROM latest_kinds WHERE kind = 'lease'").rows() == [("outflow",)]


def test_every_packaged_table_can_be_loaded_by_the_user() -> None:
    assert all(table.loadable for table in PACKAGED)
