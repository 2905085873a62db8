"""Bars of one load that are stored some symbols at a time, each group judged and looked at while it is held.

1. They are written last, so that what stands beside them (actions, share counts, rules) is stored when they pass by.
2. Checks of rows, of symbols and of their neighbours see whole symbols, so they say what they say of the whole file.
3. What contradicts other tables is summed over the pieces, changed closes are counted over all of them.
4. What is asked of bars later is taken down as they pass (`facts.Passed`): no row is read again for it.
5. New rows are appended in full groups of DuckDB's: of one that is not full it would keep all rows until the end. What
   it wrote it would keep in memory while there is any: of that it lets go (`let_go`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import duckdb
import polars as pl

from screener.core.table import Table, without_repeats
from screener.sources.files.halts import NOT_TRADED
from screener.sources.files.outcome import Note, NotInPieces
from screener.store import staging, versions
from screener.store.checks import capital, cross, raw
from screener.store.checks.loaded import Loaded
from screener.store.checks.shape import rising
from screener.store.facts import BAR_COLUMNS, Facts, Passed, around
from screener.store.findings import derive
from screener.store.parts import LoadReport, Part

ROW_GROUP = 122_880  # rows that DuckDB compresses and writes together
CACHE = "128MB"  # of what it wrote and read


@dataclass
class Writing:
    """Writes the pieces of files, each as one run, and remembers what came of them. `runs`: file → its run."""

    con: duckdb.DuckDBPyConnection
    table: Table
    runs: Mapping[str, str]
    now: datetime
    totals: dict[str, versions.Counts] = field(default_factory=dict)  # file → what became of its rows
    passed: Passed = field(default_factory=Passed)
    _rest: dict[str, pl.DataFrame] = field(default_factory=dict)  # run → new rows that do not fill a group yet
    _common: dict[str, pl.DataFrame] = field(default_factory=dict)  # all but bars: read once
    _found: cross.Contradiction | None = None  # by rows beside other tables
    _told: list[pl.DataFrame] = field(default_factory=list)  # (symbol, told): rows of symbols with a revised one

    def __post_init__(self) -> None:
        self.totals = {origin: versions.Counts() for origin in self.runs}

    def append(
        self, frames: Mapping[str, pl.DataFrame], absent: Mapping[str, Collection[str]]
    ) -> dict[str, versions.Counts]:
        """Appends whole symbols, of each file its rows, dated and in order, and looks at them beside all else."""
        rows = self._together(frames)
        stored, unknown = versions.stored_of(self.con, self.table, rows)
        once = sum(frame.height for frame in frames.values()) == rows.height
        counts = self._appended(frames, absent, rows, stored, unknown=unknown and once)
        symbols = without_repeats(rows["symbol"]).to_list()  # in order, so each once
        total = sum(counts.values(), versions.Counts())
        # Where every stored row is told once more, the rows at hand are the newest versions of all there are.
        every = once and not any({*BAR_COLUMNS} & {*absent[origin]} for origin in frames)
        complete = not stored or (every and stored == total.unchanged + total.revised)
        if not complete:
            self.finish()  # what stands beside stored rows is asked of the store
        facts = Facts(self.con, symbols, bars=rows if complete else None, common=self._common)
        revised = {self.runs[origin]: one.revised for origin, one in counts.items()}
        found, _ = cross.crossed(self.table, list(frames.items()), facts, revised, replace=True)  # closes: see `_moved`
        self._found = _summed(self._found, found)
        if total.revised:
            told = pl.concat(frame.select("symbol") for frame in frames.values())
            self._told.append(told.group_by("symbol").agg(pl.len().cast(pl.Int64).alias("told")))
        if total.new or total.revised:
            self._pass(facts, symbols)
        let_go(self.con)
        return counts

    def _together(self, frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """The rows of all files in order, one that two of them have once."""
        if len(frames) == 1:
            return next(iter(frames.values()))
        rows = pl.concat(list(frames.values()), how="vertical").sort(self.table.key, maintain_order=True)
        return rows if rising(rows, self.table.key) else rows.unique(self.table.key, keep="first", maintain_order=True)

    def _appended(
        self,
        frames: Mapping[str, pl.DataFrame],
        absent: Mapping[str, Collection[str]],
        rows: pl.DataFrame,
        stored: int,
        *,
        unknown: bool,
    ) -> dict[str, versions.Counts]:
        alike = len({frozenset(absent[origin]) for origin in frames}) == 1
        first = absent[next(iter(frames))]
        if alike and stored == rows.height and versions.are_stored(self.con, self.table, rows, first):
            return {origin: self._count(origin, unchanged=frame.height) for origin, frame in frames.items()}
        if unknown:
            for origin, frame in frames.items():
                self._append_new(self.runs[origin], frame)
            return {origin: self._count(origin, new=frame.height) for origin, frame in frames.items()}
        counts = {}
        for origin, frame in frames.items():
            self.finish()
            how, run = absent[origin], self.runs[origin]
            done = versions.append(self.con, self.table, frame, run=run, now=self.now, absent=how)
            counts[origin] = self._count(origin, done.new, done.revised, done.unchanged)
        return counts

    def _count(self, origin: str, new: int = 0, revised: int = 0, unchanged: int = 0) -> versions.Counts:
        counts = versions.Counts(new, revised, unchanged)
        self.totals[origin] += counts
        if revised:
            versions.count_run(self.con, self.runs[origin], self.totals[origin])  # who reads now asks the newest
        return counts

    def _append_new(self, run: str, frame: pl.DataFrame) -> None:
        """Appends full groups; what is left waits for the rows that follow."""
        rest = self._rest.pop(run, None)
        if rest is not None:
            lacking = ROW_GROUP - rest.height
            first = pl.concat([rest, frame[:lacking]], rechunk=True)
            if first.height < ROW_GROUP:
                self._rest[run] = first
                return
            self._put(run, first)
            frame = frame[lacking:]
        full = frame.height - frame.height % ROW_GROUP
        if full:
            self._put(run, frame[:full])
        if full < frame.height:
            self._rest[run] = frame[full:]

    def finish(self) -> None:
        """Appends what was held back."""
        for run in [*self._rest]:
            self._put(run, self._rest.pop(run))

    def _put(self, run: str, rows: pl.DataFrame) -> None:
        versions.append(self.con, self.table, rows, run=run, now=self.now, unknown=True)

    def contradiction(self, part: Part, *, replacing: bool) -> cross.Contradiction | None:
        """What speaks against the file beside other tables and what was stored. Raises NotInPieces."""
        found = _summed(self._found, None if replacing else self._moved(part))
        if found is not None and not part.numbered:
            raise NotInPieces(str(found))
        return found

    def _moved(self, part: Part) -> cross.Contradiction | None:
        """The closes that the file changes, where they are too many."""
        if sum(one.revised for one in self.totals.values()) < raw.CHANGED_FEWEST:
            return None
        moved = raw.changed_too_much(Facts(self.con), list(self.runs.values()), pl.concat(self._told))
        if moved is None or part.pieces is None:
            return None
        if not part.numbered:
            raise NotInPieces(part.origin)
        first = moved[:1]  # they are in order
        for (piece,) in part.pieces():  # once more: of millions of changed rows no line was kept
            rows = piece.frame.join(first, on=self.table.key, how="semi", maintain_order="left")
            if rows.height:
                files = [(part.origin, staging.rows_of(replace(piece, frame=rows)))]
                loaded = Loaded(self.table, files, Facts(self.con), {}, [])
                named = cross.told(self.table, files, raw.refused_changes, raw.among_changed(loaded.rows, first))
                return replace(named, rows=moved.height)
        raise NotInPieces(part.origin)

    def _pass(self, facts: Facts, symbols: list[str]) -> None:
        actions = facts.latest("actions")
        self.passed.symbols.update(symbols)
        self.passed.in_force.append(capital.in_force(facts, symbols))
        self.passed.found.append(derive.of_bars(facts))
        if actions.height:
            self.passed.around.append(around(facts.latest("bars"), actions))


def let_go(con: duckdb.DuckDBPyConnection) -> None:
    """Frees the pages of the store beyond CACHE; its limit of memory is afterwards what it was."""
    with suppress(duckdb.OutOfMemoryException):  # some of it is in use
        con.execute(f"SET memory_limit = '{CACHE}'")
    con.execute("RESET memory_limit")


def _summed(one: cross.Contradiction | None, other: cross.Contradiction | None) -> cross.Contradiction | None:
    return one + other if one and other else one or other


def summed(reports: Sequence[LoadReport]) -> LoadReport:
    """The reports of all pieces as one of the file."""
    days = [day for one in reports for day in (one.first, one.last) if isinstance(day, date)]
    left_out = [left for one in reports for left in one.skipped]
    halts = [left for left in left_out if left.why == NOT_TRADED]
    others = tuple(left for left in left_out if left.why != NOT_TRADED)
    first = [min(halts, key=lambda left: left.what)] if halts else []
    notes: dict[str, int] = {}
    for note in (note for one in reports for note in one.notes):
        notes[note.what] = notes.get(note.what, 0) + note.count
    return replace(
        reports[0],
        **{
            name: sum(getattr(one, name) for one in reports)
            for name in ("new", "revised", "unchanged", "rows", "symbols")
        },
        first=min(days, default=None),
        last=max(days, default=None),
        skipped=(*others, *(replace(left, count=sum(one.count for one in halts)) for left in first)),
        notes=tuple(Note(what, count) for what, count in notes.items()),
    )
