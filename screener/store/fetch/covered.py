"""What rounds have asked, as the ledger shows it: of which firms, for which days, and when.

1. The subject of a round in the ledger is `*` and the firms it left open with a minus (of the market), or `+` and the
   firms it settled (of a list).
2. A round of the market is asked for every firm that had a whole pass of its own before it, so a later pass of a firm
   says which of these rounds count for it.
3. A day is closed for a firm once it was asked about on a later day; or for now, where it was asked since `mark`. Of
   announcements two providers must have told, but for now. A list that one of them told alone counts for nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from screener.sources.answers import LISTED, MARKET
from screener.store.fetch.plan import Done

_DAY = timedelta(days=1)


def named(subject: str, firms: Sequence[str], open_firms: Collection[str]) -> str:
    """The subject of a round in the ledger; `open_firms`: those that it did not settle."""
    if subject == MARKET:
        return " ".join([MARKET, *(f"-{firm}" for firm in firms if firm in open_firms)])
    return " ".join([LISTED, *(firm for firm in firms if firm not in open_firms)])


@dataclass(frozen=True)
class Round:
    """One round: `firms` are those it left open (of the market) or settled (of a list)."""

    market: bool
    firms: frozenset[str]
    first: date
    last: date
    asked_at: datetime
    lasting: bool  # closes days for good

    @classmethod
    def of(cls, subject: str, first: date, done: Done, *, both: bool) -> Round:
        """Out of the ledger; `both`: two providers have to tell."""
        kind, *names = subject.split(" ")
        firms = frozenset(name.removeprefix("-") for name in names)
        return cls(kind == MARKET, firms, first, done.last or first, done.finished_at, done.whole or not both)

    def settles(self, firm: str) -> bool:
        """True where it says about a firm what the firm's own piece would."""
        return (firm in self.firms) != self.market

    def closes(self, mark: datetime) -> tuple[date, date]:
        """First and last day that are closed by it."""
        if self.asked_at >= mark:
            return self.first, self.last
        before = self.asked_at.date() if self.lasting else self.first
        return self.first, min(self.last, before - _DAY)


@dataclass
class Covered:
    """Rounds of one table; a day is open for a firm where none of them closes it."""

    rounds: Sequence[Round]
    mark: datetime
    _special: frozenset[str] = field(init=False)
    _closed: dict[str, set[date]] = field(default_factory=dict)
    _found: dict[tuple[str, date, date], date | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._special = frozenset(firm for one in self.rounds for firm in one.firms)

    def first_open(self, firm: str, first: date, last: date) -> date | None:
        """The first day from `first` to `last` that is open for a firm; None where all are closed.

        Firms that no round names are alike, and looked up once.
        """
        name = firm if firm in self._special else ""
        key = (name, first, last)
        if key not in self._found:
            closed = self._days(name)
            days = (first + timedelta(days=n) for n in range((last - first).days + 1))
            self._found[key] = next((day for day in days if day not in closed), None)
        return self._found[key]

    def _days(self, firm: str) -> set[date]:
        if firm not in self._closed:
            found: set[date] = set()
            for one in self.rounds:
                if one.settles(firm):
                    first, last = one.closes(self.mark)
                    found.update(first + timedelta(days=n) for n in range((last - first).days + 1))
            self._closed[firm] = found
        return self._closed[firm]
