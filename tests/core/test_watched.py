"""Lists of firms as universes."""

from __future__ import annotations

import pickle
from datetime import date, datetime
from pathlib import Path

import pytest

from screener.core.config import BacktestOptions, ScreenOptions, checked
from screener.core.errors import DataRefused
from screener.core.watched import Watched, listed_in, unheld
from screener.sources.files.lists import read_list

LIST = Watched.of("mine", {"301396.SZ": None, "603629.SH": date(2026, 1, 5)})


def test_a_firm_stands_on_the_list_from_the_end_of_its_day_on() -> None:
    morning, night = datetime(2026, 1, 5, 9, 15), datetime(2026, 1, 5, 23, 59, 59)
    assert LIST.holds("301396.SZ", datetime(2000, 1, 1)) and not LIST.holds("603629.SH", morning)
    assert LIST.holds("603629.SH", night) and not LIST.holds("600519.SH", night)
    assert listed_in(LIST.until(morning)) == ["301396.SZ"] and LIST.undated == ("301396.SZ",)


def test_lists_of_one_name_are_told_apart() -> None:
    others = [Watched.of("mine", ["301396.SZ"]), Watched.of("mine", {"301396.SZ": date(2026, 1, 5)})]
    assert len({str(one) for one in (LIST, *others)}) == 3
    assert str(others[0]).startswith("mine (1 firm, ") and str(LIST) == str(pickle.loads(pickle.dumps(LIST)))


def test_options_take_a_list_as_they_take_a_rule() -> None:
    assert checked(ScreenOptions, universe=LIST).universe == LIST
    assert checked(BacktestOptions, universe=LIST).universe is not None


def test_firms_that_a_market_does_not_hold_are_named() -> None:
    assert unheld(LIST, ["301396.SZ"]) == ("1 of 2 firms of mine are not in the store: 603629.SH",)
    assert unheld(LIST, ["301396.SZ", "603629.SH"]) == () == unheld("market", [])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("301396\n宏景科技\n", [("301396", None), ("宏景科技", None)]),
        ("# mine\n301396, 宏景科技\n\n", [("301396", None)]),
        ("symbol,since\n301396,2026-01-05\n603629,\n", [("301396", date(2026, 1, 5)), ("603629", None)]),
        ("since;symbol\n2026/1/5;301396\n", [("301396", date(2026, 1, 5))]),
        ("证券代码\t证券简称\n301396\t宏景科技\n", [("301396", None)]),
        ("公司,纳入日期\n宏景科技,2025-01-02\n", [("宏景科技", date(2025, 1, 2))]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_file_of_firms(tmp_path: Path, text: str, found: list[tuple[str, date | None]], encoding: str) -> None:
    (tmp_path / "list.csv").write_text(text, encoding=encoding)
    assert read_list(tmp_path / "list.csv") == found


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no firm in the list"),
        (b"symbol,since\n", "no firm in the list"),
        (b"symbol,since\n301396,soon\n", "a day of the list not understood .*got soon"),
        (b"PK\x03\x04\x00\x00", "no list of firms"),
        (b"x\n" * 600_000, "no list of firms"),
        (b"\xff\xff\xff\n", "no list of firms"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "list.csv").write_bytes(data)
    with pytest.raises(DataRefused, match=said):
        read_list(tmp_path / "list.csv")
