"""The cone of the report's firms on the recorded market."""

from __future__ import annotations

from datetime import date
from math import sqrt

import pytest

from screener.core.config import SESSIONS_PER_YEAR
from screener.evaluation import rating as rt
from tests.evaluation.rating.world import LATE, WINNER, market, ratings
from tests.recorded import recorded_market

DAY = date(2026, 8, 21)


def cone(day: date = DAY) -> rt.Cone:
    found = rt.cone(rt.review(recorded_market(), day).judged, recorded_market(), day)
    assert found is not None
    return found


def test_its_path_ends_where_the_context_of_the_review_ends() -> None:
    told = rt.review(recorded_market(), DAY).context
    basket = next(row for row in told if (row.subject, row.candidate) == (rt.BASKET, date(2026, 6, 30)))
    assert cone().so_far == pytest.approx(basket.so_far, abs=1e-9)
    assert (cone().until, cone().members) == (DAY, 12)


def test_its_ends_are_months_6_and_12_of_the_last_candidate() -> None:
    assert (cone().start, cone().ends) == (date(2026, 6, 30), (date(2026, 12, 30), date(2027, 6, 30)))


def test_it_opens_with_the_root_of_time() -> None:
    found = cone()
    assert found.sigma is not None and found.half_width(found.start) == 0.0
    year = found.half_width(date(2027, 6, 30))
    assert year == pytest.approx(1.96 * found.sigma * sqrt(SESSIONS_PER_YEAR * 365 / 365.25))


def test_nothing_after_the_day_is_in_it() -> None:
    early = cone(date(2026, 7, 31))
    assert early.path == cone().path[: len(early.path)] and early.sigma == cone().sigma


def test_without_a_rated_industry_there_is_none() -> None:
    world = market(WINNER)
    assert rt.cone(rt.judge(ratings({}), world, LATE), world, LATE) is None


def test_without_firms_or_prices_there_is_no_path() -> None:
    world = market(WINNER)
    industry = ratings({"subject": "计算机", "subject_kind": "industry"})
    found = rt.cone(rt.judge(industry, world, LATE), world, LATE)
    assert found is not None and (found.path, found.sigma, found.so_far) == ((), None, None)
