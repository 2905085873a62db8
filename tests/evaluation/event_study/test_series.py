"""Returns over halts and corporate actions, and the sector factor."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest

from screener.evaluation.event_study import series
from screener.evaluation.event_study.series import Stack
from screener.point_in_time.market import Market
from tests.evaluation.event_study.cases import FIRST, A, indexed
from tests.point_in_time.markets import rows, sessions

FIRST_CELL = np.array(0), np.array(0)  # session, firm


def one_series(made: Market, symbol: str = A) -> Stack:
    return series.stack_of(made, [symbol], np.zeros(made.close.shape, dtype=bool), sector=False)


def test_a_halt_is_one_return_over_the_same_market_days() -> None:
    made = indexed({A: [10, 11, None, None, 12.1]}, [100, 100, 101, 102.01, 103.0301])
    found = one_series(made)
    assert found.days.tolist()[1:] == [1.0, 3.0]
    assert found.y[-1] == pytest.approx(0.10)
    assert found.x[-1, 0] == pytest.approx(1.01**3 - 1)


def action(kind: str, shares: float, reference: float) -> pl.DataFrame:
    day = sessions(3, FIRST)[2]
    known = datetime.combine(day, datetime.min.time())
    return rows(
        "actions",
        {
            "symbol": A,
            "ex_date": day,
            "kind": kind,
            "shares_to_holder": shares,
            "cash_to_holder": 0.0,
            "reference_price": reference,
            "known_at": known,
        },
    )


def test_a_split_is_no_loss() -> None:
    made = indexed({A: [10, 14, 10.0, 11]}, [100, 100, 100, 100], actions=action("bonus", 0.4, 10.0))
    assert one_series(made).y[2] == pytest.approx(0.0)


def test_a_conversion_that_gives_nothing_is_no_gain() -> None:
    made = indexed({A: [14, 14.83, 15.42, 15.42]}, [1] * 4, actions=action("restructuring_conversion", 0.0, 13.07))
    found = one_series(made)
    assert found.y[2:] == pytest.approx([15.42 / 14.83 - 1, 0.0])


def test_the_sector_leaves_out_the_firm_itself_and_firms_with_news() -> None:
    returns = np.array([[0.1, 0.2, 0.3, 0.4, 9.0]])
    news = np.array([[False, False, False, False, True]])
    found = series.Sector.of(returns, np.ones((1, 5)), np.arange(5), news).without(*FIRST_CELL)
    assert found == pytest.approx(0.3)


def test_a_sector_of_two_is_none() -> None:
    returns = np.full((1, 3), 0.1)
    sector = series.Sector.of(returns, np.ones((1, 3)), np.arange(3), np.zeros((1, 3), bool))
    assert np.isnan(sector.without(*FIRST_CELL))
