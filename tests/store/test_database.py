"""Opening, seeding and querying the store."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from screener.core.errors import StoreError, UsageError
from screener.core.tables import FACTS, PACKAGED, PROVENANCE, TABLES, packaged
from screener.store.database import Store
from screener.store.schema import META, stored_columns
from tests.store.rows import SEEDED_AT


@pytest.mark.parametrize("name", [table.name for table in PACKAGED])
def test_a_new_store_holds_every_packaged_row(reader: Store, name: str) -> None:
    table = TABLES[name]
    stored, shipped = reader.frame(name), packaged(name)
    keys = list(table.key)
    assert stored.select(keys).equals(shipped.select(keys).sort(keys))
    assert stored.filter(pl.any_horizontal(pl.col([c.name for c in PROVENANCE]).is_null())).is_empty()


@pytest.mark.parametrize("table", FACTS, ids=lambda table: str(table.name))
def test_frames_have_the_declared_types_and_provenance(reader: Store, table: object) -> None:
    frame = reader.frames()[table.name]  # type: ignore[attr-defined]
    expected = {column.name: column.dtype for column in stored_columns(table)}  # type: ignore[arg-type]
    assert dict(frame.schema) == expected
    assert len(frame.columns) == len(set(frame.columns))


def test_seeding_is_recorded_as_runs(reader: Store) -> None:
    runs = reader.frame("runs").filter(pl.col("command") == "seed")
    assert runs["dataset"].to_list() == [table.name for table in PACKAGED]
    assert runs["new"].to_list() == [packaged(name).height for name in [table.name for table in PACKAGED]]
    assert set(reader.frame("rules")["fetched_at"]) == {SEEDED_AT}


def test_a_store_opened_again_is_not_seeded_again(seeded_file: Path, store: Store) -> None:
    assert store.frame("runs").height == len(PACKAGED)


def test_the_folder_of_a_new_store_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "s.duckdb"
    path.parent.mkdir(parents=True)
    path.touch()  # an empty file is no store yet
    with Store.create_or_open(path) as made:
        assert not made.frame("sessions").is_empty()


def test_a_missing_store_names_the_commands_that_make_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="screener demo / screener load DIR / screener fetch"):
        Store.open_read_only(tmp_path / "none.duckdb")


@pytest.mark.parametrize("opened", [Store.create_or_open, Store.open_read_only])
@pytest.mark.parametrize("content", ["text", "other", "later"])
def test_a_foreign_or_later_file_is_refused_in_one_line(
    tmp_path: Path, opened: Callable[..., Store], content: str
) -> None:
    path = tmp_path / "f.duckdb"
    if content == "text":
        path.write_text("not a database " * 500)
    else:
        with duckdb.connect(str(path)) as con:
            con.execute("CREATE TABLE mine AS SELECT 1 AS a")
            if content == "later":
                con.execute(f"CREATE TABLE {META} AS SELECT 99 AS schema_version")
    with pytest.raises(StoreError, match="another version" if content == "later" else "not a store") as error:
        opened(path)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


def test_a_store_held_by_another_process_says_so(seeded_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "held.duckdb"
    path.write_bytes(seeded_file.read_bytes())
    code = f"import duckdb,sys; c=duckdb.connect({str(path)!r}); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True) as holder:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        for opened in (Store.create_or_open, Store.open_read_only):
            with pytest.raises(StoreError, match="in use by another process"):
                opened(path)
        holder.communicate("")


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO runs SELECT * FROM runs",
        "DELETE FROM rules",
        "CREATE TABLE t (a INT)",
        "CREATE TEMP TABLE t (a INT)",
        "ATTACH 'x.duckdb'",
        "COPY rules TO 'x.csv'",
        "SET threads = 1",
        "SELECT 1; DELETE FROM rules",
        "SELECT 1; SELECT 2",
        "SELECT * FROM '{file}'",
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM glob('{file}')",
        "SELECT * FROM secret",
        "SELEC 1",
        "",
    ],
)  # fmt: skip
def test_queries_only_read_the_store(reader: Store, tmp_path: Path, sql: str) -> None:
    file = tmp_path / "file.csv"
    file.write_text("a\n1\n")
    secret = pl.DataFrame({"a": [1]})
    with pytest.raises(UsageError) as error:
        reader.query(sql.format(file=file))
    assert "\n" not in str(error.value)
    assert secret.height == 1 and not (tmp_path / "x.csv").exists()


def test_a_query_answers_with_a_frame(reader: Store) -> None:
    assert reader.query("SELECT count(*) AS n FROM latest_rules")["n"][0] == packaged("rules").height


def test_a_store_open_for_writing_answers_no_queries(store: Store) -> None:
    with pytest.raises(StoreError, match="read-only"):
        store.query("SELECT 1")


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction(), store.transaction():
        store.connection.execute("DELETE FROM rules")
        raise ZeroDivisionError
    assert not store.frame("rules").is_empty()


def test_seeding_interrupted_leaves_a_file_that_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.duckdb"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("screener.store.packaged.seed", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        Store.create_or_open(path)
    with Store.create_or_open(path, now=datetime(2026, 1, 1)) as made:
        assert made.frame("runs").height == len(PACKAGED)
