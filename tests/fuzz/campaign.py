"""A campaign: many corrupted inputs into one store, each of which is refused in one sentence or accepted and readable.

1. The sound input of each loadable table is its template.
2. An input is loaded inside a transaction that is rolled back; after a refusal the tables are as they were.
3. Of the accepted ones every `every`-th is loaded into a copy of the store, and the readers are asked there.
"""

from __future__ import annotations

import io
import shutil
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import polars as pl

from screener import research
from screener.core.errors import ScreenerError
from screener.sources.files.maps import LOADABLE, read_map
from screener.sources.files.templates import template
from screener.store.database import Store
from screener.store.loading import load_folder
from tests.fuzz.mutators import Input, mutated
from tests.store.rows import NOW

LONGEST = 2000  # characters of a sentence


class _Undone(Exception):
    """Rolls an accepted load back."""


@dataclass
class Outcome:
    """Counts by what was done and what came of it, and everything that should not have happened."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def inputs(count: int, seed: int) -> Iterator[tuple[int, str, Input]]:
    """Corrupted inputs, table after table."""
    sound = {name: pl.read_csv(io.StringIO(template(name)), infer_schema=False) for name in LOADABLE}
    for at in range(count):
        table = LOADABLE[at % len(LOADABLE)]
        yield at, table, mutated(table, sound[table], Random(seed * 10**6 + at))


def run(count: int, seed: int, db: Path, folder: Path, every: int = 25) -> Outcome:
    """Loads `count` inputs into the store at `db`, which stays as it is."""
    outcome, accepted = Outcome(), 0
    raw = db.read_bytes()
    mine = folder / "mine.duckdb"
    shutil.copy(db, mine)
    with Store.create_or_open(mine, now=NOW) as store:
        before = _marks(store)
        for at, table, one in inputs(count, seed):
            said = _loaded(store, one, folder / "in")
            outcome.counts[one.done, said.partition(":")[0]] += 1
            if said.startswith("fault") or (said.startswith("refused") and _marks(store) != before):
                outcome.faults.append(f"{seed}/{at} {table} {one.done}: {said[:300]}")
            if said == "accepted":
                accepted += 1
                if accepted % every == 0:
                    outcome.faults += [f"{seed}/{at} {table} {one.done}: {f}" for f in _unreadable(db, one, folder)]
    if db.read_bytes() != raw:
        outcome.faults.append("the store's bytes changed")
    return outcome


def _loaded(store: Store, one: Input, folder: Path) -> str:
    """`accepted`, `refused: …` or `fault: …`."""
    try:
        with store.transaction():
            _load(store, one, folder)
            raise _Undone
    except _Undone:
        return "accepted"
    except ScreenerError as error:
        return f"refused: {error}" if _fine(error) else f"fault: not one sentence: {str(error)[:200]!r}"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"fault: {type(error).__name__}: {error}"


def _load(store: Store, one: Input, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / one.name).write_bytes(one.raw)
    folder_map = None
    if one.toml is not None:
        (folder / "map.toml").write_bytes(one.toml)
        folder_map = read_map(folder / "map.toml")
    load_folder(store, folder / one.name, folder_map, now=NOW)


def _fine(error: ScreenerError) -> bool:
    text = str(error)
    return error.exit_code in (1, 2) and len(text) <= LONGEST and not any(unicodedata.category(c) == "Cc" for c in text)


def _marks(store: Store) -> list[bytes]:
    """The bytes of the file and of its log."""
    files = (store.path, store.path.with_name(store.path.name + ".wal"))
    return [file.read_bytes() if file.exists() else b"" for file in files]


def _unreadable(db: Path, one: Input, folder: Path) -> Iterator[str]:
    """What the readers of a store that took the input fail at, other than by a sentence."""
    copy = folder / "accepted.duckdb"
    shutil.copy(db, copy)
    with Store.create_or_open(copy, now=NOW) as store:
        _load(store, one, folder / "in")
    found = research.open(copy)
    asked: dict[str, Callable[[], object]] = {
        "status": lambda: found.status().as_dict(),
        "screen": lambda: found.screen().as_dict(),
        "explain": lambda: found.explain("301396").as_dict(),
        "alerts": lambda: found.alerts("2026-06-01").as_dict(),
        "query": lambda: found.query(f"SELECT * FROM latest_{Path(one.name).stem} LIMIT 50").as_dict(),
    }
    for name, ask in asked.items():
        try:
            ask()
        except ScreenerError as error:
            if not _fine(error):
                yield f"{name} says {str(error)[:200]!r}"
        except Exception as error:
            yield f"{name} fails: {type(error).__name__}: {error}"
