"""A large file of bars is stored some firms at a time, and nobody can tell: not by the store, nor by what is said."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screener.core.dating import with_known_at
from screener.core.tables import TABLES
from screener.sources.files import spreading, streams
from screener.sources.files.maps import FileMap
from screener.sources.files.reading import read_folder
from screener.store import loading, piecewise, versions
from screener.store.database import Store
from screener.store.ingest import ingest_all
from screener.store.loading import load_folder
from tests.cases import drawn, each_once, later
from tests.store.large_files import (
    CHANGES,
    LOWER,
    ORDERS,
    REFUSED,
    SYMBOLS,
    WRITTEN,
    Loads,
    market,
    of,
    told_both_ways,
    with_changes,
    written,
)
from tests.store.rows import NOW, SESSIONS, bars, row

FORMS = ("parquet", "csv")


EARLY = pl.col("session") < SESSIONS[2]


@pytest.mark.parametrize(("order", "form"), each_once(ORDERS, [*FORMS, *(form for form in WRITTEN if form != "csv")]))
def test_a_file_read_in_pieces_gives_the_same_store_and_says_the_same(
    tmp_path: Path, loads: Loads, order: str, form: str
) -> None:
    others = {"shares": row("shares"), "actions": row("actions", prev_close=10.1)}
    folder = written(tmp_path, market(), order, form, **others)
    whole, pieces = (loads(folder, in_pieces=how) for how in (False, True))
    assert pieces[0] == whole[0] and pieces[2] == [True], "it was read in pieces, and in nothing else"
    assert all(frame.equals(whole[1][name]) for name, frame in pieces[1].items())
    assert {"price_limit", "zero_volume", "unit_unknown"} <= set(pieces[1]["findings"]["check"])
    assert pieces[1]["bars"].height == 47 and pieces[0][0].reports[0].symbols == 6  # type: ignore[attr-defined]


OTHERS = {
    "some of it": (market().head(20), market(of(SYMBOLS[4], "close", 9.95))),
    "the days before": (market().filter(EARLY), market().filter(~EARLY)),
    "the same": (market(), market()),
    "other firms": (market().filter(pl.col("symbol") > SYMBOLS[4]), market()),
    "a mended one": (market(), market(pl.col("high").clip(upper_bound=10.2))),
    "other closes": (market(), market(LOWER)),
}  # fmt: skip


@pytest.mark.parametrize("group", [7, *later(1000)])
@pytest.mark.parametrize(("before", "form"), each_once(OTHERS, FORMS))
def test_a_large_file_after_another_load_appends_what_changed(
    tmp_path: Path, loads: Loads, before: str, form: str, group: int
) -> None:
    folders = [tmp_path / name for name in ("first", "then")]
    for folder, frame in zip(folders, OTHERS[before], strict=True):
        folder.mkdir()
        written(folder, frame, form=form)
    whole = loads(*folders, in_pieces=False)
    pieces = loads(*folders, in_pieces=True, group=group)
    assert pieces[0] == whole[0] and len(pieces[0]) == 2
    assert all(frame.equals(whole[1][name]) for name, frame in pieces[1].items())
    assert ("stored closes would change" in str(pieces[0][1])) == (before == "other closes") and len(pieces[2]) == 2


@pytest.mark.parametrize(("said", "form"), each_once(REFUSED, [*FORMS, "Excel"]))
def test_what_is_refused_whole_is_refused_in_the_same_words(tmp_path: Path, loads: Loads, said: str, form: str) -> None:
    frame = market(*REFUSED[said])
    folder = written(tmp_path, frame, form=form, shares=row("shares", symbol="000977.SZ", effective_date=SESSIONS[0]))
    whole, pieces = (loads(folder, in_pieces=how) for how in (False, True))
    assert pieces[0] == whole[0] and said in str(pieces[0][0]) and pieces[2] == [True], "it was not read whole"
    assert pieces[1]["bars"].is_empty() and pieces[1]["runs"].equals(whole[1]["runs"])


@pytest.mark.parametrize(("order", "form"), each_once(ORDERS, FORMS))
def test_a_file_that_changes_while_it_is_read_loses_no_row(
    tmp_path: Path, fresh: Callable[[], Store], monkeypatch: pytest.MonkeyPatch, order: str, form: str
) -> None:
    monkeypatch.setattr(streams, "LARGE", 40)
    folder = written(tmp_path, market().filter(pl.col("symbol") != SYMBOLS[3]), order, form)
    with fresh() as store:

        def late(*args: Any, **kwargs: Any) -> Any:
            written(tmp_path, market(), order, form)
            return ingest_all(*args, **kwargs)

        monkeypatch.setattr(loading, "ingest_all", late)
        assert load_folder(store, folder, now=NOW).reports[0].new == store.latest("bars").height == 47


@pytest.mark.parametrize("group", [1, 7, 20, 1000])
def test_new_rows_are_written_in_full_groups_and_none_is_lost(
    fresh: Callable[[], Store], monkeypatch: pytest.MonkeyPatch, group: int
) -> None:
    monkeypatch.setattr(piecewise, "ROW_GROUP", group)
    rows = pl.concat([bars(symbol=symbol) for symbol in SYMBOLS])
    dated = with_known_at(TABLES["bars"], TABLES["bars"].check(rows), pl.DataFrame())
    with fresh() as store:
        writing = piecewise.Writing(store.connection, TABLES["bars"], {"file": "000001-bars"}, NOW)
        heights = []
        for first in range(0, dated.height, 16):
            writing.append({"file": dated[first : first + 16]}, {"file": ()})
            heights.append(store.frame("bars").height)
        writing.finish()
        assert heights == [done - done % group for done in (16, 32, 48)]
        assert store.frame("bars").select(rows.columns).equals(rows.sort("symbol", "session"))


def test_pages_that_were_written_do_not_fill_the_memory(
    fresh: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    with fresh() as store:

        def asked(sql: str) -> Any:
            return store.connection.execute(sql).fetchall()[0][0]

        held = "SELECT memory_usage_bytes FROM duckdb_memory() WHERE tag = 'BASE_TABLE'"
        limit = "SELECT current_setting('memory_limit')"
        store.connection.execute("CREATE TABLE drawn AS SELECT random() FROM range(1_000_000)")
        before, most = asked(held), asked(limit)
        monkeypatch.setattr(piecewise, "CACHE", "2MB")
        piecewise.let_go(store.connection)
        assert before > 6_000_000 and asked(held) < before / 2 and asked(limit) == most


@pytest.mark.parametrize("form", WRITTEN)
def test_a_plain_text_file_is_read_in_pieces_however_a_program_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(streams, "LARGE", 40)
    monkeypatch.setattr(spreading, "PIECE", 18)
    with contextlib.ExitStack() as closing:
        pieces = read_folder(written(tmp_path, market(), form=form), in_pieces=closing).pieces
        assert pieces is not None and len(list(pieces.read())) > 1


@pytest.mark.parametrize(
    "odd",
    [
        pl.col("close").cast(pl.Boolean),
        pl.col("symbol").str.head(6).cast(pl.Float64),
    ],
)  # fmt: skip
def test_a_file_that_is_not_plain_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: pl.Expr) -> None:
    monkeypatch.setattr(streams, "LARGE", 40)
    with contextlib.ExitStack() as closing:
        assert read_folder(written(tmp_path, market()), in_pieces=closing).pieces
        assert not read_folder(written(tmp_path, market(odd)), in_pieces=closing).pieces


def test_a_bad_row_of_parquet_is_counted_with_the_funds_that_are_left_out(tmp_path: Path, loads: Loads) -> None:
    fund = bars(symbol="000977.SZ").head(3).with_columns(symbol=pl.lit("510300.SH"))
    rows = pl.concat([fund, bars(symbol="301396.SZ")]).with_columns(volume=pl.lit(0.5))
    rows.write_parquet(tmp_path / "bars.parquet")
    assert "bars.parquet row 4)" in str(loads(tmp_path, in_pieces=False)[0][0])


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("first", [market(), market().filter(EARLY)], ids=["the same", "fewer days"])
def test_a_large_file_that_is_stored_already_is_compared_in_order(
    tmp_path: Path, loads: Loads, monkeypatch: pytest.MonkeyPatch, first: pl.DataFrame, order: str
) -> None:
    joined, append = list[bool](), versions.append

    def counted(*args: Any, **how: Any) -> versions.Counts:
        joined.append(not how.get("unknown"))
        return append(*args, **how)

    monkeypatch.setattr(versions, "append", counted)
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    folders = written(tmp_path / "old", first, order), written(tmp_path / "new", market(), order)
    (_, again), frames, _ = loads(*folders, in_pieces=True, group=1000)
    assert any(joined) == (first.height < market().height)
    assert frames["bars"].height == again.reports[0].rows == 47  # type: ignore[attr-defined]


def test_a_parquet_file_is_read_as_its_rows_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither all of it at once nor all that was asked for: memory would rise with its rows."""
    path = tmp_path / "bars.parquet"
    many = pl.concat([bars(symbol=SYMBOLS[0])] * 100_000)
    many.with_columns(amount=pl.int_range(pl.len()) / 7).write_parquet(
        path, row_group_size=10_000, compression="uncompressed"
    )
    monkeypatch.setattr(streams, "LARGE", 40)
    held = pyarrow.total_allocated_bytes()
    stream = streams.stream_of(path, path.name, FileMap(), lambda: path, 40)
    assert stream is not None
    with contextlib.closing(stream.batches({name: at for at, name in enumerate(stream.headings)})) as rows:
        next(rows)
        assert pyarrow.total_allocated_bytes() - held < path.stat().st_size / 2


_ASKED = """
import sys
from screener.commands import app, load
kept = load.keep_pages
load.keep_pages = lambda: (kept(), print("polars" in sys.modules, "pyarrow" in sys.modules))
sys.exit(app.answer(["load", sys.argv[1], "--db", sys.argv[2]]))
"""


def test_a_load_says_that_memory_is_kept_before_those_who_hold_it_are_there(tmp_path: Path) -> None:
    words = [str(written(tmp_path, market())), str(tmp_path / "store.duckdb")]
    done = subprocess.run([sys.executable, "-c", _ASKED, *words], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("False False")


def cells(frame: pl.DataFrame) -> list[list[str]]:
    return [["" if cell is None else str(cell) for cell in row] for row in frame.rows()]


COLUMNS = market().columns


# (row, column, what stands there instead)
ODD: dict[str, tuple[str, list[tuple[int, str, str]]]] = {
    "blanks": ("", [(3, "close", " 10.1 "), (9, "symbol", f" {SYMBOLS[1]}"), (12, "amount", "")]),
    "no figure": ("", [(n, "amount", "--") for n in range(0, 40, 3)]),
    "thousands": ("", [(n, "volume", "10,000") for n in range(1, 40, 10)]),
    "days": ("", [(5, "session", "2026/06/01"), (8, "session", "20260601")]),
    "spelled": ("", [(4, "symbol", "sz000977"), (33, "symbol", "603629")]),
    "zeros": ("", [(n, "symbol", "977") for n in (1, 6)]),
    "funds": ("", [(n, "symbol", "510300.SH") for n in (1, 6, 20)]),
    "several": (
        "",
        [(1, "symbol", "399006.SZ"), (9, "symbol", "510300"), (3, "symbol", "900901"), (20, "symbol", "AAPL")],
    ),
    "many funds": ("", [(n, "symbol", f"51030{n % 10}.SH") for n in (40, 3, 22, 11)]),
    "funds and text": ("close not understood (bars.csv line 21)", [(1, "symbol", "510300.SH"), (19, "close", "abc")]),
    "text": ("close not understood (bars.csv line 21); got 'abc'", [(19, "close", "abc"), (33, "close", "x")]),
    "in order of columns": ("bars.csv line 35", [(19, "close", "abc"), (33, "open", "x")]),
    "no day": ("session not understood (bars.csv line 30)", [(28, "session", "2026-13-01"), (2, "close", "abc")]),
    "no code": ("symbol not understood", [(28, "symbol", "abcdef"), (2, "close", "abc")]),
    "empty": ("close is empty (bars.csv line 13)", [(11, "close", ""), (40, "high", "9.0")]),
    "key": ("one key with different values", [(10, "volume", "9"), (1, "volume", "0"), (47, "close", "10.0")]),
    "every tenth": ("(bars.csv line 3, ", [(n, "high", "9.0") for n in range(1, 47, 10)]),
    "wild": ("4 of 38 rows have amount", [(n, "amount", "9e9") for n in (8, 20, 30, 40)]),
    "sources": ("bars.csv line 3", [(1, "source", "z"), (1, "high", "9.0"), (30, "source", "a"), (30, "high", "9.0")]),
    "days apart": ("session not understood", [(n, "session", "06/01/2026") for n in (3, 8)]),
}


# Headings of another program, whose volume may be 手 or 股.
THEIRS = ["代码", "日期", "开盘", "最高", "最低", "收盘", "成交量", "成交额", "source"]


@pytest.mark.parametrize(("name", "separator", "headings"), each_once(ODD, [";", ","], [COLUMNS, THEIRS]))
def test_odd_cells_of_text_are_understood_or_refused_as_in_the_whole_file(
    tmp_path: Path, loads: Loads, name: str, separator: str, headings: list[str]
) -> None:
    said, odd = ODD[name]
    rows = cells(market())
    for row_, column, cell in odd:
        rows[row_][COLUMNS.index(column)] = f'"{cell}"' if separator in cell else cell
    lines = [separator.join(row_) for row_ in (headings, *rows)]
    (tmp_path / "bars.csv").write_text("\n".join(lines))
    told, read = told_both_ways(loads, tmp_path)
    assert said in str(told) and bool(said) == isinstance(told, str)
    assert read == [True, *([False] if name == "days apart" else [])], "only what depends on all others is read whole"


LINES: dict[str, tuple[str, Callable[[list[str]], list[str]]]] = {
    "short": ("a row is cut short (bars.csv line 30)", lambda rows: [*rows[:29], "x,y", "z", *rows[29:]]),
    "long": ("longer than the headings (bars.csv line 9)", lambda rows: [*rows[:8], rows[8] + ",x", *rows[9:]]),
    "short after long": ("cut short (bars.csv line 41)", lambda rows: [*rows[:8], rows[8] + ",x", *rows[9:40], "x,y"]),
    "half a row": ("cut short (bars.csv line 49)", lambda rows: [*rows[:48], rows[48][:15]]),
    "footers": ("a footer", lambda rows: [*rows, "", ",,,,,,,,", "数据来源：某某", "合计,,,,,,,,"]),
    "headings again": ("stands again", lambda rows: [*rows[:9], rows[0], *rows[9:30], rows[0], *rows[30:]]),
    "empty lines": ("new=46", lambda rows: [*rows[:9], "", "  ", *rows[9:30], ",,,,,,,,", *rows[31:]]),
    "quotes": ("new=47", lambda rows: ['"' + line.replace(",", '","') + '"' for line in rows]),
    "an open quote": ("quotes are not closed", lambda rows: [*rows[:9], '"' + rows[9], *rows[10:]]),
    "a zero byte": ("zero bytes", lambda rows: [*rows[:30], rows[30] + "\0", *rows[31:]]),
    "names in Chinese": ("new=47", lambda rows: [line.replace("test", "某某终端") for line in rows]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "encoding", "headings"), each_once(LINES, ["utf-8", "gb18030", "utf-16"], [COLUMNS, THEIRS])
)
def test_odd_lines_of_text_are_left_out_or_refused_as_in_the_whole_file(
    tmp_path: Path, loads: Loads, name: str, encoding: str, headings: list[str]
) -> None:
    said, changed = LINES[name]
    lines = changed([",".join(row_) for row_ in (headings, *cells(market()))])
    (tmp_path / "bars.csv").write_bytes("\r\n".join(lines).encode(encoding))
    told, read = told_both_ways(loads, tmp_path)
    assert said in str(told) and read == [True]


NAMED = {"shares": row("shares", total_shares=0), "actions": row("actions", prev_close=99.0)}


WRONG = [market(), market(of("301396.SZ", "high", 9.0)), market(of("600519.SH", "close", 1e17))]


@pytest.mark.parametrize(("name", "odd"), each_once(NAMED, WRONG))
def test_what_else_is_refused_is_counted_with_a_large_file(
    tmp_path: Path, loads: Loads, name: str, odd: pl.DataFrame
) -> None:
    NAMED[name].write_csv(tmp_path / f"{name}.csv")
    told, read = told_both_ways(loads, written(tmp_path, odd))
    assert isinstance(told, str) and read == [True]


@settings(max_examples=drawn(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    odd=st.lists(st.tuples(st.integers(0, 46), CHANGES), max_size=5),
    order=st.sampled_from(list(ORDERS)),
    form=st.sampled_from([*FORMS, "Excel"]),
    piece=st.integers(1, 50),
    batch=st.integers(1, 50),
)
def test_any_split_of_a_load_gives_the_same_store_and_the_same_words(
    tmp_path_factory: pytest.TempPathFactory,
    loads: Loads,
    odd: list[tuple[int, tuple[str, object]]],
    order: str,
    form: str,
    piece: int,
    batch: int,
) -> None:
    folder = written(tmp_path_factory.mktemp("bars"), with_changes(odd), order, form)
    assert told_both_ways(loads, folder, piece=piece, batch=batch)[1] == [True]
