"""What can be inferred from one equity curve, as rows for `backtest`: the few that matter, or all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import sqrt

import polars as pl

from screener.core.arrays import Floats
from screener.core.config import SESSIONS_PER_YEAR
from screener.core.errors import ScreenerError
from screener.core.flat import flat
from screener.core.paired import Paired
from screener.core.units import several
from screener.evaluation.inference import sharpe as sr
from screener.evaluation.inference.bootstrap import sharpe_interval
from screener.evaluation.inference.difference import sharpe_difference
from screener.evaluation.performance import Estimate, alpha_beta, sharpe

KEY_FIGURES = (
    "sharpe",
    "probability_above_zero",
    "deflated_sharpe",
    "difference_to_benchmark",
    "alpha",
    "minimum_track_record",
)
SHORT = 20


@dataclass(frozen=True, slots=True)
class Inference:
    """One figure with its 95 % interval and n; value None with the reason in `note` where it cannot be had."""

    figure: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    note: str


def statistics(
    returns: Floats,
    paired: Paired | None = None,
    ledger: pl.DataFrame | None = None,
    *,
    variants: Floats | None = None,
    sessions_per_year: int = SESSIONS_PER_YEAR,
    seed: int = 0,
) -> list[Inference]:
    """What can be inferred, a figure each.

    returns (T,) simple returns per session; paired: account and benchmark on the days that both have; ledger: the
    engine's trial ledger (`sharpe` per session); variants (T', M) returns of its variants where they were kept.
    """
    if returns.size < SHORT or flat(returns):
        return [_none("sharpe", returns.size, f"fewer than {SHORT} returns, or returns that do not vary")]
    held, q = sr.moments(returns), sessions_per_year
    rows = [
        _row("sharpe", sharpe(returns, q), "non-normal error, serial correlation not taken out"),
        _row("sharpe_bootstrap", sharpe_interval(returns, q, seed=seed)),
        _plain("sharpe_serial", held.sharpe * sr.annualisation(returns, q), held.n, "annualised by Lo (2002)"),
        _plain("probability_above_zero", sr.probabilistic_sharpe(held.sharpe, 0.0, held.error), held.n, "PSR(0)"),
        _track_record(held, q),
        *_deflated(held, ledger, variants, q),
    ]
    if paired is not None and paired.n:
        rows += _against(paired.returns, paired.market, paired.a_year(q), seed)
    return rows


def _against(returns: Floats, benchmark: Floats, q: float, seed: int) -> list[Inference]:
    alpha, beta = alpha_beta(returns, benchmark, q)
    rows = [
        _row("benchmark_sharpe", sharpe(benchmark, q), "the benchmark's, over the same days"),
        _row("alpha", alpha, "a year, Newey–West"),
        _row("beta", beta, "Newey–West"),
        _row("information_ratio", sharpe(returns - benchmark, q), "mean ÷ sd of active returns"),
        _row("appraisal_ratio", sr.appraisal_ratio(returns, benchmark, q), "alpha ÷ residual risk"),
    ]
    return [_guarded("difference_to_benchmark", returns.size, lambda: _difference(returns, benchmark, q, seed)), *rows]


def _difference(returns: Floats, benchmark: Floats, q: float, seed: int) -> Inference:
    """A year, of ratios with n − 1 like every printed one (Ledoit and Wolf divide by n); p is the same for both."""
    found = sharpe_difference(returns, benchmark, seed=seed)
    half, scale = 1.959963984540054 * found.se, sqrt(q * (found.n - 1) / found.n)
    note = f"Sharpe less the benchmark's; Ledoit–Wolf p {found.p:.3f}, blocks of {found.block} sessions"
    low, high = (found.difference - half) * scale, (found.difference + half) * scale
    return replace(_plain("difference_to_benchmark", found.difference * scale, found.n, note), low=low, high=high)


def _track_record(held: sr.Moments, q: int) -> Inference:
    needed = sr.minimum_track_record(held)
    if needed is None:
        return _none("minimum_track_record", held.n, "the ratio is not above zero: no length suffices")
    return _plain("minimum_track_record", needed, held.n, f"sessions for PSR(0) of 95 %: {needed / q:.1f} years")


def _deflated(held: sr.Moments, ledger: pl.DataFrame | None, variants: Floats | None, q: int) -> list[Inference]:
    if ledger is None or ledger.is_empty():
        return [_none("deflated_sharpe", held.n, "no trial ledger")]
    trials = sr.trials_of(ledger, variants)
    best = sr.expected_maximum(trials.variance, trials.effective)
    note = f"{several(trials.count, 'variant')} tried, {trials.effective:.1f} independent; {trials.note}"
    return [
        _plain("deflated_sharpe", sr.deflated_sharpe(held, trials), held.n, note),
        _plain("best_of_luck", best * sqrt(q), held.n, "annual Sharpe that the best of so many worthless trials has"),
    ]


def _guarded(name: str, n: int, compute: Callable[[], Inference]) -> Inference:
    try:
        return compute()
    except ScreenerError as error:
        return _none(name, n, str(error))


def _row(name: str, found: Estimate, note: str = "") -> Inference:
    return Inference(name, found.value, found.low, found.high, found.n, found.reason or note)


def _plain(name: str, value: float, n: int, note: str) -> Inference:
    return Inference(name, value, None, None, n, note)


def _none(name: str, n: int, note: str) -> Inference:
    return Inference(name, None, None, None, n, note)


def key_rows(rows: Sequence[Inference]) -> list[Inference]:
    """Those that matter most, in their order."""
    by_name = {row.figure: row for row in rows}
    return [by_name[name] for name in KEY_FIGURES if name in by_name]
