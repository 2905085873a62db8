"""What a walk-forward earned where nothing was chosen, beside what its choices promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np
import polars as pl

from screener.backtest.sweep import Results
from screener.backtest.sweep.walk_forward import Fold, WalkForward
from screener.core.arrays import Days
from screener.core.config import SESSIONS_PER_YEAR
from screener.evaluation.appraisal import Appraisal

_ANNUAL = sqrt(SESSIONS_PER_YEAR)
_FIGURES = ("total_return", "benchmark_return", "excess_return", "sharpe", "max_drawdown")


@dataclass(frozen=True, slots=True)
class Choice:
    """One fold: sessions it trained on (after purging) and was tested on, and what was chosen."""

    train_start: date
    train_end: date
    test_start: date
    test_end: date
    params: Mapping[str, Any] | None  # None: no variant traded in training, so it stayed in cash
    in_sample_sharpe: float | None  # a year, of the chosen one


@dataclass(frozen=True, eq=False)
class OutOfSample:
    """The curve that followed the choices, measured; ratios a year."""

    walk: WalkForward
    folds: tuple[Choice, ...]

    @cached_property
    def appraisal(self) -> Appraisal:
        """The run over the test windows, measured as any other."""
        return Appraisal(self.walk.result)

    @property
    def in_sample_sharpe(self) -> float | None:
        """Mean ratio of the chosen ones where they were chosen."""
        inside = [fold.in_sample_sharpe for fold in self.folds if fold.in_sample_sharpe is not None]
        return float(np.mean(inside)) if inside else None

    @cached_property
    def figures(self) -> dict[str, float | None]:
        """Total, benchmark's and excess return, Sharpe ratio and largest drawdown of the curve."""
        held = self.appraisal.performance.headline()
        return {name: held[name] for name in _FIGURES}

    @property
    def curve(self) -> pl.DataFrame:
        """session, equity and cash in yuan, the benchmark's close."""
        return self.walk.result.equity_frame

    def as_dict(self) -> dict[str, Any]:
        """The keys others script against, without folds and curve."""
        walk = self.walk
        return {
            "train": walk.windows.train,
            "test": walk.windows.test,
            "purge": walk.purge,
            "longest_holding": walk.longest_holding,
            "note": walk.remark,
            "start": self.appraisal.first,
            "end": self.appraisal.last,
            "in_sample_sharpe": self.in_sample_sharpe,
            **self.figures,
        }

    def fold_rows(self) -> list[dict[str, Any]]:
        """A row per fold."""
        return [asdict(fold) for fold in self.folds]


def out_of_sample(walk: WalkForward, results: Results, sessions: Days) -> OutOfSample:
    """A walk-forward over the `sessions` (T,) of a sweep, measured."""
    days: list[date] = sessions.astype(object).tolist()
    return OutOfSample(walk, tuple(_choice(fold, results, days) for fold in walk.folds))


def _choice(fold: Fold, results: Results, days: list[date]) -> Choice:
    return Choice(
        train_start=days[fold.train[0]],
        train_end=days[fold.train[1] - 1],
        test_start=days[fold.test[0]],
        test_end=days[fold.test[1] - 1],
        params=None if fold.variant is None else results.job.grid.variant(fold.variant)[0],
        in_sample_sharpe=None if fold.in_sample is None else fold.in_sample * _ANNUAL,
    )
