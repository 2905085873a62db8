"""Announcements, commitments, contract facts and links as values, ordered by when they were known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from typing import Any


@cache
def _values_of(kind: Any) -> attrgetter[tuple[Any, ...]]:
    return attrgetter(*kind.__dataclass_fields__)


class _Row:
    """Travels to other processes as its values: what dataclasses with slots do takes twice the time there and back."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        kind: Any = type(self)
        return kind, _values_of(kind)(self)


@dataclass(frozen=True, slots=True)
class Announcement(_Row):
    """What a firm announced; `known_at` is when the market could read it (Asia/Shanghai)."""

    announcement_id: str
    symbol: str
    event_date: date
    known_at: datetime
    known_at_basis: str | None  # None: nobody says where a stated time comes from
    kind: str
    title: str
    review: str | None  # reported | unreviewed | reviewed
    url: str | None = None
    report_row: int | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Commitment(_Row):
    """One dated fact in an announcement. Amounts in yuan at 100 %; None is undisclosed, never zero."""

    commitment_id: str
    announcement_id: str
    symbol: str
    event_date: date
    known_at: datetime
    kind: str
    work: str | None
    is_compute: bool
    direction: str  # inflow | outflow | financing | unclear
    amount_low: float | None
    amount_high: float | None
    amount_basis: str  # exact | ceiling | range | estimate | undisclosed
    tax: str  # included | excluded | unknown
    term_months: int | None
    counterparty: str | None
    counterparty_named: bool | None
    stake: float | None
    confidence: str | None
    title: str = ""
    printed_amount: str | None = None
    note: str | None = None
    ceiling_kind: bool = False  # amounts of its kind are upper limits, whatever is said of them

    @property
    def is_ceiling(self) -> bool:
        """True where the amount is an upper limit."""
        return self.ceiling_kind or self.amount_basis == "ceiling"

    @property
    def amount(self) -> float | None:
        """The stated figure: the high end of a range, the ceiling of an upper limit."""
        return self.amount_high if self.amount_high is not None else self.amount_low


@dataclass(frozen=True, slots=True)
class ContractFact(_Row):
    """What became of a commitment: acceptance, revenue_recognised, delay, reduction, termination, denial."""

    fact_id: str
    commitment_id: str
    symbol: str
    kind: str
    effective_date: date
    known_at: datetime
    amount: float | None
    period_start: date | None


@dataclass(frozen=True, slots=True)
class Link(_Row):
    """`from_id` (the later) re_announces | amends | part_of | confirms … `to_id` (the earlier)."""

    from_id: str
    to_id: str
    kind: str
    state: str  # asserted | suspected | refuted
    known_at: datetime
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class StockRating(_Row):
    """What a broker said about a stock of the A market; `rating` is None where its word is not understood."""

    rating_id: str
    symbol: str
    broker: str
    rating: str | None  # 优于大市 | 中性 | 弱于大市 | 无评级
    report_date: date
    known_at: datetime
    action: str | None = None
    printed: str | None = None
    analysts: str | None = None
