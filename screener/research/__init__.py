"""The front door: one store, and a method for every question about it. Commands and notebooks call the same ones.

1. `open(db)` names a store (nothing is read yet), `demo()` makes one of the SYNTHETIC market and the report's facts.
2. A question about the past reads the market once and cuts it at the day asked; what is loaded afterwards is seen after
   `load`, `fetch` or `refresh`.
3. Every method returns an `Answer`: typed, with `stands_on`, `frame()`, `tables()`, `as_dict()`. Options are keywords,
   checked as those of the command line are. Libraries are imported by the question that needs them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from screener.core.settings import default_db
from screener.research.pages import STRATEGIES
from screener.research.questions import Recorded, Research

if TYPE_CHECKING:
    from screener.backtest.lookahead import Check
    from screener.core.answer import Rows
    from screener.evaluation.appraisal import Appraisal
    from screener.evaluation.brief import Brief
    from screener.store.discovering import Discovered
    from screener.store.fetch.budget import Budget
    from screener.store.fetch.matching import Moved
    from screener.store.fetch.run import Report as Progress
    from screener.store.fetch.summary import Outcome, Summary
    from screener.store.findings.told import Findings
    from screener.store.loading import Loading
    from screener.store.parts import LoadReport
    from screener.store.querying import Selection
    from screener.store.status import Status
    from screener.store.withdrawing import History

__all__ = [
    "STRATEGIES",
    "Appraisal",
    "Brief",
    "Budget",
    "Check",
    "Discovered",
    "Findings",
    "History",
    "LoadReport",
    "Loading",
    "Moved",
    "Outcome",
    "Progress",
    "Recorded",
    "Research",
    "Selection",
    "Status",
    "Summary",
    "demo",
    "open",
    "open_or_demo",
    "packaged",
    "strategies",
    "template_of",
]


def open(db: Path | str | None = None) -> Research:
    """Research on the store `db` (default: $SCREENER_DB, else data/screener.duckdb of a checkout)."""
    return Research(Path(db) if db is not None else default_db())


def demo(folder: Path | str | None = None) -> Research:
    """Research on a SYNTHETIC market with the report's announcements; in a temporary folder where none is named."""
    if folder is not None:
        return Research.made_up(Path(folder) / "demo.duckdb")
    from screener.core.own_folder import OwnFolder

    own = OwnFolder("demo")
    made = Research.made_up(own.path / "demo.duckdb")
    made.kept = own
    return made


def open_or_demo(db: Path | None) -> Research:
    """The store that is meant; the SYNTHETIC market where there is none and none was named."""
    return open(db) if db is not None or default_db().is_file() else demo()


def strategies() -> Rows:
    """Every strategy there is: ./strategies first, then the packaged ones."""
    from screener.backtest.confined.run import load
    from screener.backtest.strategy import listing

    return listing(load)


def packaged(name: str) -> str:
    """The file of a packaged strategy, whatever ./strategies holds. Raises StrategyError."""
    from screener.backtest.strategy import packaged

    return packaged(name)


def template_of(table: str) -> str:
    """A CSV to start from: the header of a table and a row of examples. Raises UsageError."""
    from screener.sources.files.templates import template

    return template(table)
