"""What became of a fetch: an outcome for each piece of work, and what is told about all of them.

1. A piece ended with an answer that was stored, or with the providers that brought nothing and why.
2. A piece may be missing where a provider says that there is nothing, or where nothing rests on it; else its source
   counts as down.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any

from screener.core.errors import SourceDown, UnknownSymbol
from screener.sources import registry
from screener.sources.classify import Cause
from screener.store.fetch.matching import Moved
from screener.store.fetch.plan import DATASETS, Task
from screener.store.findings.told import Told, lines

_ENDING = {False: "nothing stored", True: "asked one by one"}
_MILD = (Cause.EMPTY, Cause.UNKNOWN_SYMBOL)


@dataclass(frozen=True)
class Try:
    """A provider that brought nothing."""

    provider: str
    cause: Cause
    detail: str

    @property
    def words(self) -> str:
        """`Sina shape changed`."""
        return f"{self.provider} {self.cause.words}"


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
    def is_round(self) -> bool:
        """True where many firms were asked for at once; where that failed, they were asked for one by one."""
        return registry.is_round(self.task.subject)

    @property
    def cause(self) -> Cause | None:
        """Why nothing was stored: the gravest cause of the chain; None where something was."""
        if self.ok or not self.tried:
            return None
        return next((one.cause for one in self.tried if one.cause not in _MILD), self.tried[0].cause)


@dataclass
class Summary:
    """All outcomes of a run, and how many pieces were up to date."""

    outcomes: list[Outcome] = field(default_factory=list)
    up_to_date: dict[str, int] = field(default_factory=dict)
    stopped: str = ""
    found: list[Told] = field(default_factory=list)  # findings that were not there before

    @property
    def moved(self) -> list[Moved]:
        """Rows of the report that are known in another session than before."""
        return [moved for one in self.outcomes for moved in one.moved]

    @property
    def found_lines(self) -> list[str]:
        """What was found in the fetched rows and what could not be checked, a line each."""
        return lines(self.found)

    def carried(self, light: Collection[Task]) -> None:
        """Pieces that rounds settled are up to date: `light` less those that were asked for all the same."""
        asked = {one.task for one in self.outcomes}
        for task in light:
            if task not in asked:
                self.up_to_date[task.dataset] = self.up_to_date.get(task.dataset, 0) + 1

    def forget(self, tasks: Collection[Task]) -> None:
        """Drops the outcomes of pieces that are tried once more."""
        again = frozenset(tasks)
        self.outcomes = [one for one in self.outcomes if one.task not in again]

    def raise_for_failures(self) -> None:
        """Raises SourceDown where a needed source is down, UnknownSymbol where no provider knows a symbol."""
        if self.stopped:
            raise SourceDown(self.stopped, next_step="check the network, then run the same command again")
        missing = [one for one in self.outcomes if not one.ok and not one.is_round]
        needed = [one for one in missing if one.task.subject not in registry.OPTIONAL]
        down = [one for one in needed if one.cause not in (*_MILD, None)]
        if down:
            raise SourceDown(
                f"{len(down)} of {len(self.outcomes)} pieces not fetched, first {down[0].task.label}",
                got="; ".join(one.words for one in down[0].tried),
                next_step="run the same command again later; what was fetched is stored",
            )
        unknown = [one for one in needed if one.cause is Cause.UNKNOWN_SYMBOL and one.task.dataset == "bars"]
        if unknown:
            raise UnknownSymbol("no provider knows the symbol", got=unknown[0].task.subject)

    def rows(self) -> list[dict[str, Any]]:
        """One row per dataset that was asked for: counts, providers, seconds."""
        asked = {one.task.dataset for one in self.outcomes} | self.up_to_date.keys()
        return [self._row(name) for name in DATASETS if name in asked]

    def _row(self, name: str) -> dict[str, Any]:
        done = [one for one in self.outcomes if one.task.dataset == name]
        counts = {key: sum(getattr(one, key) for one in done) for key in ("new", "revised", "unchanged", "refused")}
        return {
            "dataset": name,
            **counts,
            "fetched": sum(one.ok for one in done),
            "failed": sum(not one.ok and not one.is_round for one in done),
            "up to date": self.up_to_date.get(name, 0),
            "provider": ", ".join(dict.fromkeys(one.provider for one in done if one.ok)),
            "requests": sum(one.requests for one in done),
            "seconds": round(sum(one.seconds for one in done), 1),
        }

    def notes(self) -> list[str]:
        """What a person should know: who stepped in for whom, odd rows, disagreements."""
        found = []
        for one in self.outcomes:
            if one.tried:
                tries = ", ".join(tried.words for tried in one.tried)
                ending = f"{one.provider} stepped in" if one.ok else _ENDING[one.is_round]
                found.append(f"{one.task.label}: {tries}; {ending}")
            found += one.notes
        return found

    def as_dict(self) -> dict[str, Any]:
        """The result of a fetch for programs."""
        return {
            "datasets": self.rows(),
            "notes": self.notes(),
            "matched": sum(one.matched for one in self.outcomes),
            "moved": self.moved,
            "findings": [asdict(one) for one in self.found],
            "stopped": self.stopped or None,
        }
