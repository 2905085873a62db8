"""A screen reads the bars of the firms it can rank, and says the same as over the whole market."""

from pathlib import Path

import pytest

from screener.commands.context import MARKET_TABLES, frames_of, market_of, panel_of, screened_market
from screener.core.config import ScreenOptions, Universe
from screener.point_in_time import market
from screener.screen.diff import diff
from screener.screen.ranking import screen
from screener.store.database import Store
from tests.commands.conftest import Cli
from tests.recorded import market_dir


@pytest.fixture(scope="module")
def wide_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded market with its further 800 stocks."""
    from screener.store.ingest import load_folder

    folder, path = market_dir(), tmp_path_factory.mktemp("wide") / "store.duckdb"
    with Store.create_or_open(path) as store:
        load_folder(store, folder)
    return path


def test_the_tables_read_are_those_a_market_uses() -> None:
    assert set(MARKET_TABLES) == set(market._USED)


@pytest.mark.parametrize("universe", [Universe.KNOWN, Universe.REPORT])
def test_other_firms_bars_change_nothing_in_a_screen(wide_db: Path, universe: Universe) -> None:
    whole, narrow = market_of(wide_db), screened_market(wide_db, universe)
    assert len(narrow.symbols) < 20 < 800 < len(whole.symbols)
    assert (narrow.sessions == whole.sessions).all()
    options = ScreenOptions(universe=universe)
    rows = [screen(panel_of(each, None, universe), options).rows for each in (whole, narrow)]
    assert rows[0] == rows[1] and any(row.score for row in rows[0])


def test_other_firms_bars_change_nothing_in_a_difference(wide_db: Path) -> None:
    found = []
    for each in (market_of(wide_db), screened_market(wide_db, Universe.KNOWN)):
        panels = [each.panel_at(at, Universe.KNOWN) for at in (each._close_times[100], each._close_times[-1])]
        found.append(diff(*panels))
    assert found[0] == found[1]


def test_a_symbol_that_is_asked_for_is_read_too(wide_db: Path, cli: Cli) -> None:
    symbol = next(s for s in frames_of(wide_db)["bars"]["symbol"].unique().sort() if s.startswith("6"))
    assert symbol in screened_market(wide_db, Universe.KNOWN, symbol).symbols
    assert cli("explain", symbol, "--db", wide_db).code == 0


def test_the_whole_market_is_read_where_it_is_the_universe(wide_db: Path) -> None:
    assert len(screened_market(wide_db, Universe.MARKET).symbols) > 800
