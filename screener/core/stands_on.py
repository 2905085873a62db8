"""What an answer rests on: said before its figures, and written beside them in every file."""

from __future__ import annotations

import platform
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from screener.core.calendar import packaged_calendar
from screener.core.version import __version__

SYNTHETIC = "SYNTHETIC"
_MADE_UP = f"{SYNTHETIC} prices: made up, no statement about any market"
_CORRECTED = "rows were corrected after this day; the corrections are not used here (screener status counts them)"


@dataclass(frozen=True, slots=True)
class StandsOn:
    """Sources, spans, universe and rules of one answer. Times are of Asia/Shanghai."""

    source: str  # who the prices come from
    synthetic: bool
    first_session: date | None  # of the prices
    price_session: date | None  # the last one whose close is used
    as_of: date | None  # the day the answer speaks of
    known_by: datetime | None = None  # rows known later play no part; None: everything in the store
    universe: str = ""
    hindsight: str = ""  # what nobody could know then; empty where nothing is known against the answer
    revised_later: int = 0  # moments after `known_by` at which stored rows were corrected
    rules: Mapping[str, Any] = field(default_factory=dict)  # counting rules, costs, models, seeds of this answer
    notes: tuple[str, ...] = ()  # what a reader must know before the first figure
    findings: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # odd rows used: table → symbol → how many

    @property
    def stamps(self) -> tuple[str, ...]:
        """The lines that come before any figure."""
        corrected = _CORRECTED if self.revised_later else ""
        said = (_MADE_UP if self.synthetic else "", self.hindsight, self.behind, corrected)
        return (*(line for line in said if line), *self._odd(), *self.notes)

    def _odd(self) -> list[str]:
        """`3 findings on bars of 603629.SH: …`, a line for each table."""
        return [
            f"{sum(counts.values()):,} finding{'s' if sum(counts.values()) > 1 else ''} on {table} of "
            f"{first_of(list(counts))}: screener status --findings"
            for table, counts in self.findings.items()
        ]

    @property
    def line(self) -> str:
        """The rest in one line, for a reader who looks at the end."""
        late = self._late()
        known = f"known by {self.known_by:%Y-%m-%d %H:%M}" if self.known_by else ""
        known = known or (f"as of {self.as_of}" if self.as_of else "")
        span = f"prices {self.first_session} … {self.price_session}{late}" if self.price_session else ""
        span = span or ("no prices" if known else "")  # files and documents speak of no day
        parts = [known, span, f"universe {self.universe}" if self.universe else "", f"source: {sources(self.source)}"]
        return " · ".join(part for part in parts if part)

    @property
    def behind(self) -> str:
        """Empty but where sessions lie between the last price and the day that was asked about."""
        if (
            self.known_by is None
            or self.as_of is None
            or self.price_session is None
            or self.as_of <= self.price_session
        ):
            return ""
        known = packaged_calendar().between(self.price_session + timedelta(days=1), self.as_of)
        return f"STALE prices: of {self.price_session}, {len(known)} sessions before {self.as_of}" if known else ""

    def _late(self) -> str:
        """Longer than any closure of the exchanges: the prices are old."""
        if self.as_of is None or self.price_session is None:
            return ""
        days = (self.as_of - self.price_session).days
        return f" (STALE: {days} days before)" if days > STALE_DAYS else ""

    def in_row(self) -> dict[str, Any]:
        """What every row of an answer that is a list carries."""
        return {
            "as_of": self.as_of,
            "source": self.source,
            "synthetic": self.synthetic,
            "hindsight": self.hindsight,
        }

    def as_dict(self) -> dict[str, Any]:
        """Flat, for JSON, files and sheets."""
        return {
            "source": self.source,
            "synthetic": self.synthetic,
            "first_session": self.first_session,
            "price_session": self.price_session,
            "as_of": self.as_of,
            "known_by": self.known_by,
            "universe": self.universe,
            "hindsight": self.hindsight,
            "revised_later": self.revised_later,
            **self.rules,
            "notes": list(self.notes),
            "findings": {table: dict(counts) for table, counts in self.findings.items()},
            "versions": versions(),
        }


STALE_DAYS = 12
_NAMED = 20  # sources that an answer names


def first_of(names: list[str], shown: int = 3) -> str:
    """`a, b, c and 2 more`."""
    rest = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + rest


def told_by(names: Collection[str]) -> str:
    """`a + b + c`; of very many `a + b and 5,498 more`: a folder may hold a file for each firm, and every row of an
    answer carries this text."""
    first = sorted(names)[: 2 if len(names) > _NAMED else _NAMED]
    rest = f" and {len(names) - len(first):,} more" if len(names) > len(first) else ""
    return " + ".join(first) + rest if first else "no bars"


def sources(joined: str, shown: int = 2) -> str:
    """`a + b + c + d` → `a + b + 2 more`; JSON carries all that `told_by` names."""
    names = joined.split(" + ")
    rest = f" + {len(names) - shown} more" if len(names) > shown else ""
    return " + ".join(names[:shown]) + rest


def versions() -> dict[str, str]:
    """What computed the answer."""
    return {"screener": __version__, "polars": pl.__version__, "python": platform.python_version()}
