"""Our back-test in the field's libraries: what they make of it is what we say, told the same conventions."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from openpyxl import load_workbook

import screener
from screener.core.answer import Answer
from screener.core.config import SESSIONS_PER_YEAR
from screener.core.errors import UsageError
from screener.report import pictures
from screener.research import Research
from tests.commands.conftest import synthetic_db as synthetic_db

if TYPE_CHECKING:
    from screener.evaluation.appraisal import Appraisal

pytestmark = pytest.mark.filterwarnings("ignore")  # of the libraries themselves, about their own calls


@pytest.fixture(scope="module")
def house(synthetic_db: Any) -> Research:
    return Research(synthetic_db)


@pytest.fixture(scope="module")
def found(house: Research) -> Appraisal:
    return house.backtest("backlog_yield", start="2025-03-03", end="2025-12-31", unchecked=True)


def test_returns_are_dated_named_and_grow_to_the_final_value(found: Appraisal) -> None:
    returns = found.returns
    assert returns.name == "backlog_yield" and isinstance(returns.index, pd.DatetimeIndex) and returns.index.tz is None
    grown = found.result.initial_cash * float((1 + returns).prod())
    assert grown == pytest.approx(found.result.final_value)
    assert list(returns.index) == [pd.Timestamp(day) for day in found.result.sessions]


def test_positions_and_cash_sum_to_the_equity_and_transactions_to_the_shares(found: Appraisal) -> None:
    assert found.positions.sum(axis=1).to_numpy() == pytest.approx(found.result.equity, abs=0.01 * 5)
    last = found.transactions.groupby("symbol")["amount"].sum()
    held = dict(zip(found.result.market.symbols, found.result.shares[-1], strict=True))
    added = found.result.actions.group_by("symbol").agg(n=pl.col("added").sum())
    more = dict(added.iter_rows())
    assert {name: int(n) + int(more.get(name, 0)) for name, n in last.items()} == {n: int(held[n]) for n in last.index}


def test_quantstats_sees_our_sharpe_ratio_volatility_and_drawdown(found: Appraisal) -> None:
    import quantstats as qs

    ours, returns = found.performance, found.returns
    assert qs.stats.sharpe(returns, periods=SESSIONS_PER_YEAR) == pytest.approx(ours.sharpe.value)
    assert qs.stats.volatility(returns, periods=SESSIONS_PER_YEAR) == pytest.approx(ours.volatility.value)
    assert qs.stats.max_drawdown(returns) == pytest.approx(ours.max_drawdown.value)
    assert qs.stats.comp(returns) == pytest.approx(ours.total_return.value)


def test_two_hundred_and_fifty_two_sessions_make_another_ratio(found: Appraisal) -> None:
    import quantstats as qs

    ours = found.performance.sharpe.value
    assert ours is not None
    assert qs.stats.sharpe(found.returns) == pytest.approx(ours * np.sqrt(252 / SESSIONS_PER_YEAR))


def test_pyfolio_takes_returns_positions_and_transactions(found: Appraisal) -> None:
    from pyfolio import timeseries, txn

    said = timeseries.perf_stats(found.returns, positions=found.positions, transactions=found.transactions)
    assert said["Max drawdown"] == pytest.approx(found.performance.max_drawdown.value)
    assert said["Cumulative returns"] == pytest.approx(found.result.total_return)
    assert said["Sharpe ratio"] == pytest.approx(found.performance.sharpe.value * np.sqrt(252 / SESSIONS_PER_YEAR))
    traded = txn.get_txn_vol(found.transactions)["txn_volume"].sum()
    assert traded == pytest.approx(found.result.fills["amount"].sum(), rel=1e-4)


def test_alphalens_has_the_rank_correlation_that_the_frames_give(house: Research) -> None:
    from alphalens import performance, utils

    factor, prices = house.factors("score")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clean = utils.get_clean_factor_and_forward_returns(
            factor, prices, quantiles=None, bins=1, periods=(20,), max_loss=1
        )
        ic = performance.factor_information_coefficient(clean)["20D"].dropna()
    assert len(ic) > 5
    day = ic.index[-1]
    scores = factor.loc[day]
    at = prices.index.get_loc(day)
    ahead = prices.iloc[at + 20][scores.index] / prices.iloc[at][scores.index] - 1
    assert ic.iloc[-1] == pytest.approx(scores.rank().corr(ahead.rank()))


def test_a_factor_is_what_was_known_that_morning(house: Research) -> None:
    factor, _ = house.factors("score")
    day = factor.index.get_level_values("date")[-1]

    market = house.market()
    panel = market.panel(market.session_index(day.date()))
    assert factor.loc[day].to_dict() == pytest.approx(screener.scores(panel))


ANSWERS = {
    "screen": lambda house: house.screen("2026-06-30"),
    "explain": lambda house: house.explain("301396", "2026-06-30"),
    "diff": lambda house: house.diff("2026-03-31", "2026-06-30"),
    "rating": lambda house: house.ratings(),
    "events": lambda house: house.events(draws=99),
    "delivery": lambda house: house.delivery("2026-06-30"),
    "one firm's diff": lambda house: house.diff("2025-12-31", "2026-06-30", "301396"),
    "alerts": lambda house: house.alerts("2026-05-01"),
    "brief": lambda house: house.brief("2026-06-30", strategies=()),
    "all events": lambda house: house.events("all", draws=9),
    "status": lambda house: house.status(),
    "announcements": lambda house: house.announcements(signed_only=False),
    "history": lambda house: house.history("commitments", "R05-1"),
    "query": lambda house: house.query("SELECT session, close FROM bars WHERE symbol = '301396.SZ'"),
    "words": lambda house: house.query("SELECT kind, count(*) AS n FROM announcements GROUP BY kind"),
    "sweep": lambda house: house.sweep("order_drift", ["hold=5,10"], start="2026-01-05", workers=1),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_becomes_a_frame_and_a_picture(house: Research, name: str) -> None:
    answer = ANSWERS[name](house)
    assert len(answer.to_pandas()) == answer.frame().height
    assert any(len(trace.y) for trace in answer.plot().data)


def test_a_back_test_is_a_series_and_a_picture_of_it(found: Appraisal) -> None:
    frame = found.to_pandas()
    assert isinstance(frame.index, pd.DatetimeIndex) and frame["equity"].iloc[-1] == found.result.final_value
    assert {trace.name for trace in found.plot().data} >= {"backlog_yield", "000300.SH", "drawdown"}


def test_an_answer_is_a_workbook_in_a_line(house: Research, tmp_path: Path) -> None:
    house.screen("2026-06-30").to_excel(tmp_path / "screen.xlsx", "en")
    assert load_workbook(tmp_path / "screen.xlsx").sheetnames[:2] == ["answer", "screen"]


def test_a_ranking_is_drawn_from_the_first_firm_down_with_its_range(house: Research) -> None:
    found = house.screen("2026-06-30")
    (bars,) = found.plot().data
    ranked = sorted((row for row in found.rows if row.score is not None), key=lambda row: row.rank or 0)
    assert list(bars.x) == [row.score for row in ranked] and bars.y[0].startswith(ranked[0].symbol)
    top = ranked[0]
    assert bars.x[0] + bars.error_x.array[0] == pytest.approx(top.score_high)
    assert bars.x[0] - bars.error_x.arrayminus[0] == pytest.approx(top.score_low)


def test_the_parts_of_a_difference_add_up_to_it(house: Research) -> None:
    *parts, total = house.diff("2026-03-31", "2026-06-30").plot().data
    assert np.sum([part.y for part in parts], axis=0) == pytest.approx(total.y)
    (fall,) = house.diff("2025-12-31", "2026-06-30", "301396").plot().data
    assert sum(fall.y[:-1]) == pytest.approx(fall.y[-1])


def test_counts_by_month_lose_nothing_where_kinds_are_many(house: Research) -> None:
    found = house.announcements(signed_only=False)
    bars = found.plot().data
    assert len(bars) == 7 and sum(sum(bar.y) for bar in bars) == len(found.rows)


def test_findings_stand_in_their_month_and_a_load_shows_its_rows(tmp_path: Path) -> None:
    own = Research(tmp_path / "own.duckdb")
    days = ("2026-06-29", "2026-06-30")
    rows = "".join(f"301396.SZ,{day},10,11,9,10.5,0,0,mine\n" for day in days)
    head = "symbol,session,open,high,low,close,volume,amount,source\n"
    (tmp_path / "bars.csv").write_text(head + rows, encoding="utf-8")
    loaded = own.load(tmp_path / "bars.csv").plot().data
    assert {bar.name: list(bar.x) for bar in loaded}["new"] == [2]
    assert list(own.findings().plot().data[0].x) == ["2026-06"]


@pytest.mark.parametrize("name", ["check", "strategies"])
def test_what_has_no_picture_names_what_to_draw_instead(house: Research, name: str) -> None:
    answer = {"check": lambda: house.check("order_drift"), "strategies": screener.research.strategies}[name]()
    with pytest.raises(UsageError, match=r"no picture of this answer.*expected backtest\(strategy\).plot\(\)"):
        answer.plot()


def test_every_kind_of_answer_has_a_picture_or_says_what_has(house: Research) -> None:
    kinds = [Answer]
    for kind in kinds:  # grows as it goes
        kinds += kind.__subclasses__()
    drawn = {*pictures._DRAWN, *pictures._INSTEAD}
    assert {kind.__name__ for kind in kinds} - drawn == {"Answer", "Rows"}  # rows are drawn by the name of their table


def test_an_answer_without_rows_is_told_as_such(house: Research) -> None:
    with pytest.raises(UsageError, match="nothing to draw"):
        house.waiting().plot()
