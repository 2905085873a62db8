"""A screen reads the bars of the firms it can rank, and says the same as over the whole market."""

from pathlib import Path

import pytest

from screener.core.config import ScreenOptions, Universe
from screener.point_in_time.market import Market
from screener.research import open
from screener.screen.diff import diff
from screener.screen.ranking import screen
from screener.store.database import Store
from tests.commands.conftest import Cli
from tests.recorded import market_dir


@pytest.fixture(scope="module")
def wide_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded market with its further 800 stocks."""
    from screener.store.loading import load_folder

    folder, path = market_dir(), tmp_path_factory.mktemp("wide") / "store.duckdb"
    with Store.create_or_open(path) as store:
        load_folder(store, folder)
    return path


def markets(db: Path) -> tuple[Market, Market]:
    """The whole market, and the one that a screen reads."""
    return open(db).market(), open(db).market([])


@pytest.mark.parametrize("universe", [Universe.KNOWN, Universe.REPORT])
def test_other_firms_bars_change_nothing_in_a_screen(wide_db: Path, universe: Universe) -> None:
    whole, narrow = markets(wide_db)
    assert len(narrow.symbols) < 20 < 800 < len(whole.symbols)
    assert (narrow.sessions == whole.sessions).all()
    options = ScreenOptions(universe=universe)
    rows = [screen(each.at_day(None, universe), options).rows for each in (whole, narrow)]
    assert rows[0] == rows[1] and any(row.score for row in rows[0])


def test_other_firms_bars_change_nothing_in_a_difference(wide_db: Path) -> None:
    found = []
    for each in markets(wide_db):
        before, after = (each.panel_at(each._close_times[t], Universe.KNOWN) for t in (100, -1))
        found.append(diff(before, after).rows)
    assert found[0] == found[1]


def test_a_symbol_that_is_asked_for_is_read_too(wide_db: Path, cli: Cli) -> None:
    symbol = next(s for s in open(wide_db).market().symbols if s.startswith("6"))
    assert symbol in open(wide_db).market([symbol]).symbols
    assert cli("explain", symbol, "--db", wide_db).code == 0


def test_the_whole_market_is_read_where_it_is_the_universe(wide_db: Path) -> None:
    assert len(open(wide_db).screen(universe="market").rows) > 800
