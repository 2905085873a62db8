"""Parts of a dossier for whoever asks one question at a time: a day without runs, a run without the rest of its day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from screener.backtest.confined import run
from screener.backtest.confined.run import Elsewhere
from screener.core.config import ScreenOptions
from screener.evaluation.appraisal import Appraisal
from screener.evaluation.dossier import Dossier, Run, sketch, with_firms
from screener.point_in_time.market import Market


def outlook(whole: Market, day: date | None, options: ScreenOptions, *, store: str = "") -> Dossier:
    """Everything as known by the end of `day` (default: the last session) that needs no back-test and no event study.

    Raises StoreError without prices, UsageError before the first one.
    """
    return replace(with_firms(sketch(whole, day, strategies=(), options=options)), store=store)


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
