"""Nothing sees the future: what was known decides, whatever comes later. Cheats are caught on purpose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from screener.backtest import lookahead, strategy
from screener.backtest.checking import checked_run
from screener.backtest.chosen import choose
from screener.backtest.engine import run
from screener.core.config import BacktestOptions, ScreenOptions, Universe
from screener.core.errors import StrategyError
from screener.core.resources import tables_dir
from screener.point_in_time.cut import known_only, scrambled_after
from screener.point_in_time.market import Market
from screener.screen import factors
from screener.screen.ranking import screen
from tests.synthetic import synthetic_frames

Frames = dict[str, pl.DataFrame]
SHIPPED = [path.stem for path in strategy.available()]

CHEATS = {
    "tomorrows_close": (
        "rise = panel._market.close[panel.t + 5] / panel._market.close[panel.t]\n"
        "    best = panel.symbols[int(np.nanargmax(rise))]\n"
        "    return {best: 1.0} if best in panel.universe else {}"
    ),
    "later_announcements": (
        "later = [c.symbol for c in panel._market.commitments if c.known_at > panel.as_of and c.kind == 'order']\n"
        "    return {later[0]: 1.0} if later and later[0] in panel.universe else {}"
    ),
    "a_table_read_while_deciding": (
        "from screener.core.tables import packaged\n"
        "    orders = packaged('commitments')['symbol'].to_list()\n"
        "    return {orders[0]: 1.0} if orders[0] in panel.universe else {}"
    ),
    "a_file_read_while_deciding": (
        "import polars as pl\n"
        f"    orders = pl.read_csv({str(tables_dir() / 'commitments.csv')!r}, infer_schema=False)['symbol'].to_list()\n"
        "    return {orders[0]: 1.0} if orders[0] in panel.universe else {}"
    ),
    "the_array_behind_the_view": (
        "future = panel.close.base[-1]\n"
        "    price = {s: future[panel.index_of(s)] for s in panel.tradable_universe()}\n"
        "    return {max(price, key=price.get): 1.0}"
    ),
    "what_it_saw_before": (
        "if panel.session not in SEEN:\n"
        "        SEEN[panel.session] = np.nansum(panel.close.base[-1])\n"
        "    return {panel.universe[0]: 1.0} if SEEN[panel.session] > 0 else {}"
    ),
    "an_exit": "raise SystemExit(0)",
    "a_module_by_its_name": "import importlib\n    importlib.import_module('duck' + 'db')\n    return {}",
    "a_stack_frame": "import sys\n    return {} if sys._getframe(1) else None",
    "a_database": "import duckdb\n    return {}",
    "a_factor_that_looks_ahead": "score = cheating_factor(panel)\n    return {max(score, key=score.get): 1.0}",
}
HEAD = '''"""Cheats."""
import numpy as np
SEEN = {{}}
{extra}

def cheating_factor(panel):
    future = panel.close.base[-1]
    return {{s: future[panel.index_of(s)] / panel.reference[panel.index_of(s)] for s in panel.tradable_universe()}}

def weights(panel):
    {body}
'''


@cache
def frames() -> Frames:
    return synthetic_frames()


@cache
def market() -> Market:
    return Market.build(frames())


def write(folder: Path, body: str, extra: str = "") -> str:
    path = folder / "cheat.py"
    path.write_text(HEAD.format(body=body, extra=extra), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_strategy_passes(name: str) -> None:
    done = lookahead.check(name, market())
    assert done.sessions > 400


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_strategy_that_cheats_is_caught(cheat: str, tmp_path: Path) -> None:
    path = write(tmp_path, CHEATS[cheat])
    with pytest.raises(StrategyError, match=r"LOOK-AHEAD|strategy fails"):
        lookahead.check(path, market())


@pytest.mark.parametrize("universe", list(Universe))
def test_a_strategy_may_hold_what_its_universe_shows(universe: Universe, tmp_path: Path) -> None:
    options = BacktestOptions(universe=universe, start=date(2025, 9, 1), end=date(2025, 9, 12))
    done = checked_run(market(), choose("equal_weight"), options, ledger=tmp_path / "s.duckdb")
    held = {market().symbols[n] for n in done.result.decisions.weights[0].nonzero()[0]}
    assert held == {*market().panel_at(datetime(2025, 9, 1, 9, 15), universe).tradable_universe()} != set()


@pytest.mark.parametrize("universe", list(Universe))
@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_strategy_stays_in_its_universe(name: str, universe: Universe) -> None:
    told = frames()
    of_others = pl.col("symbol") != "301396.SZ"  # the firms with orders are more than those that the report lists
    listed = told["announcements"].with_columns(report_row=pl.when(~of_others).then("report_row"))
    others = Market.build({**told, "announcements": listed}, calendar=market().calendar)
    options = BacktestOptions(universe=universe, start=date(2025, 9, 1), end=date(2025, 12, 31))
    assert run(others, strategy.load(name).bind({})[0], options).sessions.size > 60


def test_a_table_read_while_importing_is_caught(tmp_path: Path) -> None:
    path = write(tmp_path, "return {}", extra="from screener.core.tables import packaged\nT = packaged('commitments')")
    with pytest.raises(StrategyError, match=r"LOOK-AHEAD.*imports screener.core.tables"):
        lookahead.check(path, market())


@settings(max_examples=8)
@given(st.integers(80, 530), st.sampled_from([known_only, scrambled_after]))
@example(210, known_only)  # an ex-date: what comes later holds the first bar after it
def test_the_screen_and_every_factor_are_the_same_without_what_came_later(
    t: int, cut: Callable[[Frames, datetime], Frames]
) -> None:
    panel = market().panel(t)
    other = Market.build(cut(frames(), panel.as_of), calendar=market().calendar).panel_at(panel.as_of)
    assert screen(panel, ScreenOptions()).rows == screen(other, ScreenOptions()).rows
    for name in factors.FACTORS:
        assert factors.factor_values(panel, name) == factors.factor_values(other, name)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_back_test_up_to_a_day_does_not_depend_on_what_came_later(name: str) -> None:
    moment = datetime(2025, 9, 30, 16, 0)
    options = BacktestOptions(end=moment.date())
    decide, params = strategy.load(name).bind()
    cuts = [Market.build(cut(frames(), moment), calendar=market().calendar) for cut in (known_only, scrambled_after)]
    whole, *others = (run(built, decide, options, params=params, name=name) for built in (market(), *cuts))
    for other in others:
        assert np.array_equal(whole.equity, other.equity)
        assert whole.orders.equals(other.orders)
