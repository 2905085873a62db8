"""The scorecard: matrix, pending column, base rates, agreement measures, excess portfolio; the 800 recorded stocks."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.calendar import Calendar
from screener.core.config import BENCHMARK
from screener.evaluation.rating import (
    DOWN,
    NEUTRAL,
    UNRATED,
    UP,
    Judged,
    PriceSeries,
    Rating,
    Reading,
    Status,
    Verdict,
)
from screener.evaluation.rating import scorecard as sc

DAYS = [date(2024, 1, 1) + timedelta(days=k) for k in range(1000)]
WEEKDAYS = [day for day in DAYS if day.weekday() < 5]
CALENDAR = Calendar(WEEKDAYS)
STAMPS = np.array(WEEKDAYS, dtype="datetime64[D]")


def judged(
    rating: str,
    band: str | None = None,
    day: date = date(2025, 1, 6),
    *,
    status: Status = Status.PENDING,
    duplicate: bool = False,
) -> Judged:
    """E6 of one rating: final where a band is given."""
    move = {UP: 0.2, NEUTRAL: 0.0, DOWN: -0.2, None: None}[band]
    end = day + timedelta(days=181)
    verdict = Verdict(
        Reading.E6, day, day, end, False, BENCHMARK, Status.FINAL if band else status, relative_return=move, band=band
    )
    return Judged(Rating("301396.SZ", "x", rating, day), (verdict,), duplicate=duplicate)


def months_apart(pairs: list[tuple[str, str]]) -> list[Judged]:
    return [judged(*pair, day=date(2000, 1, 1) + timedelta(days=200 * k)) for k, pair in enumerate(pairs)]


MIXED = months_apart([(UP, UP)] * 6 + [(UP, NEUTRAL)] * 2 + [(DOWN, DOWN)] * 2 + [(NEUTRAL, UP), (DOWN, UP)])


def test_the_matrix_counts_ratings_against_bands() -> None:
    found = sc.scorecard([*MIXED, judged(UP), judged(UNRATED, UP)])
    assert found.matrix[UP] == {UP: 6, NEUTRAL: 2, DOWN: 0}
    assert (found.n, found.hits, found.pending[UP]) == (12, 8, 1)
    assert found.table()[0] == {"rating": UP, UP: 6, NEUTRAL: 2, DOWN: 0, "pending": 1, "total": 9}


def test_both_intervals_stand_beside_the_hit_rate() -> None:
    found = sc.scorecard(MIXED)
    assert found.n_effective == pytest.approx(12)
    assert found.wilson == pytest.approx((0.3906, 0.8619), abs=1e-4)
    assert found.clopper_pearson == pytest.approx((0.3489, 0.9008), abs=1e-4)
    assert found.clopper_pearson_effective == pytest.approx(found.clopper_pearson)


def test_twelve_ratings_of_one_day_are_one_look() -> None:
    found = sc.scorecard([judged(UP, UP)] * 8 + [judged(UP, DOWN)] * 4)
    assert found.n_effective == pytest.approx(1.0)
    assert found.wilson_effective is not None and found.wilson is not None
    assert found.wilson_effective[1] - found.wilson_effective[0] > 1.5 * (found.wilson[1] - found.wilson[0])
    assert found.note.startswith("descriptive only")


@pytest.mark.parametrize(("correlation", "worth"), [(1.0, 1.0), (0.5, 24 / 13), (0.0, 12.0)])
def test_uncorrelated_stocks_are_more_looks(correlation: float, worth: float) -> None:
    found = sc.scorecard([judged(UP, UP)] * 12, correlation=correlation)
    assert found.n_effective == pytest.approx(worth)


def test_correlation_is_of_excess_returns() -> None:
    rng = np.random.default_rng(0)
    market, shock = rng.normal(0, 0.02, (2, len(STAMPS)))

    def level(noise: np.ndarray) -> PriceSeries:
        return PriceSeries(STAMPS, 100 * np.cumprod(1 + market + noise))

    apart = {str(k): level(rng.normal(0, 0.01, len(STAMPS))) for k in range(5)}
    together = {str(k): level(shock) for k in range(5)}
    benchmark = level(np.zeros(len(STAMPS)))
    assert sc.mean_excess_correlation(apart, benchmark) == pytest.approx(0.0, abs=0.05)
    assert sc.mean_excess_correlation(together, benchmark) == pytest.approx(1.0)


def test_a_repeated_rating_is_not_counted_again() -> None:
    found = sc.scorecard([*MIXED, judged(UP, UP, duplicate=True)])
    assert (found.n, found.duplicates) == (12, 1)


def test_nothing_final_gives_no_rate() -> None:
    found = sc.scorecard([judged(UP), judged(DOWN, status=Status.PARTIAL)])
    assert found.hit_rate is None and found.skill is None and "2 pending" in found.note


def test_skill_is_what_beats_the_base_rate_of_the_bands_called() -> None:
    found = sc.scorecard(MIXED, base_rates={UP: 0.5, NEUTRAL: 0.2, DOWN: 0.3})
    assert found.base_rate == pytest.approx((8 * 0.5 + 0.2 + 3 * 0.3) / 12)
    assert found.skill == pytest.approx(8 / 12 - (8 * 0.5 + 0.2 + 3 * 0.3) / 12)


def test_kappa_and_tau_of_a_perfect_and_an_inverted_rater() -> None:
    right = months_apart([(UP, UP), (DOWN, DOWN), (NEUTRAL, NEUTRAL)] * 3)
    wrong = months_apart([(UP, DOWN), (DOWN, UP), (NEUTRAL, NEUTRAL)] * 3)
    assert (sc.weighted_kappa(right), sc.kendall_tau_b(right)[0]) == pytest.approx((1.0, 1.0))
    assert (sc.weighted_kappa(wrong), sc.kendall_tau_b(wrong)[0]) == pytest.approx((-1.0, -1.0))


def test_weighted_kappa_by_hand() -> None:
    """Two of four right, one off by one, one by two: Σ w·o = 5; margins (up 2, down 2) × (up 2, neutral 1, down 1)."""
    rows = months_apart([(UP, UP), (UP, NEUTRAL), (DOWN, DOWN), (DOWN, UP)])
    chance = (2 * 2 * 0 + 2 * 1 * 1 + 2 * 1 * 4 + 2 * 2 * 4 + 2 * 1 * 1 + 0) / 4
    assert sc.weighted_kappa(rows) == pytest.approx(1 - 5 / chance)


def test_one_kind_of_call_has_no_order() -> None:
    assert sc.kendall_tau_b([judged(UP, UP), judged(UP, DOWN)]) == (None, None)


@given(st.integers(1, 40), st.integers(0, 40))
def test_exact_interval_holds_the_share(n: int, hits: int) -> None:
    hits = min(hits, n)
    low, high = sc.clopper_pearson(hits, n)
    assert 0.0 <= low <= hits / n <= high <= 1.0


def rising(rate: float, name: str = "s") -> PriceSeries:
    return PriceSeries(STAMPS, 100.0 * (1.0 + rate) ** np.arange(len(STAMPS), dtype=np.float64), name)


def test_base_rates_count_every_weekly_window() -> None:
    prices = {"a": rising(0.002), "b": rising(-0.002), "c": rising(0.0)}
    found = sc.base_rates_of(prices, rising(0.0), CALENDAR, Reading.E6, date(2024, 2, 1), date(2025, 6, 1))
    assert found == pytest.approx({UP: 1 / 3, NEUTRAL: 1 / 3, DOWN: 1 / 3})


def test_the_mean_reading_has_base_rates_of_its_own() -> None:
    late = np.full(len(STAMPS), 100.0)
    late[-250:] = 112.0  # above the band at the end, below it on average
    span = (date(2025, 12, 20) - timedelta(days=365), date(2025, 12, 24))
    found = {r: sc.base_rates_of({"a": PriceSeries(STAMPS, late)}, rising(0.0), CALENDAR, r, *span) for r in Reading}
    assert found[Reading.E12][UP] == 1.0 and found[Reading.W][NEUTRAL] == 1.0


def test_no_window_no_base_rate() -> None:
    assert sc.base_rates_of({"a": rising(0.0)}, rising(0.0), CALENDAR, Reading.E12, DAYS[0], DAYS[100]) == {}


def rated(rows: list[tuple[str, str, date]]) -> pl.DataFrame:
    return pl.DataFrame([{"subject": s, "broker": "x", "rating": r, "report_date": d} for s, r, d in rows])


def test_the_excess_portfolio_holds_units_until_the_rating_changes() -> None:
    first, change = WEEKDAYS[10], WEEKDAYS[20]
    ratings = rated([("a", UP, first), ("a", DOWN, change)])
    found = sc.excess_portfolio(ratings, {"a": rising(0.01)}, rising(0.002), WEEKDAYS[25])
    assert found.sessions[0] == np.datetime64(WEEKDAYS[11])
    assert found.returns == pytest.approx([0.008] * 10 + [-0.008] * 5)


def test_neutral_holds_the_benchmark_and_a_rating_expires() -> None:
    idle = sc.excess_portfolio(rated([("a", NEUTRAL, WEEKDAYS[5])]), {"a": rising(0.01)}, rising(0.0), WEEKDAYS[60])
    held = sc.excess_portfolio(
        rated([("a", UP, WEEKDAYS[5])]), {"a": rising(0.01)}, rising(0.0), WEEKDAYS[90], months=1
    )
    assert idle.returns.size == 0
    assert (held.positions > 0).sum() == pytest.approx(23, abs=2)


def test_the_session_of_the_report_itself_earns_nothing() -> None:
    jump = np.full(len(STAMPS), 100.0)
    jump[11:] = 200.0
    found = sc.excess_portfolio(
        rated([("a", UP, WEEKDAYS[11])]), {"a": PriceSeries(STAMPS, jump)}, rising(0.0), WEEKDAYS[30]
    )
    assert found.total == pytest.approx(0.0)


def test_mean_by_rating_is_clustered_by_month() -> None:
    rows = [judged(UP, UP, date(2025, m, 3)) for m in (1, 2, 3)]
    found = sc.scorecard(rows).mean_by_rating
    assert found[UP].value == pytest.approx(0.2) and found[UP].se == pytest.approx(0.0)
    assert found[DOWN].value is None
