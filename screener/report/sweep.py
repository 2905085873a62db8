"""A finished sweep as the lines a person reads: the verdict first, what it rests on, the best variants, the walk."""

from __future__ import annotations

from dataclasses import asdict

from screener.core.config import BENCHMARK
from screener.core.stands_on import sources
from screener.core.units import number, percent, signed_percent
from screener.evaluation.inference.overfitting import Overfitting
from screener.evaluation.sweep import Choice, OutOfSample, SweepAnswer
from screener.evaluation.sweep.answer import told
from screener.report.heat_map import print_heat_map
from screener.report.tables import Field, print_pairs, print_table, say


def print_sweep(found: SweepAnswer) -> None:
    """What a reader must see before believing the best variant."""
    job = found.results.job
    axes = " × ".join(f"{name} {len(values)}" for name, values in job.grid.axes)
    say(
        f"{job.name} · {len(job.grid)} variants ({axes}) · {found.first} … {found.last}, "
        f"{len(found.sample.sessions)} sessions · universe {job.options.universe}"
    )
    say()
    say(found.verdict)
    say()
    print_pairs(_lines(found))
    if found.look_ahead:
        say(f"look-ahead check of the best variant: {found.look_ahead}")
    say()
    print_table(
        _COLUMNS,
        [asdict(row) | {"name": row.name} for row in found.best],
        title="Best variants",
        empty="no variant ever held anything: there is no best one",
    )
    if found.heat_map is not None:
        print_heat_map(found.heat_map)
    if found.out_of_sample is not None:
        _print_walk(found.out_of_sample)


def _lines(found: SweepAnswer) -> list[tuple[str, str]]:
    trials = found.trials
    tried = f"{trials.count} variants, {trials.effective:.0f} of them independent ({trials.note})"
    strict = f"{percent(found.deflated_if_independent, 0)} if every variant were a try of its own"
    share = percent(found.share_beating_benchmark, 0)
    return [
        ("deflated Sharpe of the best", f"{percent(found.deflated_sharpe, 0)}; {strict}"),
        ("tried, by the ledger", tried),
        ("best of as many worthless ones", f"Sharpe {number(found.luck)} a year"),
        ("probability of overfitting", _overfit(found)),
        ("variants above the benchmark", f"{share} ({BENCHMARK} {signed_percent(found.benchmark_return)})"),
        ("data", sources(found.sample.market.source)),
        ("all variants", str(found.results.file)),
    ]


def _overfit(found: SweepAnswer) -> str:
    overfit, step, longest = found.overfit, found.matrix[1], found.results.longest_holding
    if not isinstance(overfit, Overfitting):
        return overfit
    across = f"; positions of up to {longest} sessions reach across blocks" if longest >= overfit.block_sessions else ""
    return (
        f"{percent(overfit.pbo, 0)} by CSCV over {overfit.blocks} blocks of {overfit.block_sessions} sessions"
        + (f", 1 in {step} variants" if step > 1 else "")
        + across
    )


def _print_walk(found: OutOfSample) -> None:
    walk, figures = found.walk, found.figures
    window = f"train {walk.windows.train}, test {walk.windows.test}, purged {walk.purge} sessions"
    say(f"Walk-forward ({window}): only what follows was traded without having been chosen on")
    if walk.remark:
        say(walk.remark)
    inside = f"{number(found.in_sample_sharpe)} where it was chosen"
    against = f"{BENCHMARK} {signed_percent(figures['benchmark_return'])}"
    print_pairs(
        [
            ("out of sample", f"{found.appraisal.first} … {found.appraisal.last}"),
            ("total return", f"{signed_percent(figures['total_return'])} ({against})"),
            ("Sharpe (rf 0)", f"{number(figures['sharpe'])}, {inside}"),
            ("largest drawdown", percent(figures["max_drawdown"])),
        ]
    )
    print_table(_FOLDS, [asdict(fold) | {"chosen": _chosen(fold)} for fold in found.folds], title="Folds")


def _chosen(fold: Choice) -> str:
    return "none: cash" if fold.params is None else told(fold.params) or "the only one"


_COLUMNS = (
    Field("name", "variant", wrap=True),
    Field("sharpe", "Sharpe", number, right=True),
    Field("deflated_sharpe", "deflated", lambda value: percent(value, 0), right=True),
    Field("total_return", "return", signed_percent, right=True, drop=1),
    Field("excess_return", "excess", signed_percent, right=True, drop=2),
    Field("max_drawdown", "drawdown", percent, right=True, drop=3),
    Field("fills", "fills", right=True, drop=4),
)
_FOLDS = (
    Field("train_start", "train from", drop=1),
    Field("train_end", "to (purged)", drop=2),
    Field("test_start", "test from"),
    Field("test_end", "to"),
    Field("chosen", "chosen", wrap=True, said=True),
    Field("in_sample_sharpe", "Sharpe in training", number, right=True),
)
