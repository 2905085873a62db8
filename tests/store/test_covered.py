"""Bars and rules that need each other: no bar without a rule, no rule taken back that bars need."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from screener.core.errors import UsageError
from screener.core.tables import packaged
from screener.store.database import Store
from screener.store.ingest import ingest_all
from screener.store.parts import LoadRefused, Part
from screener.store.withdrawing import withdraw
from tests.store.rows import LATER, NOW, bars
from tests.store.test_cross import found


@pytest.mark.parametrize(
    ("symbol", "day"),
    [("301396.SZ", date(2009, 10, 29)), ("430047.BJ", date(2020, 7, 24)), ("688981.SH", date(2019, 7, 19))],
)
def test_a_bar_before_its_board_had_a_price_limit_is_a_finding(store: Store, symbol: str, day: date) -> None:
    ingest_all(store, [Part("bars", bars(1, symbol, session=day), "b.csv")], now=NOW)
    assert (f"{symbol} {day}", "before_rules") in found(store, "bars")


def rule(**changed: Any) -> Part:
    """The limit of ChiNext since 2020 once more, with `changed` values."""
    since = (pl.col("rule") == "price_limit") & (pl.col("scope") == "chinext") & (pl.col("start") > date(2020, 1, 1))
    packaged_row = packaged("rules").filter(since).to_dicts()[0]
    return Part("rules", pl.DataFrame([packaged_row | changed], infer_schema_length=None), "r.csv")


@pytest.mark.parametrize("bar", [date(2020, 9, 1), date(2026, 6, 1)])
def test_a_rule_that_ends_without_a_successor_is_refused(store: Store, bar: date) -> None:
    ingest_all(store, [Part("bars", bars(1, session=bar), "b.csv")], now=NOW)
    with pytest.raises(LoadRefused, match="days without price_limit of chinext"):
        ingest_all(store, [rule(end=date(2026, 7, 1))], now=LATER)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"value": 20.0}, "outside what an exchange decrees"),
        ({"rule": "transfer_fee_rate", "value": 100.0}, "outside what an exchange decrees"),
        ({"rule": "lot_step", "value": 0.5}, "outside what an exchange decrees"),
        ({"rule": "lot_step", "value": 1.5}, "not whole"),
        ({"end": date(2020, 1, 1)}, "ends before it starts"),
    ],
)
def test_a_rule_that_no_back_test_could_bear_is_refused(store: Store, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(LoadRefused, match=said):
        ingest_all(store, [rule(**changed)], now=NOW)


def test_a_rule_with_a_successor_is_stored(store: Store) -> None:
    ends, follows = rule(end=date(2026, 7, 1)), rule(start=date(2026, 7, 1), value=0.3)
    both = pl.concat([ends.frame, follows.frame], how="diagonal_relaxed")
    (told,) = ingest_all(store, [Part("rules", both, "r.csv")], now=NOW)
    assert (told.new, told.revised) == (1, 1)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (("price_limit", "chinext", "2020-08-24"), "no price_limit of chinext from 2026-06-01"),
        (("stamp_duty", "all", "2008-09-19", "sell"), "no stamp_duty of all"),
    ],
)
def test_a_rule_that_bars_need_is_not_withdrawn(store: Store, key: tuple[str, ...], why: str) -> None:
    ingest_all(store, [Part("bars", bars(1), "b.csv")], now=NOW)
    with pytest.raises(UsageError, match=why):
        withdraw(store, "rules", key, "a mistake", now=LATER)
    assert not store.frame("rules")["withdrawn"].any()


def test_a_session_on_which_bars_stand_is_not_withdrawn(store: Store) -> None:
    day = date(2027, 1, 4)  # further than the package
    later = datetime(2027, 1, 5, 20)
    sessions = pl.DataFrame({"session": [day]})
    ingest_all(store, [Part("sessions", sessions, "s.csv"), Part("bars", bars(1, session=day), "b.csv")], now=later)
    with pytest.raises(UsageError, match="1 bars on 2027-01-04"):
        withdraw(store, "sessions", ["2027-01-04"], "a mistake", now=later)


# Actions
