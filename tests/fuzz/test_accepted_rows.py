"""No row that is accepted makes a later command fail; SCREENER_EXAMPLES=300 makes it long.

1. An example is a few files of each loadable table, loaded one after the other into a copy of one small store; some of
   the facts that were told are withdrawn again.
2. Every command that reads is then asked about that store, each with other words and in another form.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer.main
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from screener.commands.answering import command_line
from screener.core.errors import ScreenerError
from screener.core.tables import FACTS, TABLES
from screener.sources.files.maps import LOADABLE
from screener.sources.synthetic import SEED, synthetic_market
from screener.store.database import Store
from screener.store.ingest import ingest_all
from screener.store.loading import load_folder
from screener.store.parts import Part
from screener.store.withdrawing import withdraw
from tests.fuzz import questions
from tests.fuzz.questions import Words
from tests.fuzz.rows import File, file, world_of
from tests.store.rows import LATER, NOW

CAMPAIGN = "SCREENER_CAMPAIGN"
EXAMPLES = int(os.environ.get("SCREENER_EXAMPLES", "0"))
SHORT = 1  # example of `make test`, without one of the commands that take seconds
FILES = 2 if EXAMPLES else 3  # of each table in an example
DEAR = ("check-strategy", "report")
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
        found = {table.name: store.latest(table.name).select(table.names) for table in FACTS}
    reported = TABLES["segments"]
    row = {column.name: column.example or None for column in reported.columns}
    return {**found, reported.name: reported.check(pl.DataFrame([row], infer_schema_length=None))}


def test_every_command_reads_or_is_named() -> None:
    group: Any = typer.main.get_command(command_line())
    names = {f"{name} {sub}".strip() for name, command in group.commands.items() for sub in ("", *_below(command))}
    told = {name.partition(" --")[0] for name in questions.READS} | set(questions.WRITES) | set(questions.STORELESS)
    assert names == told


def _below(command: Any) -> Iterable[str]:
    found: Mapping[str, Any] = getattr(command, "commands", {})
    return found


@dataclass(frozen=True, repr=False)
class Example:
    """Files to load, one after the other, whether a fact of each is withdrawn, and what is asked then."""

    files: tuple[File, ...]
    withdrawn: tuple[bool, ...]
    words: tuple[Words, ...]

    def __repr__(self) -> str:
        told = ", ".join(f"{one.table} × {len(one.rows)}" for one in self.files)
        return f"Example({told}; {self.words})"


@st.composite
def examples(draw: st.DrawFn, frames: Mapping[str, pl.DataFrame], here: Path) -> Example:
    """All is drawn before anything is done: what a store accepts does not change what is drawn."""
    world = world_of(frames)
    files = tuple(draw(file(world, name)) for name in LOADABLE for _ in range(FILES))
    withdrawn = tuple(draw(st.integers(0, 7)) == 0 for _ in files)
    left_out = () if EXAMPLES else (draw(st.sampled_from(DEAR)),)
    words = tuple(draw(questions.asked(world, name, here)) for name in questions.READS if name not in left_out)
    return Example(files, withdrawn, words)


@pytest.mark.long
def test_no_accepted_row_makes_a_command_fail() -> None:
    """In a process of its own: commands are asked as a user asks them, without what other tests left behind."""
    words = [sys.executable, "-m", "pytest", "-n", "0", "-s", "-k", "campaign", str(Path(__file__))]
    done = subprocess.run(words, env={**os.environ, CAMPAIGN: "1"}, capture_output=True, text=True, check=False)
    print(done.stdout)
    fault = done.stdout.partition("AssertionError: ")[2] or done.stdout[-4_000:]  # before pages of what was drawn
    assert done.returncode == 0, fault[:4_000]


@pytest.mark.skipif(CAMPAIGN not in os.environ, reason="run by the test above")
def test_the_campaign(
    small: Path, frames: dict[str, pl.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    counts: Counter[tuple[str, bool]] = Counter()
    here = tmp_path / "example"

    @settings(SETTINGS, max_examples=EXAMPLES or SHORT)
    @given(examples(frames, here))
    def accepted_rows_are_read(example: Example) -> None:
        _fresh(here)
        db = Path(shutil.copy(small, here / "store.duckdb"))
        with Store.create_or_open(db, now=NOW) as store:
            taken = [_taken(store, one, here / "in", counts) for one in example.files]
            for one, accepted, back in zip(example.files, taken, example.withdrawn, strict=True):
                if accepted and back:
                    _withdraw(store, one)
        for words in example.words:
            _answered(words, db, [one for one, accepted in zip(example.files, taken, strict=True) if accepted])

    accepted_rows_are_read()
    for name in LOADABLE:
        print(f"{name:16} {counts[name, True]:5} of {counts[name, True] + counts[name, False]:5} files accepted")
    poor = [name for name in LOADABLE if counts[name, True] * 3 < counts[name, True] + counts[name, False]]
    assert not poor, f"hardly a file is accepted: {poor}"


def _fresh(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def _taken(store: Store, one: File, folder: Path, counts: Counter[tuple[str, bool]]) -> bool:
    """Loads a file; whether it was accepted. Anything but a ScreenerError is a fault."""
    _fresh(folder)
    path = folder / f"{one.table}.{one.form}"
    if one.form == "csv":
        one.frame().write_csv(path)
    else:
        one.frame().write_parquet(path)
    accepted = True
    try:
        load_folder(store, path, now=NOW)
    except ScreenerError:
        accepted = False
    except Exception as error:
        raise AssertionError(f"load fails: {type(error).__name__}: {error}\n{one}") from error
    event(f"{one.table} {'accepted' if accepted else 'refused'}")
    counts[one.table, accepted] += 1
    return accepted


def _withdraw(store: Store, one: File) -> None:
    key = [str(one.rows[0][name]) for name in TABLES[one.table].key]
    try:
        withdraw(store, one.table, key, "a mistake", now=LATER)
    except ScreenerError:
        event(f"{one.table} not withdrawn")


def _answered(words: Words, db: Path, taken: list[File]) -> None:
    loaded = "\n".join(map(str, taken))
    try:
        fault = questions.wrong(questions.run(words, db))
    except Exception as error:
        raise AssertionError(f"{' '.join(words)}: {type(error).__name__}: {error}\n{loaded}") from error
    assert not fault, f"{' '.join(words)}: {fault}\n{loaded}"
