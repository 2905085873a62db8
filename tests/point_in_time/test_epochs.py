"""A market as it stood before a correction is the one that its rows of then would make, whatever was corrected."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from screener.core.tables import FACTS
from screener.point_in_time.building import FIELDS_OF
from screener.point_in_time.corrected import ARRAYS
from screener.point_in_time.epochs import Seen
from screener.point_in_time.frames import frame_of
from screener.point_in_time.market import Market
from screener.point_in_time.versions import before_revision
from tests.cases import later
from tests.point_in_time.corrections import DAYS, store, written
from tests.point_in_time.markets import bars, sessions

# What a market of the past has; `ended` follows from its actions.
NAMES = (*ARRAYS, *FIELDS_OF, "sessions", "symbols", "actions", "ended", "source", "synthetic", "kinds")


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


@pytest.mark.parametrize("seed", [*range(8), *later(*range(8, 40))])
def test_a_past_market_is_the_one_its_rows_would_make(seed: int) -> None:
    frames = store(seed)
    market = Market.build(frames)
    revisions = len(market.revisions)
    assert revisions >= 4  # bars that are taken back twice are no revision
    for number in np.random.default_rng(seed).permutation(revisions).tolist():  # in whatever order it is asked
        seen, right = market._past.at(number), anew(frames, market, market.revisions[number])
        told = [name for name in NAMES if not same(getattr(seen, name), getattr(right, name))]
        assert not told, (number, told)


ONE = bars({"300001.SZ": [10.0, 10.1, 10.2], "600001.SH": [5.0, 5.1, 5.2]}).drop("fetched_at")
FIRST = ONE.with_columns(run=pl.lit("0"), withdrawn=pl.lit(False))
ALL, STOCK, CELL = pl.lit(value=True), pl.col("symbol") == "600001.SH", pl.col("close") == 5.1


@pytest.mark.parametrize("which", [ALL, STOCK, CELL], ids=["all", "stock", "cell"])
@pytest.mark.parametrize("back", [False, True])
def test_bars_that_were_taken_back_and_told_again(which: pl.Expr, *, back: bool) -> None:
    gone, again = (datetime.combine(DAYS[day], time(20)) for day in (10, 11))
    told = [FIRST, written(FIRST.filter(which), 1, gone, withdrawn=True), written(FIRST.filter(which), 2, again)]
    frames = {**store(1), "bars": pl.concat(told if back else told[:2])}
    market = Market.build(frames)
    for number, moment in enumerate(market.revisions):
        seen, right = market._past.at(number), anew(frames, market, moment)
        assert not [name for name in NAMES if not same(getattr(seen, name), getattr(right, name))], number


@pytest.mark.parametrize("seed", range(4))
def test_rows_and_cuts_of_a_past_market_are_those_of_its_arrays(seed: int) -> None:
    market = Market.build(store(seed))
    for number in range(len(market.revisions)):
        seen = market._past.at(number)
        for name in ARRAYS:
            whole = getattr(seen, name)
            for t in range(len(DAYS)):
                assert same(seen.row(name, t), whole[t]) and same(seen.upto(name, t), whole[:t])
            assert same(seen.row(name, -1), whole[-1])


@pytest.mark.parametrize("name", ["capital", "factors", "limit_permille", "limit_up", "lot_step", "stamp_duty"])
def test_a_past_market_has_nothing_that_is_todays(name: str) -> None:
    market = Market.build(store(1))
    with pytest.raises(AttributeError, match="a market of the past has no"):
        getattr(market._past.at(0), name)


def test_corrections_cost_their_cells_and_not_a_market_each() -> None:
    frames = store(3)
    others = {name: frame.filter(pl.col("run") == "000000") for name, frame in frames.items() if "run" in frame.columns}
    market = Market.build({**frames, **others, "bars": frames["bars"]})
    seen = [one for one in map(market._past.at, range(len(market.revisions))) if isinstance(one, Seen)]
    assert len(seen) > 1 and all(one.announcements is market.announcements for one in seen)
    assert all(one._memo is market._memo and one.symbols is market.symbols for one in seen)
    assert len(market._past.whole) <= 6


@pytest.mark.parametrize(("name", "day"), [("rules", "end"), ("sessions", "session")])
def test_a_corrected_rule_costs_one_market_and_not_one_for_each_correction_before(name: str, day: str) -> None:
    law = frame_of({}, name).with_columns(run=pl.lit("000000"), withdrawn=pl.lit(False))
    old = law.filter(pl.col(day) < date(2014, 1, 1))[:1]
    told = pl.concat([law, written(old, 99, datetime.combine(DAYS[39], time(21)), withdrawn=True)])
    market = Market.build({**store(3), name: told})
    built = market._past.at(len(market.revisions) - 1)
    assert type(built) is Market and built.revisions == market.revisions[:-1]
    assert market._past.at(0) is built._past.at(0)


def test_a_bar_that_alone_told_the_last_session_moves_the_span_back() -> None:
    first = bars({"300001.SZ": [10.0, 10.1]}).drop("fetched_at").with_columns(run=pl.lit("0"), withdrawn=pl.lit(False))
    at = datetime.combine(date(2025, 4, 1), time(20))
    market = Market.build({"bars": pl.concat([first, written(first[1:], 1, at, withdrawn=True)])})
    before = market.panel_at(at - timedelta(minutes=1))
    assert len(market.sessions) == 1 and before.previous_session == sessions(2)[1]
