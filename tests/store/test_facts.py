"""Facts can be corrected: a correction replaces, however it changes a fact; what was taken back counts no longer."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from screener.core.errors import DataRefused, UsageError
from screener.core.tables import TABLES
from screener.point_in_time.market import Market
from screener.store import recording
from screener.store.database import Store
from screener.store.ingest import ingest, ingest_all
from screener.store.parts import Part
from screener.store.recording import Entry
from screener.store.withdrawing import history, withdraw

NOW = datetime(2026, 10, 12, 20)
SYMBOL, DAY = "603629.SH", date(2026, 7, 7)
ANNOUNCED = "R05"


def action(kind: str = "bonus", shares: float = 0.4, cash: float = 0.0, day: date = DAY, **more: Any) -> dict[str, Any]:
    given = {"symbol": SYMBOL, "ex_date": day, "kind": kind, "shares_to_holder": shares, "cash_to_holder": cash}
    return {**given, "source": "a", **more}


def frame(name: str, *rows: dict[str, Any]) -> pl.DataFrame:
    """A file with just the columns that the rows have."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return pl.DataFrame(list(rows), schema={key: TABLES[name].schema[key] for key in columns}, orient="row")


def load(store: Store, name: str, *rows: dict[str, Any], now: datetime = NOW) -> None:
    ingest(store, name, frame(name, *rows), "f.csv", now, command="load")


def actions(store: Store) -> list[tuple[Any, ...]]:
    found = store.latest("actions").filter(pl.col("symbol") == SYMBOL).sort("ex_date")
    return found.select("ex_date", "kind", "shares_to_holder", "cash_to_holder").rows()


@pytest.mark.parametrize(
    "corrected",
    [
        action("bonus_and_cash", 0.4, 0.126),
        action(day=DAY + timedelta(days=1)),
        action(shares=0.5),
        action(source="another"),
        action("restructuring_conversion"),
    ],
    ids=["kind and cash", "ex-date", "amount", "source", "kind"],
)
def test_a_corrected_action_replaces_the_one_that_was_there(store: Store, corrected: dict[str, Any]) -> None:
    load(store, "actions", action())
    load(store, "actions", corrected)
    names = ("ex_date", "kind", "shares_to_holder", "cash_to_holder")
    assert actions(store) == [tuple(corrected[name] for name in names)]


def test_actions_of_other_days_are_other_events(store: Store) -> None:
    load(store, "actions", action(), action("cash", 0.0, 0.2, DAY + timedelta(days=60)))
    load(store, "actions", action("cash", 0.0, 0.3, DAY - timedelta(days=200)))
    assert len(actions(store)) == 3


def test_parts_of_one_event_are_one_event(store: Store) -> None:
    load(store, "actions", action(), action("cash", 0.0, 0.126))
    assert actions(store) == [(DAY, "bonus_and_cash", 0.4, 0.126)]


@pytest.mark.parametrize("order", [1, -1])
def test_two_sources_of_one_event_never_add_up(store: Store, order: int) -> None:
    whole = action("bonus_and_cash", 0.4, 0.126, source="b")
    files = [[action(), action("cash", 0.0, 0.126)], [whole]][::order]
    ingest_all(store, [Part("actions", frame("actions", *rows), f"{n}.csv") for n, rows in enumerate(files)], now=NOW)
    assert actions(store) == [(DAY, "bonus_and_cash", 0.4, 0.126)]


def test_a_source_that_leaves_the_cash_out_does_not_contradict(store: Store) -> None:
    load(store, "actions", action(source="a"), action("bonus_and_cash", 0.4, 0.126, source="b"))
    assert actions(store) == [(DAY, "bonus_and_cash", 0.4, 0.126)]


def test_two_sources_that_contradict_each_other_are_refused_with_both(store: Store) -> None:
    with pytest.raises(DataRefused, match=r"two sources of one event disagree.*0\.4 shares.*0\.5 shares"):
        load(store, "actions", action(source="a"), action(shares=0.5, source="b"))


def test_two_real_events_of_one_day_can_be_told_apart(store: Store) -> None:
    load(store, "actions", action(action_id="x"), action("rights", 0.0, 0.0, action_id="y"))
    assert len(actions(store)) == 2


def test_a_corrected_spell_replaces_the_one_it_overlaps(store: Store) -> None:
    spell = {"symbol": "600519.SH", "status": "ST", "start": date(2026, 3, 3), "end": None}
    load(store, "st_spells", spell)
    load(store, "st_spells", {**spell, "start": date(2026, 3, 10), "end": date(2026, 3, 12)})
    found = store.latest("st_spells").filter(pl.col("symbol") == "600519.SH")
    assert found.select("start", "end").rows() == [(date(2026, 3, 10), date(2026, 3, 12))]


def test_a_share_count_under_a_corrected_day_replaces_and_another_count_does_not(store: Store) -> None:
    row = {"symbol": "600519.SH", "effective_date": date(2026, 3, 3), "total_shares": 10_000_000}
    load(store, "shares", row)
    load(store, "shares", {**row, "effective_date": date(2026, 3, 4)})
    load(store, "shares", {**row, "effective_date": date(2026, 3, 6), "total_shares": 20_000_000})
    found = store.latest("shares").filter(pl.col("symbol") == "600519.SH").sort("effective_date")
    assert found.select("effective_date", "total_shares").rows() == [
        (date(2026, 3, 4), 10_000_000),
        (date(2026, 3, 6), 20_000_000),
    ]


def test_an_absent_column_changes_nothing_and_an_empty_cell_does(store: Store) -> None:
    load(store, "actions", action(reference_price=88.1))
    load(store, "actions", action(shares=0.5))
    assert store.latest("actions")["reference_price"].to_list() == [88.1]
    load(store, "actions", action(shares=0.5, reference_price=None))
    assert store.latest("actions")["reference_price"].to_list() == [None]


def test_a_clock_set_back_does_not_bring_the_old_value_back(store: Store) -> None:
    for count, moment in ((10_000_000, NOW), (20_000_000, NOW - timedelta(hours=1))):
        load(store, "shares", {"symbol": SYMBOL, "effective_date": DAY, "total_shares": count}, now=moment)
    assert store.latest("shares")["total_shares"].to_list() == [20_000_000]


def test_what_is_withdrawn_counts_no_longer_and_did_before(store: Store) -> None:
    load(store, "actions", action())
    withdraw(store, "actions", ["603629", str(DAY)], "booked twice", now=NOW + timedelta(days=1))
    assert actions(store) == []
    told = history(store, "actions", ["603629"]).rows
    assert told["changed"].to_list() == ["first", "withdrawn"] and told["origin"][-1] == "booked twice"


@pytest.mark.parametrize("table", ["commitments", "announcements"])
def test_a_day_before_the_withdrawal_still_sees_the_fact(store: Store, table: str) -> None:
    key = {"commitments": "R05-1", "announcements": "R05"}[table]
    withdraw(store, table, [key], "not signed after all", now=NOW)
    market = Market.build(store.frames())
    for moment, seen in ((NOW - timedelta(seconds=1), True), (NOW, False)):
        panel = market.panel_at(moment)
        assert ("R05-1" in {row.commitment_id for row in panel.commitments}) is seen


def test_what_was_withdrawn_can_be_told_again(store: Store) -> None:
    load(store, "actions", action())
    withdraw(store, "actions", [SYMBOL], "an error", now=NOW)
    load(store, "actions", action())
    assert len(actions(store)) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [(["nobody"], "no such fact"), (["301396.SZ"], "several facts are meant"), ([], "no such fact")],
)
def test_words_that_name_no_fact_or_several_are_told(store: Store, words: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        withdraw(store, "commitments", words, "why", now=NOW)


def test_the_same_recording_twice_changes_nothing(store: Store) -> None:
    for _ in range(2):
        recording.record(store, ANNOUNCED, Entry("order", "3.03亿", term_months=48), now=NOW)
    mine = store.latest("commitments").filter(pl.col("source") == recording.SOURCE)
    assert mine.height == 1
    recording.record(store, ANNOUNCED, Entry("order", "1亿", term_months=48), now=NOW)
    assert store.latest("commitments").filter(pl.col("source") == recording.SOURCE).height == 2


def test_nothing_takes_back_what_was_recorded(store: Store) -> None:
    before = store.latest("commitments").height
    recording.record(store, ANNOUNCED, Entry("order", "3.03亿", term_months=48), now=NOW)
    recording.dismiss(store, ANNOUNCED, now=NOW)
    assert store.latest("commitments").height == before
    assert history(store, "commitments", [ANNOUNCED]).rows["changed"].to_list().count("withdrawn") == 1


@pytest.mark.parametrize(
    ("table", "row", "said"),
    [
        ("shares", {"symbol": SYMBOL, "effective_date": date(1926, 1, 1), "total_shares": 1}, "outside what can be"),
        ("sessions", {"session": date(2027, 6, 30)}, "a hole in the calendar"),
        ("sessions", {"session": date(2027, 1, 3)}, "a session on a weekend"),
    ],
)
def test_days_nobody_can_mean_are_refused(store: Store, table: str, row: dict[str, Any], said: str) -> None:
    with pytest.raises(DataRefused, match=said):
        load(store, table, row)


def test_a_day_beyond_what_a_calendar_holds_is_refused_in_a_sentence(store: Store) -> None:
    wild = frame("shares", {"symbol": SYMBOL, "effective_date": date(2026, 1, 5), "total_shares": 1})
    wild = wild.with_columns(effective_date=pl.lit(6_000_000, dtype=pl.Int32).cast(pl.Date))
    with pytest.raises(DataRefused, match="outside what can be meant"):
        ingest(store, "shares", wild, "f.parquet", NOW)
