from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from screener.core.config import Universe
from screener.core.errors import CalendarGap, DataRefused
from screener.point_in_time.market import Market
from tests.point_in_time.markets import FETCHED, bars, market, rows, sessions

S, X = "301396.SZ", "603629.SH"


def action(kind: str, t: int, **fields: object) -> pl.DataFrame:
    given = {"symbol": S, "ex_date": sessions(10)[t], "kind": kind, "shares_to_holder": 0.0, "cash_to_holder": 0.0}
    return rows("actions", given | {"known_at": datetime.combine(sessions(10)[t], datetime.min.time())} | fields)


def test_the_reference_price_is_the_previous_close_and_carried_over_a_halt() -> None:
    built = market({S: [10.0, None, 11.0], X: [5.0, 5.1, 5.2]})
    assert np.array_equal(built.reference[:, 0], [np.nan, 10.0, 10.0], equal_nan=True)
    assert built.mark[:, 0].tolist() == [10.0, 10.0, 11.0]


@pytest.mark.parametrize(
    ("kind", "fields", "reference"),
    [
        ("cash", {"cash_to_holder": 0.3}, 9.7),
        ("bonus", {"shares_to_holder": 0.4}, 7.14),
        ("bonus_and_cash", {"shares_to_holder": 0.4, "cash_to_holder": 0.3}, 6.93),
        ("restructuring_conversion", {"reference_price": 8.8151}, 8.82),
    ],
)
def test_an_ex_date_moves_the_reference_price_to_the_fen(
    kind: str, fields: dict[str, object], reference: float
) -> None:
    assert market({S: [10.0, 7.2]}, actions=action(kind, 1, **fields)).reference[1, 0] == reference


def test_an_ex_date_during_a_halt_adjusts_the_carried_price() -> None:
    built = market({S: [10.0, None, 7.2], X: [1.0] * 3}, actions=action("bonus", 1, shares_to_holder=0.25))
    assert built.reference[1:, 0].tolist() == [8.0, 8.0]


@pytest.mark.parametrize(("symbol", "up", "down"), [(S, 12.0, 8.0), (X, 11.0, 9.0)])
def test_limits_follow_the_board(symbol: str, up: float, down: float) -> None:
    built = market({symbol: [10.0, 10.0]})
    assert (built.limit_up[1, 0], built.limit_down[1, 0]) == (up, down)


def test_an_st_spell_narrows_a_main_board_limit_on_its_days_only() -> None:
    day = sessions(3)[1]
    spell = rows("st_spells", {"symbol": X, "start": day, "end": day, "status": "ST", "known_at": datetime(2025, 1, 1)})
    built = market({X: [10.0, 10.0, 10.0]}, st_spells=spell)
    assert built.limit_up[1:, 0].tolist() == [10.5, 11.0]


def test_a_firm_of_a_board_that_is_not_open_yet_needs_no_rule_before_its_first_bar() -> None:
    early = date(2007, 8, 27)
    spell = rows(
        "st_spells", {"symbol": S, "start": early, "end": None, "status": "ST", "known_at": datetime(2025, 1, 1)}
    )
    firms = rows("firms", {"symbol": S, "name": "n", "board": "chinext", "known_at": datetime(2025, 1, 1)})
    built = Market.build(
        {**market({X: [10.0]}).frames, "bars": bars({X: [10.0, 10.0]}, early), "st_spells": spell, "firms": firms}
    )
    assert built.lot_minimum.tolist() == [100, 100] and np.isnan(built.limit_up[:, 0]).all()


def test_a_newly_listed_stock_has_no_limit_on_its_first_five_sessions() -> None:
    day = sessions(2)[1]
    firm = rows(
        "firms", {"symbol": X, "name": "x", "board": "sse_main", "listed": day, "known_at": datetime(2025, 1, 1)}
    )
    closes: dict[str, list[float | None]] = {S: [10.0] * 10, X: [None, *[10.0] * 9]}
    limits = market(closes, firms=firm).limit_up[:, 1]
    assert np.isnan(limits[:6]).all() and not np.isnan(limits[6:]).any()


def test_a_stock_whose_bars_merely_begin_later_keeps_its_limits() -> None:
    limits = market({S: [10.0] * 4, X: [None, 10.0, 10.0, 10.0]}).limit_up[:, 1]
    assert not np.isnan(limits[2:]).any()


def test_two_actions_of_one_day_are_one() -> None:
    both = pl.concat([action("bonus", 1, shares_to_holder=0.4), action("cash", 1, cash_to_holder=0.5)])
    built = market({S: [10.0, 6.8]}, actions=both)
    assert (built.reference[1, 0], built.share_factor[1, 0]) == (6.79, 1.4)


def test_of_two_actions_that_each_state_a_reference_only_the_formula_knows_both() -> None:
    stated = [
        action("bonus", 1, shares_to_holder=1.0, reference_price=11.0),
        action("cash", 1, cash_to_holder=1.0, reference_price=21.0),
    ]
    assert market({S: [22.0, 10.5]}, actions=pl.concat(stated)).reference[1, 0] == 10.5


def test_actions_without_a_price_between_them_leave_a_fen() -> None:
    both = pl.concat([action("cash", 1, cash_to_holder=6.0), action("cash", 2, cash_to_holder=6.0)])
    built = market({S: [10.0, None, 1.0], X: [1.0] * 3}, actions=both)
    assert built.reference[1:, 0].tolist() == [4.0, 0.01]


def test_a_market_cut_before_a_correction_dates_commitments_as_the_whole_one_does() -> None:
    early, late = datetime(2025, 3, 4, 18), datetime(2025, 3, 20, 18)
    told = {"announcement_id": "A", "symbol": S, "event_date": early.date(), "title": "t", "kind": "order"}
    versions = rows("announcements", told | {"known_at": late}, told | {"known_at": early})
    versions = versions.with_columns(run=pl.Series(["1", "2"]))
    order = {"commitment_id": "A-1", "announcement_id": "A", "symbol": S, "kind": "order", "is_compute": True}
    signed = rows(
        "commitments", order | {"direction": "inflow", "amount_basis": "exact", "tax": "included", "known_at": late}
    )
    frames = {**market({S: [10.0] * 20}).frames, "announcements": versions, "commitments": signed}
    moment = datetime(2025, 3, 6, 9, 15)
    for built in (Market.build(frames), Market.build(frames).until(moment)):
        assert [row.known_at for row in built.panel_at(moment).commitments] == [early]


def test_share_capital_counts_from_nine_of_its_first_day() -> None:
    days = sessions(3)
    capital = rows(
        "shares",
        {"symbol": S, "effective_date": date(2024, 1, 1), "total_shares": 100, "known_at": datetime(2024, 1, 1, 9)},
        {"symbol": S, "effective_date": days[1], "total_shares": 140, "known_at": datetime(2025, 3, 4, 9)},
    )
    built = market({S: [10.0, 10.0, 10.0]}, shares=capital)
    assert [built.panel(t).total_shares[0] for t in range(3)] == [100, 140, 140]


def test_a_panel_at_nine_fifteen_ends_at_the_previous_close() -> None:
    panel = market({S: [10.0, 11.0, 12.0]}).panel(2)
    assert panel.close[:, 0].tolist() == [10.0, 11.0] and panel.reference[0] == 11.0


def test_after_the_close_the_day_is_known() -> None:
    panel = market({S: [10.0, 11.0]}).panel_at(
        datetime.combine(sessions(2)[1], datetime.min.time()) + timedelta(hours=15)
    )
    assert panel.reference[0] == 11.0


def test_panel_arrays_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        market({S: [10.0, 11.0]}).panel(1).close[0, 0] = 1.0


def test_a_revision_is_seen_from_the_day_it_was_fetched_and_not_before() -> None:
    first = bars({S: [10.0, 11.0, 12.0]})
    moment = datetime.combine(sessions(3)[2], datetime.min.time())
    revised = first.head(1).with_columns(
        pl.lit(9.0).alias("close"), pl.lit(moment).alias("known_at"), pl.lit(FETCHED + timedelta(1)).alias("fetched_at")
    )
    built = Market.build({**market({S: [10.0]}).frames, "bars": pl.concat([first, revised])})
    assert built.panel(1).close[0, 0] == 10.0 and built.panel(2).close[0, 0] == 9.0 and built.close[0, 0] == 9.0


def test_a_bar_outside_the_calendar_is_refused() -> None:
    saturday = bars({S: [10.0]}).with_columns(pl.lit(date(2025, 3, 8)).alias("session"))
    with pytest.raises(DataRefused, match="without a session"):
        Market.build({**market({S: [10.0]}).frames, "bars": pl.concat([bars({S: [10.0] * 6}), saturday])})


def test_rows_without_known_at_are_refused() -> None:
    with pytest.raises(DataRefused, match="without known_at"):
        Market.build({"bars": bars({S: [10.0]}).drop("known_at")})


def test_a_day_without_prices_is_named() -> None:
    with pytest.raises(CalendarGap, match="2020-01-02"):
        market({S: [10.0]}).session_index(date(2020, 1, 2))


@pytest.mark.parametrize(
    ("symbol", "enters"),
    [
        ("301396.SZ", "2024-07-09"),
        ("300857.SZ", "2024-10-25"),
        ("000048.SZ", "2026-07-01"),
        ("300093.SZ", "2025-06-25"),
    ],
)
def test_a_firm_enters_the_universe_the_session_after_its_first_commitment_with_an_amount(
    symbol: str, enters: str
) -> None:
    built = Market.build({})
    day = date.fromisoformat(enters)
    assert symbol in built.panel_at(datetime(day.year, day.month, day.day, 9, 15)).universe
    before = datetime(day.year, day.month, day.day, 9, 15) - timedelta(days=1)
    assert symbol not in built.panel_at(before).universe


def announced(known_at: datetime, fetched: datetime = FETCHED) -> pl.DataFrame:
    given = {"announcement_id": "A", "symbol": S, "event_date": known_at.date(), "title": "t", "kind": "order"}
    return rows("announcements", given | {"known_at": known_at}).with_columns(pl.lit(fetched).alias("fetched_at"))


def committed(known_at: datetime) -> pl.DataFrame:
    given = {"commitment_id": "A-1", "announcement_id": "A", "symbol": S, "kind": "order", "is_compute": True}
    amount = {"direction": "inflow", "amount_low": 1e8, "amount_high": 1e8, "known_at": known_at}
    return rows("commitments", given | amount).with_columns(pl.lit(FETCHED).alias("fetched_at"))


@pytest.mark.parametrize("own", [False, True])
def test_a_commitment_follows_its_announcement_when_the_time_is_corrected_but_keeps_a_time_of_its_own(
    own: bool,
) -> None:
    first, true = datetime(2025, 3, 4, 23, 59, 59), datetime(2025, 3, 3, 18, 2)
    versions = pl.concat([announced(first), announced(true, FETCHED + timedelta(days=1))])
    amended = datetime(2025, 3, 7, 20, 0)
    built = market({S: [10.0] * 6}, announcements=versions, commitments=committed(amended if own else first))
    assert built.commitments[0].known_at == (amended if own else true)
    assert [a.known_at for a in built.announcements] == [true]


def test_a_link_refuted_later_is_suspected_before() -> None:
    link = {"from_id": "B", "to_id": "A", "kind": "re_announces"}
    old = rows("links", link | {"state": "suspected", "known_at": datetime(2025, 3, 4, 12)})
    new = rows("links", link | {"state": "refuted", "known_at": datetime(2025, 3, 6, 12)})
    built = market({S: [10.0] * 6}, links=pl.concat([old, new]))
    states = [[row.state for row in built.panel(t).links] for t in range(6)]
    assert states == [[], [], ["suspected"], ["suspected"], ["refuted"], ["refuted"]]


def test_a_panel_says_that_rows_were_corrected_later() -> None:
    first = bars({S: [10.0, 11.0, 12.0]})
    moment = datetime.combine(sessions(3)[2], datetime.min.time())
    revised = first.head(1).with_columns(pl.lit(9.0).alias("close"), pl.lit(moment).alias("known_at"))
    built = Market.build({**market({S: [10.0]}).frames, "bars": pl.concat([first, revised])})
    assert [built.panel(t).revised_later for t in range(3)] == [1, 1, 0]


def gone(**firm: object) -> Market:
    """Ten sessions of two stocks, the second without bars from session 5 on."""
    known = {"known_at": datetime(2025, 1, 1), "name": "x", "board": "sse_main", "symbol": X}
    firms = rows("firms", known | firm)
    return market({S: [10.0] * 10, X: [5.0] * 5 + [None] * 5}, firms=firms)


def test_a_stock_whose_firm_is_delisted_ends_without_an_action_of_its_own() -> None:
    built = gone(delisted=sessions(10)[6])
    assert [(row.t, row.kind, row.cash_to_holder) for row in built.actions] == [(6, "delisting", 0.0)]
    assert np.isnan(built.reference[6:, 1]).all() and built.reference[5, 1] == 5.0


def test_a_delisting_period_that_is_over_ends_the_stock() -> None:
    days = sessions(10)
    spell = {"symbol": X, "start": days[1], "end": days[4], "status": "delisting", "known_at": datetime(2025, 1, 1)}
    built = market({S: [10.0] * 10, X: [5.0] * 5 + [None] * 5}, st_spells=rows("st_spells", spell))
    assert [(row.t, row.kind) for row in built.actions] == [(5, "delisting")]


def test_a_stated_end_goes_before_the_derived_one() -> None:
    paid = action("delisting", 7, symbol=X, cash_to_holder=1.5)
    built = Market.build({**gone(delisted=sessions(10)[6]).frames, "actions": paid})
    assert [(row.t, row.cash_to_holder) for row in built.actions] == [(7, 1.5)]


@pytest.mark.parametrize(("t", "there"), [(5, True), (6, False), (7, False)])
def test_the_whole_market_holds_the_dead_until_they_leave(t: int, there: bool) -> None:
    assert (X in gone(delisted=sessions(10)[6]).panel(t, Universe.MARKET).universe) == there


def test_what_is_listed_no_more_is_not_to_be_had_whatever_bars_follow() -> None:
    firm = {"known_at": datetime(2025, 1, 1), "name": "x", "board": "sse_main", "symbol": X, "delisted": sessions(9)[6]}
    panel = market({S: [10.0] * 9, X: [5.0] * 9}, firms=rows("firms", firm)).panel(8, Universe.MARKET)
    assert panel.reference[panel.index_of(X)] == 5.0
    assert panel.tradable_universe() == panel.universe == (S,)


def test_rights_on_unknown_terms_lift_the_limits_to_the_first_close() -> None:
    built = market({S: [10.0, None, 8.0, 8.1]}, actions=action("rights", 1))
    assert np.isnan(built.limit_up[1:3, 0]).all() and built.limit_up[3, 0] == 9.6


def test_rights_move_the_reference_by_ratio_and_price() -> None:
    built = market({S: [10.0, 8.85]}, actions=action("rights", 1, rights_ratio=0.3, rights_price=5.0))
    assert (built.reference[1, 0], built.limit_up[1, 0]) == (8.85, 10.62)
