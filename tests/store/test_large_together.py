"""Several files of bars that are large together: read in pieces, and nobody can tell."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screener.store import ingest
from tests.cases import drawn, each_once
from tests.store.large_files import (
    CHANGES,
    LOWER,
    MADE,
    PACKED,
    SYMBOLS,
    Loads,
    code,
    day,
    made_elsewhere,
    market,
    of,
    sorted_bars,
    told_both_ways,
    with_changes,
    written,
)
from tests.store.rows import SESSIONS, row

DAYS = [day < SESSIONS[2], day.is_between(SESSIONS[2], SESSIONS[5]), day > SESSIONS[5]]


FIRMS = [code < SYMBOLS[2], code >= SYMBOLS[2]]


TWICE = [day < SESSIONS[4], day >= SESSIONS[2]]


# How a market lies in several files → which rows each has, and whether they are read in pieces.
SEVERAL: dict[str, tuple[list[pl.Expr], list[pl.Expr], bool]] = {
    "by day": (DAYS, [], True),
    "by firm": (FIRMS, [], True),
    "some rows twice": (TWICE, [], True),
    "another source": ([*DAYS[:2], DAYS[2] & code.is_in(SYMBOLS[:4])], [], True),
    "a wrong price": (DAYS, [of("301396.SZ", "high", 9.0)], False),
    "a wrong unit": (DAYS, [of("301396.SZ", "amount", 9e9)], False),
    "text": (DAYS, [of("301396.SZ", "symbol", "abcdef")], False),
    "above all shares": (DAYS, [of("000977.SZ", "volume", 10**9), of("000977.SZ", "amount", None)], False),
}


MIXED = ["ours", "Tushare", "AKShare"]


def in_files(folder: Path, frame: pl.DataFrame, parts: list[pl.Expr], makers: list[str], packed: str) -> Path:
    """A market in several files, each in another one's form."""
    folder.mkdir()
    for number, part in enumerate(parts):
        below = folder / f"part {number}"
        below.mkdir()
        maker, rows = makers[number % len(makers)], frame.filter(part)
        written(below, rows, form=packed.strip(".")) if maker == "ours" else made_elsewhere(below, rows, maker, packed)
    row("shares", symbol="000977.SZ", effective_date=SESSIONS[0]).write_csv(folder / "shares.csv")
    row("actions", prev_close=10.1).write_csv(folder / "actions.csv")
    return folder


@pytest.mark.parametrize(
    ("name", "makers", "packed"), each_once(SEVERAL, [["ours"], ["Tushare"], MIXED], ["parquet", ".csv"])
)
def test_several_files_are_read_in_pieces_together_and_nobody_can_tell(
    tmp_path: Path, loads: Loads, name: str, makers: list[str], packed: str
) -> None:
    parts, odd, in_pieces = SEVERAL[name]
    folder = in_files(tmp_path / "all", market(*odd), parts, makers, packed)
    whole, pieces = (loads(folder, in_pieces=how) for how in (False, True))
    assert pieces[0] == whole[0] and isinstance(whole[0][0], str) != in_pieces
    found, expected = sorted_bars(pieces[1]), sorted_bars(whole[1])
    assert all(frame.equals(expected[name]) for name, frame in found.items())
    assert pieces[2] == ([True] if in_pieces else pieces[2]) and pieces[2][-1] == in_pieces


def test_a_file_that_names_no_source_is_stored_after_those_that_do(tmp_path: Path, loads: Loads) -> None:
    later = pl.when(day >= SESSIONS[2]).then("source").alias("source")
    folder = in_files(tmp_path / "all", market(later), DAYS, ["ours"], "parquet")
    whole, pieces = (loads(folder, in_pieces=how) for how in (False, True))
    assert pieces[0] == whole[0] and pieces[2] == [True, False]
    assert all(frame.equals(whole[1][name]) for name, frame in pieces[1].items())


LATER_ON = {
    "the same": (market(), DAYS), "a mended one": (market(pl.col("high").clip(upper_bound=10.2)), DAYS),
    "further days": (market(), DAYS[:2]), "other closes": (market(LOWER), DAYS),
}  # fmt: skip


@pytest.mark.parametrize(("name", "packed"), each_once(LATER_ON, ["parquet", ".csv"]))
def test_several_files_after_another_load_append_what_changed(
    tmp_path: Path, loads: Loads, name: str, packed: str
) -> None:
    frame, before = LATER_ON[name]
    folders = [
        in_files(tmp_path / "first", market(), before, ["ours"], packed),
        in_files(tmp_path / "then", frame, DAYS, ["ours"], packed),
    ]
    whole, pieces = (loads(*folders, in_pieces=how) for how in (False, True))
    assert pieces[0] == whole[0] and len(pieces[0]) == 2
    found, expected = sorted_bars(pieces[1]), sorted_bars(whole[1])
    assert all(frame.equals(expected[name]) for name, frame in found.items())


@settings(max_examples=drawn(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    odd=st.lists(st.tuples(st.integers(0, 46), CHANGES), max_size=2),
    parts=st.lists(st.lists(st.integers(0, 46), max_size=40), min_size=2, max_size=4),
    makers=st.sampled_from([["ours"], ["Tushare"], MIXED]),
    packed=st.sampled_from(["parquet", ".csv"]),
    piece=st.integers(1, 50),
)
def test_any_files_of_a_market_give_the_same_store_and_the_same_words(
    tmp_path_factory: pytest.TempPathFactory,
    loads: Loads,
    odd: list[tuple[int, tuple[str, object]]],
    parts: list[list[int]],
    makers: list[str],
    packed: str,
    piece: int,
) -> None:
    chosen = [pl.int_range(pl.len()).is_in(rows) for rows in parts]
    folder = in_files(tmp_path_factory.mktemp("bars") / "all", with_changes(odd), chosen, makers, packed)
    whole, pieces = (loads(folder, in_pieces=how, piece=piece) for how in (False, True))
    found, expected = sorted_bars(pieces[1]), sorted_bars(whole[1])
    assert pieces[0] == whole[0] and all(frame.equals(expected[name]) for name, frame in found.items())


def by_name(folder: Path, frame: pl.DataFrame, packed: str, *, coded: bool) -> Path:
    """A file for each firm, which its name says; `coded`: its rows too."""
    folder.mkdir()
    for symbol in SYMBOLS:
        theirs = frame.filter(code == symbol).select(MADE["AKShare"])
        text = theirs if coded else theirs.drop("股票代码")
        (folder / f"{symbol[:6]}{packed}").write_bytes(PACKED[packed](text.write_csv(quote_style="never").encode()))
    return folder


SINGLE = {
    "as they are": [], "a close without a figure": [of("301396.SZ", "close", None)],
    "off the fen": [of("301396.SZ", "close", 10.005)], "a wrong unit": [of("300339.SZ", "amount", 9e9)],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "packed", "coded", "most"), each_once(SINGLE, [".csv", ".csv.gz"], [True, False], [2, 4, 100])
)
def test_a_file_for_each_firm_is_read_in_pieces_with_the_others_and_nobody_can_tell(
    tmp_path: Path, loads: Loads, monkeypatch: pytest.MonkeyPatch, name: str, packed: str, coded: bool, most: int
) -> None:
    monkeypatch.setattr(ingest, "TOGETHER", 3)
    monkeypatch.setattr(ingest, "MOST_TOGETHER", most)
    folder = by_name(tmp_path / "all", market(*SINGLE[name]), packed, coded=coded)
    whole, pieces = (loads(folder, in_pieces=how) for how in (False, True))
    assert pieces[0] == whole[0] and pieces[2][0]
    found, expected = sorted_bars(pieces[1]), sorted_bars(whole[1])
    assert all(frame.equals(expected[name]) for name, frame in found.items())


def test_a_large_file_of_funds_alone_is_none_of_ours(tmp_path: Path, loads: Loads) -> None:
    told, _ = told_both_ways(loads, written(tmp_path, market(pl.lit("510300.SH").alias("symbol"))))
    assert "510300.SH" in str(told) and "a fund" in str(told)
