"""Alerts: one test per rule on small markets, the whole on the SYNTHETIC one."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache

import polars as pl
import pytest

from screener.evaluation.alerts import Alert, alerts
from screener.evaluation.rating import UP
from screener.point_in_time.frames import frame_of
from screener.point_in_time.market import Market
from tests.point_in_time.markets import FIRST, market, rows, sessions
from tests.synthetic import synthetic_frames

SYMBOL, OTHER = "301396.SZ", "603629.SH"
DAYS = sessions(10)
SINCE = DAYS[4]
PRICES = {SYMBOL: [10.0] * 10, OTHER: [20.0] * 10}


def announced(name: str, kind: str, known_at: datetime, symbol: str = SYMBOL, **more: object) -> dict[str, object]:
    return {
        "announcement_id": name,
        "symbol": symbol,
        "event_date": known_at.date(),
        "title": f"title {name}",
        "kind": kind,
        "known_at": known_at,
        "known_at_basis": "exchange_time",
        "review": "reviewed",
        **more,
    }


def ordered(name: str, day: date, symbol: str = SYMBOL, months: int = 12) -> dict[str, dict[str, object]]:
    """An order of 1 亿 with its announcement."""
    known_at = datetime.combine(day, datetime.min.time().replace(hour=18))
    commitment = {
        "commitment_id": f"C-{name}",
        "announcement_id": name,
        "symbol": symbol,
        "known_at": known_at,
        "kind": "order",
        "work": "lease",
        "is_compute": True,
        "direction": "inflow",
        "amount_low": 1e8,
        "amount_high": 1e8,
        "amount_basis": "exact",
        "tax": "unknown",
        "term_months": months,
    }
    return {"announcements": announced(name, "order", known_at, symbol), "commitments": commitment}


def world(*orders: dict[str, dict[str, object]], prices: dict = PRICES, **tables: pl.DataFrame) -> Market:  # type: ignore[type-arg]
    made = {name: rows(name, *(order[name] for order in orders)) for name in ("announcements", "commitments")}
    shares = [{"symbol": s, "effective_date": FIRST, "total_shares": 1e8, "known_at": FIRST} for s in PRICES]
    capital = rows("shares", *({**row, "known_at": datetime.combine(FIRST, datetime.min.time())} for row in shares))
    return market(prices, **{"shares": capital, "ratings": rows("ratings"), **made, **tables})


def told(found: Market, *what: str, since: date = SINCE) -> list[Alert]:
    return [one for one in alerts(found, since).found if one.what in what]


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("order", "order-like announcement"),
        ("cooperation", "order-like announcement"),
        ("termination", "warning announcement"),
        ("abnormal_move", "warning announcement"),
        ("purchase", None),
    ],
)
def test_which_kinds_are_alerts_is_said_by_the_table(kind: str, what: str | None) -> None:
    table = rows("announcements", announced("A", kind, datetime.combine(SINCE, datetime.min.time())))
    found = [one for one in alerts(world(announcements=table), SINCE).found if one.what.endswith("announcement")]
    assert [(one.day, one.what, one.detail) for one in found] == ([(SINCE, what, f"{kind}: title A")] if what else [])


def test_a_kind_that_is_both_is_a_warning() -> None:
    kinds = frame_of({}, "kinds").with_columns(warning=pl.lit(value=True))
    table = rows("announcements", announced("A", "order", datetime(2025, 3, 10, 18), review="unreviewed"))
    (found,) = told(world(announcements=table, kinds=kinds), "warning announcement")
    assert found.detail == "order: title A (unreviewed)"


def test_a_corrected_announcement_counts_as_it_stands_now() -> None:
    late = datetime(2025, 3, 10, 18)
    table = rows(
        "announcements",
        announced("A", "other", late, fetched_at=datetime(2025, 3, 11)),
        announced("A", "termination", late, fetched_at=datetime(2025, 3, 12)),
        announced("B", "termination", datetime(2025, 3, 5, 18)),
    )
    assert [one.detail for one in told(world(announcements=table), "warning announcement")] == ["termination: title A"]


@pytest.mark.parametrize(("day", "count"), [(DAYS[3], 0), (DAYS[4], 1), (date(2026, 5, 4), 1)])
def test_ex_dates_to_come_are_told(day: date, count: int) -> None:
    row = {"symbol": SYMBOL, "ex_date": day, "kind": "bonus", "shares_to_holder": 0.4, "cash_to_holder": 0.0}
    found = told(world(actions=rows("actions", row | {"known_at": datetime(2025, 3, 3)})), "ex-date")
    assert [one.detail for one in found] == ["bonus: 0.4 shares for each held"] * count


def test_contracts_that_start_and_end_are_told() -> None:
    # announced 2024-10-10: starts five months later, on the sixth session; the other ended before
    found = told(world(ordered("A", date(2024, 10, 10)), ordered("B", date(2024, 1, 8), months=1)), "contract starts")
    assert [(one.day, one.symbol, one.detail) for one in found] == [(date(2025, 3, 10), SYMBOL, "C-A title A")]


def test_a_rank_that_changed_is_told_with_both() -> None:
    before = ordered("A", date(2025, 1, 6), OTHER)
    after = ordered("B", DAYS[6])
    found = told(world(before, after), "rank changed")
    assert {(one.symbol, one.detail) for one in found} == {(SYMBOL, "no rank → 1"), (OTHER, "1 → 2")}


def test_a_score_on_an_old_price_or_on_unread_orders_is_told() -> None:
    prices = {SYMBOL: [10.0] * 3, OTHER: [20.0] * 10}
    order = ordered("A", date(2025, 1, 6))
    unread = announced("B", "order", datetime(2025, 3, 4, 18), review="unreviewed")
    table = rows("announcements", order["announcements"], unread)
    found = told(world(order, prices=prices, announcements=table), "score stale", "score incomplete")
    assert [one.detail for one in found] == ["1 order-like announcements unread", f"last price of {DAYS[2]}"]


DUE = f"b {UP}: month 6 ends; not evaluable"


def test_a_rating_is_due_when_its_horizon_ends() -> None:
    row = {
        "rating_id": "R",
        "subject": SYMBOL,
        "subject_kind": "stock",
        "broker": "b",
        "rating": UP,
        "market": "A",
        "report_date": date(2024, 9, 11),
        "known_at": datetime(2024, 9, 11, 23, 59, 59),
    }
    found = told(world(ratings=rows("ratings", row)), "rating due")
    assert found == [Alert(date(2025, 3, 11), "rating due", SYMBOL, DUE)]


def test_without_prices_announcements_and_ex_dates_are_told() -> None:
    table = rows("announcements", announced("A", "order", datetime(2025, 3, 10, 18)))
    found = alerts(world(prices={SYMBOL: [None]}, announcements=table, bars=rows("bars")), SINCE)
    assert [one.what for one in found.found] == ["order-like announcement"] and found.stands_on.as_of == SINCE


@cache
def synthetic() -> Market:
    return Market.build(synthetic_frames())


def test_alerts_of_a_priced_market_hold_contracts_ranks_and_unread_orders() -> None:
    found = alerts(synthetic(), date(2026, 1, 5)).found
    assert {"order-like announcement", "contract starts", "rank changed"} <= {one.what for one in found}
    assert all(one.day >= date(2026, 1, 5) for one in found)
    assert list(found) == sorted(found, key=lambda one: (one.day, one.what, one.symbol, one.detail))


def test_they_say_what_they_stand_on_and_are_short() -> None:
    found = alerts(synthetic(), date(2026, 1, 5))
    assert found.stands_on.stamps[0].startswith("SYNTHETIC") and "HINDSIGHT" in found.stands_on.hindsight
    assert found.stands_on.as_dict()["since"] == date(2026, 1, 5)
    assert found.as_dict()[0].keys() == {"day", "what", "symbol", "detail", "as_of", "source", "synthetic", "hindsight"}
    assert found.frame().height == len(found.found) and len(repr(found).splitlines()) <= 40


def test_long_titles_do_not_make_it_long() -> None:
    title = "关于签署算力业务日常经营重大合同的公告" * 4
    many = [announced(f"A{k}", "order", datetime(2025, 3, 10, 18), title=title) for k in range(50)]
    assert len(repr(alerts(world(announcements=rows("announcements", *many)), SINCE)).splitlines()) <= 40


def test_after_the_report_the_ranks_are_no_hindsight() -> None:
    assert alerts(synthetic(), date(2026, 7, 6)).stands_on.hindsight == ""


def test_an_industry_is_due_by_its_main_series_once() -> None:
    row = {
        "rating_id": "R",
        "subject": "计算机·人工智能",
        "subject_kind": "industry",
        "broker": "b",
        "rating": UP,
        "market": "A",
        "report_date": date(2024, 9, 11),
        "known_at": datetime(2024, 9, 11, 23, 59, 59),
    }
    found = told(world(ratings=rows("ratings", row)), "rating due")
    assert [(one.symbol, one.detail.partition(";")[0]) for one in found] == [
        ("计算机·人工智能", f"b {UP}: month 6 ends")
    ]
