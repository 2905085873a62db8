"""What became known later than the day it speaks of is in no answer before that: neither acts it backwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time

import numpy as np
import polars as pl
import pytest

from screener.core.config import Universe
from screener.point_in_time.cut import known_only, scrambled_after
from screener.point_in_time.following import with_times
from screener.point_in_time.market import Market
from tests.point_in_time.markets import bars, rows, sessions

Cut = Callable[[Mapping[str, pl.DataFrame], datetime], dict[str, pl.DataFrame]]
DAYS = sessions(20)
EX, KNOWN = 8, 12  # session of the ex-date, and the one in whose evening somebody told of it
CLOSES = [20.0] * EX + [10.0] * (20 - EX)


def split(known_at: datetime) -> dict[str, pl.DataFrame]:
    """One stock whose price halves with a bonus of one share a share, known from a moment on."""
    action = {"symbol": "300001.SZ", "ex_date": DAYS[EX], "kind": "bonus", "shares_to_holder": 1.0, "action_id": "a"}
    count = {"symbol": "300001.SZ", "effective_date": date(2025, 1, 2), "total_shares": 1_000_000, "share_id": "s"}
    names = ("announcements", "commitments", "contract_facts", "links", "firms", "st_spells", "indices")
    return {
        **{name: rows(name) for name in names},
        "bars": bars({"300001.SZ": CLOSES}),
        "actions": rows("actions", action | {"cash_to_holder": 0.0, "known_at": known_at}),
        "shares": rows("shares", count | {"known_at": datetime(2025, 1, 2, 9)}),
    }


def seen(market: Market, as_of: datetime) -> tuple[float, float]:
    """(market cap, shares of today per share of the first session) as a decision of then sees them."""
    panel = market.panel_at(as_of, Universe.MARKET)
    return float(panel.market_cap[0]), float(panel.share_factor_now[0])


LATE = datetime.combine(DAYS[KNOWN], time(20))


@pytest.mark.parametrize("cut", [known_only, scrambled_after])
@pytest.mark.parametrize("session", range(EX - 1, 19))
def test_an_action_told_after_its_ex_date_is_not_seen_before(session: int, cut: Cut) -> None:
    frames, as_of = split(LATE), datetime.combine(DAYS[session], time(9, 15))
    whole = Market.build(frames)
    assert seen(whole, as_of) == seen(Market.build(cut(frames, as_of), calendar=whole.calendar), as_of)


def test_once_it_is_told_it_counts_from_its_ex_date() -> None:
    after = datetime.combine(DAYS[KNOWN + 1], time(9, 15))
    late, due = (Market.build(split(at)) for at in (LATE, datetime.combine(DAYS[EX], time(9))))
    assert seen(late, after) == seen(due, after) == (2e7, 2.0)
    before = datetime.combine(DAYS[KNOWN], time(9, 15))
    assert seen(late, before) == (1e7, 1.0)
    assert np.array_equal(
        late.reference, due.reference, equal_nan=True
    )  # what is filled is filled at the prices of the day


def test_a_commitment_that_is_withdrawn_later_was_there_until_then() -> None:
    told, gone = datetime(2025, 3, 3, 15), datetime(2025, 3, 10, 20)
    line = {"commitment_id": "A-1", "announcement_id": "A", "symbol": "300001.SZ"}
    both = pl.concat([rows("commitments", line | {"known_at": at}) for at in (told, gone)])
    announced = rows("announcements", {"announcement_id": "A", "symbol": "300001.SZ", "known_at": told})
    corrected = announced.with_columns(known_at=pl.lit(datetime(2025, 3, 4, 15)))
    found = with_times(both, corrected, pl.concat([announced, corrected]))
    assert found["known_at"].to_list() == [datetime(2025, 3, 4, 15), gone]
