"""Questions about the past of one store: each reads the market once and cuts it at the day asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from screener.core.config import AnyUniverse, BacktestOptions, ExecutionOptions, Universe, checked
from screener.core.days import Day, day_of
from screener.core.errors import StoreError, UsageError
from screener.core.watched import listed_in
from screener.research.asked import asked_day, rated_in, spelled
from screener.research.pages import Pages
from screener.research.part import Part

if TYPE_CHECKING:
    from screener.backtest.lookahead import Check
    from screener.evaluation.alerts import Alerts
    from screener.evaluation.appraisal import Appraisal
    from screener.evaluation.delivery import Delivery
    from screener.evaluation.event_study import Overview, Overviews
    from screener.evaluation.rating import Review
    from screener.evaluation.sweep import SweepAnswer
    from screener.point_in_time.panel import Panel
    from screener.screen.diff import Difference
    from screener.screen.explain import Explanation
    from screener.screen.ranking import ScreenResult
    from screener.screen.row import ScreenRow
    from screener.store.database import Store
    from screener.store.parts import LoadReport

Strategy = str | Callable[..., Mapping[str, float] | None]
Params = Mapping[str, int | float | bool | str] | Sequence[str]  # values, or words `k=v`
Grid = Sequence[str] | Mapping[str, Sequence[Any]]
_AS_USUAL: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Recorded:
    """What became of a recording: rows written, and the firm's row of the screen before and after."""

    written: tuple[LoadReport, ...]
    symbol: str
    before: ScreenRow | None
    after: ScreenRow | None


class Research(Pages):
    """Questions about one store; see the steps in `research`. Days are dates or text as `core.days` reads it."""

    @classmethod
    def made_up(cls, path: Path) -> Research:
        """A store of the SYNTHETIC market, made anew at `path`. Raises StoreError where it cannot be made."""
        from screener.store.made_up import make

        make(path)
        return cls(path)

    def __repr__(self) -> str:
        return f"Research({str(self.path)!r})"

    # Recording

    def record(self, announcement_id: str, **entry: Any) -> Recorded:
        """Records the commitment an announcement contains; keywords as of `recording.Entry`. Raises UsageError."""
        from screener.store.recording import Entry, record

        return self._recorded(announcement_id, lambda store: record(store, announcement_id, Entry(**entry)))

    def record_fact(self, announcement_id: str, **fact: Any) -> Recorded:
        """Records what an announcement says became of a commitment; keywords as of `recording.Fact`."""
        from screener.store.recording import Fact, record_fact

        return self._recorded(announcement_id, lambda store: record_fact(store, announcement_id, Fact(**fact)))

    def dismiss(self, announcement_id: str, kind: str | None = None) -> Recorded:
        """Marks an announcement as read; what was recorded from it by hand is taken back."""
        from screener.store.recording import dismiss

        return self._recorded(announcement_id, lambda store: dismiss(store, announcement_id, kind=kind))

    def _recorded(self, announcement_id: str, write: Callable[[Store], list[LoadReport]]) -> Recorded:
        """Writes, and tells what it does to the firm's row of the screen."""
        from screener.store.recording import announcement_of

        with self._reader() as store:
            symbol = announcement_of(store, announcement_id)["symbol"]
        before = self._row(symbol)
        with self._writer() as store:
            written = write(store)
        return Recorded(tuple(written), symbol, before, self._row(symbol))

    def _row(self, symbol: str) -> ScreenRow | None:
        """The firm's row of today's screen; None where there are no prices to screen by."""
        with suppress(StoreError):
            return self.explain(symbol).row
        return None

    # Questions

    def screen(
        self,
        day: Day = None,
        *,
        where: str | None = None,
        sort: str = "rank",
        top: int | None = None,
        columns: Sequence[str] = (),
        with_proposals: bool = False,
        **options: Any,
    ) -> ScreenResult:
        """Firms ranked by remaining backlog ÷ market cap; options as of ScreenOptions. Raises UsageError.

        `where`: only firms for which it holds, as `score > 0.03 and not st`; ranks stay those of all. `sort`: a column,
        `-column` from high to low. `top`: the first so many. `columns`: those of tables, JSON has all.
        `with_proposals`: beside each figure what it would be if the readings that wait were accepted.
        """
        from screener.screen.ranking import entering, screen
        from screener.screen.selecting import checked_columns, condition_of, selected

        condition, shown = condition_of(where) if where is not None else None, checked_columns(columns)
        chosen = self._options(options)
        (panel,) = self._panels([day], chosen.universe, back=None)
        found, others = screen(panel, chosen), None
        end = found.stands_on.known_by
        counts = Counter(symbol for symbol, known_at in self._waits if end is None or known_at <= end)
        if with_proposals:
            others = screen(self._proposed(day, chosen.universe), chosen)
            found = entering(panel, found, others, counts, chosen)
        return selected(found.with_waiting(counts, others).sorted_by(sort), condition, top, shown)

    def _proposed(self, day: Day, universe: AnyUniverse) -> Panel:
        """The panel of a day as if every waiting proposal of a compute deal had been accepted."""
        from screener.point_in_time.market import Market
        from screener.store.reviewing import with_proposals

        asked = day_of(day)
        with self._reader() as store:
            symbols = None if universe is Universe.MARKET else [*store.followed(), *listed_in(universe)]
            market = Market.build(with_proposals(store), bars=store.bars(symbols, [asked]))
        return market.at_day(asked, universe)

    def explain(self, symbol: str, day: Day = None, *, delivery: Delivery | None = None, **options: Any) -> Explanation:
        """Every announcement, amount, burn-off and link behind a firm's score; its ratings. Raises UnknownSymbol.

        `delivery`: what the firm promised against what was reported, to stand beside it.
        """
        from screener.screen.explain import explain

        wanted, chosen = self.symbol(symbol), self._options(options)
        (panel,) = self._panels([day], chosen.universe, wanted, back=[wanted])
        found = replace(explain(panel, wanted, chosen), delivered=delivery)
        if not any(row.symbol == wanted for row in panel.ratings):
            return found
        from screener.evaluation.rating import lines, of_stock

        told = lines(of_stock(self.market(Part.ASKED, also=[wanted]), wanted, panel.session))
        return replace(found, ratings=tuple(line.as_dict() for line in told[::-1]))

    def diff(self, first: Day, last: Day = None, symbol: str | None = None, **options: Any) -> Difference:
        """What changed the scores between two days. Raises UsageError, UnknownSymbol."""
        from screener.screen.diff import diff

        wanted, chosen = self.symbol(symbol) if symbol else None, self._options(options)
        before, after = self._panels([first, last], chosen.universe, wanted)
        return diff(before, after, chosen, wanted)

    def delivery(self, day: Day = None, *, symbol: str | None = None, **options: Any) -> Delivery:
        """What contracts promised against what was reported, as known by the end of a day. Raises UnknownSymbol."""
        from screener.evaluation.delivery import delivery

        wanted, chosen = self.symbol(symbol) if symbol else None, self._options(options)
        market = self.market(Part.FOLLOWED, also=[wanted] if wanted else [])
        day = asked_day(market, day) or market.last_session()
        return delivery(market, market.at_day(day, chosen.universe), day, chosen, wanted)

    def check(self, strategy: str, universe: AnyUniverse | str = Universe.KNOWN, *, patience: float = 10.0) -> Check:
        """Does a strategy keep the contract and see only what was known? Raises StrategyError with what it saw."""
        from screener.backtest import lookahead
        from screener.backtest.confined.process import prepare

        prepare()
        chosen = self.universe(universe)
        return lookahead.check(strategy, self._whose(chosen, strategy), universe=chosen, patience=patience)

    def backtest(
        self,
        strategy: Strategy,
        *,
        start: Day = None,
        end: Day = None,
        universe: AnyUniverse | str = Universe.KNOWN,
        warm_up: int = 60,
        params: Params = (),
        audited: bool = False,
        unchecked: bool = False,
        patience: float = 10.0,
        **execution: Any,
    ) -> Appraisal:
        """Back-tests a strategy by name, or a function `weights(panel, **params)`, against the CSI 300.

        A strategy that was not checked on this data yet is; `unchecked` leaves that out, and the answer says so.
        `patience`: seconds for a decision. Further options: those of ExecutionOptions.
        Raises StrategyError, UsageError, DataRefused.
        """
        from screener.backtest.confined.process import prepare
        from screener.evaluation.appraisal import appraise

        prepare()  # starts while the market is read
        how = checked(ExecutionOptions, **execution)
        firms = self.universe(universe)
        options = checked(
            BacktestOptions, start=day_of(start), end=day_of(end), universe=firms, warm_up=warm_up, execution=how
        )
        return appraise(
            self._whose(options.universe, strategy),
            strategy,
            options,
            params=params,
            ledger=self.path,
            audited=audited,
            unchecked=unchecked,
            patience=patience,
        )

    def sweep(
        self,
        strategy: str,
        grid: Grid,
        *,
        start: Day = None,
        end: Day = None,
        universe: AnyUniverse | str = Universe.KNOWN,
        execution: Mapping[str, Any] = _AS_USUAL,
        progress: Callable[[int, int], None] = lambda done, count: None,
        **how: Any,
    ) -> SweepAnswer:
        """Back-tests every variant of a grid; `how`: engine, workers, address, resume, out, walk_forward.

        `execution`: options of ExecutionOptions that all variants share.
        """
        from screener.backtest.confined.process import prepare
        from screener.backtest.sweep import EngineName
        from screener.evaluation.sweep import SweepOptions, appraise_sweep

        prepare()
        firms, costs = self.universe(universe), checked(ExecutionOptions, **dict(execution))
        options = checked(BacktestOptions, start=day_of(start), end=day_of(end), universe=firms, execution=costs)
        chosen = SweepOptions(**{**how, "engine": EngineName(how.get("engine", EngineName.LOCAL))})
        market = self._whose(options.universe, strategy)
        return appraise_sweep(market, strategy, grid, options, chosen, ledger=self.path, progress=progress)

    def events(
        self,
        kind: str = "order",
        window: str | None = None,
        *,
        day: Day = None,
        draws: int = 9999,
        seed: int = 0,
        **options: Any,
    ) -> Overview | Overviews:
        """Event study of a kind of announcements (`all`: of each); options: model, full. Raises UsageError.

        `day`: as if nothing later had become known.
        """
        from screener.evaluation.event_study import Bench, look, parse_model, parse_window
        from screener.point_in_time.horizon import cut

        chosen, model = parse_window(window), parse_model(options.pop("model", "two_factor"))
        market = self.market(Part.FOLLOWED)
        if not market.report_symbols:  # every firm is the sector then
            market = self.market()
        if (asked := asked_day(market, day)) is not None:
            market = cut(market, asked)
        return look(Bench(market, draws=draws, seed=seed), kind, chosen, model=model, **options)

    def ratings(
        self,
        day: Day = None,
        *,
        file: Path | str | None = None,
        industry_index: str | Sequence[str] = (),
        **options: Any,
    ) -> Review:
        """Realised rating bands as known by a day; `file`: ratings of the caller's instead of the store's.

        `industry_index`: one index or several that stand for a rated industry, the main one first. Options: geometric,
        scorecard, by (broker, analyst, rating, year). Raises UsageError, DataRefused.
        """
        from screener.evaluation.rating import review

        given, named = rated_in(file), [industry_index] if isinstance(industry_index, str) else industry_index
        market = self.market(Part.RATED, also=[] if given is None else [spelled(name) for name in given["subject"]])
        as_of = asked_day(market, day) or market.last_session()
        return review(market, as_of, ratings=given, industry_index=named, **options)

    def factors(self, name: str = "score", universe: AnyUniverse | str = Universe.KNOWN) -> tuple[Any, Any]:
        """(factor by date and asset, opens by session and asset) in pandas, as alphalens takes them.

        The factor as known at 09:15 of the first session of each month. Raises UsageError for an unknown one.
        """
        from screener.research.bridges import factors_of

        chosen = self.universe(universe)
        return factors_of(self.market(self._part(chosen)), name, chosen)

    def alerts(self, since: Day, universe: AnyUniverse | str = Universe.KNOWN) -> Alerts:
        """What changed or is due since a day; with a list of firms only of these, which are ranked among themselves."""
        from screener.evaluation.alerts import alerts

        day = day_of(since)
        if day is None:
            raise UsageError("no day given", expected="a day like 2026-06-01")
        firms = self.universe(universe)
        market = self.market(Part.FOLLOWED, also=listed_in(firms), days=[None, day])
        rated = partial(self.market, Part.RATED, also=listed_in(firms))
        return alerts(market, asked_day(market, day) or day, rated=rated, universe=firms)
