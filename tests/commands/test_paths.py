"""Whatever path is named, every command ends, in one line, and leaves what was there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from screener.core.errors import StoreError
from screener.store.database import Store
from tests.cases import each_once
from tests.commands.conftest import Answer, Cli

GUARD = 60  # seconds; one or two on an idle machine

READS = [
    "load {}",
    "load {} --map wind",
    "load here --map {}",
    "rating review --ratings {}",
    "status --db {}",
    "screen --db {}",
    "load here --db {}",
]
WRITES = [
    "query SELECT_1 --csv {}",
    "query SELECT_1 --xlsx {}.xlsx",
    "status --csv {}",
    "report --out {}",
    "backtest equal_weight --no-audit --export {}",
    "backtest equal_weight --no-audit --plot {}.html",
    "backtest equal_weight --no-audit --plot {}.png",
    "events order --draws 20 --plot {}.svg",
    "sweep equal_weight --grid k=2 --out {}",
    "demo --out {}",
]
SLOW = ("report", "backtest", "events", "sweep", "demo")
FOLDERS = (
    "load {}",
    "load {} --map wind",
    "query SELECT_1 --csv {}",
    "status --csv {}",
    "demo --out {}",
    "backtest equal_weight --no-audit --export {}",
)


def told(answer: Answer) -> None:
    lines = [line for line in answer.err.splitlines() if line.startswith("screener: ")]
    assert answer.code in (1, 2), answer
    assert len(lines) == 1 and answer.err.splitlines()[-1] == lines[0] and "Traceback" not in answer.err, answer.err
    assert len(answer.err) < 2500


def words_of(command: str, path: str) -> list[str]:
    return [word.replace("SELECT_1", "SELECT 1").format(path) for word in command.split(" ")]


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _link_to_fifo(path: Path) -> None:
    _fifo(path.with_name("pipe"))
    path.symlink_to("pipe")


BAD: dict[str, Callable[[Path], None] | str] = {
    "FIFO": _fifo,
    "/dev/null": "/dev/null",
    "/dev/zero": "/dev/zero",
    "folder": lambda path: path.mkdir(),
    "long": "x" * 300,
    "deep": "d/" * 2100 + "x",
    "NUL": "a\0b",
    "below a file": "here/bars.csv/x",
    "loop": lambda path: path.symlink_to(path),
    "link to FIFO": lambda path: _link_to_fifo(path),
}


ENDLESS = "/dev/zero"  # asked of a process, which takes most of a second; of these in `make test`
ENDLESS_FOR = ("load {}", "status --db {}", "query SELECT_1 --csv {}")


def _cases() -> Iterator[Any]:
    for command in (*READS, *WRITES):
        quick = not command.startswith(SLOW)
        for name in BAD if quick else ("FIFO", "long", "/dev/null"):
            if name == "folder" and command in FOLDERS:
                continue
            long = name == ENDLESS and command not in ENDLESS_FOR
            yield pytest.param(command, name, marks=pytest.mark.long if long else [])


def _place(command: str, name: str) -> str:
    """The bad path as it is written in a command; made where it has to be there."""
    made = BAD[name]
    ending = next((word.partition("{}")[2] for word in command.split() if "{}" in word), "")
    Path("here").mkdir()
    Path("here/bars.csv").write_text("symbol\n", encoding="utf-8")
    if isinstance(made, str):
        return made
    made(Path.cwd() / f"bad{ending}")
    return "bad"


@pytest.mark.timeout(GUARD)  # nobody ever writes into a FIFO
@pytest.mark.parametrize(("command", "name"), list(_cases()))
def test_a_bad_path_is_one_line(cli: Cli, synthetic_db: Path, command: str, name: str) -> None:
    path = _place(command, name)
    if name.startswith("/dev") and command.endswith(("}.html", "}.png", "}.svg", "}.xlsx")):
        ending = command.rpartition("}")[2]
        Path(f"bad{ending}").symlink_to(name)
        path = "bad"
    words = words_of(command, path)
    if name != ENDLESS:
        told(cli(*words))
        return
    code = "from screener.commands.app import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    told(Answer(ended.returncode, ended.stdout, ended.stderr))


@pytest.mark.parametrize(
    "command", [one for one in WRITES if "{}." in one or ("--out {}" in one and "demo" not in one)]
)
def test_the_store_is_never_an_output(cli: Cli, tmp_path: Path, synthetic_db: Path, command: str) -> None:
    store = Path(shutil.copy(synthetic_db, tmp_path / "x.duckdb"))
    before = store.read_bytes()
    ending = next(word.partition("{}")[2] for word in command.split() if "{}" in word)
    links: tuple[Callable[..., None], ...] = (os.symlink, os.link)
    for number, link in enumerate(links):
        link(store, f"out{number}{ending}")
        told(cli(*words_of(command, f"out{number}"), "--db", store))
    assert store.read_bytes() == before


def test_the_store_is_no_csv_and_no_demo_replaces_a_diary(cli: Cli, tmp_path: Path, synthetic_db: Path) -> None:
    store = Path(shutil.copy(synthetic_db, tmp_path / "x.duckdb"))
    Path("out").mkdir()
    Path("out/query.csv").symlink_to(store)
    told(cli("query", "SELECT 1", "--csv", "out", "--db", store))
    assert store.read_bytes()[8:12] == b"DUCK"
    Path("out/demo.duckdb").write_text("a diary", encoding="utf-8")
    told(cli("demo", "--out", "out"))
    assert Path("out/demo.duckdb").read_text(encoding="utf-8") == "a diary"


def test_a_database_without_tables_is_a_fresh_store(cli: Cli) -> None:
    duckdb.connect("x.duckdb").close()
    Path("zero.duckdb").touch()
    for name in ("x.duckdb", "zero.duckdb"):
        answer = cli("status", "--db", name)
        told(answer)
        assert "no store yet" in answer.err
        with Store.create_or_open(name) as store:
            assert store.frame("firms").height
        assert cli("status", "--db", name).code == 0


DAMAGE = [*product(["cut", "zeros", "noise"], [0.0, 0.1, 0.5, 0.9, 0.999])]


@pytest.mark.parametrize(("damage", "command"), each_once(DAMAGE, ["status", "screen", "query SELECT_1", "load here"]))
def test_a_damaged_store_is_one_line(
    cli: Cli, tmp_path: Path, synthetic_db: Path, damage: tuple[str, float], command: str
) -> None:
    how, share = damage
    whole = synthetic_db.read_bytes()
    at = int(len(whole) * share) or 100
    rest = {"cut": b"", "zeros": bytes(len(whole) - at), "noise": bytes(range(256)) * ((len(whole) - at) // 256)}[how]
    db = tmp_path / "x.duckdb"
    db.write_bytes(whole[:at] + rest)
    Path("here").mkdir()
    firms = pl.DataFrame({"symbol": ["600000.SH"], "name": ["a"], "full_name": ["a"]})
    firms.write_csv("here/nothing.csv")
    answer = cli(*words_of(command, ""), "--db", db)
    if answer.code != 0:  # what is damaged may not be what was asked for
        told(answer)


@contextmanager
def _at_most(size: int) -> Iterator[None]:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(sys.platform != "linux", reason="limits as Linux has them")
@pytest.mark.parametrize("size", [0, 10_000, 100_000, 500_000])
def test_a_disk_that_is_full_while_a_store_is_made_is_one_line(tmp_path: Path, size: int) -> None:
    from screener.store.made_up import load_synthetic

    with _at_most(size), pytest.raises(StoreError) as caught, Store.create_or_open(tmp_path / "x.duckdb") as store:
        load_synthetic(store)
    assert "\n" not in str(caught.value)
