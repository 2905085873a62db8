"""What a fetch is about to ask, before it asks: requests by dataset and the time that the providers' pauses take.

1. A piece asks the first provider of its chain, what that one cannot know of a second, and figures with a publisher of
   him; each at least as often as one answer takes. Answers in pages, and providers that fail, come on top.
2. Announcements of the market by day are counted in pages, for as many a day as the store has of the last four weeks.
3. Firms that a round does not settle are asked one by one later, which nobody knows before.
4. Hosts are asked in turn, so the longest sum of pauses of one host is the least time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any

from screener.sources import registry
from screener.sources.answers import MARKET, Source
from screener.sources.http import Wire
from screener.store.database import Store
from screener.store.fetch.plan import Task

_WEEKS = timedelta(days=28)
_PAGE = {"cninfo": 30, "Eastmoney": 100}  # announcements on a page; both send the first one twice


@dataclass(frozen=True)
class Budget:
    """Requests that are due at least, by dataset, and the seconds they take at least.

    `rounds` and `pieces`: questions about many firms and about one, by dataset.
    """

    requests: dict[str, int]
    seconds: float
    rounds: dict[str, int]
    pieces: dict[str, int]

    @property
    def total(self) -> int:
        """All requests."""
        return sum(self.requests.values())

    @property
    def line(self) -> str:
        """In one line."""
        told = ", ".join(f"{name} {count:,}" for name, count in self.requests.items())
        return f"{self.total:,} requests or more, {self.seconds / 60:.0f} minutes or more: {told}"

    def rows(self) -> list[dict[str, Any]]:
        """One row for each dataset."""
        return [
            {"dataset": name, "rounds": self.rounds[name], "pieces": self.pieces[name], "requests": count}
            for name, count in self.requests.items()
        ]

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        return {"datasets": self.rows(), "requests": self.total, "seconds": round(self.seconds, 1)}


def budget(tasks: Sequence[Task], wire: Wire, announced: float = 0.0) -> Budget:
    """Of pieces that are due; `announced`: announcements a day to reckon with."""
    requests, hosts, rounds, pieces = (Counter[str]() for _ in range(4))
    for task in tasks:
        (rounds if registry.is_round(task.subject) else pieces)[task.dataset] += 1
        for source in _asked(task):
            count = max(source.least, _pages(task, source, announced))
            requests[task.dataset] += count
            hosts[source.host] += count
    seconds = max((count * wire.pause_of(host) for host, count in hosts.items()), default=0.0)
    return Budget(dict(requests), seconds, rounds, pieces)


def _asked(task: Task) -> Iterator[Source]:
    first = next(iter(registry.chain(task.dataset, task.subject)), None)
    others = (registry.complement(task.dataset, task.subject), registry.WITNESSES.get(task.subject))
    if first is not None:
        yield first
        yield from (one for one in others if one is not None and one.provider != first.provider)


def _pages(task: Task, source: Source, announced: float) -> int:
    if task.dataset != "announcements" or task.subject != MARKET or not announced:
        return 0
    return ceil(announced / _PAGE[source.provider]) + 1


def announced_a_day(store: Store, today: date) -> float:
    """Announcements a day in the last four weeks, as far as they are stored."""
    sql = "SELECT count(DISTINCT announcement_id) FROM announcements WHERE event_date BETWEEN $1::DATE AND $2::DATE"
    ((count,),) = store.connection.execute(sql, [today - _WEEKS, today]).fetchall()
    return int(count) / _WEEKS.days
