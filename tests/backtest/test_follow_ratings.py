"""Following brokers: a rating is held from the session after it was known, until another word of the same broker."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from screener.backtest.event_driven import follow_ratings
from screener.core.config import END_OF_DAY, Universe
from screener.point_in_time.market import Market
from tests.evaluation.rating.world import SYMBOL, bars, market, series
from tests.point_in_time.markets import rows

UP, DOWN = "优于大市", "弱于大市"
OTHER = "300442.SZ"
FLAT = series({date(2025, 1, 15): 10.0})


def world(*told: tuple[str, str, str | None, date]) -> Market:
    """Two firms, ratings of them: symbol, broker, rating, day; each known at the end of its day."""
    same = {"subject_kind": "stock", "market": "A"}
    rated = [
        {"rating_id": str(n), "subject": symbol, "broker": broker, "rating": rating, "report_date": day, **same}
        | {"known_at": datetime.combine(day, END_OF_DAY)}
        for n, (symbol, broker, rating, day) in enumerate(told)
    ]
    plain, prices = market(FLAT), bars(s301396_SZ=FLAT, s300442_SZ=FLAT)
    frames: dict[str, Any] = {**plain.frames, "bars": prices, "ratings": rows("ratings", *rated)}
    return Market.build(frames, calendar=plain.calendar)


def held(found: Market, day: date, **how: Any) -> dict[str, float] | None:
    panel = found.panel(found.session_index(day), Universe.MARKET)
    return follow_ratings(panel, UP, how.pop("months", 12), **how)


MONDAY, TUESDAY, WEDNESDAY = date(2025, 3, 10), date(2025, 3, 11), date(2025, 3, 12)


def test_a_rating_is_followed_from_the_session_after_its_day() -> None:
    found = world((SYMBOL, "a", UP, MONDAY))
    assert [held(found, day) for day in (MONDAY, TUESDAY, WEDNESDAY)] == [None, {SYMBOL: 1.0}, None]


def test_it_ends_with_another_word_of_the_same_broker_only() -> None:
    found = world((SYMBOL, "a", UP, date(2025, 3, 3)), (SYMBOL, "b", DOWN, MONDAY), (SYMBOL, "a", DOWN, TUESDAY))
    assert [held(found, day) for day in (TUESDAY, WEDNESDAY)] == [None, {}]


def test_it_ends_after_its_months() -> None:
    found = world((SYMBOL, "a", UP, date(2024, 9, 10)))
    assert (held(found, MONDAY, months=6), held(found, TUESDAY, months=6)) == (None, {})


def test_firms_share_equally_and_one_broker_can_be_asked_alone() -> None:
    found = world((SYMBOL, "a", UP, MONDAY), (OTHER, "b", UP, MONDAY))
    assert held(found, TUESDAY) == {OTHER: 0.5, SYMBOL: 0.5}
    assert held(found, TUESDAY, broker="b") == {OTHER: 1.0}


def test_a_word_nobody_understands_is_not_followed() -> None:
    assert held(world((SYMBOL, "a", None, MONDAY)), TUESDAY) is None


@pytest.mark.parametrize("day", [MONDAY, TUESDAY])
def test_what_is_rated_later_changes_nothing(day: date) -> None:
    """The panel holds what was known; a later word of the same broker ends nothing before it."""
    early = (SYMBOL, "a", UP, date(2025, 3, 7))
    assert held(world(early, (SYMBOL, "a", DOWN, TUESDAY)), day) == held(world(early), day)
    panel = world(early, (OTHER, "a", UP, TUESDAY)).panel_at(datetime(2025, 3, 11, 9, 15))
    assert [row.symbol for row in panel.ratings] == [SYMBOL] and isinstance(panel.bars(), pl.DataFrame)
