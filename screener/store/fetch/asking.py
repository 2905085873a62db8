"""Asks the providers of one piece of work until one of them answers; the store is not touched meanwhile.

1. `Waiting` hands out the piece whose next provider may be asked soonest (hosts have pauses), in the order of the plan.
   Pieces that wait for one host lie in one heap: choosing costs the number of hosts, not of pieces.
2. The next provider of the piece's chain answers, or is noted as one that brought nothing.
3. What that provider cannot know comes from a second one (`registry.COMPLEMENTS`); figures with a publisher are
   compared with his (`registry.WITNESSES`). Where the second one fails, the answer stands alone, with a note.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heappop, heappush

import polars as pl

from screener.core.errors import DataRefused
from screener.sources import registry
from screener.sources.answers import Answer, Ask, Source
from screener.sources.classify import Cause, SourceFailure
from screener.sources.http import Wire
from screener.store.fetch import agree
from screener.store.fetch.matching import with_times
from screener.store.fetch.plan import TABLE_OF, Task
from screener.store.fetch.summary import Outcome, Try


@dataclass
class Piece:
    """A task under way: the providers it may still ask, and what came of the others."""

    place: int  # in the plan
    outcome: Outcome
    sources: list[Source]

    @classmethod
    def of(cls, place: int, task: Task) -> Piece:
        """A task nobody was asked for yet."""
        return cls(place, Outcome(task), list(registry.chain(task.dataset, task.subject)))

    @property
    def task(self) -> Task:
        """What is asked for."""
        return self.outcome.task

    def spent(self, seconds: float, requests: int = 0) -> None:
        """Adds what a step has cost."""
        done = self.outcome
        self.outcome = replace(done, seconds=done.seconds + seconds, requests=done.requests + requests)

    def failed(self, source: Source, error: SourceFailure | DataRefused, rows: int) -> None:
        """Notes that a provider brought nothing that can be stored."""
        if isinstance(error, SourceFailure):
            one = Try(error.provider, error.cause, error.detail)
        else:
            one = Try(source.provider, Cause.REFUSED, str(error))
        done = self.outcome
        self.outcome = replace(done, tried=(*done.tried, one), refused=done.refused + rows)


@dataclass(frozen=True)
class Heard:
    """An answer that the store has not taken yet."""

    piece: Piece
    source: Source
    answer: Answer
    apart: tuple[agree.Dispute, ...]  # where a witness differs
    rows: int  # as the provider sent them
    asked_at: datetime
    at: float  # on the clock of the wire


def ask_next(piece: Piece, ask: Ask, wire: Wire) -> Heard | None:
    """The answer of the next provider of a piece; None, and a note in the piece, where it brings nothing."""
    source, rows = piece.sources.pop(0), 0
    try:
        answer = source.fetch(ask, wire)
        rows = sum(frame.height for frame in answer.frames.values())
        answer = complemented(piece.task, answer, ask, wire)
        asked = {source.provider, *(one.provider for one in piece.outcome.tried)}
        answer, apart = witnessed(piece.task, answer, asked, ask, wire)
    except (SourceFailure, DataRefused) as error:
        piece.failed(source, error, rows)
        return None
    return Heard(piece, source, answer, apart, rows, ask.now, wire.clock())


@dataclass
class Waiting:
    """Pieces to be asked for."""

    wire: Wire
    by_host: dict[str, list[tuple[int, Piece]]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_host)

    def put(self, piece: Piece) -> None:
        """One more piece; it waits for the host of its next provider."""
        heappush(self.by_host.setdefault(piece.sources[0].host, []), (piece.place, piece))

    def take(self) -> Piece:
        """The piece whose provider may be asked soonest; of several the first one in the plan."""
        host = min(self.by_host, key=lambda host: (self.wire.ready_in(host), self.by_host[host][0][0]))
        _, piece = heappop(self.by_host[host])
        if not self.by_host[host]:
            del self.by_host[host]
        return piece


def complemented(task: Task, answer: Answer, ask: Ask, wire: Wire) -> Answer:
    """The answer with what a second provider adds to it; without it, and a note, where that one fails.

    Raises SourceFailure where the first one says that there is nothing and the second one knows better.
    """
    other = registry.complement(task.dataset, task.subject)
    if other is None or other.provider == answer.provider:
        return answer
    name = TABLE_OF[task.dataset]
    try:
        theirs = other.fetch(ask, wire)
    except SourceFailure as failure:
        return _noted(answer, f"{task.label}: without {other.provider}: {failure.cause.words} {failure.detail}")
    mine, more = answer.frames[name], theirs.frames[name]
    if more.is_empty() and mine.height:
        return _noted(answer, f"{task.label}: without {other.provider}: it has none of {mine.height} rows")
    if mine.is_empty() and more.height:
        raise SourceFailure(Cause.TRUNCATED, answer.provider, f"no rows where {other.provider} has {more.height}")
    if name == "announcements":
        timed, lacking = with_times(mine, more, ask.calendar)
        return replace(_joined(answer, theirs, timed), lacking=lacking)
    frame, notes = _announced_shares(answer, theirs, task.subject)
    return _noted(_joined(answer, theirs, frame), *notes)


def witnessed(
    task: Task, answer: Answer, asked: Collection[str], ask: Ask, wire: Wire
) -> tuple[Answer, tuple[agree.Dispute, ...]]:
    """Where the answer differs from a second provider; a note where that one cannot be asked.

    `asked`: who answered or failed to; nobody is his own witness, or asked again for what he does not have.
    """
    witness = registry.WITNESSES.get(task.subject)
    if witness is None or witness.provider in asked:
        return answer, ()
    name = TABLE_OF[task.dataset]
    try:
        told = witness.fetch(ask, wire).frames[name]
    except SourceFailure as failure:
        return _noted(answer, f"{task.label}: not compared with {witness.provider}: {failure.cause.words}"), ()
    mine = answer.frames[name].with_columns(provider=pl.lit(answer.provider))
    theirs = told.with_columns(provider=pl.lit(witness.provider))
    return answer, tuple(agree.disputes(agree.COMPARED[name], task.subject, theirs, mine))


def _noted(answer: Answer, *notes: str) -> Answer:
    return replace(answer, notes=(*answer.notes, *notes))


def _joined(answer: Answer, theirs: Answer, frame: pl.DataFrame) -> Answer:
    """One answer of two providers."""
    (name,) = answer.frames
    return replace(
        answer,
        provider=f"{answer.provider}+{theirs.provider}",
        frames={name: frame},
        digest=answer.digest + theirs.digest,
    )


def _announced_shares(answer: Answer, theirs: Answer, subject: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Share capital known at the later of effective day and announcement; totals that differ are notes."""
    mine, told = (one.frames["shares"].with_columns(provider=pl.lit(one.provider)) for one in (answer, theirs))
    apart = agree.disputes(agree.COMPARED["shares"], subject, told, mine)
    times = told.select("effective_date", "known_at")
    frame = answer.frames["shares"].drop("known_at").join(times, on="effective_date", how="left", maintain_order="left")
    return frame, tuple(f"shares {one.row_key}: {one.detail}" for one in apart)
