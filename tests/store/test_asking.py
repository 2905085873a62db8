"""SQL of the user: any value is told as it is, and no query takes all memory or for ever."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from time import monotonic

import polars as pl
import pytest

from screener.commands.frames import print_frame, write_frame
from screener.core.errors import UsageError
from screener.store.database import Store

VALUES = [
    ("340282366920938463463374607431768211455::UHUGEINT", "340282366920938463463374607431768211455"),
    ("170141183460469231731687303715884105727::HUGEINT", 170141183460469231731687303715884105727),
    ("(-170141183460469231731687303715884105728)::HUGEINT", -170141183460469231731687303715884105728),
    ("sum(1)", 1),
    ("18446744073709551615::UBIGINT", 18446744073709551615),
    ("'infinity'::DATE", "infinity"),
    ("'-infinity'::TIMESTAMP", "-infinity"),
    ("DATE '10000-01-01'", "10000-01-01"),
    ("DATE '9999-12-31'", date(9999, 12, 31)),
    ("DATE '0001-01-01'", date(1, 1, 1)),
    ("DATE '0044-03-15 (BC)'", "0044-03-15 (BC)"),
    ("TIMESTAMP '9999-12-31 23:59:59.999999'", datetime(9999, 12, 31, 23, 59, 59, 999999)),
    ("TIMESTAMP_S '290000-01-01'", "290000-01-01 00:00:00"),
    ("TIMESTAMP_NS '1960-01-01 00:00:00.123456789'", "1960-01-01 00:00:00.123456789"),
    ("TIME '24:00'", "24:00:00"),
    ("INTERVAL 3 DAY", "3 days"),
    ("[1, 2]", [1, 2]),
    ("[DATE 'infinity', NULL]", ["infinity", None]),
    ("{'a': 1, 'b': DATE 'infinity'}", {"a": 1, "b": "infinity"}),
    ("MAP {'a': 1}", "{a=1}"),
    ("row(1, 2)", "(1, 2)"),
    ("'a'::BLOB", "a"),
    ("1.10::DECIMAL(38, 2)", 1.1),
    ("12345678901234567890.12::DECIMAL(38, 2)", "12345678901234567890.12"),
    ("NULL", None),
]


@pytest.mark.parametrize(("sql", "expected"), VALUES)
def test_a_value_is_told_as_it_is(reader: Store, sql: str, expected: object) -> None:
    assert reader.query(f"SELECT {sql} AS x")["x"].to_list() == [expected]


def test_a_moment_with_a_time_zone_says_its_offset(reader: Store) -> None:
    (told,) = reader.query("SELECT TIMESTAMPTZ '2026-01-01 00:00:00+08' AS x")["x"].to_list()
    assert datetime.fromisoformat(told + ":00" * (len(told) == 22)) == datetime.fromisoformat(
        "2026-01-01T00:00:00+08:00"
    )


def test_columns_of_one_name_are_told_apart(reader: Store) -> None:
    assert reader.query("SELECT 1 AS a, 2 AS a, 3 AS A").to_dicts() == [{"a": 1, "a_1": 2, "A_2": 3}]


def test_a_query_for_ever_ends_in_time(reader: Store) -> None:
    begun = monotonic()
    with pytest.raises(UsageError, match=r"too long; expected an answer within 0\.5 s; next: .*--seconds"):
        reader.query(
            "SELECT count(*) FROM range(10000000000) a, range(1000) b WHERE a.range % 7 = b.range", seconds=0.5
        )
    assert monotonic() - begun < 20
    assert reader.query("SELECT 1 AS x")["x"].to_list() == [1]


@pytest.mark.parametrize(
    "sql",
    ["SELECT range, range::VARCHAR || repeat('x', 99) FROM range(9000000)", "SELECT list(range) FROM range(90000000)"],
)
def test_a_query_for_all_memory_is_refused(reader: Store, sql: str) -> None:
    with pytest.raises(UsageError, match=r"too much memory; expected an answer within 100MB; next: .*--memory"):
        reader.query(sql, memory="100MB")


@pytest.mark.parametrize("memory", ["", "lots", "0GB", "-1GB", "2GB'; SELECT 1"])
def test_a_memory_that_is_none(reader: Store, memory: str) -> None:
    with pytest.raises(UsageError, match="memory not understood"):
        reader.query("SELECT 1", memory=memory)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_time_that_is_none(reader: Store, seconds: float) -> None:
    with pytest.raises(UsageError, match="time not understood"):
        reader.query("SELECT 1", seconds=seconds)


def test_a_store_that_answers_elsewhere_in_the_process_is_opened_and_asked_too(reader: Store) -> None:
    assert reader.query("SELECT 1 AS x", memory="1GB")["x"].to_list() == [1]
    with Store.open_read_only(reader.path) as other:
        assert not other.latest("kinds").is_empty()
        assert other.query("SELECT 2 AS x", memory="2GB")["x"].to_list() == [2]


def test_settings_stay_as_they_are(reader: Store) -> None:
    reader.query("SELECT 1")
    with pytest.raises(Exception, match="locked"):
        reader.connection.execute("SET memory_limit = '9GB'")


FRAME = pl.DataFrame(
    {"t": ["=1+1", "算力", None], "x": [1.5, float("nan"), float("inf")], "at": [datetime(2026, 1, 1, 9), None, None]}
)


def test_a_frame_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_frame(FRAME)
    first, second, _ = json.loads(capsys.readouterr().out)
    assert first == {"t": "=1+1", "x": 1.5, "at": "2026-01-01T09:00:00"}
    assert second == {"t": "算力", "x": None, "at": None}


def test_a_frame_as_csv_runs_no_formula(tmp_path: Path) -> None:
    write_frame(tmp_path, "query", FRAME)
    raw = (tmp_path / "query.csv").read_bytes()
    assert raw == "\ufefft,x,at\r\n'=1+1,1.5,2026-01-01T09:00:00\r\n算力,,\r\n,,\r\n".encode()


def test_many_rows_take_seconds(fresh: Callable[[], Store], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = fresh().path
    wide = ", ".join(f"range * {n} + 0.5::DOUBLE AS c{n}" for n in range(1, 11))
    begun = monotonic()
    with Store.open_read_only(path) as store:
        frame = store.query(f"SELECT '30{{}}' AS s, DATE '2020-01-01' AS d, range, {wide} FROM range(300000)")
    write_frame(tmp_path, "query", frame)
    print_frame(frame)
    assert capsys.readouterr().out.count('"c10"') == 300_000
    assert monotonic() - begun < 30
