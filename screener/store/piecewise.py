"""Bars of one load that are stored some symbols at a time, each group judged and looked at while it is held.

1. They are written last, so that what stands beside them (actions, share counts, rules) is stored when they pass by.
2. Checks of rows, of symbols and of their neighbours see whole symbols, so they say what they say of the whole file.
3. What contradicts other tables is summed over the pieces, changed closes are counted over all of them.
4. What is asked of bars later is taken down as they pass (`facts.Passed`): no row is read again for it.
5. New rows are appended in full groups of DuckDB's: of one that is not full it would keep all rows until the end. What
   it wrote it would keep in memory while there is any: of that it lets go (`let_go`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
from screener.store.facts import BAR_COLUMNS, Facts, Passed, around
from screener.store.findings import derive
from screener.store.parts import LoadReport, Part

ROW_GROUP = 122_880  # rows that DuckDB compresses and writes together
CACHE = "128MB"  # of what it wrote and read


@dataclass
class Writing:
    """Writes the pieces of a file as one run, and remembers what came of them."""

    con: duckdb.DuckDBPyConnection
    table: Table
    origin: str
    run: str
    now: datetime
    total: versions.Counts = field(default_factory=versions.Counts)
    passed: Passed = field(default_factory=Passed)
    _rest: pl.DataFrame | None = None  # new rows that do not fill a group yet
    _common: dict[str, pl.DataFrame] = field(default_factory=dict)  # all but bars: read once
    _found: cross.Contradiction | None = None  # by rows beside other tables
    _told: list[pl.DataFrame] = field(default_factory=list)  # (symbol, told): rows of symbols with a revised one

    def append(self, frame: pl.DataFrame, absent: Collection[str]) -> versions.Counts:
        """Appends whole symbols, dated and in order, and looks at them beside all else."""
        stored, unknown = versions.stored_of(self.con, self.table, frame)
        if stored == frame.height and versions.are_stored(self.con, self.table, frame, absent):
            counts = versions.Counts(unchanged=stored)
        else:
            counts = self._write(frame, absent, unknown=unknown)
        self.total += counts
        if counts.revised:
            versions.count_run(self.con, self.run, self.total)  # whoever reads now asks the newest versions
        symbols = without_repeats(frame["symbol"]).to_list()  # in order, so each once
        # Where every stored row is told once more, the rows at hand are the newest versions of all there are.
        complete = not stored or (stored == counts.unchanged + counts.revised and not {*BAR_COLUMNS} & {*absent})
        if not complete:
            self.finish()  # what stands beside stored rows is asked of the store
        facts = Facts(self.con, symbols, bars=frame if complete else None, common=self._common)
        runs = {self.run: counts.revised}
        found, _ = cross.crossed(self.table, [(self.origin, frame)], facts, runs, replace=True)  # closes: see `_moved`
        self._found = _summed(self._found, found)
        if counts.revised:
            self._told.append(frame.group_by("symbol").agg(pl.len().cast(pl.Int64).alias("told")))
        if counts.new or counts.revised:
            self._pass(facts, symbols)
        let_go(self.con)
        return counts

    def _write(self, frame: pl.DataFrame, absent: Collection[str], *, unknown: bool) -> versions.Counts:
        if unknown:
            self._append_new(frame)
            return versions.Counts(new=frame.height)
        self.finish()
        return versions.append(self.con, self.table, frame, run=self.run, now=self.now, absent=absent)

    def _append_new(self, frame: pl.DataFrame) -> None:
        """Appends full groups; what is left waits for the rows that follow."""
        if self._rest is not None:
            lacking = ROW_GROUP - self._rest.height
            first = pl.concat([self._rest, frame[:lacking]], rechunk=True)
            if first.height < ROW_GROUP:
                self._rest = first
                return
            self._put(first)
            frame = frame[lacking:]
        full = frame.height - frame.height % ROW_GROUP
        if full:
            self._put(frame[:full])
        self._rest = frame[full:]

    def finish(self) -> None:
        """Appends what was held back."""
        if self._rest is not None and self._rest.height:
            self._put(self._rest)
        self._rest = None

    def _put(self, rows: pl.DataFrame) -> None:
        versions.append(self.con, self.table, rows, run=self.run, now=self.now, unknown=True)

    def contradiction(self, part: Part, *, replacing: bool) -> cross.Contradiction | None:
        """What speaks against the file beside other tables and what was stored. Raises NotInPieces."""
        found = _summed(self._found, None if replacing else self._moved(part))
        if found is not None and not part.numbered:
            raise NotInPieces(str(found))
        return found

    def _moved(self, part: Part) -> cross.Contradiction | None:
        """The closes that the file changes, where they are too many."""
        if self.total.revised < raw.CHANGED_FEWEST:
            return None
        moved = raw.changed_too_much(Facts(self.con), [self.run], pl.concat(self._told))
        if moved is None or part.pieces is None:
            return None
        first = moved[:1]  # they are in order
        for piece in part.pieces():  # once more: of millions of changed rows no line was kept
            rows = piece.frame.join(first, on=self.table.key, how="semi", maintain_order="left")
            if rows.height:
                files = [(self.origin, staging.rows_of(replace(piece, frame=rows)))]
                loaded = Loaded(self.table, files, Facts(self.con), {}, [])
                named = cross.told(self.table, files, raw.refused_changes, raw.among_changed(loaded.rows, first))
                return replace(named, rows=moved.height)
        raise NotInPieces(self.origin)

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
