"""What the page is made from, and what its sections share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from screener.backtest.mistakes import Mistakes
from screener.backtest.strategy import Decide
from screener.core.config import END_OF_DAY, BacktestOptions, ScreenOptions
from screener.evaluation.appraisal import Appraisal
from screener.evaluation.searches import Searches
from screener.point_in_time.market import Market, frame_of
from screener.point_in_time.panel import Panel
from screener.report.charts import Figure
from screener.report.page.words import Words, words_of
from screener.screen.factors import Firm, firms
from screener.screen.ranking import ScreenResult, screen

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """One strategy: how it decides, and its finished back-test."""

    name: str
    description: str
    decide: Decide
    appraisal: Appraisal


@dataclass(frozen=True)
class PageSource:
    """Everything the page shows. `market` holds only what was known by the end of `as_of`."""

    market: Market
    as_of: date
    language: str
    options: ScreenOptions
    backtest: BacktestOptions
    runs: Sequence[Run] = ()
    mistakes: Mistakes = field(default_factory=Mistakes)  # of the same runs
    ratings: Sequence[Row] = ()  # rows of evaluation.rating.judge
    searches: Searches = field(default_factory=Searches)  # of the trial ledger of the store
    store: str = ""  # file name of the store
    seed: int | None = None  # of the SYNTHETIC market
    event_draws: int = 2000  # placebo draws of the event study

    @cached_property
    def words(self) -> Words:
        """Every label in the language of the page."""
        return words_of(self.language)

    @property
    def moment(self) -> datetime:
        """The decision time of the page."""
        return datetime.combine(self.as_of, END_OF_DAY)

    @cached_property
    def panel(self) -> Panel:
        """What was known by the end of the day."""
        return self.market.panel_at(self.moment, self.options.universe)

    @cached_property
    def screen(self) -> ScreenResult:
        """The ranked firms."""
        return screen(self.panel, self.options)

    @cached_property
    def firms(self) -> Mapping[str, Firm]:
        """What is known about each firm of the universe."""
        return {firm.symbol: firm for firm in firms(self.panel, self.options)}

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """Kind of an announcement → its label in the language of the page."""
        frame = frame_of(self.market.frames, "kinds")
        return dict(zip(frame["kind"], frame[f"label_{self.language}"], strict=True))

    def name_of(self, symbol: str) -> str:
        """Short name of a firm; the symbol where none is stored."""
        return self.market.names.get(symbol, symbol)

    def word(self, group: str, key: str) -> str:
        """The word for a value of a vocabulary (refusal reasons, statuses …); the value itself where there is none."""
        return str(self.words.get(group, {}).get(key, key.replace("_", " ")))


@dataclass
class Canvas:
    """Charts and shared arrays the sections add to the page; `#name` inside a chart stands for a shared array."""

    charts: dict[str, Figure] = field(default_factory=dict)
    arrays: dict[str, list[Any]] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    def chart(self, name: str, figure: Figure) -> str:
        """Adds a chart; returns the name under which a template places it."""
        self.charts[name] = figure
        return name

    def array(self, name: str, values: list[Any]) -> str:
        """Adds an array that several charts share; returns how a chart refers to it."""
        self.arrays[name] = values
        return f"#{name}"
