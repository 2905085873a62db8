"""What a fetch costs, counted and not timed: choices, openings of the store, tables read; what its batches promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from screener.core.calendar import packaged_calendar
from screener.core.tables import TABLES
from screener.sources import registry
from screener.sources.answers import Answer, Ask, Source
from screener.sources.classify import Provider
from screener.sources.http import Host, Wire
from screener.store.database import Store
from screener.store.fetch.asking import Piece, Waiting
from screener.store.fetch.plan import FetchPlan, Finished, Task, planned
from screener.store.fetch.run import BATCH, FetchRun, fetch
from screener.store.fetch.summary import Summary
from tests import kept
from tests.store.rows import SESSIONS, bars, row

EVENING, SINCE = datetime(2025, 6, 30, 18), date(2025, 4, 1)
MARKET = tuple(f"{300000 + n}.SZ" for n in range(5500))
Answering = Callable[..., None]
PROVIDER = Provider("Test", (Host("test.example", 0.0),), ())


def nothing(ask: Ask, wire: Wire) -> Answer:
    """A firm without corporate actions."""
    return Answer("Test", {"actions": TABLES["actions"].empty()}, "0")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return kept.copied(kept.seeded(datetime(2025, 1, 1)), tmp_path / "s.duckdb")


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def chain(dataset: str, *asked: Callable[[Ask, Wire], Answer]) -> None:
        made = tuple(Source(PROVIDER, "test.example", "none", one) for one in asked)
        monkeypatch.setitem(registry.CHAINS, dataset, made)

    return chain


def run(path: Path, symbols: tuple[str, ...], dataset: str = "actions", now: datetime = EVENING) -> Summary:
    return fetch(path, FetchPlan(symbols, SINCE, (dataset,)), Wire(), now=lambda: now)


def counted(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> Counter[str]:
    original = getattr(owner, name)
    calls: Counter[str] = Counter()

    def wrapped(*args: Any, **kw: Any) -> Any:
        calls[name] += 1
        return original(*args, **kw)

    monkeypatch.setattr(owner, name, wrapped)
    return calls


def test_choosing_costs_the_hosts_and_not_the_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    wire, tasks = registry.wire(), planned(FetchPlan(MARKET, SINCE), EVENING)
    waiting, hosts = Waiting(wire), {source.host for source in registry.sources()}
    for place, task in enumerate(tasks):
        waiting.put(Piece.of(place, task))
    calls = counted(monkeypatch, Wire, "ready_in")
    taken = [waiting.take().task for _ in tasks]
    assert not waiting and set(taken) == set(tasks)
    assert calls["ready_in"] <= len(hosts) * len(tasks)


def test_whoever_may_be_asked_soonest_is_asked_first(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = {"finance.sina.com.cn": 3.0, "datacenter.eastmoney.com": 1.0, "webapi.cninfo.com.cn": 1.0}
    monkeypatch.setattr(Wire, "ready_in", lambda self, host: pauses[host])
    waiting = Waiting(Wire())
    for place, task in enumerate(planned(FetchPlan(MARKET[:2], SINCE, ("bars", "actions", "shares")), EVENING)):
        waiting.put(Piece.of(place, task))
    assert [waiting.take().task.dataset for _ in range(6)] == ["actions"] * 2 + ["shares"] * 2 + ["bars"] * 2


def test_every_piece_is_looked_up_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, opened = counted(monkeypatch, Finished, "is_done"), counted(monkeypatch, Store, "latest")
    plan = FetchPlan(MARKET, SINCE)
    due = FetchRun(path, plan, Wire(), lambda: EVENING).due(calendar=False)
    assert len(due) == asked["is_done"] == len(planned(plan, EVENING)) - 1
    assert opened["latest"] == 1


def test_the_ledger_does_not_grow_with_the_days_of_fetching(path: Path, answering: Answering) -> None:
    answering("actions", nothing)
    for day in range(3):
        run(path, MARKET[:2], now=EVENING + timedelta(days=day))
    with Store.open_read_only(path) as store:
        found = Finished.read(store).rows
    assert [len(done) for spans in found.values() for done in spans.values()] == [1, 1]


def test_the_store_is_opened_once_for_a_batch(
    path: Path, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering("actions", nothing)
    opened = counted(monkeypatch, Store, "create_or_open")
    done = run(path, MARKET[: 3 * BATCH])
    assert sum(one.ok for one in done.outcomes) == 3 * BATCH
    assert opened["create_or_open"] == 2 + 3  # what is due (calendar, the rest), then the batches


def test_whoever_is_asked_others_can_read_the_store(path: Path, answering: Answering) -> None:
    seen = []

    def reading(ask: Ask, wire: Wire) -> Answer:
        with Store.open_read_only(path) as store:
            seen.append(store.frame("runs").height)
        return nothing(ask, wire)

    answering("actions", reading)
    run(path, MARKET[: BATCH + 2])
    assert len(seen) == BATCH + 2
    assert seen[-1] == seen[0] + BATCH


def test_an_answer_does_not_wait_long_for_its_batch(path: Path, answering: Answering) -> None:
    wire, stored = Wire(), []
    now = [0.0]
    wire.clock = lambda: now[0]

    def slow(ask: Ask, wire: Wire) -> Answer:
        now[0] += 20.0
        with Store.open_read_only(path) as store:
            stored.append(store.frame("runs").filter(pl.col("command") == "fetch").height)
        return nothing(ask, wire)

    answering("actions", slow)
    fetch(path, FetchPlan(MARKET[:4], SINCE, ("actions",)), wire, now=lambda: EVENING)
    assert stored == [0, 0, 0, 3]


def test_ctrl_c_loses_no_answer(path: Path, answering: Answering) -> None:
    asked = []

    def interrupted(ask: Ask, wire: Wire) -> Answer:
        asked.append(ask.subject)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return nothing(ask, wire)

    answering("actions", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(path, MARKET[:9])
    answering("actions", nothing)
    assert len(run(path, MARKET[:9]).outcomes) == 6


def test_a_refused_answer_sends_its_piece_to_the_next_provider(path: Path, answering: Answering) -> None:
    def negative(ask: Ask, wire: Wire) -> Answer:
        return Answer("Test", {"actions": row("actions", symbol=ask.subject, cash_to_holder=-1.0)}, "1")

    answering("actions", negative, nothing)
    done = run(path, MARKET[:2]).outcomes
    assert [(one.ok, one.refused, [str(tried.cause) for tried in one.tried]) for one in done] == [
        (True, 1, ["refused"])
    ] * 2


def test_figures_asked_for_before_they_were_settled_are_not_done(path: Path, answering: Answering) -> None:
    early, late = (datetime.combine(SESSIONS[1], time(15, minute)) for minute in (29, 31))
    clock, task = [early], Task("bars", MARKET[0], SESSIONS[0], SESSIONS[1])

    def unfinished(ask: Ask, wire: Wire) -> Answer:
        clock.append(late)
        return Answer("Test", {"bars": bars(1, ask.subject)}, "2")

    answering("bars", unfinished)
    one = FetchRun(path, FetchPlan(MARKET[:1]), Wire(), lambda: clock[-1])
    one.calendar = packaged_calendar()
    one.once([task])
    with Store.open_read_only(path) as store:
        assert not Finished.read(store).is_done(task, late, one.calendar)


def test_a_piece_reads_what_it_is_about_and_no_whole_table(
    path: Path, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    original = Store.latest

    def latest(self: Store, name: str) -> pl.DataFrame:
        read.append(name)
        return original(self, name)

    monkeypatch.setattr(Store, "latest", latest)
    answering("actions", nothing)
    answering("announcements", lambda ask, wire: Answer("Test", {"announcements": notices(ask)}, "3"))
    monkeypatch.setattr(registry, "COMPLEMENTS", {})
    for dataset in ("actions", "announcements"):
        run(path, MARKET[:2], dataset)
    assert set(read) == {"sessions"}


def notices(ask: Ask) -> pl.DataFrame:
    told = row("announcements", announcement_id=f"t-{ask.subject}", symbol=ask.subject, event_date=SINCE)
    return TABLES["announcements"].check(told.with_columns(known_at_basis=pl.lit("date_only")))
