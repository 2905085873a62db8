"""The cone of the report's firms on the recorded market."""

from __future__ import annotations

from datetime import date
from math import sqrt

import pytest

from screener.core.config import SESSIONS_PER_YEAR
from screener.evaluation import rating as rt
from tests.evaluation.rating.world import FLAT, LATE, SIX, START, SYMBOL, WINNER, market, rated, ratings, series
from tests.recorded import recorded_industries, recorded_market

DAY = date(2026, 8, 21)


def cone(day: date = DAY) -> rt.Cone:
    found = rt.cone(rt.review(recorded_market(), day).judged, recorded_market(), day)
    assert found is not None
    return found


def main(found: rt.Cone) -> rt.Path:
    assert found.main is not None
    return found.main


def test_its_path_ends_where_the_context_of_the_review_ends() -> None:
    told = rt.review(recorded_market(), DAY).context
    basket = next(row for row in told if (row.subject, row.candidate) == (rt.BASKET, date(2026, 6, 30)))
    assert main(cone()).so_far == pytest.approx(basket.so_far, abs=1e-9)
    assert (main(cone()).until, main(cone()).members, main(cone()).kind) == (DAY, 12, rt.CONTEXT)


def test_the_rated_series_comes_first_and_gives_the_cone_its_width() -> None:
    world = recorded_industries()
    found = rt.cone(rt.review(world, DAY).judged, world, DAY)
    assert found is not None and [path.kind for path in found.paths] == [rt.RATED, *[rt.BESIDE] * 4, rt.CONTEXT]
    assert (main(found).name, main(found).so_far) == ("申万计算机 801750.SI", pytest.approx(0.0326, abs=1e-4))
    assert found.sigma_of_a_year == pytest.approx(main(found).sigma * sqrt(SESSIONS_PER_YEAR))
    assert main(found).sigma < found.paths[-1].sigma


def test_the_newest_industry_is_drawn_where_the_packaged_one_is_not_rated() -> None:
    world = market(WINNER, {"000300.SH": FLAT, "X": WINNER})
    told = ratings(*({"subject_kind": "industry", "industry_index": "X", "report_date": day} for day in (START, SIX)))
    found = rt.cone(rt.judge(told, world, LATE), world, LATE)
    assert found is not None and found.start == SIX


def test_a_rated_stock_has_a_cone_of_its_own() -> None:
    found = rt.stock_cone(rated(), market(series({START: 10.0, date(2025, 2, 3): 11.0})), SIX)
    assert (main(found).name, main(found).so_far, main(found).sigma) == (SYMBOL, pytest.approx(0.1), 0.0)


def test_its_ends_are_months_6_and_12_of_the_last_candidate() -> None:
    assert (cone().start, cone().ends) == (date(2026, 6, 30), (date(2026, 12, 30), date(2027, 6, 30)))


def test_it_opens_with_the_root_of_time() -> None:
    found = cone()
    assert found.half_width(found.start) == 0.0
    year = found.half_width(date(2027, 6, 30))
    assert year == pytest.approx(1.96 * main(found).sigma * sqrt(SESSIONS_PER_YEAR * 365 / 365.25))


def test_nothing_after_the_day_is_in_it() -> None:
    early = cone(date(2026, 7, 31))
    path = main(early).values
    assert path == main(cone()).values[: len(path)] and main(early).sigma == main(cone()).sigma


def test_without_a_rated_industry_there_is_none() -> None:
    world = market(WINNER)
    assert rt.cone(rt.judge(ratings({}), world, LATE), world, LATE) is None


def test_without_firms_or_prices_there_is_no_path() -> None:
    world = market(WINNER)
    industry = ratings({"subject": "计算机", "subject_kind": "industry"})
    found = rt.cone(rt.judge(industry, world, LATE), world, LATE)
    assert found is not None and (found.paths, found.main, found.sigma_of_a_year) == ((), None, None)
