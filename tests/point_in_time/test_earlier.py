"""A market cut at a moment out of its cells is the one that the rows known by then would make."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from screener.point_in_time.cells import KEY, WithBars
from screener.point_in_time.earlier import Earlier
from screener.point_in_time.market import Market
from tests.cases import later
from tests.point_in_time.corrections import store
from tests.point_in_time.test_epochs import same

FACTS = [each.name for each in fields(Market) if each.name not in ("frames", "capital")]


def told(market: Market) -> dict[str, Any]:
    """All that a market says, with its bars as rows."""
    assert isinstance(market.frames, WithBars)
    bars = market.frames["bars"]
    written = [name for name in ("run", "fetched_at", "withdrawn") if name in bars.columns]
    rows = bars.sort(*KEY, "known_at", *written).rows()
    of_bars = market.frames.cells.bars
    spans = (of_bars.symbols, of_bars.first, of_bars.last, of_bars.sources, of_bars.moments)
    every = {name: getattr(market, name) for name in FACTS}
    return {**every, "rows": rows, "spans": spans, "total_shares": market.total_shares, "mark": market.mark}


@pytest.mark.parametrize("seed", [*range(6), *later(*range(6, 40))])
@pytest.mark.parametrize("corrected", [True, False])
def test_a_market_cut_out_of_its_cells_is_the_one_that_rows_make(
    seed: int, corrected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = store(seed)
    if not corrected:
        frames["bars"] = frames["bars"].unique(KEY, keep="first", maintain_order=True).filter(~pl.col("withdrawn"))
    market = Market.build(frames)
    first, last = (day.astype("datetime64[us]").item() for day in market.sessions[[0, -1]])
    moments = [first + timedelta(hours=hours) for hours in (8, 15, 40)]
    moments += [first + (last - first) * part for part in np.random.default_rng(seed).random(4)]
    for moment in [*moments, last + timedelta(hours=14), last + timedelta(days=90)]:
        assert isinstance(market.frames, WithBars) and Earlier(market.frames.cells, moment).tells_all
        found = told(market.until(moment))
        with monkeypatch.context() as patched:
            patched.setattr(Earlier, "tells_all", False)
            right = told(market.until(moment))
        assert [name for name in right if not same(found[name], right[name])] == [], moment


def test_a_cut_market_without_corrections_shares_its_cells_with_the_whole_one() -> None:
    frames = store(0)
    frames["bars"] = frames["bars"].unique(KEY, keep="first", maintain_order=True).filter(~pl.col("withdrawn"))
    market = Market.build(frames)
    cut = market.until(market.sessions[-2].astype("datetime64[us]").item() + timedelta(hours=20))
    assert len(cut.sessions) == len(market.sessions) - 1 and np.shares_memory(cut.close, market.close)
