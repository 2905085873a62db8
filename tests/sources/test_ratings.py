"""Ratings of brokers out of the provider's raw list, through the real akshare function."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from screener.core.rating_words import Standards
from screener.core.tables import packaged
from screener.sources.akshare_eastmoney_ratings import INDUSTRIES, _action, _analysts, _numbered, _price
from screener.store.database import Store
from tests.sources.scene import NOW, SHANGHAI, SYMBOL, Scene

STANDARDS = Standards(packaged("rating_standards"))


def test_a_report_is_stored_with_what_akshares_frame_drops(stage: Scene) -> None:
    stage.attempt("ratings", SYMBOL)
    rows = {row["broker"]: row for row in stage.latest("ratings").iter_rows(named=True) if row["subject"] == SYMBOL}
    told = rows["中信建投"]
    assert (told["printed"], told["provider_rating"], told["previous"], told["action"]) == (
        "买入",
        "买入",
        "增持",
        "上调",
    )
    assert (told["rating"], told["analysts"], told["target_high"]) == ("优于大市", "曾某,李某", 65.0)
    assert told["known_at"] == datetime(2025, 4, 8, 23, 59, 59) and told["target_low"] is None
    assert told["url"].endswith(f"{told['rating_id'].split('-')[1]}_1.pdf") and told["title"] == "点评1"
    assert told["source"] == "Eastmoney, akshare stock_research_report_em"


@pytest.mark.parametrize(("broker", "rating"), [("某某证券", None), ("国信证券", None), ("兴业证券", "优于大市")])
def test_a_word_that_stands_in_no_standard_stays_unknown(stage: Scene, broker: str, rating: str | None) -> None:
    """That of the second broker stands in one which begins later; the provider's reading of it stays beside it."""
    stage.attempt("ratings", SYMBOL)
    (row,) = [
        r for r in stage.latest("ratings").iter_rows(named=True) if (r["broker"], r["subject"]) == (broker, SYMBOL)
    ]
    assert (row["rating"], bool(row["provider_rating"])) == (rating, True)


@pytest.mark.parametrize("industry", INDUSTRIES)
def test_the_industries_of_the_firms_are_asked_of_the_same_provider(stage: Scene, industry: str) -> None:
    assert stage.attempt("ratings", industry).new == 4
    rows = [row for row in stage.latest("ratings").iter_rows(named=True) if row["subject"] == industry]
    assert {row["subject_kind"] for row in rows} == {"industry"} and len(rows) == 4


def test_asked_again_nothing_is_new_and_a_corrected_word_replaces(stage: Scene) -> None:
    stage.attempt("ratings", SYMBOL)
    stage.now = NOW.replace(hour=20)
    again = stage.attempt("ratings", SYMBOL)
    assert (again.new, again.revised, again.unchanged) == (0, 0, 4)


def test_a_stock_nobody_covers_has_no_ratings(stage: Scene) -> None:
    stage.server.world = replace(stage.server.world, reports=0)
    done = stage.attempt("ratings", SYMBOL)
    assert done.ok and done.new == 0


@pytest.mark.parametrize(
    ("now", "before", "code", "action"),
    [
        ("买入", None, 2, "首次"),
        ("买入", None, 3, None),
        ("买入", "买入", 3, "维持"),
        ("增持", "买入", 1, "下调"),
        ("买入", "中性", 0, "上调"),
        ("强推", "买入", 0, None),
    ],
)
def test_what_became_of_a_rating(now: str, before: str | None, code: int, action: str | None) -> None:
    assert _action(now, before, code) == action


def test_odd_cells() -> None:
    assert [_price(cell) for cell in ("", None, "0", "12.5", 3)] == [None, None, None, 12.5, 3.0]
    assert _analysts({"researcher": "", "author": ["110.张三", "李四"]}) == "张三,李四"
    assert _analysts({"researcher": None, "author": None}) is None
    assert (_numbered("AP20260721182"), _numbered("AP99999999"), _numbered("x")) == (date(2026, 7, 21), None, None)


@pytest.mark.parametrize(
    ("relative", "word", "holds"),
    [(0.05, "增持", True), (0.15, "增持", False), (0.15, "买入", True), (-0.2, "卖出", True)],
)
def test_a_brokers_own_band_holds_its_lower_edge(relative: float, word: str, holds: bool) -> None:
    found = STANDARDS.of("中信建投", "stock", word, date(2025, 4, 1))
    assert found is not None and found.holds(relative) is holds


def test_a_standard_without_figures_says_a_direction_and_no_more() -> None:
    found = STANDARDS.of("兴业证券", "industry", "推荐", date(2025, 4, 1))
    assert found is not None and (found.rating, found.holds(0.3)) == ("优于大市", None)
    assert STANDARDS.of("兴业证券", "industry", "推荐", date(2023, 4, 1)) is None


def test_an_older_store_takes_a_rating_nobody_understands(tmp_path: Path) -> None:
    """Its column `rating` wanted a value."""
    path = tmp_path / "old.duckdb"
    with Store.create_or_open(path) as store:
        store.connection.execute("DELETE FROM ratings")
        store.connection.execute("ALTER TABLE ratings ALTER COLUMN rating SET NOT NULL")
        store.connection.execute("UPDATE screener_meta SET schema_version = 2")
    with Store.create_or_open(path) as store:
        told = store.connection.execute("SELECT is_nullable FROM duckdb_columns() WHERE column_name = 'rating'")
        assert {free for (free,) in told.fetchall()} >= {True}


def test_one_report_on_two_stocks_is_two_facts(stage: Scene) -> None:
    assert [stage.attempt("ratings", symbol).new for symbol in (SYMBOL, SHANGHAI)] == [4, 4]
    told = stage.latest("ratings").filter(pl.col("source").str.starts_with("Eastmoney"))
    assert told.height == 8 and told["rating_id"].n_unique() == 8
