"""Fetches what is missing from the providers: planned, paced, stored piece by piece, safe to stop and to run twice.

1. A piece of work is one dataset of one subject (symbol, index, market) over one span. `runs` is the ledger: what was
   fetched after the figures of its span were settled is not asked again.
2. The calendar comes first. Then always the piece whose next provider may be asked soonest (`asking`).
3. Answers are collected and written in batches. The store is opened once for a batch and closed again: opened for each
   piece it costs more than the pieces, and held open for the run it would lock readers out for hours, since a fetch
   waits for providers most of the time.
4. Each answer is one transaction with its row in `runs`: a stop at any moment leaves whole pieces only. A kill costs
   the answers of the last batch, which are asked for again; after Ctrl-C they are written first.
5. Where the checks of the store refuse an answer, its piece goes on to the next provider of its chain.
6. What failed for a passing reason is tried once more at the end. Without any connection everything stops at once.
7. Rounds come first (`rounds`): one question about many firms. Then store and ledger are read once more, and what no
   round has settled is asked of each firm's own chain.
8. A lock file keeps a second fetch away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import polars as pl

from screener.core.calendar import Calendar
from screener.core.errors import DataRefused, StoreError
from screener.core.known import shanghai_now
from screener.core.locks import held
from screener.core.tables import TABLES
from screener.sources import registry
from screener.sources.answers import Answer, Ask
from screener.sources.classify import PASSING, SourceFailure
from screener.sources.http import Wire
from screener.store.database import Store
from screener.store.fetch import agree
from screener.store.fetch.asking import Heard, Piece, Waiting, ask_next
from screener.store.fetch.budget import Budget, announced_a_day, budget
from screener.store.fetch.matching import Moved, match
from screener.store.fetch.opening import opened
from screener.store.fetch.plan import SEPARATOR, TABLE_OF, FetchPlan, Finished, Task, planned, settled_from
from screener.store.fetch.reported import with_publication
from screener.store.fetch.rounds import Rounds, hinted
from screener.store.fetch.summary import Outcome, Summary
from screener.store.fetch.taken import taken
from screener.store.findings.told import fresh, stored
from screener.store.ingest import ingest_all
from screener.store.parts import LoadReport, Part

BATCH = 16  # answers written at a time
_OLDEST = 30.0  # seconds an answer may wait for the others of its batch
_OFFLINE_GROUPS = 2  # groups of hosts that refused until there is no network
_OFFLINE_SECONDS = 8.0

Report = Callable[[Outcome, int], None]  # the outcome and how many pieces of its dataset are left


def fetch(
    path: Path,
    plan: FetchPlan,
    wire: Wire,
    *,
    now: Callable[[], datetime] = shanghai_now,
    report: Report | None = None,
    begin: Callable[[Budget], None] | None = None,
    dry_run: bool = False,
) -> Summary:
    """Runs a plan against the store at `path`. Raises StoreError where another fetch runs.

    `begin` is told what will be asked, once the calendar is there and before the rest is asked for; `dry_run`: nothing
    is asked, and of a store that is there nothing but read.
    """
    with nullcontext() if dry_run else fetch_lock(path), wire:
        run = FetchRun(path, plan, wire, now, report, read_only=dry_run)
        calendar = run.due(calendar=True)
        if not dry_run:
            run.work(calendar)
        if run.summary.stopped:
            return run.summary
        due = run.due(calendar=False)
        light = run.rounds.light(due)
        first = [*run.rounds.tasks(light), *without(due, light)]
        if begin is not None:
            begin(budget([*calendar, *first] if dry_run else first, wire, run.announced))
        if dry_run:
            return run.summary
        run.work(first)
        if light and not run.summary.stopped:
            run.look()
            run.work([task for task in light if not run.rounds.settled(task)])
        run.summary.carried(light)
        return run.summary


def without(tasks: Sequence[Task], others: Sequence[Task]) -> list[Task]:
    """Tasks that are not among the others, in order."""
    left_out = frozenset(others)
    return [task for task in tasks if task not in left_out]


@dataclass(frozen=True)
class _Ready:
    """What of an answer is to be written, and what is told about it."""

    frames: dict[str, pl.DataFrame]
    disputes: list[agree.Dispute]
    moved: tuple[Moved, ...] = ()
    matched: int = 0
    subject: str = ""  # in the ledger, of a round
    notes: tuple[str, ...] = ()


@dataclass
class FetchRun:
    """One run: what it stands on, the answers that wait for their batch, and what became of the pieces."""

    path: Path
    plan: FetchPlan
    wire: Wire
    now: Callable[[], datetime] = shanghai_now
    report: Report | None = None
    read_only: bool = False
    calendar: Calendar = field(init=False)
    rounds: Rounds = field(init=False)
    halted: set[str] = field(default_factory=set)  # what did not trade in the last session, as quotes say
    spans: agree.Spans = field(default_factory=dict)  # what the store holds
    summary: Summary = field(default_factory=Summary)
    odd: pl.DataFrame | None = None  # findings that were there before
    pending: list[Heard] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)  # pieces under way, by dataset

    def __post_init__(self) -> None:
        self.calendar = Calendar([self.now().date()])
        self.started, self.begun, self.announced = self.wire.clock(), self.now(), 0.0

    def due(self, *, calendar: bool) -> list[Task]:
        """Pieces of the calendar, or of everything else, that are due; the others are counted as up to date."""
        self.look(calendar=calendar)
        now, found = self.now(), []
        for task in planned(self.plan, self.begun):
            if (task.dataset == "calendar") == calendar:
                done = self.rounds.finished.is_done(task, now, self.calendar)
                self.summary.up_to_date[task.dataset] = self.summary.up_to_date.get(task.dataset, 0) + done
                if not done:
                    found.append(task)
        return found

    def look(self, *, calendar: bool = False) -> None:
        """Reads what the store holds and the ledger shows; for the calendar alone no more than it takes."""
        today, asked = self.begun.date(), () if calendar else self.plan.datasets
        with opened(self.path, self.now(), read_only=self.read_only) as store:
            self.calendar = Calendar(store.latest("sessions")["session"])
            finished = Finished.read(store, TABLE_OF["calendar"] if calendar else None)
            self.spans = {} if calendar else agree.spans(store)
            hints = hinted(store, today) if "actions" in asked else frozenset()
            self.announced = announced_a_day(store, today) if "announcements" in asked else 0.0
            self.odd = stored(store) if self.odd is None else self.odd
        self.rounds = Rounds(self.plan, self.now(), self.begun, self.calendar, finished, self.spans, hints, self.halted)

    def work(self, tasks: Sequence[Task]) -> None:
        """Every piece once, then those that failed for a passing reason once more."""
        again = self.once(tasks)
        if again and not self.summary.stopped:
            self.summary.forget(again)
            self.once(again)

    def once(self, tasks: Sequence[Task]) -> list[Task]:
        """Every piece once, to the end of its chain; those that failed for a passing reason."""
        before, waiting = len(self.summary.outcomes), Waiting(self.wire)
        for place, task in enumerate(tasks):
            waiting.put(Piece.of(place, task))
            self.left[task.dataset] += 1
        try:
            while waiting or self.pending:
                if waiting:
                    self._ask(waiting.take())
                if not waiting or self._is_full():
                    for piece in self._write():
                        waiting.put(piece)
                if self._offline():
                    self.summary.stopped = f"no connection to any provider ({self.wire.unreachable} refused)"
                    break
        finally:
            self._write()
        return [one.task for one in self.summary.outcomes[before:] if one.cause in PASSING]

    def _ask(self, piece: Piece) -> None:
        """Asks the providers left to a piece in order until one answers."""
        started, asked = self.wire.clock(), self.wire.asked.total()
        heard = None
        while heard is None and piece.sources:
            heard = ask_next(piece, self._question(piece.task), self.wire)
        piece.spent(self.wire.clock() - started, self.wire.asked.total() - asked)
        if heard is None:
            self._end(piece.outcome)
        else:
            self.pending.append(heard)

    def _question(self, task: Task) -> Ask:
        held = self.spans.get((TABLE_OF[task.dataset], task.subject))
        return Ask(task.subject, task.first, task.last, self.now(), self.calendar, held, task.firms)

    def _is_full(self) -> bool:
        """True where the answers at hand are many, or old, enough to be written."""
        waits = self.wire.clock() - self.pending[0].at if self.pending else 0.0
        return len(self.pending) >= BATCH or waits > _OLDEST

    def _write(self) -> list[Piece]:
        """Writes the answers at hand; pieces whose answer was refused and that have somebody else to ask."""
        batch, self.pending = self.pending, []
        if not batch:
            return []
        again = []
        with opened(self.path, self.now()) as store:
            for heard in batch:
                started, piece = self.wire.clock(), heard.piece
                stored = self._stored(store, heard)
                piece.spent(self.wire.clock() - started)
                if stored or not piece.sources:
                    self._end(piece.outcome)
                else:
                    again.append(piece)
            if self.odd is not None:
                self.summary.found = fresh(store, self.odd)
        return again

    def _stored(self, store: Store, heard: Heard) -> bool:
        """Writes one answer in one transaction; False where it is refused: then nothing of it is stored."""
        piece, answer, task = heard.piece, heard.answer, heard.piece.task
        try:
            with store.transaction():
                ready = self._ready(store, heard)
                subject = ready.subject or task.subject or task.dataset
                origin = SEPARATOR.join((answer.provider, subject, task.span, f"#{answer.digest}"))
                parts = [Part(table, frame, origin) for table, frame in ready.frames.items()]
                reports = ingest_all(store, parts, now=self._moment(heard))
                agree.record(store, TABLE_OF[task.dataset], ready.disputes)
        except (DataRefused, SourceFailure) as error:
            piece.failed(heard.source, error, heard.rows)
            return False
        piece.outcome = _with(piece.outcome, answer, ready, reports)
        return True

    def _ready(self, store: Store, heard: Heard) -> _Ready:
        """What goes in, given what is stored. Raises SourceFailure where the answer has lost something."""
        task, frames, provider = heard.piece.task, dict(heard.answer.frames), heard.answer.provider
        name, disputes = TABLE_OF[task.dataset], list(heard.apart)
        if registry.is_round(task.subject):
            done = taken(store, task, heard.answer, self.calendar)
            self.halted |= done.halted
            return _Ready(done.frames, disputes, done.moved, done.matched, done.subject, done.notes)
        if name in agree.COMPARED:
            first = provider.partition("+")[0]
            frames[name], more = agree.agreed(store, name, task.subject, frames[name], first)
            disputes += more
        elif name == "actions":
            agree.refuse_lost_actions(store, task.subject, frames[name], provider)
        elif name == "announcements":
            told = match(store, frames[name], self.calendar)
            return _Ready(told.frames, disputes, told.moved, told.matched)
        elif name == "segments":
            frames[name] = with_publication(store, frames[name])
        elif name == "st_spells":
            frames[name] = _spells(store, frames.get(name), self.plan.symbols)
        elif task.dataset == "delistings":
            frames[name] = _delisted(store, frames[name], self.plan.symbols)
        return _Ready(frames, disputes)

    def _moment(self, heard: Heard) -> datetime:
        """Now; the moment of asking where the figures were settled since: the ledger must not take it for those."""
        now, task = self.now(), heard.piece.task
        fresh = settled_from(task, now, self.calendar) == settled_from(task, heard.asked_at, self.calendar)
        return now if fresh else heard.asked_at

    def _end(self, outcome: Outcome) -> None:
        """A piece has come to its end."""
        self.summary.outcomes.append(outcome)
        self.left[outcome.task.dataset] -= 1
        if self.report:
            self.report(outcome, self.left[outcome.task.dataset])

    def _offline(self) -> bool:
        if self.wire.answered or not self.wire.unreachable:
            return False
        return self.wire.unreachable >= _OFFLINE_GROUPS or self.wire.clock() - self.started > _OFFLINE_SECONDS


def _with(outcome: Outcome, answer: Answer, ready: _Ready, reports: Sequence[LoadReport]) -> Outcome:
    """The outcome of a piece whose answer was stored."""
    name = TABLE_OF[outcome.task.dataset]
    counted = [one for one in reports if one.dataset == name]
    disputes = (f"{name} {one.row_key}: {one.detail}" for one in ready.disputes)
    return replace(
        outcome,
        provider=answer.provider,
        new=sum(one.new for one in counted),
        revised=sum(one.revised for one in counted),
        unchanged=sum(one.unchanged for one in counted),
        refused=outcome.refused + answer.dropped,
        notes=(*outcome.notes, *answer.notes, *ready.notes, *disputes),
        moved=ready.moved,
        matched=ready.matched,
    )


def _spells(store: Store, told: pl.DataFrame | None, symbols: Sequence[str]) -> pl.DataFrame:
    """Spells of our symbols; a stored spell inside a told one ends with it: the later start would hide the rest."""
    if told is None:
        return TABLES["st_spells"].empty()
    told = TABLES["st_spells"].check(told.filter(pl.col("symbol").is_in(list(symbols))))
    rows = told.to_dicts()
    for old in store.latest("st_spells").select(told.columns).to_dicts():
        for spell in told.to_dicts():
            last = spell["end"] or old["start"]
            inside = old["symbol"] == spell["symbol"] and spell["start"] < old["start"] <= last
            if inside and old["status"] == spell["status"]:
                rows.append({**old, "end": spell["end"], "evidence": spell["evidence"], "source": spell["source"]})
    return pl.DataFrame(rows, schema=told.schema).unique(["symbol", "start"], keep="first", maintain_order=True)


def _delisted(store: Store, told: pl.DataFrame, symbols: Sequence[str]) -> pl.DataFrame:
    """Our symbols among those that left: what is stored of a firm stays, and gets its last day.

    That it belongs to a theme was not known before somebody said so: such a row keeps a later time of its own.
    """
    held, rows = {row["symbol"]: row for row in store.latest("firms").select(told.columns).to_dicts()}, []
    for new in told.filter(pl.col("symbol").is_in(list(symbols))).to_dicts():
        old = held.get(new["symbol"])
        if old is None or old["delisted"] == new["delisted"]:
            rows.append(old or new)
            continue
        known = max(old["known_at"], new["known_at"]) if old["theme"] else new["known_at"]
        more = {"listed": old["listed"] or new["listed"], "delisted": new["delisted"], "known_at": known}
        rows.append({**old, **more, "source": new["source"]})
    return pl.DataFrame(rows, schema=told.schema)


@contextmanager
def fetch_lock(path: Path) -> Iterator[None]:
    """Keeps a second fetch of the same store away; the system frees the lock when the process ends in any way."""
    with held(path.with_name(path.name + ".fetch-lock")) as mine:
        if not mine:
            raise StoreError(
                "another fetch is running on this store", where=str(path), next_step="wait for it, or stop it first"
            )
        yield
