"""Walk-forward: choose on a window, trade the next one with what was chosen, and so on; that curve is the result.

1. Fold f trains on sessions [f·test, f·test + train) and is tested on the next `test` (the last may be shorter).
2. Purging: the last `purge` sessions of a training window are left out, so that no holding that reaches into the test
   was part of the choice (López de Prado 2018, ch. 7). purge = the longest holding of all variants, as measured in the
   sweep: an order that renews a position makes it longer than a parameter `hold` says; at least that parameter.
3. The variant with the best Sharpe ratio on the rest is chosen; returns are those of the sweep, a block at a time.
4. Its decisions over the test window are taken anew, the first one from scratch, as if the back-test began there.
5. All test windows together are one execution: switching from one variant to the next is traded and paid for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from screener.backtest import engine
from screener.backtest.confined.run import Elsewhere
from screener.backtest.portfolio import Decisions
from screener.backtest.result import BacktestResult
from screener.backtest.sweep.job import Job, source_of
from screener.backtest.sweep.results import Results
from screener.core.arrays import Floats
from screener.core.errors import UsageError
from screener.core.flat import flat_rows
from screener.point_in_time.market import Market

_EXPECTED = "train=252,test=63 (purge=N to set the purged sessions)"


@dataclass(frozen=True)
class Windows:
    """Lengths in sessions; `purge` None: the longest holding."""

    train: int
    test: int
    purge: int | None = None


@dataclass(frozen=True)
class Fold:
    """One choice: sessions as rows of the sweep's returns, the variant chosen (None: none ever traded)."""

    train: tuple[int, int]  # after purging
    test: tuple[int, int]
    variant: int | None
    in_sample: float | None  # Sharpe ratio per session of the chosen one


@dataclass(frozen=True)
class WalkForward:
    """Choices and the run that followed them; `result` covers the test windows only."""

    windows: Windows
    purge: int
    longest_holding: int  # sessions, of all variants over the whole span
    folds: tuple[Fold, ...]
    result: BacktestResult

    @property
    def remark(self) -> str:
        """What must be said where fewer sessions were purged than positions were held; else empty."""
        if self.purge >= self.longest_holding:
            return ""
        held = f"positions were held up to {self.longest_holding} sessions"
        return f"purged {self.purge} sessions, but {held}: some that reach into a test were part of the choice"


def parse_windows(text: str) -> Windows:
    """`train=252,test=63` → windows. Raises UsageError."""
    pairs = [part.partition("=")[::2] for part in text.split(",")]
    try:
        numbers = {name.strip(): int(value) for name, value in pairs}
        if len(numbers) < len(pairs):
            raise ValueError
        windows = Windows(**numbers)
    except (TypeError, ValueError):
        raise UsageError("not understood", where="--walk-forward", got=repr(text), expected=_EXPECTED) from None
    if windows.train < 2 or windows.test < 1 or (windows.purge or 0) < 0:
        raise UsageError("windows too short", where="--walk-forward", got=repr(text), expected=_EXPECTED)
    return windows


def check(job: Job, windows: Windows) -> None:
    """Raise UsageError for what cannot be walked forward, before hours of sweeping."""
    if job.grid.execution:
        raise UsageError(
            "walk-forward chooses parameters of the strategy, not its costs",
            where="--grid",
            got=", ".join(name for name, _ in job.grid.execution),
            expected=f"parameters of {job.name}",
        )
    _windows_of(job.last - job.first, windows, longest_hold(job) if windows.purge is None else windows.purge)


def walk_forward(market: Market, results: Results, windows: Windows) -> WalkForward:
    """Choose, trade, move on. Raises UsageError where the span or the training window is too short."""
    job = results.job
    longest = results.longest_holding
    purge = max(longest, longest_hold(job)) if windows.purge is None else windows.purge
    spans = _windows_of(job.last - job.first, windows, purge)
    chosen = _choose(results, [train for train, _ in spans])
    folds = tuple(Fold(*span, *pick) for span, pick in zip(spans, chosen, strict=True))
    decisions = _decisions(market, job, folds)
    first, last = folds[0].test[0] + job.first, folds[-1].test[1] + job.first
    label = f"train={windows.train},test={windows.test},purge={purge}"
    grid = " ".join(f"{name}={','.join(map(str, values))}" for name, values in job.grid.axes)
    params: dict[str, Any] = {**job.fixed, "grid": grid, "walk_forward": label}
    result = engine.finish(
        market, decisions, job.options, params=params, name=f"{job.name} walk-forward", span=(first, last)
    )
    return WalkForward(replace(windows, purge=purge), purge, longest, folds, result)


def longest_hold(job: Job) -> int:
    """The longest holding that a parameter `hold` asks for; 0 where there is none."""
    values = dict(job.grid.params).get("hold", (job.fixed.get("hold"),))
    return max((value for value in values if isinstance(value, int)), default=0)


def _windows_of(sessions: int, windows: Windows, purge: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """[(training rows after purging, test rows)]."""
    if windows.train - purge < 2:
        raise UsageError(
            "purging leaves nothing of the training window",
            where="--walk-forward",
            got=f"train={windows.train}",
            expected=f"more than the longest holding, {purge} sessions, and 2",
            next_step="train=… longer, or purge=N",
        )
    if windows.train >= sessions:
        raise UsageError(
            "the span is too short for one test window",
            where="--walk-forward",
            got=f"train={windows.train}",
            expected=f"less than {sessions} sessions",
        )
    starts = range(0, sessions - windows.train, windows.test)
    return [
        ((start, start + windows.train - purge), (at := start + windows.train, min(at + windows.test, sessions)))
        for start in starts
    ]


def _choose(results: Results, trains: Sequence[tuple[int, int]]) -> list[tuple[int | None, float | None]]:
    """Per window (variant with the best Sharpe ratio, that ratio); of equals the first."""
    best: list[tuple[int | None, float | None]] = [(None, None)] * len(trains)
    number = 0
    for block in results.blocks():
        for at, (first, last) in enumerate(trains):
            ratios = _ratios(block[:, first:last])
            row = int(np.argmax(ratios))
            leader = best[at][1]
            if np.isfinite(ratios[row]) and (leader is None or ratios[row] > leader):
                best[at] = number + row, float(ratios[row])
        number += len(block)
    return best


def _ratios(returns: Floats) -> Floats:
    """(B,) mean ÷ sample standard deviation of each row; -inf where it does not vary."""
    flat = flat_rows(returns)
    return np.where(flat, -np.inf, returns.mean(axis=1) / np.where(flat, 1.0, returns.std(axis=1, ddof=1)))


def _decisions(market: Market, job: Job, folds: Sequence[Fold]) -> Decisions:
    """What the chosen variants decide in their test windows, in one row."""
    source = source_of(job)
    when, weights = [], []
    for fold in folds:
        first, last = fold.test[0] + job.first, fold.test[1] + job.first
        if fold.variant is None:  # nothing to follow: sell what is left and stay in cash
            when.append(np.array([first], np.int64))
            weights.append(np.zeros((1, len(market.symbols))))
            continue
        asked = Elsewhere(source, {**job.fixed, **job.grid.variant(fold.variant)[0]})
        taken = asked.take(market, job.options.universe, (first, last))
        when.append(taken.when)
        weights.append(taken.weights)
    return Decisions(np.concatenate(when), np.concatenate(weights))
