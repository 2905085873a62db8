"""Parts of a dossier for whoever asks one question at a time: a day without runs, a run without the rest of its day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from screener.backtest.confined import run
from screener.backtest.confined.run import Elsewhere
from screener.core.config import ScreenOptions
from screener.evaluation.appraisal import Appraisal
from screener.evaluation.dossier import Dossier, Run, _stock_cones, sketch
from screener.point_in_time.market import Market
from screener.screen.factors import firms
from screener.screen.history import backlog_history, planned


def outlook(whole: Market, day: date | None, options: ScreenOptions, *, store: str = "") -> Dossier:
    """Everything as known by the end of `day` (default: the last session) that needs no back-test and no event study.

    Raises StoreError without prices, UsageError before the first one.
    """
    found = sketch(whole, day, strategies=(), options=options)
    market, as_of = found.market, found.as_of
    return replace(
        found,
        stock_cones=_stock_cones(found.ratings, market, as_of),
        history=backlog_history(market, options),
        planned={firm.symbol: planned(firm, as_of) for firm in firms(market.at_day(as_of, options.universe), options)},
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
