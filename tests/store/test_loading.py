"""A folder into a store: all or nothing, what became of each file, names, announcements, a trial run."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from screener.core.errors import DataRefused
from screener.research import Research
from screener.sources.files.maps import LOADABLE
from screener.sources.files.templates import template
from screener.store import ingest as module
from screener.store.database import Store
from screener.store.loading import load, load_folder
from screener.store.parts import LoadRefused
from tests.sources.files.making import HEAD, bars, csv, put, workbook
from tests.store.rows import NOW

AK = "日期,开盘,收盘,最高,最低,成交量,成交额,振幅,涨跌幅,涨跌额,换手率"


def ak(folder: Path, name: str, shift: float = 0.0) -> None:
    rows = [
        [
            row[1],
            row[2] + shift,
            row[5] + shift,
            row[3] + shift,
            row[4] + shift,
            row[6] / 100,
            row[7] + shift * row[6],
            1,
            1,
            1,
            1,
        ]
        for row in bars()
    ]
    put(
        folder,
        name,
        csv([[cell if not isinstance(cell, float) else round(cell, 4) for cell in row] for row in rows], AK),
    )


@pytest.mark.parametrize("name", LOADABLE)
def test_every_template_loads_as_it_is(fresh: Callable[[], Store], tmp_path: Path, name: str) -> None:
    put(tmp_path, f"{name}.csv", template(name))
    with fresh() as store:
        found = load_folder(store, tmp_path, now=NOW)
        assert name in {report.dataset for report in found.reports} and not found.skipped
        assert all(report.rows == 1 for report in found.reports)


def test_an_analysts_folder(fresh: Callable[[], Store], tmp_path: Path) -> None:
    wind = "代码,简称,日期,开盘价(元),最高价(元),最低价(元),收盘价(元),成交量(股),成交额(百万)"
    rows = [[row[0], "某某网络", *row[1:7], row[7] / 1e6] for row in bars()]
    put(tmp_path, "行情/K线导出.csv", csv(rows, wind) + "\n数据来源：Wind\n", "gb18030")
    announced: list[list[Any]] = [
        ["代码", "公告日期", "公告标题", "合同金额", "期限"],
        ["600588", date(2026, 5, 6), "关于签订算力服务合同的公告", "12亿", "3年"],
    ]
    put(tmp_path, "公告.xlsx", workbook({"公告": announced}))
    put(
        tmp_path,
        "股本.xlsx",
        workbook({"股本": [["代码", "变更日期", "总股本(万股)"], [600588, date(2025, 6, 1), 341_765.01]]}),
    )
    put(tmp_path, "说明.docx", b"PK not a table")
    with fresh() as store:
        answer = load(store, tmp_path, now=NOW)
        assert {row["file"]: (row["dataset"], row["new"]) for row in answer.rows} == {
            "names in the files": ("firms", 1),
            "公告.xlsx": ("commitments", 1),
            "行情/K线导出.csv": ("bars", 4),
            "股本.xlsx": ("shares", 1),
            "说明.docx": ("", 0),
        }
        assert store.latest("firms").filter(pl.col("symbol") == "600588.SH")["name"].to_list() == ["某某网络"]
        assert store.latest("announcements").filter(pl.col("symbol") == "600588.SH").height == 1
        said = [str(left) for _, left in answer.left_out]
        assert said[0].startswith("line 7 '数据来源：Wind'") and "说明.docx" in said[1]
        again = load_folder(store, tmp_path, now=NOW)
        assert {(report.new, report.revised) for report in again.reports} == {(0, 0)}
    plain = answer.as_dict()
    assert json.dumps(plain, default=str) and {"file", "dataset", "new", "revised", "unchanged", "not stored"} <= set(
        plain[0]
    )
    assert set(answer.tables()) == {"load", "notes", "left_out", "findings", "stands_on"}


def test_an_announcement_that_is_there_is_not_made_again(fresh: Callable[[], Store], tmp_path: Path) -> None:
    contract = put(tmp_path, "合同.csv", "公告编号,代码,公告日期,合同金额,期限\nR03,301396,2024-10-22,3亿,36个月\n")
    with fresh() as store:
        before = store.latest("announcements").height
        assert {report.dataset for report in load_folder(store, contract, now=NOW).reports} == {"commitments"}
        assert store.latest("announcements").height == before


def test_a_default_changes_nothing_that_is_stored(fresh: Callable[[], Store], tmp_path: Path) -> None:
    with fresh() as store:
        load_folder(
            store,
            put(tmp_path, "a.csv", "代码,公告日期,合同金额,期限,币种,含税\n600588,2026-03-27,3亿,36个月,CNY,是\n"),
            now=NOW,
        )
        report = load_folder(
            store, put(tmp_path, "a.csv", "代码,公告日期,合同金额,期限\n600588,2026-03-27,3亿,36个月\n"), now=NOW
        ).reports[0]
        assert (report.revised, report.unchanged) == (0, 1)
        load_folder(
            store, put(tmp_path, "a.csv", "代码,公告日期,合同金额,期限\n600588,2026-03-27,4亿,36个月\n"), now=NOW
        )
        row = store.latest("commitments").filter(pl.col("symbol") == "600588.SH").row(0, named=True)
        assert (row["amount_high"], row["tax"]) == (4e8, "included")


def test_every_refusal_is_shown_at_once_and_nothing_is_stored(fresh: Callable[[], Store], tmp_path: Path) -> None:
    put(tmp_path, "a.csv", csv(bars()))
    put(tmp_path, "b.csv", csv([["002558.SZ", "26/6/1", *bars()[0][2:]]]))
    put(tmp_path, "c.csv", csv([["002558.SZ", "2026-06-06", *bars()[0][2:]]]))
    put(tmp_path, "d.csv", csv([["002558.SZ", "2026-06-05", *bars()[0][2:4], 99, *bars()[0][5:]]]))
    with fresh() as store:
        with pytest.raises(LoadRefused) as error:
            load_folder(store, tmp_path, now=NOW)
        refused = {report.file: report.refused for report in error.value.reports if report.refused}
        assert set(refused) == {"b.csv", "c.csv", "d.csv"} and all("line 2" in reason for reason in refused.values())
        assert store.frame("bars").is_empty()


def test_the_line_of_a_refused_row_is_the_one_of_the_file(fresh: Callable[[], Store], tmp_path: Path) -> None:
    text = "某某软件 不复权\n\n" + csv(
        [*bars("510300"), *bars("002558.SZ")[:3], ["002558.SZ", "2026-06-07", *bars()[3][2:]]]
    )
    put(tmp_path, "a.csv", text)
    with (
        fresh() as store,
        pytest.raises(LoadRefused, match=r"closed that day \(a\.csv line 11, 002558\.SZ 2026-06-07\)"),
    ):
        load_folder(store, tmp_path, now=NOW)


def test_many_files_are_stored_together(
    fresh: Callable[[], Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TOGETHER", 3)
    for place, code in enumerate(("600588", "600589", "002558", "300442", "301396")):
        ak(tmp_path, f"{'sh' if code[0] == '6' else 'sz'}/{code}.csv", place)
    with fresh() as store:
        found = load_folder(store, tmp_path, now=NOW)
        (report,) = found.reports
        assert (report.new, report.rows, report.symbols, report.first, report.last) == (
            20,
            20,
            5,
            date(2026, 6, 1),
            date(2026, 6, 4),
        )
        assert report.file == "300442.csv … 600589.csv (5 files)" or "(5 files)" in report.file
        assert {note.what for note in report.notes} == {"symbol by the name of the file", "成交量 is 手"}
        assert store.frame("bars").select("symbol", "source").unique().sort("symbol").rows()[0] == (
            "002558.SZ",
            "sz/002558.csv",
        )
        assert load_folder(store, tmp_path, now=NOW).reports[0].unchanged == 20
        ak(tmp_path, "sh/600588.csv", 0.5)
        put(tmp_path, "sh/600590.csv", AK + "\n2026-06-01,1,1,1,1,x,1,1,1,1,1\n")
        with pytest.raises(LoadRefused, match=r"600590\.csv line 2"):
            load_folder(store, tmp_path, now=NOW)


def test_a_file_for_each_of_very_many_firms(tmp_path: Path) -> None:
    symbols = [f"{600100 + n}.SH" for n in range(300)]
    rows = [[*row, f"{symbol[:6]}.csv"] for symbol in symbols for row in bars(symbol)]
    put(tmp_path, "bars.csv", csv(rows, f"{HEAD},source"))
    research = Research(tmp_path / "my.duckdb")
    research.load(tmp_path / "bars.csv")
    told = research.market().frames["bars"].select("symbol", "source").unique().sort("symbol").rows()
    assert told == [(symbol, f"{symbol[:6]}.csv") for symbol in symbols]
    answer = research.screen(universe="market")
    assert answer.stands_on.source == "600100.csv + 600101.csv and 298 more"
    assert "source: 600100.csv + 600101.csv and 298 more" in answer.stands_on.line


def test_two_of_many_files_with_one_fact(
    fresh: Callable[[], Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TOGETHER", 1)
    for name in ("600588.csv", "old_600588.csv"):
        ak(tmp_path, name)
    with fresh() as store:
        assert load_folder(store, tmp_path, now=NOW).reports[0].new == 4
        ak(tmp_path, "old_600588.csv", 1)
        with pytest.raises(LoadRefused, match="two files of one load disagree"):
            load_folder(store, tmp_path, now=NOW)


@pytest.mark.parametrize(
    ("headings", "told"),
    [("代码,{}", "代码, {}"), ("代码,日期,开盘,最高,最低,收盘,{}", "代码, 日期, 开盘, 最高, 最低, 收盘, {}")],
)
def test_a_refusal_cuts_a_long_heading(tmp_path: Path, headings: str, told: str) -> None:
    put(tmp_path, "in/x.csv", f"{headings.format('长' * 100_000)},尾\n" + "1," * headings.count(",") + "1,2\n")
    with pytest.raises(DataRefused) as refused:
        Research(tmp_path / "s.duckdb").load(tmp_path / "in", dry_run=True)
    assert f"{told.format('长' * 39)}…, 尾" in str(refused.value)


def test_a_long_heading_that_is_not_stored_is_cut(tmp_path: Path) -> None:
    table = csv(bars()).splitlines()
    put(tmp_path, "in/600588.csv", "\n".join([f"{table[0]},{'长' * 100_000}", *(f"{row},1" for row in table[1:])]))
    (row,) = (one for one in Research(tmp_path / "s.duckdb").load(tmp_path / "in", dry_run=True).rows if one["rows"])
    assert row["not stored"] == f"{'长' * 39}…"


@pytest.mark.parametrize("there", [True, False])
def test_a_trial_run_does_everything_but_the_writing(tmp_path: Path, there: bool) -> None:
    path = tmp_path / "s.duckdb"
    if there:
        Store.create_or_open(path).close()
    before = sha256(path.read_bytes()).hexdigest() if there else None
    put(tmp_path, "in/600588.csv", csv(bars()))
    answer = Research(path).load(tmp_path / "in", dry_run=True)
    assert answer.dry_run and answer.reports[0].new == 4
    put(tmp_path, "in/600589.csv", csv([["600589.SH", "2026-06-07", *bars()[0][2:]]]))
    with pytest.raises(DataRefused, match=r"600589\.csv line 2"):
        Research(path).load(tmp_path / "in", dry_run=True)
    assert (sha256(path.read_bytes()).hexdigest() if there else path.exists()) == (before if there else False)
    assert sorted(one.name for one in tmp_path.iterdir()) == (["in", "s.duckdb"] if there else ["in"])


def test_a_folder_of_nothing_says_why(tmp_path: Path, fresh: Callable[[], Store]) -> None:
    put(tmp_path, "in/readme.md", "hello")
    with fresh() as store:
        with pytest.raises(DataRefused, match=r"no table to load.*readme\.md: no table"):
            load_folder(store, tmp_path / "in", now=NOW)
        with pytest.raises(DataRefused, match="no such folder"):
            load_folder(store, tmp_path / "none", now=NOW)


def test_the_readmes_contract_loads_as_it_stands(fresh: Callable[[], Store], tmp_path: Path) -> None:
    put(tmp_path, "合同.csv", "代码,公告日期,合同金额(亿元),期限\n600588,2026-06-01,7.25,3年\n")
    with fresh() as store:
        load_folder(store, tmp_path, now=NOW)
        found = store.latest("commitments").filter(pl.col("symbol") == "600588.SH")
        assert found.select("amount_low", "amount_high", "term_months", "printed_amount").rows() == [
            (7.25e8, 7.25e8, 36, "7.25亿元")
        ]


def test_an_amount_that_no_contract_has_is_refused(fresh: Callable[[], Store], tmp_path: Path) -> None:
    put(tmp_path, "合同.csv", "代码,公告日期,合同金额(亿元),期限\n600588,2026-06-01,725000000,3年\n")
    with fresh() as store, pytest.raises(LoadRefused, match=r"an amount that no contract has .*line 2"):
        load_folder(store, tmp_path, now=NOW)


def test_a_fact_is_of_the_firm_of_its_contract(fresh: Callable[[], Store], tmp_path: Path) -> None:
    put(tmp_path, "合同.csv", "合同编号,代码,公告日期,合同金额(亿元),期限\nZ1,600588,2026-06-01,3.5,3年\n")
    put(tmp_path, "收入.csv", "合同编号,事项,日期,确认收入(万元)\nZ1,确认收入,2026-06-04,3500\n")
    with fresh() as store:
        load_folder(store, tmp_path, now=NOW)
        facts = store.latest("contract_facts").filter(pl.col("commitment_id") == "Z1")
        assert facts.select("symbol", "amount").rows() == [("600588.SH", 3.5e7)]
        put(tmp_path, "收入.csv", "合同编号,事项,日期,确认收入(万元)\nZ9,确认收入,2026-06-04,3500\n")
        with pytest.raises(LoadRefused, match=r"no such contract \(收入.csv line 2\); got Z9"):
            load_folder(store, tmp_path, now=NOW)


@pytest.mark.parametrize("place", ["hfq/600588.csv", "600588_后复权.csv"])
def test_a_folder_or_a_name_that_says_adjusted_is_heard(fresh: Callable[[], Store], tmp_path: Path, place: str) -> None:
    put(tmp_path, place, csv(bars()))
    with fresh() as store, pytest.raises(LoadRefused, match="the file says adjusted prices"):
        load_folder(store, tmp_path, now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "symbol,status,start,end\n600588," + "X" * 5000 + ",2026-03-02,\n",
        "股票代码,研究机构,报告日期,投资评级\n600588," + "机" * 4000 + ",2026-03-12," + "增" * 3000 + "\n",
    ],
)
def test_a_refusal_cuts_long_cells(fresh: Callable[[], Store], tmp_path: Path, text: str) -> None:
    put(tmp_path, "a.csv", text)
    with fresh() as store, pytest.raises(LoadRefused) as error:
        load_folder(store, tmp_path, now=NOW)
    assert len(str(error.value)) < 600
