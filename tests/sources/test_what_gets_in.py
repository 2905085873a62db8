"""Nothing wrong gets in: units, phantom bars, the future, other providers' figures, lost rows, revised history."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import polars as pl
import pytest

from screener.sources.classify import Cause
from tests.loopback.world import Notice, World
from tests.sources.scene import FIRST, LAST, NOW, SYMBOL, Scene, on

SINA, QUOTES = "finance.sina", "push2his"
DAY = date(2025, 5, 12)


def no_sina(address: str) -> str:
    return "403" if SINA in address else "ok"


def fresh(world: World) -> None:
    world._bars.clear()


def test_an_answer_in_another_unit_is_refused_and_the_next_provider_steps_in(stage: Scene) -> None:
    stage.server.world.sina_unit = 100
    done = stage.attempt("bars", SYMBOL)
    assert done.provider == "Eastmoney"
    assert done.tried[0].cause is Cause.REFUSED
    assert "amount ÷ volume" in done.tried[0].detail
    assert done.refused == done.new > 0


def test_tencent_in_hands_for_sz000_is_refused_with_nobody_left(stage: Scene) -> None:
    stage.server.world.tencent_unit = 10_000
    done = stage.attempt("bars", SYMBOL, lambda address: "ok" if "qq.com" in address or "gtimg" in address else "403")
    assert not done.ok
    assert done.tried[-1].cause is Cause.REFUSED
    assert stage.latest("bars").is_empty()


def test_a_bar_on_a_saturday_is_left_out_and_told(stage: Scene) -> None:
    stage.server.world.phantom = date(2025, 5, 3)
    done = stage.attempt("bars", SYMBOL)
    assert (done.provider, done.refused) == ("Sina", 1)
    assert "2025-05-03" in done.notes[0]
    assert date(2025, 5, 3) not in stage.latest("bars")["session"].to_list()


def test_rows_from_the_future_make_an_answer_doubtful(stage: Scene) -> None:
    stage.now = datetime(2025, 6, 20, 18)
    done = stage.attempt("bars", SYMBOL)
    assert {one.cause for one in done.tried} >= {Cause.REFUSED}
    assert "future" in done.tried[0].detail


def test_a_session_that_is_not_over_is_not_stored(stage: Scene) -> None:
    stage.now = datetime(2025, 6, 30, 14)
    stage.attempt("bars", SYMBOL)
    assert stage.latest("bars")["session"].max() == date(2025, 6, 27)


def test_prices_are_stored_unadjusted_in_shares_and_yuan(stage: Scene) -> None:
    stage.attempt("bars", SYMBOL)
    told = stage.server.world.bars(SYMBOL)
    kept = stage.latest("bars").select("session", "open", "high", "low", "close", "volume", "amount").rows()
    assert kept == [tuple(bar) for bar in told]


def test_two_providers_that_differ_in_the_last_digit_of_volume_are_no_revision(stage: Scene) -> None:
    stage.attempt("bars", SYMBOL)
    done = stage.attempt("bars", SYMBOL, no_sina)
    assert (done.provider, done.new, done.revised) == ("Eastmoney", 0, 0)
    assert stage.findings() == []


def test_two_providers_more_than_a_tick_apart_are_shown_with_both_values(stage: Scene) -> None:
    stage.attempt("bars", SYMBOL)
    before = stage.latest("bars").filter(pl.col("session") == DAY)["close"].item()
    stage.server.world.close_shift[SYMBOL, DAY] = 0.05
    done = stage.attempt("bars", SYMBOL, no_sina)
    assert done.revised == 0
    assert stage.findings() == [f"close: Sina {before}, Eastmoney {before + 0.05:.2f}"]
    assert f"Sina {before}" in done.notes[0]
    assert stage.latest("bars").filter(pl.col("session") == DAY)["close"].item() == before


@pytest.mark.parametrize(("shift", "found"), [(0.0, 0), (0.5, 60)])
def test_the_index_is_compared_with_its_publisher(stage: Scene, shift: float, found: int) -> None:
    stage.server.world.publisher_shift = shift
    done = stage.attempt("indices", "000300.SH")
    assert (done.provider, done.new, len(done.notes), len(stage.findings())) == ("Sina", 60, found, found)


def test_a_disagreement_outlives_later_loads_and_stands_once(stage: Scene) -> None:
    stage.attempt("bars", SYMBOL)
    stage.server.world.close_shift[SYMBOL, DAY] = 0.05
    stage.attempt("bars", SYMBOL, no_sina)
    stage.attempt("bars", SYMBOL, no_sina)
    stage.attempt("bars", SYMBOL)
    assert len(stage.findings()) == 1


def test_history_revised_by_the_same_provider_is_a_new_version(stage: Scene) -> None:
    stage.attempt("bars", SYMBOL)
    stage.server.world.close_shift[SYMBOL, DAY] = 0.02
    stage.now = NOW + timedelta(days=1)
    done = stage.attempt("bars", SYMBOL)
    assert (done.new, done.revised) == (0, 1)
    row = stage.latest("bars").filter(pl.col("session") == DAY)
    assert row["known_at"].item() == stage.now


def test_a_history_that_ends_earlier_than_before_is_cut_short(stage: Scene) -> None:
    stage.attempt("bars", SYMBOL)
    world = stage.server.world
    world._bars[SYMBOL] = world._bars[SYMBOL][:-5]
    done = stage.attempt("bars", SYMBOL)
    assert done.tried[0].cause is Cause.TRUNCATED


def test_a_symbol_nobody_knows_is_named_so(stage: Scene) -> None:
    done = stage.attempt("bars", "300999.SZ")
    assert [one.cause for one in done.tried][:2] == [Cause.UNKNOWN_SYMBOL, Cause.UNKNOWN_SYMBOL]


@pytest.mark.parametrize(
    ("record", "kind", "shares", "cash"),
    [
        ({"bonus": None, "converted": 4.0, "cash": 1.5}, "bonus_and_cash", 0.4, 0.15),
        ({"bonus": 3.0, "converted": 2.0, "cash": None}, "bonus", 0.5, 0.0),
        ({"bonus": None, "converted": None, "cash": 0.35}, "cash", 0.0, 0.035),
        ({"bonus": None, "converted": 7.8, "cash": None, "text": "重整计划转增"}, "restructuring_conversion", 0.0, 0.0),
    ],
)
def test_cash_bonus_and_conversions_are_kept_apart(
    stage: Scene, record: dict[str, object], kind: str, shares: float, cash: float
) -> None:
    stage.server.world.dividends[SYMBOL] = [{"ex": DAY, "said": FIRST, **record}]
    stage.attempt("actions", SYMBOL)
    row = stage.latest("actions").row(0, named=True)
    assert (row["kind"], row["shares_to_holder"], row["cash_to_holder"]) == (kind, shares, cash)


def test_rights_give_nothing_and_say_ratio_and_price(stage: Scene) -> None:
    stage.server.world.rights[SYMBOL] = [{"price": "5.2", "ratio": "3", "ex": str(DAY), "code": "300093"}]
    stage.attempt("actions", SYMBOL)
    row = stage.latest("actions").filter(pl.col("kind") == "rights").row(0, named=True)
    terms = row["shares_to_holder"], row["rights_ratio"], row["rights_price"], row["note"]
    assert terms == (0.0, 0.3, 5.2, "3 new shares for 10 at 5.2 yuan")


def test_rights_whose_columns_moved_are_refused(stage: Scene) -> None:
    stage.server.world.rights[SYMBOL] = [{"price": "0", "ratio": "3", "ex": str(DAY), "code": "300093"}]
    assert stage.attempt("actions", SYMBOL).tried[0].cause is Cause.SHAPE_CHANGED


def test_an_action_that_vanishes_is_a_lost_row(stage: Scene) -> None:
    stage.attempt("actions", SYMBOL)
    stage.server.world.dividends[SYMBOL] = []
    done = stage.attempt("actions", SYMBOL)
    assert done.tried[0].cause is Cause.TRUNCATED


def test_share_capital_announced_after_its_first_day_is_known_when_announced(stage: Scene) -> None:
    stage.attempt("shares", SYMBOL)
    told = stage.server.world.shares(SYMBOL)[1]
    row = stage.latest("shares").row(-1, named=True)
    assert row["effective_date"] == told["day"]
    assert row["known_at"] == datetime.combine(told["said"], datetime.max.time().replace(microsecond=0))


def test_st_spells_come_from_dated_name_changes(stage: Scene) -> None:
    stage.attempt("names", "SZ")
    spells = stage.latest("st_spells").filter(pl.col("source").str.starts_with("SZSE"))
    days = stage.server.world.sessions
    assert spells.select("start", "end").row(0) == (days[20], days[40] - timedelta(days=1))


def notice(title: str, printed: date, published: datetime, number: int = 1) -> Notice:
    return Notice(number, SYMBOL, title, printed, published)


def test_announcements_carry_the_exchange_s_time_kind_and_link(stage: Scene) -> None:
    evening = datetime(2025, 5, 12, 19, 1, 22)
    stage.server.world.extra_notices = [notice("关于签订算力合同的公告", date(2025, 5, 13), evening)]
    stage.attempt("announcements", SYMBOL)
    row = stage.latest("announcements").filter(pl.col("announcement_id") == "cninfo-1").row(0, named=True)
    assert (row["known_at"], row["known_at_basis"], row["kind"], row["review"]) == (
        evening,
        "exchange_time",
        "order",
        "unreviewed",
    )
    assert row["url"].endswith("2025-05-13/1.PDF")


def test_without_a_time_an_announcement_is_known_at_the_end_of_its_day(stage: Scene) -> None:
    stage.attempt("announcements", SYMBOL, on("np-anotice", "403"))
    rows = stage.latest("announcements").filter(pl.col("review") == "unreviewed")
    assert rows.height > 0
    assert set(rows["known_at_basis"]) == {"date_only"}


def test_the_time_comes_later_where_it_was_missing_and_the_old_row_stays(stage: Scene) -> None:
    stage.attempt("announcements", SYMBOL, on("np-anotice", "403"))
    done = stage.attempt("announcements", SYMBOL)
    assert done.revised == len(stage.server.world.notices(SYMBOL))
    stage.attempt("announcements", SYMBOL, on("np-anotice", "403"))
    rows = stage.latest("announcements").filter(pl.col("review") == "unreviewed")
    assert set(rows["known_at_basis"]) == {"exchange_time"}


def test_one_announcement_told_by_both_providers_is_one_row(stage: Scene) -> None:
    stage.attempt("announcements", SYMBOL, on("www.cninfo", "403"))
    done = stage.attempt("announcements", SYMBOL)
    assert done.new == 0
    assert done.matched == len(stage.server.world.notices(SYMBOL))


def test_a_time_far_from_the_printed_date_is_not_believed(stage: Scene) -> None:
    late = notice("关于签订合同的公告", LAST - timedelta(days=9), datetime(2025, 6, 29, 10))
    stage.server.world.extra_notices = [replace(late, printed=date(2025, 4, 8))]
    stage.attempt("announcements", SYMBOL)
    row = stage.latest("announcements").filter(pl.col("announcement_id") == "cninfo-1").row(0, named=True)
    assert row["known_at"] == datetime(2025, 4, 8, 23, 59, 59)
