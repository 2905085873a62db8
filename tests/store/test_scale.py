"""What keeps a store of the whole market small and quick gives the same as looking at all of it at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl
import pytest

from screener.core.calendar import packaged_calendar
from screener.sources import registry
from screener.store import facts
from screener.store.database import Store
from screener.store.facts import Facts
from screener.store.fetch.budget import budget
from screener.store.fetch.plan import FetchPlan, planned
from screener.store.findings import derive
from screener.store.ingest import ingest
from screener.store.status import gaps
from tests import kept
from tests.store.rows import NOW

_BY_SQL = """
    WITH days AS (SELECT session, row_number() OVER (ORDER BY session) AS n
                  FROM (SELECT DISTINCT session FROM sessions)),
    stepped AS (SELECT symbol, n, lag(n) OVER (PARTITION BY symbol ORDER BY n) AS before
                FROM (SELECT DISTINCT symbol, session FROM bars) JOIN days USING (session))
    SELECT symbol, f.session AS first, l.session AS last, stepped.n - before - 1 AS sessions
    FROM stepped JOIN days f ON f.n = before + 1 JOIN days l ON l.n = stepped.n - 1
    WHERE stepped.n > before + 1 ORDER BY symbol, first
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The SYNTHETIC market, in which stocks are halted and odd rows are found."""
    path = kept.copied(kept.synthetic(), tmp_path_factory.mktemp("scale") / "store.duckdb")
    with Store.create_or_open(path) as made:
        bars = made.latest("bars").filter(pl.col("session") > date(2025, 6, 1)).sample(200, seed=1)
        odd = bars.with_columns(volume=pl.lit(0), amount=pl.lit(0.0)).select(
            "symbol", "session", "source", *facts.BAR_COLUMNS[2:]
        )
        ingest(made, "bars", odd, "odd", NOW)
        yield made


def test_gaps_are_those_that_a_window_over_all_bars_finds(store: Store) -> None:
    assert gaps(store).rows() == store.connection.execute(_BY_SQL).fetchall() != []


@pytest.mark.parametrize("together", [1, 5])
def test_findings_are_the_same_however_many_symbols_are_looked_at_together(
    store: Store, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    whole = derive.bar_findings(Facts(store.connection))
    monkeypatch.setattr(facts, "TOGETHER", together)
    assert whole.height > 100 and derive.bar_findings(Facts(store.connection)).equals(whole)


@pytest.mark.parametrize("firms", [1, 40])
def test_what_a_fetch_is_about_to_ask_grows_with_the_firms(firms: int) -> None:
    symbols = tuple(f"30{n:04d}.SZ" for n in range(1, firms + 1))
    day = packaged_calendar().on_or_before(NOW.date())
    due = planned(FetchPlan(symbols, day - timedelta(days=1), ("bars", "shares")), NOW)
    asked = budget(due, registry.wire())
    assert asked.requests == {"bars": 2 * firms, "shares": 2 * firms}
    assert f"{4 * firms} requests or more" in asked.line
