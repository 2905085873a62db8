"""A market as it stood before a correction is the one that its rows of then would make, whatever was corrected."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from screener.core.tables import FACTS
from screener.point_in_time.derived import DERIVED
from screener.point_in_time.epochs import Seen
from screener.point_in_time.frames import frame_of
from screener.point_in_time.market import Market
from screener.point_in_time.versions import before_revision
from tests.point_in_time.markets import bars, rows, sessions

SYMBOLS = ("300001.SZ", "600001.SH", "688001.SH", "920001.BJ")
DAYS = sessions(40)
# What arrays are derived from is compared as these.
LEFT_OUT = ("frames", "calendar", "revisions", "capital", "factors", "factor_column")
NAMES = [*(f.name for f in fields(Market) if f.name not in LEFT_OUT), *DERIVED]


def written(frame: pl.DataFrame, run: int, at: datetime, *, withdrawn: bool = False) -> pl.DataFrame:
    """Rows as one run of the store wrote them, known from then."""
    return frame.with_columns(known_at=pl.lit(at), run=pl.lit(f"{run:06d}"), withdrawn=pl.lit(withdrawn))


def moments(seed: int) -> list[datetime]:
    rng = np.random.default_rng(seed)
    days = sorted(rng.choice(np.arange(5, 39), 8, replace=False).tolist())
    return [datetime.combine(DAYS[day], time(20)) for day in days]


def first_bars(rng: np.random.Generator) -> pl.DataFrame:
    closes = {s: [None if rng.random() < 0.05 else round(20 + rng.normal(), 2) for _ in DAYS] for s in SYMBOLS}
    frame = bars(closes).drop("fetched_at")
    return frame.with_columns(run=pl.lit("000000"), withdrawn=pl.lit(False))


def corrected_bars(known: pl.DataFrame, rng: np.random.Generator, run: int, at: datetime) -> pl.DataFrame:
    """A few bars of known days with another close, or taken back."""
    past = known.filter(pl.col("session") < at.date(), pl.col("run") == "000000")
    some = past.sample(3, seed=int(rng.integers(1 << 30)))
    close = (pl.col("close") + round(float(rng.normal()), 2)).round(2)
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    return written(some.with_columns(**prices), run, at, withdrawn=bool(rng.random() < 0.3))


def others(rng: np.random.Generator) -> dict[str, list[pl.DataFrame]]:
    """First versions of actions, share counts and index levels."""
    action = {"symbol": SYMBOLS[0], "ex_date": DAYS[20], "kind": "bonus", "shares_to_holder": 0.4}
    action |= {"cash_to_holder": 0.0, "action_id": "a", "known_at": datetime.combine(DAYS[20], time(9))}
    count = {"symbol": SYMBOLS[1], "effective_date": DAYS[3], "total_shares": 10_000_000, "share_id": "s"}
    level = {"index": "000300.SH", "session": DAYS[7], "close": 4000.0, "known_at": datetime.combine(DAYS[7], time(15))}
    known = {"known_at": datetime.combine(DAYS[3], time(9))}
    first = {
        "actions": rows("actions", action),
        "shares": rows("shares", count | known),
        "indices": rows("indices", level),
    }
    return {name: [frame.with_columns(run=pl.lit("000000"), withdrawn=pl.lit(False))] for name, frame in first.items()}


def store(seed: int) -> dict[str, pl.DataFrame]:
    """Frames with eight corrections, each of bars or of another table."""
    rng = np.random.default_rng(seed)
    told, tables = [first_bars(rng)], others(rng)
    figures = {"actions": "shares_to_holder", "shares": "total_shares", "indices": "close"}
    for run, at in enumerate(moments(seed), start=1):
        name = str(rng.choice(["bars", "bars", *tables]))
        if name == "bars":
            told.append(corrected_bars(told[0], rng, run, at))
            continue
        changed = tables[name][0].with_columns(pl.col(figures[name]) * (1 + run))
        tables[name].append(written(changed, run, at, withdrawn=bool(rng.random() < 0.3)))
    empty = {
        name: rows(name) for name in ("announcements", "commitments", "contract_facts", "links", "firms", "st_spells")
    }
    return {**empty, "bars": pl.concat(told), **{name: pl.concat(frames) for name, frames in tables.items()}}


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and bool(((one == other) | ((one != one) & (other != other))).all())
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if hasattr(one, "dates"):
        return all(same(getattr(one, each.name), getattr(other, each.name)) for each in fields(one))
    return repr(one) == repr(other)


def anew(frames: dict[str, pl.DataFrame], market: Market, moment: datetime) -> Market:
    then = {table.name: before_revision(frame_of(frames, table.name), table, moment) for table in FACTS}
    return Market.build({**frames, **then}, calendar=market.calendar)


@pytest.mark.parametrize("seed", range(12))
def test_a_past_market_is_the_one_its_rows_would_make(seed: int) -> None:
    frames = store(seed)
    market = Market.build(frames)
    assert len(market.revisions) == 8
    for number in np.random.default_rng(seed).permutation(8).tolist():  # in whatever order it is asked
        seen, right = market._past.at(number), anew(frames, market, market.revisions[number])
        told = [name for name in NAMES if not same(getattr(seen, name), getattr(right, name))]
        assert not told, (number, told)


@pytest.mark.parametrize("seed", range(4))
def test_rows_and_cuts_of_a_past_market_are_those_of_its_arrays(seed: int) -> None:
    market = Market.build(store(seed))
    for number in range(len(market.revisions)):
        seen = market._past.at(number)
        for name in ("close", "reference", *DERIVED):
            whole = getattr(seen, name)
            for t in range(len(DAYS)):
                assert same(seen.row(name, t), whole[t]) and same(seen.upto(name, t), whole[:t])
            assert same(seen.row(name, -1), whole[-1])


def test_corrections_cost_their_cells_and_not_a_market_each() -> None:
    market = Market.build(store(1))
    seen = [market._past.at(number) for number in range(len(market.revisions))]
    assert all(isinstance(one, Seen) for one in seen)
    shared = [
        name
        for name in ("high", "volume", "limit_up", "stamp_duty")
        if getattr(seen[-1], name) is getattr(market, name)
    ]
    assert "stamp_duty" in shared and len(market._past.whole) <= 6
    assert seen[0].announcements is market.announcements and seen[0]._memo is market._memo


def test_a_bar_that_alone_told_the_last_session_moves_the_span_back() -> None:
    first = bars({"300001.SZ": [10.0, 10.1]}).drop("fetched_at").with_columns(run=pl.lit("0"), withdrawn=pl.lit(False))
    at = datetime.combine(date(2025, 4, 1), time(20))
    market = Market.build({"bars": pl.concat([first, written(first[1:], 1, at, withdrawn=True)])})
    before = market.panel_at(at - timedelta(minutes=1))
    assert len(market.sessions) == 1 and before.previous_session == sessions(2)[1]
