"""Days, numbers, amounts, terms and codes: each read to its last character, or not at all."""

# ruff: noqa: E501 - rows of files are as long as they are

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from screener.sources.files import cells
from screener.sources.files.amounts import Amount, amount
from screener.sources.files.codes import Sort, code_in_names, code_of, index_of
from screener.sources.files.dates import moments
from screener.sources.files.numbers import number, numbers
from screener.sources.files.terms import months_of

DAY = datetime(2026, 3, 27)


@pytest.mark.parametrize(
    "text",
    ["2026-03-27", "20260327", "2026/3/27", "2026-3-27", "2026.03.27", "2026年3月27日", "２０２６-０３-２７", "20260327.0",
     "3/27/2026", "27/3/2026", "27.03.2026", "27-Mar-2026", "March 27, 2026", "46108", "46108.0", "'2026-03-27",
     '="2026-03-27"', "2026-03-27(五)", "2026-03-27 星期五", "2026-03-27,五", " 2026-03-27\t", "2026-03-27 00:00:00", "20260327 00:00:00",
     "2026-03-26T16:00:00Z", "2026-03-26 16:00:00+00:00", "2026-03-27T00:00:00+08:00", "2026-03-26 11:00 -0500"],
)  # fmt: skip
def test_a_day_in_every_spelling(text: str) -> None:
    assert moments([text]).read[text].at == DAY


@pytest.mark.parametrize(
    ("text", "clock"),
    [("2026-03-27 6:32 PM", "18:32"), ("2026-03-27 06:32:10 am", "06:32:10"), ("2026-03-27 12:05 AM", "00:05"),
     ("2026-03-27 下午6:32", "18:32"), ("2026/3/27 18:32", "18:32"), ("20260327183210", "18:32:10"),
     ("202603271832", "18:32"), ("2026-03-27T18:32:10.5", "18:32:10.500000"), ("2026-03-27T10:32:10Z", "18:32:10"),
     ("2026年3月27日 18时32分", "18:32"), ("46108.75", "18:00"), ("2026-03-27T18:32:10+08:00", "18:32:10")],
)  # fmt: skip
def test_a_time_of_day_is_that_of_shanghai(text: str, clock: str) -> None:
    found = moments([text]).read[text]
    assert found.timed and found.at == datetime.fromisoformat(f"2026-03-27 {clock}")


@pytest.mark.parametrize(
    "text",
    ["26/3/27", "26-03-27", "2026-02-30", "2026-13-01", "1926-03-27", "2126-03-27", "0026-03-27", "+20000-01-01",
     "2026-03-27x", "2026-03-27 18:32 CST", "2026-03-27 18:32 PM PM", "2026-03-27 25:00", "2026-03-27 13:00 PM",
     "2026-03-27+08:00", "2026-03-2718:32", "2026-03-27(四)", "4/5/2026", "1774540800", "1774540800000", "soon", "2026",
     "2026-03-27 18:32:10Z+08:00", "99999", "2026/03-27"],
)  # fmt: skip
def test_what_is_no_day_to_its_end_is_none(text: str) -> None:
    assert text not in moments([text]).read


def test_a_column_tells_month_from_day() -> None:
    texts = ["4/5/2026", "4/25/2026"]
    found = moments(texts)
    assert found.read["4/5/2026"].at == datetime(2026, 4, 5) and found.order == "month first"
    assert "4/5/2026" not in moments([*texts, "25/4/2026"]).read


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,234.5", 1234.5), ("12亿", 12e8), ("3.5亿元", 3.5e8), ("1.2万手", 1.2e6), ("￥1,234", 1234), ("人民币 500万元", 5e6),
     ("45%", 0.45), ('="1234"', 1234), ("'77", 77), ("１２．５", 12.5), ("1.5e6", 1.5e6), ("-3", -3), ("8000万股", 8e7)],
)  # fmt: skip
def test_a_number_in_every_spelling(text: str, value: float) -> None:
    found = number(text)
    assert found is not None and found[0] == pytest.approx(value)


@pytest.mark.parametrize(
    "text", ["1.234,5", "1,23", "12亿左右", "1 2", "1_0", "0x10", "十二亿", "12 apples", "1-2", "--1"]
)
def test_what_is_no_number_to_its_end_is_none(text: str) -> None:
    assert number(text) is None


def test_units_in_cells_are_told_apart_from_plain_ones() -> None:
    found = numbers(pl.Series(["12亿", "300", "", "--", "NaN", "停牌"]))
    assert found.values.to_list() == [12e8, 300.0, None, None, None, None]
    assert found.own.to_list() == [True, False, False, False, False, False] and not found.unread.any()


@pytest.mark.parametrize("text", ["inf", "-Infinity", "1e400"])
def test_an_infinite_number_is_none(text: str) -> None:
    assert numbers(pl.Series([text])).unread.all()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12亿", Amount(12e8, 12e8, "exact", None, True)), ("2-3亿元", Amount(2e8, 3e8, "range", None, True)),
     ("2亿至3亿", Amount(2e8, 3e8, "range", None, True)), ("不超过5亿", Amount(None, 5e8, "ceiling", None, True)),
     ("约3.03亿元（含税）", Amount(3.03e8, 3.03e8, "estimate", "included", True)),
     ("未披露", Amount(None, None, "undisclosed")), ("120000", Amount(12e8, 12e8, "exact"))],
)  # fmt: skip
def test_an_amount_as_announcements_print_it(text: str, expected: Amount) -> None:
    assert amount(text, 1e4) == expected


@pytest.mark.parametrize("text", ["三亿", "5亿到3亿", "超过5亿", "12亿股", "-1亿"])
def test_an_amount_that_says_something_else_is_none(text: str) -> None:
    assert amount(text, 1.0) is None


@pytest.mark.parametrize(
    ("text", "months"),
    [("36个月", 36), ("48月", 48), ("3年", 36), ("三年", 36), ("五年", 60), ("1年6个月", 18), ("一年半", 18), ("2.5年", 30),
     ("1095天", 36), ("截至2029年6月30日", 36), ("至2028-12-31止", 30), ("2029/6/30", 36), ("十八个月", 18), ("5 years", 60)],
)  # fmt: skip
def test_a_term_in_every_spelling(text: str, months: int) -> None:
    assert months_of(text, date(2026, 6, 30)) == months


@pytest.mark.parametrize("text", ["36", "3-5年", "36个月（可续）", "长期", "截至2025年6月30日", "100天", "0年"])
def test_a_term_that_leaves_a_doubt_is_none(text: str) -> None:
    assert months_of(text, date(2026, 6, 30)) is None


@pytest.mark.parametrize(
    "text",
    ["002558", "2558", "2558.0", '="002558"', "'002558", "SZ#002558", "sz.002558", "SZSE:002558", "s_sz002558", "0.002558",
     "002558.XSHE", "002558.SZ", "００２５５８", "002558 某某网络", "002558\t", "SZ002558"],
)  # fmt: skip
def test_a_code_in_every_spelling(text: str) -> None:
    assert (code_of(text).sort, code_of(text).symbol) == (Sort.STOCK, "002558.SZ")


@pytest.mark.parametrize(
    ("text", "sort"),
    [("159915", Sort.OTHER), ("588000", Sort.OTHER), ("900932", Sort.OTHER), ("200725", Sort.OTHER), ("113050", Sort.OTHER),
     ("00981", Sort.OTHER), ("0981.HK", Sort.OTHER), ("NVDA.O", Sort.OTHER), ("881121", Sort.OTHER), ("399006", Sort.INDEX),
     ("000905.SH", Sort.INDEX), ("000300", Sort.INDEX), ("300", Sort.INDEX), ("000905", Sort.STOCK), ("002558.SS", Sort.WRONG),
     ("1.002558", Sort.WRONG), ("723456", Sort.WRONG), ("25580", Sort.WRONG), ("", Sort.WRONG)],
)  # fmt: skip
def test_what_a_code_is(text: str, sort: Sort) -> None:
    assert code_of(text).sort is sort


@pytest.mark.parametrize(
    "text", ["sh000300", "000300", "300", "000300.XSHG", "000300.sh", "399300.SZ", "沪深300", "CSI300"]
)
def test_an_index_in_every_spelling(text: str) -> None:
    assert index_of(text).symbol == "000300.SH"


@pytest.mark.parametrize(
    "name",
    ["600588.csv", "sh.600588.csv", "SH#600588.txt", "600588.XSHG.csv", "K线导出_600588.SH.xlsx", "daily_600588.csv",
     "600588_20200101_20260630.csv", "sh600588_不复权.csv", "600588 某某网络 日线 不复权"],
)  # fmt: skip
def test_a_name_says_whose_rows_these_are(name: str) -> None:
    found = code_in_names([name])
    assert found is not None and found.symbol == "600588.SH"


@pytest.mark.parametrize("name", ["bars.csv", "202606.csv", "20260630.csv", "600588_002558.csv", "1234567.csv"])
def test_a_name_that_names_none_or_two_says_nothing(name: str) -> None:
    assert code_in_names([name]) is None


@pytest.mark.parametrize(
    ("words", "value"),
    [("是 TRUE true 1 yes 有 对 Y", True), ("否 FALSE false 0 no 无 N", False)],
)
def test_yes_and_no(words: str, value: bool) -> None:
    # 无 is also how a missing value is written
    read = cells.flags(pl.Series(words.replace("无", "").split()))
    assert read.unique().to_list() == [value]


def test_yes_and_no_are_all_there_is() -> None:
    with pytest.raises(cells.Unread, match="maybe"):
        cells.flags(pl.Series(["是", "maybe"]))


@pytest.mark.parametrize(("value", "whole"), [(12_345.000_000_1, True), (25_425_714.3, False), (0.002, False)])
def test_share_counts_are_whole_at_an_absolute_tolerance(value: float, whole: bool) -> None:
    series = pl.Series([value])
    if whole:
        assert cells.whole(series, series, "shares").to_list() == [round(value)]
    else:
        with pytest.raises(cells.Unread):
            cells.whole(series, series, "shares")
