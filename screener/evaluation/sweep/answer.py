"""The figures of a finished sweep: the best variants beside what luck would have given, each computed only once.

1. Deflated Sharpe ratio: the best variant against the best of as many worthless tries as the ledger holds.
2. Probability of overfitting by CSCV over the variants, in blocks longer than positions are asked to be held.
3. `verdict` says in one sentence what may be concluded.
4. `summary` has the keys others script against; returns and rates as fractions, None where unknown, days as days.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from math import sqrt
from typing import Any

import polars as pl

from screener.backtest.result import BacktestResult
from screener.backtest.sweep import Results
from screener.backtest.sweep.results import column
from screener.backtest.sweep.walk_forward import WalkForward
from screener.backtest.trials import changed_options
from screener.backtest.verdicts import Verdict
from screener.core.answer import Answer, Row, Tables, opened
from screener.core.arrays import Floats
from screener.core.config import BENCHMARK, SESSIONS_PER_YEAR
from screener.core.errors import ScreenerError
from screener.core.stands_on import StandsOn
from screener.core.units import number, percent
from screener.evaluation.appraisal import Appraisal
from screener.evaluation.inference import sharpe as inference
from screener.evaluation.inference.overfitting import Overfitting, overfitting
from screener.evaluation.options import rules_of
from screener.evaluation.sweep.heat_map import HeatMap, heat_map
from screener.evaluation.sweep.out_of_sample import OutOfSample, out_of_sample

BLOCKS = 10  # of the PBO; fewer where blocks would not be longer than the holding period
FEWEST_BLOCKS = 4
CONVINCING = 0.95
LIKELY_OVERFIT = 0.5
SHOWN = 10
_ANNUAL = sqrt(SESSIONS_PER_YEAR)
_BEST = ("sharpe", "total_return", "excess_return", "volatility", "max_drawdown", "turnover", "fills", "refusals")
_STANDING = (
    "strategy",
    "grid",
    "fixed",
    "start",
    "end",
    "sessions",
    "universe",
    "data",
    "trials",
    "hindsight",
    "notes",
    "file",
)


@dataclass(frozen=True, slots=True)
class BestVariant:
    """One of the best variants with what is left of it; ratios a year, returns as fractions."""

    variant: int  # its number in the grid
    params: Mapping[str, Any]  # parameters and options that vary
    sharpe: float
    total_return: float
    excess_return: float | None
    volatility: float | None
    max_drawdown: float
    turnover: float
    fills: int
    refusals: int
    deflated_sharpe: float  # probability that the true ratio is above what luck would show

    @property
    def name(self) -> str:
        """`hold=5 retries=0`."""
        return told(self.params)


@dataclass(frozen=True, repr=False, eq=False)
class SweepAnswer(Answer):
    """A finished sweep, one of its runs (for span, source and hindsight), and the ledger of everything ever tried."""

    results: Results
    sample: BacktestResult  # the best variant, run again
    ledger: pl.DataFrame
    horizon: int  # sessions that a parameter `hold` asks for at most, else 1; orders that renew a position add to it
    walk: WalkForward | None = None
    walk_refused: str = ""  # why there is none although one was asked for
    look_ahead: Verdict | None = None  # of the best variant
    kept: object = None  # a folder that goes with this answer

    @cached_property
    def variants(self) -> pl.DataFrame:
        """One row per variant in the order of the grid: axes and figures."""
        return self.results.figures()

    def frame(self) -> pl.DataFrame:
        """One row per variant, best Sharpe ratio first (of equals the first in the grid); those without one last."""
        ranked = self.variants.sort("sharpe", "variant", descending=[True, False], nulls_last=True)
        first = ["variant", *(column(axis) for axis, _ in self.results.job.grid.axes), *_BEST]
        return ranked.select(*first, pl.exclude(first))

    @cached_property
    def matrix(self) -> tuple[Floats, int]:
        """((T, M) returns, step) as `Results.matrix` has them."""
        return self.results.matrix()

    @cached_property
    def trials(self) -> inference.Trials:
        """Number and variance of everything in the ledger, and how many of it are independent.

        How alike variants are is known for those of this strategy, universe and options; every other try counts in
        full.
        """
        return inference.trials_of(self.ledger, self.matrix[0], self._kin)

    @property
    def _kin(self) -> list[pl.Expr]:
        """Filters of tries that differ from these in what the grid varies, in sessions or in data only."""
        job = self.results.job
        varied = {name for name, _ in job.grid.execution}
        own = _options(changed_options(job.options), varied)
        alike = [text for text in self.ledger["options"].unique() if _options(json.loads(text), varied) == own]
        same = {"strategy": job.name, "code": job.code, "universe": str(job.options.universe)}
        return [*(pl.col(name) == value for name, value in same.items()), pl.col("options").is_in(alike)]

    @cached_property
    def luck(self) -> float:
        """Sharpe ratio a year that the best of so many worthless tries is expected to show."""
        return inference.expected_maximum(self.trials.variance, self.trials.effective) * _ANNUAL

    @cached_property
    def best(self) -> tuple[BestVariant, ...]:
        """The best variants; empty where none traded."""
        axes = [name for name, _ in self.results.job.grid.axes]
        return tuple(
            BestVariant(
                variant=row["variant"],
                params={axis: row[column(axis)] for axis in axes},
                **{name: row[name] for name in _BEST},
                deflated_sharpe=inference.deflated_sharpe(self._moments(row), self.trials),
            )
            for row in self._ranked.head(SHOWN).to_dicts()
        )

    @property
    def _ranked(self) -> pl.DataFrame:
        return self.frame().filter(pl.col("sharpe").is_not_null())

    def _moments(self, row: Mapping[str, Any]) -> inference.Moments:
        return inference.Moments(row["sharpe_session"], row["skew"], row["kurtosis"], len(self.sample.sessions))

    @property
    def deflated_sharpe(self) -> float | None:
        """Of the best variant: probability that it is more than luck would show; None where none traded."""
        return self.best[0].deflated_sharpe if self.best else None

    @cached_property
    def deflated_if_independent(self) -> float | None:
        """The same, every variant counted as a try of its own, which deflates most."""
        if not self.best:
            return None
        held = self._moments(self._ranked.row(0, named=True))
        return inference.deflated_sharpe(held, inference.trials_of(self.ledger))

    @cached_property
    def overfit(self) -> Overfitting | str:
        """Probability of overfitting by CSCV over the variants, or why it cannot be had."""
        returns, sessions = self.matrix[0], len(self.sample.sessions)
        blocks = next((s for s in range(BLOCKS, FEWEST_BLOCKS - 1, -2) if sessions // s > self.horizon), 0)
        if not blocks:
            return f"{sessions} sessions are too few for {FEWEST_BLOCKS} blocks longer than {self.horizon} sessions"
        try:
            return overfitting(returns, blocks, horizon=self.horizon)
        except ScreenerError as error:
            return error.what

    @property
    def pbo(self) -> float | None:
        """Probability of overfitting, None where it cannot be had."""
        return self.overfit.pbo if isinstance(self.overfit, Overfitting) else None

    @property
    def share_beating_benchmark(self) -> float | None:
        """Share of all variants with a return above the benchmark's; None without a benchmark."""
        excess = self.variants["excess_return"].drop_nulls()
        return float((excess > 0).mean()) if len(excess) else None  # type: ignore[arg-type]

    @property
    def benchmark_return(self) -> float | None:
        """Of the benchmark, from the close before the span."""
        return self.sample.paired.level_return

    @cached_property
    def out_of_sample(self) -> OutOfSample | None:
        """The walk-forward, measured; None where none was asked for or none could be had."""
        return out_of_sample(self.walk, self.results, self.sample.sessions) if self.walk else None

    @cached_property
    def heat_map(self) -> HeatMap | None:
        """Median Sharpe ratios over the two longest axes; None where nothing varies."""
        return heat_map(self.results)

    @property
    def first(self) -> date:
        """The first session."""
        return Appraisal(self.sample).first

    @property
    def last(self) -> date:
        """The last session."""
        return Appraisal(self.sample).last

    @cached_property
    def verdict(self) -> str:
        """One sentence on the best variant: what may be concluded."""
        count = len(self.results.job.grid)
        if not self.best:
            return f"None of the {count} variants ever held anything: there is no best one."
        best, pbo = self.best[0], self.pbo
        said = (
            f"Sharpe {number(best.sharpe)} a year, where the best of {self.trials.effective:.0f} worthless "
            f"independent tries would show {number(self.luck)}"
        )
        overfit = "" if pbo is None else f"; probability of overfitting {percent(pbo, 0)}"
        lucky = best.deflated_sharpe < CONVINCING or (pbo is not None and pbo > LIKELY_OVERFIT)
        what = "cannot be told from luck" if lucky else "is more than luck, in sample"
        sure = f"{percent(best.deflated_sharpe, 0)} that it is more than luck ({percent(CONVINCING, 0)} would convince)"
        return f"The best of {count} variants ({best.name}) {what}: {sure}; {said}{overfit}."

    @property
    def first_line(self) -> str:
        """The verdict."""
        return self.verdict

    @cached_property
    def stands_on(self) -> StandsOn:
        """Prices up to the last session, the grid, every option that does not vary, and all that was tried."""
        job, run = self.results.job, self.sample
        span = {"start": self.first, "end": self.last, "sessions": len(run.sessions), "benchmark": BENCHMARK}
        what = {"strategy": job.name, "grid": job.grid.plain(), "fixed": dict(job.fixed)}
        counted = {"trials": self._trials, "fingerprint": job.data, "file": str(self.results.file)}
        return run.market.stands_on(
            price_session=self.last,
            as_of=self.last,
            universe=str(job.options.universe),
            hindsight="; ".join(run.hindsight),
            notes=run.notes,
            findings=run.market.findings_of(run.traded, self.first, self.last),
            rules={**what, **span, **rules_of(job.options, (*job.fixed, *job.grid.plain())), **counted},
        )

    @property
    def _trials(self) -> dict[str, Any]:
        tried = self.trials
        return {
            "count": tried.count,
            "effective": tried.effective,
            "variance_per_session": tried.variance,
            "note": tried.note,
        }

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The keys others script against."""
        job, run = self.results.job, self.sample
        return {
            "strategy": job.name,
            "grid": job.grid.plain(),
            "fixed": dict(job.fixed),
            "variants": len(job.grid),
            "universe": str(job.options.universe),
            "start": self.first,
            "end": self.last,
            "sessions": len(run.sessions),
            "benchmark": BENCHMARK,
            "benchmark_return": self.benchmark_return,
            "best": [asdict(row) for row in self.best],
            "deflated_sharpe": self.deflated_sharpe,
            "deflated_sharpe_if_independent": self.deflated_if_independent,
            "sharpe_of_luck": self.luck,
            "trials": self._trials,
            "pbo": self.pbo,
            "pbo_detail": self._overfit | {"longest_holding": self.results.longest_holding},
            "share_beating_benchmark": self.share_beating_benchmark,
            "verdict": self.verdict,
            "look_ahead": asdict(self.look_ahead) if self.look_ahead else None,
            "walk_forward": self._walk,
            "walk_forward_refused": self.walk_refused or None,
            "file": str(self.results.file),
            "hindsight": list(run.hindsight),
            "notes": list(run.notes),
            "data": {"source": run.market.source, "synthetic": run.market.synthetic, "fingerprint": job.data},
        }

    @property
    def _overfit(self) -> dict[str, Any]:
        found = self.overfit
        if isinstance(found, str):
            return {"reason": found}
        return {
            "blocks": found.blocks,
            "block_sessions": found.block_sessions,
            "variants": found.variants,
            "one_in": self.matrix[1],
            "share_of_losses": found.loss,
            "slope": found.slope,
        }

    @property
    def _walk(self) -> dict[str, Any] | None:
        found = self.out_of_sample
        return (
            None if found is None else {**found.as_dict(), "folds": found.fold_rows(), "curve": found.curve.to_dicts()}
        )

    def _plain(self) -> dict[str, Any]:
        return self.summary

    def _tables(self) -> Tables:
        return {"summary": [_without(self.summary, "walk_forward")], **self._further()}

    def sheets(self) -> Tables:
        """As `tables`, the summary figure by figure."""
        figures = opened(_without(self.summary, "best", "walk_forward", *_STANDING))
        return {"summary": [{"figure": key, "value": value} for key, value in figures.items()], **self._further()}

    def _further(self) -> Tables:
        """The best variants with what is left of each, all variants, the walk-forward where there is one."""
        best = [
            {"variant": row.variant, **{column(axis): value for axis, value in row.params.items()}}
            | _without(asdict(row), "variant", "params")
            for row in self.best
        ]
        tables: Tables = {"best": best, "variants": self.variants.to_dicts()}
        found = self.out_of_sample
        if found is None:
            return tables
        return tables | {"walk_forward": [found.as_dict()], "folds": found.fold_rows(), "curve": found.curve.to_dicts()}


def told(params: Mapping[str, Any]) -> str:
    """`hold=5 retries=0`."""
    return " ".join(f"{key}={value}" for key, value in params.items())


def _options(changed: dict[str, Any], varied: set[str]) -> dict[str, Any]:
    """Options that differ from their defaults, without the axes of the grid."""
    rest = {part: {name: value for name, value in of.items() if name not in varied} for part, of in changed.items()}
    return {part: of for part, of in rest.items() if of}


def _without(row: Row, *names: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in names}
