"""Small hand-made worlds: commitments, facts and links as values, and markets of two firms with flat prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import polars as pl

from screener.core.calendar import packaged_calendar
from screener.core.config import CLOSE_TIME, END_OF_DAY, ScreenOptions, Universe
from screener.core.tables import TABLES
from screener.point_in_time.announcements import Commitment, ContractFact, Link
from screener.point_in_time.market import Market
from screener.point_in_time.panel import Panel
from screener.screen.backlog import Plans
from screener.screen.contracts import Contract, contract_of
from screener.screen.told import known

ONE, TWO = "301396.SZ", "603629.SH"
DAY = date(2025, 1, 15)
SHARES = 100_000_000


def evening(day: date) -> datetime:
    return datetime.combine(day, END_OF_DAY)


def order(name: str = "A-1", day: date = DAY, amount: float | None = 36e6, **other: Any) -> Commitment:
    """A three-year compute service contract unless told otherwise."""
    given: dict[str, Any] = {
        "commitment_id": name,
        "announcement_id": name.split("-")[0],
        "symbol": ONE,
        "event_date": day,
        "known_at": evening(day),
        "kind": "order",
        "work": "service",
        "is_compute": True,
        "direction": "inflow",
        "amount_low": amount,
        "amount_high": amount,
        "tax": "included",
        "term_months": 36,
        "counterparty": "X公司",
        "amount_basis": "undisclosed" if amount is None else "exact",
        "counterparty_named": False,
        "stake": 1.0,
        "confidence": "A",
    }
    return Commitment(**{**given, **other})


def ceiling(name: str = "F-1", day: date = DAY, amount: float = 90e6, **other: Any) -> Commitment:
    return order(name, day, amount, **{"kind": "framework", "amount_basis": "ceiling", "amount_low": None, **other})


def fact(kind: str, day: date, about: str = "A-1", amount: float | None = None, **other: Any) -> ContractFact:
    given = {"fact_id": f"{about}-{kind}-{day}", "known_at": evening(day), "symbol": ONE, "period_start": None}
    return ContractFact(commitment_id=about, kind=kind, effective_date=day, amount=amount, **{**given, **other})


def link(later: str, earlier: str, kind: str = "re_announces", state: str = "suspected", day: date = DAY) -> Link:
    return Link(later, earlier, kind, state, evening(day))


def lines(
    day: date,
    commitments: Sequence[Commitment],
    facts: Sequence[ContractFact] = (),
    links: Sequence[Link] = (),
    **options: Any,
) -> dict[str, Contract]:
    """Commitment id → its line on `day`, all given facts being known."""
    plans = Plans(known(commitments, facts, links), ScreenOptions(**options))
    return {plan.commitment.commitment_id: contract_of(plan, day) for rows in plans.values() for plan in rows}


def backlog(day: date, commitments: Sequence[Commitment], *more: Sequence[Any], **options: Any) -> float:
    """Yuan of all that counts on `day`."""
    return sum(row.remaining or 0.0 for row in lines(day, commitments, *more, **options).values() if row.counted)


def seen(
    day: date,
    commitments: Sequence[Commitment],
    facts: Sequence[ContractFact] = (),
    links: Sequence[Link] = (),
) -> Panel:
    """What the screen asks of a panel on which all of this is known; there are no prices."""
    told = {"commitments": commitments, "facts": facts, "links": links}
    counts = {name: len(rows) for name, rows in told.items()}
    found: Any = SimpleNamespace(session=day, _known=counts, _market=SimpleNamespace(_memo={}, **told))
    return cast(Panel, found)


@cache
def flat_bars(first: date = date(2025, 1, 2), last: date = date(2026, 3, 31), price: float = 10.0) -> pl.DataFrame:
    """Both firms at one price."""
    days = packaged_calendar().between(first, last)
    frame = pl.DataFrame({"symbol": [ONE] * len(days) + [TWO] * len(days), "session": [*days, *days]})
    cells = {name: pl.lit(price) for name in ("open", "high", "low", "close")}
    frame = frame.with_columns(**cells, volume=pl.lit(1_000_000), source=pl.lit("hand"))
    return known_from(TABLES["bars"].check(frame), "session", CLOSE_TIME)


def known_from(frame: pl.DataFrame, day: str, moment: time) -> pl.DataFrame:
    return frame.with_columns(known_at=pl.col(day).dt.combine(moment))


def shares(*rows: tuple[str, date, int]) -> pl.DataFrame:
    """Share capital: (symbol, first day, shares)."""
    frame = pl.DataFrame(rows, schema=["symbol", "effective_date", "total_shares"], orient="row")
    return known_from(TABLES["shares"].check(frame), "effective_date", time(9))


def _frame(table: str, rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    known = pl.Series("known_at", [row["known_at"] for row in rows], dtype=pl.Datetime("us"))
    if not rows:
        return TABLES[table].empty().with_columns(known_at=known)
    return TABLES[table].check(pl.DataFrame(rows, infer_schema_length=None)).with_columns(known)


def market(
    commitments: Sequence[Commitment] = (),
    facts: Sequence[ContractFact] = (),
    links: Sequence[Link] = (),
    **frames: pl.DataFrame,
) -> Market:
    """Two firms at 10 yuan with 100 million shares each."""
    announced = {
        row.announcement_id: {
            "announcement_id": row.announcement_id,
            "symbol": row.symbol,
            "event_date": row.event_date,
            "known_at": row.known_at,
            "kind": row.kind,
            "title": row.commitment_id,
            "known_at_basis": "date_only",
            "review": "reviewed",
        }
        for row in commitments
    }
    stored = [{**asdict(row), "currency": "CNY"} for row in commitments]
    capital = shares((ONE, date(2024, 1, 2), SHARES), (TWO, date(2024, 1, 2), SHARES))
    tables = {
        "bars": flat_bars(),
        "shares": capital,
        "announcements": _frame("announcements", list(announced.values())),
        "commitments": _frame("commitments", stored),
        "contract_facts": _frame("contract_facts", [asdict(row) for row in facts]),
        "links": _frame("links", [asdict(row) for row in links]),
    }
    return Market.build({**tables, **frames})


def on(world: Market, day: date, universe: Universe = Universe.MARKET) -> Panel:
    """All known by the end of `day`."""
    return world.panel_at(evening(day), universe)


def later(day: date, days: int) -> date:
    return day + timedelta(days=days)
