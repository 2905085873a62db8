"""What the desk shows of one question: the parts of a dossier that the question needs, as values."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from screener.core.config import ScreenOptions, Universe, checked
from screener.core.days import Day
from screener.core.errors import ScreenerError
from screener.core.watched import listed_in
from screener.research.asked import asked_day
from screener.research.part import Part

if TYPE_CHECKING:
    from screener.evaluation.appraisal import Appraisal
    from screener.evaluation.dossier import Dossier
    from screener.evaluation.event_study import Overview, Overviews
    from screener.evaluation.rating import Review
    from screener.research.questions import Research
    from screener.screen.ranking import ScreenResult


def outlook(house: Research, day: Day = None, **options: Any) -> Dossier:
    """A day without back-tests and event studies: screen, firms, ratings. Options as of ScreenOptions.

    Raises StoreError without prices, UsageError before the first one.
    """
    from screener.evaluation.outlook import outlook

    universe = house.universe(options.get("universe", Universe.KNOWN))
    chosen = checked(ScreenOptions, **{**options, "universe": universe})
    part = Part.ALL if universe is Universe.MARKET else Part.FOLLOWED
    market = house.market(part, also=listed_in(universe) if part is Part.FOLLOWED else [])
    return outlook(market, asked_day(market, day), chosen, store=house.path.name)


def around(house: Research, run: Appraisal) -> Dossier:
    """A back-test as a dossier of its last day that holds nothing else."""
    from screener.evaluation.outlook import around

    return around(run, store=house.path.name)


def listed(whole: Dossier, found: ScreenResult) -> Dossier:
    """The day with those rows of its screen, in their order, that were asked for."""
    return replace(whole, selected=found)


def studied(house: Research, found: Overview | Overviews) -> Dossier:
    """An event study as a dossier that holds nothing else."""
    from screener.evaluation.outlook import studied

    return studied(found, house.market(Part.FOLLOWED), store=house.path.name)


def judged(house: Research, found: Review) -> Dossier:
    """A review of ratings as a dossier of its day that holds nothing else."""
    from screener.evaluation.outlook import reviewed

    return reviewed(found, house.market(Part.RATED), store=house.path.name)


def event_kinds(house: Research) -> list[tuple[str, str, str]]:
    """(kind, Chinese, English) of every kind of event: those composed of others with blank words, then the store's."""
    from screener.evaluation.event_study.kinds import KINDS
    from screener.store.database import Store

    own: list[tuple[str, str, str]] = []
    with suppress(ScreenerError), Store.open_read_only(house.path) as store:  # else: whoever asks it is told so
        rows = store.latest("kinds").select("kind", "label_zh", "label_en")
        own = [row for row in rows.iter_rows() if row[0] not in KINDS]
    return [*((name, "", "") for name in (*KINDS, "all")), *own]


def strategy_names() -> list[str]:
    """The names that a strategy can be asked for by; nothing is loaded."""
    from screener.backtest.strategy import available

    return [path.stem for path in available()]


def strategy_stamp(name: str) -> object:
    """The state of a strategy's file: where it is another, so may be the answer. Raises StrategyError."""
    from screener.backtest.strategy import find

    path = find(name)
    told = path.stat()
    return str(path), told.st_mtime_ns, told.st_size
