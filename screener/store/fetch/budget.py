"""What a fetch is about to ask, before it asks: requests by dataset and the time that the providers' pauses take.

1. A piece asks the first provider of its chain, what that one cannot know of a second, and figures with a publisher of
   him; each at least once. Answers in pages, and providers that fail, come on top.
2. Hosts are asked in turn, so the longest sum of pauses of one host is the least time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from screener.sources import registry
from screener.sources.answers import Source
from screener.sources.http import Wire
from screener.store.fetch.plan import Task


@dataclass(frozen=True)
class Budget:
    """Requests that are due at least, by dataset, and the seconds they take at least."""

    requests: dict[str, int]
    seconds: float

    @property
    def line(self) -> str:
        """In one line."""
        told = ", ".join(f"{name} {count:,}" for name, count in self.requests.items())
        return f"{sum(self.requests.values()):,} requests or more, {self.seconds / 60:.0f} minutes or more: {told}"


def budget(tasks: Sequence[Task], wire: Wire) -> Budget:
    """Of pieces that are due."""
    requests, hosts = Counter[str](), Counter[str]()
    for task in tasks:
        for source in _asked(task):
            requests[task.dataset] += 1
            hosts[source.host] += 1
    return Budget(dict(requests), max((count * wire.pause_of(host) for host, count in hosts.items()), default=0.0))


def _asked(task: Task) -> Iterator[Source]:
    first = next(iter(registry.chain(task.dataset, task.subject)), None)
    others = (registry.COMPLEMENTS.get(task.dataset), registry.WITNESSES.get(task.subject))
    if first is not None:
        yield first
        yield from (one for one in others if one is not None and one.provider != first.provider)
