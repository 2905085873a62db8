"""No row that is accepted makes a later command fail; SCREENER_EXAMPLES=300 makes it long.

1. An example is a few files of each loadable table, loaded one after the other into a copy of one small store; some of
   the facts that were told are withdrawn again.
2. Every command that reads is then asked about that store, each with other words and in another form.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import typer.main
from hypothesis import HealthCheck, Phase, event, given, note, settings
from hypothesis import strategies as st

from screener.commands.app import command_line
from screener.core.errors import ScreenerError
from screener.core.tables import FACTS, TABLES
from screener.sources.files.maps import LOADABLE
from screener.sources.synthetic import SEED, synthetic_market
from screener.store.database import Store
from screener.store.ingest import Part, ingest_all
from screener.store.loading import load_folder
from screener.store.withdrawing import withdraw
from tests.fuzz import questions
from tests.fuzz.rows import File, World, file, world_of
from tests.store.rows import LATER, NOW

EXAMPLES = int(os.environ.get("SCREENER_EXAMPLES", "0"))
FIRST = date(2025, 9, 1)  # of the small store
SETTINGS = settings(
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink) if EXAMPLES else (Phase.generate,),
    report_multiple_bugs=False,
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the SYNTHETIC market from `FIRST` on, and of the packaged facts."""
    path = tmp_path_factory.mktemp("small") / "store.duckdb"
    parts = [
        Part(
            name,
            frame.filter(pl.col("session") >= FIRST) if "session" in frame.columns else frame,
            f"SYNTHETIC, seed {SEED}",
        )
        for name, frame in synthetic_market(SEED).items()
    ]
    with Store.create_or_open(path, now=NOW) as store:
        ingest_all(store, parts, now=NOW, command="demo")
    return path


@pytest.fixture(scope="module")
def frames(small: Path) -> dict[str, pl.DataFrame]:
    with Store.open_read_only(small) as store:
        return {table.name: store.latest(table.name).select(table.names) for table in FACTS}


def test_every_command_reads_or_is_named() -> None:
    group = typer.main.get_command(command_line())
    names = {
        f"{name} {sub}" if sub else name
        for name, command in group.commands.items()
        for sub in ("", *getattr(command, "commands", {}))
    }
    told = {name.partition(" --")[0] for name in questions.READS} | set(questions.WRITES) | set(questions.STORELESS)
    assert names == told


def test_no_accepted_row_makes_a_command_fail(
    small: Path, frames: dict[str, pl.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    counts: Counter[tuple[str, bool]] = Counter()

    @settings(SETTINGS, max_examples=EXAMPLES or 4)
    @given(data=st.data())
    def accepted_rows_are_read(data: st.DataObject) -> None:
        world = world_of(frames)
        here = _fresh(tmp_path / "example")
        db = Path(shutil.copy(small, here / "store.duckdb"))
        with Store.create_or_open(db, now=NOW) as store:
            taken = [one for one in _drawn(data, world) if _taken(store, one, here / "in", counts)]
            _withdrawn(store, taken, data)
        for name in questions.READS:
            words = data.draw(questions.asked(world, name, here), label=name)
            _answered(words, db, taken)

    accepted_rows_are_read()
    for name in LOADABLE:
        print(f"{name:16} {counts[name, True]:5} of {counts[name, True] + counts[name, False]:5} files accepted")
    poor = [name for name in LOADABLE if counts[name, True] * 3 < counts[name, True] + counts[name, False]]
    assert not poor, f"hardly a file is accepted: {poor}"


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _drawn(data: st.DataObject, world: World) -> Iterator[File]:
    for name in LOADABLE:
        for _ in range(2):
            yield data.draw(file(world, name), label=name)


def _taken(store: Store, one: File, folder: Path, counts: Counter[tuple[str, bool]]) -> bool:
    """Loads a file; whether it was accepted. Anything but a ScreenerError is a fault."""
    _fresh(folder)
    path = folder / f"{one.table}.{one.form}"
    one.frame().write_csv(path) if one.form == "csv" else one.frame().write_parquet(path)
    try:
        load_folder(store, path, now=NOW)
    except ScreenerError as error:
        event(f"{one.table} refused")
        if os.environ.get("SCREENER_WHY"):
            print("REFUSED", str(error)[:300])
        counts[one.table, False] += 1
        return False
    except Exception as error:
        raise AssertionError(f"load fails: {type(error).__name__}: {error}\n{one}") from error
    event(f"{one.table} accepted")
    counts[one.table, True] += 1
    return True


def _withdrawn(store: Store, taken: list[File], data: st.DataObject) -> None:
    """One fact in eight is taken back."""
    for one in taken:
        key = [str(one.rows[0][name]) for name in TABLES[one.table].key]
        if data.draw(st.integers(0, 7), label="withdrawn") == 0:
            try:
                withdraw(store, one.table, key, "a mistake", now=LATER)
            except ScreenerError:
                event(f"{one.table} not withdrawn")


def _answered(words: questions.Words, db: Path, taken: list[File]) -> None:
    try:
        found = questions.run(words, db)
        fault = questions.wrong(found)
    except Exception as error:
        fault = f"{type(error).__name__}: {error}"
        if not os.environ.get("SCREENER_ALL"):
            raise AssertionError(f"{' '.join(words)}: {fault}\n{_listed(taken)}") from error
        import traceback

        fault += " | ".join(traceback.format_exc().splitlines()[-8:])
    if fault and os.environ.get("SCREENER_ALL"):
        print("FAULT", " ".join(words), fault)
        import hashlib

        kept = Path("/tmp/w11p_faults") / hashlib.md5(fault.encode()).hexdigest()[:8]
        kept.mkdir(parents=True, exist_ok=True)
        shutil.copy(db, kept / "store.duckdb")
        (kept / "why.txt").write_text(" ".join(words) + "\n" + fault + "\n" + _listed(taken))
        fault = None
    assert not fault, f"{' '.join(words)}: {fault}\n{_listed(taken)}"


def _listed(taken: list[File]) -> str:
    return "\n".join(map(str, taken))
