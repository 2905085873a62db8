"""Share capital against bars, against what a firm can have, and against the count before."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from screener.store.database import Store
from screener.store.ingest import ingest, ingest_all
from screener.store.parts import LoadRefused, Part
from tests.store.rows import NOW, SESSIONS, bars, row
from tests.store.test_cross import found, refused


def busy() -> pl.DataFrame:
    """Bars of ten million shares a day."""
    return bars().with_columns(pl.col("volume") * 1000, pl.col("amount") * 1000)


@pytest.mark.parametrize("bars_first", [True, False])
def test_a_volume_above_all_shares_is_refused_and_the_unit_named(store: Store, *, bars_first: bool) -> None:
    counts = Part("shares", row("shares", effective_date=SESSIONS[0], total_shares=8_000_000), "s.csv")
    if bars_first:
        ingest(store, "bars", busy(), "b.csv", NOW)
        with pytest.raises(LoadRefused, match="the count is in 万股"):
            ingest_all(store, [counts], now=NOW)
    else:
        ingest_all(store, [counts], now=NOW)
        ingest(store, "bars", busy(), "b.csv", NOW)  # with an amount the volume is proven: the count is odd
        assert {check for _, check in found(store)} == {"above_shares"}


def test_without_an_amount_a_volume_above_all_shares_is_refused(store: Store) -> None:
    ingest(store, "shares", row("shares", effective_date=SESSIONS[0], total_shares=8_000_000), "s.csv", NOW)
    bare = busy().with_columns(amount=pl.lit(None, dtype=pl.Float64))
    refused(store, "a volume above all shares", Part("bars", bare, "b.csv"))


@pytest.mark.parametrize(("total", "ok"), [(50_000, False), (8_000_000, True), (10**13, False)])
def test_a_market_cap_that_no_firm_has_is_refused(store: Store, total: int, *, ok: bool) -> None:
    parts = [
        Part("bars", bars(), "b.csv"),
        Part("shares", row("shares", effective_date=SESSIONS[0], total_shares=total), "s.csv"),
    ]
    if ok:
        assert [one.new for one in ingest_all(store, parts, now=NOW)] == [8, 1]
    else:
        refused(store, "a market cap that no firm has", *parts)


def test_the_later_count_is_the_one_in_force(store: Store) -> None:
    two = pl.concat(
        [
            row("shares", effective_date=day, total_shares=n)
            for day, n in ((date(2020, 1, 1), 9_000_000), (SESSIONS[0], 10**8))
        ]
    )
    assert ingest_all(store, [Part("bars", busy(), "b"), Part("shares", two, "s")], now=NOW)[1].new == 2


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([329_446], "in 万股"),
        ([4_999_999], "in 万股"),
        ([3_294_468_600, 329_446], "in 万股"),
        ([35_640_625_708, 356_406_257_089 // 10_000], "another unit than the one before"),
        ([2 * 10**12], "more shares than any listed firm"),
    ],
)
def test_share_counts_in_another_unit_are_refused_without_bars(store: Store, counts: list[int], said: str) -> None:
    rows = [row("shares", effective_date=date(2024 + n, 1, 2), total_shares=count) for n, count in enumerate(counts)]
    refused_shares(store, pl.concat(rows), said)


def test_share_counts_that_a_firm_can_have_are_stored_without_bars(store: Store) -> None:
    rows = [
        row("shares", effective_date=date(2024 + n, 1, 2), total_shares=count)
        for n, count in enumerate([36_000_000, 360_000_000])
    ]
    assert ingest(store, "shares", pl.concat(rows), "s.csv", NOW).new == 2


def refused_shares(store: Store, frame: pl.DataFrame, said: str) -> None:
    with pytest.raises(LoadRefused, match=said):
        ingest(store, "shares", frame, "s.csv", NOW)
