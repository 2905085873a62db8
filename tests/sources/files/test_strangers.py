"""Files as strangers have them: heads of several rows, plans in words, columns that say one thing twice."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from screener.core.adjusted import adjusted_word
from screener.core.errors import DataRefused
from screener.sources.files.plans import plan
from screener.sources.files.reading import read_folder
from screener.sources.files.terms import months_of
from tests.sources.files.making import DAYS, HEAD, PRICES, bars, checked, csv, put, read, workbook

ROWS = [[day, *row] for day, row in zip(DAYS, PRICES, strict=True)]
NAMES = "日期,开盘价,最高价,最低价,收盘价,成交量,成交额"


def whole(path: Path) -> None:
    """The file holds the bars of 600588.SH, each figure of them."""
    frame = checked(read(path))
    assert frame["symbol"].unique().to_list() == ["600588.SH"]
    assert [str(day) for day in frame["session"]] == list(DAYS)
    assert frame.select("open", "high", "low", "close", "volume").rows() == [row[:5] for row in PRICES]


# Heads


def test_a_second_heading_row_in_another_language_is_left_out(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["Date", "Open", "High", "Low", "Close", "Volume", "Amt"], NAMES.split(","), *ROWS]
    path = put(tmp_path, "600588.SH.xlsx", workbook({"wsd": rows}))
    whole(path)
    assert [one.what for one in read(path).skipped] == ["a second heading row"]


@pytest.mark.parametrize("first", ["Price", "", "Attributes"])
def test_the_tickers_below_the_headings_say_whose_they_are(tmp_path: Path, first: str) -> None:
    head = f"{first},Open,High,Low,Close,Volume\nTicker,{','.join(['600588.SS'] * 5)}\nDate,,,,,\n"
    body = "\n".join(",".join(str(cell) for cell in row[:6]) for row in ROWS)
    whole(put(tmp_path, "download.csv", f"{head}{body}\n"))


def test_several_firms_side_by_side_are_refused(tmp_path: Path) -> None:
    text = "Price,Close,Volume\nTicker,600588.SS,002558.SZ\nDate,,\n2026-06-01,20.5,100\n"
    with pytest.raises(DataRefused, match=r"several firms side by side.*600588\.SS, 002558\.SZ"):
        read(put(tmp_path, "download.csv", text))


def test_columns_kept_apart_by_blanks_alone(tmp_path: Path) -> None:
    head = "600588 某某网络 日线 不复权\n      日期     开盘    最高    最低    收盘    成交量    成交额\n"
    body = "\n".join("   ".join(str(cell) for cell in row) for row in ROWS)
    whole(put(tmp_path, "600588.txt", f"{head}{body}\n", "gb18030"))


def test_an_index_without_a_name_is_the_day_wherever_it_stands(tmp_path: Path) -> None:
    days = pl.Series(DAYS).str.to_datetime().dt.replace_time_zone("Asia/Shanghai")
    frame = pl.DataFrame([row[:5] for row in PRICES], schema=["open", "high", "low", "close", "volume"], orient="row")
    frame.with_columns(days.alias("__index_level_0__")).write_parquet(tmp_path / "600588.XSHG.parquet")
    whole(tmp_path / "600588.XSHG.parquet")


@pytest.mark.parametrize("title", ["单位：亿元", "合同台账（单位：亿元）", "金额单位: 人民币亿元"])
def test_a_unit_above_the_table_holds_for_its_amounts(tmp_path: Path, title: str) -> None:
    path = put(tmp_path, "c.csv", f"{title}\n代码,公告日期,合同金额,期限\n600588,2026-06-01,7.25,3年\n")
    [one] = [one for one in read_folder(tmp_path).files if one.dataset == "commitments"]
    assert one.path == path and one.frame["amount_high"].to_list() == [725_000_000]


# Units


@pytest.mark.parametrize(("heading", "cell", "shares"), [
    ("成交量(手)", "3.21万", 3_210_000), ("成交量(手)", "321万股", 3_210_000), ("成交量(股)", "321万", 3_210_000),
])  # fmt: skip
def test_ten_thousands_of_a_heading_in_lots_are_lots(tmp_path: Path, heading: str, cell: str, shares: int) -> None:
    text = f"代码,日期,开盘,最高,最低,收盘,{heading}\n600588,2026-06-01,20.1,20.9,19.8,20.5,{cell}\n"
    assert checked(read(put(tmp_path, "a.csv", text)))["volume"].to_list() == [shares]


@pytest.mark.parametrize(("heading", "printed"), [("亿元", "7.25亿元"), ("万元", "7.25万元"), ("元", "7.25")])
def test_a_bare_amount_is_printed_with_the_unit_of_its_heading(tmp_path: Path, heading: str, printed: str) -> None:
    path = put(tmp_path, "c.csv", f"代码,公告日期,合同金额({heading}),期限\n600588,2026-06-01,7.25,3年\n")
    assert read_folder(path).files[0].frame["printed_amount"].to_list() == [printed]


def test_a_revenue_without_a_unit_is_refused(tmp_path: Path) -> None:
    text = "合同编号,事项,日期,确认收入\nZ1,确认收入,2026-06-30,3500\n"
    with pytest.raises(DataRefused, match=r"unit of a column cannot be known.*确认收入 3500"):
        read(put(tmp_path, "f.csv", text))


@pytest.mark.parametrize(
    ("head", "row", "said"),
    [
        ("代码,公告日期,合同金额(亿元),合同总额(万元),期限", "600588,2026-06-01,5,80000,3年", "two columns for amount"),
        (
            "代码,日期,总股本(股),股份总数(万股)",
            "600588,2026-06-01,3294468600,429446.86",
            "two columns for total_shares",
        ),
        ("代码,除权除息日,送股比例,转增比例,送转总比例", "600588,2026-06-01,1,3,5", "are not all shares"),
        (
            "代码,除权除息日,分红方案,每10股派息(元)",
            "600588,2026-06-01,10派3元,5",
            "the plan is not what stands beside it",
        ),
    ],
)
def test_columns_that_say_one_thing_differently_are_refused_with_their_line(
    tmp_path: Path, head: str, row: str, said: str
) -> None:
    with pytest.raises(DataRefused, match=rf"{said}.*line 2"):
        read(put(tmp_path, "a.csv", f"{head}\n{row}\n"))


@pytest.mark.parametrize("head", ["代码,公告日期,合同金额(亿元),合同总额(万元)", "代码,公告日期,合同金额(亿元),金额"])
def test_columns_that_agree_or_hold_words_are_no_contradiction(tmp_path: Path, head: str) -> None:
    other = "50000" if "总额" in head else "见公告"
    path = put(tmp_path, "a.csv", f"{head}\n600588,2026-06-01,5,{other}\n")
    assert read_folder(path).files[0].frame["amount_high"].to_list() == [500_000_000]


# Adjusted prices


@pytest.mark.parametrize(("text", "word"), [
    ("600588 日线 前复权", "前复权"), ("复权方式：向前复权", "前复权"), ("后复权", "后复权"), ("600588_qfq", "qfq"),
    ("Forward Adjusted", "Forward Adjusted"), ("600588 日线 不复权", ""), ("复权方式：不复权", ""), ("复权因子", ""),
    ("unadjusted", ""), ("hfq_factor", ""), ("未复权", ""),
])  # fmt: skip
def test_words_that_say_adjusted(text: str, word: str) -> None:
    assert adjusted_word(text) == word


@pytest.mark.parametrize("clock", ["10:30:00", "13:00", "14:59"])
def test_a_time_within_the_session_is_no_daily_bar(tmp_path: Path, clock: str) -> None:
    rows = [[row[0], f"{row[1]} {clock}", *row[2:]] for row in bars()]
    with pytest.raises(DataRefused, match=r"one bar a day.*line 2|line 2.*one bar a day"):
        read(put(tmp_path, "a.csv", csv(rows)))


def test_a_factor_beside_raw_prices_is_said(tmp_path: Path) -> None:
    found = read(put(tmp_path, "a.csv", csv([[*row, 3.1] for row in bars()], f"{HEAD},adj_factor")))
    assert "adj_factor is not stored: the prices are taken as raw (不复权)" in [str(note) for note in found.notes]


def test_prices_with_an_amount_are_no_contracts(tmp_path: Path) -> None:
    rows = [[row[1], row[2], row[5], row[3], row[4], row[6] * 10] for row in bars()]
    with pytest.raises(DataRefused, match="volume too for the nearest one, bars"):
        read(put(tmp_path, "sh600588.csv", csv(rows, "date,open,close,high,low,amount")))


# Distributions


@pytest.mark.parametrize(("text", "told"), [
    ("10派3元转4股", (0.4, 0.3)), ("10送1转3派2.5元(含税)", (0.4, 0.25)), ("每10股派发现金红利1.2元", (0.0, 0.12)),
    ("每股派0.3元", None), ("每1股派0.3元", (0.0, 0.3)), ("10转4.8股派0.8元", (0.48, 0.08)),
    ("不分配不转增", (0.0, 0.0)),
    ("10配3股配股价5元", None), ("10派3元(含税，扣税后2.7元)", None), ("10派3派4", None), ("10", None), ("派3元", None),
])  # fmt: skip
def test_plans_are_read_to_their_end(text: str, told: tuple[float, float] | None) -> None:
    assert plan(text) == told


@pytest.mark.parametrize(
    ("progress", "count"), [("实施分配", 1), ("实施", 1), ("停止实施", 0), ("预案", 0), ("未实施", 0)]
)
def test_only_what_is_carried_out_is_an_action(tmp_path: Path, progress: str, count: int) -> None:
    text = f"代码,除权除息日,每10股派息(元),方案进度\n600588,2026-06-01,3,{progress}\n"
    assert read(put(tmp_path, "a.csv", text)).frame.height == count


def test_a_column_that_may_say_what_is_distributed_is_not_passed_over(tmp_path: Path) -> None:
    text = "代码,除权除息日,每10股派息(元),本次转增数,派息登记日\n600588,2026-06-01,3,4,2026-05-29\n"
    with pytest.raises(DataRefused, match=r"is not understood .*got 本次转增数"):
        read(put(tmp_path, "a.csv", text))


def test_distributions_of_baostock(tmp_path: Path) -> None:
    head = "code,dividPreNoticeDate,dividOperateDate,dividCashPsBeforeTax,dividStocksPs,dividReserveToStockPs"
    frame = checked(read(put(tmp_path, "d.csv", f"{head}\nsh.600588,2026-01-01,2026-06-01,0.3,0,0.4\n")))
    assert frame.select("kind", "shares_to_holder", "cash_to_holder").rows() == [("bonus_and_cash", 0.4, 0.3)]


# Whose, and which table


@pytest.mark.parametrize("name", ["沪深300.csv", "沪深300指数日线.csv", "CSI300.csv"])
def test_a_file_named_like_an_index_is_that_index(tmp_path: Path, name: str) -> None:
    found = read(put(tmp_path, name, csv(ROWS, NAMES)))
    assert found.dataset == "indices" and found.frame["index"].unique().to_list() == ["000300.SH"]


def test_a_folder_named_like_an_index_holds_its_members(tmp_path: Path) -> None:
    put(tmp_path, "沪深300/某某股份.csv", csv(ROWS, NAMES))
    assert "expected symbol too" in read_folder(tmp_path).refused[0].reason


def test_a_firm_may_stand_by_its_short_name_alone(tmp_path: Path) -> None:
    path = put(tmp_path, "c.csv", "公司,公告日期,合同金额(亿元),期限\n协创数据,2026-06-01,3.5,3年\n")
    assert read_folder(path).files[0].frame["symbol"].to_list() == ["300857.SZ"]
    text = "公司,公告日期,合同金额(亿元),期限\n协创数据,2026-06-01,3.5,3年\n某某网络,2026-06-01,3.5,3年\n"
    with pytest.raises(DataRefused, match=r"line 3.*某某网络|某某网络.*line 3"):
        read(put(tmp_path, "d.csv", text))


def test_a_share_count_without_a_day_is_no_list_of_firms(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="effective_date too for the nearest one, shares"):
        read(put(tmp_path, "s.csv", "代码,名称,总股本(万股)\n600588,某某网络,341765.01\n"))


@pytest.mark.parametrize(("cell", "status"), [("*ST", "*ST"), ("＊ST", "*ST"), ("ST", "ST"), ("退市风险警示", "*ST")])
def test_the_star_of_a_status_stays(tmp_path: Path, cell: str, status: str) -> None:
    path = put(tmp_path, "st.csv", f"代码,状态,戴帽日期,摘帽日期\n600588,{cell},2026-03-02,\n")
    assert read(path).frame["status"].to_list() == [status]


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        put(tmp_path, f"{folder}/bars.csv", f"{HEAD}\n600588,2026-06-01,1,1,1,x,100,100\n")
    refused = read_folder(tmp_path).refused
    assert [one.file for one in refused] == ["a/bars.csv", "b/bars.csv"]
    assert all(one.file in one.reason for one in refused)


# Terms


@pytest.mark.parametrize(("text", "months"), [
    ("三十六个月", 36), ("二十四个月", 24), ("十二个月", 12), ("十个月", 10), ("三六个月", None), ("百个月", None),
    ("2026年4月1日至2029年3月31日", 36), ("自2026-04-01起至2027-03-31止", 12), ("2029年3月31日至2026年4月1日", None),
])  # fmt: skip
def test_terms_in_chinese_counts_and_between_two_days(text: str, months: int | None) -> None:
    assert months_of(text, date(2026, 3, 12)) == months


def test_a_term_from_its_first_to_its_last_day(tmp_path: Path) -> None:
    text = "代码,公告日期,合同金额(亿元),开始日期,结束日期\n600588,2026-03-12,5,2026-05-01,2029-04-30\n"
    assert read_folder(put(tmp_path, "c.csv", text)).files[0].frame["term_months"].to_list() == [36]
