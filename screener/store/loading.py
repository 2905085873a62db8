"""A user's files into a store: read, checked, stored as a whole, and told what became of each.

1. Every file of the folder is read (`sources.files`); what is none of ours is named, what is wrong refuses the load.
2. Announcements that a contract's file implies are stored where neither the store nor another file has them.
3. A firm known by its code alone gets its short name from whatever file has both.
4. Many files of one table and shape are stored together, so that the time grows with the rows and not with the files.
5. A large file of bars is stored some firms at a time; where anything in it is refused or odd, once more so with the
   lines of its rows; whole where what a row says depends on all others. So are several files that are large together;
   where anything in them is refused or odd, whole.
6. With `dry_run` all of this happens on a copy of the store, which is thrown away.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from screener.core.answer import Answer, Row, Tables
from screener.core.errors import DataRefused
from screener.core.own_folder import own_folder
from screener.core.stands_on import StandsOn
from screener.core.symbols import board_of
from screener.core.table import row_name
from screener.core.tables import TABLES
from screener.core.text import cut, listed
from screener.sources.files.maps import FolderMap
from screener.sources.files.outcome import (
    FileRows,
    FolderRows,
    Note,
    NotInPieces,
    Pieces,
    RefusedInPieces,
    Skipped,
)
from screener.sources.files.reading import read_folder
from screener.store.database import Store
from screener.store.findings.told import Told, fresh, lines, stored
from screener.store.ingest import ingest_all
from screener.store.parts import LoadReport, Part
from screener.store.standing import standing

_MANY, _MANY_SHARE = 5, 0.002  # breaks of the limit: the recorded market has 0.015 %
_NAMED_IN = ("announcements", "commitments")
_OF = ("commitment_id", "symbol")


@dataclass(frozen=True)
class FolderLoad:
    """What became of a folder: a report for each table that was read, and the files that gave none."""

    reports: tuple[LoadReport, ...]
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class Loading(Answer):
    """The answer of a load. `found`: findings that were not there before; `dry_run`: nothing was written."""

    reports: tuple[LoadReport, ...]
    skipped: tuple[Skipped, ...]
    found: tuple[Told, ...]
    stands_on: StandsOn
    dry_run: bool = False

    @property
    def rows(self) -> list[Row]:
        """One row for each table that was read, and one for each file that gave none."""
        return [*(_row(one, self.found) for one in self.reports), *(_skipped_row(one) for one in self.skipped)]

    @property
    def notes(self) -> list[tuple[str, Note]]:
        """(file, what was understood or taken by default), in order."""
        return [(one.file, note) for one in self.reports for note in one.notes]

    @property
    def left_out(self) -> list[tuple[str, Skipped]]:
        """(file, rows of it that were left out), and the files that gave none, under their own name."""
        inside = [(one.file, left) for one in self.reports for left in one.skipped]
        return [*inside, *((one.what, one) for one in self.skipped)]

    @property
    def warnings(self) -> list[str]:
        """What the rows themselves say: too many breaks of the price limit, and each new finding."""
        return [*self._suspicion(), *lines(self.found)]

    def frame(self) -> pl.DataFrame:
        """The rows; see `rows`."""
        return pl.DataFrame([dict(row) for row in self.rows], infer_schema_length=None).drop("findings")

    def _tables(self) -> Tables:
        notes = [{"file": file, "note": note.what, "rows": note.count} for file, note in self.notes]
        left = [{"file": file, "what": one.what, "why": one.why, "rows": one.count} for file, one in self.left_out]
        found = [
            {"dataset": one.dataset, "check": one.check, "rows": one.rows, "worst": one.examples[0]}
            for one in self.found
        ]
        return {"load": self.rows, "notes": notes, "left_out": left, "findings": found}

    def _plain(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self.rows]

    def _suspicion(self) -> list[str]:
        """Many breaks of the limit at once are no trades."""
        bars = sum(one.new + one.revised for one in self.reports if one.dataset == "bars")
        broken = sum(one.rows for one in self.found if (one.dataset, one.check) == ("bars", "price_limit"))
        if broken < _MANY or broken <= _MANY_SHARE * bars:
            return []
        return [f"{broken:,} of {bars:,} bars lie beyond their price limit: adjusted prices, or ex-dates not loaded?"]


def load(
    store: Store,
    path: Path | str,
    folder_map: FolderMap | None = None,
    *,
    now: datetime | None = None,
    replacing: bool = False,
    dry_run: bool = False,
) -> Loading:
    """Loads a folder or a file (see `load_folder`) and tells what came of it."""
    before = stored(store)
    done = load_folder(store, path, folder_map, now=now, replacing=replacing)
    return Loading(done.reports, done.skipped, tuple(fresh(store, before)), standing(store), dry_run)


def load_folder(
    store: Store,
    folder: Path | str,
    folder_map: FolderMap | None = None,
    *,
    now: datetime | None = None,
    replacing: bool = False,
) -> FolderLoad:
    """Loads every table of a folder and all below it (or of one file), all or nothing.

    `replacing`: stored prices may change in whole. Raises DataRefused where there is nothing to read, LoadRefused
    where a file or a row does not pass.
    """
    with ExitStack() as closing:
        found = read_folder(Path(folder), folder_map, in_pieces=closing)
        if found.pieces is None:
            return _loaded(store, found, now=now, replacing=replacing)
        try:
            return _loaded(store, found, _large(found.pieces.read, found.pieces), now=now, replacing=replacing)
        except NotInPieces as reason:
            judged = isinstance(reason, RefusedInPieces)
        if found.pieces.numbered is not None:
            again = replace(_large(found.pieces.numbered, found.pieces), numbered=True, judged=judged)
            with suppress(NotInPieces):
                return _loaded(store, found, again, now=now, replacing=replacing)
    return _loaded(store, read_folder(Path(folder), folder_map), now=now, replacing=replacing)


def _loaded(
    store: Store, found: FolderRows, large: Part | None = None, *, now: datetime | None, replacing: bool
) -> FolderLoad:
    parts = [_part(one) for one in _only_new(store, _of_contracts(store, found.files))]
    named = _names(store, found)
    parts += [named] if named else []
    parts = [_without_contract(part) for part in parts]
    parts += [Part("", pl.DataFrame(), one.file, refused=one.reason) for one in found.refused]
    parts += [large] if large else []
    done = ingest_all(store, parts, now=now, command="load", replacing=replacing)
    return FolderLoad(tuple(done), found.skipped)


def _large(pieces: Callable[[], Iterator[tuple[FileRows, ...]]], of: Pieces) -> Part:
    def read() -> Iterator[tuple[Part, ...]]:
        return (tuple(map(_part, piece)) for piece in pieces())

    return Part("bars", TABLES["bars"].empty(), of.places[0], pieces=read, origins=of.places, shapes=of.shapes)


@contextmanager
def copied(path: Path) -> Iterator[Path]:
    """A copy of a store to try something on (a new store where there is none yet), gone afterwards."""
    with own_folder("copy") as folder:
        copy = folder / path.name
        if path.is_file():
            with Store.open_read_only(path):  # refuses a foreign file, and keeps writers away while it is copied
                shutil.copyfile(path, copy)
        yield copy


def _part(one: FileRows) -> Part:
    return Part(
        one.dataset,
        one.frame,
        one.place,
        one.dropped,
        one.skipped,
        one.notes,
        defaults=one.defaults,
        aside=one.aside,
        titles=one.titles,
    )


def _only_new(store: Store, files: Sequence[FileRows]) -> list[FileRows]:
    """Without announcements made from contracts that somebody else already has."""
    made = [one for one in files if one.where_missing]
    if not made:
        return list(files)
    key = TABLES["announcements"].key[0]
    known = set(store.latest("announcements")[key])
    for one in files:
        if one.dataset == "announcements" and not one.where_missing:
            known |= set(one.frame[key])
    kept: list[FileRows] = []
    for one in files:
        if one.where_missing:
            frame = one.frame.filter(~pl.col(key).is_in(list(known)))
            known |= set(frame[key])
            if frame.is_empty():
                continue
            note = Note("announcements made from the contracts", frame.height)
            one = FileRows(one.dataset, one.path, frame, notes=(note,), label=one.label, below=one.below)
        kept.append(one)
    return kept


def _of_contracts(store: Store, files: Sequence[FileRows]) -> list[FileRows]:
    """Contract facts that name no firm are of the firm of their contract, stored or in the same load."""
    bare = [one for one in files if one.dataset == "contract_facts" and "symbol" not in one.frame.columns]
    if not bare:
        return list(files)
    own = [one.frame for one in files if one.dataset == "commitments" and {*_OF} <= set(one.frame.columns)]
    known = pl.concat([frame.select(_OF) for frame in (store.latest("commitments"), *own)])
    known = known.unique("commitment_id", keep="last")
    return [
        replace(one, frame=one.frame.join(known, on="commitment_id", how="left", maintain_order="left"))
        if any(one is other for other in bare)
        else one
        for one in files
    ]


def _without_contract(part: Part) -> Part:
    """A fact that names no firm and no contract that anybody has is refused with its line."""
    if part.dataset != "contract_facts" or "symbol" not in part.frame.columns:
        return part
    lost = part.frame["symbol"].is_null()
    if not lost.any():
        return part
    row = lost.arg_max() or 0
    refusal = DataRefused(
        "contract_facts: no such contract",
        where=f"{part.origin} {row_name(part.frame, row)}",
        got=cut(str(part.frame["commitment_id"][row]), 60),
        expected="the commitment_id of a contract in the store or in these files; or the firm too",
        next_step="screener query 'SELECT commitment_id, symbol FROM commitments'",
    )
    return replace(part, refused=str(refusal))


def _names(store: Store, found: FolderRows) -> Part | None:
    """Firms that are known by their code alone and that some file names."""
    asked = {
        symbol
        for one in found.files
        if one.dataset in _NAMED_IN and "symbol" in one.frame.columns
        for symbol in one.frame["symbol"].drop_nulls()
    }
    if not found.names:
        return None
    asked |= {row[0] for row in store.connection.execute("SELECT DISTINCT symbol FROM announcements").fetchall()}
    named = set(store.latest("firms")["symbol"])
    for one in found.files:
        named |= set(one.frame["symbol"]) if one.dataset == "firms" else set()
    rows = [
        {"symbol": symbol, "name": name, "board": board_of(symbol).value}
        for symbol, name in sorted(found.names.items())
        if symbol in asked - named
    ]
    note = Note("short names of firms that had none", len(rows))
    return Part("firms", pl.DataFrame(rows), "names in the files", notes=(note,)) if rows else None


def _row(report: LoadReport, found: Sequence[Told]) -> dict[str, Any]:
    """`findings`: of the whole table in this load, check → rows."""
    names = ("file", "dataset", "new", "revised", "unchanged")
    return {name: getattr(report, name) for name in names} | {
        "not stored": listed(report.dropped),
        "rows": report.rows,
        "symbols": report.symbols,
        "first": report.first,
        "last": report.last,
        "notes": "; ".join(str(note) for note in report.notes),
        "skipped": "; ".join(str(one) for one in report.skipped),
        "findings": {told.check: told.rows for told in found if told.dataset == report.dataset},
    }


def _skipped_row(one: Skipped) -> dict[str, Any]:
    empty: date | None = None
    return {
        "file": one.what,
        "dataset": "",
        "new": 0,
        "revised": 0,
        "unchanged": 0,
        "not stored": "",
        "rows": 0,
        "symbols": 0,
        "first": empty,
        "last": empty,
        "notes": "",
        "skipped": one.why,
        "findings": {},
    }
