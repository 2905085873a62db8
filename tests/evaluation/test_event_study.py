"""Day 0, merging, returns over halts, the factors, the adaptive window, what could be had, the recorded market."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.core.errors import DataRefused, UsageError
from screener.evaluation import event_study as es
from screener.evaluation.event_study import longrun, sample, series
from screener.evaluation.event_study.clusters import clusters, effective_firms, effective_n
from screener.evaluation.event_study.feasible import attainable
from screener.evaluation.event_study.model import MINIMUM, Abnormal, Model, Window, fit, gather
from screener.evaluation.event_study.parametric import bmp, kolari_pynnonen, mean_correlation
from screener.evaluation.event_study.randomisation import Placebo, admissible
from screener.evaluation.event_study.series import FirmSeries
from screener.evaluation.event_study.study import EVENT_TESTS
from screener.point_in_time.announcements import Announcement
from screener.point_in_time.market import Market
from tests.evaluation.cases import simulated
from tests.point_in_time.markets import bars, market, rows, sessions
from tests.recorded import recorded_market

A, B = "301396.SZ", "301248.SZ"
FIRST = date(2025, 3, 3)  # a Monday
DAYS = np.array(sessions(30, FIRST), dtype="datetime64[D]")


def announced(known_at: datetime, basis: str, day: date | None = None) -> Announcement:
    return Announcement("X", A, day or known_at.date(), known_at, basis, "order", "", "reported")


MONDAY, FRIDAY, SATURDAY = datetime(2025, 3, 10), datetime(2025, 3, 7), datetime(2025, 3, 8)


@pytest.mark.parametrize(
    ("known_at", "basis", "day0", "flags"),
    [
        (MONDAY.replace(hour=8), "exchange_time", date(2025, 3, 10), ()),
        (MONDAY.replace(hour=9, minute=15), "exchange_time", date(2025, 3, 10), ("intraday",)),
        (MONDAY.replace(hour=15), "exchange_time", date(2025, 3, 11), ()),
        (FRIDAY.replace(hour=18), "exchange_time", date(2025, 3, 10), ()),
        (FRIDAY.replace(hour=23, minute=59, second=59), "press_report", date(2025, 3, 10), ()),
        (SATURDAY.replace(hour=12), "exchange_time", date(2025, 3, 10), ()),
        (MONDAY.replace(hour=23, minute=59, second=59), "date_only", date(2025, 3, 10), ("day0_uncertain",)),
        (SATURDAY.replace(hour=23, minute=59, second=59), "date_only", date(2025, 3, 10), ("day0_uncertain",)),
        (MONDAY.replace(hour=18), "price_inferred", date(2025, 3, 10), ("day0_uncertain",)),
    ],
)
def test_day_zero(known_at: datetime, basis: str, day0: date, flags: tuple[str, ...]) -> None:
    t, found = sample.day_zero(announced(known_at, basis), DAYS, es.Reading.PRINTED)
    assert (DAYS[t].astype(object), found) == (day0, flags)


def test_the_other_reading_moves_only_what_is_uncertain() -> None:
    dated = announced(MONDAY, "date_only")
    timed = announced(MONDAY.replace(hour=8), "exchange_time")
    moved = [sample.day_zero(row, DAYS, es.Reading.AFTER)[0] for row in (dated, timed)]
    assert moved == [6, 5]


def event(row: int, symbol: str = A, name: str = "X") -> es.Event:
    return es.Event(symbol, row, FIRST + timedelta(days=row), FIRST, "date_only", (name,), ("order",))


def test_events_of_a_firm_within_the_gap_are_one_dated_at_the_first() -> None:
    found = sample.merged([event(10, name="a"), event(15, name="b"), event(16, name="c"), event(12, B, "d")], gap=5)
    assert [(e.symbol, e.row, e.announcements) for e in found] == [
        (A, 10, ("a", "b")),
        (B, 12, ("d",)),
        (A, 16, ("c",)),
    ]
    assert "merged" in found[0].flags


@given(st.lists(st.integers(0, 200), max_size=30), st.integers(1, 20))
def test_merged_events_never_stand_closer_than_the_gap(days: list[int], gap: int) -> None:
    found = sample.merged([event(day, name=str(k)) for k, day in enumerate(days)], gap)
    assert all(b.row - a.row > gap for a, b in pairwise(found))
    assert sum(len(e.announcements) for e in found) == len(days)


def indexed(closes: dict[str, Sequence[float | None]], levels: Sequence[float], **tables: pl.DataFrame) -> Market:
    days = sessions(len(levels), FIRST)
    index = rows(
        "indices",
        *(
            {"index": "000300.SH", "session": day, "open": level, "close": level, "known_at": datetime(2025, 1, 1)}
            for day, level in zip(days, levels, strict=True)
        ),
    )
    return market(closes, indices=index, **tables)


def one_series(made: Market, symbol: str = A) -> FirmSeries:
    return series.firm_series(made, [symbol], np.zeros(made.close.shape, dtype=bool), sector=False)[symbol]


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
        {"symbol": A, "ex_date": day, "kind": kind, "shares_to_holder": shares, "cash_to_holder": 0.0,
         "reference_price": reference, "known_at": known},
    )  # fmt: skip


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
    found = series.sector_returns(returns, np.ones((1, 5)), np.arange(5), news, own=0)
    assert found[0] == pytest.approx(0.3)


def test_a_sector_of_two_is_none() -> None:
    returns = np.full((1, 3), 0.1)
    assert np.isnan(series.sector_returns(returns, np.ones((1, 3)), np.arange(3), np.zeros((1, 3), bool), own=0)[0])


def made_series(n: int = 400, seed: int = 0, beta: float = 1.5, limit: Sequence[int] = ()) -> FirmSeries:
    rng = np.random.default_rng(seed)
    x = rng.normal(0.0, 0.01, (n, 2))
    at_limit = np.isin(np.arange(n), limit)
    y = 0.001 + beta * x[:, 0] + 0.5 * x[:, 1] + rng.normal(0.0, 0.02, n)
    return FirmSeries(A, np.arange(n), y, np.ones(n), x, at_limit)


def one_event(made: FirmSeries, position: int, window: Window, model: Model) -> tuple[Abnormal, object]:
    return gather([made], np.zeros(1, np.int64), np.array([position]), window, model)


def test_two_factor_model_is_ordinary_least_squares() -> None:
    import statsmodels.api as sm

    made, at = made_series(), 300
    found, estimate = one_event(made, at, Window(0, 1), Model.TWO_FACTOR)
    window = slice(at - 220, at - 20)
    plain = sm.OLS(made.y[window], sm.add_constant(made.x[window])).fit()
    assert estimate.coefficients[0] == pytest.approx(plain.params, abs=1e-10)  # type: ignore[attr-defined]
    assert found.variance[0] == pytest.approx(plain.mse_resid, abs=1e-12)
    design = sm.add_constant(made.x[at : at + 2], has_constant="add").sum(axis=0)
    assert found.car_var[0] == pytest.approx(plain.mse_resid * 2 + design @ plain.cov_params() @ design, abs=1e-12)


def test_a_return_over_three_sessions_weighs_a_third() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(3)
    days = rng.choice([1.0, 3.0], (1, 120))
    x, y = rng.normal(0, 0.01, (1, 120, 1)), rng.normal(0, 0.02, (1, 120))
    plain = sm.WLS(y[0], np.column_stack((days[0], x[0])), weights=1 / days[0]).fit()
    assert fit(y, x, days, Model.MARKET).coefficients[0] == pytest.approx(plain.params, abs=1e-10)


def test_one_wild_market_day_that_turns_beta_is_left_out() -> None:
    made = made_series(beta=1.0)
    made.x[200, 0], made.y[200] = 0.09, -0.15
    _, estimate = one_event(made, 300, Window(0, 1), Model.MARKET)
    assert estimate.wild_days[0] == 1  # type: ignore[attr-defined]
    assert abs(estimate.coefficients[0, 1] - 1.0) < abs(estimate.beta_all_days[0] - 1.0)  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", list(Model))
def test_too_few_days_give_no_abnormal_return(model: Model) -> None:
    least = MINIMUM[model]
    short, _ = one_event(made_series(), least + 19, Window(0, 1), model)
    enough, _ = one_event(made_series(), least + 20, Window(0, 1), model)
    assert np.isnan(short.car[0]) and np.isfinite(enough.car[0])


def test_the_estimation_never_sees_the_event() -> None:
    made, at = made_series(), 300
    before, _ = one_event(made, at, Window(0, 1), Model.MARKET)
    changed = made_series()
    changed.y[at - 20 :] += 5.0
    after, _ = one_event(changed, at, Window(0, 1), Model.MARKET)
    assert after.variance == pytest.approx(before.variance)
    assert after.car[0] - before.car[0] == pytest.approx(10.0)


def test_the_adaptive_window_ends_at_the_first_close_off_the_limit() -> None:
    made = made_series(limit=[300, 301])
    found, _ = one_event(made, 300, es.ADAPTIVE, Model.MARKET)
    free, _ = one_event(made, 302, es.ADAPTIVE, Model.MARKET)
    assert (found.days[0], free.days[0]) == (3, 1)
    assert found.car[0] == pytest.approx(one_event(made, 300, Window(0, 2), Model.MARKET)[0].car[0])


def test_chained_windows_are_one_cluster() -> None:
    assert clusters(np.array([[20, 21], [1, 2], [2, 3], [3, 4], [9, -1]])) == [[1, 2, 3], [4], [0]]


def test_effective_numbers() -> None:
    assert effective_n(12, 0.5) == pytest.approx(1.846, abs=1e-3)
    assert effective_n(12, -0.5) == 12
    assert effective_firms(np.array([0, 0, 0, 1])) == pytest.approx(1.6)


def test_events_that_share_no_session_are_not_correlated() -> None:
    rng = np.random.default_rng(1)
    apart, together = simulated(rng, common=0.9), simulated(rng, common=0.9, same_dates=True)
    assert mean_correlation(apart) == 0.0
    assert mean_correlation(together) == pytest.approx(0.9, abs=0.05)


def test_correlation_shrinks_the_statistic() -> None:
    events = simulated(np.random.default_rng(2), common=0.5, same_dates=True, effect=0.02)
    assert 0 < abs(kolari_pynnonen(events).statistic or 0) < 0.5 * abs(bmp(events).statistic or 0)


def test_placebo_dates_keep_off_true_events_and_stay_near() -> None:
    table = np.zeros((500, 1))
    table[240:260] = np.nan
    found = admissible(Placebo(table, table), np.array([0]), np.array([250]))
    assert np.abs(found).max() == 60 and not set(range(-10, 10)) & set(found.tolist())


def test_buy_and_hold_compounds_both_sides() -> None:
    own, other = np.array([[0.1, 0.1], [0.5, np.nan]]), np.array([[0.0, 0.1], [0.1, np.nan]])
    assert longrun.buy_and_hold(own, other) == pytest.approx([0.11, 0.4])


def test_skew_adjusted_statistic_by_hand() -> None:
    values = np.array([0.1, -0.05, 0.2, 0.6])
    s, n = values.mean() / values.std(ddof=1), 4
    g = ((values - values.mean()) ** 3).sum() / (n * values.std(ddof=1) ** 3)
    found = longrun.skew_adjusted_bhar(values)
    assert found.statistic == pytest.approx(2 * (s + g * s**2 / 3 + g / 24))
    assert "descriptive" in found.note


def test_calendar_portfolio_holds_each_firm_once() -> None:
    returns = np.tile([0.01, 0.03], (10, 1))
    portfolio, count = longrun.calendar_portfolio(returns, np.array([0, 0, 1]), np.array([2, 3, 4]), 3)
    assert count.tolist() == [0, 0, 1, 1, 2, 2, 1, 0, 0, 0]
    assert portfolio[4] == pytest.approx(0.02)


def test_calendar_time_alpha_is_that_of_statsmodels() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(4)
    market_, count = rng.normal(0, 0.01, 200), rng.integers(3, 9, 200)
    portfolio = 0.001 + market_ + rng.normal(0, 0.02, 200) / np.sqrt(count)
    found = longrun.calendar_time(portfolio, market_, count, lag=5)
    x = sm.add_constant(market_)
    expected = {
        "calendar_time_ols": sm.OLS(portfolio, x).fit(),
        "calendar_time_wls": sm.WLS(portfolio, x, weights=count).fit(),
        "calendar_time_newey_west": sm.OLS(portfolio, x).fit(
            cov_type="HAC", cov_kwds={"maxlags": 5, "use_correction": True}, use_t=True
        ),
    }
    for name, model in expected.items():
        assert (found[name].statistic, found[name].p) == pytest.approx((model.tvalues[0], model.pvalues[0]), abs=1e-9)


def test_clustered_error_is_that_of_statsmodels() -> None:
    import statsmodels.api as sm

    events = simulated(np.random.default_rng(5), n=30, days=3)
    found = longrun.clustered(events, both=False)
    groups = np.unique(events.event_rows.ravel(), return_inverse=True)[1]
    plain = sm.OLS(events.ar.ravel(), np.ones(90)).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    assert found.statistic == pytest.approx(float(plain.tvalues[0]) / (90 / 89) ** 0.5, rel=1e-6)


def flat_market(opens: Sequence[float], closes: Sequence[float]) -> Market:
    bar = bars({A: closes}).with_columns(open=pl.Series(opens), high=pl.max_horizontal(pl.Series(opens), "close"))
    made = indexed({A: closes}, [100.0] * len(closes))
    return Market.build({**made.frames, "bars": bar})


def test_a_buy_at_the_limit_waits_and_the_gap_is_not_had() -> None:
    made = flat_market([10.0, 12.0, 13.0, 14.0, 14.0], [10.0, 12.0, 13.0, 14.0, 14.0])
    found = attainable(made, [event(1)], 2, "printed")
    assert (found.filled_at_once, found.filled, found.unfilled) == (0, 1, 0)
    assert found.gap == pytest.approx(0.2)
    assert found.attainable == pytest.approx(14 / 13 - 1)


def test_what_never_fills_is_shown_with_what_it_would_have_made() -> None:
    closes = [10.0]
    for _ in range(8):
        closes.append(round(closes[-1] * 1.2 + 1e-9, 2))
    found = attainable(flat_market(closes, closes), [event(1)], 2, "printed")
    assert (found.filled, found.unfilled) == (0, 1)
    assert found.unfilled_return == pytest.approx(closes[3] / closes[1] - 1)


def test_without_an_index_there_is_no_study() -> None:
    with pytest.raises(DataRefused, match="no index"):
        es.study(es.Bench(market({A: [10.0, 11.0]})))


@pytest.mark.parametrize("text", ["1", "2:1", "a:b", "-11:0", "0:61"])
def test_windows_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        es.parse_window(text)


@pytest.mark.parametrize(("text", "shown"), [("0:1", "[0,+1]"), ("-1:1", "[-1,+1]"), ("adaptive", "[0,τ*]")])
def test_windows_are_printed_as_the_literature_does(text: str, shown: str) -> None:
    assert str(es.parse_window(text)) == shown


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="order_a"):
        es.kind_of("orders")


@pytest.fixture(scope="module")
def recorded() -> es.Bench:
    return es.Bench(recorded_market(), draws=499)


def test_orders_of_the_recorded_market(recorded: es.Bench) -> None:
    found = es.study(recorded, "order")
    assert (found.n, found.firms) == (8, 4)
    assert {row.reason for row in found.dropped} == {f"{k} days to estimate from: too few" for k in (39, 44, 53)}
    assert found.p is not None and found.p > 0.3
    assert es.conclude(found).startswith("Nothing can be said")


def test_software_is_no_order(recorded: es.Bench) -> None:
    used = {row for found in es.study(recorded, "order").events for row in found["announcements"]}
    assert "R40" not in used and {"R45", "R53", "R61"} <= used


def test_a_small_sample_is_descriptive_only(recorded: es.Bench) -> None:
    found = es.study(recorded, "report")
    assert found.descriptive and es.conclude(found).startswith("Descriptive only")


def test_the_model_without_estimation_keeps_the_early_orders(recorded: es.Bench) -> None:
    assert es.study(recorded, "order", model=Model.MARKET_ADJUSTED).n == 11


def test_nothing_after_the_window_changes_a_study(recorded: es.Bench) -> None:
    whole = es.study(recorded, "purchase")
    last = max(row["day0"] for row in whole.events) + timedelta(days=10)
    frames = {
        name: frame.filter(pl.col("known_at") <= datetime.combine(last, datetime.max.time()))
        for name, frame in recorded.market.frames.items()
    }
    assert es.study(es.Bench(Market.build(frames), draws=499), "purchase").caar == pytest.approx(whole.caar, abs=1e-12)


def test_the_path_adds_up_to_the_window(recorded: es.Bench) -> None:
    found = es.study(recorded, "purchase")
    caar = {row["offset"]: row["caar"] for row in found.path}
    assert caar[1] - caar[-1] == pytest.approx(found.caar, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_p_values_are_probabilities(seed: int) -> None:
    events = simulated(np.random.default_rng(seed), n=5, length=60, days=2)
    for test in EVENT_TESTS.values():
        outcome = test(events)
        assert outcome.p is None or 0.0 <= outcome.p <= 1.0
