"""A sweep as one dictionary (the JSON of the command line) and as the lines a person reads.

1. `SweepReport`: what the statistics of several tries say about the best of them, each figure computed once.
2. `summary`: the keys others script against. 3. `print_sweep`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np
import polars as pl

from screener.backtest.result import BacktestResult
from screener.backtest.sweep import Results
from screener.backtest.sweep.results import column
from screener.backtest.sweep.walk_forward import WalkForward
from screener.backtest.trials import changed_options
from screener.core.config import BENCHMARK, SESSIONS_PER_YEAR
from screener.core.errors import ScreenerError
from screener.core.stands_on import sources
from screener.core.units import number, percent, signed_percent
from screener.evaluation.inference import sharpe as inference
from screener.evaluation.inference.overfitting import Overfitting, overfitting
from screener.evaluation.performance import Performance, performance
from screener.report.heat_map import heat_map, print_heat_map
from screener.report.tables import Field, print_pairs, print_table, say

BLOCKS = 10  # of the PBO; fewer where blocks would not be longer than the holding period
FEWEST_BLOCKS = 4
CONVINCING = 0.95
LIKELY_OVERFIT = 0.5
SHOWN = 10
_ANNUAL = sqrt(SESSIONS_PER_YEAR)


@dataclass(frozen=True)
class SweepReport:
    """A finished sweep, one of its runs (for span, source and hindsight), and the ledger of everything ever tried."""

    results: Results
    sample: BacktestResult  # the best variant, run again
    ledger: pl.DataFrame
    horizon: int  # sessions that a parameter `hold` asks for at most, else 1; orders that renew a position add to it
    walk: WalkForward | None = None
    walk_refused: str = ""  # why there is none although one was asked for

    @cached_property
    def ranked(self) -> pl.DataFrame:
        """Variants with a Sharpe ratio, best first; of equals the one that was first in the grid."""
        frame = self.results.figures().filter(pl.col("sharpe").is_not_null())
        return frame.sort("sharpe", "variant", descending=[True, False])

    @cached_property
    def matrix(self) -> tuple[np.ndarray, int]:
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

    def deflated(self, row: dict[str, Any], *, independent: bool = False) -> float:
        """Probability that the true ratio of a variant is above what the best of so many worthless tries would show.

        `independent`: as if no two variants were alike, which deflates most.
        """
        held = inference.Moments(row["sharpe_session"], row["skew"], row["kurtosis"], len(self.sample.sessions))
        trials = inference.trials_of(self.ledger) if independent else self.trials
        return inference.deflated_sharpe(held, trials)

    @cached_property
    def luck(self) -> float:
        """Sharpe ratio a year that the best of so many worthless tries is expected to show."""
        return inference.expected_maximum(self.trials.variance, self.trials.effective) * _ANNUAL

    @cached_property
    def best(self) -> list[dict[str, Any]]:
        """The best variants with what is left of each."""
        axes = [name for name, _ in self.results.job.grid.axes]
        rows = self.ranked.head(SHOWN).to_dicts()
        return [
            {
                "variant": row["variant"],
                "params": {axis: row[column(axis)] for axis in axes},
                **{name: row[name] for name in _BEST},
                "deflated_sharpe": self.deflated(row),
            }
            for row in rows
        ]

    @property
    def deflated_sharpe(self) -> float | None:
        """Of the best variant; None where none traded."""
        return self.best[0]["deflated_sharpe"] if self.best else None

    @cached_property
    def deflated_if_independent(self) -> float | None:
        """The same, every variant counted as a try of its own."""
        return self.deflated(self.ranked.row(0, named=True), independent=True) if self.best else None

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

    @cached_property
    def share_beating_benchmark(self) -> float | None:
        """Share of all variants with a return above the benchmark's; None without a benchmark."""
        excess = self.results.figures()["excess_return"].drop_nulls()
        return float((excess > 0).mean()) if len(excess) else None  # type: ignore[arg-type]

    @cached_property
    def out_of_sample(self) -> Performance | None:
        """Figures of the walk-forward's curve."""
        return performance_of(self.walk.result) if self.walk else None

    @property
    def verdict(self) -> str:
        """What may be concluded, in a plain sentence."""
        return verdict(self)


def _options(changed: dict[str, Any], varied: set[str]) -> dict[str, Any]:
    """Options that differ from their defaults, without the axes of the grid."""
    rest = {part: {name: value for name, value in of.items() if name not in varied} for part, of in changed.items()}
    return {part: of for part, of in rest.items() if of}


def performance_of(result: BacktestResult) -> Performance:
    """Against the benchmark from the close before the first session."""
    wealth = np.concatenate([[result.initial_cash], result.equity])
    known = None if np.isnan(result.benchmark_close).any() else result.benchmark_close
    return performance(wealth, known)


def verdict(report: SweepReport) -> str:
    """One sentence on the best variant."""
    count = len(report.results.job.grid)
    if report.deflated_sharpe is None:
        return f"None of the {count} variants ever held anything: there is no best one."
    best, pbo = report.best[0], report.pbo
    name = _params(best["params"])
    said = (
        f"Sharpe {number(best['sharpe'])} a year, where {report.trials.effective:.0f} worthless independent tries "
        f"would show {number(report.luck)} at best; probability that it is more than that: "
        f"{percent(report.deflated_sharpe, 0)}"
    )
    overfit = "" if pbo is None else f", probability of overfitting {percent(pbo, 0)}"
    lucky = report.deflated_sharpe < CONVINCING or (pbo is not None and pbo > LIKELY_OVERFIT)
    what = "is what luck would give" if lucky else "is more than luck would give, in sample"
    return f"The best of {count} variants ({name}) {what}: {said}{overfit}."


def summary(report: SweepReport) -> dict[str, Any]:
    """The keys others script against; returns and rates as fractions, null where unknown."""
    job, run, trials = report.results.job, report.sample, report.trials
    overfit = report.overfit
    return {
        "strategy": job.name,
        "grid": job.grid.plain(),
        "fixed": dict(job.fixed),
        "variants": len(job.grid),
        "universe": str(job.options.universe),
        "start": job.span[0],
        "end": job.span[1],
        "sessions": len(run.sessions),
        "benchmark": BENCHMARK,
        "benchmark_return": _benchmark(run),
        "best": report.best,
        "deflated_sharpe": report.deflated_sharpe,
        "deflated_sharpe_if_independent": report.deflated_if_independent,
        "sharpe_of_luck": report.luck,
        "trials": {
            "count": trials.count, "effective": trials.effective, "variance_per_session": trials.variance,
            "note": trials.note,
        },
        "pbo": report.pbo,
        "pbo_detail": _overfit(overfit, report.matrix[1]) | {"longest_holding": report.results.longest_holding},
        "share_beating_benchmark": report.share_beating_benchmark,
        "verdict": report.verdict,
        "walk_forward": _walk(report),
        "walk_forward_refused": report.walk_refused or None,
        "file": str(report.results.file),
        "hindsight": list(run.hindsight),
        "notes": list(run.notes),
        "data": {"source": run.market.source, "synthetic": run.market.synthetic, "fingerprint": job.data},
    }  # fmt: skip


def _benchmark(run: BacktestResult) -> float | None:
    first, last = float(run.benchmark_close[0]), float(run.benchmark_close[-1])
    return None if np.isnan(first) or np.isnan(last) else last / first - 1


def _overfit(found: Overfitting | str, step: int) -> dict[str, Any]:
    if isinstance(found, str):
        return {"reason": found}
    return {
        "blocks": found.blocks, "block_sessions": found.block_sessions, "variants": found.variants,
        "one_in": step, "share_of_losses": found.loss, "slope": found.slope,
    }  # fmt: skip


def _walk(report: SweepReport) -> dict[str, Any] | None:
    walk, figures = report.walk, report.out_of_sample
    if walk is None or figures is None:
        return None
    days = report.sample.sessions
    held = figures.headline()
    inside = [fold.in_sample * _ANNUAL for fold in walk.folds if fold.in_sample is not None]
    return {
        "train": walk.windows.train,
        "test": walk.windows.test,
        "purge": walk.purge,
        "longest_holding": walk.longest_holding,
        "note": walk.remark,
        "start": str(walk.result.sessions[0]),
        "end": str(walk.result.sessions[-1]),
        "in_sample_sharpe": float(np.mean(inside)) if inside else None,
        **{name: held[name] for name in _WALKED},
        "folds": [
            {
                "train_start": str(days[fold.train[0]]), "train_end": str(days[fold.train[1] - 1]),
                "test_start": str(days[fold.test[0]]), "test_end": str(days[fold.test[1] - 1]),
                "params": None if fold.variant is None else report.results.job.grid.variant(fold.variant)[0],
                "in_sample_sharpe": None if fold.in_sample is None else fold.in_sample * _ANNUAL,
            }
            for fold in walk.folds
        ],
        "curve": walk.result.equity_frame.to_dicts(),
    }  # fmt: skip


def print_sweep(report: SweepReport) -> None:
    """What a reader must see before believing the best variant."""
    run, job = report.sample, report.results.job
    if run.market.synthetic:
        say("SYNTHETIC prices: made up, no statement about any market")
    for line in (*run.hindsight, *run.notes):
        say(line)
    axes = " × ".join(f"{name} {len(values)}" for name, values in job.grid.axes)
    say(
        f"{job.name} · {len(job.grid)} variants ({axes}) · {job.span[0]} … {job.span[1]}, {len(run.sessions)} sessions "
        f"· universe {job.options.universe}"
    )
    say()
    say(report.verdict)
    say()
    print_pairs(_lines(report))
    say()
    rows = [{**row, "name": _params(row["params"])} for row in report.best]
    print_table(_COLUMNS, rows, title="Best variants")
    found = heat_map(report.results)
    if found is not None:
        print_heat_map(found)
    if report.walk is not None:
        _print_walk(report)


def _lines(report: SweepReport) -> list[tuple[str, str]]:
    trials, overfit, step = report.trials, report.overfit, report.matrix[1]
    pbo = overfit if isinstance(overfit, str) else (
        f"{percent(overfit.pbo, 0)} by CSCV over {overfit.blocks} blocks of {overfit.block_sessions} sessions"
        + (f", 1 in {step} variants" if step > 1 else "") + _held_across(report, overfit)
    )  # fmt: skip
    tried = f"{trials.count} variants, {trials.effective:.0f} of them independent ({trials.note})"
    strict = f"{percent(report.deflated_if_independent, 0)} if every variant were a try of its own"
    share = percent(report.share_beating_benchmark, 0)
    return [
        ("deflated Sharpe of the best", f"{percent(report.deflated_sharpe, 0)}; {strict}"),
        ("tried, by the ledger", tried),
        ("best of as many worthless ones", f"Sharpe {number(report.luck)} a year"),
        ("probability of overfitting", pbo),
        ("variants above the benchmark", f"{share} ({BENCHMARK} {signed_percent(_benchmark(report.sample))})"),
        ("data", sources(report.sample.market.source)),
        ("all variants", str(report.results.file)),
    ]


def _held_across(report: SweepReport, found: Overfitting) -> str:
    longest = report.results.longest_holding
    return f"; positions of up to {longest} sessions reach across blocks" if longest >= found.block_sessions else ""


def _params(params: dict[str, Any]) -> str:
    return " ".join(f"{key}={value}" for key, value in params.items())


_BEST = ("sharpe", "total_return", "excess_return", "volatility", "max_drawdown", "turnover", "fills", "refusals")


_COLUMNS = (
    Field("name", "variant", wrap=True),
    Field("sharpe", "Sharpe", number, right=True),
    Field("deflated_sharpe", "deflated", lambda value: percent(value, 0), right=True),
    Field("total_return", "return", signed_percent, right=True),
    Field("excess_return", "excess", signed_percent, right=True),
    Field("max_drawdown", "drawdown", percent, right=True),
    Field("fills", "fills", right=True),
)


def _print_walk(report: SweepReport) -> None:
    walk = _walk(report)
    if walk is None:
        return
    window = f"train {walk['train']}, test {walk['test']}, purged {walk['purge']} sessions"
    say(f"Walk-forward ({window}): only what follows was traded without having been chosen on")
    if walk["note"]:
        say(walk["note"])
    inside = f"{number(walk['in_sample_sharpe'])} where it was chosen"
    against = f"{BENCHMARK} {signed_percent(walk['benchmark_return'])}"
    print_pairs(
        [
            ("out of sample", f"{walk['start']} … {walk['end']}"),
            ("total return", f"{signed_percent(walk['total_return'])} ({against})"),
            ("Sharpe (rf 0)", f"{number(walk['sharpe'])}, {inside}"),
            ("largest drawdown", percent(walk["max_drawdown"])),
        ]
    )
    print_table(_FOLDS, [{**fold, "chosen": _chosen(fold)} for fold in walk["folds"]], title="Folds")


def _chosen(fold: dict[str, Any]) -> str:
    return "none: cash" if fold["params"] is None else _params(fold["params"]) or "the only one"


_WALKED = ("total_return", "benchmark_return", "excess_return", "sharpe", "max_drawdown")
_FOLDS = (
    Field("train_start", "train from"),
    Field("train_end", "to (purged)"),
    Field("test_start", "test from"),
    Field("test_end", "to"),
    Field("chosen", "chosen"),
    Field("in_sample_sharpe", "Sharpe in training", number, right=True),
)
