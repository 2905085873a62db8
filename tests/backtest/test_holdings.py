"""What was held after each close, against the same in plain numpy over arrays of sessions × symbols."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from screener.backtest.holdings import holdings
from screener.backtest.result import BacktestResult
from tests.backtest.markets import trade
from tests.cases import drawn
from tests.oracle.random_market import CHANCES, Chances, random_market

WINDOW, PACE = 4, 0.1


def run_of(chances: Chances) -> BacktestResult:
    """Decisions in a third of the sessions, some of them for nothing."""
    market, rng = random_market(chances), np.random.default_rng(chances.seed)
    shape = chances.sessions, chances.symbols
    weights = rng.dirichlet(np.ones(chances.symbols), chances.sessions) * (rng.random(shape) < 0.6)
    when = {t: weights[t] for t in range(1, chances.sessions) if rng.random() < 1 / 3}
    return trade(market, when, cash=1e6, participation=PACE, participation_sessions=WINDOW)


def wanted(result: BacktestResult) -> np.ndarray:
    """(T, N) weights in force at each close, NaN before the first decision."""
    rows, now, when = [], np.full(len(result.market.symbols), np.nan), result.decisions.when.tolist()
    for t in range(result.first, len(result.market.sessions)):
        now = result.decisions.weights[when.index(t)].copy() if t in when else now.copy()
        for one in (action for action in result.market.actions if action.t == t and action.ends):
            if one.into >= 0:
                now[one.into] += now[one.n]
            now[one.n] *= 0
        rows.append(now)
    return np.array(rows)


def paces(result: BacktestResult) -> list[float]:
    """Sessions to sell, of each holding."""
    market, found = result.market, []
    for t, n in zip(*np.nonzero(result.shares), strict=True):
        day = t + result.first
        bars = [s for s in range(day) if not np.isnan(market.volume[s, n])][-WINDOW:]
        factor = market.share_factor[:, n]
        median = np.median([market.volume[s, n] / factor[s] for s in bars]) * factor[day] if bars else 0.0
        found.append(result.shares[t, n] / (PACE * median) if median else np.inf)
    return found


def longest(held: np.ndarray) -> int:
    runs = ("".join("x" if one else " " for one in column).split() for column in held.T)
    return max((len(run) for column in runs for run in column), default=0)


@settings(max_examples=drawn(60))
@given(CHANCES)
def test_one_walk_finds_what_arrays_of_all_sessions_find(chances: Chances) -> None:
    result = run_of(chances)
    found, decided = holdings(result), wanted(result)
    values = np.where(result.shares > 0, result.shares * result.marks(), 0.0)
    assert found.worth == pytest.approx(values.sum(axis=0)) and found.invested == pytest.approx(values.sum(axis=1))
    assert found.weight == pytest.approx(np.nansum(decided, axis=1))
    held = (result.shares > 0) & (decided == 0)
    assert found.against == (held.any(axis=0).sum(), held.sum(), longest(held))
    told = paces(result)
    assert found.days_to_trade == (pytest.approx(np.median(told)) if told else None)
