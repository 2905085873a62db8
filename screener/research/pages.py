"""Everything about a day on one page, and the few lines that answer first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from screener.core.config import ExecutionOptions, checked
from screener.core.days import Day
from screener.core.writing import replaceable
from screener.research.asked import asked_day
from screener.research.past import Past

if TYPE_CHECKING:
    from screener.evaluation.appraisal import Appraisal
    from screener.evaluation.brief import Brief
    from screener.evaluation.dossier import Dossier

STRATEGIES = ("equal_weight", "backlog_yield", "order_drift")  # of the page and the demo


class Pages(Past):
    """Pages of one store; what they show is computed in evaluation, and drawn in report."""

    def report(
        self,
        out: Path | str,
        day: Day = None,
        *,
        lang: str = "zh",
        strategies: Sequence[str] | None = None,
        finished: Sequence[Appraisal] = (),
        **options: Any,
    ) -> int:
        """Writes the page of a day to `out`; its size in bytes. Raises ScreenerError.

        `strategies`: by name or path; None: the packaged `STRATEGIES`. `execution`: options
        of ExecutionOptions of the back-tests. `finished`: back-tests of this store that need not be run again where
        they are of the same days and options. Further options as of ScreenOptions.
        """
        from screener.report.page import PageSource, render, words_of, write

        words_of(lang)  # a wrong language, or a place to leave alone, is said before any work
        replaceable(Path(out), kind="html")
        found = self.dossier(day, strategies=strategies, finished=finished, **options)
        return write(render(PageSource.of(found, lang)), Path(out))

    def write_brief(
        self,
        out: Path | str,
        day: Day = None,
        *,
        lang: str = "zh",
        strategies: Sequence[str] | None = None,
        **options: Any,
    ) -> Brief:
        """Writes the brief of a day as one A4 page to `out`; the brief. Arguments and errors of `report`."""
        from screener.report.page import PageSource, render_brief, words_of, write

        words_of(lang)
        replaceable(Path(out), kind="html")
        found = self.sketch(day, strategies=strategies, **options)
        write(render_brief(PageSource.of(found, lang)), Path(out))
        return found.brief

    def dossier(
        self,
        day: Day = None,
        *,
        strategies: Sequence[str] | None = None,
        finished: Sequence[Appraisal] = (),
        **options: Any,
    ) -> Dossier:
        """Everything the page shows about a day, as values; `finished` as of `report`."""
        from screener.evaluation.dossier import dossier

        return dossier(self.sketch(day, strategies=strategies, finished=finished, **options), ledger=self.path)

    def brief(self, day: Day = None, *, strategies: Sequence[str] | None = None, **options: Any) -> Brief:
        """Who ranks, what changed in a month, what acting earned, how ratings stand, what is missing."""
        return self.sketch(day, strategies=strategies, **options).brief

    def sketch(
        self,
        day: Day = None,
        *,
        strategies: Sequence[str] | None = None,
        finished: Sequence[Appraisal] = (),
        **options: Any,
    ) -> Dossier:
        """What the brief and its page need of a dossier: no event studies, no mistakes, no history.

        `options`: those of ScreenOptions, and `execution`: options of ExecutionOptions of the back-tests.
        """
        from screener.backtest.confined.process import prepare
        from screener.evaluation.dossier import sketch
        from screener.store.made_up import seed_of

        prepare()
        with self._reader() as store:
            seed = seed_of(store)
        costs = checked(ExecutionOptions, **dict(options.pop("execution", {})))
        chosen = self._options(options)
        market = self._whose(chosen.universe, *(strategies or STRATEGIES))
        return sketch(
            market,
            asked_day(market, day),
            strategies=strategies,
            options=chosen,
            execution=costs,
            ledger=self.path,
            seed=seed,
            waiting=tuple(self._waits),
            finished=finished,
        )
