"""Stocks that left an exchange: their last day enters `firms`, what is stored of a firm stays."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from screener.sources.classify import Cause
from screener.store.database import Store
from screener.store.ingest import ingest
from tests.sources.scene import NOW, SHANGHAI, SYMBOL, Scene
from tests.store.rows import row

DAY = date(2025, 6, 24)  # five sessions before the end of the small world


def firm(stage: Scene, symbol: str) -> dict[str, object]:
    return stage.latest("firms").row(by_predicate=pl.col("symbol") == symbol, named=True)


@pytest.mark.parametrize(("exchange", "symbol"), [("SH", SHANGHAI), ("SZ", SYMBOL)])
def test_a_firm_keeps_its_name_and_theme_and_gets_its_last_day(stage: Scene, exchange: str, symbol: str) -> None:
    before = firm(stage, symbol)
    done = stage.attempt("delistings", exchange)
    after = firm(stage, symbol)
    assert (done.revised, done.new, done.requests) == (1, 0, 1)
    assert (after["delisted"], after["listed"]) == (DAY, before["listed"] or date(2001, 8, 28))
    assert [after[name] for name in ("name", "theme", "board")] == [before[name] for name in ("name", "theme", "board")]
    assert before["theme"] and after["known_at"] == before["known_at"]  # the theme was not known in 2025


def test_only_symbols_of_the_plan_are_stored_and_a_second_fetch_changes_nothing(stage: Scene) -> None:
    known = set(stage.latest("firms")["symbol"])
    stage.attempt("delistings", "SZ")
    again = stage.attempt("delistings", "SZ")
    assert (again.revised, again.new, again.unchanged) == (0, 0, 1)
    assert set(stage.latest("firms")["symbol"]) == known


def test_a_firm_that_is_new_is_known_from_the_morning_it_left(stage: Scene) -> None:
    stage.symbols = ("000003.SZ", "200003.SZ")  # a B share is no firm of ours
    done, new = stage.attempt("delistings", "SZ"), firm(stage, "000003.SZ")
    assert (done.new, new["name"], new["board"], new["theme"]) == (1, "退市测试", "szse_main", None)
    assert (new["listed"], new["delisted"], new["known_at"]) == (date(2001, 8, 28), DAY, datetime(2025, 6, 24, 9))


def test_a_day_that_somebody_stated_stays_with_its_own_time(stage: Scene) -> None:
    stated = datetime(2025, 5, 6, 20)
    changed = row("firms", symbol=SYMBOL, name="退市测试", board="chinext", delisted=DAY, known_at=stated)
    with Store.create_or_open(stage.path, now=NOW) as store:
        ingest(store, "firms", changed, "by hand", NOW)
    done = stage.attempt("delistings", "SZ")
    assert (done.revised, firm(stage, SYMBOL)["known_at"]) == (0, stated)


def test_a_delisting_in_the_future_makes_the_list_doubtful(stage: Scene) -> None:
    stage.now = datetime(2025, 6, 20, 18)
    done = stage.attempt("delistings", "SH")
    assert done.tried[0].cause is Cause.REFUSED and "future" in done.tried[0].detail
    assert firm(stage, SHANGHAI)["delisted"] is None


def test_fewer_rows_than_the_exchange_counts_are_refused(stage: Scene) -> None:
    done = stage.attempt("delistings", "SH", lambda address: "page2null")
    assert done.tried[0].cause is Cause.TRUNCATED and "1 of 3 rows" in done.tried[0].detail
