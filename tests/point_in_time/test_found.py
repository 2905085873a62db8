"""Findings as a market knows them: of the symbols that are used, and not of later days."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from screener.point_in_time.found import counted, located
from screener.research import Research, open
from screener.store.database import Store
from screener.store.loading import load_folder
from tests.recorded import market_dir

LOG = pl.DataFrame(
    [
        ("bars", "603629.SH 2026-07-07", "price_limit", "d"),
        ("bars", "603629.SH 2026-08-07", "zero_volume", "d"),
        ("providers", "bars 300857.SZ 2026-04-22", "disagree", "d"),
        ("commitments", "MY-1", "small_amount", "d"),
        ("indices", "H00300.CSI 2018-06-18", "not_a_session", "d"),
    ],
    schema=["dataset", "row_key", "check", "detail"],
    orient="row",
)
BOTH = ["603629.SH", "300857.SZ"]


@pytest.mark.parametrize(
    ("symbols", "last", "expected"),
    [
        (BOTH, None, {"bars": {"603629.SH": 2}, "commitments": {"300857.SZ": 1}, "providers": {"300857.SZ": 1}}),
        (BOTH, date(2026, 7, 7), {"bars": {"603629.SH": 1}, "providers": {"300857.SZ": 1}}),
        (["000048.SZ"], None, {}),
    ],
)
def test_findings_count_by_symbol_and_day(symbols: list[str], last: date | None, expected: dict[str, object]) -> None:
    found = located(LOG, {"MY-1": ("300857.SZ", date(2026, 7, 8))})
    assert counted(found, symbols, None, last) == expected


def test_a_market_without_a_log_has_none() -> None:
    assert counted(located(None, {}), BOTH, None, None) == {}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Research:
    folder, path = market_dir(), tmp_path_factory.mktemp("odd") / "store.duckdb"
    with Store.create_or_open(path) as store:
        load_folder(store, folder)
    return open(path)


def test_a_screen_says_on_which_odd_rows_it_stands_and_not_on_later_ones(house: Research) -> None:
    assert house.screen("2026-07-06").stands_on.findings == {"bars": {"300857.SZ": 1}}
    after = house.screen("2026-07-07").stands_on
    assert after.findings == {"bars": {"300857.SZ": 1, "603629.SH": 1}}
    assert "2 findings on bars of 300857.SZ, 603629.SH: screener status --findings" in after.stamps
    assert house.explain("603629", "2026-07-07").stands_on.findings == {"bars": {"603629.SH": 1}}


def test_a_back_test_says_it_of_what_it_traded(house: Research) -> None:
    only = house.backtest(lambda panel: {"603629.SH": 1.0}, start="2026-06-01", end="2026-08-21").stands_on
    assert only.findings == {"bars": {"603629.SH": 1}}
    assert house.backtest(lambda panel: {"603629.SH": 1.0}, end="2026-07-06").stands_on.findings == {}
