"""What a holder had, by hand: a halt, a split, a conversion that gives nothing; the index on the sessions."""

from __future__ import annotations

from datetime import datetime, time

import numpy as np
import polars as pl
import pytest

from screener.point_in_time import holder
from screener.point_in_time.indices import IndexSeries
from tests.point_in_time.markets import market, rows, sessions

A = "301396.SZ"


def action(kind: str, shares: float, reference: float) -> pl.DataFrame:
    day = sessions(3)[2]
    return rows(
        "actions",
        {
            "symbol": A,
            "ex_date": day,
            "kind": kind,
            "shares_to_holder": shares,
            "cash_to_holder": 0.0,
            "reference_price": reference,
            "known_at": datetime.combine(day, time(9)),
        },
    )


def test_wealth_is_flat_while_halted_and_compounds_over_the_halt() -> None:
    made = market({A: [10, 11, None, 12.1]})
    assert holder.wealth(made)[:, 0] == pytest.approx([1.0, 1.1, 1.1, 1.21])
    assert holder.returns(made)[1:, 0] == pytest.approx([0.1, np.nan, 0.1], nan_ok=True)
    assert holder.trading_gaps(made.close)[:, 0] == pytest.approx([np.nan, 1, np.nan, 2], nan_ok=True)


@pytest.mark.parametrize(
    ("kind", "shares", "reference", "close", "expected"),
    [("bonus", 0.4, 10.0, 10.0, 0.0), ("restructuring_conversion", 0.0, 13.07, 15.42, 15.42 / 14 - 1)],
)
def test_the_base_is_what_the_holder_had(
    kind: str, shares: float, reference: float, close: float, expected: float
) -> None:
    made = market({A: [10, 14, close, close]}, actions=action(kind, shares, reference))
    assert holder.returns(made)[2:, 0] == pytest.approx([expected, 0.0])


def test_a_close_at_the_limit_is_seen_on_both_sides() -> None:
    assert holder.closed_at_limit(market({A: [10, 12, 11.9, 9.52]}))[1:, 0].tolist() == [True, False, True]


def test_an_index_stands_on_the_sessions_it_has() -> None:
    days = np.array(sessions(4), dtype="datetime64[D]")
    series = IndexSeries(days[[0, 2]], days[[0, 2]], np.array([1.0, 3.0]), np.array([1.5, 3.5]))
    close, opening = series.on(days)
    assert close == pytest.approx([1.5, np.nan, 3.5, np.nan], nan_ok=True)
    assert opening == pytest.approx([1.0, np.nan, 3.0, np.nan], nan_ok=True)
    assert series.carried(days) == pytest.approx([1.5, 1.5, 3.5, 3.5])
