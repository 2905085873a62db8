"""Series that end before the market, and what became of them as far as the store knows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from screener.store.database import Store
from screener.store.ended import ended
from screener.store.ingest import ingest_all
from screener.store.parts import Part
from screener.store.status import status
from tests.store.rows import NOW, SESSIONS, bars, row

GONE, ALIVE = "603629.SH", "301396.SZ"
UNKNOWN = "not known: no newer bars were loaded or fetched"
STATED: dict[str, tuple[str, dict[str, Any], str]] = {
    "nothing": ("indices", {}, UNKNOWN),
    "a delisting": (
        "actions",
        {"symbol": GONE, "kind": "delisting", "shares_to_holder": 0.0, "ex_date": SESSIONS[5]},
        f"delisting on {SESSIONS[5]}",
    ),
    "a merger": (
        "actions",
        {
            **{"symbol": GONE, "kind": "merger", "shares_to_holder": 0.0, "ex_date": SESSIONS[5]},
            **{"into_symbol": ALIVE, "into_ratio": 0.62},
        },
        f"merger on {SESSIONS[5]} into {ALIVE}",
    ),
    "a firm": (
        "firms",
        {"symbol": GONE, "board": "sse_main", "delisted": SESSIONS[6]},
        f"delisted on {SESSIONS[6]}",
    ),
    "a period": (
        "st_spells",
        {"symbol": GONE, "status": "delisting", "start": SESSIONS[1], "end": SESSIONS[4]},
        f"delisting period over on {SESSIONS[4]}",
    ),
}


def filled(store: Store, *parts: Part) -> Store:
    ingest_all(store, [Part("bars", bars(9, ALIVE), "a"), Part("bars", bars(5, GONE), "b"), *parts], now=NOW)
    return store


@pytest.mark.parametrize("what", STATED)
def test_an_ended_series_is_named_with_what_became_of_it(store: Store, what: str) -> None:
    table, values, said = STATED[what]
    found = ended(filled(store, Part(table, row(table, **values), "f")))
    assert found.rows() == [(GONE, SESSIONS[4], 4, said)]
    assert status(store, now=NOW).as_dict()["ended"][0]["became"] == said


@pytest.mark.parametrize(("asked", "silent"), [(SESSIONS[8], True), (SESSIONS[4], False)])
def test_a_fetch_that_brought_no_bars_says_halted_or_gone(store: Store, asked: date, silent: bool) -> None:
    filled(store)
    told = f"Sina | {GONE} | 2023-01-01…{asked} | #x"
    store.connection.execute(
        "INSERT INTO runs VALUES ('r', 'fetch', 'bars', ?, 0, 0, 5, ?)", [told, datetime(2026, 7, 1, 18)]
    )
    expected = f"no bars at the providers up to {asked}: halted, or gone" if silent else UNKNOWN
    assert ended(store)["became"].to_list() == [expected]


def test_a_store_without_bars_has_no_ended_series(store: Store) -> None:
    assert ended(store).is_empty()
