"""Whole studies of the recorded market."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest

from screener.core.errors import DataRefused
from screener.evaluation import event_study as es
from screener.evaluation.event_study.model import Model
from screener.point_in_time.market import Market
from tests.evaluation.event_study.cases import A
from tests.point_in_time.markets import market
from tests.recorded import recorded_market


def test_without_an_index_there_is_no_study() -> None:
    with pytest.raises(DataRefused, match="no index"):
        es.study(es.Bench(market({A: [10.0, 11.0]})))


@pytest.fixture(scope="module")
def recorded() -> es.Bench:
    return es.Bench(recorded_market(), draws=499)


def test_orders_of_the_recorded_market(recorded: es.Bench) -> None:
    found = es.study(recorded, "order")
    assert (found.n, found.firms) == (8, 4)
    assert {row.reason for row in found.dropped} == {f"{k} days to estimate from: too few" for k in (39, 44, 53)}
    assert found.p is not None and found.p > 0.3
    assert es.conclude(found).startswith("Nothing can be said")
    assert found.left_out == {"too young": 3} and "n 8 of 11 (3 too young), 4 firms" in es.conclude(found)


def test_software_is_no_order(recorded: es.Bench) -> None:
    used = {row for found in es.study(recorded, "order").events for row in found.announcements}
    assert "R40" not in used and {"R45", "R53", "R61"} <= used


def test_a_small_sample_is_descriptive_only(recorded: es.Bench) -> None:
    found = es.study(recorded, "report")
    assert found.descriptive and es.conclude(found).startswith("Descriptive only")


def test_the_model_without_estimation_keeps_the_early_orders(recorded: es.Bench) -> None:
    assert es.study(recorded, "order", model=Model.MARKET_ADJUSTED).n == 11


def test_nothing_after_the_window_changes_a_study(recorded: es.Bench) -> None:
    whole = es.study(recorded, "purchase")
    last = max(row.day0 for row in whole.events) + timedelta(days=10)
    frames = {
        name: frame.filter(pl.col("known_at") <= datetime.combine(last, datetime.max.time()))
        for name, frame in recorded.market.frames.items()
    }
    assert es.study(es.Bench(Market.build(frames), draws=499), "purchase").caar == pytest.approx(whole.caar, abs=1e-12)


def test_the_path_adds_up_to_the_window(recorded: es.Bench) -> None:
    found = es.study(recorded, "purchase")
    caar = {day.offset: day.caar for day in found.path}
    assert caar[1] - caar[-1] == pytest.approx(found.caar, abs=1e-12)
