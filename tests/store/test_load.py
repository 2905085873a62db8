"""Whole folders: the recorded market as it is, all or nothing, and what the status says of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from screener.core.errors import DataRefused, StoreError
from screener.sources.files.maps import read_map
from screener.store.database import Store
from screener.store.ingest import ingest, ingest_all
from screener.store.loading import load_folder
from screener.store.parts import LoadRefused, Part
from screener.store.status import coverage, gaps, next_command
from tests.recorded import market_dir
from tests.store.rows import NOW, SESSIONS, bars, row


def test_the_recorded_market_loads_as_it_is(fresh: Callable[[], Store]) -> None:
    with fresh() as store:
        found = load_folder(store, market_dir(), now=NOW)
        reports = found.reports
        assert [one.what for one in found.skipped] == ["README.md"]
        counts = {report.file: (report.dataset, report.new, report.revised, report.unchanged) for report in reports}
        assert counts == {
            "bars_12.parquet": ("bars", 6440, 0, 0),
            "bars_market_800.parquet": ("bars", 302_547, 0, 389),
            "indices.parquet": ("indices", 12_720, 0, 0),
            "adjustments_12.csv": ("actions", 19, 0, 0),
            "share_capital_12.csv": ("shares", 20, 0, 0),
            "sessions.csv": ("sessions", 0, 0, 2916),
        }
        assert {report.dropped for report in reports if report.dropped} == {("adj_factor",)}
        by_name = {entry.dataset: entry for entry in coverage(store, now=NOW)}
        assert by_name["bars"].findings == {"price_limit": 47, "unit_band": 11, "zero_volume": 1}
        assert by_name["indices"].findings == {"not_a_session": 1}
        assert (by_name["bars"].last, by_name["bars"].symbols) == (date(2026, 10, 9), 811)
        halts = gaps(store).filter(pl.col("symbol") == "300093.SZ")["first"].to_list()
        assert halts == [date(2025, 4, 29), date(2025, 11, 19), date(2026, 6, 11)]
        broken = store.frame("findings").filter(pl.col("detail").str.contains("ex-right"))["row_key"].to_list()
        assert broken == ["300857.SZ 2026-04-22", "603629.SH 2026-07-07"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bars().write_parquet(tmp_path / "b.parquet")
    row("shares").write_csv(tmp_path / "s.csv")
    (tmp_path / "README.md").write_text("not data")
    return tmp_path


def test_a_folder_is_loaded_in_one_transaction(store: Store, folder: Path) -> None:
    row("actions", kind="gift").write_csv(folder / "x.csv")
    with pytest.raises(LoadRefused, match=r"kind unknown \(x\.csv line 2") as error:
        load_folder(store, folder, now=NOW)
    assert "nothing was stored" in str(error.value)
    assert store.frame("bars").is_empty() and store.frame("runs").filter(pl.col("command") == "load").is_empty()


def test_a_folder_is_loaded_through_a_column_map(store: Store, tmp_path: Path) -> None:
    theirs = {
        "ts_code": ["301396.SZ"],
        "trade_date": ["20260601"],
        "open": [10.0],
        "high": [10.2],
        "low": [9.9],
        "close": [10.1],
        "vol": [123.45],
        "amount": [124.0],
    }
    pl.DataFrame(theirs).write_csv(tmp_path / "daily_301396.csv")
    load_folder(store, tmp_path, read_map("tushare"), now=NOW)
    stored = store.frame("bars").select("session", "volume", "amount", "source").rows()
    assert stored == [(SESSIONS[0], 12_345, 124_000.0, "Tushare daily")]


def test_a_single_file_can_be_loaded(store: Store, folder: Path) -> None:
    assert [report.dataset for report in load_folder(store, folder / "s.csv", now=NOW).reports] == ["shares"]


def test_an_unreadable_file_refuses_the_folder(store: Store, folder: Path) -> None:
    (folder / "z.csv").write_text("symbol,session,close,high,low\n301396,2026-06-01,1,1,1\n")
    with pytest.raises(DataRefused, match="the headings fit no table"):
        load_folder(store, folder, now=NOW)
    assert store.frame("bars").is_empty()


def test_a_store_open_for_reading_takes_nothing(reader: Store) -> None:
    with pytest.raises(StoreError, match="reading only"):
        ingest(reader, "bars", bars(), "f", NOW)


def test_coverage_counts_facts_versions_and_staleness(store: Store) -> None:
    ingest(store, "bars", bars(8), "f", NOW)
    ingest(store, "bars", bars(8, close=10.0), "f", NOW)
    entry = next(entry for entry in coverage(store, now=datetime(2026, 6, 12, 14)) if entry.dataset == "bars")
    assert (entry.rows, entry.revised, entry.symbols) == (8, 1, 1)
    assert (entry.first, entry.last, entry.stale_sessions) == (SESSIONS[0], SESSIONS[7], 1)
    after_close = coverage(store, now=datetime(2026, 6, 12, 15))
    assert next(entry for entry in after_close if entry.dataset == "bars").stale_sessions == 2


def test_gaps_are_runs_of_sessions_without_a_bar(store: Store) -> None:
    held = bars(10).filter(~pl.col("session").is_in([SESSIONS[2], SESSIONS[5], SESSIONS[6]]))
    ingest(store, "bars", held, "f", NOW)
    expected = [("301396.SZ", SESSIONS[2], SESSIONS[2], 1), ("301396.SZ", SESSIONS[5], SESSIONS[6], 2)]
    assert gaps(store).rows() == expected


@pytest.mark.parametrize(
    ("loaded", "expected"),
    [
        ("", "screener load DIR"),
        ("bars", "fetch --only indices"),
        ("bars indices", "fetch --only shares"),
        ("bars indices shares", "fetch --since 2026-06-01"),
    ],
)
def test_the_status_names_the_next_command(store: Store, loaded: str, expected: str) -> None:
    frames = {"bars": bars(), "indices": row("indices"), "shares": row("shares")}
    ingest_all(store, [Part(name, frames[name], "f") for name in loaded.split()], now=NOW)
    assert expected in next_command(coverage(store, now=NOW))


def test_a_current_store_goes_on_with_the_screen(store: Store) -> None:
    frames = {"bars": bars(1), "indices": row("indices"), "shares": row("shares")}
    ingest_all(store, [Part(name, frame, "f") for name, frame in frames.items()], now=NOW)
    assert next_command(coverage(store, now=datetime(2026, 6, 2, 9))) == "screener screen"
