"""What a file is made of: encodings, separators, title lines, footers, packed files, workbooks, pages."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow
import pytest
from pyarrow import parquet

from screener.core.errors import DataRefused
from screener.core.table import LINE
from screener.sources.files import archives
from screener.sources.files.reading import read_folder
from tests.cases import later
from tests.sources.files.making import DAYS, bars, checked, csv, put, read, workbook

SESSIONS = [date.fromisoformat(day) for day in DAYS]
ZH = "代码,名称,日期,开盘价(元),最高价(元),最低价(元),收盘价(元),成交量(股),成交额(元)"


def named(name: str = "某某网络") -> list[list[object]]:
    return [[row[0], name, *row[1:]] for row in bars()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_text_of_every_encoding_and_separator(tmp_path: Path, encoding: str, separator: str) -> None:
    found = read(put(tmp_path, "f.csv", csv(named(), ZH, separator), encoding))
    assert checked(found)["session"].to_list() == SESSIONS and found.frame[LINE].to_list() == [2, 3, 4, 5]


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_every_line_ending(tmp_path: Path, ending: str) -> None:
    found = read(put(tmp_path, "f.csv", csv(bars()).rstrip("\n").replace("\n", ending)))
    assert checked(found).height == 4


@pytest.mark.parametrize("quoted", [True, False])
def test_title_lines_and_footers_are_no_rows(tmp_path: Path, quoted: bool) -> None:
    title = '"行情 2026, 不复权"\n\n' if quoted else "600588 某某网络 日线 不复权\n\n"
    text = title + csv(named(), ZH) + "\n,,,,,,,,\n合计,,,,,,,10530000,\n数据来源：Wind\n"
    found = read(put(tmp_path, "f.csv", text))
    assert checked(found).height == 4 and found.frame[LINE].to_list() == [4, 5, 6, 7]
    assert [one.what for one in found.skipped] == ["line 10 '合计'", "line 11 '数据来源：Wind'"]


@pytest.mark.parametrize(
    "footer",
    [
        "数据来源：东方财富Choice数据",
        "#数据来源:通达信",
        "注：价格未复权",
        "Source: Wind",
        "以上数据仅供参考",
        "导出时间 2026-07-01",
    ],
)
def test_every_kind_of_footer(tmp_path: Path, footer: str) -> None:
    found = read(put(tmp_path, "f.csv", csv(bars()) + footer))
    assert checked(found).height == 4 and len(found.skipped) == 1


def test_a_row_of_units_belongs_to_the_headings(tmp_path: Path) -> None:
    lots = [[row[0], row[1], *row[2:6], row[6] / 100, row[7] / 1e4] for row in bars()]
    found = read(
        put(
            tmp_path,
            "f.csv",
            csv(
                [["", "", "元", "元", "元", "元", "手", "万元"], *lots],
                "代码,日期,开盘价,最高价,最低价,收盘价,成交量,成交额",
            ),
        )
    )
    assert checked(found)["volume"].to_list() == [row[6] for row in bars()]


def test_a_repeated_heading_row_is_no_row(tmp_path: Path) -> None:
    found = read(put(tmp_path, "f.csv", csv(bars()[:2]) + csv(bars()[2:])))
    assert checked(found).height == 4 and found.skipped[0].what == "the heading row"


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ("600588.SH,2026-06-05,20,21,19,20,196", "line 6.*7 fields"),
        ("600588.SH,2026-06-05", "line 6.*2 fields"),
        ("600588.SH", "line 6.*1 field"),
        ("600588.SH,2026-06-05,20,21,19,20,1960000,39200000,备注", "line 6.*more cells"),
    ],
)
@pytest.mark.parametrize("quoted", [True, False])
def test_a_row_of_another_length_is_refused_with_its_line(tmp_path: Path, last: str, said: str, quoted: bool) -> None:
    text = csv(bars()) + last
    with pytest.raises(DataRefused, match=said):
        read(put(tmp_path, "f.csv", text.replace("600588.SH", '"600588.SH"') if quoted else text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('symbol,session\n"600588,2026-06-01\n600588,2026-06-02\n', "quotes are not closed"),
        ("symbol,ses\0sion\n", "zero bytes"),
        (csv(bars()).split("\n", 1)[1], "no heading row"),
    ],
)
def test_text_that_is_no_table_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataRefused, match=said) as error:
        read(put(tmp_path, "f.csv", text))
    assert "\n" not in str(error.value)


def test_bytes_of_no_encoding_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="neither UTF-8 nor GB18030"):
        read(put(tmp_path, "f.csv", csv(bars()).encode() + b"\xb1\x30\xff"))


@pytest.mark.parametrize("name", ["f.csv.gz", "f.txt.gz"])
def test_a_gz_file(tmp_path: Path, name: str) -> None:
    assert checked(read(put(tmp_path, name, gzip.compress(csv(bars()).encode())))).height == 4


def test_a_zip_of_several_files_and_what_a_mac_puts_beside_them(tmp_path: Path) -> None:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("daily/600588.csv", csv([row[1:] for row in bars()], "date,open,high,low,close,volume,amount"))
        archive.writestr("__MACOSX/._600588.csv", b"\x00\x05\x16\x07junk")
        archive.writestr(
            "002558.csv.gz",
            gzip.compress(csv([row[1:] for row in bars()], "date,open,high,low,close,volume,amount").encode()),
        )
        archive.writestr("readme.pdf", b"%PDF")
    found = read_folder(put(tmp_path, "f.zip", raw.getvalue()))
    assert [one.frame["symbol"][0] for one in found.files] == ["600588.SH", "002558.SZ"]
    assert [one.what for one in found.skipped] == ["f.zip[._600588.csv]", "f.zip[readme.pdf]"]


@pytest.mark.parametrize("kind", ["gz", "zip", "xlsx"])
def test_a_packed_bomb_is_refused_before_it_fills_the_memory(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("archives", "sheets"):
        monkeypatch.setattr(f"screener.sources.files.{module}.LARGEST", 1_000_000)
    assert archives.LARGEST == 1_000_000
    zeros, raw = b"0" * 50_000_000, io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml" if kind == "xlsx" else "f.csv", zeros)
    path = put(tmp_path, f"f.{kind}", gzip.compress(zeros) if kind == "gz" else raw.getvalue())
    with pytest.raises(DataRefused, match="grows too large"):
        read(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("f.gz", gzip.compress(b"symbol,session\n" * 50, mtime=0)[:40]),
        ("f.zip", b"PK\x03\x04broken"),
        ("f.xlsx", b"PK\x03\x04broken"),
        ("f.xls", b"\xd0\xcf\x11\xe0" + b"x" * 600),
        ("f.parquet", b"PAR1broken"),
        ("f.parquet", b"no mark"),
    ],
)
def test_a_broken_file_is_refused_in_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(DataRefused, match="not a readable") as error:
        read(put(tmp_path, name, content))
    assert "\n" not in str(error.value)


def test_every_sheet_of_a_workbook_is_read_with_the_lines_it_shows(tmp_path: Path) -> None:
    sheets: dict[str, Any] = {
        "600588": [
            ["行情"],
            [],
            ["日期", "开盘", "最高", "最低", "收盘", "成交量", "成交额"],
            *([date.fromisoformat(str(row[1])), *row[2:]] for row in bars()),
        ],
        "股本": [["代码", "变更日期", "总股本(万股)"], [600588, date(2026, 1, 5), 341_765.01]],
        "说明": [["这里什么也没有"]],
        "空": [],
    }
    found = read_folder(put(tmp_path, "book.xlsx", workbook(sheets)))
    assert [(one.dataset, one.place) for one in found.files] == [
        ("bars", "book.xlsx[600588]"),
        ("shares", "book.xlsx[股本]"),
    ]
    assert checked(found.files[0])["session"].to_list() == SESSIONS
    assert found.files[0].frame[LINE].to_list() == [4, 5, 6, 7]
    assert checked(found.files[1])["total_shares"].to_list() == [3_417_650_100]
    assert [one.what for one in found.skipped] == ["book.xlsx[说明]"]


def test_a_wrong_cell_of_a_sheet_is_named_with_its_line(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["代码", "公告日期", "公告标题"],
        ["600588", datetime(2026, 5, 6), "关于签订算力合同的公告"],
        ["600588", "26/5/7", "t"],
    ]
    with pytest.raises(DataRefused, match=r"event_date not understood \(a\.xlsx line 3\); got '26/5/7'"):
        read(put(tmp_path, "a.xlsx", workbook({"s": rows})))


def test_text_that_calls_itself_xls(tmp_path: Path) -> None:
    rows = [row[1:] for row in bars()]
    text = csv(rows, "日期,开盘,最高,最低,收盘,成交量,成交额", "\t")
    assert checked(read(put(tmp_path, "SH#600588.xls", text, "gb18030")))["symbol"].unique().to_list() == ["600588.SH"]


@pytest.mark.parametrize(
    ("row", "cell"),
    [("tr", "td"), ("Row", "Cell")],
)
def test_a_page_that_calls_itself_xls(tmp_path: Path, row: str, cell: str) -> None:
    lines: list[list[Any]] = [ZH.split(","), *named()]
    body = "".join(f"<{row}>" + "".join(f"<{cell}> {one} </{cell}>" for one in line) + f"</{row}>" for line in lines)
    page = f"<html><head><style>td {{ }}</style></head><body><table>{body}</table></body></html>"
    assert checked(read(put(tmp_path, "f.xls", page)))["volume"].to_list() == [line[6] for line in bars()]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("._bars.csv", "macOS"),
        ("~$bars.xlsx", "Excel"),
        (".hidden.csv", "hidden"),
        ("Thumbs.db", "Windows"),
        ("map.toml", "--map"),
        ("notes.docx", "no table"),
        ("empty.csv", "empty"),
        ("letter.csv", "no heading"),
    ],
)
def test_what_is_no_table_is_named_and_refuses_nothing(tmp_path: Path, name: str, why: str) -> None:
    put(tmp_path, name, "" if name == "empty.csv" else "Dear Sir\n")
    put(tmp_path, "600588.csv", csv(bars()))
    found = read_folder(tmp_path)
    assert len(found.files) == 1 and not found.refused
    assert [one.what for one in found.skipped] == [name] and why in found.skipped[0].why


def test_folders_below_are_read_and_hidden_ones_are_not(tmp_path: Path) -> None:
    put(tmp_path, "a/b/600588.csv", csv(bars()))
    put(tmp_path, ".git/600588.csv", csv(bars()))
    assert [one.path.parent.name for one in read_folder(tmp_path).files] == ["b"]


def test_a_file_of_headings_alone_has_no_rows(tmp_path: Path) -> None:
    assert checked(read(put(tmp_path, "f.csv", csv([])))).schema["session"] == pl.Date


def test_a_parquet_of_millions_of_equal_rows_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    row = {"symbol": "301396.SZ", "session": date(2026, 6, 30), "open": 9.0, "high": 9.0, "low": 9.0, "close": 9.0}
    frame = pl.DataFrame([row]).select(pl.all().repeat_by(1_200_000).explode())
    frame.write_parquet(tmp_path / "bars.parquet")
    assert (tmp_path / "bars.parquet").stat().st_size < 200_000
    with pytest.raises(DataRefused, match=r"too large .*; got 1,200,000 rows in [\d,]+ bytes"):
        read(tmp_path / "bars.parquet")


@pytest.mark.parametrize("keeps", [pl.Categorical(), *later(pl.String())])
def test_long_cells_that_a_parquet_file_has_once_do_not_unfold(tmp_path: Path, keeps: pl.DataType) -> None:
    frame = pl.DataFrame(bars(), schema=csv([]).strip().split(","), orient="row")
    long = frame[:1].with_columns(source=pl.lit("s" * 9_000).cast(keeps)).select(pl.all().repeat_by(70_000).explode())
    long.write_parquet(tmp_path / "bars.parquet")
    with pytest.raises(DataRefused, match=r"too large .*; got [\d,]+ bytes that unfold to more than 536,870,912"):
        read(tmp_path / "bars.parquet")


WIDE = pyarrow.decimal256(50, 2)


@pytest.mark.parametrize(
    ("name", "column", "said"),
    [
        ("close", pyarrow.array([Decimal("20.50")] * 4, WIDE), ""),
        ("close", pyarrow.array([Decimal("1" * 45)] * 4, WIDE), "does not fit in precision"),
        ("more", pyarrow.array([[Decimal(1)]] * 4, pyarrow.list_(WIDE)), "a column of a type that is not read"),
        ("more", pyarrow.array([[1]] * 4, pyarrow.list_view(pyarrow.int64())), "a column of a type that is not read"),
        ("source", pyarrow.array(["{}"] * 4, pyarrow.json_()), ""),
        (
            "session",
            pyarrow.array([2**31 - 1] * 4, pyarrow.date32()),
            "a year outside; expected days from 1990 to 2100",
        ),
        ("close ", pyarrow.array([1.0] * 4), "two columns of one name"),
    ],
)
def test_a_type_of_parquet_that_would_end_the_process_is_read_or_refused(
    tmp_path: Path, name: str, column: pyarrow.Array, said: str
) -> None:
    frame = pl.DataFrame(bars(), schema=csv([]).strip().split(","), orient="row")
    table = frame.with_columns(pl.lit("test").alias("source")).to_arrow()
    parquet.write_table(
        table.drop_columns({name} & {*table.column_names}).append_column(name, column), tmp_path / "f.parquet"
    )
    if said:
        with pytest.raises(DataRefused, match=said):
            checked(read(tmp_path / "f.parquet"))
    else:
        assert checked(read(tmp_path / "f.parquet")).height == 4
