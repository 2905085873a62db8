"""Recorded kinds of exports that once went wrong: what each of them must come to. Needs the folder of cases."""

# ruff: noqa: E501 - rows are as long as they are

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from screener.core.errors import DataRefused
from screener.sources.files.outcome import FolderRows
from screener.sources.files.reading import read_folder
from tests.recorded import shared_dir
from tests.sources.files.making import checked

FIRST = ("000977.SZ", date(2026, 5, 6), 7_119_200)
ONE = ("000977.SZ", date(2026, 6, 30), 7_119_200)
# Folder → rows of bars and the first of them, in shares.
BARS: dict[str, tuple[int, Any]] = {
    "01_ak_hist_per_stock": (90, FIRST), "02_ak_hist_zeros_lost": (90, ("000048.SZ", date(2026, 5, 6), 6_203_100)), "02b_ak_hist_zeros_kept": (90, ("000048.SZ", date(2026, 5, 6), 6_203_100)),
    "03_tdx_export": (30, FIRST), "03b_tdx_footer_only": (30, FIRST), "03c_tab_xls": (30, FIRST), "03d_tab_csv": (30, FIRST),
    "04_wind_footer": (30, FIRST), "04b_wind_clean": (30, FIRST), "05_choice_footer": (30, FIRST), "06_excel_blank_rows": (30, FIRST),
    "09_halt_zero_ohl": (29, FIRST), "10_baostock": (29, FIRST), "11_pytdx_denormal": (30, FIRST), "31_tushare_daily": (30, None),
    "31d_tushare_folder": (30, None), "32_wind_plus_own": (30, FIRST), "34_gz": (30, FIRST), "34b_zip": (30, FIRST), "36_utf16": (30, FIRST),
    "38_whole_market": (1, FIRST), "41_yf": (30, FIRST), "42_header_only": (0, None), "70_nan_halt": (29, FIRST), "70b_dash_halt": (29, FIRST),
    "71_sci": (30, None), "72_mac": (30, FIRST), "73_nbsp": (30, FIRST), "74a_int_code": (30, FIRST), "74c_tz_utc": (30, FIRST),
    "74f_int_date": (30, FIRST), "74g_float_date": (30, FIRST), "75_utc_csv": (6, FIRST), "79_jq": (30, FIRST), "90_dups": (35, FIRST),
    "92_fullwidth": (30, ("301396.SZ", *FIRST[1:])),
    **{f"12_dates/d{n:02d}": (1, ONE) for n in (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 19, 20, 21)},
    **{f"37_codes/c{n:02d}": (30, FIRST) for n in range(15)},
    **{f"81_parquet/{name}": (30, FIRST) for name in ("bool_source", "cat_symbol", "date_str_time", "dec_date", "float_date", "i128", "null_amount", "null_note_source", "str_all")},
    **{f"81_parquet/{name}": (0, None) for name in ("empty", "empty_nulltypes")},
    **{f"81_parquet/{name}": (30, ("300977.SZ", *FIRST[1:])) for name in ("float_symbol", "int_symbol6")},
    **{f"82_csv/{name}": (30, FIRST) for name in ("big5_like", "bom_twice", "cr_only", "quoted_all", "semicolon", "space_header", "neg_zero")},
}  # fmt: skip
# Folder → what the refusal must say.
REFUSED = {
    "12_dates/d09": r"session not understood \(bars\.csv line 2\); got '26/6/30'", "12_dates/d17": "line 2", "12_dates/d18": "line 2",
    "13_event_dates/d00": "event_date .*line 2", "13_event_dates/d07": "known_at .*line 2", "13_event_dates/d12": "from 1990 to 2100",
    "13_event_dates/d13": "from 1990 to 2100", "21_two_digit_year": r"公告\.csv line 2", "34c_xlsx": "not a readable xlsx",
    "33_ignored": r"not a readable xlsx file \(股本\.xlsx\)", "35_half0": "line 31.*7 fields", "35_half1": "line 31.*amount 1177",
    "35_half2": "line 31", "35_half3": "line 31.*7 fields", "37_codes/c15": r"wrong exchange.*line 2", "60_rating_words": "买入.*优于大市",
    "62b_facts_future": r"履约\.csv line 2", "64e_action_2digit": "25/6/13", "65_shares_2digit": "25/6/13", "67_info_em": "without a date",
    "74b_naive_utc_one_day": "16:00:00", "74d_decimal": "71192.67", "74e_epoch_ms": "1778025600000", "76_one_bad_date": r"line 22.*2026/6/31",
    "76b_blank_date": "session is empty", "77_baostock_qfq": "adjusted", "78_qlib": "adjusted", "78b_qlib_whole": "adjusted", "80_ragged": "line 13",
    "80b_quote": "line 13", "81_parquet/bin_symbol": "Binary", "81_parquet/bool_date": "Boolean", "81_parquet/dur_type": "Duration",
    "81_parquet/inf_price": "high .*row 1", "81_parquet/list_price": "List", "81_parquet/struct_price": "Struct", "81_parquet/time_type": "Time",
    "81_parquet/u64_volume": "too large", "81_parquet/str_price_bad": "open is empty", "81_parquet/null_symbol": "symbol is empty",
    "81_parquet/nulltype_symbol": "symbol is empty", "81_parquet/nulltype_session": "session is empty", "82_csv/dup_header": "two columns",
    "82_csv/dup_after_strip": "two columns", "82_csv/half_gbk": "line 31", "82_csv/no_header": "no heading row", "82_csv/nul_bytes": "zero bytes",
    "82_csv/nul_padding": "zero bytes", "82_csv/only_bom": "empty",
}  # fmt: skip
# Read as they are; what is wrong with them is for the checks of the store.
OF_THE_STORE = ("07_lots_no_amount", "08_star_in_shares", "13_event_dates", "24_", "25_", "26_", "31f", "61", "62_", "63_", "64", "68_", "69", "82_csv/header_twice", "82_csv/latin_mixed", "83_", "91_", "93_")  # fmt: skip


def folder_of(name: str) -> Path:
    shared = shared_dir()
    if shared is None or not (shared / "cases" / "data_in" / name).is_dir():
        pytest.skip("no recorded cases beside the checkout (set SCREENER_SHARED to their folder)")
    return shared / "cases" / "data_in" / name


def all_rows(found: FolderRows, dataset: str) -> pl.DataFrame:
    return pl.concat([checked(one) for one in found.files if one.dataset == dataset], how="diagonal")


@pytest.mark.parametrize("name", BARS)
def test_bars_that_must_load(name: str) -> None:
    count, first = BARS[name]
    found = read_folder(folder_of(name))
    assert not found.refused
    rows = all_rows(found, "bars").sort("symbol", "session")
    assert rows.height == count
    if first:
        assert rows.select("symbol", "session", "volume").row(0) == first


@pytest.mark.parametrize("name", REFUSED)
def test_files_that_must_be_refused(name: str) -> None:
    with pytest.raises(DataRefused, match=REFUSED[name]) as error:
        found = read_folder(folder_of(name))
        if found.refused:
            raise DataRefused(found.refused[0].reason)
        for one in found.files:
            checked(one)
    assert "\n" not in str(error.value) and len(str(error.value)) < 1000


def test_one_tushare_bar_is_exact() -> None:
    rows = all_rows(read_folder(folder_of("31_tushare_daily")), "bars").sort("session")
    assert rows.select("session", "volume", "amount").row(0) == (
        date(2026, 5, 6),
        7_119_200,
        pytest.approx(291_157_482),
    )


def test_wind_amounts_are_yuan() -> None:
    rows = all_rows(read_folder(folder_of("04_wind_footer")), "bars")
    assert rows["amount"][0] == pytest.approx(291_157_500)


@pytest.mark.parametrize("number", range(7))
def test_an_index_has_one_spelling(number: int) -> None:
    assert all_rows(read_folder(folder_of(f"39_index/c{number}")), "indices")["index"].unique().to_list() == [
        "000300.SH"
    ]


@pytest.mark.parametrize("name", ["40_index_as_stock", "31e_tushare_index"])
def test_an_index_is_no_stock(name: str) -> None:
    rows = all_rows(read_folder(folder_of(name)), "indices")
    assert rows.height == 30 and rows["index"].unique().to_list() == ["000300.SH"]


@pytest.mark.parametrize(
    ("name", "known"),
    [("13_event_dates/d04", datetime(2026, 6, 30, 18, 32, 10)), ("13_event_dates/d05", datetime(2026, 6, 30, 18, 32, 10)),
     ("13_event_dates/d06", datetime(2026, 6, 30, 18, 32, 10)), ("13_event_dates/d09", datetime(2026, 6, 30, 18, 32)),
     ("13_event_dates/d14", datetime(2026, 6, 30, 18, 28, 48)), ("22_pm_clock", datetime(2026, 1, 15, 18, 32)),
     ("22b_clock_ok", datetime(2026, 1, 15, 18, 32))],
)  # fmt: skip
def test_times_are_those_of_shanghai(name: str, known: datetime) -> None:
    assert all_rows(read_folder(folder_of(name)), "announcements")["known_at"].to_list() == [known]


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("13_event_dates/d01", date(2026, 6, 30)),
        ("13_event_dates/d02", date(2026, 6, 30)),
        ("23_utc_event", date(2026, 1, 15)),
    ],
)
def test_days_written_in_utc(name: str, day: date) -> None:
    assert all_rows(read_folder(folder_of(name)), "announcements")["event_date"].to_list() == [day]


@pytest.mark.parametrize(
    "name",
    ["20_e2e_ok", *(f"27{letter}_words" for letter in ("", "b", "c", "d", "e", "f")), "27h_empty_term", "27i_ceiling"],
)
def test_contracts_in_the_words_of_an_analyst(name: str) -> None:
    row = all_rows(read_folder(folder_of(name)), "commitments").row(0, named=True)
    assert (row["symbol"], row["kind"], row["direction"], row["is_compute"]) == ("603881.SH", "order", "inflow", True)
    assert row["amount_high"] == 1.2e9 and row["term_months"] == (None if name == "27h_empty_term" else 36)


@pytest.mark.parametrize("name", ["31b_tushare_basic", "31c_tushare_share_named"])
def test_share_capital_of_tushare(name: str) -> None:
    assert all_rows(read_folder(folder_of(name)), "shares")["total_shares"].unique().to_list() == [1_471_423_450]


def test_announcements_of_cninfo() -> None:
    rows = all_rows(read_folder(folder_of("66_cninfo")), "announcements").sort("event_date")
    assert rows["kind"].to_list() == ["order", "report"]
    assert rows["known_at"].to_list() == [datetime(2026, 1, 15), datetime(2026, 4, 20, 18, 2, 11)]


def test_every_file_that_is_not_read_is_named() -> None:
    assert {one.what for one in read_folder(folder_of("31d_tushare_folder")).skipped} == {"stock_basic.csv"}
    assert {one.what for one in read_folder(folder_of("72_mac")).skipped} == {"._bars.csv"}
    found = read_folder(folder_of("38_whole_market"))
    assert [one.why for one in found.files[0].skipped] == ["a fund", "a B share"]


def test_no_case_is_forgotten() -> None:
    base = folder_of(".")
    leaves = {
        str(path.parent.relative_to(base)) for path in base.rglob("*") if path.is_file() and path.suffix != ".toml"
    }
    own = {
        "22_pm_clock",
        "22b_clock_ok",
        "23_utc_event",
        "20_e2e_ok",
        "31b_tushare_basic",
        "31c_tushare_share_named",
        "31e_tushare_index",
        "40_index_as_stock",
        "66_cninfo",
        "33_ignored/SH",
    }
    seen = {*BARS, *REFUSED, *own}
    rest = sorted(name for name in leaves - seen if not name.startswith((*OF_THE_STORE, "27", "39_index")))
    assert rest == []
