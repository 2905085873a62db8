"""How a firm's shares trade: figures of the last sessions, as known then."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, datetime

import numpy as np
import polars as pl
import pytest

import screener
from screener.core.config import RETURN_SESSIONS, Universe
from screener.point_in_time.market import Market
from screener.research import Research
from screener.screen.trading import traded
from tests.synthetic import synthetic_frames

DAYS = (date(2025, 7, 1), date(2026, 6, 30), date(2026, 7, 5))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Research:
    return screener.demo(tmp_path_factory.mktemp("trading"))


@pytest.fixture(scope="module")
def market() -> Market:
    return Market.build(synthetic_frames())


@pytest.mark.parametrize("day", DAYS)
def test_a_market_of_one_day_knows_what_the_whole_one_knows(house: Research, day: date) -> None:
    few = {row.symbol: row.traded for row in Research(house.path).screen(day, universe="report").rows}
    whole = house.panel(day, Universe.REPORT)
    assert few == {symbol: traded(whole, symbol) for symbol in whole.universe} and len(few) == 12
    assert all(row.adv20_cny and row.return_20 is not None for row in few.values())


def test_figures_are_those_of_the_stored_bars(house: Research) -> None:
    bars = house.query(
        "SELECT close, amount FROM latest_bars WHERE symbol = '301396.SZ' AND session <= '2026-06-30' "
        f"ORDER BY session DESC LIMIT {RETURN_SESSIONS[1] + 1}"
    ).frame()
    row = next(row for row in house.screen("2026-06-30").rows if row.symbol == "301396.SZ").traded
    splits = house.query(
        "SELECT ex_date, shares_to_holder FROM latest_actions WHERE symbol = '301396.SZ' AND shares_to_holder > 0 "
        "AND ex_date BETWEEN '2026-04-01' AND '2026-06-30'"
    ).frame()
    factor = float(np.prod(1 + splits["shares_to_holder"].to_numpy())) if splits.height else 1.0
    assert row.adv20_cny == pytest.approx(bars["amount"][:20].mean(), abs=0.01)
    assert row.return_60 == pytest.approx(bars["close"][0] * factor / bars["close"][60] - 1)


def test_nothing_later_moves_them(market: Market) -> None:
    moment = datetime(2026, 1, 15, 23, 59, 59)
    cut = market.until(moment)
    for symbol in market.report_symbols:
        assert traded(market.panel_at(moment), symbol) == traded(cut.panel_at(moment), symbol)


def test_what_is_not_known_is_null(market: Market) -> None:
    symbol = market.report_symbols[0]
    n, day = market.index_of(symbol), market.sessions[-1].item()
    silent = np.array(market.amount)
    silent[-11:, n] = np.nan
    gone = np.array(market.close)
    gone[-21, n] = np.nan
    odd = traded(replace(market, amount=silent, close=gone).at_day(day), symbol)
    plain = traded(market.at_day(day), symbol)
    assert plain.adv20_cny and plain.return_20 is not None
    assert (odd.adv20_cny, odd.return_20, odd.return_60) == (None, None, plain.return_60)
    early = market.at_day(market.sessions[5].item())
    assert [asdict(traded(early, symbol))[name] for name in ("adv20_cny", "return_20", "return_60")] == [None] * 3


def test_a_warning_counts_from_the_day_it_is_known_and_a_first_day_from_its_day() -> None:
    frames = synthetic_frames()
    firms = frames["firms"].with_columns(listed=pl.lit(date(2026, 6, 1)))
    market = Market.build({**frames, "firms": firms})
    told = {day: traded(market.at_day(day), "300093.SZ") for day in (date(2026, 5, 29), date(2026, 6, 30))}
    assert [row.listed_days for row in told.values()] == [None, 29]
    assert traded(market.at_day(date(2025, 12, 1)), "300093.SZ").st and not told[date(2026, 6, 30)].st
    assert not traded(market.at_day(date(2025, 6, 23)), "300093.SZ").st and told[date(2026, 6, 30)].board == "chinext"
