"""A question reads the bars that it needs, and its answer is the one over the whole store, whatever was corrected."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from screener.backtest.reach import reads_all_firms
from screener.backtest.sweep import share
from screener.core.config import LOOK_BACK, RETURN_SESSIONS, ScreenOptions
from screener.core.plain import plain
from screener.core.stands_on import SYNTHETIC
from screener.core.tables import TABLES
from screener.point_in_time.cells import several_versions
from screener.point_in_time.frames import NotRead, frame_of
from screener.point_in_time.market import Market
from screener.research import Research, open
from screener.research.part import Part
from screener.screen.history import backlog_history
from screener.store.database import Store
from screener.store.ingest import ingest_all
from screener.store.made_up import load_synthetic
from screener.store.parts import Part as Rows
from screener.store.withdrawing import withdraw
from tests.bench.full_market import bars_of
from tests.cases import later
from tests.commands.conftest import Cli

STORES = int(os.environ.get("SCREENER_STORES", "1"))  # of random corrections; more in `make soak`
OTHERS = ("000001.SZ", "300002.SZ", "600003.SH", "688001.SH", "920001.BJ")
Ask = Callable[[Research], Any]
_OF_THE_RUN = ("fingerprint", "file", "trials")
QUESTIONS: dict[str, Ask] = {
    "screen": lambda r: r.screen(),
    "screen of a past day": lambda r: r.screen("2025-06-29"),
    "screen of the market": lambda r: r.screen("2025-03-14", universe="market", sort="symbol"),
    "screen of the report": lambda r: r.screen("2025-08-01", universe="report"),
    "screen of the market after the last session": lambda r: r.screen("2026-10-30", universe="market"),
    "explain": lambda r: r.explain("301396.SZ", "2025-07-01"),
    "explain another firm": lambda r: r.explain("600003.SH"),
    "diff": lambda r: r.diff("2025-01-10", "2025-09-01"),
    "diff of the market": lambda r: r.diff("2025-03-10", universe="market"),
    "alerts": lambda r: r.alerts("2025-09-01"),
    "ratings": lambda r: r.ratings(),
    "backtest": lambda r: r.backtest("backlog_yield"),
    "backtest of the report": lambda r: r.backtest("order_drift", universe="report", start="2025-02-03"),
    "check": lambda r: plain(r.check("order_drift"))["decisions"],
    "events": lambda r: r.events("order", draws=99),
    "sweep": lambda r: r.sweep("order_drift", ["hold=5,10"], workers=1),
}
# Each reads as another question does.
ALIKE = (
    "screen of the report",
    "screen of the market after the last session",
    "explain another firm",
    "diff of the market",
    "backtest of the report",
)


def corrected(store: Store, seed: int) -> None:
    """Six days on which bars were told anew, and bars that were taken back; an ex-date while a stock was halted."""
    rng = np.random.default_rng(seed)
    bars = store.latest("bars").select(TABLES["bars"].names)
    for day in sorted(rng.choice(bars["session"].unique().sort().to_list()[40:-5], 6, replace=False)):
        known = bars.filter(pl.col("session") <= day)
        last = known.filter(pl.col("session") == known["session"].max())
        some = pl.concat([last.sample(4, seed=seed), known.sample(4, seed=seed)]).unique(["symbol", "session"])
        told = some.with_columns(close=pl.col("low"), source=pl.lit(SYNTHETIC))
        now = datetime.combine(day.astype(object) if hasattr(day, "astype") else day, datetime.min.time())
        ingest_all(store, [Rows("bars", told, "corrected")], now=now + timedelta(hours=20), replacing=True)
        symbol, session = last.sample(1, seed=seed).select("symbol", "session").row(0)
        withdraw(store, "bars", [symbol, str(session)], "wrong", now=now + timedelta(hours=44))


@pytest.fixture(scope="module", params=range(1, 1 + STORES))
def wide(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SYNTHETIC market with five more stocks, two of which end early, and corrections."""
    path = tmp_path_factory.mktemp("wide") / "store.duckdb"
    with Store.create_or_open(path) as store:
        load_synthetic(store)
        days = store.latest("bars")["session"].unique().sort().to_numpy()
        rest = bars_of(OTHERS, days, np.random.default_rng(request.param)).with_columns(source=pl.lit(SYNTHETIC))
        gone = pl.col("symbol").is_in(OTHERS[:2]) & (pl.col("session") > days[-60].item())
        ingest_all(store, [Rows("bars", rest.filter(~gone), "rest")], now=datetime(2026, 11, 1, 12))
        ex = {"symbol": OTHERS[0], "kind": "bonus", "shares_to_holder": 0.5, "cash_to_holder": 0.0, "source": "rest"}
        actions = pl.DataFrame([{**ex, "ex_date": days[t].item()} for t in (30, 33, -40, -20)])
        ingest_all(store, [Rows("actions", actions, "rest")], now=datetime(2026, 11, 1, 12))
        corrected(store, request.param)
    return path


@pytest.fixture(scope="module", autouse=True)
def clock() -> Iterator[None]:
    """Three weeks after the last session: some questions ask about a day that has no prices yet."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SCREENER_NOW", "2026-11-02T12:00:00")
        yield


@pytest.fixture(scope="module")
def whole(wide: Path) -> Research:
    """Research that has read everything, and reads nothing else any more."""
    research = open(wide)
    research.market()
    return research


@pytest.mark.parametrize("question", [*(one for one in QUESTIONS if one not in ALIKE), *later(*ALIKE)])
def test_the_answer_is_that_of_the_whole_store(wide: Path, whole: Research, question: str) -> None:
    ask, part = QUESTIONS[question], open(wide)
    found, right = ask(part), ask(whole)
    told = [plain(each.as_dict()) if hasattr(each, "as_dict") else each for each in (found, right)]
    assert _without_clock(told[0]) == _without_clock(told[1])
    assert (
        all(len(market.symbols) < len(whole.market().symbols) for market in part._markets.values())
        or "market" in question
    )


def _without_clock(told: Any) -> Any:
    """Fingerprints of the data differ on purpose: they are of what was read."""
    if isinstance(told, dict):
        return {key: _without_clock(value) for key, value in told.items() if key not in _OF_THE_RUN}
    return [_without_clock(each) for each in told] if isinstance(told, list) else told


def test_a_day_is_read_without_its_history(wide: Path, whole: Research) -> None:
    day, asked = date(2025, 6, 30), open(wide)
    alone, own, every = (asked.market(days=[day], back=back) for back in ((), OTHERS[:1], None))
    assert {len(market.symbols) for market in (alone, own, every)} == {len(whole.market().symbols)}
    counts = [int(np.isfinite(market.close).sum()) for market in (alone, own, every)]
    sessions, symbols = len(LOOK_BACK), len(alone.symbols)
    assert counts[0] < 3 * symbols and counts[0] + sessions - 5 < counts[1] < counts[0] + 2 * sessions
    assert 0.8 * sessions * symbols < counts[2] < sessions * symbols + counts[0]
    assert len(every.sessions) < RETURN_SESSIONS[1] < 400 < len(whole.market().sessions)
    assert asked.market(days=[day], back=OTHERS[1:2]) is every  # what was read is not read again


def test_a_question_about_a_day_reads_the_tables_that_it_needs(wide: Path, whole: Research) -> None:
    frames = open(wide).market(days=[date(2025, 6, 30)]).frames
    assert {"announcements", "rules", "findings"} < frames.keys() < whole.market().frames.keys()
    for name in whole.market().frames.keys() - frames.keys():
        with pytest.raises(NotRead):  # and is not told that it is empty
            frame_of(frames, name)


@pytest.mark.parametrize("table", ["products", "rules", "sessions"])  # of the last two the market is made anew
def test_a_correction_counts_whatever_table_it_is_of(wide: Path, tmp_path: Path, table: str) -> None:
    path = tmp_path / "store.duckdb"
    path.write_bytes(wide.read_bytes())
    told = [open(path).screen("2025-06-30").stands_on.revised_later]
    with Store.create_or_open(path) as store:
        key = store.latest(table).select(TABLES[table].key).row(-1)
        withdraw(store, table, [*map(str, key)], "wrong", now=datetime(2026, 11, 1, 13))
    told.append(open(path).screen("2025-06-30").stands_on.revised_later)
    assert told[1] == told[0] + 1


def test_a_part_of_the_firms_has_no_column_for_others_that_announced_something(wide: Path) -> None:
    house = open(wide)
    some = house.market(Part.ASKED, also=["301396.SZ"])
    assert "301396.SZ" in some.symbols and set(some.symbols) <= (some.frames.cells.bars.whose or set())  # type: ignore[attr-defined]
    assert {row.symbol for row in some.announcements} - {*some.symbols}


def test_a_bar_of_another_day_that_was_taken_back_is_none_of_a_market_made_anew(wide: Path, tmp_path: Path) -> None:
    path, firm = tmp_path / "store.duckdb", {"symbol": "000002.SZ", "name": "x", "board": "szse_main"}
    path.write_bytes(wide.read_bytes())
    with Store.create_or_open(path) as store:
        told = pl.DataFrame([firm | {"theme": "compute_leasing", "known_at": datetime(2025, 6, 1), "source": "y"}])
        ingest_all(store, [Rows("firms", told, "firms")], now=datetime(2026, 10, 1))
        bar = "SELECT symbol, session FROM bars WHERE symbol = '301396.SZ' ORDER BY session LIMIT 1 OFFSET 40"
        rule = store.latest("rules").select(TABLES["rules"].key).row(-1)
        gone = {"firms": ["000002.SZ"], "bars": store.connection.execute(bar).fetchone() or (), "rules": rule}
        for table, key in gone.items():
            withdraw(store, table, [*map(str, key)], "wrong", now=datetime(2026, 11, 1, 13))
    every = open(path)
    market = every.market()  # of all days: the screen then asks it
    assert open(path).screen("2025-06-30").frame().equals(every.screen("2025-06-30").frame())
    first = {row.symbol: row.known_at for row in reversed(market.commitments)}
    late = max(first, key=lambda symbol: first[symbol])  # of whom nothing is known on the first session
    whole, few = (backlog_history(market, ScreenOptions(), symbols) for symbols in (None, [late]))
    assert np.array_equal(few[late], whole[late], equal_nan=True)


def test_of_a_day_the_close_and_the_amount_are_read_and_nothing_else_is_made_up(wide: Path, whole: Research) -> None:
    market, every = open(wide).market(days=[date(2025, 6, 30)], back=None), whole.market()
    rows = np.isin(every.sessions, market.sessions)
    plain = [n for n, name in enumerate(market.symbols) if name not in {row["symbol"] for row in _corrected(whole)}]
    for name in ("close", "amount"):
        read, there = getattr(market, name)[:, plain], getattr(every, name)[rows][:, plain]
        assert np.isfinite(read).any() and (read == there)[np.isfinite(read)].all()
    assert all(np.isnan(getattr(market, name)[:, plain]).all() for name in ("open", "high", "low", "volume"))


def _corrected(research: Research) -> list[dict[str, Any]]:
    """Of rows with several versions everything is read, whatever the question is about."""
    return several_versions(research.market().frames, "bars").to_dicts()


def test_a_market_with_corrections_travels_to_other_processes(whole: Research) -> None:
    market = whole.market()
    there: Market = share.thaw(share.freeze(share.portable(market)))
    moment = market.revisions[2]
    assert (there.seen_at(moment).row("close", -9) == market.seen_at(moment).row("close", -9)).sum() > 10


def test_a_symbol_that_is_asked_for_is_read_too(wide: Path, cli: Cli) -> None:
    assert cli("explain", OTHERS[0], "--db", wide).code == 0


@pytest.mark.parametrize(
    ("text", "everybody"),
    [
        ("firms = panel.tradable_universe()", False),
        ("found = [row.amount for row in panel.commitments]", False),
        ("found = panel.close[-1].mean()", True),
        ("found = panel.amount[-1].mean()", True),
        ("found = getattr(panel, 'clo' + 'se')", True),
        ("match panel:\n        case Panel(close=found): pass", True),
        ("for row in panel.commitments:\n        row = panel\n    found = row.amount", True),
        ("found = (", True),
    ],
)
def test_a_strategy_that_may_look_at_others_is_given_all(tmp_path: Path, text: str, everybody: bool) -> None:
    path = tmp_path / "own.py"
    path.write_text(f'"""Own."""\n\n\ndef weights(panel):\n    {text}\n    return None\n')
    assert reads_all_firms(str(path)) is everybody
