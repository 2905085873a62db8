"""Column maps: what a user says of the files wins over what their headings say."""

# ruff: noqa: E501 - rows of files are as long as they are

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from screener.core.errors import DataRefused, UsageError
from screener.sources.files.maps import EXAMPLE_MAPS, FileMap, FolderMap, read_map
from screener.sources.files.reading import read_folder
from tests.sources.files.making import PRICES, bars, checked, csv, put, read

OWN = "wer,wann,auf,hoch,tief,zu,menge"
COLUMNS: dict[str, str | tuple[str, ...]] = {
    "wer": "symbol",
    "wann": "session",
    "auf": "open",
    "hoch": "high",
    "tief": "low",
    "zu": "close",
    "menge": "volume",
}


def test_words_of_the_user(tmp_path: Path) -> None:
    rows = [row[:7] for row in bars(lots=100)]
    found = read(
        put(tmp_path, "f.csv", csv(rows, OWN)),
        FileMap(columns=COLUMNS, units={"volume": "手"}, constants={"source": "me"}),
    )
    frame = checked(found)
    assert frame["volume"].to_list() == [row[4] for row in PRICES] and frame["source"].unique().to_list() == ["me"]


def test_one_word_more_beside_those_that_are_known(tmp_path: Path) -> None:
    rows = [row[:7] for row in bars()]
    text = csv(rows, "代码,日期,开盘价,最高价,最低价,收盘价,menge")
    assert checked(read(put(tmp_path, "f.csv", text), FileMap(columns={"menge": "volume"}))).height == 4


def test_one_column_feeds_two_of_ours(tmp_path: Path) -> None:
    text = "code,what,when\n600588,关于签订算力合同的公告,2026-03-27 18:02:11\n"
    file_map = FileMap(columns={"what": "title", "when": ("event_date", "known_at")}, constants={"kind": "other"})
    row = checked(read(put(tmp_path, "f.csv", text), file_map)).row(0, named=True)
    assert (row["event_date"], row["known_at"], row["kind"]) == (
        date(2026, 3, 27),
        datetime(2026, 3, 27, 18, 2, 11),
        "other",
    )


@pytest.mark.parametrize(
    ("unit", "written", "expected"),
    [("手", "32100", 3_210_000), ("股", "3210000", 3_210_000), ("万股", "321", 3_210_000), (1000, "3210", 3_210_000), ("手", '"32,100"', 3_210_000)],
)  # fmt: skip
def test_units_are_scaled(tmp_path: Path, unit: str | float, written: str, expected: int) -> None:
    text = f"symbol,session,open,high,low,close,volume\n600588,2026-06-01,20.1,20.9,19.8,20.5,{written}\n"
    assert checked(read(put(tmp_path, "f.csv", text), FileMap(units={"volume": unit})))["volume"].to_list() == [
        expected
    ]


@pytest.mark.parametrize(
    ("form", "cell"), [("%d.%m.%y", "01.06.26"), ("%d/%m/%Y", "01/06/2026"), ("%Y-%j", "2026-152")]
)
def test_a_date_format_is_taken_to_its_end(tmp_path: Path, form: str, cell: str) -> None:
    text = "symbol,session,open,high,low,close,volume\n600588,{},20.1,20.9,19.8,20.5,100\n"
    assert checked(read(put(tmp_path, "f.csv", text.format(cell)), FileMap(date_format=form)))["session"].to_list() == [
        date(2026, 6, 1)
    ]
    with pytest.raises(DataRefused, match="line 2"):
        read(put(tmp_path, "f.csv", text.format(cell + "x")), FileMap(date_format=form))


def test_separator_encoding_and_heading_line(tmp_path: Path) -> None:
    text = "a~b\nnotes~here\n" + csv(bars(), separator="~")
    found = read(
        put(tmp_path, "f.csv", text, "utf-16-be"), FileMap(separator="~", encoding="utf-16-be", heading_line=3)
    )
    assert checked(found).height == 4


@pytest.mark.parametrize(
    ("name", "file", "head", "volume", "amount"),
    [("wind", "a.csv", "代码,日期,开盘价(元),最高价(元),最低价(元),收盘价(元),成交量(股),成交额(百万)", 1, 1e6),
     ("choice", "a.csv", "证券代码,交易时间,开盘价,最高价,最低价,收盘价,成交量,成交额", 100, 1),
     ("tushare", "daily.csv", "ts_code,trade_date,open,high,low,close,vol,amount", 100, 1000)],
)  # fmt: skip
def test_the_example_maps_read_their_provider_and_leave_other_files_alone(
    tmp_path: Path, name: str, file: str, head: str, volume: float, amount: float
) -> None:
    put(tmp_path, file, csv(bars(lots=volume, yuan=amount), head))
    put(tmp_path, "公告.csv", "announcement_id,symbol,event_date,title,kind\nX-1,600588,2026-06-01,t,order\n")
    found = read_folder(tmp_path, read_map(name))
    assert sorted(one.dataset for one in found.files) == ["announcements", "bars"] and not found.refused
    frame = checked(next(one for one in found.files if one.dataset == "bars"))
    assert frame["volume"].to_list() == [row[4] for row in PRICES] and frame["source"].null_count() == 0


def test_the_map_of_tushare_reads_daily_basic_as_share_capital(tmp_path: Path) -> None:
    put(
        tmp_path,
        "daily_basic.csv",
        "ts_code,trade_date,close,total_share,float_share\n600588.SH,20260105,20.5,341765.01,340000\n",
    )
    found = read_folder(tmp_path, read_map("tushare"))
    assert [(one.dataset, checked(one)["total_shares"][0]) for one in found.files] == [("shares", 3_417_650_100)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[file]\n", "no TOML"),
        ("[[file]]\ncolour = 1\n", "file.0.colour"),
        ("[[file]]\ndataset = 'runs'\n", "runs is none of"),
        ("[[file]]\nunits = { volume = '斤' }\n", "unit 斤 is none of"),
        ("[[file]]\nunits = { volume = -1 }\n", "nor a number above 0"),
        ("x = " + "[" * 3000, "no TOML"),
        ("# " + "x" * 1_100_000, "larger than"),
        (None, "column map not found"),
    ],
)
def test_a_column_map_that_is_wrong_says_where(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "map.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_map(path)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "."])
def test_a_map_that_is_no_plain_file_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match="column map not found"):
        read_map(path)


def test_the_first_map_that_matches_is_taken() -> None:
    folder = FolderMap(file=(FileMap(match="d*.csv", date_format="%d"), FileMap(date_format="%m")))
    assert [folder.of(name).date_format for name in ("D1.csv", "x.csv")] == ["%d", "%m"]


def test_a_column_of_the_map_that_the_file_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"a column of the map is not in the file.*turnover"):
        read(
            put(tmp_path, "f.csv", csv([row[:7] for row in bars()], "symbol,session,open,high,low,close,volume")),
            FileMap(match="f*", columns={"turnover": "amount"}),
        )


def test_two_columns_mapped_to_one_are_refused(tmp_path: Path) -> None:
    rows = [[*row, 1] for row in bars()]
    with pytest.raises(DataRefused, match="two columns of one name"):
        read(
            put(tmp_path, "f.csv", csv(rows, "symbol,session,open,high,low,close,volume,amount,vol")),
            FileMap(columns={"vol": "volume"}),
        )


def test_every_example_map_is_a_map() -> None:
    assert all(read_map(name).file for name in EXAMPLE_MAPS)
