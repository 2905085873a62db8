"""Kinds of events. A new kind is one entry of KINDS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from screener.core.errors import UsageError
from screener.point_in_time.announcements import Announcement, Commitment

Test = Callable[[Announcement, Sequence[Commitment]], bool]
FIRM_WORK = ("order", "framework")


@dataclass(frozen=True)
class EventKind:
    """Which announcements count; `holds` sees the announcement and its commitments."""

    label: str
    plural: str
    holds: Test


def _orders(commitments: Sequence[Commitment]) -> list[Commitment]:
    """Signed compute work with an amount: classes A to C, ceilings included, software left out."""
    return [
        row
        for row in commitments
        if row.kind in FIRM_WORK and row.direction == "inflow" and row.is_compute and row.amount is not None
    ]


def _order(row: Announcement, commitments: Sequence[Commitment]) -> bool:
    return row.kind in FIRM_WORK and bool(_orders(commitments))


def _order_of_class(letter: str) -> Test:
    return lambda row, commitments: (
        _order(row, commitments) and any(order.confidence == letter for order in _orders(commitments))
    )


def _service(row: Announcement, commitments: Sequence[Commitment]) -> bool:
    return _order(row, commitments) and any(order.work == "service" for order in _orders(commitments))


def _announced_as(*kinds: str) -> Test:
    return lambda row, commitments: row.kind in kinds


KINDS: Mapping[str, EventKind] = {
    "order": EventKind("compute orders with an amount, frameworks included, software left out", "orders", _order),
    "order_a": EventKind(
        "orders of confidence A: amount, term or counterparty given", "orders of class A", _order_of_class("A")
    ),
    "order_b": EventKind("orders of confidence B", "orders of class B", _order_of_class("B")),
    "order_c": EventKind("framework ceilings, confidence C", "framework ceilings", _order_of_class("C")),
    "service": EventKind("orders for compute service, integration work left out", "compute-service orders", _service),
    "purchase": EventKind("purchases of equipment", "purchases", _announced_as("purchase")),
    "raise": EventKind("raises of capital", "raises", _announced_as("raise")),
    "report": EventKind("periodic reports: a kind of their own, not a control", "reports", _announced_as("report")),
    "investment": EventKind(
        "projects, stakes and finance leases", "investments", _announced_as("project", "stake", "lease")
    ),
    "agreement": EventKind(
        "strategic and cooperation agreements", "agreements", _announced_as("strategic", "cooperation")
    ),
}


def kind_of(name: str) -> EventKind:
    """The kind called `name`. Raises UsageError."""
    if name not in KINDS:
        raise UsageError("unknown kind of event", got=repr(name), expected=" | ".join(KINDS))
    return KINDS[name]
