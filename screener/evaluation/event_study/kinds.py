"""Kinds of events: those composed here, and every other kind of the market's table of kinds.

Signed work is what the table says: kinds that are order-like and open the universe (order, framework, any a user adds).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

import polars as pl

from screener.core.errors import UsageError
from screener.core.tables import TABLES
from screener.point_in_time.announcements import Announcement, Commitment
from screener.point_in_time.frames import frame_of
from screener.point_in_time.market import Market
from screener.point_in_time.versions import latest

# An announcement, its commitments and the kinds of signed work → whether it is an event of the kind.
Test = Callable[[Announcement, Sequence[Commitment], Set[str]], bool]


@dataclass(frozen=True)
class EventKind:
    """Which announcements count; `parts` are kinds of the table that it holds together."""

    label: str
    plural: str
    holds: Test
    parts: tuple[str, ...] = ()


def _orders(commitments: Sequence[Commitment], work: Set[str]) -> list[Commitment]:
    """Signed compute work with an amount: classes A to C, ceilings included, software left out."""
    return [
        row
        for row in commitments
        if row.kind in work and row.direction == "inflow" and row.is_compute and row.amount is not None
    ]


def _order(row: Announcement, commitments: Sequence[Commitment], work: Set[str]) -> bool:
    return row.kind in work and bool(_orders(commitments, work))


def _order_of_class(letter: str) -> Test:
    return lambda row, commitments, work: (
        _order(row, commitments, work) and any(order.confidence == letter for order in _orders(commitments, work))
    )


def _service(row: Announcement, commitments: Sequence[Commitment], work: Set[str]) -> bool:
    return _order(row, commitments, work) and any(order.work == "service" for order in _orders(commitments, work))


def _announced_as(*kinds: str) -> Test:
    return lambda row, commitments, work: row.kind in kinds


def _together(label: str, plural: str, *kinds: str) -> EventKind:
    return EventKind(label, plural, _announced_as(*kinds), kinds)


KINDS: Mapping[str, EventKind] = {
    "order": EventKind("compute orders with an amount, frameworks included, software left out", "orders", _order),
    "order_a": EventKind(
        "orders of confidence A: amount, term or counterparty given", "orders of class A", _order_of_class("A")
    ),
    "order_b": EventKind("orders of confidence B", "orders of class B", _order_of_class("B")),
    "order_c": EventKind("framework ceilings, confidence C", "framework ceilings", _order_of_class("C")),
    "service": EventKind("orders for compute service, integration work left out", "compute-service orders", _service),
    "investment": _together("projects, stakes and finance leases", "investments", "project", "stake", "lease"),
    "agreement": _together("strategic and cooperation agreements", "agreements", "strategic", "cooperation"),
}


def firm_work(market: Market) -> frozenset[str]:
    """Kinds that bring signed work: order-like, and an amount of theirs opens the universe."""
    return frozenset(_table(market).filter(pl.col("order_like") & pl.col("opens_universe"))["kind"])


def kinds_of(market: Market) -> dict[str, EventKind]:
    """Every kind that can be studied: the composed ones first, then those of the market's table."""
    return dict(KINDS) | {
        kind: EventKind(label, f"{kind.replace('_', ' ')} announcements", _announced_as(kind))
        for kind, label in _table(market).select("kind", "label_en").iter_rows()
        if kind not in KINDS
    }


def separate_kinds(market: Market) -> list[str]:
    """Those of `kinds_of` without the parts of a composed one, so that nothing is looked at twice by accident."""
    parts = firm_work(market).union(*(kind.parts for kind in KINDS.values()))
    return [name for name in kinds_of(market) if name in KINDS or name not in parts]


def kind_of(name: str, market: Market) -> EventKind:
    """The kind called `name`. Raises UsageError."""
    kinds = kinds_of(market)
    if name not in kinds:
        raise UsageError("unknown kind of event", got=repr(name), expected=" | ".join(kinds))
    return kinds[name]


def _table(market: Market) -> pl.DataFrame:
    return latest(frame_of(market.frames, "kinds"), TABLES["kinds"].key)
