"""The whole market searched by keyword, through akshare against the loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from screener.core.errors import UsageError
from screener.core.tables import packaged
from screener.research import Research
from screener.sources import registry
from screener.sources.akshare_market import Query, searched
from screener.sources.classify import SourceFailure
from screener.sources.http import Policy
from screener.store.database import Store
from screener.store.discovering import Discovered
from tests import kept
from tests.loopback.server import Loopback, redirected
from tests.loopback.world import Notice, World

NOW = datetime(2026, 6, 30, 20)


class Searched(World):
    """A world of those notices alone."""

    def notices(self, symbol: str) -> list[Notice]:
        return [one for one in self.extra_notices if one.symbol == symbol]


def notice(number: int, symbol: str, title: str, day: date, firm: str = "测试") -> Notice:
    return Notice(number, symbol, title, day, datetime.combine(day - timedelta(days=1), NOW.time()), True, firm)


MARKET = [
    notice(11, "301382.SZ", "关于签订算力服务合同的公告", date(2026, 6, 9), "蜂助手"),
    notice(12, "603300.SH", "关于终止重大合同的公告", date(2026, 5, 20), "海南华铁"),
    notice(13, "002730.SZ", "关于控股子公司签订算力销售合同的公告", date(2026, 6, 11), "电光科技"),
    notice(14, "600000.SH", "关于召开算力主题投资者说明会的通知", date(2026, 6, 12), "某银行"),
    notice(15, "600001.SH", "重大合同管理制度", date(2026, 6, 12), "某厂"),
]


@pytest.fixture
def server() -> Iterator[Loopback]:
    """A market of five notices of firms outside the report."""
    world = Searched(("000001.SZ",), date(2026, 1, 5), date(2026, 6, 30), extra_notices=list(MARKET))
    made = Loopback(world)
    with redirected(made.server_address[1]):
        yield made
    made.stop()


@pytest.fixture
def house(server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Research:
    """An empty store of June 2026."""
    monkeypatch.setenv("SCREENER_PACE", "0")
    monkeypatch.setenv("SCREENER_NOW", NOW.isoformat())
    return Research(kept.copied(kept.seeded(NOW), tmp_path / "s.duckdb"))


def found(house: Research) -> dict[str, dict[str, object]]:
    with Store.open_read_only(house.path) as store:
        rows = store.latest("announcements").filter(pl.col("report_row").is_null())
        return {row["announcement_id"]: row for row in rows.to_dicts()}


@pytest.fixture(autouse=True)
def silent(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """No library draws bars of its own over what a command says."""
    yield
    assert "it/s" not in capfd.readouterr().err


def discover(house: Research, *words: str, since: str = "2026-05-01") -> Discovered:
    return house.discover(since, keywords=words or ("算力", "重大合同"))


def test_orders_of_any_listed_firm_are_kept_unreviewed_with_time_and_link(house: Research) -> None:
    done = discover(house)
    rows = found(house)
    assert set(rows) == {"cninfo-11", "cninfo-12", "cninfo-13", "cninfo-14"} and done.failures == []
    first = rows["cninfo-11"]
    assert (first["title"], first["kind"], first["review"]) == ("关于签订算力服务合同的公告", "order", "unreviewed")
    assert (first["known_at"], first["known_at_basis"]) == (datetime(2026, 6, 8, 20), "exchange_time")
    assert str(first["url"]).endswith("11.PDF")
    assert {"蜂助手", "海南华铁"} <= {row["firm"] for row in done.firms}


def test_a_second_search_asks_nothing_and_a_later_one_what_may_be_new(
    house: Research, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    discover(house)
    asked = len(server.seen)
    assert discover(house).up_to_date == 6 and len(server.seen) == asked
    monkeypatch.setenv("SCREENER_NOW", "2026-06-30T22:00:00")
    server.world.extra_notices.append(notice(16, "300571.SZ", "关于签订算力合同的公告", date(2026, 7, 1), "平治信息"))
    again = discover(house)
    assert {row["first"].month for row in again.pieces} == {6, 7}
    assert "cninfo-16" in found(house)


def test_more_rows_than_the_site_shows_are_asked_for_in_parts(server: Loopback) -> None:
    days = [date(2026, 3, 2) + timedelta(days=n % 20) for n in range(3300)]
    server.world.extra_notices = [
        notice(1000 + n, ("000001.SZ", "600000.SH")[n % 2], f"算力公告{n}", day) for n, day in enumerate(days)
    ]
    with registry.wire(Policy(pace=0)) as wire:
        done = searched(Query("算力", date(2026, 3, 1), date(2026, 3, 31)), wire)
    assert (done.frame.height, done.frame["announcement_id"].n_unique()) == (3300, 3300)
    assert done.queries == 3


def test_a_day_with_too_many_rows_is_asked_for_by_plate_and_refused_where_that_is_too_much(server: Loopback) -> None:
    symbols = ("000001.SZ", "300001.SZ", "600000.SH")
    server.world.extra_notices = [notice(n, symbols[n % 3], f"算力公告{n}", date(2026, 3, 2)) for n in range(3300)]
    day = Query("算力", date(2026, 3, 2), date(2026, 3, 2))
    with registry.wire(Policy(pace=0)) as wire:
        assert searched(day, wire).frame.height == 3300
        server.world.extra_notices = [notice(n, "600000.SH", f"算力公告{n}", date(2026, 3, 2)) for n in range(3001)]
        with pytest.raises(SourceFailure, match="3001 rows, of which the site shows 3000"):
            searched(day, wire)


FAULTS = {
    "403": "blocked",
    "json500": "provider error",
    "truncated": "truncated",
    "page2null": "truncated",
    "renamed": "shape changed",
}


@pytest.mark.parametrize("mode", FAULTS)
def test_a_fault_of_the_site_is_named_and_nothing_of_it_is_stored(house: Research, server: Loopback, mode: str) -> None:
    server.world.extra_notices = [notice(n, "600000.SH", f"签订算力合同{n}", date(2026, 6, 2)) for n in range(40)]
    server.mode = lambda address: mode if "hisAnnouncement" in address else "ok"
    done = discover(house, "算力", since="2026-06-01")
    assert FAULTS[mode] in done.failures[0] and found(house) == {}


def test_no_firm_enters_the_theme_before_its_announcement_was_known_and_reviewed(house: Research) -> None:
    discover(house)
    assert "301382.SZ" not in house.panel("2026-06-30", "theme").universe
    house.record("cninfo-11", kind="order", amount="46.08亿", term_months=60)
    panels = {day: house.panel(day, "theme") for day in ("2026-06-07", "2026-06-08")}
    assert {day: "301382.SZ" in panel._committed for day, panel in panels.items()} == {
        "2026-06-07": False,
        "2026-06-08": True,
    }


BODIES_ALONE = {"603629.SH", "000048.SZ", "300166.SZ"}  # 利通电子, 京基智农, 东方国信


def test_nine_of_the_reports_twelve_firms_are_found_by_title_before_it_names_them(server: Loopback) -> None:
    rows = packaged("announcements").sort("event_date").to_dicts()
    server.world.extra_notices = [
        notice(n, row["symbol"], row["title"], row["event_date"]) for n, row in enumerate(rows)
    ]
    first: dict[str, date] = {}
    with registry.wire(Policy(pace=0)) as wire:
        for word in packaged("keywords")["keyword"].to_list():
            hits = searched(Query(word, date(2023, 1, 1), date(2026, 6, 30)), wire).frame
            for symbol, day in hits.select("symbol", "event_date").iter_rows():
                first[symbol] = min(day, first.get(symbol, day))
    assert set(packaged("firms")["symbol"]) - set(first) == BODIES_ALONE
    assert len(first) == 9 and max(first.values()) <= date(2026, 6, 22)


@pytest.mark.parametrize(
    ("words", "missing"), [(packaged("keywords")["keyword"].to_list(), BODIES_ALONE), (["智算", "服务器"], None)]
)
def test_the_reach_of_titles_is_counted_from_what_is_stored(
    house: Research, words: list[str], missing: set[str] | None
) -> None:
    told = {row["symbol"]: row["first_hit"] for row in discover(house, *words, since="2026-06-01").by_title}
    titles = packaged("announcements").filter(pl.col("title").str.contains("|".join(words)))
    days = dict(titles.group_by("symbol").agg(pl.col("event_date").min()).iter_rows())
    assert told == {symbol: days.get(symbol) for symbol in packaged("firms")["symbol"]}
    assert missing is None or {symbol for symbol, day in told.items() if day is None} == missing


@pytest.fixture
def reported(house: Research, server: Loopback) -> pl.DataFrame:
    """What a fetch of a firm's figures stores; its first half-yearly report is an announcement of the store."""
    report = notice(21, "000001.SZ", "2025年半年度报告", date(2025, 8, 28))
    server.world.extra_notices, server.world.first = [report], date(2025, 1, 2)
    house.fetch("2025-01-01", symbols=["000001"], only=["announcements"])
    house.fetch("2025-01-01", symbols=["000001"], only=["segments"])
    with Store.open_read_only(house.path) as store:
        return store.latest("segments").sort("period_end", "item")


def known(rows: pl.DataFrame, measure: str) -> dict[date, datetime]:
    return dict(rows.filter(pl.col("measure") == measure).select("period_end", "known_at").iter_rows())


def test_revenue_by_product_is_known_with_the_report_it_stands_in(reported: pl.DataFrame) -> None:
    assert set(reported.filter(pl.col("measure") == "revenue")["item"]) == {"算力服务", "智能监控", "算力软件"}
    assert known(reported, "revenue") == {
        date(2025, 6, 30): datetime(2025, 8, 27, 20),
        date(2025, 12, 31): datetime(2026, 3, 31, 23, 59, 59),
        date(2026, 6, 30): datetime(2026, 6, 30, 23, 59, 59),
    }


@pytest.mark.parametrize(
    ("measure", "yuan"), [("contract_liabilities", 6e6), ("fixed_assets", 5.6e8), ("capital_expenditure", 1.2e8)]
)
def test_statement_lines_are_known_when_published_and_a_changed_one_from_the_change_on(
    reported: pl.DataFrame, measure: str, yuan: float
) -> None:
    days = known(reported, measure)
    assert days[date(2025, 3, 31)] == datetime(2025, 5, 29, 23, 59, 59)
    assert days[date(2025, 12, 31)] == datetime(2026, 3, 31, 23, 59, 59)  # published on 2026-02-28
    half = reported.filter((pl.col("measure") == measure) & (pl.col("period_end") == date(2025, 6, 30)))
    assert half["amount"].to_list() == [yuan] and half["item"].to_list() == ["total"]


def test_an_empty_keyword_is_refused(house: Research) -> None:
    with pytest.raises(UsageError, match="an empty keyword"):
        discover(house, "算力", " ")
