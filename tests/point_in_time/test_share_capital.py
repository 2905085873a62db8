"""Total shares through bonus issues: a count never lags a split, and is never multiplied twice."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import numpy as np
import polars as pl
import pytest

from screener.core.config import Universe
from screener.point_in_time.derived import DERIVED, Basis, whole
from screener.point_in_time.market import Market
from screener.point_in_time.share_capital import share_capital
from tests.point_in_time.markets import market, rows, sessions

S, DAYS = "301396.SZ", sessions(10)
SPLIT = 5  # ex-date of 10转4


def count(day: date, total: int, known: datetime | None = None) -> dict[str, Any]:
    return {
        "symbol": S,
        "effective_date": day,
        "total_shares": total,
        "known_at": known or datetime.combine(day, time(9)),
        "source": "test",
    }


def bonus(shares: float = 0.4, kind: str = "bonus") -> pl.DataFrame:
    known = datetime.combine(DAYS[SPLIT], time(9))
    given = {"symbol": S, "ex_date": DAYS[SPLIT], "kind": kind, "shares_to_holder": shares, "cash_to_holder": 0.0}
    return rows("actions", {**given, "known_at": known})


def counts(*told: dict[str, Any], kind: str = "bonus") -> tuple[list[float], list[bool]]:
    days = np.array(DAYS, dtype="datetime64[D]")
    total, derived = share_capital(rows("shares", *told), bonus(kind=kind), days, (S,)).whole()
    return total[:, 0].tolist(), derived[:, 0].tolist()


BEFORE = count(DAYS[0], 100)


def test_without_a_row_on_the_ex_date_the_count_is_carried_and_marked_derived() -> None:
    assert counts(BEFORE) == ([100.0] * 5 + [140.0] * 5, [False] * 5 + [True] * 5)


def test_a_row_that_is_known_later_ends_the_derived_count() -> None:
    late = count(DAYS[SPLIT], 141, datetime.combine(DAYS[7], time(20)))
    assert counts(BEFORE, late) == ([100.0] * 5 + [140.0] * 3 + [141.0] * 2, [False] * 5 + [True] * 3 + [False] * 2)


def test_a_row_on_the_ex_date_is_not_multiplied() -> None:
    assert counts(BEFORE, count(DAYS[SPLIT], 140)) == ([100.0] * 5 + [140.0] * 5, [False] * 10)


def test_a_row_of_the_record_day_that_holds_the_new_shares_is_not_multiplied() -> None:
    assert counts(BEFORE, count(DAYS[SPLIT - 1], 140))[0] == [100.0] * 4 + [140.0] * 6


def test_an_issue_just_before_the_ex_date_is_multiplied() -> None:
    assert counts(BEFORE, count(DAYS[SPLIT - 1], 120))[0] == [100.0] * 4 + [120.0] + [168.0] * 5


def test_what_goes_to_others_is_told_by_a_row_alone() -> None:
    assert counts(BEFORE, kind="restructuring_conversion")[0] == [100.0] * 10


def lagging(known: datetime) -> Market:
    told = rows("shares", BEFORE, count(DAYS[SPLIT], 140, known))
    closes = [10.0] * SPLIT + [7.14] * (10 - SPLIT)
    return market({S: closes}, shares=told, actions=bonus())


@pytest.mark.parametrize("lag", range(5))
def test_the_market_cap_does_not_move_with_a_split_however_late_its_count_is(lag: int) -> None:
    built = lagging(datetime.combine(DAYS[SPLIT + lag], time(18)))
    caps = [built.panel(t, Universe.MARKET).market_cap[0] for t in range(1, 10)]
    assert max(caps) / min(caps) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("day", range(1, 10))
def test_a_morning_ahead_counts_the_shares_as_the_session_itself(day: int) -> None:
    whole = lagging(datetime.combine(DAYS[8], time(18)))
    evening = datetime.combine(DAYS[day - 1], time(23, 59))
    morning = datetime.combine(DAYS[day], time(9, 15))
    cut = Market.build({**whole.frames, "bars": whole.frames["bars"].filter(pl.col("known_at") <= evening)})
    ours, theirs = cut.panel_at(morning), whole.panel_at(morning)
    assert ours.total_shares.tolist() == theirs.total_shares.tolist()
    assert ours.shares_derived.tolist() == theirs.shares_derived.tolist()


@pytest.mark.parametrize("name", DERIVED)
def test_a_session_of_what_is_derived_is_a_row_of_the_whole(name: str) -> None:
    facts = {"shares": rows("shares", BEFORE, {**BEFORE, "symbol": "600001.SH"}), "actions": bonus()}
    built = market({S: [10.0, None, 10.4] * 3, "600001.SH": [None, *[8.0] * 8]}, **facts)
    told = [built.row(name, t).tolist() for t in (*range(9), -1)]  # before anybody has read it whole
    assert str(told) == str([*getattr(built, name).tolist(), getattr(built, name)[-1].tolist()])
    few = Basis.of(vars(built)).columns(np.array([1]))
    assert str(whole(few, name).tolist()) == str(getattr(built, name)[:, [1]].tolist())
