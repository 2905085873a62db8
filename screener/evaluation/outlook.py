"""Parts of a dossier for whoever asks one question at a time: a day without runs, a run, a study or a review alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from screener.backtest.confined import run
from screener.backtest.confined.run import Elsewhere
from screener.core.config import END_OF_DAY, BacktestOptions, ScreenOptions
from screener.evaluation.appraisal import Appraisal
from screener.evaluation.dossier import Dossier, Run, sketch
from screener.evaluation.event_study import Overview, Overviews
from screener.evaluation.rating import Review, cone
from screener.point_in_time.market import Market


def outlook(whole: Market, day: date | None, options: ScreenOptions, *, store: str = "") -> Dossier:
    """Everything as known by the end of `day` (default: the last session) that needs no back-test and no event study.

    Raises StoreError without prices, UsageError before the first one.
    """
    return replace(sketch(whole, day, strategies=(), options=options), store=store)


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


def studied(found: Overview | Overviews, market: Market, *, store: str = "") -> Dossier:
    """A finished event study as a dossier that holds nothing else."""
    kinds = found.kinds if isinstance(found, Overviews) else (found,)
    return replace(_bare(market, found.stands_on.as_of, store), events=kinds)


def reviewed(found: Review, market: Market, *, store: str = "") -> Dossier:
    """A review of ratings as a dossier of its day, with the cone of the rated industry."""
    bare = _bare(market, found.stands_on.as_of, store)
    return replace(bare, ratings=found.judged, cone=cone(found.judged, bare.market, bare.as_of))


def _bare(whole: Market, day: date | None, store: str) -> Dossier:
    """A day of which nothing is shown yet. Raises StoreError without prices."""
    as_of = day or whole.last_session()
    market = whole.until(datetime.combine(as_of, END_OF_DAY))
    return Dossier(market=market, as_of=as_of, options=ScreenOptions(), backtest=BacktestOptions(), store=store)
