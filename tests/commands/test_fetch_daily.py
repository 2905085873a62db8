"""A day's update: what rounds settle for many firms at once, what they leave to a firm's own pieces, what it costs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import pytest

from screener.sources import akshare_cninfo, registry
from screener.sources.http import Policy
from screener.store.database import Store
from screener.store.fetch import rounds
from screener.store.fetch.plan import FetchPlan
from screener.store.fetch.rounds import FOUR_WEEKS, period, turn
from screener.store.fetch.run import Report, fetch
from screener.store.fetch.summary import Summary
from tests import kept
from tests.loopback.passed import passed
from tests.loopback.server import Loopback, redirected
from tests.loopback.world import Notice, World

FIRST, LAST = date(2025, 4, 1), date(2025, 6, 30)
START, DAYS = date(2025, 5, 14), 8  # Wednesday; a weekend lies in between
DATASETS = ("bars", "shares", "actions", "announcements")
COMPARED = {
    "bars": ("symbol", "session", "open", "high", "low", "close", "volume", "amount"),
    "shares": ("symbol", "effective_date", "total_shares", "float_shares", "known_at"),
    "actions": ("symbol", "ex_date", "kind", "shares_to_holder", "cash_to_holder", "known_at"),
    "announcements": ("announcement_id", "symbol", "event_date", "title", "kind", "known_at", "known_at_basis"),
}


def waiting(count: int, on: date, days: int = DAYS, prefix: int = 300000, end: str = "SZ") -> tuple[str, ...]:
    """Firms whose turn does not come within some days."""
    names = (f"{prefix + n}.{end}" for n in range(1, 400))
    last = on + timedelta(days=days)
    return tuple(name for name in names if turn(name, last, FOUR_WEEKS) <= on)[:count]


FIRMS = (*waiting(4, START), *waiting(2, START, prefix=603000, end="SH"))


def dividend(ex: date, **changes: object) -> dict[str, object]:
    return {"ex": ex, "said": ex - timedelta(days=6), "bonus": None, "converted": 4.0, "cash": 1.5, **changes}


def eventful() -> World:
    """An announced ex-date, one that nobody announced, a stop of trading, an issue of shares in the middle."""
    world = World(FIRMS, FIRST, LAST, notices_per_quarter=30, until=START, dividends={firm: [] for firm in FIRMS})
    announced, silent, halted = FIRMS[:3]
    world.dividends[announced] = [dividend(date(2025, 5, 21))]
    world.dividends[silent] = [dividend(date(2025, 5, 20), converted=None)]
    evening = datetime(2025, 5, 15, 17)
    world.extra_notices = [Notice(5, announced, "2024年年度权益分派实施公告", date(2025, 5, 16), evening)]
    world.halts = {(halted, date(2025, 5, 15)), (halted, date(2025, 5, 16))}
    return world


@dataclass
class Days:
    """A store and a server on which days go by."""

    path: Path
    server: Loopback
    firms: tuple[str, ...] = FIRMS

    def run(self, day: date, hour: int = 18, only: tuple[str, ...] = DATASETS, report: Report | None = None) -> Summary:
        self.server.world.until = day
        akshare_cninfo.forget_firms()
        wire = registry.wire(Policy(pace=0, timeout=20, connect=20))
        moment = datetime.combine(day, time(hour))
        return fetch(self.path, FetchPlan(self.firms, FIRST, only), wire, now=lambda: moment, report=report)


def own(done: Summary, dataset: str) -> set[str]:
    """Firms that were asked themselves."""
    return {one.task.subject for one in done.outcomes if one.task.dataset == dataset and not one.is_round} - {"SZ"}


def facts(path: Path) -> dict[str, pl.DataFrame]:
    with Store.open_read_only(path) as store:
        return {name: store.latest(name).select(columns) for name, columns in COMPARED.items()}


@pytest.fixture(scope="module")
def seeded() -> Path:
    return kept.seeded(datetime(2025, 1, 1))


@pytest.fixture(scope="module")
def eve(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the evening of `START`: every firm had its own pass."""
    path = Path(shutil.copy(seeded, tmp_path_factory.mktemp("eve") / "s.duckdb"))
    passed(path, eventful(), FIRMS, datetime.combine(START, time(18)))
    return path


@pytest.fixture(scope="module")
def fed(seeded: Path, eve: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[Summary]]:
    """A store fed day by day, one fed by each firm's own history on the last day, and what the days told."""
    folder = tmp_path_factory.mktemp("fed")
    server = Loopback(eventful())
    daily, whole = (Days(Path(shutil.copy(seeded, folder / name)), server) for name in ("daily.duckdb", "whole.duckdb"))
    shutil.copy(eve, daily.path)
    with redirected(server.server_address[1]):
        told = [daily.run(START + timedelta(days=n)) for n in range(1, DAYS)]
        whole.run(START + timedelta(days=DAYS - 1))
    server.stop()
    return daily.path, whole.path, told


@pytest.fixture
def days(eve: Path, tmp_path: Path) -> Iterator[Days]:
    server = Loopback(eventful())
    with redirected(server.server_address[1]):
        yield Days(Path(shutil.copy(eve, tmp_path / "s.duckdb")), server)
    server.stop()


@pytest.mark.parametrize("table", list(COMPARED))
def test_a_store_fed_by_rounds_equals_one_fed_by_each_firms_history(
    fed: tuple[Path, Path, list[Summary]], table: str
) -> None:
    daily, whole, _ = fed
    assert facts(whole)[table].height
    assert facts(daily)[table].equals(facts(whole)[table])


def test_firms_are_asked_themselves_for_a_reason_alone(fed: tuple[Path, Path, list[Summary]]) -> None:
    announced, silent, halted = FIRMS[:3]
    asked = [own(done, "bars") for done in fed[2]]
    assert asked == [{halted}, {halted}, set(), set(), {halted}, {silent}, {announced}]
    actions = [own(done, "actions") for done in fed[2]]
    assert actions[0] == {announced}  # on the evening of the announcement, four sessions before its ex-date
    assert actions[4:7] == [{halted}, {silent}, {announced}]


def test_no_day_of_rounds_fails(fed: tuple[Path, Path, list[Summary]]) -> None:
    for done in fed[2]:
        assert all(one.ok for one in done.outcomes), done.notes()
        assert sum(row["requests"] for row in done.rows()) <= 20


NEXT = date(2025, 5, 15)


def test_a_quote_that_cannot_be_trusted_leaves_the_firm_to_its_own_piece(days: Days) -> None:
    wrong = [{30: "2025-05-14"}, {31: "14:59:57"}, {2: "9.99"}, {8: "7"}, {4: "0.01"}]
    firms = [firm for firm in FIRMS if firm != FIRMS[2]]
    days.server.world.quoted = dict(zip(firms, wrong, strict=True))
    done = days.run(NEXT, only=("bars",))
    assert own(done, "bars") == set(FIRMS)
    with Store.open_read_only(days.path) as store:
        stored = store.latest("bars").filter(session=NEXT)
    expected = {firm: days.server.world.bars(firm)[-1][4] for firm in firms}
    assert dict(stored.select("symbol", "close").iter_rows()) == expected


def test_the_figures_of_the_day_before_once_more_are_no_bar(days: Days) -> None:
    """A provider that stands still: every field but the day is yesterday's, and yesterday closed as the day before."""
    firm = FIRMS[3]
    before = days.server.world.bars(firm)[-1]
    names = {1: 1, 2: 4, 3: 4, 4: 2, 5: 3, 8: 5, 9: 6}
    days.server.world.quoted = {firm: {place: str(before[column]) for place, column in names.items()}}
    assert own(days.run(NEXT, only=("bars",)), "bars") == {FIRMS[2], firm}


def test_in_trading_hours_nobody_trusts_quotes(days: Days) -> None:
    done = days.run(date(2025, 5, 16), hour=10, only=("bars",))
    assert own(done, "bars") == set(FIRMS)
    assert not any("hq.sinajs" in one for one in days.server.seen)


@pytest.mark.long
@pytest.mark.parametrize("mode", ["ok", "403", "truncated", "renamed"])
def test_where_rounds_fail_every_firm_is_asked_itself(days: Days, mode: str) -> None:
    rounds_alone = ("hq.sinajs", "p_sysapi1029", "np-anotice")  # of announcements it is the second provider
    days.server.mode = lambda asked: mode if any(one in asked for one in rounds_alone) else "ok"
    done = days.run(NEXT, only=("bars", "shares", "announcements"))
    expected = (set(), set()) if mode == "ok" else (set(FIRMS), set(FIRMS))
    assert (own(done, "shares"), own(done, "announcements")) == expected
    assert own(done, "bars") == ({FIRMS[2]} if mode == "ok" else set(FIRMS))
    done.raise_for_failures()


@pytest.mark.long
def test_a_site_that_takes_the_first_of_a_list_alone_is_found_out(days: Days) -> None:
    days.server.world.first_of_list = True
    done = days.run(date(2025, 5, 19), only=("announcements",))
    assert own(done, "announcements") == set(FIRMS)
    with Store.open_read_only(days.path) as store:
        stored = set(store.latest("announcements")["announcement_id"])
    assert {f"cninfo-{one.number}" for firm in FIRMS for one in days.server.world.notices(firm)} <= stored


def by_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "BY_LIST", 1)


def test_the_market_by_day_brings_what_lists_bring(days: Days, monkeypatch: pytest.MonkeyPatch) -> None:
    by_day(monkeypatch)
    done = days.run(date(2025, 5, 16), only=("announcements",))
    assert [one.task.first for one in done.outcomes] == [START + timedelta(days=n) for n in range(4)]
    with Store.open_read_only(days.path) as store:
        stored = store.latest("announcements").filter(known_at_basis="exchange_time")
    assert {f"cninfo-{one.number}" for firm in FIRMS for one in days.server.world.notices(firm)} == {
        name for name in stored["announcement_id"] if name.startswith("cninfo-")
    }


@pytest.mark.long
def test_days_of_the_market_without_times_are_asked_again(days: Days, monkeypatch: pytest.MonkeyPatch) -> None:
    by_day(monkeypatch)
    days.server.mode = lambda address: "403" if "np-anotice" in address else "ok"
    done = days.run(NEXT, only=("announcements",))
    assert not own(done, "announcements")
    days.server.mode = lambda address: "ok"
    again = days.run(date(2025, 5, 16), only=("announcements",))
    assert min(one.task.first for one in again.outcomes) == START


@pytest.mark.long
@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_day_that_was_stopped_and_run_again_equals_an_undisturbed_one(days: Days, eve: Path, stop: int) -> None:
    ended: list[str] = []

    def report(outcome: object, left: int) -> None:
        ended.append("")
        if len(ended) == stop:
            raise KeyboardInterrupt

    undisturbed = Days(Path(shutil.copy(eve, days.path.with_name("u.duckdb"))), days.server)
    undisturbed.run(NEXT)
    with pytest.raises(KeyboardInterrupt):
        days.run(NEXT, report=report)
    days.run(NEXT)
    told, expected = facts(days.path), facts(undisturbed.path)
    assert all(told[name].equals(expected[name]) for name in COMPARED)


def test_a_firm_whose_turn_comes_is_asked_itself(days: Days) -> None:
    firm = FIRMS[0]
    day = next(day for n in range(60) if turn(firm, day := START + timedelta(days=n + 1), FOUR_WEEKS) == day)
    expected = {name for name in FIRMS if turn(name, day, FOUR_WEEKS) > START}
    assert firm in expected < set(FIRMS)
    assert own(days.run(day, only=("announcements",)), "announcements") == expected


@pytest.mark.parametrize("firms", [12, 500, 5500])
def test_each_firm_has_one_turn_in_a_period_and_no_day_has_many(firms: int) -> None:
    span = period(firms)
    names = [f"{n:06d}.SZ" for n in range(firms)]
    today = date(2026, 6, 30)
    turns = [turn(name, today, span) for name in names]
    assert all(today - timedelta(days=span) < day <= today for day in turns)
    assert max(turns.count(day) for day in set(turns)) <= 3 * max(firms / span, 4)
    following = ((name, day + timedelta(days=span)) for name, day in zip(names, turns, strict=True))
    assert all(turn(name, day, span) == day for name, day in following)


@pytest.fixture
def many(seeded: Path, tmp_path: Path) -> Iterator[Callable[[int], dict[str, int]]]:
    """Requests of the second day, by dataset, for a number of firms."""
    servers = []

    def asked(count: int) -> dict[str, int]:
        firms = waiting(count, START)
        world = World(firms, FIRST, LAST, until=START, notices_per_quarter=1, dividends={firm: [] for firm in firms})
        path = Path(shutil.copy(seeded, tmp_path / f"{count}.duckdb"))
        passed(path, world, firms, datetime.combine(START, time(18)))
        servers.append(Loopback(world))
        with redirected(servers[-1].server_address[1]):
            done = Days(path, servers[-1], firms).run(NEXT, only=(*DATASETS, "names", "ratings"))
        assert all(one.ok for one in done.outcomes), done.notes()
        return {row["dataset"]: row["requests"] for row in done.rows()}

    yield asked
    for server in servers:
        server.stop()


def test_four_times_the_firms_cost_no_more_requests(
    many: Callable[[int], dict[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_day(monkeypatch)
    few, more = many(30), many(120)
    assert few == more
    assert more["actions"] == 0 and sum(more.values()) < 40
