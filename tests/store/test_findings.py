"""Odd rows are kept and counted."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from screener.core.price_rules import limit_prices
from screener.store.database import Store
from screener.store.ingest import ingest, ingest_all
from screener.store.parts import Part
from tests.store.rows import LATER, NOW, SESSIONS, bars, row


def found(store: Store) -> list[tuple[str, str]]:
    return store.frame("findings").select("row_key", "check").rows()


def last_bar(price: float, **more: Any) -> dict[str, Any]:
    return {"open": price, "high": price, "low": price, "close": price, "amount": None, **more}


RATES = {"301396.SZ": 0.2, "603629.SH": 0.1, "688001.SH": 0.2, "920066.BJ": 0.3}


@pytest.mark.parametrize(
    ("side", "beyond", "odd"), [(0, 0.0, False), (0, 0.01, True), (1, 0.0, False), (1, -0.01, True)]
)
def test_a_price_beyond_the_limit_of_its_board_is_a_finding(store: Store, side: int, beyond: float, odd: bool) -> None:
    prices = {symbol: round(limit_prices(10.1, rate)[side] + beyond, 2) for symbol, rate in RATES.items()}
    told = pl.concat(bars(8, symbol, **last_bar(price)) for symbol, price in prices.items())
    ingest(store, "bars", told, "f", NOW)
    assert sorted(found(store)) == [(f"{symbol} {SESSIONS[7]}", "price_limit") for symbol in RATES if odd]


@pytest.mark.parametrize(("symbol", "free"), [("301396.SZ", 5), ("920066.BJ", 1)])
def test_the_first_sessions_of_a_symbol_may_be_those_after_listing(store: Store, symbol: str, free: int) -> None:
    for count in range(1, 8):
        ingest(store, "bars", bars(count, symbol, **last_bar(50.0)), "f", NOW)
        assert len(found(store)) == (count > free)
        store.connection.execute("DELETE FROM bars")


@pytest.mark.parametrize(
    ("session", "limit"), [(SESSIONS[7], 0.05), (SESSIONS[30], 0.1)], ids=["before 2026-07-06", "since"]
)
def test_the_limit_of_an_st_name_is_the_one_in_force_that_day(store: Store, session: date, limit: float) -> None:
    spell = row("st_spells", symbol="603629.SH", start=SESSIONS[0])
    up, _ = limit_prices(10.1, limit)
    for price, count in ((up, 0), (up + 0.01, 1)):
        ingest_all(store, [Part("st_spells", spell, "s"), Part("bars", bars(7, "603629.SH"), "f")], now=NOW)
        last = bars(1, "603629.SH", session=session, **last_bar(round(price, 2)))
        ingest(store, "bars", last, "g", NOW)
        assert len(found(store)) == count


@pytest.mark.parametrize(("given", "low"), [(None, 5.77), (8.0, 6.4)])
def test_on_an_ex_date_the_limit_comes_from_the_ex_right_reference(
    store: Store, given: float | None, low: float
) -> None:
    kind = "rights" if given else "bonus"  # of rights on unknown terms only a stated price is known
    action = row("actions", ex_date=SESSIONS[7], kind=kind, reference_price=given)  # 10.1 ÷ 1.4 = 7.21, × 0.8 = 5.77
    ingest(store, "bars", bars(8, **last_bar(low)), "f", NOW)
    assert "previous close" in store.frame("findings")["detail"][0]
    ingest(store, "actions", action, "a", NOW)
    assert not store.frame("findings").filter(dataset="bars").height
    ingest(store, "bars", bars(8, **last_bar(round(low - 0.01, 2))), "f", LATER)
    assert "ex-right reference" in store.frame("findings").filter(dataset="bars")["detail"][0]


def test_an_ex_date_during_a_halt_moves_the_first_bar_after_it(store: Store) -> None:
    halted = bars(10, **last_bar(6.0)).filter(~pl.col("session").is_in(list(SESSIONS[7:9])))
    parts = [Part("bars", halted, "f"), Part("actions", row("actions", ex_date=SESSIONS[7]), "a")]
    ingest_all(store, parts, now=NOW)
    assert found(store) == []


def test_an_odd_row_and_a_bar_without_volume_are_kept(store: Store) -> None:
    ingest(store, "bars", bars(8, volume=0), "f", NOW)
    ingest(store, "bars", bars(8, "603629.SH", amount=103_000.0), "g", NOW)
    assert found(store) == [(f"301396.SZ {SESSIONS[7]}", "zero_volume"), (f"603629.SH {SESSIONS[7]}", "unit_band")]
    assert store.frame("bars").height == 16


@pytest.mark.parametrize(("index", "odd"), [("H00300.CSI", True), ("SPX.GI", False)])
def test_a_level_of_a_domestic_index_on_a_closed_day_is_kept(store: Store, index: str, odd: bool) -> None:
    ingest(store, "indices", row("indices", index=index, session=date(2026, 6, 13)), "f", NOW)
    assert found(store) == ([(f"{index} 2026-06-13", "not_a_session")] if odd else [])
    assert store.frame("indices").height == 1


def test_a_revision_takes_its_finding_away(store: Store) -> None:
    ingest(store, "bars", bars(8, volume=0), "f", NOW)
    ingest(store, "bars", bars(8), "f", LATER)
    assert found(store) == []


def test_findings_of_untouched_symbols_stay(store: Store) -> None:
    ingest(store, "bars", bars(8, volume=0), "f", NOW)
    ingest(store, "bars", bars(8, "603629.SH"), "g", NOW)
    assert found(store) == [(f"301396.SZ {SESSIONS[7]}", "zero_volume")]


def of_actions(store: Store, check: str) -> list[str]:
    return store.frame("findings").filter(check=check)["detail"].to_list()


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({}, ["rights_ratio and rights_price not stated"]),
        ({"rights_ratio": 0.3}, ["rights_price not stated"]),
        ({"rights_ratio": 0.3, "rights_price": 5.0}, []),
    ],
)
def test_rights_without_terms_are_a_finding_that_names_them(
    store: Store, terms: dict[str, float], said: list[str]
) -> None:
    offer = row("actions", kind="rights", shares_to_holder=0.0, ex_date=SESSIONS[7], **terms)
    ingest_all(store, [Part("bars", bars(9), "f"), Part("actions", offer, "a")], now=NOW)
    assert of_actions(store, "rights_terms") == said


def test_the_limit_after_rights_is_that_of_their_reference_price(store: Store) -> None:
    terms = {"rights_ratio": 0.3, "rights_price": 5.0}  # (10.1 + 1.5) ÷ 1.3 = 8.92, × 0.8 = 7.14
    offer = row("actions", kind="rights", shares_to_holder=0.0, ex_date=SESSIONS[7], **terms)
    for low, odd in ((7.14, 0), (7.13, 1)):
        ingest_all(store, [Part("bars", bars(8, **last_bar(low)), "f"), Part("actions", offer, "a")], now=NOW)
        assert len(of_actions(store, "price_limit")) == odd
        store.connection.execute("DELETE FROM bars")


def test_a_share_that_became_one_of_nobody_is_a_finding_until_that_one_has_bars(store: Store) -> None:
    turn = row(
        "actions", kind="merger", shares_to_holder=0.0, ex_date=SESSIONS[7], into_symbol="603629.SH", into_ratio=0.6
    )
    ingest_all(store, [Part("bars", bars(5), "f"), Part("actions", turn, "a")], now=NOW)
    assert of_actions(store, "unknown_heir") == ["into 603629.SH"]


def test_bars_after_the_end_of_their_series_are_a_finding(store: Store) -> None:
    gone = row("firms", symbol="301396.SZ", board="chinext", delisted=SESSIONS[5])
    ingest_all(store, [Part("bars", bars(8), "f"), Part("firms", gone, "a")], now=NOW)
    assert of_actions(store, "after_end") == [f"3 bars, although it ended on {SESSIONS[5]}"]


@pytest.mark.parametrize(("count", "odd"), [(140_000_000, 0), (100_000_000, 1), (152_000_000, 0), (138_000_000, 0)])
def test_a_share_count_that_an_action_did_not_move_is_a_finding(store: Store, count: int, odd: int) -> None:
    before = row("shares", effective_date=date(2026, 1, 5), total_shares=100_000_000)
    after = row("shares", effective_date=SESSIONS[6], total_shares=count)
    parts = [Part("shares", before, "s"), Part("shares", after, "t"), Part("actions", row("actions"), "a")]
    ingest_all(store, [Part("bars", bars(9), "f"), *parts], now=NOW)
    assert len(of_actions(store, "shares_unmoved")) == odd
