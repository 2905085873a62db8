from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from screener.core.config import ScreenOptions, Universe
from screener.core.errors import UsageError
from screener.screen.backlog import Plans
from screener.screen.ranking import ScreenResult, screen
from screener.screen.row import ScreenRow
from tests.point_in_time.markets import rows
from tests.screen.world import DAY, ONE, SHARES, TWO, ceiling, fact, flat_bars, market, on, order, shares

SPRING, LATE = date(2025, 5, 20), date(2026, 3, 31)
BIG, SMALL = order("A-1", symbol=TWO, amount=72e6), order("B-1", amount=36e6)


def row_of(result: ScreenResult, symbol: str = ONE) -> ScreenRow:
    return next(row for row in result.rows if row.symbol == symbol)


def screened(*commitments: Any, day: date = SPRING, facts: Any = (), **options: Any) -> ScreenRow:
    return row_of(screen(on(market(commitments, facts), day), ScreenOptions(**options)))


def test_the_highest_score_is_first_and_unscored_firms_follow_by_symbol() -> None:
    rows = screen(on(market([BIG, SMALL]), SPRING)).rows
    assert [(row.rank, row.symbol) for row in rows[:2]] == [(1, TWO), (2, ONE)]
    rest = [row.symbol for row in rows[2:]]
    assert rest == sorted(rest) and all(row.rank is None and row.score is None for row in rows[2:])


def test_score_is_backlog_over_price_times_shares() -> None:
    row = screened(order())
    assert (row.backlog_cny, row.market_cap_cny, row.score) == (36e6, 10.0 * SHARES, pytest.approx(0.036))


@pytest.mark.parametrize(
    ("commitments", "coverage", "reason"),
    [
        ([order()], "disclosed", ""),
        ([order(), order("B-1", amount=None)], "partial", ""),
        ([order(), order("B-1", amount=None, is_compute=False)], "disclosed", ""),
        ([order(amount=None)], "none", "order ≥ 36 months without an amount (2025-01-15)"),
        ([ceiling()], "none", "framework not counted: framework ceiling (2025-01-15)"),
        ([order(kind="purchase", direction="outflow")], "none", "purchases only: 1 (last 2025-01-15)"),
        ([], "none", "no order known"),
    ],
)
def test_coverage_and_what_is_known_instead(commitments: Any, coverage: str, reason: str) -> None:
    row = screened(*commitments)
    assert (row.coverage, row.reason) == (coverage, reason)


@pytest.mark.parametrize("commitments", [[], [order(amount=None)], [order(direction="outflow")], [ceiling()]])
def test_unknown_is_null_everywhere_never_zero(commitments: Any) -> None:
    row = screened(*commitments)
    assert {row.rank, row.score, row.score_low, row.score_high, row.backlog_cny, row.announced_cny} == {None}


def test_finished_contracts_are_listed_and_not_ranked() -> None:
    row = screened(order(work="integration"), day=LATE)
    assert (row.finished, row.rank, row.score, row.contracts) == (("A-1",), None, None, 0)
    assert row.reason == "finished: A-1" and row.coverage == "disclosed" and row.backlog_cny == 0.0


def test_terminated_contracts_are_listed_as_such() -> None:
    row = screened(order(), facts=[fact("termination", DAY)])
    assert (row.terminated, row.score, row.coverage) == (("A-1",), None, "none")
    assert row.reason == "order not counted: terminated (2025-01-15)"


def test_without_share_capital_there_is_a_backlog_but_no_score() -> None:
    world = market([order()], shares=shares((TWO, date(2024, 1, 2), SHARES)))
    row = row_of(screen(on(world, SPRING)))
    assert (row.backlog_cny, row.market_cap_cny, row.score, row.score_low) == (36e6, None, None, None)
    assert row.reason == "market cap unknown" and row.backlog_low_cny is not None


def test_a_derived_share_count_is_told() -> None:
    derived = shares((ONE, date(2024, 1, 2), SHARES)).with_columns(source=pl.lit("derived: from a ratio"))
    assert row_of(screen(on(market([order()], shares=derived), SPRING))).market_cap_approximate
    assert not screened(order()).market_cap_approximate


@pytest.mark.parametrize(("burn", "lag"), [("none", 5), ("straight_line", 0), ("straight_line", 5)])
def test_the_range_over_counting_rules_holds_the_score(burn: str, lag: int) -> None:
    parts = [order(), ceiling(), order("C-1", work="integration"), order("D-1", is_compute=False)]
    row = screened(*parts, day=date(2025, 6, 20), burn=burn, lag_months=lag)
    assert row.score_low is not None and row.score is not None and row.score_high is not None
    assert row.score_low < row.score < row.score_high


def test_where_a_narrower_policy_counts_nothing_the_range_starts_at_zero() -> None:
    row = screened(order(work="integration"), day=date(2025, 2, 1))
    assert row.score_low == 0.0 and row.score is not None and row.score > 0


def test_unconfirmed_contracts_are_counted_out_on_request() -> None:
    assert screened(order(), day=LATE).unconfirmed == 1
    row = screened(order(), day=LATE, confirmed_only=True)
    assert row.score is None and row.reason == "order not counted: unconfirmed (2025-01-15)"


def test_the_price_is_the_last_one_and_says_its_day() -> None:
    halted = flat_bars().filter((pl.col("symbol") != ONE) | (pl.col("session") < date(2025, 5, 16)))
    row = row_of(screen(on(market([order()], bars=halted), SPRING)))
    assert (row.price_cny, row.price_date) == (10.0, date(2025, 5, 15))


@pytest.mark.parametrize(("sessions", "ranked"), [(0, True), (1, True), (20, True), (21, False)])
def test_a_price_older_than_twenty_sessions_leaves_the_ranking(sessions: int, ranked: bool) -> None:
    days = flat_bars().filter(pl.col("symbol") == ONE, pl.col("session") <= SPRING)["session"].sort()
    last = days[-1 - sessions]
    halted = flat_bars().filter((pl.col("symbol") != ONE) | (pl.col("session") <= last))
    row = row_of(screen(on(market([order()], bars=halted), SPRING)))
    assert (row.rank is not None, row.price_age_sessions) == (ranked, sessions)
    assert row.reason == ("" if ranked else f"no price for {sessions} sessions, the last of {last}")


def test_a_delisted_firm_leaves_the_ranking_on_that_day() -> None:
    left = date(2025, 5, 16)
    listed = {"symbol": ONE, "name": "n", "board": "chinext", "known_at": datetime(2024, 1, 1)}
    halted = flat_bars().filter((pl.col("symbol") != ONE) | (pl.col("session") < left))
    world = market([order()], bars=halted, firms=rows("firms", listed | {"delisted": left}))
    assert row_of(screen(on(world, date(2025, 5, 15)))).rank == 1
    assert [row.symbol for row in screen(on(world, SPRING)).rows] == [TWO]  # the whole market
    gone = row_of(screen(world.at_day(SPRING)))  # firms that announced an order
    assert (gone.rank, gone.reason) == (None, "delisting on 2025-05-16")


@pytest.mark.parametrize(("review", "expected"), [("unreviewed", 1), ("reviewed", 0), ("reported", 0)])
def test_order_like_announcements_nobody_read_are_counted(review: str, expected: int) -> None:
    frame = market([order()]).frames["announcements"].with_columns(review=pl.lit(review))
    assert row_of(screen(on(market([order()], announcements=frame), SPRING))).unreviewed == expected


@pytest.mark.parametrize(
    ("column", "expected"),
    [("score", [TWO, ONE]), ("rank", [TWO, ONE]), ("symbol", [ONE, TWO]), ("days_since_last_order", [ONE, TWO])],
)
def test_rows_sort_by_any_column(column: str, expected: list[str]) -> None:
    world = market([BIG, order("B-1", date(2025, 1, 10))])
    rows = screen(on(world, SPRING)).sorted_by(column).rows
    assert [row.symbol for row in rows if row.score is not None] == expected


def test_an_unknown_sort_column_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="score_low"):
        screen(on(market([order()]), SPRING)).sorted_by("beauty")


def test_a_firm_enters_the_universe_with_its_first_amount_and_not_before() -> None:
    world = market([order("A-1", amount=None), order("B-1", date(2025, 3, 3))])
    listed = [
        [row.symbol for row in screen(on(world, date(2025, 3, day), Universe.KNOWN)).rows if row.symbol == ONE]
        for day in (2, 3)
    ]
    assert listed == [[], [ONE]]


def test_json_keys_are_flat_and_complete() -> None:
    row = screened(order()).as_dict()
    stable = "symbol firm as_of rank score score_low score_high backlog_cny backlog_low_cny backlog_high_cny"
    assert list(row)[:10] == stable.split()
    assert {"market_cap_cny", "coverage", "policy", "contracts", "purchases_to_cap", "runoff_by_quarter"} <= set(row)


def test_the_frame_has_one_row_per_firm() -> None:
    result = screen(on(market([BIG, SMALL]), SPRING))
    assert result.frame().height == len(result.rows) and result.frame()["symbol"][0] == TWO


@pytest.mark.parametrize(("universe", "words"), [("report", "firms were chosen on"), ("market", "")])
def test_a_result_says_what_it_stands_on(universe: str, words: str) -> None:
    told = screen(on(market([order()]), SPRING, Universe(universe))).stands_on
    assert told.source == "hand" and told.universe == universe and words in told.hindsight
    assert bool(told.hindsight) == bool(words) and told.rules["policy"] == "firm" and told.rules["lag_months"] == 5


def scrambled(frame: pl.DataFrame, cut: date) -> pl.DataFrame:
    """Every later price and count turned into another one."""
    noise = {name: pl.col(name) * 3 for name in frame.columns if frame.schema[name] in (pl.Float64, pl.Int64)}
    is_later = pl.col("known_at") > pl.lit(cut + timedelta(days=1)).cast(pl.Datetime("us"))
    return frame.with_columns(pl.when(is_later).then(value).otherwise(pl.col(name)) for name, value in noise.items())


@pytest.mark.parametrize("how", ["deleted", "scrambled"])
def test_the_screen_is_the_same_when_everything_later_is_gone_or_wrong(how: str) -> None:
    after = date(2025, 9, 1)
    world = market([order(), order("B-1", after, 5e6)], [fact("termination", after)])
    if how == "deleted":
        known = {
            k: v.filter(pl.col("known_at") < pl.lit(after).cast(pl.Datetime("us"))) for k, v in world.frames.items()
        }
    else:
        known = {name: scrambled(frame, date(2025, 8, 30)) for name, frame in world.frames.items()}
    other = type(world).build(known)
    day = date(2025, 8, 29)
    assert screen(on(other, day)).rows == screen(on(world, day)).rows


def test_a_ranking_makes_no_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Plans, "plan", lambda plans, n: pytest.fail("a plan of what nobody looks at"))
    found = screen(on(market([BIG, SMALL], [fact("acceptance", SPRING, symbol=TWO)]), SPRING))
    row = found.with_waiting({ONE: 1}).sorted_by("lost_cny").rows[0]
    assert (row.rank, row.symbol, row.score_low is not None, row.haircut_n) == (1, TWO, True, 1)
    with pytest.raises(AttributeError):
        _ = row.no_such_cell  # type: ignore[attr-defined]
