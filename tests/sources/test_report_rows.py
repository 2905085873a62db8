"""Rows of the packaged report against fetched announcements: the exchange's time, the old one kept, moved sessions."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from screener.store.database import Store
from tests.loopback.world import Notice
from tests.sources.scene import SYMBOL, Scene

# R45 of the report: 300093.SZ, printed 2025-06-30, known at the end of that day.
TITLE = "关于孙公司签订重大算力销售合同的公告"


def told(stage: Scene, printed: date, published: datetime, title: str = TITLE) -> None:
    stage.server.world.extra_notices = [Notice(7, SYMBOL, title, printed, published)]
    stage.server.world.notices_per_quarter = 1


def row(stage: Scene, table: str, name: str, value: str) -> dict[str, object]:
    return stage.latest(table).filter(pl.col(name) == value).row(0, named=True)


def test_the_exchange_s_time_replaces_the_report_s_and_the_old_row_stays(stage: Scene) -> None:
    told(stage, date(2025, 6, 30), datetime(2025, 6, 27, 19, 5))
    done = stage.attempt("announcements", SYMBOL)
    kept = row(stage, "announcements", "announcement_id", "R45")
    assert (kept["known_at"], kept["known_at_basis"]) == (datetime(2025, 6, 27, 19, 5), "exchange_time")
    assert (kept["kind"], kept["report_row"], kept["event_date"]) == ("order", 45, date(2025, 6, 30))
    assert done.matched == 1
    with Store.open_read_only(stage.path) as store:
        versions = store.frame("announcements").filter(pl.col("announcement_id") == "R45")
    assert versions["known_at"].to_list() == [datetime(2025, 6, 30, 23, 59, 59), kept["known_at"]]


def test_the_row_whose_session_moved_is_named(stage: Scene) -> None:
    told(stage, date(2025, 6, 30), datetime(2025, 6, 27, 19, 5))
    moved = stage.attempt("announcements", SYMBOL).moved
    assert [(one.announcement_id, one.session_before, one.session_now) for one in moved] == [
        ("R45", date(2025, 7, 1), date(2025, 6, 30))
    ]


def test_its_commitments_and_links_move_with_it(stage: Scene) -> None:
    told(stage, date(2025, 6, 30), datetime(2025, 6, 27, 19, 5))
    stage.attempt("announcements", SYMBOL)
    assert row(stage, "commitments", "commitment_id", "R45-1")["known_at"] == datetime(2025, 6, 27, 19, 5)


def test_the_same_session_is_no_move(stage: Scene) -> None:
    told(stage, date(2025, 6, 30), datetime(2025, 6, 30, 19, 5))
    done = stage.attempt("announcements", SYMBOL)
    assert (done.matched, done.moved) == (1, ())


def test_asking_twice_changes_nothing(stage: Scene) -> None:
    told(stage, date(2025, 6, 30), datetime(2025, 6, 27, 19, 5))
    stage.attempt("announcements", SYMBOL)
    again = stage.attempt("announcements", SYMBOL)
    assert (again.new, again.revised, again.moved) == (0, 0, ())


def test_another_title_or_a_far_day_is_another_announcement(stage: Scene) -> None:
    told(stage, date(2025, 6, 20), datetime(2025, 6, 19, 19, 5))
    assert stage.attempt("announcements", SYMBOL).matched == 0
    told(stage, date(2025, 6, 30), datetime(2025, 6, 27, 19, 5), TITLE + "（补充）")
    assert stage.attempt("announcements", SYMBOL).matched == 0


def test_a_matched_announcement_is_not_a_second_row(stage: Scene) -> None:
    told(stage, date(2025, 6, 30), datetime(2025, 6, 27, 19, 5))
    stage.attempt("announcements", SYMBOL)
    assert "cninfo-7" not in stage.latest("announcements")["announcement_id"].to_list()
