"""What could be had from the open on."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from screener.evaluation.event_study.feasible import Held, attainable
from screener.point_in_time.market import Market
from tests.evaluation.event_study.cases import A, event, indexed
from tests.point_in_time.markets import bars


def flat_market(opens: Sequence[float], closes: Sequence[float]) -> Market:
    bar = bars({A: closes}).with_columns(open=pl.Series(opens), high=pl.max_horizontal(pl.Series(opens), "close"))
    made = indexed({A: closes}, [100.0] * len(closes))
    return Market.build({**made.frames, "bars": bar})


def test_a_buy_at_the_limit_waits_and_the_gap_is_not_had() -> None:
    made = flat_market([10.0, 12.0, 13.0, 14.0, 14.0], [10.0, 12.0, 13.0, 14.0, 14.0])
    found = attainable(Held.of(made), {"printed": [event(1)]}, 2)[0]
    assert (found.filled_at_once, found.filled, found.unfilled) == (0, 1, 0)
    assert found.gap == pytest.approx(0.2)
    assert found.attainable == pytest.approx(14 / 13 - 1)


def test_what_never_fills_is_shown_with_what_it_would_have_made() -> None:
    closes = [10.0]
    for _ in range(8):
        closes.append(round(closes[-1] * 1.2 + 1e-9, 2))
    found = attainable(Held.of(flat_market(closes, closes)), {"printed": [event(1)]}, 2)[0]
    assert (found.filled, found.unfilled) == (0, 1)
    assert found.unfilled_return == pytest.approx(closes[3] / closes[1] - 1)
