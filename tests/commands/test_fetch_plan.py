"""What is due, the ledger, the lock, the end without a network, and what the user reads."""

from __future__ import annotations

import itertools
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from screener.core.errors import DataRefused, SourceDown, StoreError, UnknownSymbol, UsageError
from screener.research import Research
from screener.sources import registry
from screener.sources.http import Policy
from screener.store.database import Store
from screener.store.fetch.budget import Budget
from screener.store.fetch.plan import FetchPlan, plan_for, quarters
from screener.store.fetch.run import fetch, fetch_lock
from screener.store.fetch.summary import Summary
from tests import kept
from tests.loopback.server import Loopback, redirected
from tests.loopback.world import World

FIRST, LAST, SYMBOL = date(2025, 4, 1), date(2025, 6, 30), "300093.SZ"
EVENING = datetime(2025, 6, 30, 18)


@dataclass
class Bench:
    """A store and a server; `run` fetches at a moment."""

    path: Path
    server: Loopback
    asked: int = 0

    def run(self, now: datetime = EVENING, **plan: object) -> Summary:
        wire = registry.wire(Policy(pace=0, timeout=5))
        asked: dict[str, Any] = {"symbols": (SYMBOL,), "since": FIRST, **plan}
        summary = fetch(self.path, FetchPlan(**asked), wire, now=lambda: now)
        self.asked = wire.asked.total()
        return summary


@pytest.fixture(scope="module")
def seeded() -> Path:
    return kept.seeded(datetime(2025, 1, 1))


@pytest.fixture
def bench(tmp_path: Path, seeded: Path) -> Iterator[Bench]:
    path = Path(shutil.copy(seeded, tmp_path / "s.duckdb"))
    server = Loopback(World((SYMBOL,), FIRST, LAST))
    with redirected(server.server_address[1]):
        yield Bench(path, server)
    server.stop()


def test_a_second_run_asks_nobody_and_the_next_morning_only_what_may_be_new(bench: Bench) -> None:
    bench.run(datasets=("bars", "announcements", "actions"))
    bench.run(EVENING + timedelta(minutes=10), datasets=("bars", "announcements", "actions"))
    assert bench.asked == 0
    morning = bench.run(datetime(2025, 7, 1, 9), datasets=("bars", "announcements", "actions"))
    assert {one.task.dataset for one in morning.outcomes} == {"announcements", "actions"}
    assert morning.up_to_date["bars"] == 1


def test_a_run_before_the_close_is_repeated_after_it(bench: Bench) -> None:
    bench.run(datetime(2025, 6, 30, 10), datasets=("bars",))
    done = bench.run(EVENING, datasets=("bars",))
    assert sum(one.new for one in done.outcomes) == 1


def test_an_earlier_first_day_is_asked_again(bench: Bench) -> None:
    bench.run(since=date(2025, 5, 1), datasets=("bars",))
    assert len(bench.run(datasets=("bars",)).outcomes) == 1


def test_a_finished_quarter_is_asked_once_when_times_were_there(bench: Bench) -> None:
    later = datetime(2025, 8, 1, 18)
    bench.run(later, datasets=("announcements",))
    again = bench.run(later + timedelta(days=1), datasets=("announcements",))
    assert [one.task.first for one in again.outcomes] == [date(2025, 7, 1)]


def test_a_quarter_without_times_is_asked_again_after_a_week(bench: Bench) -> None:
    later = datetime(2025, 8, 1, 18)
    bench.server.mode = lambda address: "403" if "np-anotice" in address else "ok"
    bench.run(later, datasets=("announcements",))
    soon = bench.run(later + timedelta(days=1), datasets=("announcements",))
    late = bench.run(later + timedelta(days=9), datasets=("announcements",))
    assert (len(soon.outcomes), len(late.outcomes)) == (1, 2)


def test_the_bundled_calendar_is_enough_until_it_ends_soon(bench: Bench) -> None:
    bench.run(datasets=("calendar",))
    assert bench.asked == 0
    bench.run(datasets=("calendar",), calendar_asked=True)
    assert bench.asked == 1


def test_a_passing_failure_is_tried_once_more(bench: Bench) -> None:
    calls: list[str] = []

    def mode(address: str) -> str:
        calls.append(address)
        return "json500" if len(calls) == 1 else "ok"

    bench.server.mode = mode
    done = bench.run(datasets=("actions",))
    assert [one.ok for one in done.outcomes] == [True]


def test_a_symbol_nobody_knows_is_an_error_of_the_user(bench: Bench) -> None:
    done = bench.run(symbols=("300999.SZ",), datasets=("bars",))
    with pytest.raises(UnknownSymbol, match="300999"):
        done.raise_for_failures()


def test_a_missing_optional_index_is_a_note_and_no_failure(bench: Bench) -> None:
    bench.server.mode = lambda address: "403" if "csindex" in address or "push2his" in address else "ok"
    done = bench.run(datasets=("indices",))
    done.raise_for_failures()
    assert any("899001.GSI" in note and "nothing stored" in note for note in done.notes())


def test_the_closing_table_counts_rows_and_names_providers(bench: Bench) -> None:
    bench.server.mode = lambda address: "403" if "finance.sina" in address else "ok"
    row = bench.run(datasets=("bars",)).rows()[0]
    assert (row["dataset"], row["new"], row["provider"], row["fetched"]) == ("bars", 60, "Eastmoney", 1)


def test_a_second_fetch_of_the_same_store_is_kept_away(bench: Bench) -> None:
    with fetch_lock(bench.path), pytest.raises(StoreError, match="another fetch is running"):
        bench.run()


def test_without_a_network_it_stops_at_once(tmp_path: Path, seeded: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    wire = registry.wire(Policy(timeout=5))
    wire.sleep = lambda seconds: pytest.fail("a refused connection is not paced")
    path = Path(shutil.copy(seeded, tmp_path / "s.duckdb"))
    with redirected(free):
        done = fetch(path, FetchPlan((SYMBOL,), FIRST), wire, now=lambda: EVENING)
    with pytest.raises(SourceDown, match="no connection to any provider"):
        done.raise_for_failures()
    assert wire.asked.total() <= 4


def test_quarters_cover_the_span_without_gap_or_overlap() -> None:
    spans = list(quarters(date(2024, 11, 5), date(2025, 7, 1)))
    assert spans[0][0] == date(2024, 10, 1)
    assert spans[-1] == (date(2025, 7, 1), date(2025, 7, 1))
    assert all(b[0] == a[1] + timedelta(days=1) for a, b in itertools.pairwise(spans))


def test_options_are_checked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nonsense"):
        plan_for(tmp_path / "s.duckdb", None, [], ["bars", "nonsense"])
    plan = plan_for(tmp_path / "s.duckdb", FIRST, ["sz300093", "603629"], ["bars"])
    assert (plan.symbols, plan.datasets) == (("300093.SZ", "603629.SH"), ("bars",))


def test_real_prices_do_not_go_into_a_store_of_made_up_ones(synthetic_db: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(synthetic_db, tmp_path / "demo.duckdb"))
    with pytest.raises(DataRefused, match=r"SYNTHETIC.*demo.duckdb.*bars, indices, shares, actions.*--db FILE"):
        plan_for(path, None, (), ())
    assert plan_for(path, None, (), ("announcements",)).datasets == ("announcements",)


@pytest.mark.parametrize("there", [True, False])
def test_a_dry_run_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    path, told = tmp_path / "s.duckdb", list[Budget]()
    monkeypatch.delattr(shutil, "copyfile")  # nor does it copy a store to write to the copy
    if there:
        Store.create_or_open(path).close()
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    Research(path).fetch(FIRST, symbols=[SYMBOL], begin=told.append, dry_run=True)
    assert told[0].requests and {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before
