"""A list of firms as a universe: a watch list of the settings, or a file of the user's.

1. A firm with a day stands on the list from the end of that day on; one without a day stands there always, which is
   hindsight before today.
2. A list is told by its name, how many firms it has, and a mark that is another one for other firms or days: results
   over two lists of one name are not taken for the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from hashlib import sha256

_END_OF_DAY = time(23, 59, 59)


@dataclass(frozen=True)
class Watched:
    """Symbols with the day since when each is watched (None: nobody says), sorted by symbol."""

    name: str
    members: tuple[tuple[str, date | None], ...]

    @classmethod
    def of(cls, name: str, members: Mapping[str, date | None] | Iterable[str]) -> Watched:
        """A list of symbols, or of symbols with days."""
        dated = members if isinstance(members, Mapping) else dict.fromkeys(members)
        return cls(name, tuple(sorted(dated.items())))

    def __str__(self) -> str:
        count = len(self.members)
        return f"{self.name} ({count} firm{'s' if count != 1 else ''}, {self.mark})"

    @cached_property
    def mark(self) -> str:
        """Six characters that stand for the members and their days."""
        return sha256(repr(self.members).encode()).hexdigest()[:6]

    @cached_property
    def since(self) -> Mapping[str, datetime]:
        """Symbol → the moment from which it stands on the list."""
        return {
            symbol: datetime.min if day is None else datetime.combine(day, _END_OF_DAY) for symbol, day in self.members
        }

    @property
    def undated(self) -> tuple[str, ...]:
        """Those of which nobody says since when."""
        return tuple(symbol for symbol, day in self.members if day is None)

    def holds(self, symbol: str, moment: datetime) -> bool:
        """True where `symbol` stood on the list at that moment."""
        entered = self.since.get(symbol)
        return entered is not None and entered <= moment

    def until(self, moment: datetime) -> Watched:
        """The list as it stood then: what a decision at that moment may know of it."""
        return Watched(self.name, tuple(one for one in self.members if self.since[one[0]] <= moment))


def listed_in(universe: object) -> list[str]:
    """The symbols of a list of firms; none of a rule."""
    return [symbol for symbol, _ in universe.members] if isinstance(universe, Watched) else []


def unheld(universe: object, symbols: Iterable[str]) -> tuple[str, ...]:
    """A sentence on firms of a list that a market does not hold; nothing where it holds all, or it is no list."""
    if not isinstance(universe, Watched):
        return ()
    there = frozenset(symbols)
    gone = [symbol for symbol, _ in universe.members if symbol not in there]
    told = ", ".join(gone[:5]) + (f" and {len(gone) - 5} more" if len(gone) > 5 else "")
    return (
        (f"{len(gone)} of {len(universe.members)} firms of {universe.name} are not in the store: {told}",)
        if gone
        else ()
    )
