"""What refuses a file, and that a refused file changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from screener.core.errors import DataRefused
from screener.core.tables import FACTS, PACKAGED, TABLES, packaged
from screener.store.checks import shape
from screener.store.database import Store
from screener.store.ingest import ingest, ingest_all
from screener.store.parts import LoadRefused, Part
from tests.store.rows import NOW, SESSIONS, bars, row

SATURDAY, TOMORROW = date(2026, 6, 13), NOW.date() + timedelta(days=1)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"low": 10.05}, "prices out of order"),
        ({"high": 10.05}, "prices out of order"),
        ({"open": 0.0, "low": 0.0}, "zero or negative"),
        ({"low": -1.0}, "zero or negative"),
        ({"close": None}, "close is empty"),
        ({"close": float("nan")}, "close is empty"),
        ({"high": float("inf")}, "high is infinite"),
        ({"volume": -1}, "volume is negative"),
        ({"volume": 10.5}, "volume is not whole"),
        ({"amount": -1.0}, "amount is negative"),
        ({"session": SATURDAY}, "closed that day"),
        ({"session": date(1999, 1, 4)}, "outside the known sessions"),
        ({"session": TOMORROW}, "in the future"),
        ({"source": "s" * 10_001}, "source is too long .*; got bytes 10001; expected at most 10,000"),
        ({"symbol": "301396.SH"}, "wrong exchange"),
        ({"symbol": "AAPL"}, "symbol not understood"),
        ({"session": SESSIONS[0], "close": 10.0}, "one key with different values"),
    ],
)
def test_a_bad_bar_refuses_the_file_and_is_named(empty: Store, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(LoadRefused, match=said) as error:
        ingest(empty, "bars", bars(8, **changed), "f.csv", NOW)
    assert "f.csv row " in str(error.value)
    assert empty.frame("bars").is_empty()


def test_the_message_names_row_key_and_values(empty: Store) -> None:
    with pytest.raises(LoadRefused) as error:
        ingest(empty, "bars", bars(5, low=11.0), "f.csv", NOW)
    said = str(error.value)
    assert f"f.csv row 5, 301396.SZ {SESSIONS[4]}" in said
    assert "low 11.0" in said and "expected low <= open, close <= high" in said


@pytest.fixture(scope="module")
def filled(fresh: Callable[[], Store]) -> Iterator[Store]:
    """A store that has taken valid rows of the tables below; nothing that is refused changes it."""
    announced = [row("announcements", announcement_id=f"T-{n}") for n in (1, 2, 9)]
    others = ["commitments", "contract_facts", "links", "shares", "actions", "firms", "st_spells", "ratings", "indices"]
    parts = [
        Part("announcements", pl.concat(announced), "a.csv"),
        *(Part(name, row(name), "ok.csv") for name in others),
    ]
    with fresh() as store:
        ingest_all(store, parts, now=NOW)
        yield store


@pytest.mark.parametrize(
    ("dataset", "changed", "said"),
    [
        ("announcements", {"kind": "party"}, "kind unknown"),
        ("announcements", {"known_at_basis": "gut"}, "known_at_basis unknown"),
        ("announcements", {"event_date": TOMORROW + timedelta(days=1)}, "in the future"),
        ("announcements", {"title": None}, "title is empty"),
        ("commitments", {"announcement_id": "nobody"}, "announcement_id unknown"),
        ("commitments", {"kind": "party"}, "kind unknown"),
        ("commitments", {"direction": "sideways"}, "direction unknown"),
        ("commitments", {"amount_basis": "felt"}, "amount_basis unknown"),
        ("commitments", {"amount_low": 2e8}, "amount_low above amount_high"),
        ("commitments", {"amount_low": -1.0}, "an amount is negative"),
        ("commitments", {"amount_basis": "undisclosed"}, "undisclosed amount has a figure"),
        ("commitments", {"stake": 1.5}, "stake outside"),
        ("commitments", {"term_months": 0}, "term outside 1 month"),
        ("contract_facts", {"commitment_id": "nobody"}, "commitment_id unknown"),
        ("contract_facts", {"kind": "party"}, "kind unknown"),
        ("contract_facts", {"announcement_id": "nobody"}, "announcement_id unknown"),
        ("contract_facts", {"amount": -1.0}, "amount is negative"),
        ("contract_facts", {"period_start": date(2026, 12, 1)}, "period ends before"),
        ("links", {"to_id": "nobody"}, "to_id unknown"),
        ("links", {"kind": "likes"}, "kind unknown"),
        ("links", {"state": "felt"}, "state unknown"),
        ("shares", {"total_shares": 0}, "not positive"),
        ("shares", {"float_shares": 100_000_001}, "float_shares outside"),
        ("actions", {"kind": "gift"}, "kind unknown"),
        ("actions", {"cash_to_holder": -0.1}, "less than nothing"),
        ("actions", {"reference_price": 0.0}, "zero or negative"),
        ("firms", {"board": "moon"}, "board unknown"),
        ("st_spells", {"end": date(2026, 6, 1)}, "ends before it starts"),
        ("ratings", {"rating": "buy"}, "rating unknown"),
        ("ratings", {"subject": "计算机·人工智能"}, "subject is no stock"),
        ("ratings", {"report_date_last": date(2026, 6, 1)}, "ends before it starts"),
        ("ratings", {"report_date": TOMORROW}, "in the future"),
        ("indices", {"close": 0.0}, "zero or negative"),
        ("indices", {"session": TOMORROW}, "in the future"),
    ],
)  # fmt: skip
def test_a_bad_row_of_another_table_refuses_the_load(
    filled: Store, dataset: str, changed: dict[str, Any], said: str
) -> None:
    held = {name: frame.height for name, frame in filled.frames().items()}
    assert filled.latest(dataset).height
    with pytest.raises(LoadRefused, match=said):
        ingest(filled, dataset, row(dataset, **changed), "bad.csv", NOW)
    assert {name: frame.height for name, frame in filled.frames().items()} == held


def test_a_bar_of_today_is_refused_before_the_close(store: Store) -> None:
    today = datetime(2026, 7, 1, 14, 59)
    with pytest.raises(LoadRefused, match="the session is not over"):
        ingest(store, "bars", bars(1, session=today.date()), "f", today)
    assert ingest(store, "bars", bars(1, session=today.date()), "f", today.replace(hour=15)).new == 1


def test_a_firm_may_file_this_evening_under_tomorrows_date(store: Store) -> None:
    assert ingest(store, "announcements", row("announcements", event_date=TOMORROW), "f", NOW).new == 1


@pytest.mark.parametrize(("odd", "refused"), [(1, False), (2, False), (3, True)])
def test_more_than_one_percent_outside_the_unit_band_is_a_wrong_unit(store: Store, odd: int, refused: bool) -> None:
    symbols = ["301396.SZ", "300857.SZ", "603629.SH", "000048.SZ"]
    frame = pl.concat([bars(50, symbol) for symbol in symbols]).with_row_index("n")
    frame = frame.with_columns(
        pl.when(pl.col("n") < odd).then(pl.col("amount") * 2).otherwise(pl.col("amount")).alias("amount")
    )
    if refused:
        with pytest.raises(LoadRefused, match="outside low … high"):
            ingest(store, "bars", frame, "f.csv", NOW)
    else:
        assert ingest(store, "bars", frame, "f.csv", NOW).new == 200


@pytest.mark.parametrize(("factor", "said"), [(100, "× 100"), (0.0001, "× 0.0001")])
def test_one_row_in_lots_or_wan_is_a_wrong_unit_too(empty: Store, factor: float, said: str) -> None:
    frame = bars(1, amount=100_500.0 * factor)
    with pytest.raises(LoadRefused, match=said):
        ingest(empty, "bars", frame, "f.csv", NOW)


def test_a_calendar_that_names_another_session_is_refused(empty: Store) -> None:
    with pytest.raises(LoadRefused, match="a session on a weekend"):
        ingest(empty, "sessions", pl.DataFrame({"session": [SESSIONS[0], SATURDAY]}), "s.csv", NOW)


def test_a_calendar_that_lacks_a_session_is_refused(empty: Store) -> None:
    with pytest.raises(LoadRefused, match="a known session is missing"):
        ingest(empty, "sessions", pl.DataFrame({"session": [SESSIONS[0], SESSIONS[2]]}), "s.csv", NOW)


def test_later_sessions_extend_the_calendar(store: Store) -> None:
    last = store.frame("sessions")["session"].max()
    assert ingest(store, "sessions", pl.DataFrame({"session": [last, date(2027, 1, 4)]}), "s.csv", NOW).new == 1
    later = datetime(2027, 1, 5, 20)
    assert ingest(store, "bars", bars(1, session=date(2027, 1, 4)), "b.csv", later).new == 1


def test_equal_rows_of_one_file_count_once(store: Store) -> None:
    assert ingest(store, "bars", pl.concat([bars(), bars()]), "f.csv", NOW).new == 8


def test_every_refusal_of_a_load_is_reported(empty: Store) -> None:
    parts = [Part("bars", bars(low=11.0), "a.csv"), Part("shares", row("shares", total_shares=0), "b.csv")]
    with pytest.raises(LoadRefused, match="1 more of 3 files") as error:
        ingest_all(empty, [*parts, Part("bars", bars(symbol="603629.SH"), "c.csv")], now=NOW)
    assert {report.file: bool(report.refused) for report in error.value.reports} == {
        "a.csv": True,
        "b.csv": True,
        "c.csv": False,
    }
    assert empty.frame("bars").is_empty() and empty.frame("shares").is_empty()


@pytest.mark.parametrize("name", [table.name for table in PACKAGED])
def test_the_packaged_tables_pass_the_checks_of_a_users_file(name: str) -> None:
    table, frame = TABLES[name], packaged(name)
    shape.refuse_rows(table, shape.distinct(table, shape.shaped(table, frame, where=name), where=name), where=name)


CLOSED = [(table.name, column.name) for table in FACTS for column in table.closed]


@pytest.mark.parametrize(("table", "column"), CLOSED)
def test_closed_lists_are_words_and_stand_in_the_meaning(table: str, column: str) -> None:
    declared = TABLES[table].column(column)
    assert len(declared.words) > 1 and declared.meaning == " | ".join(declared.words)
    assert all(word and " " not in word and "…" not in word for word in declared.words)


def test_symbols_are_stored_in_one_spelling(store: Store) -> None:
    ingest(store, "bars", pl.concat([bars(4, "sz301396"), bars(8, "301396")]), "f.csv", NOW)
    assert store.frame("bars")["symbol"].unique().to_list() == ["301396.SZ"]


def test_a_table_that_holds_no_facts_cannot_be_loaded(empty: Store) -> None:
    with pytest.raises(DataRefused, match="no such table of facts"):
        ingest(empty, "findings", pl.DataFrame({"dataset": ["x"]}), "f.csv", NOW)
