"""Everything known about a market on a day, gathered for whoever draws it: the page computes nothing itself.

1. The market as if everything after the day had never happened; a day before the first price is refused.
2. The screen; of its first firms (`shown`) their backlog as it was known on each session and as it will run off.
3. A back-test of each strategy, and what the usual mistakes would have made of it.
4. Event studies, rating verdicts with the cones of the rated industry and firms, and the searches of the trial ledger.
5. The brief of all of it; `sketch` makes what the brief needs, and `dossier` the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path

from screener.backtest import engine, trials
from screener.backtest.checking import checked_run
from screener.backtest.chosen import Chosen
from screener.backtest.confined import run
from screener.backtest.confined.run import Elsewhere
from screener.backtest.mistakes import Mistakes, mistakes_of
from screener.backtest.strategy import Decide, packaged
from screener.core.arrays import Floats
from screener.core.config import BENCHMARK, END_OF_DAY, BacktestOptions, ExecutionOptions, ScreenOptions
from screener.core.errors import DataRefused, ScreenerError, UsageError
from screener.evaluation.appraisal import Appraisal
from screener.evaluation.brief import Brief, brief
from screener.evaluation.event_study import Bench, Overview, overview
from screener.evaluation.rating import Cone, Judged, cone, judge, known_table, stock_cone
from screener.evaluation.searches import Searches, searches
from screener.point_in_time.horizon import cut
from screener.point_in_time.market import Market
from screener.point_in_time.panel import Panel
from screener.screen.factors import Firm, firms
from screener.screen.history import Planned, backlog_history, planned
from screener.screen.ranking import ScreenResult, screen

STRATEGIES = ("equal_weight", "backlog_yield", "order_drift")
KINDS = ("order", "purchase")
DRAWS = 2000  # placebo draws of an event study
SHOWN = 40  # firms that are shown one by one: of thousands nobody reads a chart each
DRAWN = 100_000  # sessions of all their charts: a page of more does not travel


@dataclass(frozen=True)
class Run:
    """One strategy: how it decides, and its finished back-test."""

    name: str
    description: str
    decide: Decide | Elsewhere
    appraisal: Appraisal


@dataclass(frozen=True, kw_only=True, repr=False)
class Dossier:
    """What is known on a day. `market` holds nothing that became known after it."""

    market: Market
    as_of: date
    options: ScreenOptions
    backtest: BacktestOptions
    runs: Sequence[Run] = ()
    mistakes: Mistakes = field(default_factory=Mistakes)  # of the same runs
    left_out: Mapping[str, str] = field(default_factory=dict)  # strategy, or `mistakes` → why there is none of it
    ratings: Sequence[Judged] = ()
    cone: Cone | None = None  # of the rated industry; None where none is rated
    searches: Searches = field(default_factory=Searches)  # of the trial ledger of the store
    events: Sequence[Overview] = ()  # one study per kind; none without a benchmark index
    waiting: Sequence[tuple[str, datetime]] = ()  # (symbol, when known) of readings that wait for a person
    store: str = ""  # file name of the store
    seed: int | None = None  # of the SYNTHETIC market
    selected: ScreenResult | None = None  # where somebody asked for other rows of the screen, or another order

    def __repr__(self) -> str:
        return f"Dossier({self.as_of}, {self.market.source}, {len(self.runs)} back-tests, {len(self.events)} studies)"

    @property
    def moment(self) -> datetime:
        """The end of the day."""
        return datetime.combine(self.as_of, END_OF_DAY)

    @cached_property
    def panel(self) -> Panel:
        """What was known by then."""
        return self.market.panel_at(self.moment, self.options.universe)

    @cached_property
    def screen(self) -> ScreenResult:
        """The ranked firms."""
        return self.selected or screen(self.panel, self.options)

    @cached_property
    def firms(self) -> Mapping[str, Firm]:
        """What is known about each firm of the universe."""
        return {firm.symbol: firm for firm in firms(self.panel, self.options)}

    @cached_property
    def shown(self) -> tuple[str, ...]:
        """Firms of the screen that announced anything, in its order: the first SHOWN of them, fewer over many years."""
        speaking = {row.symbol for row in self.panel.announcements}
        most = max(1, min(SHOWN, DRAWN // max(1, len(self.market.sessions))))
        return tuple(islice((row.symbol for row in self.screen.rows if row.symbol in speaking), most))

    @cached_property
    def history(self) -> Mapping[str, Floats]:
        """Symbol that is shown → (T,) yuan of backlog as it was known."""
        few = len(self.screen.rows) > SHOWN
        return backlog_history(self.market, self.options, self.shown if few else None)

    @cached_property
    def planned(self) -> Mapping[str, Planned]:
        """Symbol that is shown → how its contracts run off."""
        return {symbol: planned(self.firms[symbol], self.as_of) for symbol in self.shown}

    @cached_property
    def stock_cones(self) -> Mapping[str, Cone]:
        """Symbol that is shown → the cone of its newest rating that calls a band, where it has prices around it."""
        rated = [row.rated for row in self.ratings if row.rated.subject_kind == "stock" and row.rated.called]
        newest = {rating.subject: rating for rating in rated}
        named = (symbol for symbol in self.shown if symbol in newest)
        cones = {symbol: stock_cone(newest[symbol], self.market, self.as_of) for symbol in named}
        return {symbol: one for symbol, one in cones.items() if one.paths}

    @cached_property
    def brief(self) -> Brief:
        """The answer in a few lines."""
        appraisals = [run.appraisal for run in self.runs]
        return brief(self.market, self.as_of, self.screen, appraisals, self.ratings, self.options, self.waiting)


def sketch(
    whole: Market,
    day: date | None = None,
    *,
    strategies: Sequence[str] | None = None,
    options: ScreenOptions | None = None,
    execution: ExecutionOptions | None = None,
    ledger: Path | None = None,
    seed: int | None = None,
    waiting: Sequence[tuple[str, datetime]] = (),
    finished: Sequence[Appraisal] = (),
) -> Dossier:
    """What is known by the end of `day` (default: the last session), as far as its brief needs it.

    `strategies`: by name or path; None: three packaged ones, whatever ./strategies holds. `ledger`: the database beside
    which verdicts are kept. `finished`: back-tests of the same store, taken where their days and options are those
    asked for. Raises StoreError without prices, UsageError before the first one, StrategyError.
    """
    options, as_of = options or ScreenOptions(), day or whole.last_session()
    market = cut(whole, as_of)
    back = BacktestOptions(universe=options.universe, screen=options, execution=execution or ExecutionOptions())
    runs, left_out = _runs(market, _named(strategies), back, ledger, finished)
    judged = judge(known_table(market, "ratings", as_of), market, as_of)
    return Dossier(
        market=market,
        as_of=as_of,
        options=options,
        backtest=back,
        runs=runs,
        left_out=left_out,
        ratings=judged,
        cone=cone(judged, market, as_of),
        waiting=waiting,
        store=ledger.name if ledger else "",
        seed=seed,
    )


def dossier(found: Dossier, *, ledger: Path | None = None, draws: int = DRAWS) -> Dossier:
    """A sketch made whole: mistakes, event studies, and the searches of a trial ledger.

    `ledger`: the database beside which it lies. `draws`: of the placebo of an event study.
    """
    left_out = dict(found.left_out)
    return replace(
        found,
        mistakes=_mistakes(found.runs, left_out),
        left_out=left_out,
        events=_studies(found.market, draws),
        searches=searches(trials.read(ledger)) if ledger else Searches(),
    )


def _named(strategies: Sequence[str] | None) -> Sequence[str]:
    return [packaged(name) for name in STRATEGIES] if strategies is None else strategies


def _runs(
    market: Market,
    names: Sequence[str],
    options: BacktestOptions,
    ledger: Path | None,
    finished: Sequence[Appraisal] = (),
) -> tuple[list[Run], dict[str, str]]:
    """Finished back-tests, and why those are left out that met a corporate action nobody can book.

    None where too few sessions are known on the day. The page shows none that is unbalanced. `ledger`: where verdicts
    on what was checked before are kept. `finished`: those of them that are asked for are not run again.
    """
    chosen = [(run.load(name), run.source_of(name)) for name in names]
    try:
        span = engine.span_of(market, options)[:2]
    except UsageError:
        return [], {}
    done = {one.result.strategy: one for one in finished if _same(one, market, options, span)}
    runs, left_out = [], {}
    for strategy, source in chosen:
        decide = Elsewhere(source, strategy.defaults)
        before = done.get(strategy.name)
        if before is None or dict(before.result.params) != dict(strategy.defaults):
            try:
                before = _appraised(
                    market, Chosen(strategy.name, strategy.fingerprint, decide, decide.params), options, ledger
                )
            except DataRefused as refusal:
                left_out[strategy.name] = str(refusal)
                continue
        runs.append(Run(strategy.name, strategy.description, decide, before))
    return runs, left_out


def _appraised(market: Market, chosen: Chosen, options: BacktestOptions, ledger: Path | None) -> Appraisal:
    done = checked_run(market, chosen, options, ledger=ledger)
    return Appraisal(done.result, look_ahead=done.verdict)


def _same(one: Appraisal, market: Market, options: BacktestOptions, span: tuple[int, int]) -> bool:
    """Whether a finished back-test of this store is of the days and options asked for."""
    result = one.result
    alike = result.options == options and (result.first, result.first + len(result.sessions)) == span
    return alike and result.market.last_session() == market.last_session()


def _mistakes(runs: Sequence[Run], left_out: dict[str, str]) -> Mistakes:
    """Of all the runs; of none where a cheating one meets such an action, which `left_out` then tells."""
    try:
        return mistakes_of([(run.decide, run.appraisal.result) for run in runs])
    except DataRefused as refusal:
        left_out["mistakes"] = str(refusal)
        return Mistakes()


def _studies(market: Market, draws: int) -> list[Overview]:
    """A study per kind that can be made; nothing to compare with without the benchmark."""
    if BENCHMARK not in market.indices:
        return []
    bench, found = Bench(market, draws=draws), []
    for kind in KINDS:
        try:
            found.append(overview(bench, kind))
        except ScreenerError:
            continue  # too few prices around its announcements: the page says that there is none
    return found
