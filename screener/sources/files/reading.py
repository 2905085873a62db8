"""One file, or a whole folder with all below it: rows of our tables, and every file that gave none with its reason.

1. Each table of a file is told by its headings (`telling`); what is none of ours is skipped and named.
2. Codes first, so that rows of others cannot refuse the file (`whose`); then each cell to its end (`cells`, `scales`).
3. Rows are made of columns (`rows`); what cannot be read refuses the file with the line of the first such cell.
4. A folder gives all of it: the other files are still read, so that one try shows every refusal.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import polars as pl

from screener.core.errors import DataRefused
from screener.core.table import LINE
from screener.core.tables import TABLES
from screener.core.text import one_line
from screener.sources.files import numbered, rows, streams
from screener.sources.files.codes import Sort
from screener.sources.files.columns import typed
from screener.sources.files.grids import Sheet
from screener.sources.files.halts import NOT_TRADED, factor_notes, refuse_adjusted
from screener.sources.files.headings import dated, heading_of, nameless, plain
from screener.sources.files.large import Large, Looking, pieces_of
from screener.sources.files.maps import FileMap, FolderMap
from screener.sources.files.opening import not_data, tables_of
from screener.sources.files.outcome import (
    TOGETHER,
    FileRows,
    FolderRows,
    Note,
    NotInPieces,
    NotOurs,
    Pieces,
    Refusal,
    Skipped,
    refused,
)
from screener.sources.files.plans import refuse_unread
from screener.sources.files.streams import arrow_error, rows_about
from screener.sources.files.telling import Told, tell
from screener.sources.files.whose import names_in, sort_of, whose

_MOST = 200_000  # files of a folder


@dataclass
class Reader:
    """Reads files, and remembers what headings mean: a folder of thousands of files has the same ones."""

    told: dict[tuple[object, ...], Told | NotOurs] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def file(self, path: Path, file_map: FileMap, place: str = "") -> tuple[list[FileRows], list[Skipped]]:
        """The tables of one file and what in it is none of ours. `place`: how messages name it.

        Raises DataRefused, NotOurs.
        """
        place = place or path.name
        found: list[FileRows] = []
        skipped: list[Skipped] = []
        for label, sheet in tables_of(path, file_map, place):
            try:
                if isinstance(sheet, NotOurs):
                    raise sheet
                found += [replace(one, below=place) for one in self._table(path, label, sheet, file_map)]
            except NotOurs as reason:
                if isinstance(sheet, Sheet):
                    self.names.update(names_in(sheet))
                skipped.append(Skipped(f"{place}[{label}]" if label else place, str(reason)))
        if not found and len(skipped) == 1 and not skipped[0].what.endswith("]"):
            raise NotOurs(skipped[0].why)
        return found, skipped

    def in_pieces(self, files: Sequence[Large]) -> Pieces:
        """Large files, to be read when their time has come."""
        alone = partial(self.with_lines, files[0]) if len(files) == 1 else None
        shapes = tuple(_shape_of(file) for file in files)
        return Pieces(tuple(map(_place_of, files)), shapes, partial(self.pieces, files), alone)

    def pieces(self, files: Sequence[Large]) -> Iterator[tuple[FileRows, ...]]:
        """The rows of large files of bars, some firms at a time. Raises NotInPieces."""
        named = set[int]()
        for piece in pieces_of(files):
            try:
                found = {n: self._bars(files[n], files[n].sheet(frame)) for n, frame in piece.items()}
            except DataRefused as refusal:
                raise NotInPieces(str(refusal)) from None
            named |= {n for n, rows in found.items() if "source" in rows.frame.columns and rows.frame["source"].count()}
            yield tuple(found.values())
        if named != {n for n, file in enumerate(files) if _may_name(file)}:
            raise NotInPieces  # a file that names no source is stored after those that do

    def with_lines(self, file: Large) -> Iterator[tuple[FileRows, ...]]:
        """The rows of one file, each with its line, so that a refusal is that of the whole file; it comes at the end.

        Raises DataRefused, NotInPieces.
        """
        unread: list[Sheet] = []
        file = numbered.settled(file)
        for sheet in numbered.sheets(file):
            try:
                rows = self._bars(file, sheet)
            except DataRefused as refusal:
                if refusal.line is None:
                    raise NotInPieces(str(refusal)) from None
                unread.append(_row(sheet, refusal.line))
                continue
            if not unread:
                yield (rows,)
        if unread:
            self._bars(file, _joined(unread))
            raise NotInPieces(file.place)  # what refuses a piece does not refuse the file

    def _bars(self, file: Large, sheet: Sheet) -> FileRows:
        try:
            (rows,) = self._rows(file.path, file.stream.inside.label, sheet, file.told, file.file_map)
        except NotOurs as reason:
            raise NotInPieces(str(reason)) from None
        if any(one.why != NOT_TRADED and one not in sheet.skipped for one in rows.skipped):
            raise NotInPieces(file.place)
        return replace(rows, below=file.place, aside=file.aside)

    def _table(self, path: Path, label: str, sheet: Sheet, file_map: FileMap) -> list[FileRows]:
        sheet = _dated_index(sheet)
        _refuse_lacking(sheet, file_map)
        return self._rows(path, label, sheet, self._tell(sheet, file_map), file_map)

    def _rows(self, path: Path, label: str, sheet: Sheet, told: Told, file_map: FileMap) -> list[FileRows]:
        refuse_adjusted(told, sheet)
        refuse_unread(told, sheet)
        ours = whose(told, sheet)
        self.names.update(ours.names)
        read = typed(told, ours, file_map)
        made = rows.made(told.table.name, read.frame, sheet.where)
        skipped = (*sheet.skipped, *ours.skipped, *made.skipped)
        notes = (*sheet.notes, *factor_notes(told), *ours.notes, *read.notes, *made.notes)
        one = FileRows(
            told.table.name,
            path,
            _only(made.frame, told.table.names),
            told.dropped,
            skipped,
            _merged(notes),
            label,
            rows.lacking(told.table.name, read.frame),
            aside=_aside(told, sheet),
            titles=(path.stem, label, *sheet.names, *sheet.titles),
        )
        if made.announced is None:
            return [one]
        announced = _only(made.announced, TABLES["announcements"].names)
        return [one, FileRows("announcements", path, announced, label=label, where_missing=True)]

    def _tell(self, sheet: Sheet, file_map: FileMap) -> Told:
        sort = sort_of(sheet)
        if sort is Sort.OTHER and not file_map.dataset:
            sort = Sort.STOCK
        key = (sheet.headings, id(file_map), sort)
        if key not in self.told:
            try:
                self.told[key] = tell(sheet.headings, file_map, sort, sheet.where)
            except NotOurs as reason:
                self.told[key] = reason
        found = self.told[key]
        if isinstance(found, NotOurs):
            raise found
        return found


def read_folder(folder: Path, folder_map: FolderMap | None = None, *, in_pieces: ExitStack | None = None) -> FolderRows:
    """Every table of a folder, all below it too (or of one file), in order of the paths.

    `in_pieces`: its files of bars are left to be read in pieces where they are large (see `large`), until this ends.
    Raises DataRefused where there is nothing to read.
    """
    if not folder.exists():
        raise DataRefused("no such folder", where=str(folder), next_step="screener load DIR")
    chosen, reader = folder_map or FolderMap(), Reader()
    paths = {path: one_line(str(path.relative_to(folder)) if path != folder else path.name) for path in _paths(folder)}
    left = {} if in_pieces is None else _large(paths, chosen, in_pieces)
    files: list[FileRows] = []
    skipped: list[Skipped] = []
    refusals: list[Refusal] = []
    for path in [path for path in paths if path not in left]:
        try:
            found, others = reader.file(path, chosen.of(path.name), paths[path])
            files += found
            skipped += others
        except NotOurs as reason:
            skipped.append(Skipped(paths[path], str(reason)))
        except DataRefused as refusal:
            refusals.append(Refusal(paths[path], str(refusal)))
    if left and any(one.dataset == "bars" for one in files):
        return read_folder(folder, folder_map)  # files of one table are judged beside each other
    if not files and not refusals and not left:
        reasons = "; ".join(str(one) for one in skipped[:3]) or "it is empty"
        raise DataRefused(
            "no table to load", where=str(folder), got=reasons[:200], next_step="screener load --template bars"
        )
    pieces = (
        reader.in_pieces(sorted(left.values(), key=lambda file: (not _may_name(file), _place_of(file))))
        if left
        else None
    )
    return FolderRows(tuple(_tied(files)), tuple(skipped), tuple(refusals), reader.names, pieces)


def _large(paths: Mapping[Path, str], chosen: FolderMap, closing: ExitStack) -> dict[Path, Large]:
    """The files that are read in pieces: one that is large, or some that are large together and plain.

    Many of one shape must be larger: for each of them pieces cost more time, and are there to save memory.
    """
    there = [path for path in paths if not not_data(path)]
    together = len(there) > 1 and _are_large(there)
    looking = Looking(closing, 1 if together else streams.LARGE)
    found: dict[Path, Large] = {}
    plain = True
    for number, path in enumerate(there):
        one = looking.large(path, paths[path], chosen.of(path.name))
        if one is not None:
            found[path], plain = one, plain and one.plain
        if (len(found) > 1 and not plain) or (not found and number > TOGETHER):
            return {}
    return found


def _are_large(paths: Sequence[Path]) -> bool:
    try:
        return sum(map(rows_about, paths)) >= streams.LARGE * (2 if len(paths) > TOGETHER else 1)
    except (OSError, arrow_error()):
        return False


def _shape_of(file: Large) -> tuple[str, ...]:
    """The columns of its table that it has."""
    given = {claim.column for claim in file.told.claims} | {
        *file.file_map.constants,
        *(["symbol"] if file.code else []),
    }
    return tuple(name for name in file.told.table.names if name in given)


def _may_name(file: Large) -> bool:
    """True where it has a column of sources."""
    return file.told.of("source") is not None


def _place_of(file: Large) -> str:
    label = file.stream.inside.label
    return f"{file.place}[{label}]" if label else file.place


def read_file(path: Path, file_map: FileMap | None = None) -> FileRows:
    """The one table of a file. Raises DataRefused where it has none, or several."""
    try:
        found, left = Reader().file(path, file_map or FileMap())
    except NotOurs as reason:
        raise refused(
            path.name, "no table of ours", got=str(reason), next_step="screener load --template bars"
        ) from None
    tables = [one for one in found if not one.where_missing]
    if len(tables) != 1:
        got = f"{len(tables)} tables" if tables else str(left[0])
        raise refused(path.name, "one table is expected", got=got)
    return tables[0]


def _paths(folder: Path) -> Iterator[Path]:
    """Plain files in order; folders that a program hides are left alone, links to folders are not followed."""
    if not folder.is_dir():
        yield folder
        return
    count = 0
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in sorted(names):
            count += 1
            if count > _MOST:
                raise DataRefused("too many files", where=str(folder), expected=f"at most {_MOST:,}")
            yield Path(base) / name


def _row(sheet: Sheet, line: int) -> Sheet:
    lines = sheet.lines if sheet.lines is not None else pl.Series(dtype=pl.Int64)
    return replace(sheet, frame=sheet.frame.filter(lines == line), lines=lines.filter(lines == line))


def _joined(sheets: Sequence[Sheet]) -> Sheet:
    """Rows of one file in its order."""
    lines = pl.concat([one.lines for one in sheets if one.lines is not None])
    order = lines.abs().arg_sort()
    return replace(sheets[0], frame=pl.concat([one.frame for one in sheets])[order], lines=lines[order])


def _dated_index(sheet: Sheet) -> Sheet:
    at = nameless(sheet.headings)
    first = pl.Series() if at is None else sheet.frame[f"c{at}"].drop_nulls().head(1)
    return replace(sheet, headings=dated(sheet.headings, at, first)) if at is not None and len(first) else sheet


def _aside(told: Told, sheet: Sheet) -> dict[str, pl.Series]:
    """The columns that no table has, as far as they are there."""
    places = {name: f"c{sheet.headings.index(name)}" for name in told.dropped}
    return {name: sheet.frame[column] for name, column in places.items() if column in sheet.frame.columns}


def _refuse_lacking(sheet: Sheet, file_map: FileMap) -> None:
    if file_map.match == "*":
        return
    there = {plain(name) for name in sheet.headings}
    missing = [theirs for theirs in file_map.columns if plain(theirs) not in there]
    ours = {heading_of(name).word for name in sheet.headings}
    missing = [name for name in missing if not any(plain(one) in ours for one in file_map.claims()[plain(name)])]
    if missing:
        raise refused(
            sheet.where,
            "a column of the map is not in the file",
            got=", ".join(sheet.headings)[:110],
            expected=", ".join(missing),
        )


def _only(frame: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    return frame.select(*(name for name in names if name in frame.columns), LINE)


def _merged(notes: tuple[Note, ...]) -> tuple[Note, ...]:
    return tuple(dict.fromkeys(notes))


def _tied(files: list[FileRows]) -> list[FileRows]:
    """Contracts whose announcement was named here stand in the one of the same firm and day, where there is one."""
    there = [one.frame for one in files if one.dataset == "announcements" and not one.where_missing]
    made = [one for one in files if one.where_missing]
    if not there or not made:
        return files
    known = pl.concat(frame.select("announcement_id", "symbol", "event_date") for frame in there).unique()
    single = known.filter(pl.len().over("symbol", "event_date") == 1)
    pairs = pl.concat(one.frame.select("announcement_id", "symbol", "event_date") for one in made)
    pairs = pairs.join(single, on=["symbol", "event_date"], suffix="_there").filter(
        pl.col("announcement_id") != pl.col("announcement_id_there"),
        pl.col("announcement_id").str.starts_with(pl.col("symbol") + "-"),
    )
    renamed = dict(pairs.select("announcement_id", "announcement_id_there").rows())
    if not renamed:
        return files
    return [_renamed(one, renamed) for one in files]


def _renamed(one: FileRows, renamed: dict[str, str]) -> FileRows:
    if one.where_missing or (one.dataset == "commitments" and "announcement_id" in one.frame.columns):
        return replace(one, frame=one.frame.with_columns(pl.col("announcement_id").replace(renamed)))
    return one
