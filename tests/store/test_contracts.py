"""A fact may not be known before what it stands in, nor belong to another firm: both would be look-ahead."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from screener.core.errors import DataRefused
from screener.store.database import Store
from screener.store.ingest import ingest_all
from screener.store.parts import Part
from tests.store import rows

ANNOUNCED = datetime(2026, 7, 1, 18, 0)


def load(store: Store, commitment: dict[str, Any], fact: dict[str, Any] | None = None) -> None:
    parts = [
        Part("announcements", rows.row("announcements", known_at=ANNOUNCED), "a.csv"),
        Part("commitments", rows.row("commitments", **commitment), "c.csv"),
    ]
    if fact is not None:
        parts.append(Part("contract_facts", rows.row("contract_facts", **fact), "f.csv"))
    ingest_all(store, parts, now=rows.NOW)


@pytest.mark.parametrize(
    ("commitment", "fact", "message"),
    [
        ({"known_at": datetime(2026, 6, 30, 18)}, None, "known before its announcement_id"),
        ({"symbol": "603629.SH"}, None, "symbol differs from that of its announcement_id"),
        ({"currency": "RMB"}, None, "currency unknown"),
        ({"currency": "usd"}, None, "currency unknown"),
        ({"currency": "USD"}, None, "without foreign_amount"),
        ({}, {"known_at": datetime(2026, 6, 1, 9, 30)}, "known before its commitment_id"),
        ({}, {"symbol": "603629.SH"}, "symbol differs from that of its commitment_id"),
    ],
)
def test_what_cannot_have_been_known_is_refused_and_nothing_is_stored(
    store: Store, commitment: dict[str, Any], fact: dict[str, Any] | None, message: str
) -> None:
    before = store.frame("announcements").height
    with pytest.raises(DataRefused, match=message):
        load(store, commitment, fact)
    assert store.frame("announcements").height == before


@pytest.mark.parametrize(
    "commitment",
    [{}, {"known_at": datetime(2026, 7, 3, 9)}, {"currency": "USD", "foreign_amount": 1.4e7}],
)
def test_what_was_known_with_or_after_its_announcement_is_stored(store: Store, commitment: dict[str, Any]) -> None:
    load(store, commitment, {"effective_date": date(2026, 9, 30)})
    assert store.frame("contract_facts").height == 2
