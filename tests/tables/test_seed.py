"""What the rows of the report add up to: the assertions a reader of the report can check by hand."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from screener.core.calendar import add_months, packaged_calendar
from screener.core.config import REPORT_KNOWN_AT
from screener.core.tables import packaged

FIRMS = {
    "宏景科技": 12, "协创数据": 12, "智微智能": 5, "金刚光伏": 5, "杰创智能": 5, "利通电子": 4,
    "赛意信息": 4, "奥尼电子": 3, "盛视科技": 3, "东方国信": 3, "天阳科技": 3, "京基智农": 2,
}  # fmt: skip
HONGJING = "301396.SZ"


def commitments() -> pl.DataFrame:
    """Commitments with the time at which each was known and the row it comes from."""
    rows = packaged("announcements").select("announcement_id", "report_row", said="known_at")
    frame = packaged("commitments").join(rows, on="announcement_id", how="left")
    return frame.with_columns(known=pl.coalesce("known_at", "said"))


def counted(policy: str) -> pl.DataFrame:
    """Inflow commitments with an amount that a counting policy keeps."""
    frame = commitments().filter((pl.col("direction") == "inflow") & pl.col("amount_high").is_not_null())
    doubles = packaged("links").filter(pl.col("kind") == "re_announces")["from_id"].to_list()
    if policy in ("dedup", "firm", "strict"):
        frame = frame.filter(pl.col("is_compute") & ~pl.col("commitment_id").is_in(doubles))
    if policy in ("firm", "strict"):
        frame = frame.filter(pl.col("amount_basis") != "ceiling")
    return frame.filter(pl.col("work") != "integration") if policy == "strict" else frame


def test_there_are_61_rows_numbered_as_in_the_report() -> None:
    frame = packaged("announcements")
    assert frame["report_row"].to_list() == list(range(1, 62))
    assert frame["announcement_id"].to_list() == [f"R{row:02d}" for row in range(1, 62)]
    assert frame["source_line"].is_sorted()


def test_rows_per_firm() -> None:
    frame = packaged("announcements").join(packaged("firms"), on="symbol").group_by("name").len()
    assert dict(frame.iter_rows()) == FIRMS


def test_thirteen_rows_of_five_firms_carry_an_order_cell() -> None:
    frame = commitments().filter(pl.col("printed_column") == "order")
    assert frame["report_row"].to_list() == [3, 4, 5, 6, 7, 8, 9, 10, 11, 40, 45, 53, 61]
    assert frame["symbol"].n_unique() == 5


@pytest.mark.parametrize(
    ("policy", "hongjing", "everyone"),
    [
        ("gross", 3_490_401_591.21, 4_572_401_591.21),
        ("dedup", 2_920_041_591.21, 3_954_041_591.21),
        ("firm", 2_608_521_200.00, 3_642_521_200.00),
        ("strict", 2_212_661_200.00, 3_246_661_200.00),
    ],
)
def test_order_totals_by_counting_policy(policy: str, hongjing: float, everyone: float) -> None:
    frame = counted(policy)
    assert frame["amount_high"].sum() == pytest.approx(everyone, abs=0.005)
    assert frame.filter(pl.col("symbol") == HONGJING)["amount_high"].sum() == pytest.approx(hongjing, abs=0.005)


def test_of_a_suspected_pair_the_first_known_counts() -> None:
    rows = counted("dedup")["report_row"].to_list()
    assert {3, 6} <= set(rows)
    assert not {5, 8} & set(rows)


def test_the_stated_total_of_hongjing_is_not_the_sum_of_its_rows() -> None:
    row = packaged("statements").row(by_predicate=pl.col("statement") == "hongjing_orders", named=True)
    assert row["computed"] - row["stated"] == pytest.approx(3_401_591.21, abs=0.005)
    assert row["agrees"] is False


def test_no_subset_of_hongjing_rows_gives_the_stated_total() -> None:
    amounts = counted("gross").filter(pl.col("symbol") == HONGJING)["amount_high"].to_list()
    sums = {0.0}
    for amount in amounts:
        sums |= {total + amount for total in sums}
    assert min(abs(total - 3.487e9) for total in sums) > 1e6


def test_purchases_are_outflows_ten_times_all_orders() -> None:
    frame = commitments().filter(pl.col("kind") == "purchase")
    assert frame.height == 13
    assert set(frame["direction"]) == {"outflow"}
    assert frame["amount_high"].sum() == 45_783_000_000
    by_firm = dict(frame.group_by("symbol").agg(pl.col("amount_high").sum()).iter_rows())
    assert by_firm["300857.SZ"] == 29_250_000_000
    assert by_firm["002990.SZ"] == 7_100_000_000


def test_the_cooperation_of_shengshi_is_neither_order_nor_purchase() -> None:
    frame = commitments().filter(pl.col("report_row") == 39)
    assert frame.select("kind", "direction", "confidence").rows() == [("cooperation", "unclear", "D")]
    assert "R39-1" not in counted("gross")["commitment_id"].to_list()


def test_seven_firms_have_no_order_amount_and_none_of_them_a_zero() -> None:
    with_amount = set(counted("gross")["symbol"])
    without = set(packaged("firms")["symbol"]) - with_amount
    assert len(without) == 7
    undisclosed = commitments().filter((pl.col("direction") == "inflow") & pl.col("amount_high").is_null())
    assert undisclosed["report_row"].to_list() == [14, 33, 43, 58, 59]
    assert undisclosed["is_compute"].all()


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (datetime(2025, 8, 28, 23, 59, 59), [1.354e9, 1.054e9]),
        (datetime(2026, 6, 30, 23, 59, 58), [1.354e9, 1.054e9]),
        (REPORT_KNOWN_AT, [1.354e9, 1.054e9, 1.3e9, 0.99e9]),
    ],
)
def test_the_amended_raise_is_known_only_with_the_report(as_of: datetime, expected: list[float]) -> None:
    frame = commitments().filter((pl.col("report_row") == 12) & (pl.col("known") <= as_of))
    assert frame["amount_high"].to_list() == expected


def test_the_completion_date_of_row_59_is_not_known_on_its_day() -> None:
    frame = commitments().filter((pl.col("report_row") == 59) & (pl.col("known") < REPORT_KNOWN_AT))
    assert frame["commitment_id"].to_list() == ["R59-1", "R59-2"]
    assert frame.row(0, named=True)["amount_low"] == 3_500_000_000


def test_six_rows_are_printed_on_saturdays() -> None:
    calendar = packaged_calendar()
    frame = packaged("announcements").filter(
        pl.col("event_date").map_elements(lambda d: calendar.on_or_after(d) != d, pl.Boolean)
    )
    assert frame["report_row"].to_list() == [19, 20, 23, 25, 36, 51]
    assert {day.isoweekday() for day in frame["event_date"]} == {6}


def test_row_52_comes_before_row_51_when_sorted_by_time() -> None:
    rows = packaged("announcements").sort("known_at")["report_row"].to_list()
    assert rows.index(52) < rows.index(51)


def test_evening_releases_are_known_before_the_next_open() -> None:
    known = dict(packaged("announcements").select("report_row", "known_at").iter_rows())
    assert known[24] < datetime(2026, 2, 13, 9, 15)
    assert known[23] == datetime(2025, 12, 27, 23, 59, 59)


def test_suspected_pairs_share_an_amount_and_stay_suspected() -> None:
    amounts = dict(packaged("commitments").select("commitment_id", "amount_high").iter_rows())
    pairs = packaged("links").filter(pl.col("kind") == "re_announces")
    assert set(pairs["state"]) == {"suspected"}
    assert [(a, b) for a, b in pairs.select("from_id", "to_id").iter_rows()] == [("R05-1", "R03-1"), ("R08-1", "R06-1")]
    assert all(amounts[a] == amounts[b] for a, b in pairs.select("from_id", "to_id").iter_rows())


def test_first_days_on_which_a_firm_could_enter_the_universe() -> None:
    opening = packaged("kinds").filter(pl.col("opens_universe"))["kind"].to_list()
    frame = commitments().filter(
        pl.col("kind").is_in(opening) & pl.col("is_compute") & pl.col("amount_high").is_not_null()
    )
    first = dict(frame.group_by("symbol").agg(pl.col("known").min().dt.date()).iter_rows())
    assert set(packaged("firms")["symbol"]) - set(first) == {"301189.SZ", "000048.SZ"}
    assert first["603629.SH"] == date(2023, 6, 2)
    assert first["300687.SZ"] == date(2026, 5, 15)  # not the software order of 2025
    assert first["001339.SZ"] == date(2026, 6, 22)


def test_the_revenue_of_jingang_is_about_one_month_of_its_contract() -> None:
    fact = packaged("contract_facts").row(0, named=True)
    contract = packaged("commitments").row(by_predicate=pl.col("commitment_id") == fact["commitment_id"], named=True)
    assert fact["amount"] == 6_620_900
    assert fact["amount"] == pytest.approx(contract["amount_high"] / contract["term_months"], rel=0.07)
    assert fact["known_at"] == datetime(2026, 4, 3, 23, 59, 59)


def test_the_only_rating_is_one_of_an_industry_and_pending_in_november_2026() -> None:
    ratings = packaged("ratings")
    assert ratings["subject_kind"].to_list() == ["industry"]
    assert ratings["known_at"].to_list() == [REPORT_KNOWN_AT]
    assert add_months(ratings["report_date"][0], 6) == date(2026, 12, 22)


def test_the_spell_of_jingang_is_what_titles_prove() -> None:
    spell = packaged("st_spells").row(0, named=True)
    titled = packaged("announcements").filter(pl.col("title").str.starts_with("*ST"))
    assert (spell["start"], spell["end"]) == (titled["event_date"].min(), titled["event_date"].max())
    assert set(titled["symbol"]) == {spell["symbol"]}
