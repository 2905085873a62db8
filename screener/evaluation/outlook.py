"""Parts of a dossier for whoever asks one question at a time: a day without runs, a run without the rest of its day."""

from __future__ import annotations

from datetime import date, datetime

from screener.backtest.confined import run
from screener.backtest.confined.run import Elsewhere
from screener.core.config import END_OF_DAY, BacktestOptions, ScreenOptions
from screener.core.errors import UsageError
from screener.evaluation.appraisal import Appraisal
from screener.evaluation.dossier import Dossier, Run, _stock_cones
from screener.evaluation.rating import cone, judge, known_table
from screener.point_in_time.market import Market
from screener.screen.factors import firms
from screener.screen.history import backlog_history, planned


def outlook(whole: Market, day: date | None, options: ScreenOptions, *, store: str = "") -> Dossier:
    """Everything as known by the end of `day` (default: the last session) that needs no back-test and no event study.

    Raises StoreError without prices, UsageError before the first one.
    """
    as_of = day or whole.last_session()
    market = whole.until(datetime.combine(as_of, END_OF_DAY))
    if not len(market.sessions):
        raise UsageError("no prices by that day", got=as_of, expected=f"{whole.sessions[0]} or later")
    judged = judge(known_table(market, "ratings", as_of), market, as_of)
    running = firms(market.at_day(as_of, options.universe), options)
    return Dossier(
        market=market,
        as_of=as_of,
        options=options,
        backtest=BacktestOptions(universe=options.universe, screen=options),
        ratings=judged,
        cone=cone(judged, market, as_of),
        stock_cones=_stock_cones(judged, market, as_of),
        history=backlog_history(market, options),
        planned={firm.symbol: planned(firm, as_of) for firm in running},
        store=store,
    )


def around(found: Appraisal, *, store: str = "") -> Dossier:
    """A finished back-test, as the dossier of its last day that holds nothing else."""
    done = found.result
    source = run.source_of(done.strategy)
    decide = Elsewhere(source, done.params)
    described = Run(done.strategy, run.of_source(source).description, decide, found)
    back = done.options
    return Dossier(
        market=done.market, as_of=found.last, options=back.screen, backtest=back, runs=[described], store=store
    )
