"""Files of the user: told by their columns, mapped, or refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from screener.core.errors import DataRefused, UsageError
from screener.core.tables import TABLES
from screener.sources.files import (
    EXAMPLE_MAPS,
    LOADABLE,
    FileMap,
    FolderMap,
    read_file,
    read_folder,
    read_map,
    template,
)
from screener.store.checks.shape import shaped


@pytest.mark.parametrize("name", LOADABLE)
def test_a_template_is_a_file_of_its_own_table(tmp_path: Path, name: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(template(name), encoding="utf-8")
    read = read_file(path)
    assert read.dataset == name and read.frame.columns == TABLES[name].names
    if all(TABLES[name].column(need).example for need in TABLES[name].required):
        assert shaped(TABLES[name], read.frame, where="t").height == 1


def test_only_loadable_tables_have_a_template() -> None:
    with pytest.raises(UsageError, match="bars"):
        template("runs")


@pytest.mark.parametrize(
    ("columns", "nearest", "missing"),
    [
        ("symbol session open high low close", "bars", "volume"),
        ("session open high low close volume", "bars", "symbol"),
        ("index session", "indices", "close"),
        ("symbol effective_date float_shares", "shares", "total_shares"),
        ("symbol ex_date kind cash_to_holder", "actions", "shares_to_holder"),
        ("commitment_id symbol kind amount_low amount_high", "commitments", "announcement_id"),
    ],
)
def test_a_file_that_fits_no_table_names_the_nearest_and_what_is_missing(
    tmp_path: Path, columns: str, nearest: str, missing: str
) -> None:
    path = write(tmp_path, dict.fromkeys(columns.split(), "1"))
    with pytest.raises(DataRefused, match=f"{missing}.* for the nearest one, {nearest}"):
        read_file(path)


def write(folder: Path, values: dict[str, Any], name: str = "f.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    lines = [",".join(values), ",".join(f'"{value}"' for value in values.values())]
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


BAR = {
    "symbol": "301396.SZ",
    "session": "2026-06-30",
    "open": "1",
    "high": "1",
    "low": "1",
    "close": "1",
    "volume": "1",
}


@pytest.mark.parametrize(
    "written", ["2026-06-30", "20260630", "2026/6/30", "2026-06-30 00:00:00", "2026-06-30T15:00:00"]
)
def test_dates_are_understood_as_vendors_write_them(tmp_path: Path, written: str) -> None:
    frame = read_file(write(tmp_path, BAR | {"session": written})).frame
    assert frame["session"].to_list() == [date(2026, 6, 30)]


@pytest.mark.parametrize(
    "value", [20260630, date(2026, 6, 30), datetime(2026, 6, 30), datetime(2026, 6, 29, 20, tzinfo=UTC)]
)
def test_dates_in_parquet_are_understood(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "f.parquet"
    pl.DataFrame([BAR | {"session": value, "volume": 1}]).write_parquet(path)
    read = shaped(TABLES["bars"], read_file(path).frame, where="f")
    assert read["session"].to_list() == [date(2026, 6, 30)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [("2026-06-30 18:32:10", datetime(2026, 6, 30, 18, 32, 10)), ("2026/6/30 18:32", datetime(2026, 6, 30, 18, 32)),
     ("2026-06-30", datetime(2026, 6, 30)), ("", None)],
)  # fmt: skip
def test_times_are_understood(tmp_path: Path, written: str, expected: datetime | None) -> None:
    values = {"announcement_id": "a", "symbol": "301396.SZ", "event_date": "2026-06-30", "title": "t", "kind": "order"}
    assert read_file(write(tmp_path, values | {"known_at": written})).frame["known_at"].to_list() == [expected]


@pytest.mark.parametrize("written", ["30.06.2026", "2026-13-01", "soon"])
def test_a_date_that_is_none_is_left_for_the_check_to_name_its_row(tmp_path: Path, written: str) -> None:
    frame = read_file(write(tmp_path, BAR | {"session": written})).frame
    with pytest.raises(DataRefused, match=r"session not understood \(f row 1\).*" + written):
        shaped(TABLES["bars"], frame, where="f")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_of_chinese_excel_is_read(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, {"symbol": "301396.SZ", "name": "宏景科技", "board": "chinext"}, encoding=encoding)
    assert read_file(path).frame["name"].to_list() == ["宏景科技"]


@pytest.mark.parametrize(
    ("unit", "written", "expected"),
    [("手", "123.45", 12_345), ("股", "12345", 12_345), ("万股", "1.2345", 12_345), (1000, "12.345", 12_345),
     ("手", "1,234", 123_400)],
)  # fmt: skip
def test_units_are_scaled(tmp_path: Path, unit: str | float, written: str, expected: int) -> None:
    read = read_file(write(tmp_path, BAR | {"volume": written}), FileMap(units={"volume": unit}))
    assert shaped(TABLES["bars"], read.frame, where="f")["volume"].to_list() == [expected]


@pytest.mark.parametrize("written", ["", "--", "nan", "None"])
def test_the_vendors_signs_for_missing_are_missing(tmp_path: Path, written: str) -> None:
    assert read_file(write(tmp_path, BAR | {"amount": written})).frame["amount"].to_list() == [None]


@pytest.mark.parametrize(
    ("name", "file", "header"),
    [
        ("wind", "a.csv", "代码 日期 开盘价(元) 最高价(元) 最低价(元) 收盘价(元) 成交量(股) 成交额(百万)"),
        ("choice", "a.csv", "证券代码 交易时间 开盘价 最高价 最低价 收盘价 成交量 成交额"),
        ("tushare", "daily.csv", "ts_code trade_date open high low close vol amount"),
    ],
)
def test_the_example_maps_read_their_vendor(tmp_path: Path, name: str, file: str, header: str) -> None:
    values = ["301396.SZ", "20260630", "10", "10", "10", "10", "200", "2"]
    read = read_file(write(tmp_path, dict(zip(header.split(), values, strict=True)), file), read_map(name).of(file))
    row = shaped(TABLES["bars"], read.frame, where=file).row(0, named=True)
    volume, amount = {"wind": (200, 2e6), "choice": (20_000, 2), "tushare": (20_000, 2000)}[name]
    assert (row["volume"], row["amount"], read.dropped) == (volume, amount, ())


def test_columns_no_table_has_are_dropped_and_named(tmp_path: Path) -> None:
    read = read_file(write(tmp_path, BAR | {"adj_factor": "1.2"}))
    assert read.dropped == ("adj_factor",) and "adj_factor" not in read.frame.columns


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[file]\n", "no TOML"),
        ("[[file]]\ncolour = 1\n", "file.0.colour"),
        ("[[file]]\ndataset = 'runs'\n", "runs is none of"),
        ("[[file]]\nunits = { volume = '斤' }\n", "unit 斤 is none of"),
        ("[[file]]\nunits = { volume = -1 }\n", "nor a number above 0"),
        (None, "column map not found"),
    ],
)
def test_a_column_map_that_is_wrong_says_where(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "map.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_map(path)


def test_the_first_map_that_matches_is_taken() -> None:
    folder = FolderMap(file=(FileMap(match="d*.csv", date_format="%d"), FileMap(date_format="%m")))
    assert [folder.of(name).date_format for name in ("D1.csv", "x.csv")] == ["%d", "%m"]


def test_a_column_of_the_map_that_the_file_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"a column of the map is not in the file.*amount"):
        read_file(write(tmp_path, BAR), FileMap(match="f*", columns={"turnover": "amount"}))


def test_two_columns_mapped_to_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="two columns of one name"):
        read_file(write(tmp_path, BAR | {"vol": "1"}), FileMap(columns={"vol": "volume"}))


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"" if name == "a.csv" else b"PAR?")
    with pytest.raises(DataRefused, match="not a readable") as error:
        read_folder(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("made", [True, False])
def test_a_folder_without_data_is_refused(tmp_path: Path, made: bool) -> None:
    with pytest.raises(DataRefused, match="no CSV or Parquet file" if made else "no such folder"):
        read_folder(tmp_path if made else tmp_path / "none")


def test_every_example_map_is_a_map() -> None:
    assert all(read_map(name).file for name in EXAMPLE_MAPS)
