"""Versions, their known_at, and that the order of loads does not matter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screener.core.tables import FACTS, TABLES
from screener.store.database import Store
from screener.store.ingest import ingest, ingest_all
from screener.store.parts import LoadRefused, Part
from tests.cases import drawn
from tests.store.rows import LATER, NOW, SESSIONS, bars, row

DAY = date(2026, 7, 1)


def known_at(store: Store, dataset: str, name: str) -> list[datetime]:
    key = "symbol" if TABLES[dataset].identity else TABLES[dataset].key[0]
    return store.frame(dataset).filter(pl.col(key) == name)["known_at"].to_list()


@pytest.mark.parametrize(
    ("dataset", "changed", "name", "expected"),
    [
        ("bars", {}, "301396.SZ", datetime(2026, 6, 1, 15)),
        ("indices", {"index": "000300.SH", "session": DAY}, "000300.SH", datetime(2026, 7, 1, 15)),
        ("indices", {"index": "H00300.CSI", "session": DAY}, "H00300.CSI", datetime(2026, 7, 1, 15)),
        ("indices", {"index": "HSI.HI", "session": DAY}, "HSI.HI", datetime(2026, 7, 2, 8)),
        ("indices", {"index": "SPX.GI", "session": DAY}, "SPX.GI", datetime(2026, 7, 2, 8)),
        ("announcements", {}, "T-1", datetime(2026, 7, 1, 23, 59, 59)),
        ("announcements", {"known_at": datetime(2026, 7, 1)}, "T-1", datetime(2026, 7, 1, 23, 59, 59)),
        ("announcements", {"known_at": datetime(2026, 6, 30, 18, 1)}, "T-1", datetime(2026, 6, 30, 18, 1)),
        ("shares", {}, "301396.SZ", datetime(2026, 7, 1, 9)),
        ("actions", {}, "301396.SZ", datetime(SESSIONS[4].year, SESSIONS[4].month, SESSIONS[4].day, 9)),
        ("actions", {"known_at": datetime(2026, 6, 2, 18)}, "301396.SZ", datetime(2026, 6, 2, 18)),
        ("st_spells", {}, "600519.SH", datetime(2026, 7, 1, 9)),
        ("firms", {}, "600519.SH", NOW),
        ("firms", {"known_at": datetime(2026, 6, 2, 18)}, "600519.SH", datetime(2026, 6, 2, 18)),
        ("ratings", {}, "R-1", datetime(2026, 7, 1, 23, 59, 59)),
        ("ratings", {"report_date_last": date(2026, 7, 9)}, "R-1", datetime(2026, 7, 9, 23, 59, 59)),
    ],
)  # fmt: skip
def test_a_first_version_is_known_by_the_rule_of_its_table(
    store: Store, dataset: str, changed: dict[str, Any], name: str, expected: datetime
) -> None:
    ingest(store, dataset, bars(1) if dataset == "bars" else row(dataset, **changed), "f", NOW)
    assert known_at(store, dataset, name) == [expected]


def test_the_newest_versions_that_hold_a_value_are_read_without_the_others(store: Store) -> None:
    moved, other = "600519.SH", "300339.SZ"
    for symbol, moment in (("301396.SZ", NOW), (moved, LATER)):
        ingest(store, "announcements", row("announcements", symbol=symbol), "f", moment)
    ingest(store, "announcements", row("announcements", announcement_id="T-2", symbol=other), "f", LATER)
    whole = store.latest("announcements")
    for asked in (["301396.SZ"], [moved], [moved, other], []):
        part = store.latest_where("announcements", "symbol", asked)
        assert part.equals(whole.filter(pl.col("symbol").is_in(asked)))


def test_what_only_the_report_states_is_known_at_its_last_candidate_date(reader: Store) -> None:
    assert set(reader.frame("indicators")["known_at"]) == {datetime(2026, 6, 30, 23, 59, 59)}


def test_a_date_only_announcement_says_so(store: Store) -> None:
    given = row("announcements", known_at=datetime(2026, 7, 1), known_at_basis="exchange_time")
    ingest(store, "announcements", given, "f", NOW)
    stored = store.frame("announcements").filter(pl.col("announcement_id") == "T-1")
    assert stored["known_at_basis"].to_list() == ["date_only"]


def text_parts() -> list[Part]:
    """An announcement of each of two days, a commitment, a fact and a link between them, in the worst order."""
    second = {"announcement_id": "T-2", "event_date": date(2026, 7, 5)}
    return [
        Part("links", row("links"), "l.csv"),
        Part("contract_facts", row("contract_facts", announcement_id="T-2"), "f.csv"),
        Part("commitments", row("commitments"), "c.csv"),
        Part("announcements", pl.concat([row("announcements"), row("announcements", **second)]), "a.csv"),
    ]


def test_commitments_facts_and_links_are_known_with_their_announcements(store: Store) -> None:
    ingest_all(store, text_parts(), now=NOW)
    assert known_at(store, "commitments", "T-1-1") == [datetime(2026, 7, 1, 23, 59, 59)]
    assert known_at(store, "contract_facts", "T-1-1-a") == [datetime(2026, 7, 5, 23, 59, 59)]
    assert known_at(store, "links", "T-2") == [datetime(2026, 7, 5, 23, 59, 59)]


def test_a_fact_without_an_announcement_is_known_at_the_end_of_its_day(store: Store) -> None:
    ingest_all(store, [*text_parts()[2:], Part("contract_facts", row("contract_facts"), "f.csv")], now=NOW)
    assert known_at(store, "contract_facts", "T-1-1-a") == [datetime(2026, 9, 30, 23, 59, 59)]


def test_loading_the_same_again_changes_nothing(store: Store) -> None:
    parts = [*text_parts(), Part("bars", bars(), "b.csv"), Part("actions", row("actions"), "x.csv")]
    first = ingest_all(store, parts, now=NOW)
    before = facts_of(store)
    again = ingest_all(store, parts, now=LATER)
    assert [(r.new, r.revised) for r in again] == [(0, 0)] * len(parts)
    assert [r.unchanged for r in again] == [r.new for r in first]
    assert all(frame.equals(before[name]) for name, frame in facts_of(store).items())


def test_a_changed_bar_is_a_version_known_from_when_it_was_fetched(store: Store) -> None:
    ingest(store, "bars", bars(), "f", NOW)
    report = ingest(store, "bars", bars(close=10.0), "g", LATER)
    assert (report.new, report.revised, report.unchanged) == (0, 1, 7)
    versions = store.frame("bars").filter(pl.col("session") == SESSIONS[7])
    assert versions["close"].to_list() == [10.1, 10.0]
    assert versions["known_at"].to_list()[1] == LATER
    assert store.latest("bars")["close"].to_list() == [10.1] * 7 + [10.0]


def test_a_value_that_goes_back_is_a_third_version(store: Store) -> None:
    for close in (10.1, 10.0, 10.1):
        ingest(store, "bars", bars(close=close), "f", NOW)
    assert store.frame("bars").tail(3)["close"].to_list() == [10.1, 10.0, 10.1]


def test_null_is_not_zero_between_versions(store: Store) -> None:
    ingest(store, "bars", bars(amount=None), "f", NOW)
    assert ingest(store, "bars", bars(), "f", LATER).revised == 1


def test_an_announcement_revised_keeps_its_own_time(store: Store) -> None:
    ingest(store, "announcements", row("announcements", known_at=datetime(2026, 7, 1, 18)), "f", NOW)
    ingest(store, "announcements", row("announcements", known_at=datetime(2026, 7, 1, 20)), "f", LATER)
    assert known_at(store, "announcements", "T-1") == [datetime(2026, 7, 1, 18), datetime(2026, 7, 1, 20)]


def test_another_source_that_agrees_is_no_version(store: Store) -> None:
    ingest(store, "bars", bars(), "f", NOW)
    other = bars().with_columns(pl.lit("somebody else").alias("source"))
    assert ingest(store, "bars", other, "g", LATER).unchanged == 8
    assert set(store.frame("bars")["source"]) == {"test"}


@pytest.mark.parametrize("turn", [1, -1])
def test_two_files_that_disagree_are_refused_in_any_order(store: Store, turn: int) -> None:
    parts = [Part("bars", bars(), "a.csv"), Part("bars", bars(close=10.0), "b.csv")][::turn]
    with pytest.raises(LoadRefused, match="two files of one load disagree"):
        ingest_all(store, parts, now=NOW)
    assert store.frame("bars").is_empty()


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_files_the_one_that_agrees_with_the_store_is_not_preferred(store: Store, turn: int) -> None:
    ingest(store, "bars", bars(), "f", NOW)
    parts = [Part("bars", bars(), "a.csv"), Part("bars", bars(close=10.0), "b.csv")][::turn]
    with pytest.raises(LoadRefused, match=r"close 10\.1 in a\.csv, 10\.0 in b\.csv"):
        ingest_all(store, parts, now=LATER)


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_files_that_agree_the_named_source_stays(store: Store, turn: int) -> None:
    parts = [Part("bars", bars().drop("source"), "a.csv"), Part("bars", bars(), "b.csv")][::turn]
    assert sum(report.unchanged for report in ingest_all(store, parts, now=NOW)) == 8
    assert set(store.frame("bars")["source"]) == {"test"}


def test_a_row_without_a_source_is_named_by_its_file(store: Store) -> None:
    ingest(store, "shares", row("shares"), "my shares.csv", NOW)
    assert store.frame("shares")["source"].to_list() == ["my shares.csv"]


def test_each_part_is_a_run(store: Store) -> None:
    ingest_all(store, [Part("bars", bars(), "b.csv"), Part("shares", row("shares"), "s.csv")], now=NOW, command="load")
    runs = store.frame("runs").filter(pl.col("command") == "load").select("dataset", "origin", "new", "finished_at")
    assert runs.rows() == [("bars", "b.csv", 8, NOW), ("shares", "s.csv", 1, NOW)]


def test_loads_inside_a_transaction_fall_with_it(store: Store) -> None:
    with pytest.raises(LoadRefused), store.transaction():
        ingest(store, "bars", bars(), "f", NOW)
        ingest(store, "bars", bars(low=11.0, symbol="603629.SH"), "g", NOW)
    assert store.frame("bars").is_empty()


def facts_of(store: Store) -> dict[str, pl.DataFrame]:
    """Everything but when and by which run it was written."""
    frames = {table.name: store.frame(table.name).drop("fetched_at", "run") for table in FACTS}
    return frames | {"findings": store.frame("findings")}


@st.composite
def markets(draw: st.DrawFn) -> list[tuple[str, pl.DataFrame]]:
    """Bars with breaks of the limit, halts and odd rows, an action, levels of an index, announcements."""
    steps = st.lists(st.sampled_from([0.7, 0.95, 1.0, 1.05, 1.25]), min_size=6, max_size=9)
    frames = []
    for symbol in ("301396.SZ", "603629.SH"):
        closes = pl.Series(draw(steps)).cum_prod() * 20
        frame = bars(len(closes), symbol).with_columns(
            *((closes * by).round(2).alias(n) for n, by in (("open", 1), ("high", 1.01), ("low", 0.99), ("close", 1))),
            pl.Series("volume", draw(st.lists(st.sampled_from([0, 100]), min_size=len(closes), max_size=len(closes)))),
        )
        kept = draw(st.sets(st.integers(0, len(closes) - 1), min_size=4))
        frames.append(frame.with_columns((pl.col("close") * pl.col("volume")).alias("amount"))[sorted(kept)])
    odd = bars(1, "300857.SZ", amount=110_000.0)
    announced = [row("announcements", announcement_id=f"T-{n}", source="t") for n in range(3)]
    levels = [row("indices", session=day, source="t") for day in (*SESSIONS[:2], date(2026, 6, 13))]
    return [
        ("bars", pl.concat([*frames, odd])),
        ("actions", row("actions", source="t")),
        ("announcements", pl.concat(announced)),
        ("indices", pl.concat(levels)),
    ]


@settings(max_examples=drawn(25), suppress_health_check=list(HealthCheck))
@given(market=markets(), data=st.data())
def test_any_split_and_order_of_loads_gives_the_same_store(
    fresh: Callable[[], Store], market: list[tuple[str, pl.DataFrame]], data: st.DataObject
) -> None:
    pieces = []
    for dataset, frame in market:
        groups = pl.Series(data.draw(st.lists(st.integers(0, 2), min_size=frame.height, max_size=frame.height)))
        pieces += [(dataset, frame.filter(groups == group)) for group in range(3) if (groups == group).any()]
    with fresh() as at_once, fresh() as bit_by_bit:
        ingest_all(at_once, [Part(dataset, frame, "f") for dataset, frame in market], now=NOW)
        for dataset, piece in data.draw(st.permutations(pieces)):
            ingest(bit_by_bit, dataset, piece, "g", LATER)
        expected, got = facts_of(at_once), facts_of(bit_by_bit)
    assert [name for name in expected if not expected[name].equals(got[name])] == []


@settings(max_examples=drawn(25), suppress_health_check=list(HealthCheck))
@given(closes=st.lists(st.sampled_from([10.0, 10.1, 10.2]), min_size=1, max_size=5))
def test_nothing_stored_is_ever_changed_or_removed(fresh: Callable[[], Store], closes: list[float]) -> None:
    with fresh() as store:
        held: set[tuple[object, ...]] = set()
        for close in closes:
            report = ingest(store, "bars", bars(2, close=close), "f", NOW)
            rows = set(store.frame("bars").rows())
            assert held <= rows and len(rows) == len(held) + report.new + report.revised
            held = rows
