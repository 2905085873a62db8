"""The past of one store: the market is read once, as far as a question needs it, and cut at the day asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from screener.core.config import AnyUniverse, ScreenOptions, Universe, checked
from screener.core.days import Day, day_of
from screener.core.watched import listed_in
from screener.research.asked import asked_day, spelled, universe_of
from screener.research.kept import Kept
from screener.research.part import Part

if TYPE_CHECKING:
    from screener.point_in_time.market import Market
    from screener.point_in_time.panel import Panel
    from screener.store.database import Store

Strategy = str | Callable[..., Mapping[str, float] | None]
_NOBODY: frozenset[str] = frozenset()
_WHOLE: frozenset[date | None] = frozenset()
# Whose bars, of whom else, for which days, and of whom the sessions before these (None: of all).
_Asked = tuple[Part, frozenset[str], frozenset[date | None], frozenset[str] | None]


class Past(Kept):
    """What was known when, for the questions of `Research`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.kept: object = None  # a folder that goes with this object
        self._markets: dict[_Asked, Market] = {}
        self._waits: list[tuple[str, datetime]] = []  # readings that wait, of the store as the markets have it

    def refresh(self) -> None:
        """Forgets what was read: the next question reads the store again."""
        self._markets.clear()

    def market(
        self,
        part: Part = Part.ALL,
        *,
        also: Collection[str] = (),
        days: Collection[date | None] = (),
        back: Collection[str] | None = (),
    ) -> Market:
        """Everything stored, or the bars of a part of the firms and of `also`; all of every other table.

        `days`: only what questions about the ends of these days need (None: the last session): no history of prices,
        of a bar its close and its amount alone, and no other tables than `_tables` says.
        `back`: of whom they ask how their shares trade (None: of all).
        """
        from screener.point_in_time.frames import Read
        from screener.point_in_time.market import Market
        from screener.store.waiting import waiting_since

        asked, more = frozenset(days), frozenset(also)
        looked = None if back is None else frozenset(back)
        days_of = [(_WHOLE, _NOBODY), (asked, None), (asked, looked)] if asked else [(_WHOLE, _NOBODY)]
        for key in ((*whose, *when) for when in days_of for whose in ((Part.ALL, _NOBODY), (part, more))):
            if key in self._markets:
                return self._markets[key]
        with self._reader() as store:
            names = _tables(store, alone=bool(asked))
            if part is Part.FOLLOWED:
                listed = store.followed()  # as the store spells them
            else:
                listed = [spelled(name) for name in store.rated()] if part is Part.RATED else []
            symbols = None if part is Part.ALL else [*more, *listed]
            # Everything but the bars is read once.
            like = next((market for market in self._markets.values() if market.frames.keys() >= names), None)
            frames = {name: like.frames[name] for name in names} if like else store.frames(*sorted(names))
            self._waits = waiting_since(store)
            market = Market.build(Read(frames), bars=store.bars(symbols, asked or None, back), like=like)
        self._markets[part, more, asked, looked if asked else _NOBODY] = market
        return market

    def _whose(self, universe: AnyUniverse, *strategies: Strategy) -> Market:
        """The market with the bars that a question over all sessions needs. Raises StrategyError."""
        part = self._part(universe, *strategies)
        return self.market(part, also=listed_in(universe) if part is Part.FOLLOWED else [])

    def _part(self, universe: AnyUniverse, *strategies: Strategy) -> Part:
        """Whose bars a question needs: every firm's where the universe is the market or a strategy looks at all."""
        from screener.backtest.reach import reads_all_firms

        looking = [reads_all_firms(one) for one in strategies]  # a name that nobody has is told before anything is read
        return Part.ALL if universe is Universe.MARKET or any(looking) else Part.FOLLOWED

    def panel(self, day: Day = None, universe: AnyUniverse | str = Universe.KNOWN) -> Panel:
        """Everything known by the end of a day (default: the last session), and nothing else."""
        market = self.market()
        return market.at_day(asked_day(market, day), self.universe(universe))

    def _panels(
        self,
        days: Sequence[Day],
        universe: AnyUniverse,
        symbol: str | None = None,
        back: Collection[str] | None = (),
    ) -> list[Panel]:
        """What was known by the end of each day; nothing else is read. `back`: see `market`."""
        asked = [day_of(day) for day in days]
        part = Part.ALL if universe is Universe.MARKET else Part.FOLLOWED
        also = [*listed_in(universe), *([symbol] if symbol else [])] if part is Part.FOLLOWED else []
        market = self.market(part, also=also, days=asked, back=back)
        return [market.at_day(asked_day(market, day), universe) for day in asked]

    def universe(self, given: AnyUniverse | str) -> AnyUniverse:
        """A rule by its name, a watch list of the settings by its name, or a file of firms. Raises UsageError."""
        return universe_of(given, self.names)

    def _options(self, given: Mapping[str, Any]) -> ScreenOptions:
        """Options of a screen, its universe looked up. Raises UsageError."""
        named = {"universe": self.universe(given["universe"])} if "universe" in given else {}
        return checked(ScreenOptions, **{**given, **named})


def _tables(store: Store, *, alone: bool) -> set[str]:
    """The tables that a question reads beside the bars.

    A question about days alone: what a market is made of, what was found odd, and where something was revised, which
    every answer counts. Any other one may look at all facts.
    """
    from screener.core.tables import FACTS
    from screener.core.tables.logs import FINDINGS
    from screener.point_in_time.building import MADE_OF

    facts = {table.name for table in FACTS}
    return ({*MADE_OF, *(facts & store.revised())} if alone else facts) - {"bars"} | {FINDINGS.name}
