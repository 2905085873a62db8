"""The only way facts enter the store: checked as a whole, appended in one transaction, findings derived at its end.

1. Order the parts of a load so that what others refer to comes first: the order in which tables are declared.
2. Each part alone: shape, duplicates, rows, units; then the parts of one table against each other (`checks`).
3. In one transaction, part by part: context (`checks`), known_at (`known`), append (`versions`), a row of `runs`.
4. When all parts are written, tables against each other (`checks.cross`).
5. Any refusal rolls the whole load back; the other parts are still checked, so that one try shows every refusal.
6. Findings of what was touched are derived again from the stored facts, in the same transaction.
7. A part that comes in pieces is judged (`judging`) and appended when the others are, piece by piece, as one run
   (`piecewise`).
8. Many parts of one table (`TOGETHER`) are appended as one, so that thousands of files cost what their rows cost.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

import polars as pl

from screener.core import identity, known
from screener.core.dating import with_known_at
from screener.core.errors import DataRefused, StoreError
from screener.core.table import LINE, Kind, Table, without_repeats
from screener.core.tables import TABLES
from screener.sources.files.outcome import TOGETHER, Note, NotInPieces, RefusedInPieces
from screener.store import piecewise, staging, versions
from screener.store.checks import context, contracts, cross, shape
from screener.store.checks.apart import Apart
from screener.store.database import Store
from screener.store.facts import Facts, Passed
from screener.store.findings import derive
from screener.store.judging import Judging
from screener.store.parts import LoadRefused, LoadReport, Part
from screener.store.staging import Staged

MOST_TOGETHER = 1000  # parts of one table and shape that are appended as one
_WHOSE = re.compile(r"^(\w+) \S+ by the name of the file$")


def ingest(
    store: Store, dataset: str, frame: pl.DataFrame, origin: str, now: datetime | None = None, *, command: str = "fetch"
) -> LoadReport:
    """Checks and appends one frame. Inside `store.transaction()` it belongs to that transaction."""
    return ingest_all(store, [Part(dataset, frame, origin)], now=now, command=command)[0]


def ingest_all(
    store: Store,
    parts: Iterable[Part],
    *,
    now: datetime | None = None,
    command: str = "fetch",
    replacing: bool = False,
) -> list[LoadReport]:
    """Checks and appends the parts of one load, all or nothing. Raises LoadRefused, StoreError (`checks.apart`).

    `replacing`: stored prices may change in whole.

    A part that names its sources is written before one that does not, so that equal rows keep the named source,
    whatever the order of `parts`.
    """
    if store.read_only:
        raise StoreError("the store is open for reading only", where=str(store.path))
    load = _Load(store, now or known.shanghai_now(), command)
    staged = staging.staged(sorted(parts, key=_position))
    with store.transaction():
        reports = [report for group in _together(staged) for report in load.append(group)]
        reports = load.in_pieces(reports, replacing=replacing)
        if not any(report.refused for report in reports):
            reports = load.crossed(reports, replacing=replacing)
        if any(report.refused for report in reports):
            raise LoadRefused(reports)
        derive.refresh(store.connection, load.touched, load.passed)
    return reports


@dataclass(frozen=True)
class _Late:
    """Files that come in pieces: those that are stored as one have one name, and a run."""

    part: Part
    runs: Mapping[str, str]  # name → run
    names: Mapping[str, str]  # file → name

    def summed(self, told: Mapping[str, Sequence[LoadReport]]) -> list[LoadReport]:
        """A report for each name. `told`: the reports of the pieces of each file, and of each name."""
        found = []
        for name in self.runs:
            files = [piecewise.summed(told[origin]) for origin in self.part.origins if self.names[origin] == name]
            said = files[0] if len(files) == 1 else _said(name, files)
            counted = piecewise.summed(told[_COUNTED + name])
            found.append(replace(counted, dropped=said.dropped, skipped=said.skipped, notes=said.notes))
        return found


_COUNTED = "\0"  # before a name, which may be that of a file


class _Load:
    """State of one load: what it touched."""

    def __init__(self, store: Store, now: datetime, command: str) -> None:
        self.connection, self.now, self.command = store.connection, now, command
        self._apart = Apart(store.connection, store.path.name)
        self.touched: dict[str, set[str] | None] = {}
        self._contexts: dict[str, context.Context] = {}
        self._written: dict[str, list[tuple[str, pl.DataFrame]]] = {}  # dataset → (file, its frame), in order
        self._large: dict[str, _Late] = {}  # dataset → what comes in pieces
        self._against: dict[str, cross.Contradiction] = {}  # dataset → what speaks against that beside other tables
        self.passed = Passed()
        self._runs: dict[str, dict[str, int]] = {}  # dataset → runs that wrote a row → how many they revised

    def append(self, group: Sequence[Staged]) -> list[LoadReport]:
        """Checks against the store and appends; the parts of a group as one, where none of them is refused."""
        if group[0].part.pieces and not group[0].refused:
            return self._later(group[0].part)
        reports = [self._checked(staged) for staged in group]
        if any(report.refused for report in reports):
            return reports
        table = TABLES[group[0].part.dataset]
        frames = [one.frame.with_columns(pl.col("source").fill_null(one.part.origin)) for one in group]
        if len(group) > 1:
            return [self._as_one(table, frames, reports, group[0].part.given)]
        try:
            counts = self._append(table, frames[0], group[0].part.origin, group[0].part.given)
        except DataRefused as refusal:
            return [replace(reports[0], refused=str(refusal))]
        return [replace(reports[0], new=counts.new, revised=counts.revised, unchanged=counts.unchanged)]

    def _checked(self, staged: Staged) -> LoadReport:
        part, report = staged.part, _report(staged.part)
        if staged.refused:
            return replace(report, refused=staged.refused)
        table = TABLES[part.dataset]
        try:
            self._refuse_beside(table, staged.frame, where=part.origin)
        except DataRefused as refusal:
            return replace(report, refused=str(refusal))
        return _measured(table, staged.frame, report)

    def _refuse_beside(self, table: Table, frame: pl.DataFrame, *, where: str) -> None:
        """Raises DataRefused for rows that what the store knows speaks against."""
        self._apart.refuse(table, frame, where=where)
        context.refuse_context(table, frame, self._context(table), where=where)
        contracts.refuse_currency(table, frame, where=where)
        contracts.refuse_huge(table, frame, where=where)

    def _as_one(
        self, table: Table, frames: Sequence[pl.DataFrame], reports: Sequence[LoadReport], given: Collection[str]
    ) -> LoadReport:
        origin = _name([report.file for report in reports])
        frame = pl.concat(frame.drop(LINE, strict=False) for frame in frames)
        if not shape.rising(frame, table.told_by):  # two files may hold one fact
            frame = frame.unique(table.told_by, keep="first", maintain_order=True)
        counts = self._append(table, frame, origin, given)
        told = replace(_said(origin, reports), new=counts.new, revised=counts.revised, unchanged=counts.unchanged)
        return _measured(table, frame, told)

    def _later(self, part: Part) -> list[LoadReport]:
        """What comes in pieces is written when all else is; its runs keep their places."""
        runs, names = dict[str, str](), dict[str, str]()
        for group in _grouped(list(part.shapes)):
            files = [part.origins[number] for number in group]
            name = _name(files)
            run = runs[name] = versions.run_name(self.connection, TABLES[part.dataset])
            versions.write_run(self.connection, run, self.command, part.dataset, name, versions.Counts(), self.now)
            names |= dict.fromkeys(files, name)
        self._large[part.dataset] = _Late(part, runs, names)
        return [LoadReport(part.dataset, name) for name in runs]

    def in_pieces(self, reports: Sequence[LoadReport], *, replacing: bool) -> list[LoadReport]:
        """The reports after what comes in pieces was judged, and appended where nothing is refused.

        Raises NotInPieces where it must be judged in another way: numbered, or whole.
        """
        told = list(reports)
        for name, late in self._large.items():
            part, writing = late.part, piecewise.Writing(self.connection, TABLES[name], late.runs, self.now)
            sound = not part.judged and not any(report.refused for report in told)
            if not sound and not part.numbered:
                raise NotInPieces(part.origin)
            try:
                found = self._by_pieces(late, writing, sound=sound, replacing=replacing)
            except DataRefused as refusal:  # it could not be read
                found = [LoadReport("", part.origin, refused=str(refusal))]
            at = next(number for number, report in enumerate(told) if report.dataset == name)
            told[at : at + len(late.runs)] = found
            for origin, run in late.runs.items():
                versions.count_run(self.connection, run, writing.totals[origin])
            self.passed = writing.passed
        return sorted(told, key=lambda one: (not one.dataset, "" if one.dataset else one.file))  # as parts are

    def _by_pieces(self, late: _Late, writing: piecewise.Writing, *, sound: bool, replacing: bool) -> list[LoadReport]:
        """`sound`: nothing is known to be refused. What is refused is judged to its end and not written."""
        table, part, told = writing.table, late.part, dict[str, list[LoadReport]]()
        judging = {
            origin: Judging(table, origin, partial(self._refuse_beside, table, where=origin)) for origin in part.origins
        }
        any_refused = False
        for pieces in part.pieces() if part.pieces else ():
            passed = [(piece, judging[piece.origin].passed(piece)) for piece in pieces]
            any_refused = any_refused or any(judging[piece.origin].refused for piece in pieces)
            if any_refused and not part.numbered:
                raise RefusedInPieces(part.origin)
            frames = {piece.origin: frame for piece, frame in passed if frame is not None}
            if frames and sound and not any_refused:
                for piece in pieces:
                    told.setdefault(piece.origin, []).append(_report(piece))
                for report in self._write_pieces(late, pieces, frames, writing):
                    told.setdefault(_COUNTED + report.file, []).append(report)
        refused = next((why for one in judging.values() if (why := one.refusal())), "")
        if refused and not part.numbered:
            raise RefusedInPieces(refused)
        if part.judged and not refused:
            raise NotInPieces(part.origin)
        if refused or not sound:
            return [replace(_report(part), refused=refused)]
        self._end(part, writing, replacing=replacing)
        return late.summed(told)

    def _end(self, part: Part, writing: piecewise.Writing, *, replacing: bool) -> None:
        """When all pieces are written."""
        writing.finish()
        found = writing.contradiction(part, replacing=replacing) if writing.table.name in self.touched else None
        if found is not None:
            self._against[writing.table.name] = found

    def _write_pieces(
        self, late: _Late, pieces: Sequence[Part], frames: Mapping[str, pl.DataFrame], writing: piecewise.Writing
    ) -> list[LoadReport]:
        """A report for each name."""
        table, parts = writing.table, dict[str, list[pl.DataFrame]]()
        if len(frames) > 1:
            _refuse_apart(table, frames)
        for origin, frame in frames.items():
            parts.setdefault(late.names[origin], []).append(frame.with_columns(pl.col("source").fill_null(origin)))
        absent = {late.names[one.origin]: set(table.names) - set(one.given) for one in pieces}
        dated = {name: self._dated(table, pl.concat(some), name) for name, some in parts.items()}
        for name, some in parts.items():
            if len(some) > 1 and not shape.rising(dated[name], table.key):
                raise NotInPieces(name)  # a fact that two files have, which are stored as one
        counts = writing.append(dated, absent)
        for name, one in counts.items():
            if one.new or one.revised:
                self._touch(table.name, dated[name])
        return [
            _measured(table, dated[name], LoadReport(table.name, name, one.new, one.revised, one.unchanged))
            for name, one in counts.items()
        ]

    def _append(self, table: Table, frame: pl.DataFrame, origin: str, given: Collection[str]) -> versions.Counts:
        """`given`: the columns that the rows came with; what they lack is not changed."""
        frame = self._dated(table, frame, origin)
        self._written.setdefault(table.name, []).append((origin, frame))
        run = versions.run_name(self.connection, table)
        absent = set(table.names) - set(given)
        counts = versions.append(self.connection, table, frame, run=run, now=self.now, absent=absent)
        versions.write_run(self.connection, run, self.command, table.name, origin, counts, self.now)
        if frame.height >= piecewise.ROW_GROUP:
            piecewise.let_go(self.connection)
        if counts.new or counts.revised:
            self._touch(table.name, frame)
            self._runs.setdefault(table.name, {})[run] = counts.revised
        return counts

    def _dated(self, table: Table, frame: pl.DataFrame, origin: str) -> pl.DataFrame:
        """With ids and known_at, in the order in which it is stored."""
        if table.identity is not None:
            frame = identity.named(table.identity, frame, versions.newest_of(self.connection, table))
        frame = with_known_at(table, frame, versions.known_ends(self.connection, table))
        contracts.refuse_order_of_time(table, frame, versions.known_parents(self.connection, table), where=origin)
        if not shape.rising(frame, table.key):  # stored in order, a firm's bars are read without the others'
            frame = frame.sort(table.key)
        return frame

    def crossed(self, reports: Sequence[LoadReport], *, replacing: bool) -> list[LoadReport]:
        """The reports after the tables were looked at together: a file is refused, or something is to be said."""
        told = list(reports)
        for name, runs in self._runs.items():
            numbers = [number for number, report in enumerate(told) if report.dataset == name]
            facts = Facts(self.connection, self.touched[name], passed=self.passed)
            found, notes = cross.crossed(TABLES[name], self._written[name], facts, runs, replace=replacing)
            at = numbers[found.number if found else 0]
            more = tuple(Note(text) for text in notes)
            told[at] = replace(told[at], refused=str(found or ""), notes=(*told[at].notes, *more))
        for name, found in self._against.items():
            at = next(number for number, report in enumerate(told) if report.dataset == name)
            told[at] = replace(told[at], refused=str(found))
        return told

    def _touch(self, dataset: str, frame: pl.DataFrame) -> None:
        symbols = set(without_repeats(frame["symbol"])) if "symbol" in frame.columns else None
        before = self.touched.get(dataset, set())
        self.touched[dataset] = None if symbols is None or before is None else before | symbols

    def _context(self, table: Table) -> context.Context:
        """What the checks of a table ask; the ids are those of the store and of the parts already written."""
        asked = {other for tables in table.refers.values() for other in tables}
        if not asked and table.name in self._contexts:
            return self._contexts[table.name]
        asking = self._contexts[table.name] = context.Context(
            now=self.now,
            sessions=self._sessions() if table.name in context.DATED else (),
            ids={name: self._texts(f"SELECT {TABLES[name].key[0]} FROM {name}") for name in asked},  # noqa: S608
        )
        return asking

    def _sessions(self) -> tuple[date, ...]:
        rows = self.connection.execute("SELECT DISTINCT session FROM sessions ORDER BY session").fetchall()
        return tuple(row[0] for row in rows)

    def _texts(self, sql: str) -> frozenset[str]:
        return frozenset(row[0] for row in self.connection.execute(sql).fetchall())


def _refuse_apart(table: Table, frames: Mapping[str, pl.DataFrame]) -> None:
    """Raises NotInPieces where two files give one key different values: which is told of them whole."""
    try:
        shape.refuse_contradiction(table, list(frames.items()))
    except DataRefused as refusal:
        raise NotInPieces(str(refusal)) from None


def _report(part: Part) -> LoadReport:
    return LoadReport(part.dataset, part.origin, dropped=part.dropped, skipped=part.skipped, notes=part.notes)


def _position(part: Part) -> tuple[int, bool, str]:
    order = list(TABLES).index(part.dataset) if part.dataset in TABLES else len(TABLES)
    named = "source" in part.frame.columns and part.frame["source"].null_count() < part.frame.height
    return order, not named, part.origin


def _together(staged: Sequence[Staged]) -> list[list[Staged]]:
    """Parts one by one, except where a table has more of one shape than `TOGETHER`; refused ones stand alone."""
    keys: list[tuple[str, ...]] = []
    for one in staged:
        sound = not one.refused and not TABLES[one.part.dataset].refers
        keys.append((one.part.dataset, *one.part.given) if sound else ("", str(len(keys))))
    return [[staged[number] for number in group] for group in _grouped(keys)]


def _grouped(keys: Sequence[tuple[str, ...]]) -> list[list[int]]:
    """Numbers of what is stored together, in the order of the first ones."""
    shapes: dict[tuple[str, ...], list[int]] = {}
    for number, key in enumerate(keys):
        shapes.setdefault(key, []).append(number)
    groups: list[list[int]] = []
    for group in shapes.values():
        size = MOST_TOGETHER if len(group) > TOGETHER else 1
        groups += [group[first : first + size] for first in range(0, len(group), size)]
    return sorted(groups)


def _name(files: Sequence[str]) -> str:
    """How messages name files that are stored as one."""
    return files[0] if len(files) == 1 else f"{files[0]} … {files[-1]} ({len(files):,} files)"


def _said(name: str, reports: Sequence[LoadReport]) -> LoadReport:
    """What is to be said of files that are stored as one."""
    return LoadReport(
        reports[0].dataset,
        name,
        dropped=tuple(dict.fromkeys(name for one in reports for name in one.dropped)),
        skipped=tuple(replace(left, what=f"{one.file}: {left.what}") for one in reports for left in one.skipped),
        notes=_added(note for one in reports for note in one.notes),
    )


def _measured(table: Table, frame: pl.DataFrame, report: LoadReport) -> LoadReport:
    """With rows, symbols and span of a part."""
    day = next((name for name in table.key if table.column(name).kind is Kind.DATE), table.day)
    days = frame[day] if day else pl.Series(dtype=pl.Date)
    first, last = days.min(), days.max()
    symbols = without_repeats(frame["symbol"]).n_unique() if "symbol" in frame.columns else 0
    span = [value if isinstance(value, date) else None for value in (first, last)]
    return replace(report, rows=frame.height, symbols=symbols, first=span[0], last=span[1])


def _added(notes: Iterable[Note]) -> tuple[Note, ...]:
    counts: dict[str, int] = {}
    for note in notes:
        what = _WHOSE.sub(r"\1 by the name of the file", note.what)
        counts[what] = counts.get(what, 0) + note.count
    return tuple(Note(what, count) for what, count in counts.items())
