"""Announcements, commitments, contract facts and links as values, ordered by when they were known.

A question about a day looks at few of thousands of rows: they stand in columns, and are made into values where somebody
asks for them (`Values`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from functools import cache, cached_property
from itertools import starmap
from operator import attrgetter
from typing import Any, TypeVar, overload

import polars as pl


@cache
def _values_of(kind: Any) -> attrgetter[tuple[Any, ...]]:
    return attrgetter(*kind.__dataclass_fields__)


class _Row:
    """Travels to other processes as its values: what dataclasses with slots do takes twice the time there and back."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), cells_of(self)


def cells_of(row: _Row) -> tuple[Any, ...]:
    """The values of its fields, in their order."""
    kind: Any = type(row)
    return _values_of(kind)(row)


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


# List of a market → what it is a list of.
KINDS: Mapping[str, type[_Row]] = {
    "announcements": Announcement,
    "commitments": Commitment,
    "facts": ContractFact,
    "links": Link,
    "ratings": StockRating,
}

_FEW = 0.2  # of the rows: where more are asked for one by one, all of them are made together, which takes less

V = TypeVar("V", bound=_Row)


class Values(Sequence[V]):
    """Rows of a frame as values of a kind, as a tuple of them; `frame` has a column for each field, in their order."""

    def __init__(self, kind: type[V], frame: pl.DataFrame, made: dict[int, V] | None = None) -> None:
        self.kind, self.frame = kind, frame
        self._made: dict[int, V] = {} if made is None else made  # by place

    @classmethod
    def of(cls, kind: type[V], frame: pl.DataFrame) -> Values[V]:
        """Of a frame that may lack fields with a default."""
        each: Any = kind
        given = {one.name: one.default for one in fields(each) if one.default is not MISSING}
        lacking = [pl.lit(value).alias(name) for name, value in given.items() if name not in frame.columns]
        return cls(kind, frame.with_columns(lacking).select(one.name for one in fields(each)))

    def first(self, count: int) -> Values[V]:
        """The oldest so many, in columns too."""
        return Values(self.kind, self.frame.head(count), self._made) if count < len(self) else self

    @cached_property
    def _all(self) -> tuple[V, ...]:
        return tuple(starmap(self.kind, self.frame.rows()))

    @overload
    def __getitem__(self, place: int) -> V: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[V, ...]: ...
    def __getitem__(self, place: int | slice) -> V | tuple[V, ...]:
        if "_all" in vars(self):
            return self._all[place]
        if isinstance(place, slice):
            places = range(len(self))[place]
            return tuple(self[n] for n in places) if 2 * len(places) < len(self) else self._all[place]
        n = range(len(self))[place]
        if n not in self._made:
            if len(self._made) > _FEW * len(self):
                return self._all[n]
            self._made[n] = self.kind(*self.frame.row(n))
        return self._made[n]

    def __iter__(self) -> Iterator[V]:
        return iter(self._all)

    def __len__(self) -> int:
        return self.frame.height

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{len(self)} × {self.kind.__name__}"

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return Values, (self.kind, self.frame)
