"""What cheating would have earned: the same strategy with each usual mistake, every figure a finished back-test.

1. Honest: the run as it is. Alone: one mistake at a time. Together: mistakes added one after another, so that each
   step of the waterfall is the difference of two finished runs.
2. Today's list: universe `report` from the first day. No limits: limit prices set to NaN in a copy of the market.
   Credited restructuring: a conversion that gives a holder nothing booked as if it gave the vendor's factor.
   Same-day volume: participation in the volume of the day itself, which nobody knows at the open; made by writing each
   bar's volume on the bar before it and asking for a median of one. One open earlier: every decision executed a
   session before it was taken.
3. A strategy decides again where it is shown something else: today's list, the volume of the day. Other mistakes
   execute decisions that were taken.
4. Gross counting changes what a backlog strategy ranks, not an event strategy: it has its own pair of runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from screener.backtest import engine, robustness
from screener.backtest.confined.run import Elsewhere
from screener.backtest.portfolio import Decisions
from screener.backtest.result import BacktestResult
from screener.backtest.strategy import Decide, load
from screener.core.arrays import Floats
from screener.core.config import BacktestOptions, Policy, Universe
from screener.core.price_rules import NO_LIMIT
from screener.point_in_time.corporate import Action
from screener.point_in_time.market import Market

WATERFALL_OF = "order_drift"
POLICY_OF = "backlog_yield"
CONVERSION = "restructuring_conversion"
Setting = tuple[Market, BacktestOptions]
Asked = tuple[Decide | Elsewhere, BacktestResult]  # how a strategy decides, and its finished honest run
Finished = dict[tuple[str, ...], BacktestResult]  # runs of one strategy by their mistakes, none earlier than decided


@dataclass(frozen=True)
class Mistake:
    """One mistake: how it changes the market and the options; `earlier` moves decisions a session back.

    `shown`: whether a strategy is shown something else for it. Limits and what a holder is booked are not shown.
    """

    name: str
    change: Callable[[Market, BacktestOptions], Setting] = lambda market, options: (market, options)
    earlier: bool = False
    shown: bool = False


@dataclass(frozen=True)
class Outcome:
    """Total return of a run, and the difference from the run before it."""

    total: float
    change: float


@dataclass(frozen=True)
class Step(Outcome):
    """One step of the waterfall: a mistake on top of those before it; the first, `honest`, changes by all of it."""

    name: str


@dataclass(frozen=True)
class Gross(Outcome):
    """A backlog strategy that ranks by every announced sum once more, against the honest `policy`."""

    strategy: str
    policy: str
    honest: float  # total return


@dataclass(frozen=True)
class Mistakes:
    """What each mistake is worth to the strategies that were run, S of them; total returns, 0.1 = 10 %."""

    strategy: str = WATERFALL_OF  # of the steps
    steps: tuple[Step, ...] = ()  # honest, then every mistake; none where that strategy was not run
    names: tuple[str, ...] = ()  # (S,)
    honest: tuple[float, ...] = ()  # (S,)
    alone: Mapping[str, tuple[Outcome, ...]] = field(default_factory=dict)  # mistake → (S,)
    gross: Gross | None = None  # None where no backlog strategy was run


def todays_list(market: Market, options: BacktestOptions) -> Setting:
    """The firms chosen at the end, from the first day."""
    return market, options.model_copy(update={"universe": Universe.REPORT})


def no_limits(market: Market, options: BacktestOptions) -> Setting:
    """Every order fills at the open, however far it is from the price before."""
    return replace(market, limit_permille=np.full_like(market.limit_permille, NO_LIMIT)), options


def credited_conversion(market: Market, options: BacktestOptions) -> Setting:
    """Restructuring conversions as a vendor's adjusted price shows them: as new shares for the holder."""
    return replace(market, actions=tuple(_credited(market, action) for action in market.actions)), options


def _credited(market: Market, action: Action) -> Action:
    if action.kind != CONVERSION or not action.reference_price > 0 or action.t == 0:
        return action
    before = market.row("mark", action.t - 1)[action.n]
    return replace(action, kind="bonus", shares_to_holder=float(before / action.reference_price - 1))


def same_day_volume(market: Market, options: BacktestOptions) -> Setting:
    """Participation in the day's own volume."""
    execution = options.execution.model_copy(update={"participation_sessions": 1})
    moved = np.column_stack([_one_bar_back(market, n) for n in range(len(market.symbols))])
    return replace(market, volume=moved), options.model_copy(update={"execution": execution})


def _one_bar_back(market: Market, n: int) -> Floats:
    """(T,) each bar carries the volume of the next one, in its own shares; the last keeps its own."""
    volume, factor = market.volume[:, n].copy(), market.share_factor[:, n]
    bars = np.flatnonzero(np.isfinite(volume))
    volume[bars[:-1]] = market.volume[bars[1:], n] * factor[bars[:-1]] / factor[bars[1:]]
    return volume


MISTAKES = (
    Mistake("todays_list", todays_list, shown=True),
    Mistake("no_limits", no_limits),
    Mistake("credited_conversion", credited_conversion),
    Mistake("same_day_volume", same_day_volume, shown=True),
    Mistake("one_open_earlier", earlier=True),
)


def mistakes_of(runs: Sequence[Asked]) -> Mistakes:
    """Every mistake made with every strategy, which decides twice again; once more for the steps and for `gross`."""
    finished: list[Finished] = [{} for _ in runs]
    each = list(zip(runs, finished, strict=True))
    return Mistakes(
        steps=_steps(each),
        names=tuple(result.strategy for _, result in runs),
        honest=tuple(result.total_return for _, result in runs),
        alone={mistake.name: tuple(_alone(*one, mistake) for one in each) for mistake in MISTAKES},
        gross=_gross(runs),
    )


def cheated(run: Asked, mistakes: Sequence[Mistake], finished: Finished | None = None) -> BacktestResult:
    """The run again, over the same sessions, with these mistakes; `finished` is looked up and added to.

    A strategy decides again where it is shown something else; everything else is another execution of its decisions.
    """
    known: Finished = {} if finished is None else finished
    known.setdefault((), run[1])
    changing = [mistake for mistake in mistakes if not mistake.earlier]
    shown = [mistake for mistake in changing if mistake.shown]
    if _names(shown) not in known:
        known[_names(shown)] = again(run, shown)
    if _names(changing) not in known:
        known[_names(changing)] = _executed(run, changing, known[_names(shown)].decisions)
    result = known[_names(changing)]
    return robustness.one_open_earlier(result) if len(changing) < len(mistakes) else result


def _names(mistakes: Sequence[Mistake]) -> tuple[str, ...]:
    return tuple(mistake.name for mistake in mistakes)


def again(run: Asked, mistakes: Sequence[Mistake]) -> BacktestResult:
    """The strategy decides once more, in a market and under options with these mistakes."""
    market, options = _changed(run, mistakes)
    return engine.run(market, run[0], options, params=run[1].params, name=run[1].strategy)


def _executed(run: Asked, mistakes: Sequence[Mistake], decisions: Decisions) -> BacktestResult:
    market, options = _changed(run, mistakes)
    first, last, notes = engine.span_of(market, options)
    name, params = run[1].strategy, run[1].params
    return engine.finish(market, decisions, options, params=params, name=name, span=(first, last), notes=notes)


def _changed(run: Asked, mistakes: Sequence[Mistake]) -> Setting:
    market, options = run[1].market, _same_span(run[1])
    for mistake in mistakes:
        market, options = mistake.change(market, options)
    return market, options


def _same_span(result: BacktestResult) -> BacktestOptions:
    days = {"start": result.sessions[0].astype(object), "end": result.sessions[-1].astype(object)}
    return result.options.model_copy(update=days)


def _steps(each: Sequence[tuple[Asked, Finished]]) -> tuple[Step, ...]:
    """Honest, then each mistake on top of those before it."""
    run, finished = next((one for one in each if one[0][1].strategy == WATERFALL_OF), (None, {}))
    if run is None:
        return ()
    totals = [run[1].total_return]
    totals += [cheated(run, MISTAKES[:count], finished).total_return for count in range(1, len(MISTAKES) + 1)]
    pairs = zip(MISTAKES, pairwise(totals), strict=True)
    made = (Step(name=mistake.name, total=after, change=after - before) for mistake, (before, after) in pairs)
    return Step(name="honest", total=totals[0], change=totals[0]), *made


def _alone(run: Asked, finished: Finished, mistake: Mistake) -> Outcome:
    total = cheated(run, [mistake], finished).total_return
    return Outcome(total=total, change=total - run[1].total_return)


def _gross(runs: Sequence[Asked]) -> Gross | None:
    """The backlog strategy ranked by `gross` amounts."""
    run = next((run for run in runs if run[1].strategy == POLICY_OF), None)
    if run is None or "policy" not in run[1].params:
        return None
    honest = run[1]
    params = {**honest.params, "policy": Policy.GROSS.value}
    decide = replace(run[0], params=params) if isinstance(run[0], Elsewhere) else load(POLICY_OF).bind(params)[0]
    other = engine.run(honest.market, decide, _same_span(honest), params=params, name=POLICY_OF)
    return Gross(
        strategy=POLICY_OF,
        policy=honest.params["policy"],
        honest=honest.total_return,
        total=other.total_return,
        change=other.total_return - honest.total_return,
    )
