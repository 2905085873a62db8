"""Fetches what is missing from the providers: planned, paced, stored piece by piece, safe to stop and to run twice.

1. A piece of work is one dataset of one subject (symbol, index, market) over one span. `runs` is the ledger: what was
   fetched after the figures of its span were settled is not asked again.
2. The calendar comes first. Then always the piece whose first provider may be asked soonest (hosts have pauses).
3. A piece asks its chain of providers until one answer passes the checks of the store. Each answer is one transaction
   with its row in `runs`: a stop at any moment leaves whole pieces only.
4. What failed for a passing reason is tried once more at the end. Without any connection everything stops at once.
5. The store is open only while an answer is written, so that others can read it meanwhile; a lock file keeps a second
   fetch away.
"""

from __future__ import annotations

import time as clock_time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import polars as pl

from screener.core.calendar import Calendar
from screener.core.errors import DataRefused, SourceDown, StoreError, UnknownSymbol
from screener.core.known import shanghai_now
from screener.core.tables import TABLES
from screener.sources import registry
from screener.sources.answers import Answer, Ask
from screener.sources.classify import PASSING, Cause, SourceFailure
from screener.sources.http import Wire
from screener.store.database import Store
from screener.store.fetch import agree
from screener.store.fetch.matching import Moved, match, with_times
from screener.store.fetch.plan import SEPARATOR, TABLE_OF, FetchPlan, Finished, Task, planned
from screener.store.ingest import Part, ingest_all

_WAIT_FOR_STORE = 20.0  # seconds: somebody may be reading
_OFFLINE_GROUPS = 2  # groups of hosts that refused until there is no network
_OFFLINE_SECONDS = 8.0


@dataclass(frozen=True)
class Try:
    """A provider that brought nothing."""

    provider: str
    cause: Cause
    detail: str


@dataclass(frozen=True)
class Outcome:
    """What became of one piece of work."""

    task: Task
    provider: str = ""
    new: int = 0
    revised: int = 0
    unchanged: int = 0
    refused: int = 0  # rows of answers that were refused, and odd rows left out
    seconds: float = 0.0
    requests: int = 0
    tried: tuple[Try, ...] = ()
    notes: tuple[str, ...] = ()
    moved: tuple[Moved, ...] = ()
    matched: int = 0

    @property
    def ok(self) -> bool:
        """True where an answer was stored."""
        return bool(self.provider)

    @property
    def cause(self) -> Cause | None:
        """Why nothing was stored: the gravest cause of the chain; None where something was."""
        if self.ok or not self.tried:
            return None
        mild = (Cause.EMPTY, Cause.UNKNOWN_SYMBOL)
        return next((one.cause for one in self.tried if one.cause not in mild), self.tried[0].cause)


@dataclass
class Summary:
    """All outcomes of a run, and how many pieces were up to date."""

    outcomes: list[Outcome] = field(default_factory=list)
    up_to_date: dict[str, int] = field(default_factory=dict)
    stopped: str = ""

    def raise_for_failures(self) -> None:
        """Raises SourceDown where a needed source is down, UnknownSymbol where no provider knows a symbol."""
        if self.stopped:
            raise SourceDown(self.stopped, next_step="check the network, then run the same command again")
        needed = [one for one in self.outcomes if not one.ok and one.task.subject not in registry.OPTIONAL]
        down = [one for one in needed if one.cause not in (Cause.EMPTY, Cause.UNKNOWN_SYMBOL, None)]
        if down:
            first = down[0]
            tries = "; ".join(f"{one.provider} {one.cause.replace('_', ' ')}" for one in first.tried)
            raise SourceDown(
                f"{len(down)} of {len(self.outcomes)} pieces not fetched, first {first.task.label}",
                got=tries,
                next_step="run the same command again later; what was fetched is stored",
            )
        unknown = [one for one in needed if one.cause is Cause.UNKNOWN_SYMBOL and one.task.dataset == "bars"]
        if unknown:
            raise UnknownSymbol("no provider knows the symbol", got=unknown[0].task.subject)


Report = Callable[[Outcome, int], None]  # the outcome and how many pieces of its dataset are left


def fetch(
    path: Path,
    plan: FetchPlan,
    wire: Wire,
    *,
    now: Callable[[], datetime] = shanghai_now,
    report: Report | None = None,
) -> Summary:
    """Runs a plan against the store at `path`. Raises StoreError where another fetch runs."""
    with fetch_lock(path), wire:
        run = _Run(path, plan, wire, now, report)
        for dataset in ("calendar", "rest"):
            tasks, fresh = run.open_tasks(dataset)
            run.summary.up_to_date.update(fresh)
            run.work(tasks)
            if run.summary.stopped:
                break
        return run.summary


class _Run:
    """State of one run."""

    def __init__(
        self, path: Path, plan: FetchPlan, wire: Wire, now: Callable[[], datetime], report: Report | None
    ) -> None:
        self.path, self.plan, self.wire, self.now, self.report = path, plan, wire, now, report
        self.summary, self.calendar = Summary(), Calendar([now().date()])
        self.spans: agree.Spans = {}
        self.started = wire.clock()

    def open_tasks(self, dataset: str) -> tuple[list[Task], dict[str, int]]:
        """Pieces that are due, and how many of each dataset are up to date."""
        with opened(self.path, self.now()) as store:
            self.calendar = Calendar(store.latest("sessions")["session"])
            ledger = Finished.read(store)
            self.spans = agree.spans(store)
        tasks = [task for task in planned(self.plan, self.now(), self.calendar)
                 if (task.dataset == "calendar") == (dataset == "calendar")]  # fmt: skip
        due = [task for task in tasks if not ledger.is_done(task, self.now(), self.calendar)]
        fresh: dict[str, int] = {}
        for task in tasks:
            fresh[task.dataset] = fresh.get(task.dataset, 0) + (task not in due)
        return due, fresh

    def work(self, tasks: Sequence[Task]) -> None:
        """Every piece once, then those that failed for a passing reason once more."""
        again = self._pass(list(tasks))
        if again and not self.summary.stopped:
            self.summary.outcomes = [one for one in self.summary.outcomes if one.task not in again]
            self._pass(again)

    def _pass(self, waiting: list[Task]) -> list[Task]:
        again = []
        while waiting:
            task = min(waiting, key=lambda task: self.wire.ready_in(registry.chain(task.dataset, task.subject)[0].host))
            waiting.remove(task)
            outcome = self._attempt(task)
            self.summary.outcomes.append(outcome)
            if self.report:
                self.report(outcome, sum(other.dataset == task.dataset for other in waiting))
            if outcome.cause in PASSING:
                again.append(task)
            if self._offline():
                self.summary.stopped = f"no connection to any provider ({self.wire.unreachable} refused)"
                return []
        return again

    def _attempt(self, task: Task) -> Outcome:
        held = self.spans.get((TABLE_OF[task.dataset], task.subject))
        return attempt(self.path, task, self.wire, self.now, self.calendar, self.plan, held)

    def _offline(self) -> bool:
        if self.wire.answered or not self.wire.unreachable:
            return False
        return self.wire.unreachable >= _OFFLINE_GROUPS or self.wire.clock() - self.started > _OFFLINE_SECONDS


def attempt(
    path: Path,
    task: Task,
    wire: Wire,
    now: Callable[[], datetime],
    calendar: Calendar,
    plan: FetchPlan,
    held: tuple[date, date] | None = None,
) -> Outcome:
    """Asks the providers of a piece in order until the store takes an answer."""
    started, asked = wire.clock(), wire.asked.total()
    outcome = Outcome(task)
    for source in registry.chain(task.dataset, task.subject):
        ask = Ask(task.subject, task.first, task.last, now(), calendar, held)
        rows = 0
        try:
            answer = source.fetch(ask, wire)
            rows = sum(frame.height for frame in answer.frames.values())
            answer = complemented(task, answer, ask, wire)
            asked_before = {one.provider for one in outcome.tried}
            answer, apart = witnessed(task, answer, ask, wire, asked_before)
            outcome = stored(path, task, answer, now(), calendar, plan, outcome, apart)
            break
        except SourceFailure as failure:
            one = Try(failure.provider, failure.cause, failure.detail)
        except DataRefused as refusal:
            one = Try(source.provider, Cause.REFUSED, str(refusal))
        outcome = replace(outcome, tried=(*outcome.tried, one), refused=outcome.refused + rows)
    return replace(outcome, seconds=wire.clock() - started, requests=wire.asked.total() - asked)


def complemented(task: Task, answer: Answer, ask: Ask, wire: Wire) -> Answer:
    """The answer with what a second provider adds to it; without it, and a note, where that one fails.

    Raises SourceFailure where the first one says that there is nothing and the second one knows better.
    """
    other = registry.COMPLEMENTS.get(task.dataset)
    if other is None or other.provider == answer.provider:
        return answer
    name = TABLE_OF[task.dataset]
    try:
        theirs = other.fetch(ask, wire)
    except SourceFailure as failure:
        return _alone(task, answer, f"without {other.provider}: {failure.cause.replace('_', ' ')} {failure.detail}")
    mine, more = answer.frames[name], theirs.frames[name]
    if more.is_empty() and mine.height:
        return _alone(task, answer, f"without {other.provider}: it has none of {mine.height} rows")
    if mine.is_empty() and more.height:
        raise SourceFailure(Cause.TRUNCATED, answer.provider, f"no rows where {other.provider} has {more.height}")
    notes: tuple[str, ...] = ()
    if name == "announcements":
        frame = with_times(mine, more, ask.calendar)
    else:
        frame, notes = _announced_shares(mine, more, task, answer.provider, other.provider)
    return replace(
        answer,
        provider=f"{answer.provider}+{other.provider}",
        frames={name: frame},
        digest=answer.digest + theirs.digest,
        notes=(*answer.notes, *notes),
    )


def witnessed(
    task: Task, answer: Answer, ask: Ask, wire: Wire, failed: Collection[str]
) -> tuple[Answer, list[agree.Dispute]]:
    """Where the answer differs from a second provider; a note where that one cannot be asked."""
    witness = registry.WITNESSES.get(task.subject)
    if witness is None or witness.provider in (answer.provider, *failed):
        return answer, []
    name = TABLE_OF[task.dataset]
    try:
        told = witness.fetch(ask, wire).frames[name]
    except SourceFailure as failure:
        return _alone(task, answer, f"not compared with {witness.provider}: {failure.cause.replace('_', ' ')}"), []
    mine = answer.frames[name].with_columns(provider=pl.lit(answer.provider))
    theirs = told.with_columns(provider=pl.lit(witness.provider))
    return answer, agree.disputes(agree.COMPARED[name], task.subject, theirs, mine)


def _alone(task: Task, answer: Answer, note: str) -> Answer:
    return replace(answer, notes=(*answer.notes, f"{task.label}: {note}"))


def _announced_shares(
    mine: pl.DataFrame, theirs: pl.DataFrame, task: Task, provider: str, other: str
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Share capital known at the later of effective day and announcement; totals that differ are notes."""
    how = agree.COMPARED["shares"]
    told = theirs.with_columns(provider=pl.lit(other))
    apart = agree.disputes(how, task.subject, told, mine.with_columns(provider=pl.lit(provider)))
    times = theirs.select("effective_date", "known_at")
    frame = mine.drop("known_at").join(times, on="effective_date", how="left", maintain_order="left")
    return frame, tuple(f"shares {one.row_key}: {one.detail}" for one in apart)


def stored(
    path: Path,
    task: Task,
    answer: Answer,
    now: datetime,
    calendar: Calendar,
    plan: FetchPlan,
    so_far: Outcome,
    apart: Sequence[agree.Dispute] = (),
) -> Outcome:
    """Writes one answer in one transaction. Raises DataRefused or SourceFailure; then nothing of it is stored."""
    name = TABLE_OF[task.dataset]
    origin = SEPARATOR.join((answer.provider, task.subject or task.dataset, task.span, f"#{answer.digest}"))
    frames = dict(answer.frames)
    found = list(apart)
    moved: tuple[Moved, ...] = ()
    matched = 0
    with opened(path, now) as store, store.transaction():
        if name in agree.COMPARED:
            provider = answer.provider.partition("+")[0]
            frames[name], more = agree.agreed(store, name, task.subject, frames[name], provider)
            found += more
        elif name == "actions":
            agree.refuse_lost_actions(store, task.subject, frames[name], answer.provider)
        elif name == "announcements":
            done = match(store, frames[name], calendar)
            frames, moved, matched = done.frames, done.moved, done.matched
        elif name == "st_spells":
            frames[name] = _spells(store, frames.get(name), plan.symbols)
        reports = ingest_all(store, [Part(table, frame, origin) for table, frame in frames.items()], now=now)
        agree.record(store, name, found)
    counted = [one for one in reports if one.dataset == name]
    notes = (*answer.notes, *(f"{name} {one.row_key}: {one.detail}" for one in found))
    return replace(
        so_far,
        provider=answer.provider,
        new=sum(one.new for one in counted),
        revised=sum(one.revised for one in counted),
        unchanged=sum(one.unchanged for one in counted),
        refused=so_far.refused + answer.dropped,
        notes=(*so_far.notes, *notes),
        moved=moved,
        matched=matched,
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


@contextmanager
def opened(path: Path, now: datetime | None = None) -> Iterator[Store]:
    """The store for writing, made as of `now` where there is none; waits while somebody reads it. Raises StoreError."""
    deadline = clock_time.monotonic() + _WAIT_FOR_STORE
    while True:
        try:
            store = Store.create_or_open(path, now=now)
            break
        except StoreError as error:
            if "in use" not in error.what or clock_time.monotonic() > deadline:
                raise
            clock_time.sleep(0.2)
    with store:
        yield store


@contextmanager
def fetch_lock(path: Path) -> Iterator[None]:
    """Keeps a second fetch of the same store away; the system frees the lock when the process ends in any way."""
    try:
        import fcntl
    except ImportError:  # not on Windows: there the store's own lock has to do
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".fetch-lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(
                "another fetch is running on this store", where=str(path), next_step="wait for it, or stop it first"
            ) from None
        yield
