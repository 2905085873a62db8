"""What keeps a whole market small and quick: bars that were never revised, boards younger than the data, strips."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from screener.core import arrays
from screener.core.calendar import packaged_calendar
from screener.core.limit_spans import spans_of
from screener.core.price_rules import limit_prices
from screener.core.rules import packaged_rules
from screener.core.tables import TABLES, packaged
from screener.point_in_time import prices
from screener.point_in_time.cells import handed
from screener.point_in_time.derived import Basis, whole
from screener.point_in_time.market import Market


def bars_of(symbols: Sequence[str], days: Sequence[date], close: float = 10.0) -> pl.DataFrame:
    """A bar of every symbol on every day, known at its close."""
    frame = pl.DataFrame(
        {
            "symbol": [symbol for day in days for symbol in symbols],
            "session": [day for day in days for _ in symbols],
            "volume": 1_000_000,
            "source": "made up",
        }
    ).with_columns(pl.lit(close).alias(name) for name in ("open", "high", "low", "close"))
    known = pl.col("session").cast(pl.Datetime("us")) + pl.duration(hours=15)
    return TABLES["bars"].check(frame).with_columns(known_at=known)


def test_the_order_in_which_bars_are_stored_does_not_matter() -> None:
    days = packaged_calendar().between(date(2024, 10, 8), date(2024, 11, 8))
    bars = (
        bars_of(("300001.SZ", "600001.SH"), days)
        .with_row_index()
        .with_columns(close=pl.col("close") + pl.col("index") / 100)
        .drop("index")
    )
    first, second = (Market.build({"bars": frame}) for frame in (bars, bars.sample(fraction=1, shuffle=True, seed=1)))
    assert np.array_equal(first.close, second.close, equal_nan=True)
    assert first.close[3, first.index_of("600001.SH")] == pytest.approx(10.07)


def test_a_bar_that_stands_twice_is_seen_in_its_last_version() -> None:
    days = packaged_calendar().between(date(2024, 10, 8), date(2024, 11, 8))
    bars = bars_of(("300001.SZ",), days)
    later = bars[3:4].with_columns(close=pl.lit(11.0), known_at=pl.col("known_at") + timedelta(days=9))
    both = pl.concat([later, bars])
    assert not handed(bars).versions.height and handed(both).versions.height == 2
    market = Market.build({"bars": both})
    assert market.close[3, market.index_of("300001.SZ")] == 11.0 and len(market.revisions) == 1


def test_data_may_be_older_than_a_board() -> None:
    days = packaged_calendar().between(date(2019, 7, 1), date(2019, 8, 30))
    star = [day for day in days if day >= date(2019, 7, 22)]
    market = Market.build({"bars": pl.concat([bars_of(("600001.SH",), days), bars_of(("688001.SH",), star)])})
    n, last = market.index_of("688001.SH"), len(market.sessions) - 1
    assert market.limit_up[last, n] == 12.0 and market.limit_up[last, market.index_of("600001.SH")] == 11.0
    assert np.isnan(market.limit_up[: days.index(star[0]), n]).all()


def test_limits_in_strips_are_those_of_single_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "_CELLS", 3 * 16)
    reference = np.random.default_rng(0).uniform(1, 90, (3 * 16 + 5, 3)).round(2)
    sessions = np.array(packaged_calendar().between(date(2023, 5, 4), date(2026, 6, 30))[: len(reference)], "M8[D]")
    names = ("600001.SH", "300001.SZ", "920001.BJ")
    spells, firms = (packaged(table).clear() for table in ("st_spells", "firms"))
    found = spans_of(names, spells, firms, packaged_rules(), packaged_calendar())
    other = {"close": reference, "reference": reference, "capital": None, "factors": None, "factor_column": None}
    basis = Basis.of({**other, **prices.limit_rates(sessions, found)})
    up, down = (whole(basis, name) for name in ("limit_up", "limit_down"))
    for t, n in ((0, 0), (16, 1), (len(reference) - 1, 2)):
        rate, rounding = ((0.1, 0.5), (0.2, 0.5), (0.3, 0.0))[n]
        assert (up[t, n], down[t, n]) == limit_prices(float(reference[t, n]), rate, rounding)
