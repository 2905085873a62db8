"""Announcements, contracts, facts, ratings and firms as an analyst keeps them: little is needed, the rest is said."""

# ruff: noqa: E501 - rows of files are as long as they are

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from screener.core.errors import DataRefused
from screener.sources.files.reading import read_folder
from tests.sources.files.making import checked, put, read, workbook

NEED = "代码,公告日期,合同金额,期限"


def contract(folder: Path, row: str, head: str = NEED) -> dict[str, Any]:
    found = read_folder(put(folder, "合同.csv", f"{head}\n{row}\n"))
    return checked(found.files[0]).row(0, named=True)


def test_firm_date_amount_and_term_are_a_contract(tmp_path: Path) -> None:
    found = read_folder(put(tmp_path, "合同.csv", f"{NEED}\n600588,2026/3/27,3.5亿元,3年\n"))
    row = checked(found.files[0]).row(0, named=True)
    assert {name: row[name] for name in row if row[name] is not None} == {
        "commitment_id": "600588.SH-20260327-1", "announcement_id": "600588.SH-20260327", "symbol": "600588.SH",
        "kind": "order", "is_compute": True, "direction": "inflow", "amount_low": 3.5e8, "amount_high": 3.5e8,
        "amount_basis": "exact", "printed_amount": "3.5亿元", "tax": "unknown", "currency": "CNY", "term_months": 36,
    }  # fmt: skip
    made = found.files[1]
    assert made.where_missing and checked(made).select("announcement_id", "symbol", "event_date", "kind").rows() == [
        ("600588.SH-20260327", "600588.SH", date(2026, 3, 27), "order")
    ]
    said = {note.what.split(" ")[0] for note in found.files[0].notes}
    assert {"kind", "direction", "is_compute", "tax", "currency", "amount_basis", "announcement_id"} <= said


@pytest.mark.parametrize(
    ("cell", "low", "high", "basis"),
    [("2亿-3亿", 2e8, 3e8, "range"), ("不超过5亿", None, 5e8, "ceiling"), ("约3亿", 3e8, 3e8, "estimate"), ("未披露", None, None, "undisclosed"),
     ("", None, None, "undisclosed"), ("350000000", 3.5e8, 3.5e8, "exact"), ("35,000万元", 3.5e8, 3.5e8, "exact")],
)  # fmt: skip
def test_amounts_as_printed(tmp_path: Path, cell: str, low: float | None, high: float | None, basis: str) -> None:
    row = contract(tmp_path, f'600588,2026-03-27,"{cell}",36个月')
    assert (row["amount_low"], row["amount_high"], row["amount_basis"]) == (low, high, basis)


@pytest.mark.parametrize(
    ("head", "amount"), [("合同金额(亿元)", "3.5"), ("合同金额（万元）", "35000"), ("合同金额:百万", "350")]
)
def test_the_heading_says_the_unit_of_an_amount(tmp_path: Path, head: str, amount: str) -> None:
    assert (
        contract(tmp_path, f"600588,2026-03-27,{amount},36个月", f"代码,公告日期,{head},期限")["amount_high"] == 3.5e8
    )


def test_a_bare_amount_that_is_no_yuan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"unit of a column cannot be known.*合同金额 35000"):
        read(put(tmp_path, "合同.csv", f"{NEED}\n600588,2026-03-27,35000,36个月\n"))


@pytest.mark.parametrize(
    ("head", "term"),
    [
        ("期限(月)", "36"),
        ("租期（年）", "3"),
        ("term_months", "36"),
        ("合同期限", "截至2029年3月27日"),
        ("到期日", "2029-03-27"),
    ],
)
def test_the_heading_says_the_unit_of_a_term(tmp_path: Path, head: str, term: str) -> None:
    assert contract(tmp_path, f"600588,2026-03-27,3亿,{term}", f"代码,公告日期,合同金额,{head}")["term_months"] == 36


@pytest.mark.parametrize("term", ["36", "3-5年", "长期"])
def test_a_term_that_leaves_a_doubt_is_refused(tmp_path: Path, term: str) -> None:
    with pytest.raises(DataRefused, match=r"term_months not understood \(合同\.csv line 2\)"):
        read(put(tmp_path, "合同.csv", f"{NEED}\n600588,2026-03-27,3亿,{term}\n"))


def test_a_date_of_signing_is_not_when_the_market_knew(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="event_date"):
        read(put(tmp_path, "合同.csv", "代码,签订日期,合同金额,期限\n600588,2026-03-27,3亿,36个月\n"))


@pytest.mark.parametrize(
    ("head", "word", "column", "value"),
    [("类型", "合同订单", "kind", "order"), ("类型", "signed order", "kind", "order"), ("类型", "框架协议", "kind", "framework"),
     ("方向", "流出", "direction", "outflow"), ("是否算力", "否", "is_compute", False), ("是否含税", "是", "tax", "included"),
     ("币种", "人民币", "currency", "CNY"), ("工作内容", "服务", "work", "service"), ("金额性质", "预计", "amount_basis", "estimate"),
     ("持股比例", "51%", "stake", 0.51), ("客户", "某某云", "counterparty", "某某云")],
)  # fmt: skip
def test_words_of_closed_lists_in_chinese_and_english(
    tmp_path: Path, head: str, word: str, column: str, value: object
) -> None:
    assert contract(tmp_path, f"600588,2026-03-27,3亿,36个月,{word}", f"{NEED},{head}")[column] == value


def test_an_amount_of_a_kind_that_is_a_ceiling_is_one(tmp_path: Path) -> None:
    row = contract(tmp_path, "600588,2026-03-27,3亿,36个月,框架协议", f"{NEED},类型")
    assert (row["amount_low"], row["amount_high"], row["amount_basis"]) == (None, 3e8, "ceiling")


def test_a_firm_may_stand_by_the_name_the_packaged_list_gives_it(tmp_path: Path) -> None:
    assert contract(tmp_path, "宏景科技,2026-03-27,3亿,36个月")["symbol"] == "301396.SZ"


def test_two_contracts_of_one_announcement(tmp_path: Path) -> None:
    rows = "600588,2026-03-27,3亿,36个月,甲\n600588,2026-03-27,2亿,36个月,甲\n600588,2026-03-27,1亿,36个月,乙\n"
    found = read_folder(put(tmp_path, "合同.csv", f"{NEED},公告标题\n{rows}"))
    ids = checked(found.files[0])["commitment_id"].to_list()
    assert ids == ["600588.SH-20260327-1", "600588.SH-20260327-2", "600588.SH-20260327-2-1"]
    assert checked(found.files[1])["title"].to_list() == ["甲", "乙"]


def test_a_contract_stands_in_the_announcement_of_its_firm_and_day(tmp_path: Path) -> None:
    put(
        tmp_path,
        "a.csv",
        "代码,公告标题,公告时间,公告链接\n600588,关于签订算力合同的公告,2026-03-27 18:02:11,http://www.cninfo.com.cn/new/disclosure/detail?announcementId=1219000001\n",
    )
    put(tmp_path, "合同.csv", f"{NEED}\n600588,2026-03-27,3亿,36个月\n")
    by_name = {one.dataset: one for one in read_folder(tmp_path).files if not one.where_missing}
    assert checked(by_name["commitments"])["announcement_id"].to_list() == ["cninfo-1219000001"]
    row = checked(by_name["announcements"]).row(0, named=True)
    assert (row["event_date"], row["known_at"], row["kind"]) == (
        date(2026, 3, 27),
        datetime(2026, 3, 27, 18, 2, 11),
        "order",
    )


def test_a_printed_date_beside_a_time_of_publication(tmp_path: Path) -> None:
    found = read(
        put(
            tmp_path,
            "a.csv",
            "代码,公告标题,公告日期,公告时间\n600588,关于签订算力合同的公告,2026-03-28,2026/3/27 6:02 PM\n",
        )
    )
    row = checked(found).row(0, named=True)
    assert (row["event_date"], row["known_at"], row["announcement_id"]) == (
        date(2026, 3, 28), datetime(2026, 3, 27, 18, 2), "600588.SH-20260328")  # fmt: skip


def test_a_workbook_of_contracts(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["公司", "代码", "公告日期", "标题", "合同金额(亿元)", "租期(年)"],
        ["某某网络", 600588, datetime(2026, 3, 27), "关于签订算力合同的公告", 3.5, 3],
    ]
    found = read_folder(put(tmp_path, "跟踪.xlsx", workbook({"合同": rows})))
    row = checked(found.files[0]).row(0, named=True)
    assert (row["amount_high"], row["term_months"]) == (3.5e8, 36) and found.names == {"600588.SH": "某某网络"}


def test_facts_of_contracts(tmp_path: Path) -> None:
    text = "合同编号,代码,类型,生效日期,金额\nX-1,600588,确认收入,2026年6月30日,1.2亿\nX-1,600588,验收,2026-04-01,\n"
    frame = checked(read(put(tmp_path, "履约.csv", text)))
    assert frame.select("fact_id", "kind", "amount").rows() == [
        ("X-1:revenue_recognised:2026-06-30", "revenue_recognised", 1.2e8), ("X-1:acceptance:2026-04-01", "acceptance", None)]  # fmt: skip


def test_ratings(tmp_path: Path) -> None:
    frame = checked(
        read(
            put(
                tmp_path,
                "评级.csv",
                "代码,机构,评级,报告日期\n600588,某证券,优于大市,2026-03-27\n人工智能,某证券,Neutral,2026-03-27\n",
            )
        )
    )
    assert frame.select("subject", "subject_kind", "rating", "market").rows() == [
        ("600588.SH", "stock", "优于大市", "A"), ("人工智能", "industry", "中性", "A")]  # fmt: skip


def test_a_rating_of_another_scale_is_not_translated(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"rating unknown.*买入"):
        checked(read(put(tmp_path, "评级.csv", "代码,机构,评级,报告日期\n600588,某证券,买入,2026-03-27\n")))


@pytest.mark.parametrize(
    ("code", "board", "value"),
    [
        ("600588", "主板", "sse_main"),
        ("600588", "沪市主板", "sse_main"),
        ("600588", "", "sse_main"),
        ("300588", "创业板", "chinext"),
    ],
)
def test_boards_by_their_chinese_names(tmp_path: Path, code: str, board: str, value: str) -> None:
    frame = checked(read(put(tmp_path, "firms.csv", f"代码,名称,板块\n{code},某某网络,{board}\n")))
    assert frame["board"].to_list() == [value]


@pytest.mark.parametrize(
    ("column", "cell"),
    [("known_at", "2026-03-27 6:32 pm x"), ("event_date", "26/3/27"), ("report_row", "1.5"), ("report_row", "many")],
)
def test_a_cell_of_an_announcement_is_read_to_its_end(tmp_path: Path, column: str, cell: str) -> None:
    row = {
        "announcement_id": "A",
        "symbol": "600588",
        "event_date": "2026-03-27",
        "title": "t",
        "kind": "order",
        column: cell,
    }
    with pytest.raises(DataRefused, match=rf"{column} .*line 2"):
        read(put(tmp_path, "a.csv", ",".join(row) + "\n" + ",".join(row.values()) + "\n"))
