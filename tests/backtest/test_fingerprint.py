"""The same facts have the same fingerprint; one of them changed has another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from screener.backtest.fingerprint import fingerprint
from screener.core.tables import TABLES
from screener.point_in_time.corporate import Action
from screener.point_in_time.frames import frame_of
from screener.point_in_time.market import Market
from tests.backtest.markets import make_market
from tests.point_in_time.markets import constant

NAMES = ("announcements", "commitments", "contract_facts", "links", "firms", "kinds", "st_spells", "rules")
NIGHT = datetime(2026, 7, 1, 20)


def bars(days: list[date]) -> pl.DataFrame:
    price = {"open": 10.0, "high": 11.0, "low": 9.0, "close": 10.5, "volume": 1000, "amount": None, "source": "t"}
    rows = [{"symbol": symbol, "session": day, **price} for symbol in ("300001.SZ", "600001.SH") for day in days]
    frame = TABLES["bars"].check(pl.DataFrame(rows))
    return frame.with_columns(known_at=pl.col("session").cast(pl.Datetime("us")) + timedelta(hours=15))


def shares(day: date) -> pl.DataFrame:
    rows = [{"symbol": symbol, "effective_date": day, "total_shares": 10**8} for symbol in ("300001.SZ", "600001.SH")]
    return TABLES["shares"].check(pl.DataFrame(rows)).with_columns(known_at=pl.lit(datetime(2026, 6, 29, 9)))


def frames() -> dict[str, pl.DataFrame]:
    prices = {"bars": bars([date(2026, 6, 29), date(2026, 6, 30)]), "shares": shares(date(2026, 6, 29))}
    return {name: frame_of({}, name) for name in NAMES} | prices


MARKET = replace(
    Market.build(frames()),
    actions=(Action(1, 0, "cash", 0.0, 0.5, float("nan")),),
    indices=make_market(np.linspace(10, 12, 5)).indices,
    revisions=(),
)


def test_the_same_facts_in_another_order_are_the_same() -> None:
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=3) for name, frame in frames().items()}
    assert not shuffled["commitments"].equals(frames()["commitments"])
    assert fingerprint(Market.build(shuffled)) == fingerprint(Market.build(frames()))
    assert fingerprint(replace(MARKET, commitments=MARKET.commitments[::-1])) == fingerprint(MARKET)


ARRAYS = [field.name for field in fields(Market) if isinstance(getattr(MARKET, field.name), np.ndarray)]


@pytest.mark.parametrize("name", ARRAYS)
def test_every_cell_of_every_array_counts(name: str) -> None:
    array = getattr(MARKET, name).copy()
    array.flat[-1] = array.flat[-1] + (np.timedelta64(1, "D") if name == "sessions" else True)
    if array.dtype == bool:
        array.flat[-1] = not getattr(MARKET, name).flat[-1]
    array.flat[-1] = 7.0 if array.dtype == float and np.isnan(array.flat[-1]) else array.flat[-1]
    assert fingerprint(replace(MARKET, **{name: array})) != fingerprint(MARKET)


def without_last(name: str) -> Callable[[Market], dict[str, Any]]:
    return lambda market: {name: getattr(market, name)[:-1]}


def first_changed(name: str, **values: Any) -> Callable[[Market], dict[str, Any]]:
    return lambda market: {name: (replace(getattr(market, name)[0], **values), *getattr(market, name)[1:])}


def index_level(market: Market) -> dict[str, Any]:
    ((name, series),) = market.indices.items()
    return {"indices": {name: replace(series, close=series.close + (np.arange(len(series.close)) == 2))}}


@pytest.mark.parametrize(
    "change",
    [
        *(without_last(name) for name in ("announcements", "commitments", "actions", "report_symbols")),
        first_changed("commitments", amount_high=1.0),
        first_changed("commitments", known_at=datetime(2026, 1, 2)),
        first_changed("announcements", review="unreviewed", title="another"),
        first_changed("actions", cash_to_holder=0.6),
        index_level,
        lambda market: {"capital": constant(market.capital.shape, 1e8)},
        lambda market: {"universe_entry": dict(list(market.universe_entry.items())[1:])},
    ],
)
def test_one_fact_changed_is_other_data(change: Callable[[Market], dict[str, Any]]) -> None:
    assert fingerprint(replace(MARKET, **change(MARKET))) != fingerprint(MARKET)


def test_a_kind_that_counts_no_more_is_other_data() -> None:
    kinds = frame_of({}, "kinds").with_columns(order_like=pl.lit(value=False))
    assert fingerprint(replace(MARKET, frames={**MARKET.frames, "kinds": kinds})) != fingerprint(MARKET)


def test_what_a_revised_row_said_before_counts_and_when_it_was_stored_does_not() -> None:
    def revised(close: float, run: str) -> str:
        old = bars([date(2026, 6, 29), date(2026, 6, 30)]).with_columns(fetched_at=NIGHT, run=pl.lit(run))
        wrong = old.head(1).with_columns(close=pl.lit(close))
        new = old.with_columns(fetched_at=NIGHT + timedelta(days=1), known_at=pl.lit(NIGHT))
        return fingerprint(Market.build({**frames(), "bars": pl.concat([wrong, old[1:], new.head(1)])}))

    assert revised(10.4, "a") == revised(10.4, "b") != revised(10.3, "a")
